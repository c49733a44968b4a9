"""ResNets of version 1 under Keras's name of their module, with what their images need."""

from trimtab.applications.imagenet_utils import decode_predictions as decode_predictions
from trimtab.applications.imagenet_utils import preprocessing
from trimtab.applications.residual import ResNet50 as ResNet50
from trimtab.applications.residual import ResNet101 as ResNet101
from trimtab.applications.residual import ResNet152 as ResNet152

preprocess_input = preprocessing("caffe")
