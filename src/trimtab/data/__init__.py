"""Data as users pass them, checked and brought into the form that a training step reads."""

from trimtab.data.array_data import ArrayData as ArrayData
from trimtab.data.array_data import array_data as array_data
from trimtab.data.array_data import can_hold as can_hold
from trimtab.data.batch_data import BatchData as BatchData
from trimtab.data.batch_data import batch_data as batch_data
from trimtab.data.order import shuffled as shuffled
from trimtab.data.order import shuffled_inside_batches as shuffled_inside_batches
from trimtab.data.py_dataset import PyDataset as PyDataset
from trimtab.data.structure import Form as Form
from trimtab.data.structure import pack_x_y_sample_weight as pack_x_y_sample_weight
from trimtab.data.structure import unpack_x_y_sample_weight as unpack_x_y_sample_weight
