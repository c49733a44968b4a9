import numpy as np
from tensorflow.keras import datasets, layers, models
from tensorflow.keras.optimizers import SGD

np.random.seed(39)
images = np.random.rand(30, 16, 16, 3).astype('float32')
labels = np.random.randint(0, 5, (30, 1))
model = models.Sequential()
model.add(layers.Conv2D(8, (3, 3), activation='relu', input_shape=(16, 16, 3)))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Conv2D(8, (3, 3), kernel_initializer='he_uniform', padding='same'))
model.add(layers.BatchNormalization(axis=[3]))
model.add(layers.Activation('relu'))
model.add(layers.GlobalAveragePooling2D())
model.add(layers.Dense(5))
import tensorflow as tf
model.compile(optimizer=SGD(lr=0.01, momentum=0.9, decay=1e-4),
              loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
              metrics=['accuracy'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(0.01, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(images, labels, verbose=0)[0])
print('parameters', model.count_params())
model.fit(images, labels, epochs=2, batch_size=10, verbose=0)
