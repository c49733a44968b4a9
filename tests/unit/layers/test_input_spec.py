import numpy as np
import pytest

import trimtab
from trimtab.layers.input_spec import InputSpec, check_inputs

X = np.ones((2, 3), "float32")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (InputSpec(ndim=3), "expected ndim=3, found ndim=2"),
        (InputSpec(max_ndim=1), "expected max_ndim=1, found ndim=2"),
        (InputSpec(min_ndim=4), "expected min_ndim=4, found ndim=2"),
        (InputSpec(dtype="int32"), "expected dtype=int32, found dtype=float32"),
        (InputSpec(axes={-1: 4}), "expected axis -1 of input shape to have value 4"),
        (InputSpec(shape=(None, 4)), r"expected shape=\(None, 4\), found shape=\(2, 3\)"),
    ],
)
def test_what_is_wrong_is_said_with_the_layers_name(spec, message):
    with pytest.raises(ValueError, match=rf"layer 'dense' .*{message}"):
        check_inputs(spec, X, "dense")


@pytest.mark.parametrize(
    "spec",
    [
        InputSpec(shape=(None, 3)),
        InputSpec(shape=(None, 3, 1), allow_last_axis_squeeze=True),
        InputSpec(axes={0: None, 1: 3}),
        [None],
    ],
)
def test_what_fits_passes(spec):
    check_inputs(spec, X, "dense")


def test_a_missing_key_is_named():
    specs = [InputSpec(name="a"), InputSpec(name="b")]
    with pytest.raises(ValueError, match=r"missing data for input \"b\".*\['a'\]"):
        check_inputs(specs, {"a": X}, "model")


def test_too_few_inputs_are_counted():
    with pytest.raises(ValueError, match=r"expects 2 input\(s\), but it received 1"):
        check_inputs([InputSpec(), InputSpec()], [X], "model")


def test_none_is_an_input_only_where_it_is_optional():
    check_inputs([InputSpec(optional=True)], [None], "model")
    with pytest.raises(ValueError, match="should be tensors; layer 'model' got None"):
        check_inputs([InputSpec()], [None], "model")


def test_an_axis_beyond_the_rank_is_refused():
    with pytest.raises(ValueError, match="axis 2 is greater than the largest allowed, 1"):
        InputSpec(ndim=2, axes={2: 1})


def test_axes_must_be_whole_numbers():
    with pytest.raises(TypeError, match="`axes` must map whole numbers"):
        InputSpec(axes={"last": 3})


def test_a_model_names_the_input_that_is_not_optional():
    x = trimtab.Input((3,), name="x")
    model = trimtab.Model(x, trimtab.layers.Dense(1)(x))
    with pytest.raises(ValueError, match="'x'.*not optional; got None"):
        model([None])
