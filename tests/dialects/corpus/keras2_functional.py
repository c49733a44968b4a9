import numpy as np
from keras.layers import Input, Dense, Conv2D, MaxPooling2D, Flatten, concatenate, GlobalAveragePooling2D
from keras.layers.merge import Add, Concatenate
from keras.models import Model
from keras.utils import plot_model

np.random.seed(25)
image = Input(shape=(10, 10, 3))
tower_1 = Conv2D(4, (1, 1), padding='same', activation='relu')(image)
tower_1 = Conv2D(4, (3, 3), padding='same', activation='relu')(tower_1)
tower_2 = MaxPooling2D((3, 3), strides=(1, 1), padding='same')(image)
tower_2 = Conv2D(4, (1, 1), padding='same', activation='relu')(tower_2)
joined = concatenate([tower_1, tower_2], axis=-1)
added = Add()([tower_1, tower_2])
x = Concatenate()([GlobalAveragePooling2D()(joined), Flatten()(added)])
numbers = Input(shape=(3,))
x = concatenate([x, numbers])
out = Dense(1)(x)
model = Model(inputs=[image, numbers], outputs=out)
model.compile('adam', loss='mse')
A = np.random.rand(20, 10, 10, 3)
B = np.random.rand(20, 3)
y = np.random.rand(20, 1)
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate([A, B], y, verbose=0))
print('parameters', model.count_params())
model.fit([A, B], y, epochs=2, batch_size=10, verbose=0)
