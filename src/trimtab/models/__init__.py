"""Models: chains and graphs of layers that can be trained."""

from trimtab.models.cloning import clone_model as clone_model
from trimtab.models.cloning import model_from_json as model_from_json
from trimtab.models.model import Functional as Functional
from trimtab.models.model import Model as Model
from trimtab.models.sequential import Sequential as Sequential
from trimtab.saving import load_model as load_model
from trimtab.saving import save_model as save_model
