"""audit and fold agree on what can be folded."""

import correct_models
import numpy as np
import pytest

from trimtab.batchnorm.call_graph import CallGraph
from trimtab.batchnorm.fold_plan import FoldPlan
from trimtab.batchnorm.foldability import reason_to_stay
from trimtab.layers import BatchNormalization

GRAPHS = sorted(set(correct_models.MODELS) - {"subclassed_model"})


@pytest.mark.parametrize("shift", [0.0, 0.5])
@pytest.mark.parametrize("name", GRAPHS)
def test_audit_and_fold_agree_on_what_can_be_folded(name, shift):
    model = correct_models.MODELS[name]()
    for layer in model._flatten_layers():
        if isinstance(layer, BatchNormalization):
            layer.moving_mean.assign(np.full(layer.moving_mean.shape, shift))
    graph = CallGraph(model)

    verdicts = FoldPlan(model).verdicts

    told = {v.norm.name: bool(reason_to_stay(graph, graph.calls_of(v.norm)[0])) for v in verdicts}
    assert told == {v.norm.name: bool(v.reason) for v in verdicts}
