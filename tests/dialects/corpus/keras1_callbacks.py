import os
import tempfile
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.callbacks import (EarlyStopping, ModelCheckpoint, LearningRateScheduler,
                             ReduceLROnPlateau, CSVLogger, LambdaCallback, Callback)

np.random.seed(11)
X = np.random.rand(60, 5)
y = np.random.randint(0, 3, 60)
Y = np.eye(3)[y]


class Epochs(Callback):
    def on_train_begin(self, logs={}):
        self.seen = 0
        print('epochs planned', self.params['nb_epoch'])

    def on_epoch_end(self, epoch, logs={}):
        self.seen += 1


def schedule(epoch):
    return 0.1 * 0.5 ** epoch


model = Sequential([Dense(6, input_dim=5, activation='relu'), Dense(3, activation='softmax')])
model.compile(optimizer='sgd', loss='categorical_crossentropy', metrics=['accuracy'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0)[0])
print('parameters', model.count_params())
folder = tempfile.mkdtemp()
epochs = Epochs()
callbacks = [
    epochs,
    EarlyStopping(monitor='val_acc', patience=5, mode='max'),
    ModelCheckpoint(os.path.join(folder, 'w.{epoch:02d}-{val_loss:.2f}.hdf5'), save_weights_only=True),
    LearningRateScheduler(schedule),
    CSVLogger(os.path.join(folder, 'log.csv')),
    LambdaCallback(on_epoch_end=lambda epoch, logs: None),
    ReduceLROnPlateau(monitor='val_loss', factor=0.2, patience=5, min_lr=0.001),
]
history = model.fit(X, Y, nb_epoch=3, batch_size=20, validation_split=0.3, callbacks=callbacks, verbose=0)
print('epochs', epochs.seen, 'files', len(os.listdir(folder)))
print('val_acc' in history.history)
