import numpy as np
from keras.layers import Input, Dense
from keras.models import Model
from keras import regularizers

np.random.seed(19)
x_train = np.random.rand(64, 30).astype('float32')

encoding_dim = 6
input_img = Input(shape=(30,))
encoded = Dense(encoding_dim, activation='relu', W_regularizer=regularizers.l1l2(l1=1e-5, l2=1e-4))(input_img)
decoded = Dense(30, activation='sigmoid')(encoded)
autoencoder = Model(input=input_img, output=decoded)
encoder = Model(input=input_img, output=encoded)
encoded_input = Input(shape=(encoding_dim,))
decoder_layer = autoencoder.layers[-1]
decoder = Model(input=encoded_input, output=decoder_layer(encoded_input))
autoencoder.compile(optimizer='adadelta', loss='binary_crossentropy')
rng = np.random.RandomState(3)
autoencoder.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in autoencoder.get_weights()])
print('first loss %.6f' % autoencoder.evaluate(x_train, x_train, verbose=0))
print('parameters', autoencoder.count_params())
autoencoder.fit(x_train, x_train, nb_epoch=2, batch_size=16, shuffle=True, verbose=0)
codes = encoder.predict(x_train)
print(codes.shape, decoder.predict(codes).shape)
