import numpy as np
from keras.models import Graph
from keras.layers.core import Dense, Dropout

np.random.seed(5)
X_train = np.random.rand(64, 32)
y_train = np.random.rand(64, 4)
y2_train = np.random.rand(64, 4)

# graph model with one input and two outputs
graph = Graph()
graph.add_input(name='input', input_shape=(32,))
graph.add_node(Dense(16), name='dense1', input='input')
graph.add_node(Dense(4), name='dense2', input='input')
graph.add_node(Dense(4, activation='relu'), name='dense3', input='dense1')
graph.add_output(name='output1', input='dense2')
graph.add_output(name='output2', inputs=['dense2', 'dense3'], merge_mode='sum')
graph.compile('rmsprop', {'output1': 'mse', 'output2': 'mse'})

rng = np.random.RandomState(3)
graph.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in graph.get_weights()])
data = {'input': X_train, 'output1': y_train, 'output2': y2_train}
print('first loss %.6f' % graph.evaluate(data, verbose=0))
print('parameters %d' % sum(w.size for w in graph.get_weights()))
history = graph.fit(data, nb_epoch=2, verbose=0)
predictions = graph.predict({'input': X_train})
print(sorted(predictions), predictions['output1'].shape)
