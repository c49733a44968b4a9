import numpy as np
from keras.models import Sequential
from keras.layers import Conv2D, Flatten, Dense, Activation, BatchNormalization
from keras.preprocessing.image import ImageDataGenerator

np.random.seed(28)
x_train = np.random.randint(0, 255, (36, 12, 12, 3)).astype('float32')
y_train = np.random.randint(0, 2, 36)

model = Sequential()
model.add(Conv2D(4, (3, 3), input_shape=(12, 12, 3)))
model.add(BatchNormalization())
model.add(Activation('relu'))
model.add(Flatten())
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(0.01, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(x_train / 255, y_train, verbose=0)[0])
print('parameters', model.count_params())
train_datagen = ImageDataGenerator(rescale=1. / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True)
test_datagen = ImageDataGenerator(rescale=1. / 255)
model.fit_generator(train_datagen.flow(x_train, y_train, batch_size=12),
                    steps_per_epoch=3, epochs=2, verbose=0,
                    validation_data=test_datagen.flow(x_train, y_train, batch_size=12),
                    validation_steps=3)
