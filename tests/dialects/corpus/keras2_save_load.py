import os
import tempfile
import numpy as np
from keras.models import Sequential, load_model, model_from_json
from keras.layers import Dense, Dropout, Conv2D, Flatten, BatchNormalization

np.random.seed(30)
X = np.random.rand(24, 8, 8, 1)
Y = np.random.rand(24, 2)
model = Sequential()
model.add(Conv2D(3, (3, 3), activation='tanh', input_shape=(8, 8, 1)))
model.add(BatchNormalization(axis=-1, momentum=0.9, epsilon=1e-4))
model.add(Flatten())
model.add(Dropout(0.5))
model.add(Dense(2))
model.compile(loss='mean_absolute_error', optimizer='adam')
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(0.01, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0))
print('parameters', model.count_params())
model.fit(X, Y, epochs=1, verbose=0)
folder = tempfile.mkdtemp()
path = os.path.join(folder, 'model.h5')
model.save(path)
again = load_model(path)
print('same', np.allclose(model.predict(X), again.predict(X), atol=1e-6))
weights = os.path.join(folder, 'weights.h5')
model.save_weights(weights)
copy = model_from_json(model.to_json())
copy.load_weights(weights)
print('same', np.allclose(model.predict(X), copy.predict(X), atol=1e-6))
