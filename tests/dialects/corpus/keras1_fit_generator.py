import numpy as np
from keras.models import Sequential
from keras.layers import Dense

np.random.seed(12)
X = np.random.rand(96, 7)
Y = X.sum(axis=1, keepdims=True)


def batches(X, Y, batch_size):
    while True:
        for start in range(0, len(X), batch_size):
            yield X[start:start + batch_size], Y[start:start + batch_size]


model = Sequential()
model.add(Dense(9, input_dim=7, activation='relu'))
model.add(Dense(1))
model.compile(loss='mae', optimizer='adam')
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate_generator(batches(X, Y, 16), val_samples=96))
print('parameters', model.count_params())
model.fit_generator(batches(X, Y, 16), samples_per_epoch=96, nb_epoch=2, verbose=2,
                    validation_data=batches(X, Y, 32), nb_val_samples=96,
                    nb_worker=1, max_q_size=10, pickle_safe=False)
print(model.predict_generator(batches(X, Y, 16), val_samples=32).shape)
