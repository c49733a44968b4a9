'''Layers that were told their shapes: PReLU((n,)) and BatchNormalization((n,)).'''
import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.layers.advanced_activations import PReLU
from keras.layers.normalization import BatchNormalization
from keras.utils import np_utils

np.random.seed(1337)
X = np.random.randn(90, 9)
y = np_utils.to_categorical(np.random.randint(0, 3, 90), 3)

model = Sequential()
model.add(Dense(9, 24, init='glorot_uniform'))
model.add(PReLU((24,)))
model.add(BatchNormalization((24,)))
model.add(Dropout(0.5))
model.add(Dense(24, 3, init='glorot_uniform'))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer="adam")

model.predict(X[:2])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(0.01, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, y, verbose=0))
print('parameters %d' % sum(w.size for w in model.get_weights()))
model.fit(X, y, nb_epoch=3, batch_size=30, validation_split=0.15, verbose=2)
