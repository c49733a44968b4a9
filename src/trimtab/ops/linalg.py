"""Keras 3's `ops.linalg`: the linear algebra among the ops, under its own name."""

from trimtab.ops.factorization import cholesky as cholesky
from trimtab.ops.factorization import cholesky_inverse as cholesky_inverse
from trimtab.ops.factorization import det as det
from trimtab.ops.factorization import eigh as eigh
from trimtab.ops.factorization import inv as inv
from trimtab.ops.factorization import lstsq as lstsq
from trimtab.ops.factorization import lu_factor as lu_factor
from trimtab.ops.factorization import matrix_rank as matrix_rank
from trimtab.ops.factorization import pinv as pinv
from trimtab.ops.factorization import qr as qr
from trimtab.ops.factorization import solve as solve
from trimtab.ops.factorization import solve_triangular as solve_triangular
from trimtab.ops.factorization import svd as svd
from trimtab.ops.linear_algebra import norm as norm

# The functions imported above.
__all__ = sorted(name for name, value in globals().items() if callable(value) and name[0] != "_")
