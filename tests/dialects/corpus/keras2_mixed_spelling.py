# Keras 2 with what was left of Keras 1 in it, as its legacy interface took it
import numpy as np
from keras.models import Model
from keras.layers import Input, Dense, Conv2D, MaxPooling2D, Flatten, Dropout

np.random.seed(31)
inputs = Input((12, 12, 1))
x = Conv2D(4, 3, 3, border_mode='same', activation='relu')(inputs)
x = MaxPooling2D(pool_size=(2, 2))(x)
x = Conv2D(6, (3, 3), activation='relu', padding='valid')(x)
x = Flatten()(x)
x = Dense(output_dim=10, activation='relu', init='uniform')(x)
x = Dropout(rate=0.5)(x)
outputs = Dense(units=2, activation='softmax')(x)
model = Model(input=inputs, output=outputs)
model.compile(optimizer='sgd', loss='categorical_crossentropy', metrics=['accuracy'])
X = np.random.rand(20, 12, 12, 1)
Y = np.eye(2)[np.random.randint(0, 2, 20)]
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, Y, verbose=0)[0])
print('parameters', model.count_params())
model.fit(X, Y, batch_size=10, epochs=2, verbose=0)
