"""Every row of the layers' table, by itself: what it says is what a call in old spelling gives.

The tests are made from the rows. A row with an argument that has no sample below fails them.
"""

import warnings

import numpy as np
import pytest

import trimtab
from trimtab.compat.dialect import Dialect
from trimtab.compat.installation import find_in_keras
from trimtab.compat.tables import LAYERS
from trimtab.compat.tables.rows import ERAS
from trimtab.compat.translate import translate
from trimtab.core import old_spellings

# A value of each argument, by its old name; by "row.argument" where the rows differ.
SAMPLES = {
    "output_dim": 4,
    "input_dim": 6,
    "input_length": 7,
    "input_shape": (3,),
    "init": "he_uniform",
    "activation": "tanh",
    "weights": None,
    "W_regularizer": "l2",
    "b_regularizer": "l1",
    "activity_regularizer": None,
    "W_constraint": "nonneg",
    "b_constraint": "maxnorm",
    "bias": False,
    "target": 0,
    "beta": 0.1,
    "p": 0.25,
    "noise_shape": None,
    "seed": 3,
    "sigma": 0.2,
    "dim_ordering": "th",
    "epsilon": 1e-4,
    "mode": 0,
    "axis": 1,
    "momentum": 0.7,
    "gamma_init": "one",
    "beta_init": "zero",
    "gamma_regularizer": "l2",
    "beta_regularizer": "l1",
    "shared_axes": [1],
    "PReLU.init": "zero",
    "alpha": 0.2,
    "theta": 0.5,
    "nb_filter": 4,
    "stack_size": 1,
    "filter_length": 3,
    "nb_row": 3,
    "nb_col": 2,
    "kernel_dim1": 2,
    "kernel_dim2": 3,
    "kernel_dim3": 2,
    "image_shape": None,
    "border_mode": "same",
    "subsample_length": 2,
    "subsample": (2, 2),
    "Convolution3D.subsample": (2, 2, 2),
    "atrous_rate": (2, 2),
    "output_shape": None,
    "pool_length": 3,
    "poolsize": (3, 3),
    "pool_size": (3, 2),
    "stride": 2,
    "MaxPooling2D.stride": (2, 2),
    "AveragePooling2D.stride": (2, 2),
    "strides": (2, 2),
    "AtrousConvolution2D.subsample": (1, 1),
    "AtrousConv2D.subsample": (1, 1),
    "depth_multiplier": 2,
    "depthwise_regularizer": "l2",
    "pointwise_regularizer": "l1",
    "depthwise_constraint": "nonneg",
    "pointwise_constraint": "maxnorm",
    "ignore_border": True,
    "length": 3,
    "size": (3, 2),
    "width": 2,
    "pad": (2, 1),
    "padding": (1, 2),
    "cropping": ((1, 1), (0, 1)),
    "dims": (2, 3),
    "Embedding.init": "normal",
    "mask_zero": True,
    "dropout": 0.0,
    "input_dtype": "int32",
    "transform_bias": -1.0,
    "nb_feature": 3,
}
# What a call needs at least, in old spelling.
NEEDED = {
    "Dense": ["output_dim"],
    "TimeDistributedDense": ["output_dim"],
    "Activation": ["activation"],
    "Dropout": ["p"],
    "GaussianDropout": ["p"],
    "GaussianNoise": ["sigma"],
    "SpatialDropout1D": ["p"],
    "SpatialDropout2D": ["p"],
    "SpatialDropout3D": ["p"],
    "Convolution1D": ["nb_filter", "filter_length"],
    "Conv1D": ["nb_filter", "filter_length"],
    "Convolution3D": ["nb_filter", "kernel_dim1", "kernel_dim2", "kernel_dim3"],
    "Reshape": ["dims"],
    "Embedding": ["input_dim", "output_dim"],
    "MaxoutDense": ["output_dim"],
    **dict.fromkeys(
        ["Convolution2D", "Conv2D", "AtrousConvolution2D", "AtrousConv2D", "Deconvolution2D"]
        + ["SeparableConvolution2D", "SeparableConv2D"],
        ["nb_filter", "nb_row", "nb_col"],
    ),
}
EXTRA = {"Lambda": {"function": np.abs}, "Input": {"shape": (3,)}}
NOT_LAYERS = {"Input"}
SHAPES = {"input_dim", "input_length", "input_shape"}


def sample(row, argument):
    return SAMPLES.get(f"{row.name}.{argument}", SAMPLES.get(argument, KeyError))


def given(row, *arguments):
    names = dict.fromkeys([*NEEDED.get(row.name, []), *arguments])
    values = {name: sample(row, name) for name in names}
    missing = [name for name, value in values.items() if value is KeyError]
    assert not missing, f"{row.name}: give samples of {missing} in SAMPLES"
    return {**EXTRA.get(row.name, {}), **values}


def made(row, version, *args, **kwargs):
    return find_in_keras(Dialect(version), "layers", row.name)(*args, **kwargs)


def config(layer):
    found = layer.get_config()
    found.pop("name")
    return found


def text(version):
    return ".".join(str(part) for part in version)


def old_version(row):
    """A version of Keras 1, or the last one that had the row."""
    return "1.2.2" if row.until > (1, 2, 2) else "0.2.0"


RENAMES = [(row, old) for row in LAYERS for old in row.rename]
TODAYS = [(row, old) for row, old in RENAMES if row.today and row.name not in NOT_LAYERS]


@pytest.mark.parametrize(("row", "old"), TODAYS, ids=lambda x: getattr(x, "name", x))
def test_an_old_argument_does_what_todays_does(row, old):
    arguments = given(row, old)
    translated = translate(row, Dialect(old_version(row)).version, (), arguments)
    assert row.rename[old] in translated.arguments

    layer = made(row, old_version(row), **arguments)

    names = {"nonneg": "non_neg", "maxnorm": "max_norm", "one": "ones", "zero": "zeros"}
    todays = {
        name: names.get(value, value) if isinstance(value, str) else value
        for name, value in translated.arguments.items()
        if name not in SHAPES or row.name == "Embedding"
    }
    assert config(layer) == config(getattr(trimtab.layers, row.today_name)(**todays))


@pytest.mark.parametrize("row", [r for r in LAYERS if not r.today], ids=lambda row: row.name)
def test_a_layer_that_is_gone_takes_its_old_arguments(row):
    arguments = given(row, "init", "bias", "W_regularizer", "b_regularizer")
    layer = made(row, old_version(row), **arguments)

    layer.build((None, 5))

    assert not layer.use_bias
    assert type(layer.kernel_regularizer if not isinstance(layer.kernel_regularizer, str) else "")
    assert layer(np.ones((2, 5), "float32")).shape[0] == 2


def test_input_takes_its_old_type():
    x = find_in_keras(Dialect("keras1"), "layers", "Input")(shape=(3,), input_dtype="int32")

    assert (x.shape, x.dtype) == ((None, 3), "int32")


ORDERS = [(row, order) for row in LAYERS for order in row.orders if order.names]


@pytest.mark.parametrize(
    ("row", "order"), ORDERS, ids=lambda x: getattr(x, "name", None) or text(x.since)
)
def test_values_by_position_mean_the_names_of_the_version(row, order):
    version = text(order.since) if order.since < row.until else old_version(row)
    values = given(row, *order.names)
    positional = [values[name] for name in order.names]

    by_position = made(row, version, *positional)
    by_name = made(row, version, **{name: values[name] for name in order.names})

    assert config(by_position) == config(by_name)


JOINED = [row for row in LAYERS if row.joined]


@pytest.mark.parametrize("row", JOINED, ids=lambda row: row.name)
def test_sizes_of_a_kernel_become_one(row):
    layer = made(row, "1.2.2", **given(row))

    names, _ = row.joined
    assert config(layer)["kernel_size"] == tuple(sample(row, name) for name in names)


VALUES = [(row, name, old) for row in LAYERS for name in row.values for old in row.values[name]]


@pytest.mark.parametrize(("row", "name", "old"), VALUES, ids=lambda x: getattr(x, "name", x))
def test_an_old_value_means_todays(row, name, old):
    was = next(argument for argument, today in row.rename.items() if today == name)
    layer = made(row, "1.2.2", **{**given(row), was: old})

    expected = row.values[name][old] or trimtab.config.image_data_format()
    assert config(layer)[name] == expected


DEFAULTS = [(row, step) for row in LAYERS for step in row.defaults]


@pytest.mark.parametrize(
    ("row", "step"), DEFAULTS, ids=lambda x: getattr(x, "name", None) or f"{x.argument}{x.since}"
)
def test_an_argument_left_out_is_what_it_was(row, step):
    if step.since >= row.until:
        pytest.fail(f"{row.name}: the default of {step.since} is of a version without the layer")
    if step.since >= (3, 0, 0):
        assert step.argument not in row.defaults_at(step.since)
        return
    layer = made(row, text(step.since), **given(row))

    if step.value is None:
        plain = getattr(trimtab.layers, row.today_name)
        todays = plain(**translate(row, Dialect("2.0.0").version, (), given(row)).arguments)
        expected = config(todays)[step.argument]
    else:
        expected = step.value
    found = config(layer)[step.argument]
    if isinstance(found, dict) and isinstance(expected, str):
        found = found["class_name"]
        names = {"uniform": "RandomUniform", "glorot_uniform": "VarianceScaling"}
        expected = names[expected]
    assert found in (expected, (expected,))


DROPPED = [(row, name) for row in LAYERS for name in row.dropped]


@pytest.mark.parametrize(("row", "name"), DROPPED, ids=lambda x: getattr(x, "name", x))
def test_an_argument_that_is_gone_is_taken_and_noted(row, name):
    dialect = Dialect(old_version(row))
    arguments = {**given(row), name: sample(row, name)}

    find_in_keras(dialect, "layers", row.name)(**arguments)

    assert any(old.startswith(f"{name}=") for _, _, old in dialect.journal.translated)


WEIGHTS = [row for row in LAYERS if row.weights]


@pytest.mark.parametrize("row", WEIGHTS, ids=lambda row: row.name)
def test_arrays_given_as_weights_are_the_first_values(row):
    shapes = {4: (None, 6, 6, 2), 5: (None, 6, 6, 6, 2), 3: (None, 7, 6), 2: (None, 6)}
    rank = {"Conv1D": 3, "Conv3D": 5, "Embedding": 2, "Dense": 2, "PReLU": 2}.get(
        row.today_name, 2 if row.name == "BatchNormalization" else 4
    )
    arguments = given(row)
    if row.name != "TimeDistributedDense":
        arguments.pop("weights", None)
    if "dim_ordering" in row.rename:
        arguments["dim_ordering"] = "tf"
    plain = made(row, "1.2.2", **arguments)
    plain.build(shapes[rank])
    own = [i for i in row.weights if i.replace("_initializer", "") in names_of(plain)]
    arrays = [
        np.random.default_rng(0).random(w.shape).astype("float32")
        for w in plain.weights[: len(own) or 1]
    ]
    layer = made(row, "1.2.2", **arguments, weights=arrays)
    layer.build(shapes[rank])

    for weight, array in zip(layer.weights, arrays, strict=False):
        assert weight.numpy() == pytest.approx(array)


def names_of(layer):
    return [weight.name for weight in layer.weights]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("row", LAYERS, ids=lambda row: row.name)
def test_a_name_is_there_in_its_time(row, era):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dialect = Dialect(era)
        lived = dialect.version < max(row.until, (2, 4, 0)) and era != "keras3"
        if lived or hasattr(trimtab.layers, row.name):
            assert callable(find_in_keras(dialect, "layers", row.name))
        else:
            with pytest.raises(AttributeError, match=rf"keras\.layers\.{row.name} "):
                find_in_keras(dialect, "layers", row.name)


@pytest.mark.parametrize(("old", "today"), old_spellings.CLASSES.items())
def test_old_classes_in_files_are_those_of_the_rows(old, today):
    rows = [row for row in LAYERS if row.name == old]

    assert all(row.today_name == today for row in rows)
    assert rows or old == "AtrousConvolution1D"
