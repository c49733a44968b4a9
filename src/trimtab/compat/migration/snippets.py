"""Functions that new source gets where an old method has no counterpart."""

from __future__ import annotations

SNIPPETS: dict[str, str] = {
    "hard_sigmoid": '''def hard_sigmoid(x):
    """As before Keras 3, whose slope is 1/6."""
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)
''',
    "class_numbers": '''def class_numbers(probabilities):
    """Numbers of the likeliest classes; of a single column, whether it passes 0.5."""
    if probabilities.shape[-1] > 1:
        return probabilities.argmax(axis=-1)
    return (probabilities > 0.5).astype("int32")
''',
    "batches_of": '''def batches_of(generator, samples, source, steps):
    """The arguments `source` and `steps` for as many batches as hold `samples`."""
    if hasattr(generator, "batch_size"):
        return {source: generator, steps: -(-samples // generator.batch_size)}
    first = next(generator)
    inputs = first[0] if isinstance(first, tuple) else first
    size = len(inputs[0] if isinstance(inputs, (list, tuple)) else inputs)

    def all_batches():
        yield first
        yield from generator

    return {source: all_batches(), steps: -(-samples // size)}
''',
}
