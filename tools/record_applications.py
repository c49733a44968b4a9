"""Records what real Keras builds and computes for each network of keras.applications.

    KERAS_BACKEND=jax python tools/record_applications.py tests/parity/recorded/applications.json.gz

With names behind the file, only those networks are recorded; the others stay as they are.

For each network: names and classes of its layers, shapes of its weights, its number of parameters,
and its logits on a small image with weights that `weights_for` makes of their shapes and names.
Takes some minutes: Keras compiles every network.
"""

import gzip
import json
import sys

import keras
import numpy as np

NETWORKS = {
    "VGG16": 32,
    "VGG19": 32,
    "ResNet50": 32,
    "ResNet101": 32,
    "ResNet152": 32,
    "ResNet50V2": 32,
    "ResNet101V2": 32,
    "ResNet152V2": 32,
    "DenseNet121": 32,
    "DenseNet169": 32,
    "DenseNet201": 32,
    "Xception": 71,
    "InceptionV3": 75,
    "InceptionResNetV2": 75,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Large": 32,
    "MobileNetV3Small": 32,
    **{f"EfficientNetB{number}": 32 for number in range(8)},
    **{f"EfficientNetV2{size}": 32 for size in ("B0", "B1", "B2", "B3", "S", "M", "L")},
}
CLASSES = 7


def weights_for(shapes_and_names):
    """An array for each (shape, name), such that activations neither vanish nor explode."""
    rng = np.random.default_rng(20150211)
    arrays = []
    for shape, name in shapes_and_names:
        if name == "count":
            arrays.append(np.zeros(shape, "int32"))
        elif name in ("gamma", "variance", "moving_variance"):
            arrays.append(rng.uniform(0.8, 1.2, shape).astype("float32"))
        elif "kernel" in name:
            fan_in = max(1, int(np.prod(shape[:-1])))
            if name == "depthwise_kernel":
                fan_in = int(np.prod(shape[:2]))
            arrays.append((rng.normal(size=shape) / np.sqrt(fan_in)).astype("float32"))
        else:
            arrays.append(rng.uniform(-0.1, 0.1, shape).astype("float32"))
    return arrays


def image_for(size):
    """One image of pixels in [0, 255]."""
    return np.random.default_rng(size).uniform(0, 255, (1, size, size, 3)).astype("float32")


def described(model):
    """Shape and name of each weight."""
    return [(tuple(w.shape), w.path.rpartition("/")[2]) for w in model.weights]


def record(name, size):
    """What Keras builds and computes for one network."""
    keras.utils.clear_session()
    make = getattr(keras.applications, name)
    full = make(weights=None)
    keras.utils.clear_session()
    small = make(
        weights=None, input_shape=(size, size, 3), classes=CLASSES, classifier_activation=None
    )
    small.set_weights(weights_for(described(small)))
    return {
        "name": full.name,
        "parameters": full.count_params(),
        "layers": [[layer.name, type(layer).__name__] for layer in full.layers],
        "weights": [list(w.shape) for w in full.weights],
        "output": np.asarray(small(image_for(size), training=False)).ravel().tolist(),
    }


def main():
    """Writes the record."""
    path, *names = sys.argv[1:]
    found = {}
    if names:
        with gzip.open(path) as file:
            found = json.load(file)["networks"]
    for name in names or NETWORKS:
        found[name] = record(name, NETWORKS[name])
        print(name, found[name]["parameters"], found[name]["output"][:3], flush=True)
    kept = {name: found[name] for name in NETWORKS}
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(json.dumps({"keras": keras.__version__, "networks": kept}).encode())


if __name__ == "__main__":
    main()
