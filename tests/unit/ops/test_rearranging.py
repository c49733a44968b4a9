import numpy as np
import pytest

from trimtab import ops

X = np.zeros((2, 3, 4))


@pytest.mark.parametrize(
    ("pattern", "lengths", "message"),
    [
        ("a b c", {}, "must hold names of axes"),
        ("a b -> b a", {}, "is for 2 axes"),
        ("a b c -> a b", {}, "must stand once on both sides"),
        ("a a c -> a c a", {}, "must stand once on both sides"),
        ("a b (c d) -> a d b c", {}, "must make up an axis of 4"),
        ("a b (c d) -> a d b c", {"c": 3}, "must make up an axis of 4"),
        ("a b c -> c b a", {"d": 3}, "has no axes d"),
        ("a ... c -> c a", {}, "must hold names of axes"),
    ],
)
def test_a_pattern_that_does_not_fit_is_refused(pattern, lengths, message):
    with pytest.raises(ValueError, match=message):
        ops.rearrange(X, pattern, **lengths)
