import os
import tempfile
import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Activation
from keras.callbacks import EarlyStopping, ModelCheckpoint, Callback

np.random.seed(8)
X = np.random.randn(80, 6)
Y = np.eye(2)[(X[:, 0] > 0).astype(int)]


class LossHistory(Callback):
    def on_train_begin(self, logs={}):
        self.losses = []

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get('loss'))


model = Sequential()
model.add(Dense(8, input_dim=6, activation='tanh'))
model.add(Dense(2, activation='softmax'))
model.compile(loss='mse', optimizer='sgd', class_mode='categorical')
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0))
print('parameters %d' % sum(w.size for w in model.get_weights()))

path = os.path.join(tempfile.mkdtemp(), 'weights.hdf5')
history = LossHistory()
stop = EarlyStopping(monitor='val_loss', patience=2, verbose=0)
checkpointer = ModelCheckpoint(filepath=path, verbose=0, save_best_only=True)
model.fit(X, Y, batch_size=16, nb_epoch=4, verbose=0, validation_split=0.2,
          callbacks=[history, stop, checkpointer])
print('losses', len(history.losses) % 4 == 0, 'file', os.path.exists(path))
model.load_weights(path)
