"""Every layer against Keras 3: the same outputs from the same weights, shapes, configurations."""

import functools
import json

import keras
import numpy as np
import pytest
from layer_cases import preprocessing, windows
from layer_cases.case import Case

import trimtab
from trimtab import layers


def _maximal_batch_norm(**arguments):
    regularizer = {"class_name": "L2", "config": {"l2": 0.5}}
    return {
        "beta_initializer": "ones",
        "gamma_initializer": "zeros",
        "moving_mean_initializer": "ones",
        "moving_variance_initializer": "zeros",
        "beta_regularizer": {"class_name": "L1", "config": {"l1": 0.25}},
        "gamma_regularizer": regularizer,
        "gamma_constraint": "non_neg",
        **arguments,
    }


CHANNELS_FIRST = {"data_format": "channels_first"}

CASES: dict[str, list[Case]] = {
    "Activation": [Case({"activation": "tanh"}, (3, 4)), Case({"activation": "softmax"}, (3, 4))],
    "ActivityRegularization": [Case({"l1": 0.1, "l2": 0.2}, (3, 4))],
    "Add": [Case({}, [(3, 4), (3, 4), (3, 4)]), Case({}, [(3, 4), (3, 5, 4)])],
    "AlphaDropout": [Case({"rate": 0.3, "seed": 1}, (3, 4), False)],
    "Average": [Case({}, [(3, 4), (3, 4)])],
    "BatchNormalization": [
        Case({}, (5, 4)),
        Case({"axis": 1, "momentum": 0.5, "epsilon": 1e-5}, (2, 3, 4)),
        Case({"axis": 0}, (3, 4)),
        Case({"axis": 2}, (2, 3, 4, 5)),
        Case({"center": False}, (5, 4)),
        Case({"scale": False}, (5, 4)),
        Case({"center": False, "scale": False, "axis": -2}, (2, 3, 4)),
        Case(_maximal_batch_norm(), (5, 4)),
        Case({"renorm": True}, (5, 4)),
        Case({"renorm": True, "renorm_clipping": {"rmin": 0.5, "rmax": 2.0, "dmax": 0.1}}, (6, 4)),
        Case({"trainable": False}, (5, 4)),
        Case({}, (1, 4)),
    ],
    "Concatenate": [
        Case({}, [(3, 4), (3, 2)]),
        Case({"axis": 1}, [(3, 4, 2), (3, 1, 2), (3, 5, 2)]),
    ],
    "Cropping1D": [Case({"cropping": (1, 2)}, (2, 6, 3)), Case({"cropping": 1}, (2, 6, 3))],
    "Cropping2D": [
        Case({"cropping": ((1, 0), (2, 1))}, (2, 5, 6, 3)),
        Case({"cropping": 1, "data_format": "channels_first"}, (2, 3, 5, 6)),
    ],
    "Cropping3D": [
        Case({"cropping": (1, 1, 2)}, (2, 4, 5, 6, 2)),
        Case({"cropping": ((0, 1), (1, 2), (2, 0)), **CHANNELS_FIRST}, (1, 2, 4, 5, 6)),
    ],
    "Dense": [
        Case({"units": 3}, (5, 4)),
        Case({"units": 3, "activation": "relu", "use_bias": False}, (2, 5, 4)),
        Case({"units": 1, "kernel_regularizer": "l2", "bias_constraint": "max_norm"}, (5, 4)),
    ],
    "Dot": [
        Case({"axes": 1}, [(3, 4), (3, 4)]),
        Case({"axes": [2, 1]}, [(3, 2, 4), (3, 4, 5)]),
        Case({"axes": -1, "normalize": True}, [(3, 2, 4), (3, 5, 4)]),
        Case({"axes": (1, 2)}, [(3, 4), (3, 5, 4)]),
    ],
    "Dropout": [
        Case({"rate": 0.5, "seed": 7, "noise_shape": (None, 1)}, (3, 4), False),
        Case({"rate": 0}, (3, 4)),
    ],
    "ELU": [Case({"alpha": 0.7}, (3, 4))],
    "Embedding": [
        Case({"input_dim": 6, "output_dim": 3}, (3, 4), high=6),
        Case({"input_dim": 6, "output_dim": 3, "mask_zero": True}, (3, 4), high=6),
    ],
    "Flatten": [Case({}, (3, 4, 2)), Case({"data_format": "channels_first"}, (3, 4, 2))],
    "GaussianDropout": [Case({"rate": 0.3, "seed": 1}, (3, 4), False)],
    "GaussianNoise": [Case({"stddev": 0.3, "seed": 1}, (3, 4), False)],
    "GroupNormalization": [
        Case({"groups": 2}, (3, 5, 4)),
        Case({"groups": -1, "axis": 1, "scale": False}, (3, 4, 5)),
    ],
    "Identity": [Case({}, (3, 4))],
    "LayerNormalization": [
        Case({}, (3, 4)),
        Case({"axis": [2, 1], "center": False}, (3, 5, 4)),
    ],
    "LeakyReLU": [Case({"negative_slope": 0.1}, (3, 4))],
    "Masking": [Case({"mask_value": 0.5}, (3, 4, 2))],
    "Maximum": [Case({}, [(3, 4), (3, 4)])],
    "Minimum": [Case({}, [(3, 4), (3, 4)])],
    "Multiply": [Case({}, [(3, 4), (3, 4)])],
    "PReLU": [
        Case({}, (3, 4)),
        Case({"shared_axes": [1], "alpha_initializer": "ones"}, (3, 5, 4)),
    ],
    "Permute": [Case({"dims": (2, 1)}, (3, 4, 2))],
    "RMSNormalization": [Case({}, (3, 4)), Case({"axis": [1, 2], "epsilon": 1e-3}, (3, 5, 4))],
    "ReLU": [
        Case({}, (3, 4)),
        Case({"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, (3, 4)),
    ],
    "RepeatVector": [Case({"n": 3}, (3, 4))],
    "Reshape": [Case({"target_shape": (2, -1)}, (3, 4)), Case({"target_shape": (8,)}, (3, 4, 2))],
    "Softmax": [Case({}, (3, 4)), Case({"axis": (1, 2)}, (3, 4, 2))],
    "SpatialDropout1D": [Case({"rate": 0.5}, (3, 4, 2), False)],
    "SpatialDropout2D": [
        Case({"rate": 0.5}, (3, 4, 2, 2), False),
        Case({"rate": 0.5, **CHANNELS_FIRST}, (3, 4, 2, 2), False),
    ],
    "SpatialDropout3D": [
        Case({"rate": 0.5, "data_format": "channels_first"}, (3, 4, 2, 2, 2), False)
    ],
    "Subtract": [Case({}, [(3, 4), (3, 4)])],
    "UpSampling1D": [Case({"size": 3}, (2, 4, 3))],
    "UpSampling2D": [
        Case({"size": (2, 3)}, (2, 4, 5, 3)),
        Case({"size": (2, 3), **CHANNELS_FIRST}, (2, 3, 4, 5)),
        Case({"size": 2, "interpolation": "bilinear"}, (2, 4, 5, 3)),
        Case(
            {"size": 3, "interpolation": "bicubic", "data_format": "channels_first"}, (2, 3, 4, 5)
        ),
        Case({"size": 2, "interpolation": "lanczos3"}, (2, 4, 5, 3)),
        Case({"size": 2, "interpolation": "lanczos5"}, (2, 4, 5, 3)),
    ],
    "UpSampling3D": [
        Case({"size": (1, 2, 3)}, (1, 2, 3, 4, 2)),
        Case({"size": 2, **CHANNELS_FIRST}, (1, 2, 3, 4, 2)),
    ],
    "UnitNormalization": [Case({}, (3, 4)), Case({"axis": [1, 2]}, (3, 5, 4))],
    "ZeroPadding1D": [
        Case({"padding": (1, 2)}, (2, 4, 3)),
        Case({"padding": 2}, (2, 4, 3)),
        Case({"padding": (0, 2), **CHANNELS_FIRST}, (2, 3, 4)),
    ],
    "ZeroPadding2D": [
        Case({"padding": ((1, 0), (2, 1))}, (2, 3, 4, 2)),
        Case({"padding": (1, 2), "data_format": "channels_first"}, (2, 2, 3, 4)),
    ],
    "ZeroPadding3D": [
        Case({"padding": 1}, (1, 2, 3, 2, 2)),
        Case({"padding": (2, 1, 0)}, (1, 2, 3, 2, 2)),
        Case({"padding": ((1, 2), (0, 1), (2, 0)), **CHANNELS_FIRST}, (1, 2, 3, 2, 2)),
    ],
    **windows.CASES,
    **preprocessing.CASES,
}
# No layer of numbers to numbers: tested by name elsewhere.
WITHOUT_CASE = {
    "ConvBlock",
    "DenseBlock",
    "InputLayer",
    "Lambda",
    "Layer",
    "TimeDistributed",
    "Wrapper",
}
WITHOUT_CASE |= preprocessing.ELSEWHERE

PAIRS = [pytest.param(n, i, id=f"{n}-{i}") for n, cs in CASES.items() for i in range(len(cs))]
DETERMINISTIC = [p for p in PAIRS if CASES[p.values[0]][p.values[1]].is_deterministic]


@functools.cache
def recorded(name, index):
    """What Keras's layer is and does, and the weights that it did it with."""
    case = CASES[name][index]
    keras.utils.clear_session(free_memory=False)
    layer = getattr(keras.layers, name)(**case.arguments)
    layer.build(case.shape)
    rng = np.random.default_rng(5)
    weights = [rng.uniform(0.2, 1.5, w.shape).astype("float32") for w in layer.weights]
    layer.set_weights(weights)
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()  # what Keras's Normalization makes of its weights in `adapt`
    x = inputs_of(case)
    takes_training = "training" in layer.call_signature_parameters
    record = {
        "weights": weights,
        "config": json.loads(json.dumps(keras.saving.serialize_keras_object(layer))),
        "roles": [(w.path, w.shape, w.trainable) for w in layer.weights],
        "variables": [v.path for v in layer.variables],
        "output_shape": tuple(layer.compute_output_shape(opened(case.shape))),
        "spec": spec_of(keras, layer, case),
        "inference": np.asarray(layer(x, **({"training": False} if takes_training else {}))),
        "losses": [float(loss) for loss in layer.losses],
    }
    record["training"] = np.asarray(layer(x, **({"training": True} if takes_training else {})))
    record["weights_after"] = layer.get_weights()
    return record


def make_ours(name, index):
    """Our layer with the recorded weights."""
    case = CASES[name][index]
    trimtab.utils.clear_session(free_memory=False)
    layer = getattr(layers, name)(**case.arguments)
    layer.build(case.shape)
    layer.set_weights(recorded(name, index)["weights"])
    return layer


def given_training(layer, training):
    """`training` for a layer that takes it; some are in training unless told otherwise."""
    return {"training": training} if layer.call_signature().has_training else {}


def inputs_of(case):
    """Random inputs of the case's shapes."""
    rng = np.random.default_rng(11)
    shapes = case.shape if isinstance(case.shape, list) else [case.shape]
    if case.high is not None:
        return rng.integers(0, case.high, shapes[0])
    arrays = [rng.normal(size=shape).astype("float32") for shape in shapes]
    return arrays if isinstance(case.shape, list) else arrays[0]


def opened(shape):
    """The shape, or each of several, with the batch open."""
    return [(None, *s[1:]) for s in shape] if isinstance(shape, list) else (None, *shape[1:])


def spec_of(library, layer, case):
    """Shape and type that the layer gives in a functional model."""
    dtype = "float32" if case.high is None else "int32"
    shapes = case.shape if isinstance(case.shape, list) else [case.shape]
    # Axis 0 may hold the channels of a Batch Normalization, so the batch is not open.
    inputs = [library.Input(batch_shape=shape, dtype=dtype) for shape in shapes]
    output = layer(inputs if isinstance(case.shape, list) else inputs[0])
    return tuple(output.shape), output.dtype


def test_every_layer_has_a_case():
    classes = [c for c in vars(layers).values() if isinstance(c, type)]
    public = {c.__name__ for c in classes if issubclass(c, layers.Layer)}
    assert public == set(CASES) | WITHOUT_CASE


@pytest.mark.parametrize(("name", "index"), PAIRS)
def test_inference_gives_the_outputs_of_keras(name, index):
    wanted = recorded(name, index)["inference"]
    ours = make_ours(name, index)
    outputs = ours(inputs_of(CASES[name][index]), **given_training(ours, False))
    np.testing.assert_allclose(outputs, wanted, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "index"), DETERMINISTIC)
def test_training_gives_the_outputs_and_statistics_of_keras(name, index):
    record, ours = recorded(name, index), make_ours(name, index)
    outputs = ours(inputs_of(CASES[name][index]), **given_training(ours, True))
    np.testing.assert_allclose(outputs, record["training"], rtol=2e-4, atol=2e-5)
    for mine, other in zip(ours.weights, record["weights_after"], strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-5, atol=2e-6, err_msg=mine.path)


@pytest.mark.parametrize(("name", "index"), PAIRS)
def test_the_configuration_is_that_of_keras(name, index):
    # Through JSON, as in a file: there tuples are lists.
    ours = trimtab.saving.serialize_keras_object(make_ours(name, index))
    assert json.loads(json.dumps(ours)) == recorded(name, index)["config"]


@pytest.mark.parametrize(("name", "index"), PAIRS)
def test_a_layer_is_made_from_the_configuration_that_keras_writes(name, index):
    record, ours = recorded(name, index), make_ours(name, index)
    revived = trimtab.saving.deserialize_keras_object(record["config"])
    revived.set_weights(record["weights"])
    x = inputs_of(CASES[name][index])
    own = given_training(ours, False)
    np.testing.assert_array_equal(revived(x, **own), ours(x, **own))


@pytest.mark.parametrize(("name", "index"), PAIRS)
def test_paths_shapes_and_roles_of_weights_are_those_of_keras(name, index):
    ours = make_ours(name, index)
    roles = [(w.path, w.shape, w.trainable) for w in ours.weights]
    assert roles == recorded(name, index)["roles"]
    assert [v.path for v in ours.variables] == recorded(name, index)["variables"]


@pytest.mark.parametrize(("name", "index"), PAIRS)
def test_the_output_shape_is_that_of_keras(name, index):
    shape = make_ours(name, index).compute_output_shape(opened(CASES[name][index].shape))
    assert tuple(shape) == recorded(name, index)["output_shape"]


@pytest.mark.parametrize(("name", "index"), PAIRS)
def test_a_functional_model_has_the_shape_and_type_of_keras(name, index):
    ours = make_ours(name, index)
    assert spec_of(trimtab, ours, CASES[name][index]) == recorded(name, index)["spec"]


@pytest.mark.parametrize(("name", "index"), PAIRS)
def test_regularization_losses_are_those_of_keras(name, index):
    ours = make_ours(name, index)
    ours(inputs_of(CASES[name][index]))
    losses = [float(loss) for loss in ours.losses]
    np.testing.assert_allclose(losses, recorded(name, index)["losses"], rtol=1e-5)
