import os
import tempfile
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.callbacks import ModelCheckpoint, EarlyStopping, ReduceLROnPlateau, TerminateOnNaN, Callback
from keras.optimizers import SGD
from keras import backend as K

np.random.seed(26)
X = np.random.rand(80, 4)
Y = X.dot(np.array([[1.], [2.], [-1.], [0.5]]))


class PrintRate(Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.rate = float(K.get_value(self.model.optimizer.lr))


model = Sequential([Dense(6, activation='relu', input_shape=(4,)), Dense(1)])
model.compile(loss='mse', optimizer=SGD(lr=0.01, momentum=0.9, clipnorm=1.0))
K.set_value(model.optimizer.lr, 0.02)
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0))
print('parameters', model.count_params())
folder = tempfile.mkdtemp()
rate = PrintRate()
history = model.fit(X, Y, epochs=3, batch_size=16, validation_split=0.25, verbose=0, callbacks=[
    ModelCheckpoint(os.path.join(folder, 'best.hdf5'), monitor='val_loss', save_best_only=True, period=1),
    EarlyStopping(monitor='val_loss', patience=5, restore_best_weights=True),
    ReduceLROnPlateau(monitor='val_loss', factor=0.5, patience=5, epsilon=1e-4),
    TerminateOnNaN(),
    rate,
])
print('rate %.3f' % rate.rate, os.listdir(folder))
print(history.epoch)
