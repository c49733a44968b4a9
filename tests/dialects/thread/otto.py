'''
    A deep network for a table of products: 93 features, 9 classes, a CSV file with an id in front
    and the class at the end.

    The file's name may be given on the command line; without one, a file of that form is made.
'''
from __future__ import absolute_import
from __future__ import print_function

import os
import sys
import tempfile

import numpy as np
import pandas as pd
np.random.seed(1337)  # for reproducibility

from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.layers.normalization import BatchNormalization
from keras.layers.advanced_activations import PReLU
from keras.optimizers import Adam
from keras.utils import np_utils, generic_utils

from sklearn.preprocessing import LabelEncoder
from sklearn.preprocessing import StandardScaler


def make_table(path, rows):
    classes = np.random.randint(1, 10, rows)
    features = np.random.poisson(1 + classes[:, None] * np.random.rand(93) / 3)
    table = pd.DataFrame(features, columns=['feat_%d' % i for i in range(1, 94)])
    table.insert(0, 'id', range(1, rows + 1))
    table['target'] = ['Class_%d' % c for c in classes]
    table.to_csv(path, index=False)


def load_data(path, train=True):
    df = pd.read_csv(path)
    X = df.values.copy()
    if train:
        np.random.shuffle(X)  # https://youtu.be/uyUXoap67N8
        X, labels = X[:, 1:-1].astype(np.float32), X[:, -1]
        return X, labels
    else:
        X, ids = X[:, 1:].astype(np.float32), X[:, 0].astype(str)
        return X, ids


def preprocess_data(X, scaler=None):
    if not scaler:
        scaler = StandardScaler()
        scaler.fit(X)
    X = scaler.transform(X)
    return X, scaler


def preprocess_labels(labels, encoder=None, categorical=True):
    if not encoder:
        encoder = LabelEncoder()
        encoder.fit(labels)
    y = encoder.transform(labels).astype(np.int32)
    if categorical:
        y = np_utils.to_categorical(y)
    return y, encoder


if len(sys.argv) > 1:
    path = sys.argv[1]
else:
    path = os.path.join(tempfile.mkdtemp(), 'train.csv')
    make_table(path, 300)

print('Loading data...')
X, labels = load_data(path, train=True)
X, scaler = preprocess_data(X)
y, encoder = preprocess_labels(labels)

nb_classes = y.shape[1]
print(nb_classes, 'classes')

dims = X.shape[1]
print(dims, 'dims')

print('Building model...')
model = Sequential()
model.add(Dense(512, input_shape=(dims,)))
model.add(PReLU())
model.add(BatchNormalization())
model.add(Dropout(0.5))

model.add(Dense(512))
model.add(PReLU())
model.add(BatchNormalization())
model.add(Dropout(0.5))

model.add(Dense(512))
model.add(PReLU())
model.add(BatchNormalization())
model.add(Dropout(0.5))

model.add(Dense(nb_classes))
model.add(Activation('softmax'))

model.compile(loss='categorical_crossentropy', optimizer='adam')

print('Training model...')
model.fit(X, y, nb_epoch=2, batch_size=128, validation_split=0.15, verbose=2)

progress = generic_utils.Progbar(2)
for _ in range(2):
    proba = model.predict_proba(X, verbose=0)
    progress.add(1)
print()
print('Probabilities', proba.shape)
