import numpy as np
from tensorflow.python.keras.models import Sequential
from tensorflow.python.keras.layers import Dense, Activation
from tensorflow.keras.optimizers.schedules import ExponentialDecay
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.utils import to_categorical

np.random.seed(45)
X = np.random.rand(30, 5)
Y = to_categorical(np.random.randint(0, 3, 30), num_classes=3)
model = Sequential()
model.add(Dense(6, input_dim=5))
model.add(Activation('relu'))
model.add(Dense(3, activation='softmax'))
schedule = ExponentialDecay(0.01, decay_steps=10, decay_rate=0.9)
model.compile(loss='categorical_crossentropy', optimizer=Adam(learning_rate=schedule), metrics=['accuracy'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0)[0])
print('parameters', model.count_params())
model.fit(X, Y, epochs=2, verbose=0)
