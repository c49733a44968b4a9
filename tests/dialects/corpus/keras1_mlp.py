import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Activation, Dropout
from keras.regularizers import l2
from keras.optimizers import SGD

np.random.seed(0)
data = np.random.random((200, 30))
labels = np.random.randint(2, size=(200, 1))

model = Sequential()
model.add(Dense(output_dim=32, input_dim=30, init='uniform', W_regularizer=l2(0.01)))
model.add(Activation("relu"))
model.add(Dropout(p=0.3))
model.add(Dense(1, init='normal'))
model.add(Activation("sigmoid"))
model.compile(loss='binary_crossentropy', optimizer=SGD(lr=0.01, momentum=0.9, nesterov=True), metrics=['accuracy'])

rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
loss, acc = model.evaluate(data, labels, verbose=0)
print("first loss %.6f" % loss)
print("parameters %d" % model.count_params())
history = model.fit(data, labels, nb_epoch=2, batch_size=32, verbose=2, validation_split=0.1)
print(sorted(history.history.keys()))
print(model.metrics_names)
