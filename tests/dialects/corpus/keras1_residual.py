import numpy as np
from keras.models import Model
from keras.layers import Input, Activation, merge, Dense, Flatten
from keras.layers.convolutional import Convolution2D, MaxPooling2D, AveragePooling2D
from keras.layers.normalization import BatchNormalization
import keras.backend as K

np.random.seed(21)
if K.image_dim_ordering() == 'tf':
    channel_axis = 3
    shape = (12, 12, 3)
else:
    channel_axis = 1
    shape = (3, 12, 12)


def conv_bn_relu(nb_filter, nb_row, nb_col, subsample=(1, 1)):
    def f(x):
        x = Convolution2D(nb_filter=nb_filter, nb_row=nb_row, nb_col=nb_col, subsample=subsample,
                          init='he_normal', border_mode='same')(x)
        x = BatchNormalization(mode=0, axis=channel_axis)(x)
        return Activation('relu')(x)
    return f


inputs = Input(shape=shape)
x = conv_bn_relu(6, 3, 3)(inputs)
y = conv_bn_relu(6, 3, 3)(x)
y = Convolution2D(6, 3, 3, border_mode='same', init='he_normal')(y)
x = merge([x, y], mode='sum')
x = Activation('relu')(x)
x = AveragePooling2D(pool_size=(6, 6), strides=(1, 1), border_mode='valid')(x)
x = Flatten()(x)
outputs = Dense(output_dim=3, init='he_normal', activation='softmax')(x)
model = Model(input=inputs, output=outputs)
model.compile(loss='categorical_crossentropy', optimizer='sgd')
X = np.random.rand(*((24,) + shape))
Y = np.eye(3)[np.random.randint(0, 3, 24)]
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(0.01, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0))
print('parameters', model.count_params())
model.fit(X, Y, nb_epoch=1, batch_size=12, verbose=0)
