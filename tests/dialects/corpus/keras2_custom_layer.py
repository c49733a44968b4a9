import numpy as np
from keras import backend as K
from keras.layers import Layer, Input, Dense, Lambda
from keras.models import Model
from keras import initializers, regularizers, activations

np.random.seed(33)


class Gate(Layer):
    def __init__(self, units, activation='sigmoid', kernel_regularizer=None, **kwargs):
        super(Gate, self).__init__(**kwargs)
        self.units = units
        self.activation = activations.get(activation)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)

    def build(self, input_shape):
        self.kernel = self.add_weight(name='kernel', shape=(input_shape[-1], self.units),
                                      initializer=initializers.get('glorot_uniform'),
                                      regularizer=self.kernel_regularizer, trainable=True)
        super(Gate, self).build(input_shape)

    def call(self, x):
        return self.activation(K.dot(x, self.kernel))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def get_config(self):
        config = {'units': self.units}
        base_config = super(Gate, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))


inputs = Input(shape=(6,))
gated = Gate(4, kernel_regularizer='l2')(inputs)
scaled = Lambda(lambda x: x * 2)(gated)
model = Model(inputs, Dense(1)(scaled))
model.compile(loss='mse', optimizer='adamax')
X = np.random.rand(30, 6)
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, X[:, :1], verbose=0))
print('parameters', model.count_params())
model.fit(X, X[:, :1], epochs=2, verbose=0)
