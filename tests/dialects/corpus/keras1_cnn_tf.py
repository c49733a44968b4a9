import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation, Flatten
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.layers.normalization import BatchNormalization
from keras.optimizers import Adam

np.random.seed(3)
X = np.random.rand(32, 20, 20, 3).astype('float32')
y = np.random.rand(32, 1)

model = Sequential()
model.add(Convolution2D(6, 5, 5, subsample=(2, 2), border_mode='same', init='he_normal',
                        input_shape=(20, 20, 3), dim_ordering='tf'))
model.add(BatchNormalization())
model.add(Activation('elu'))
model.add(MaxPooling2D(border_mode='same', dim_ordering='tf'))
model.add(Convolution2D(8, 3, 3, activation='elu', bias=False, dim_ordering='tf'))
model.add(Flatten())
model.add(Dense(10, activation='elu'))
model.add(Dense(1))
model.compile(optimizer=Adam(lr=1e-4), loss='mse')
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(0.01, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, y, verbose=0))
print('parameters', model.count_params())
model.fit(X, y, batch_size=8, nb_epoch=2, validation_split=0.25, shuffle=True, verbose=2)
