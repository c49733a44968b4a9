"""Clipping, worked by hand."""

import numpy as np

from trimtab.optimizers.clipping import clip_by_global_norm, clip_by_norm

GRADIENT = np.array([3.0, 4.0], "float32")


def test_long_gradient_is_scaled_to_the_limit():
    np.testing.assert_allclose(np.asarray(clip_by_norm(GRADIENT, 2.5)), [1.5, 2.0], rtol=1e-6)


def test_short_gradient_is_kept():
    np.testing.assert_allclose(np.asarray(clip_by_norm(GRADIENT, 10.0)), GRADIENT, rtol=1e-6)


def test_zero_gradient_is_kept():
    assert np.asarray(clip_by_norm(np.zeros(2, "float32"), 1.0)).tolist() == [0.0, 0.0]


def test_joint_norm_scales_all_alike():
    clipped = clip_by_global_norm([GRADIENT, np.array([12.0], "float32")], 6.5)
    np.testing.assert_allclose(np.asarray(clipped[0]), [1.5, 2.0], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(clipped[1]), [6.0], rtol=1e-6)


def test_infinite_norm_shows_as_nan():
    clipped = clip_by_global_norm([np.array([np.inf, 1.0], "float32")], 1.0)
    assert np.isnan(np.asarray(clipped[0])).all()
