import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import Sequence

np.random.seed(27)


class Batches(Sequence):
    def __init__(self, x, y, batch_size):
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self):
        return int(np.ceil(len(self.x) / float(self.batch_size)))

    def __getitem__(self, idx):
        span = slice(idx * self.batch_size, (idx + 1) * self.batch_size)
        return self.x[span], self.y[span]


X = np.random.rand(60, 5)
Y = np.random.rand(60, 2)
model = Sequential()
model.add(Dense(7, activation='relu', input_dim=5))
model.add(Dense(2, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='nadam')
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate_generator(Batches(X, Y, 15), steps=4))
print('parameters', model.count_params())
model.fit_generator(Batches(X, Y, 15), steps_per_epoch=4, epochs=2, verbose=0,
                    validation_data=Batches(X, Y, 20), validation_steps=3,
                    workers=1, use_multiprocessing=False, max_queue_size=5)
print(model.predict_generator(Batches(X, Y, 15), steps=4).shape)
