"""Training, evaluation and prediction: what a model does with data."""
