import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.wrappers.scikit_learn import KerasClassifier, KerasRegressor

np.random.seed(37)
X = np.random.rand(40, 5)
y = (X[:, 0] > 0.5).astype(int)
built = []


def baseline(units=6):
    model = Sequential()
    model.add(Dense(units, input_dim=5, activation='relu'))
    model.add(Dense(1, activation='sigmoid'))
    model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
    built.append(model)
    return model


model = baseline()
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, y, verbose=0)[0])
print('parameters', model.count_params())
estimator = KerasClassifier(build_fn=baseline, units=4, epochs=2, batch_size=10, verbose=0)
estimator.fit(X, y)
print(estimator.predict(X).shape, 0 <= estimator.score(X, y) <= 1, estimator.predict_proba(X).shape)


def line():
    model = Sequential([Dense(1, input_shape=(5,))])
    model.compile('sgd', 'mse')
    return model


regressor = KerasRegressor(build_fn=line, epochs=2, verbose=0)
regressor.fit(X, X[:, 0])
print(regressor.predict(X).shape, regressor.score(X, X[:, 0]) <= 0)
