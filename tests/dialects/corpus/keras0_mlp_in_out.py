# Two-class network, dense layers with input and output sizes
import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.optimizers import SGD

np.random.seed(1)
X = np.random.uniform(-1, 1, (120, 20))
y = (X[:, :3].sum(axis=1) > 0).astype(int).reshape(-1, 1)

model = Sequential()
model.add(Dense(20, 64, init='uniform', activation='tanh'))
model.add(Dropout(0.5))
model.add(Dense(64, 1, init='uniform', activation='sigmoid'))

sgd = SGD(lr=0.1, decay=1e-6, momentum=0.9, nesterov=True)
model.compile(loss='binary_crossentropy', optimizer=sgd, class_mode='binary')

rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print("first loss %.6f" % model.evaluate(X, y, batch_size=16, verbose=0))
print("parameters %d" % sum(w.size for w in model.get_weights()))

model.fit(X, y, nb_epoch=3, batch_size=16, verbose=0)
score = model.evaluate(X, y, batch_size=16, show_accuracy=True, verbose=0)
print('Test accuracy between 0 and 1:', 0 <= score[1] <= 1)
classes = model.predict_classes(X, batch_size=32, verbose=0)
print('classes', classes.shape, sorted(set(classes.ravel())) in ([0], [1], [0, 1]))
