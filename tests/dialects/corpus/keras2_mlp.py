import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout, BatchNormalization
from keras.optimizers import RMSprop
from keras.utils import np_utils
import keras

np.random.seed(23)
x_train = np.random.rand(100, 40).astype('float32')
y_train = keras.utils.to_categorical(np.random.randint(0, 5, 100), 5)

model = Sequential()
model.add(Dense(32, activation='relu', input_shape=(40,)))
model.add(BatchNormalization())
model.add(Dropout(0.2))
model.add(Dense(5, activation='softmax', kernel_initializer='he_normal', kernel_regularizer=keras.regularizers.l2(0.001)))
model.summary(print_fn=lambda line: None)
model.compile(loss='categorical_crossentropy', optimizer=RMSprop(lr=0.001, decay=1e-6), metrics=['accuracy'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(0.01, 0.1, w.shape) for w in model.get_weights()])
score = model.evaluate(x_train, y_train, verbose=0)
print('first loss %.6f' % score[0])
print('parameters', model.count_params())
history = model.fit(x_train, y_train, batch_size=25, epochs=2, verbose=0, validation_split=0.2)
print(sorted(history.history.keys()))
print(np_utils.to_categorical([0, 2], 3).shape)
