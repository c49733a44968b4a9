"""Known data sets, fetched once and kept in Keras's cache."""

from trimtab.datasets import boston_housing as boston_housing
from trimtab.datasets import california_housing as california_housing
from trimtab.datasets import cifar10 as cifar10
from trimtab.datasets import cifar100 as cifar100
from trimtab.datasets import fashion_mnist as fashion_mnist
from trimtab.datasets import imdb as imdb
from trimtab.datasets import mnist as mnist
from trimtab.datasets import reuters as reuters
