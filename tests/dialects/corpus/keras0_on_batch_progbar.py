import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Activation
from keras.utils.generic_utils import Progbar

np.random.seed(7)
X = np.random.randn(64, 10).astype('float32')
Y = np.eye(3)[np.random.randint(0, 3, 64)]

model = Sequential()
model.add(Dense(12, input_dim=10, init='glorot_uniform'))
model.add(Activation('sigmoid'))
model.add(Dense(3))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='sgd')

rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
first = None
for e in range(2):
    progbar = Progbar(X.shape[0])
    for start in range(0, len(X), 16):
        loss, acc = model.train_on_batch(X[start:start + 16], Y[start:start + 16], accuracy=True)
        if first is None:
            first = float(loss)
        progbar.add(16, values=[('train loss', loss), ('acc', acc)])
print()
print('first loss %.6f' % first)
print('parameters %d' % sum(w.size for w in model.get_weights()))
loss = model.test_on_batch(X, Y)
print('one number:', np.ndim(loss) == 0)
