import numpy as np
from keras.preprocessing.text import Tokenizer
from keras.models import Sequential
from keras.layers import Dense, Activation
import keras

np.random.seed(34)
texts = ['the cat sat on the mat', 'the dog ate my homework', 'a cat and a dog', 'no homework today',
         'the mat is on the floor', 'dogs and cats play'] * 5
labels = [0, 1, 0, 1, 0, 1] * 5
tokenizer = Tokenizer(num_words=20)
tokenizer.fit_on_texts(texts)
x = tokenizer.texts_to_matrix(texts, mode='binary')
sequences = tokenizer.texts_to_sequences(texts)
print(x.shape, len(sequences), tokenizer.word_index['the'])
y = keras.utils.to_categorical(labels, 2)
model = Sequential()
model.add(Dense(8, input_shape=(20,)))
model.add(Activation('relu'))
model.add(Dense(2))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate(x, y, verbose=0)[0])
print('parameters', model.count_params())
model.fit(x, y, batch_size=10, epochs=2, verbose=0, validation_split=0.1)
