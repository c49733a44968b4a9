import numpy as np
import keras
from keras import ops


@keras.saving.register_keras_serializable()
class Mixer(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="glorot_uniform", name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    def call(self, inputs):
        return ops.tanh(ops.matmul(inputs, self.w) + self.b)


np.random.seed(48)
x = np.random.rand(24, 5)
y = np.random.rand(24, 1)
inputs = keras.Input((5,))
model = keras.Model(inputs, keras.layers.Dense(1)(Mixer(4)(inputs)))
model.compile(optimizer="sgd", loss="mae")
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print("first loss %.6f" % model.evaluate(x, y, verbose=0))
print("parameters", model.count_params())
model.fit(x, y, epochs=1, verbose=0)
