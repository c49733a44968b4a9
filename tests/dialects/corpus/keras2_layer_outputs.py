import numpy as np
from keras import backend as K
from keras.models import Sequential, Model
from keras.layers import Dense, Dropout, Activation

np.random.seed(32)
X = np.random.rand(16, 5)
model = Sequential()
model.add(Dense(6, input_shape=(5,), name='hidden'))
model.add(Activation('relu', name='relu'))
model.add(Dropout(0.5))
model.add(Dense(2, name='out'))
model.compile('sgd', 'mse')
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, X[:, :2], verbose=0))
print('parameters', model.count_params())
get_hidden = K.function([model.layers[0].input, K.learning_phase()], [model.layers[1].output])
hidden = get_hidden([X, 0])[0]
part = Model(inputs=model.input, outputs=model.get_layer('relu').output)
print('same', np.allclose(hidden, part.predict(X), atol=1e-6), hidden.shape)
