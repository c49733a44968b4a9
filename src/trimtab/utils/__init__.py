"""Small functions around models and data."""

from trimtab.backend import clear_session as clear_session
from trimtab.backend import is_keras_tensor as is_keras_tensor
from trimtab.backend import standardize_dtype as standardize_dtype
from trimtab.callbacks import Progbar as Progbar
from trimtab.core.config import CustomObjectScope as CustomObjectScope
from trimtab.core.config import custom_object_scope as custom_object_scope
from trimtab.core.config import deserialize_keras_object as deserialize_keras_object
from trimtab.core.config import get_custom_objects as get_custom_objects
from trimtab.core.config import get_registered_name as get_registered_name
from trimtab.core.config import get_registered_object as get_registered_object
from trimtab.core.config import register_keras_serializable as register_keras_serializable
from trimtab.core.config import serialize_keras_object as serialize_keras_object
from trimtab.core.session import set_random_seed as set_random_seed
from trimtab.core.settings import disable_interactive_logging as disable_interactive_logging
from trimtab.core.settings import enable_interactive_logging as enable_interactive_logging
from trimtab.core.settings import is_interactive_logging_enabled as is_interactive_logging_enabled
from trimtab.data import PyDataset as PyDataset
from trimtab.data import PyDataset as Sequence  # noqa: F401 - Keras's other name
from trimtab.data import pack_x_y_sample_weight as pack_x_y_sample_weight
from trimtab.data import unpack_x_y_sample_weight as unpack_x_y_sample_weight
from trimtab.data.encoding import normalize as normalize
from trimtab.data.encoding import pad_sequences as pad_sequences
from trimtab.data.encoding import to_categorical as to_categorical
from trimtab.models.plotting.plot import model_to_dot as model_to_dot
from trimtab.models.plotting.plot import plot_model as plot_model
