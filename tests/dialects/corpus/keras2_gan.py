import numpy as np
from keras.models import Sequential, Model
from keras.layers import Dense, Input, BatchNormalization, LeakyReLU
from keras.optimizers import Adam

np.random.seed(35)
real = np.random.normal(2.0, 0.5, (64, 2))


def build_generator():
    model = Sequential()
    model.add(Dense(8, input_dim=4))
    model.add(LeakyReLU(alpha=0.2))
    model.add(BatchNormalization(momentum=0.8))
    model.add(Dense(2))
    noise = Input(shape=(4,))
    return Model(noise, model(noise))


def build_discriminator():
    model = Sequential()
    model.add(Dense(8, input_shape=(2,)))
    model.add(LeakyReLU(alpha=0.2))
    model.add(Dense(1, activation='sigmoid'))
    point = Input(shape=(2,))
    return Model(point, model(point))


optimizer = Adam(0.0002, 0.5)
discriminator = build_discriminator()
discriminator.compile(loss='binary_crossentropy', optimizer=optimizer, metrics=['accuracy'])
generator = build_generator()
z = Input(shape=(4,))
discriminator.trainable = False
validity = discriminator(generator(z))
combined = Model(z, validity)
combined.compile(loss='binary_crossentropy', optimizer=Adam(0.0002, 0.5))

rng = np.random.RandomState(3)
discriminator.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in discriminator.get_weights()])
d_first = discriminator.train_on_batch(real, np.ones((64, 1)))
print('first loss %.6f' % d_first[0])
print('parameters', combined.count_params())
before = discriminator.get_weights()
for step in range(3):
    noise = np.random.normal(0, 1, (64, 4))
    fake = generator.predict(noise)
    d_loss = discriminator.train_on_batch(fake, np.zeros((64, 1)))
    g_loss = combined.train_on_batch(noise, np.ones((64, 1)))
changed = any(not np.allclose(a, b) for a, b in zip(before, discriminator.get_weights()))
print('discriminator trained', changed)
