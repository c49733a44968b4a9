"""Does Batch Normalization make a difference, and where? Measured, over paired seeds."""

from trimtab.batchnorm.studies.api import study as study
from trimtab.batchnorm.studies.result import Study as Study
