import numpy as np
from keras.layers import Input, Dense, Dropout, merge
from keras.models import Model

np.random.seed(9)
a = np.random.rand(40, 12)
b = np.random.rand(40, 12)
labels = np.random.randint(0, 2, (40, 1))

left = Input(shape=(12,), name='left')
right = Input(shape=(12,), name='right')
shared = Dense(8, activation='tanh')
x1 = shared(left)
x2 = shared(right)
merged = merge([x1, x2], mode='concat', concat_axis=-1)
product = merge([x1, x2], mode='mul')
total = merge([x1, x2], mode='sum')
x = merge([merged, product, total], mode='concat')
x = Dropout(0.1)(x)
predictions = Dense(1, activation='sigmoid')(x)
model = Model(input=[left, right], output=predictions)
model.compile(optimizer='rmsprop', loss='binary_crossentropy', metrics=['accuracy'])

rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate([a, b], labels, verbose=0)[0])
print('parameters', model.count_params())
model.fit([a, b], labels, nb_epoch=2, batch_size=10, verbose=0)
print(model.predict([a, b]).shape)
