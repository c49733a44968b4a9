import os
import tempfile
import numpy as np
import keras

np.random.seed(49)
x = np.random.rand(20, 6)
y = np.random.rand(20, 2)
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(2)])
model.compile(keras.optimizers.SGD(keras.optimizers.schedules.InverseTimeDecay(0.1, 1, 1e-3)), "mse")
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print("first loss %.6f" % model.evaluate(x, y, verbose=0))
print("parameters", model.count_params())
path = os.path.join(tempfile.mkdtemp(), "model.keras")
model.fit(x, y, epochs=2, verbose=0, callbacks=[keras.callbacks.ModelCheckpoint(path)])
again = keras.models.load_model(path)
print("same", np.allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6))
