"""Writes the files of old Keras versions that the tests read, with what those versions predicted.

Runs under the old versions themselves (Python 3.6 to 3.10), once for each:

    python make_fixtures.py keras      # the multi-backend package, 0.3.3 to 2.3.1
    python make_fixtures.py tf.keras   # TensorFlow's own, 2.10 to 2.15

with KERAS_BACKEND=theano or tensorflow. Makes the folder `<version>-<backend>` beside this script:
a `.h5` file a model (weights alone where the version could not write more, with the architecture
in `.json`), and `predictions.npz` with each model's inputs and outputs. The networks are tiny, and
trained for a few batches so that moving statistics and the optimizer's state are not what they
started as.
"""

import gzip
import importlib
import os
import sys

import numpy as np

API = sys.argv[1]
if API == "tf.keras":
    keras = importlib.import_module("tensorflow").keras
    VERSION, BACKEND = importlib.import_module("keras").__version__, "tfkeras"
else:
    if os.environ["KERAS_BACKEND"] == "theano":
        importlib.import_module("theano.ifelse")  # Keras uses it without importing it
    keras = importlib.import_module("keras")
    VERSION, BACKEND = keras.__version__, os.environ["KERAS_BACKEND"]
NUMBER = tuple(int(part) for part in VERSION.split(".")[:2])
IS_1 = NUMBER < (2, 0)
HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, VERSION + "-" + BACKEND)

if NUMBER < (0, 4):
    layers = importlib.import_module("keras.layers.core")
    importlib.import_module("keras.models")
elif API == "tf.keras":
    layers = keras.layers
else:
    layers = importlib.import_module("keras.layers")
Sequential = keras.models.Sequential
SEED = np.random.RandomState(0)


def values(*shape):
    return SEED.uniform(-1, 1, shape).astype("float32")


def dense(units, **named):
    return layers.Dense(units, **named)


def conv2d(filters, size, padding, ordering, strides=1, **named):
    if NUMBER < (0, 4):
        core = importlib.import_module("keras.layers.convolutional")
        return core.Convolution2D(filters, size, size, border_mode=padding, dim_ordering=ordering,
                                  subsample=(strides, strides), **named)  # fmt: skip
    if IS_1:
        return layers.Convolution2D(filters, size, size, border_mode=padding,
                                    dim_ordering=ordering, subsample=(strides, strides),
                                    **named)  # fmt: skip
    data_format = "channels_first" if ordering == "th" else "channels_last"
    return layers.Conv2D(filters, size, padding=padding, data_format=data_format,
                         strides=strides, **named)  # fmt: skip


def pool2d(ordering):
    if NUMBER < (0, 4):
        core = importlib.import_module("keras.layers.convolutional")
        return core.MaxPooling2D(dim_ordering=ordering)
    if IS_1:
        return layers.MaxPooling2D(dim_ordering=ordering)
    data_format = "channels_first" if ordering == "th" else "channels_last"
    return layers.MaxPooling2D(data_format=data_format)


def conv1d(filters, size, **named):
    if NUMBER < (0, 4):
        core = importlib.import_module("keras.layers.convolutional")
        return core.Convolution1D(filters, size, border_mode="same", **named)
    if IS_1:
        return layers.Convolution1D(filters, size, border_mode="same", **named)
    return layers.Conv1D(filters, size, padding="same", **named)


def batch_norm(**named):
    if NUMBER < (0, 4):
        return importlib.import_module("keras.layers.normalization").BatchNormalization(**named)
    return layers.BatchNormalization(**named)


def activation(name):
    return importlib.import_module("keras.layers.core").Activation(name) if NUMBER < (0, 4) else (
        layers.Activation(name))  # fmt: skip


def core(name, *given, **named):
    module = importlib.import_module("keras.layers.core") if NUMBER < (0, 4) else layers
    return getattr(module, name)(*given, **named)


def rate_name():
    return "learning_rate" if API == "tf.keras" else "lr"


def sgd(rate):
    named = {rate_name(): rate, "momentum": 0.9, "nesterov": True}
    if API != "tf.keras":
        named["decay"] = 1e-6
    return keras.optimizers.SGD(**named)


def mlp():
    model = Sequential()
    model.add(dense(6, input_dim=4))
    model.add(batch_norm(epsilon=1e-3))
    model.add(activation("tanh"))
    model.add(core("Dropout", 0.5))
    model.add(dense(5))
    model.add(activation("relu"))
    model.add(batch_norm())
    model.add(dense(3))
    model.add(activation("softmax"))
    model.compile(loss="categorical_crossentropy", optimizer=sgd(0.1))
    return model, values(16, 4), np.eye(3, dtype="float32")[SEED.randint(0, 3, 16)]


def conv(ordering):
    shape = (2, 7, 6) if ordering == "th" else (7, 6, 2)
    axis = 1 if ordering == "th" else -1
    model = Sequential()
    model.add(conv2d(3, 3, "same", ordering, input_shape=shape))
    model.add(batch_norm(axis=axis))
    model.add(activation("relu"))
    model.add(pool2d(ordering))
    named = {} if IS_1 else {"scale": False}
    model.add(conv2d(4, 3, "valid", ordering))
    model.add(batch_norm(axis=axis, **named))
    model.add(core("Flatten"))
    model.add(dense(2, activation="linear"))
    model.compile(loss="mse", optimizer=sgd(0.01))
    return model, values(8, *shape), values(8, 2)


def sequence():
    model = Sequential()
    model.add(conv1d(3, 3, input_shape=(6, 2)))
    model.add(batch_norm(**({} if IS_1 else {"center": False})))
    model.add(core("Flatten"))
    model.add(dense(1))
    model.compile(loss="mse", optimizer=sgd(0.01))
    return model, values(8, 6, 2), values(8, 1)


def adam():
    return keras.optimizers.Adam(**{rate_name(): 0.01})


def nested():
    inner = Sequential()
    inner.add(dense(4, input_dim=5, name="inner_dense"))
    if NUMBER >= (1, 2):
        inner.add(batch_norm(name="inner_norm"))  # Keras 1.0 refuses to call one a second time
    inner.add(activation("tanh"))
    if IS_1:
        Input, Model = keras.layers.Input, keras.models.Model
        a, b = Input(shape=(3,), name="a"), Input(shape=(2,), name="b")
        joined = keras.layers.merge([a, b], mode="concat", concat_axis=-1)
    else:
        Input, Model = layers.Input, keras.models.Model
        a, b = Input(shape=(3,), name="a"), Input(shape=(2,), name="b")
        joined = layers.concatenate([a, b])
    hidden = inner(joined)
    frozen = batch_norm(name="frozen_norm")
    frozen.trainable = False
    hidden = frozen(hidden)
    hidden = layers.PReLU(name="slopes")(hidden)
    total = (keras.layers.merge([hidden, inner(joined)], mode="sum") if IS_1
             else layers.add([hidden, inner(joined)]))  # fmt: skip
    out = dense(1, name="out")(total)
    named = {"input": [a, b], "output": out} if IS_1 else {"inputs": [a, b], "outputs": out}
    model = Model(**named)
    model.compile(loss="mse", optimizer=adam())
    return model, [values(8, 3), values(8, 2)], values(8, 1)


def separable():
    model = Sequential()
    data_format = {} if IS_1 else {"data_format": "channels_last"}
    size = (3, 3) if IS_1 else ((3, 3),)
    padding = {"border_mode" if IS_1 else "padding": "same"}
    ordering = {"dim_ordering": "tf"} if IS_1 else data_format
    name = "SeparableConvolution2D" if IS_1 else "SeparableConv2D"
    model.add(getattr(layers, name)(4, *size, input_shape=(5, 5, 2), **padding, **ordering))
    model.add(batch_norm(**({} if IS_1 else {"center": False, "scale": False})))
    model.add(activation("relu"))
    if not IS_1:
        model.add(layers.Conv2DTranspose(3, 3, strides=2, padding="same"))
        model.add(batch_norm())
        if NUMBER >= (2, 2):
            model.add(layers.DepthwiseConv2D(3, depth_multiplier=2))
            model.add(batch_norm())
    model.add(core("Flatten"))
    model.add(dense(1))
    model.compile(loss="mse", optimizer=sgd(0.001))
    return model, values(8, 5, 5, 2), values(8, 1)


def cases():
    yield "mlp", mlp
    if BACKEND != "tfkeras":
        yield "conv_th", lambda: conv("th")
    yield "conv_tf", lambda: conv("tf")
    yield "sequence", sequence
    if NUMBER >= (1, 0):
        yield "nested", nested
    if NUMBER >= (1, 2) and BACKEND != "theano":
        yield "separable", separable


def saved(model, name):
    path = os.path.join(FOLDER, name)
    with open(path + ".json", "w") as file:
        file.write(model.to_json())
    if NUMBER >= (2, 12):
        os.remove(path + ".json")
        model.save(path + ".keras")
        pack(path + ".keras")
        if NUMBER >= (2, 13):  # 2.12 numbered the layers of a Sequential twice
            model.save_weights(path + ".weights.h5")
            pack(path + ".weights.h5")
        return
    if NUMBER >= (1, 0):
        model.save(path + ".h5")
        os.remove(path + ".json")
    else:
        model.save_weights(path + ".h5", overwrite=True)
    pack(path + ".h5")
    if name in ("mlp", "conv_th") and NUMBER >= (1, 0):
        model.save_weights(path + "_weights.h5", overwrite=True)
        pack(path + "_weights.h5")


def pack(path):
    # Mostly zeros: a tenth of the size.
    with open(path, "rb") as source, gzip.GzipFile(path + ".gz", "wb", mtime=0) as packed:
        packed.write(source.read())
    os.remove(path)


def main():
    if not os.path.isdir(FOLDER):
        os.makedirs(FOLDER)
    record = {}
    for name, make in cases():
        np.random.seed(1)
        model, x, y = make()
        for _ in range(5):
            model.train_on_batch(x, y)
        saved(model, name)
        inputs = x if isinstance(x, list) else [x]
        for number, array in enumerate(inputs):
            record[f"{name}_x{number}"] = array
        record[name + "_y"] = y
        record[name + "_output"] = np.asarray(model.predict(x))
        record[name + "_loss_after"] = np.asarray(model.test_on_batch(x, y))
        print(name, record[name + "_output"].ravel()[:3])
    np.savez_compressed(os.path.join(FOLDER, "predictions.npz"), **record)


main()
