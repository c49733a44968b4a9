import numpy as np
from keras import backend as K
from keras.engine.topology import Layer
from keras.models import Sequential
from keras.layers import Dense

np.random.seed(15)


class Scaled(Layer):
    def __init__(self, output_dim, **kwargs):
        self.output_dim = output_dim
        super(Scaled, self).__init__(**kwargs)

    def build(self, input_shape):
        self.W = self.add_weight(shape=(input_shape[1], self.output_dim),
                                 initializer='uniform', trainable=True, name='W')
        super(Scaled, self).build(input_shape)

    def call(self, x, mask=None):
        return K.dot(x, self.W)

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], self.output_dim)


X = np.random.rand(30, 5)
Y = np.random.rand(30, 2)
model = Sequential()
model.add(Scaled(4, input_shape=(5,)))
model.add(Dense(2))
model.compile(loss='mse', optimizer='sgd')
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0))
print('parameters', model.count_params())
model.fit(X, Y, nb_epoch=2, verbose=0)
print(model.output_shape)
