"""All correct networks, by being imported."""

import correct_chains as correct_chains
import correct_convolutions as correct_convolutions
import correct_pairs as correct_pairs
from correct_registry import MODELS as MODELS
from correct_registry import TRAINING as TRAINING
