import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Highway, MaxoutDense, Activation

np.random.seed(22)
X = np.random.rand(30, 8)
Y = np.random.rand(30, 1)
model = Sequential()
model.add(Highway(input_dim=8, activation='relu'))
model.add(MaxoutDense(6, nb_feature=3))
model.add(Dense(1))
model.compile('sgd', 'mse')
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0))
print('parameters', model.count_params())
model.fit(X, Y, nb_epoch=2, verbose=0)
