"""Layers that turn raw data into numbers a network can learn from."""

from trimtab.layers.preprocessing.category_encoding import CategoryEncoding as CategoryEncoding
from trimtab.layers.preprocessing.discretization import Discretization as Discretization
from trimtab.layers.preprocessing.hashing import Hashing as Hashing
from trimtab.layers.preprocessing.integer_lookup import IntegerLookup as IntegerLookup
from trimtab.layers.preprocessing.normalization import Normalization as Normalization
from trimtab.layers.preprocessing.pipeline import Pipeline as Pipeline
from trimtab.layers.preprocessing.rescaling import Rescaling as Rescaling
from trimtab.layers.preprocessing.string_lookup import StringLookup as StringLookup
