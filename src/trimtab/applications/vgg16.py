"""VGG16 under Keras's name of its module, with what its images need."""

from trimtab.applications.imagenet_utils import decode_predictions as decode_predictions
from trimtab.applications.imagenet_utils import preprocessing
from trimtab.applications.vgg import VGG16 as VGG16

preprocess_input = preprocessing("caffe")
