import numpy as np
import keras.backend as K
from keras.models import Sequential
from keras.layers import Dense, Lambda
from keras import objectives

np.random.seed(14)
X = np.random.rand(50, 6)
Y = np.random.rand(50, 2)


def weighted(y_true, y_pred):
    return K.mean(K.square(y_true - y_pred) * 2.0, axis=-1) + 0.1 * objectives.mae(y_true, y_pred)


def mean_pred(y_true, y_pred):
    return K.mean(y_pred)


model = Sequential()
model.add(Dense(8, input_shape=(6,), activation='hard_sigmoid'))
model.add(Lambda(lambda x: x ** 2, output_shape=(8,)))
model.add(Dense(2))
model.compile(loss=weighted, optimizer='rmsprop', metrics=[mean_pred, 'mse'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0)[0])
print('parameters', model.count_params())
history = model.fit(X, Y, nb_epoch=2, verbose=0)
print(sorted(history.history))
