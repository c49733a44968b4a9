"""ResNets of version 2 under Keras's name of their module, with what their images need."""

from trimtab.applications.imagenet_utils import decode_predictions as decode_predictions
from trimtab.applications.imagenet_utils import preprocessing
from trimtab.applications.residual import ResNet50V2 as ResNet50V2
from trimtab.applications.residual import ResNet101V2 as ResNet101V2
from trimtab.applications.residual import ResNet152V2 as ResNet152V2

preprocess_input = preprocessing("tf")
