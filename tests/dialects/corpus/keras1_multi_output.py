import numpy as np
from keras.layers import Input, Dense, merge
from keras.models import Model

np.random.seed(10)
main = np.random.rand(50, 16)
extra = np.random.rand(50, 4)
y = np.random.randint(0, 2, (50, 1))

main_input = Input(shape=(16,), name='main_input')
hidden = Dense(10, activation='relu', name='hidden')(main_input)
auxiliary_loss = Dense(1, activation='sigmoid', name='aux_output')(hidden)
auxiliary_input = Input(shape=(4,), name='aux_input')
x = merge([hidden, auxiliary_input], mode='concat')
x = Dense(8, activation='relu')(x)
main_loss = Dense(1, activation='sigmoid', name='main_output')(x)

model = Model(input=[main_input, auxiliary_input], output=[main_loss, auxiliary_loss])
model.compile(optimizer='rmsprop',
              loss={'main_output': 'binary_crossentropy', 'aux_output': 'binary_crossentropy'},
              loss_weights={'main_output': 1., 'aux_output': 0.2})
rng = np.random.RandomState(3)
model.set_weights([rng.uniform(-0.1, 0.1, w.shape) for w in model.get_weights()])
losses = model.evaluate({'main_input': main, 'aux_input': extra},
                        {'main_output': y, 'aux_output': y}, verbose=0)
print('first loss %.6f' % losses[0])
print('parameters', model.count_params())
model.fit({'main_input': main, 'aux_input': extra},
          {'main_output': y, 'aux_output': y},
          nb_epoch=2, batch_size=16, verbose=0)
