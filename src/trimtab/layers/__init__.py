"""Layers: Keras 3's, and the base for one's own."""

from trimtab.layers.activation import ELU as ELU
from trimtab.layers.activation import Activation as Activation
from trimtab.layers.activation import LeakyReLU as LeakyReLU
from trimtab.layers.activation import PReLU as PReLU
from trimtab.layers.activation import ReLU as ReLU
from trimtab.layers.activation import Softmax as Softmax
from trimtab.layers.base import Layer as Layer
from trimtab.layers.batch_normalization import BatchNormalization as BatchNormalization
from trimtab.layers.dense import Dense as Dense
from trimtab.layers.dropout import Dropout as Dropout
from trimtab.layers.input_layer import Input as Input
from trimtab.layers.input_layer import InputLayer as InputLayer
from trimtab.layers.input_spec import InputSpec as InputSpec
