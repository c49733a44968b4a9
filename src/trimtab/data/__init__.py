"""Data as users pass them, checked and brought into the form that a training step reads."""

from trimtab.data.array_data import ArrayData as ArrayData
from trimtab.data.array_data import array_data as array_data
from trimtab.data.array_data import can_hold as can_hold
from trimtab.data.batch_data import BatchData as BatchData
from trimtab.data.batch_data import batch_data as batch_data
from trimtab.data.dataset import Dataset as Dataset
from trimtab.data.downloading import cache_folder as cache_folder
from trimtab.data.downloading import get_file as get_file
from trimtab.data.image_directory import (
    image_dataset_from_directory as image_dataset_from_directory,
)
from trimtab.data.image_files import array_to_img as array_to_img
from trimtab.data.image_files import img_to_array as img_to_array
from trimtab.data.image_files import load_img as load_img
from trimtab.data.image_files import save_img as save_img
from trimtab.data.image_files import smart_resize as smart_resize
from trimtab.data.order import shuffled as shuffled
from trimtab.data.order import shuffled_inside_batches as shuffled_inside_batches
from trimtab.data.py_dataset import PyDataset as PyDataset
from trimtab.data.splitting import split_dataset as split_dataset
from trimtab.data.structure import Form as Form
from trimtab.data.structure import pack_x_y_sample_weight as pack_x_y_sample_weight
from trimtab.data.structure import unpack_x_y_sample_weight as unpack_x_y_sample_weight
from trimtab.data.timeseries import timeseries_dataset_from_array as timeseries_dataset_from_array
