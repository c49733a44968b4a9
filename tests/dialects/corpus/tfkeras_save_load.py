import os
import tempfile
import numpy as np
from tensorflow.keras.models import Sequential, load_model, clone_model
from tensorflow.keras.layers import Dense, Input

np.random.seed(44)
X = np.random.rand(20, 4)
y = np.random.rand(20, 1)
model = Sequential([Input(shape=(4,)), Dense(3, activation='relu'), Dense(1)])
model.compile(loss='mse', optimizer='adagrad')
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, y, verbose=0))
print('parameters', model.count_params())
folder = tempfile.mkdtemp()
model.save(os.path.join(folder, 'm.h5'))
again = load_model(os.path.join(folder, 'm.h5'))
print('same', np.allclose(again.predict(X), model.predict(X), atol=1e-6))
copy = clone_model(model)
copy.set_weights(model.get_weights())
print('same', np.allclose(copy.predict(X), model.predict(X), atol=1e-6))
