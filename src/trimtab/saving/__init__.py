"""Models and weights in files, objects as configurations, and the names that this needs."""

from trimtab.core.config import CustomObjectScope as CustomObjectScope
from trimtab.core.config import custom_object_scope as custom_object_scope
from trimtab.core.config import deserialize_keras_object as deserialize_keras_object
from trimtab.core.config import get_custom_objects as get_custom_objects
from trimtab.core.config import get_registered_name as get_registered_name
from trimtab.core.config import get_registered_object as get_registered_object
from trimtab.core.config import register_keras_serializable as register_keras_serializable
from trimtab.core.config import serialize_keras_object as serialize_keras_object
from trimtab.saving.api import load_model as load_model
from trimtab.saving.api import load_weights as load_weights
from trimtab.saving.api import save_model as save_model
from trimtab.saving.api import save_weights as save_weights
