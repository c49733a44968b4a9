"""The Batch Normalization toolkit: where it goes in a network, whether it works, what it brings."""
