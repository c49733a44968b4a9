import os
os.environ.setdefault("KERAS_BACKEND", "jax")
import numpy as np
import keras
from keras import layers, ops

np.random.seed(47)
image = keras.Input(shape=(10, 10, 3), name="image")
numbers = keras.Input(shape=(2,), name="numbers")
x = layers.Conv2D(4, 3, strides=2, padding="same", activation="gelu")(image)
x = layers.GlobalAveragePooling2D()(x)
x = layers.Concatenate()([x, numbers])
score = layers.Dense(1, name="score")(x)
kind = layers.Dense(3, activation="softmax", name="kind")(x)
model = keras.Model([image, numbers], [score, kind])


def scaled(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1) * 0.5


model.compile("adam", loss={"score": scaled, "kind": "sparse_categorical_crossentropy"},
              loss_weights={"score": 1.0, "kind": 0.5})
data = [np.random.rand(20, 10, 10, 3), np.random.rand(20, 2)]
targets = [np.random.rand(20, 1), np.random.randint(0, 3, 20)]
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print("first loss %.6f" % model.evaluate(data, targets, verbose=0)[0])
print("parameters", model.count_params())
model.fit(data, targets, epochs=1, verbose=0)
