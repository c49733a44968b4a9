import numpy as np
from keras import backend as K
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Flatten
from keras.layers import Convolution2D, MaxPooling2D, ZeroPadding2D
from keras.utils import np_utils

K.set_image_dim_ordering('th')

img_rows, img_cols = 14, 14
nb_filters = 8
pool_size = (2, 2)
kernel_size = (3, 3)
np.random.seed(1337)
X_train = np.random.rand(50, img_rows * img_cols)
y_train = np.random.randint(0, 5, 50)
if K.image_dim_ordering() == 'th':
    X_train = X_train.reshape(X_train.shape[0], 1, img_rows, img_cols)
    input_shape = (1, img_rows, img_cols)
else:
    X_train = X_train.reshape(X_train.shape[0], img_rows, img_cols, 1)
    input_shape = (img_rows, img_cols, 1)
Y_train = np_utils.to_categorical(y_train, 5)

model = Sequential()
model.add(ZeroPadding2D((1, 1), input_shape=input_shape))
model.add(Convolution2D(nb_filters, kernel_size[0], kernel_size[1],
                        border_mode='valid', subsample=(2, 2)))
model.add(Activation('relu'))
model.add(Convolution2D(nb_filters, kernel_size[0], kernel_size[1]))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=pool_size))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(16))
model.add(Activation('relu'))
model.add(Dropout(0.5))
model.add(Dense(5))
model.add(Activation('softmax'))

model.compile(loss='categorical_crossentropy', optimizer='adadelta', metrics=['accuracy'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
score = model.evaluate(X_train, Y_train, verbose=0)
print('first loss %.6f' % score[0])
print('parameters %d' % model.count_params())
model.fit(X_train, Y_train, batch_size=25, nb_epoch=2, verbose=0, validation_data=(X_train, Y_train))
