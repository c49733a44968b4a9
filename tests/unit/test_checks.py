import numpy as np
import pytest

from trimtab import checks


def test_a_value_among_the_options_is_returned():
    assert checks.choice("Op", "mode", "edge", ("edge", "wrap")) == "edge"


def test_a_near_miss_is_corrected():
    with pytest.raises(
        ValueError,
        match=r"^Op: `mode` must be one of 'edge', 'wrap'; got 'egde'\. Did you mean 'edge'\?$",
    ):
        checks.choice("Op", "mode", "egde", ("edge", "wrap"))


def test_a_value_unlike_all_options_is_only_refused():
    with pytest.raises(ValueError, match=r"must be one of None, 'add'; got 7\.$"):
        checks.choice("Op", "reduction", 7, (None, "add"))


@pytest.mark.parametrize("value", [3, np.int64(3), np.array(3)])
def test_whole_numbers_of_any_kind_are_ints(value):
    assert type(checks.whole("Op", "k", value, least=1)) is int


@pytest.mark.parametrize("value", [2.0, True, "2", None])
def test_what_is_no_whole_number_is_a_type_error(value):
    with pytest.raises(TypeError, match="Op: `k` must be a whole number; got"):
        checks.whole("Op", "k", value)


def test_a_number_below_the_least_is_refused():
    with pytest.raises(ValueError, match="Op: `k` must be 1 or more; got 0"):
        checks.whole("Op", "k", 0, least=1)


def test_the_ends_of_an_interval_belong_to_it():
    assert [checks.interval("Op", "rate", r, 0, 1) for r in (0, 1)] == [0.0, 1.0]


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), "half", None])
def test_what_lies_outside_an_interval_is_refused(value):
    with pytest.raises(ValueError, match=r"Op: `rate` must lie in \[0, 1\]; got"):
        checks.interval("Op", "rate", value, 0, 1)


@pytest.mark.parametrize(
    ("bounds", "rule"),
    [((3,), "3 axes or more"), ((1, 1), "1 axis;"), ((3, 3), "3 axes;"), ((0, 1), "0 to 1 axes")],
)
def test_the_wrong_number_of_axes_is_named(bounds, rule):
    with pytest.raises(ValueError, match=rf"Op: `x` must have {rule}.* got shape \(2, None\)"):
        checks.rank("Op", "x", (2, None), *bounds)
