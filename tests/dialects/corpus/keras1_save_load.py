import os
import tempfile
import numpy as np
from keras.models import Sequential, model_from_json, load_model
from keras.layers import Dense, Activation
from keras.layers.normalization import BatchNormalization

np.random.seed(17)
X = np.random.randn(40, 6)
Y = np.random.rand(40, 1)
model = Sequential()
model.add(Dense(5, input_dim=6))
model.add(BatchNormalization(mode=0))
model.add(Activation('tanh'))
model.add(Dense(1))
model.compile(loss='mean_squared_error', optimizer='sgd')
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(0.01, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0))
print('parameters', model.count_params())
model.fit(X, Y, nb_epoch=1, verbose=0)

folder = tempfile.mkdtemp()
json_string = model.to_json()
open(os.path.join(folder, 'architecture.json'), 'w').write(json_string)
model.save_weights(os.path.join(folder, 'weights.h5'), overwrite=True)
again = model_from_json(open(os.path.join(folder, 'architecture.json')).read())
again.load_weights(os.path.join(folder, 'weights.h5'))
print('same', np.allclose(model.predict(X), again.predict(X), atol=1e-6))
model.save(os.path.join(folder, 'model.h5'))
del model
model = load_model(os.path.join(folder, 'model.h5'))
print('same', np.allclose(model.predict(X), again.predict(X), atol=1e-6))
