"""The graph of primitives: tensors, specs, nodes, and what can be asked of them."""
