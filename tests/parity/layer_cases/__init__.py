"""Arguments and inputs of layers, to be compared with real Keras."""
