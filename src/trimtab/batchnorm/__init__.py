"""The Batch Normalization toolkit: where it goes in a network, whether it works, what it brings."""

from trimtab.batchnorm.placing import Placed as Placed
from trimtab.batchnorm.placing import PlacedLayer as PlacedLayer
from trimtab.batchnorm.placing import Placement as Placement
from trimtab.batchnorm.placing import place as place
