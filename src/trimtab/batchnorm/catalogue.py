"""All rules, by being imported: each module of rules registers its own."""

from trimtab.batchnorm import health_gap_rules as health_gap_rules
from trimtab.batchnorm import health_parameter_rules as health_parameter_rules
from trimtab.batchnorm import health_statistics_rules as health_statistics_rules
from trimtab.batchnorm import layer_rules as layer_rules
from trimtab.batchnorm import neighbour_rules as neighbour_rules
from trimtab.batchnorm import sharing_rules as sharing_rules
from trimtab.batchnorm import state_rules as state_rules
from trimtab.batchnorm import structure_rules as structure_rules
from trimtab.batchnorm import training_rules as training_rules
from trimtab.batchnorm.rules import RULES as RULES
