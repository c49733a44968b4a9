"""Layers without a bias in front of batch normalization, whose axis is that of the channels."""

import numpy as np
from keras import backend as K
from keras.layers import Activation, Convolution2D, Dense, Flatten
from keras.layers.normalization import BatchNormalization
from keras.models import Sequential

try:
    bn_axis = 3 if K.image_dim_ordering() == 'tf' else 1
except AttributeError:
    bn_axis = 3 if K.image_data_format() == 'channels_last' else 1
assert (K.image_data_format() == 'channels_last') == (bn_axis == 3)
shape = (12, 12, 3) if bn_axis == 3 else (3, 12, 12)

np.random.seed(7)
X = np.random.rand(*((40,) + shape)).astype('float32')
y = np.eye(2)[np.random.randint(0, 2, 40)]

model = Sequential()
model.add(Convolution2D(64, 3, 3, use_bias=False, input_shape=shape))
model.add(BatchNormalization(axis=bn_axis))
model.add(Activation('relu'))
model.add(Flatten())
model.add(Dense(64, use_bias=False))
model.add(BatchNormalization())
model.add(Activation('relu'))
model.add(Dense(2))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='sgd', metrics=['accuracy'])
model.fit(X, y, nb_epoch=2, batch_size=20, verbose=2)
assert not any('bias' in w.name for layer in model.layers[:5] for w in layer.weights)
