"""Models: chains and graphs of layers that can be trained."""

from trimtab.models.model import Functional as Functional
from trimtab.models.model import Model as Model
from trimtab.models.sequential import Sequential as Sequential
