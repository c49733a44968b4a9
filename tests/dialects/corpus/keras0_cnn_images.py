'''Small images of three channels, channels first as images were then.'''
from __future__ import absolute_import
from __future__ import print_function
import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation, Flatten
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.optimizers import SGD
from keras.utils import np_utils

nb_classes = 3
np.random.seed(4)
X_train = np.random.randint(0, 255, (40, 3, 16, 16)).astype("float32") / 255
Y_train = np_utils.to_categorical(np.random.randint(0, nb_classes, (40, 1)), nb_classes)

model = Sequential()
model.add(Convolution2D(8, 3, 3, border_mode='same', input_shape=(3, 16, 16)))
model.add(Activation('relu'))
model.add(Convolution2D(8, 3, 3))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(16))
model.add(Activation('relu'))
model.add(Dropout(0.5))
model.add(Dense(nb_classes))
model.add(Activation('softmax'))

sgd = SGD(lr=0.01, decay=1e-6, momentum=0.9, nesterov=True)
model.compile(loss='categorical_crossentropy', optimizer=sgd)
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X_train, Y_train, verbose=0))
print('parameters %d' % sum(w.size for w in model.get_weights()))
model.fit(X_train, Y_train, batch_size=8, nb_epoch=1, show_accuracy=True, verbose=2)
