"""What layers and training are built of: variables, traces, settings, names, configuration."""
