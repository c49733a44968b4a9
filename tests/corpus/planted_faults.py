"""All planted faults, by being imported."""

import planted_audit as planted_audit
import planted_health as planted_health
from planted_registry import PLANTS as PLANTS
from planted_registry import Plant as Plant
