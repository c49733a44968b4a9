import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Activation
from keras.layers.advanced_activations import LeakyReLU, PReLU, ELU
from keras.layers.noise import GaussianNoise, GaussianDropout
from keras.utils.np_utils import to_categorical

np.random.seed(16)
X = np.random.randn(60, 8)
y = np.random.randint(0, 4, 60)
model = Sequential()
model.add(Dense(10, input_dim=8, init='glorot_normal'))
model.add(LeakyReLU(alpha=0.2))
model.add(GaussianNoise(sigma=0.1))
model.add(Dense(10, init='he_normal'))
model.add(PReLU(init='zero'))
model.add(GaussianDropout(p=0.1))
model.add(Dense(4, init='lecun_uniform'))
model.add(ELU(alpha=1.0))
model.add(Activation('softmax'))
model.compile('adagrad', 'categorical_crossentropy', metrics=['accuracy'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, to_categorical(y, 4), verbose=0)[0])
print('parameters', model.count_params())
model.fit(X, to_categorical(y, nb_classes=4), nb_epoch=2, verbose=0)
classes = model.predict_classes(X, verbose=0)
proba = model.predict_proba(X, verbose=0)
print((classes == proba.argmax(axis=1)).all(), classes.shape)
