"""Linear algebra: what is refused, what a compiled step does instead, and training through it."""

import numpy as np
import pytest

import trimtab
from trimtab import ops
from trimtab.core.tracing import trace
from trimtab.engines import get
from trimtab.ir.graph import Spec

SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]], "float32")


@pytest.mark.parametrize("name", ["cholesky", "det", "inv", "eigh", "logdet", "slogdet"])
def test_matrices_must_be_square(name):
    with pytest.raises(ValueError, match=f"{name}: matrices must be square; got shape .2, 3."):
        getattr(ops, name)(np.ones((2, 3)))


@pytest.mark.parametrize("name", ["svd", "qr", "lu_factor", "pinv", "matrix_rank"])
def test_a_vector_is_no_matrix(name):
    with pytest.raises(ValueError, match=name):
        getattr(ops, name)(np.ones(3))


def test_a_matrix_that_is_not_positive_definite_has_no_cholesky_factor():
    with pytest.raises(ValueError, match="cholesky: matrices must be positive definite"):
        ops.cholesky([[1.0, 2.0], [2.0, 1.0]])


@pytest.mark.parametrize("call", [ops.inv, lambda x: ops.solve(x, np.ones(2, "float32"))])
def test_a_singular_matrix_is_refused_at_once(call):
    with pytest.raises(ValueError, match="matrices must be invertible"):
        call(SINGULAR)


def test_a_singular_matrix_gives_nan_in_a_step_and_the_others_their_inverse():
    batch = np.stack([SINGULAR, np.eye(2, dtype="float32") * 2])
    graph = trace(lambda x: [ops.inv(x)], [Spec(batch.shape, "float32")]).graph
    (result,) = get("cpu").compile(graph).run([batch], [])
    assert np.isnan(result[0]).all()
    np.testing.assert_array_equal(result[1], np.eye(2) / 2)


def test_right_sides_must_fit():
    with pytest.raises(ValueError, match="solve: `b` must have as many rows as `a`"):
        ops.solve(np.eye(3), np.ones((2, 1)))
    with pytest.raises(ValueError, match="lstsq: "):
        ops.lstsq(np.eye(3), np.ones(2))


def test_an_unknown_mode_of_qr():
    with pytest.raises(ValueError, match="qr: `mode` must be 'reduced' or 'complete'; got 'raw'"):
        ops.qr(np.eye(2), mode="raw")


def test_float16_is_computed_in_float32():
    assert ops.inv(np.eye(2, dtype="float16")).dtype == "float16"


def test_the_module_has_the_same_functions():
    assert all(getattr(ops.linalg, n) is getattr(ops, n) for n in ops.linalg.__all__)
    assert "svd" in ops.linalg.__all__


class Whitening(trimtab.layers.Layer):
    """Solves by the factor of the batch's second moments."""

    def call(self, x):
        moments = ops.matmul(ops.transpose(x), x) / x.shape[0] + 0.1 * ops.eye(x.shape[1])
        factor = ops.linalg.cholesky(moments)
        return ops.transpose(ops.linalg.solve_triangular(factor, ops.transpose(x), lower=True))


def test_a_model_trains_through_it():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 3)).astype("float32")
    model = trimtab.Sequential(
        [trimtab.Input((3,)), trimtab.layers.Dense(3), Whitening(), trimtab.layers.Dense(1)]
    )
    model.compile(trimtab.optimizers.Adam(0.05), "mse")
    history = model.fit(x, x[:, :1] ** 2, batch_size=32, epochs=8, verbose=0).history["loss"]
    assert np.isfinite(history).all()
    assert history[-1] < history[0]
