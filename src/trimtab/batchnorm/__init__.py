"""The Batch Normalization toolkit: where it goes in a network, whether it works, what it brings."""

from trimtab.batchnorm.certificates import Certificate as Certificate
from trimtab.batchnorm.folding import Folded as Folded
from trimtab.batchnorm.folding import FoldedLayer as FoldedLayer
from trimtab.batchnorm.folding import Folding as Folding
from trimtab.batchnorm.folding import fold as fold
from trimtab.batchnorm.placing import Placed as Placed
from trimtab.batchnorm.placing import PlacedLayer as PlacedLayer
from trimtab.batchnorm.placing import Placement as Placement
from trimtab.batchnorm.placing import place as place
from trimtab.batchnorm.recalibrating import Recalibrate as Recalibrate
from trimtab.batchnorm.recalibrating import RecalibratedLayer as RecalibratedLayer
from trimtab.batchnorm.recalibrating import Recalibration as Recalibration
from trimtab.batchnorm.recalibrating import recalibrate as recalibrate
