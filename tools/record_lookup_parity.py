"""Records what real Keras's lookups do; needs TensorFlow, which the tests do without.

pip install tensorflow-cpu keras==3.15.1
python tools/record_lookup_parity.py
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
PARITY = pathlib.Path(__file__).resolve().parents[1] / "tests" / "parity"
sys.path.insert(0, str(PARITY))

import keras  # noqa: E402 - the backend must be named before
import numpy as np  # noqa: E402
from lookup_cases import CASES, CONSTRUCTIONS, FILE_INPUTS, NUMBERS  # noqa: E402


def plain(value: Any) -> Any:
    """`value` as JSON holds it."""
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value


def nested(value: Any) -> Any:
    """An array's elements as nested lists of plain values."""
    return [nested(part) for part in value] if isinstance(value, list) else plain(value)


def record(name: str, arguments: dict[str, Any], seen: Any, inputs: Any) -> dict[str, Any]:
    """Everything that a test compares of one case."""
    keras.utils.clear_session()
    layer = getattr(keras.layers, name)(**arguments)
    if seen is not None:
        layer.adapt(np.array(seen))
    output = layer(np.array(inputs))
    config = keras.saving.serialize_keras_object(layer)
    told = getattr(layer, "get_vocabulary", list)()
    return {
        "output": nested(np.asarray(output).tolist()),
        "dtype": output.dtype.name,
        "vocabulary": [plain(token) for token in told],
        "config": json.loads(json.dumps(config, default=plain)),
        "shape": list(layer.compute_output_shape(np.array(inputs).shape)),
    }


def is_accepted(name: str, arguments: dict[str, Any]) -> bool:
    """Whether a layer of such arguments can be made."""
    try:
        getattr(keras.layers, name)(**arguments)
    except ValueError:
        return False
    return True


def record_file(path: pathlib.Path) -> list[list[float]]:
    """Writes a model with vocabularies of its own; what it predicts for FILE_INPUTS."""
    keras.utils.set_random_seed(1)
    weighted = keras.layers.IntegerLookup(output_mode="tf_idf", mask_token=0)
    weighted.adapt(np.array(NUMBERS))
    plain_lookup = keras.layers.IntegerLookup(num_oov_indices=2)
    plain_lookup.adapt(np.array(NUMBERS))
    inputs = keras.Input((3,), dtype="int64")
    table = keras.layers.Embedding(9, 2)(plain_lookup(inputs))
    parts = [weighted(inputs), keras.layers.Flatten()(table)]
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Concatenate()(parts)))
    model.save(path)
    return model.predict(np.array(FILE_INPUTS), verbose=0).tolist()


if __name__ == "__main__":
    recorded = {
        "cases": [record(*case) for case in CASES],
        "accepted": [is_accepted(*made) for made in CONSTRUCTIONS],
        "predicted": record_file(PARITY / "recorded" / "lookups.keras"),
    }
    path = PARITY / "recorded" / "lookups.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(recorded, separators=(",", ":")) + "\n", "utf-8")
    print(f"{len(CASES)} cases in {path}, {path.stat().st_size} bytes")
