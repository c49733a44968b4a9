"""Variables, traces, settings, names, types and configuration: what layers and training are built of."""
