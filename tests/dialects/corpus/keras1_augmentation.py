import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Flatten, Activation
from keras.layers import Convolution2D, MaxPooling2D
from keras.preprocessing.image import ImageDataGenerator
from keras.utils import np_utils

np.random.seed(13)
X = np.random.randint(0, 255, (40, 12, 12, 3)).astype('float32') / 255
Y = np_utils.to_categorical(np.random.randint(0, 2, (40, 1)), 2)

model = Sequential()
model.add(Convolution2D(4, 3, 3, border_mode='same', input_shape=X.shape[1:]))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(2))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0)[0])
print('parameters', model.count_params())

datagen = ImageDataGenerator(
    featurewise_center=False,
    rotation_range=10,
    width_shift_range=0.1,
    height_shift_range=0.1,
    horizontal_flip=True,
    vertical_flip=False)
datagen.fit(X)
model.fit_generator(datagen.flow(X, Y, batch_size=8),
                    samples_per_epoch=X.shape[0], nb_epoch=2,
                    validation_data=(X, Y), verbose=0)
