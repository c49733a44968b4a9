"""A helper that makes a convolution, its activation and batch normalization behind it."""

import numpy as np
from keras.layers import Activation, BatchNormalization, Convolution2D, Dense, Flatten, Input
from keras.layers import MaxPooling2D
from keras.models import Model


def Conv2DReluBatchNorm(n_filter, w_filter, h_filter, inputs):
    return BatchNormalization()(Activation(activation='relu')(Convolution2D(n_filter, w_filter, h_filter, border_mode='same')(inputs)))


np.random.seed(7)
X = np.random.rand(32, 12, 12, 3).astype('float32')
y = np.eye(2)[np.random.randint(0, 2, 32)]

inputs = Input(shape=(12, 12, 3))
x = Conv2DReluBatchNorm(8, 3, 3, inputs)
x = MaxPooling2D(pool_size=(2, 2))(x)
x = Conv2DReluBatchNorm(8, 3, 3, x)
x = Flatten()(x)
outputs = Dense(2, activation='softmax')(x)
model = Model(input=inputs, output=outputs)
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(X, y, nb_epoch=2, batch_size=16, verbose=2)
