import os
import tempfile
import numpy as np
from tensorflow import keras
from tensorflow.keras.callbacks import EarlyStopping, ModelCheckpoint, LearningRateScheduler

np.random.seed(42)
X = np.random.rand(50, 3)
y = X.sum(axis=1)


class Logger(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.last = sorted(logs)


def scheduler(epoch, lr):
    return lr if epoch < 1 else lr * 0.5


model = keras.Sequential([keras.layers.Dense(4, activation='tanh', input_shape=[3]), keras.layers.Dense(1)])
model.compile(loss='mean_squared_error', optimizer=keras.optimizers.SGD(0.01), metrics=['mae', 'mse'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, y, verbose=0)[0])
print('parameters', model.count_params())
path = os.path.join(tempfile.mkdtemp(), 'best.h5')
logger = Logger()
model.fit(X, y, epochs=3, validation_split=0.2, verbose=0, callbacks=[
    logger, EarlyStopping(patience=3), LearningRateScheduler(scheduler),
    ModelCheckpoint(path, save_best_only=True, save_weights_only=True)])
model.load_weights(path)
print(logger.last)
