'''Train a simple deep NN on digits of a kind.'''
from __future__ import print_function
import numpy as np
np.random.seed(1337)  # for reproducibility

from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.optimizers import SGD, Adam, RMSprop
from keras.utils import np_utils

batch_size = 16
nb_classes = 10
nb_epoch = 2

X_train = np.random.rand(160, 64).astype("float32")
y_train = np.random.randint(0, nb_classes, 160)
X_test = np.random.rand(40, 64).astype("float32")
y_test = np.random.randint(0, nb_classes, 40)
print(X_train.shape[0], 'train samples')

# convert class vectors to binary class matrices
Y_train = np_utils.to_categorical(y_train, nb_classes)
Y_test = np_utils.to_categorical(y_test, nb_classes)

model = Sequential()
model.add(Dense(32, input_shape=(64,)))
model.add(Activation('relu'))
model.add(Dropout(0.2))
model.add(Dense(32))
model.add(Activation('relu'))
model.add(Dropout(0.2))
model.add(Dense(10))
model.add(Activation('softmax'))

rms = RMSprop()
model.compile(loss='categorical_crossentropy', optimizer=rms)

rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
first = model.evaluate(X_train, Y_train, show_accuracy=True, verbose=0)
print('first loss %.6f' % first[0])
print('parameters %d' % sum(w.size for w in model.get_weights()))

hist = model.fit(X_train, Y_train,
                 batch_size=batch_size, nb_epoch=nb_epoch,
                 show_accuracy=True, verbose=2,
                 validation_data=(X_test, Y_test))
print(sorted(hist.history))
score = model.evaluate(X_test, Y_test,
                       show_accuracy=True, verbose=0)
print('Test score:', len(score))
