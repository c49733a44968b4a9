"""What ops with windows refuse."""

import numpy as np
import pytest

from trimtab import ops

X, W = np.ones((1, 4, 4, 3), "float32"), np.ones((2, 2, 3, 5), "float32")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.conv(X, W[:, :, :2]), "a multiple of its 2; got 3"),
        (lambda: ops.conv(X, W[0]), r"as many axes as the inputs; got a kernel of shape \(2, 3, 5"),
        (lambda: ops.conv(X[0, 0], W[0, 0]), "one to three between"),
        (lambda: ops.conv(X, W, padding="causal"), "`padding` must be one of 'valid', 'same'"),
        (lambda: ops.conv(X, W, strides=(1, 1, 1)), "`strides` must be"),
        (lambda: ops.conv(X, W, data_format="x"), "data_format: must be"),
        (lambda: ops.conv(X[:, :1], W), "must fit into the padded input"),
        (lambda: ops.depthwise_conv(X, W[:, :, :2]), "must match the kernel's 2"),
        (lambda: ops.separable_conv(X, W, W[:1, :1]), "must match the kernel's 3"),
        (lambda: ops.conv_transpose(X, W), "must match the kernel's 5; got 3"),
        (lambda: ops.conv_transpose(X, W[..., :3], output_padding=-1), "`output_padding` must be"),
        (lambda: ops.max_pool(X, 5), "must fit into the padded input"),
        (lambda: ops.average_pool(X, 2, padding="full"), "`padding` must be one of"),
        (lambda: ops.adaptive_max_pool(X, (2, 2, 2)), "`output_size` must be"),
        (lambda: ops.unfold(X, 5), "must fit into the image"),
        (lambda: ops.unfold(X[0], 2), "must be .batch, channels, rows, columns."),
        (lambda: ops.fold(X[0], 4, 2), r"must be \(batch, a multiple of 4, 9\)"),
    ],
)
def test_a_wrong_argument_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_folding_what_was_unfolded_counts_the_patches_of_each_pixel():
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 6)).astype("float32")
    counts = ops.fold(ops.unfold(np.ones_like(x), 3, padding=1), (5, 6), 3, padding=1)
    both = ops.fold(ops.unfold(x, 3, padding=1), (5, 6), 3, padding=1)
    np.testing.assert_allclose(both, x * np.asarray(counts), rtol=1e-5)


def test_integers_are_convolved_exactly():
    y = ops.conv(np.full((1, 1, 1), 3, "int32"), np.full((1, 1, 1), 2**24 + 1, "int32"))
    assert (y.dtype, int(y[0, 0, 0])) == ("int32", 3 * (2**24 + 1))
