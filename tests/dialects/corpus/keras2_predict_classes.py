import numpy as np
from keras.models import Sequential
from keras.layers import Dense, LeakyReLU
from keras.constraints import max_norm

np.random.seed(29)
X = np.random.randn(50, 6)
y = (X[:, 0] > 0).astype(int)
model = Sequential()
model.add(Dense(8, input_dim=6, kernel_initializer='random_uniform', kernel_constraint=max_norm(3.)))
model.add(LeakyReLU(alpha=0.1))
model.add(Dense(1, activation='sigmoid', bias_initializer='zeros'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['acc'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, y, verbose=0)[0])
print('parameters', model.count_params())
hist = model.fit(X, y, epochs=2, batch_size=10, verbose=0, class_weight={0: 1., 1: 2.},
                 validation_data=(X, y))
print(hist.history['acc'][-1] <= 1, len(hist.history['val_acc']))
print(model.predict_classes(X).shape, model.predict_proba(X).shape)
