import numpy as np
import tensorflow as tf
from tensorflow import keras

np.random.seed(43)


def huber_fn(y_true, y_pred):
    error = y_true - y_pred
    is_small = tf.abs(error) < 1
    squared = tf.square(error) / 2
    linear = tf.abs(error) - 0.5
    return tf.where(is_small, squared, linear)


class MeanError(keras.metrics.Metric):
    def __init__(self, name='mean_error', **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_weight(name='total', initializer='zeros')
        self.count = self.add_weight(name='count', initializer='zeros')

    def update_state(self, y_true, y_pred, sample_weight=None):
        error = tf.reduce_sum(tf.abs(tf.cast(y_true, tf.float32) - y_pred))
        self.total.assign_add(error)
        self.count.assign_add(tf.cast(tf.size(y_pred), tf.float32))

    def result(self):
        return self.total / self.count

    def reset_states(self):
        self.total.assign(0.)
        self.count.assign(0.)


X = np.random.rand(30, 4)
y = np.random.rand(30, 1)
model = keras.models.Sequential([
    keras.layers.Dense(5, activation='elu', kernel_initializer='he_normal', input_shape=(4,)),
    keras.layers.Dense(1),
])
model.compile(loss=huber_fn, optimizer='nadam', metrics=[MeanError()])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, y, verbose=0)[0])
print('parameters', model.count_params())
model.fit(X, y, epochs=2, verbose=0)
