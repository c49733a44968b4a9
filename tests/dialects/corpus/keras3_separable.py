import numpy as np
from keras.models import Model
from keras.layers import Input, SeparableConv2D, DepthwiseConv2D, Conv2DTranspose, UpSampling2D
from keras.layers import ZeroPadding2D, Cropping2D, ReLU, Softmax, GlobalMaxPooling2D, Dense, Reshape

np.random.seed(36)
inputs = Input(shape=(8, 8, 3))
x = ZeroPadding2D(((1, 0), (0, 1)))(inputs)
x = SeparableConv2D(4, (3, 3), padding='same', use_bias=False)(x)
x = ReLU(max_value=6.)(x)
x = DepthwiseConv2D((3, 3), strides=(2, 2), padding='same')(x)
x = Conv2DTranspose(3, (2, 2), strides=(2, 2))(x)
x = UpSampling2D(size=(2, 2))(x)
x = Cropping2D(((1, 1), (1, 1)))(x)
x = GlobalMaxPooling2D()(x)
x = Reshape((3,))(x)
x = Dense(2)(x)
outputs = Softmax()(x)
model = Model(inputs, outputs)
model.compile('sgd', 'categorical_crossentropy')
X = np.random.rand(12, 8, 8, 3)
Y = np.eye(2)[np.random.randint(0, 2, 12)]
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.2, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0))
print('parameters', model.count_params())
model.fit(X, Y, epochs=1, verbose=0)
