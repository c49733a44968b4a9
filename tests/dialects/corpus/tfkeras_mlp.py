import numpy as np
import tensorflow as tf

tf.random.set_seed(1)
np.random.seed(38)
x_train = np.random.randint(0, 255, (60, 10, 10)) / 255.0
y_train = np.random.randint(0, 4, 60)

model = tf.keras.models.Sequential([
    tf.keras.layers.Flatten(input_shape=(10, 10)),
    tf.keras.layers.Dense(16, activation='relu'),
    tf.keras.layers.Dropout(0.2),
    tf.keras.layers.Dense(4, activation='softmax')
])
model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(x_train, y_train, verbose=0)[0])
print('parameters', model.count_params())
history = model.fit(x_train, y_train, epochs=2, verbose=0, validation_split=0.2)
print(sorted(history.history))
