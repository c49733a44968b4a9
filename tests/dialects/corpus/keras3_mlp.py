import numpy as np
import keras
from keras import layers

keras.utils.set_random_seed(46)
x = np.random.rand(60, 7).astype("float32")
y = (x[:, 0] > 0.5).astype("float32")
model = keras.Sequential([
    keras.Input(shape=(7,)),
    layers.Dense(8, use_bias=False),
    layers.BatchNormalization(),
    layers.LeakyReLU(negative_slope=0.1),
    layers.Dense(1, activation="sigmoid"),
])
model.compile(optimizer=keras.optimizers.AdamW(learning_rate=1e-3), loss="binary_crossentropy", metrics=["accuracy"])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(0.01, 0.1, w.shape) for w in model.get_weights()])
print("first loss %.6f" % model.evaluate(x, y, verbose=0)[0])
print("parameters", model.count_params())
history = model.fit(x, y, epochs=2, batch_size=20, verbose=0, validation_split=0.2)
print(sorted(history.history))
