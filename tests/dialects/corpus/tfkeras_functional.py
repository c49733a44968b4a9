import numpy as np
from tensorflow import keras
from tensorflow.keras import layers, Input, Model
from tensorflow.keras import backend as K

np.random.seed(40)
numeric = Input(shape=(4,), name='numeric')
category = Input(shape=(1,), dtype='int32', name='category')
embedded = layers.Flatten()(layers.Embedding(10, 3, input_length=1)(category))
x = layers.concatenate([numeric, embedded])
x = layers.Dense(8, activation='selu', kernel_initializer='lecun_normal')(x)
x = layers.Dense(1, name='price')(x)
model = Model(inputs={'numeric': numeric, 'category': category}, outputs=x)
model.compile(optimizer=keras.optimizers.RMSprop(learning_rate=1e-3), loss='mse', metrics=['mae'])
data = {'numeric': np.random.rand(40, 4), 'category': np.random.randint(0, 10, (40, 1))}
y = np.random.rand(40)
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(data, y, verbose=0)[0])
print('parameters', model.count_params())
model.fit(data, y, epochs=2, batch_size=16, verbose=0)
print(K.int_shape(model.output))
