"""MobileNet under Keras's name of its module, with what its images need."""

from trimtab.applications.imagenet_utils import decode_predictions as decode_predictions
from trimtab.applications.imagenet_utils import preprocessing
from trimtab.applications.mobilenets import MobileNet as MobileNet

preprocess_input = preprocessing("tf")
