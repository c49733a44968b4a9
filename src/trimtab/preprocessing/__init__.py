"""Keras's names for what prepares images, series and sequences; all of it lives elsewhere."""

from trimtab.data import image_dataset_from_directory as image_dataset_from_directory
from trimtab.data import timeseries_dataset_from_array as timeseries_dataset_from_array
from trimtab.preprocessing import image as image
from trimtab.preprocessing import sequence as sequence
