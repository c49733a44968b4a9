"""Images as files and arrays, under Keras's older names."""

from trimtab.data import array_to_img as array_to_img
from trimtab.data import img_to_array as img_to_array
from trimtab.data import load_img as load_img
from trimtab.data import save_img as save_img
from trimtab.data import smart_resize as smart_resize
