import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Activation, Merge

np.random.seed(6)
A = np.random.rand(60, 8)
B = np.random.rand(60, 5)
y = (A[:, 0] > B[:, 0]).astype('float32')

left = Sequential()
left.add(Dense(16, input_shape=(8,)))
left.add(Activation('relu'))

right = Sequential()
right.add(Dense(16, input_shape=(5,)))
right.add(Activation('relu'))

model = Sequential()
model.add(Merge([left, right], mode='concat'))
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='rmsprop', class_mode='binary')

rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate([A, B], y, verbose=0))
print('parameters %d' % sum(w.size for w in model.get_weights()))
model.fit([A, B], y, batch_size=20, nb_epoch=2, show_accuracy=True, verbose=0)
print(model.predict_classes([A, B], verbose=0).shape)
