import numpy as np
from keras.preprocessing import sequence
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Flatten
from keras.layers import Embedding
from keras.layers import Convolution1D, MaxPooling1D

np.random.seed(20)
maxlen = 20
max_features = 50
texts = [list(np.random.randint(1, max_features, np.random.randint(5, 25))) for _ in range(40)]
X = sequence.pad_sequences(texts, maxlen=maxlen)
y = np.random.randint(0, 2, 40)

model = Sequential()
model.add(Embedding(max_features, 8, input_length=maxlen))
model.add(Dropout(0.2))
model.add(Convolution1D(nb_filter=6, filter_length=3, border_mode='valid', activation='relu', subsample_length=1))
model.add(MaxPooling1D(pool_length=model.output_shape[1]))
model.add(Flatten())
model.add(Dense(5))
model.add(Activation('relu'))
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.3, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(X, y, verbose=0)[0])
print('parameters', model.count_params())
model.fit(X, y, batch_size=8, nb_epoch=2, validation_data=(X, y), verbose=0)
