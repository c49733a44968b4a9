import numpy as np
from keras.models import Sequential, Model
from keras.layers import Dense, Dropout, Input, Lambda
from keras.optimizers import RMSprop
from keras import backend as K

np.random.seed(18)


def euclidean_distance(vects):
    x, y = vects
    return K.sqrt(K.maximum(K.sum(K.square(x - y), axis=1, keepdims=True), K.epsilon()))


def eucl_dist_output_shape(shapes):
    shape1, shape2 = shapes
    return (shape1[0], 1)


def contrastive_loss(y_true, y_pred):
    margin = 1
    return K.mean(y_true * K.square(y_pred) +
                  (1 - y_true) * K.square(K.maximum(margin - y_pred, 0)))


def create_base_network(input_dim):
    seq = Sequential()
    seq.add(Dense(8, input_shape=(input_dim,), activation='relu'))
    seq.add(Dense(8, activation='relu'))
    return seq


base_network = create_base_network(10)
input_a = Input(shape=(10,))
input_b = Input(shape=(10,))
processed_a = base_network(input_a)
processed_b = base_network(input_b)
distance = Lambda(euclidean_distance, output_shape=eucl_dist_output_shape)([processed_a, processed_b])
model = Model(input=[input_a, input_b], output=distance)
model.compile(loss=contrastive_loss, optimizer=RMSprop())

A = np.random.rand(40, 10).astype('float32')
B = np.random.rand(40, 10).astype('float32')
y = np.random.randint(0, 2, (40, 1)).astype('float32')
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.3, w.shape) for w in model.get_weights()])
print('first loss %.6f' % model.evaluate([A, B], y, batch_size=40, verbose=0))
print('parameters', model.count_params())
model.fit([A, B], y, batch_size=20, nb_epoch=2, verbose=0)
