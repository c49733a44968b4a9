import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation, Flatten
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.optimizers import SGD
from keras.utils import np_utils

np.random.seed(2)
X = np.random.rand(48, 1, 12, 12).astype('float32')
Y = np_utils.to_categorical(np.random.randint(0, 4, 48), 4)

model = Sequential()
model.add(Convolution2D(8, 1, 3, 3, border_mode='valid'))
model.add(Activation('relu'))
model.add(MaxPooling2D(poolsize=(2, 2)))
model.add(Flatten())
model.add(Dense(8 * 5 * 5, 16))
model.add(Activation('relu'))
model.add(Dense(16, 4))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer=SGD(lr=0.05))

model.predict(X[:2])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0))
print('parameters %d' % sum(w.size for w in model.get_weights()))
model.fit(X, Y, batch_size=16, nb_epoch=2, verbose=0)
print(model.predict_proba(X, verbose=0).shape)
