import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Dense, BatchNormalization
from tensorflow.keras import Model

np.random.seed(41)


class Net(Model):
    def __init__(self, units):
        super().__init__()
        self.hidden = Dense(units, activation='relu')
        self.norm = BatchNormalization()
        self.out = Dense(2, activation='softmax')

    def call(self, x, training=False):
        x = self.hidden(x)
        x = self.norm(x, training=training)
        return self.out(x)


X = np.random.rand(40, 6).astype('float32')
y = np.random.randint(0, 2, 40)
model = Net(8)
model.compile('adam', 'sparse_categorical_crossentropy', metrics=['sparse_categorical_accuracy'])
model.predict(X[:2])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(0.01, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, y, verbose=0)[0])
print('parameters', model.count_params())
model.fit(X, y, epochs=2, verbose=0)
