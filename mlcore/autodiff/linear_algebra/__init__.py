"""Linear algebra: products of arrays, parts of matrices, equations, spectra, norms."""

from mlcore.autodiff.linear_algebra.einsum import einsum
from mlcore.autodiff.linear_algebra.norms import norm
from mlcore.autodiff.linear_algebra.parts import diag, diagonal, trace, tril, triu
from mlcore.autodiff.linear_algebra.products import cross, dot, inner, kron, matmul, outer, tensordot
from mlcore.autodiff.linear_algebra.solving import cholesky, det, inverse, logdet, matrix_power, pinv, slogdet, solve
from mlcore.autodiff.linear_algebra.spectra import eigh, singular_values, svd

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diag",
    "diagonal",
    "dot",
    "eigh",
    "einsum",
    "inner",
    "inverse",
    "kron",
    "logdet",
    "matmul",
    "matrix_power",
    "norm",
    "outer",
    "pinv",
    "singular_values",
    "slogdet",
    "solve",
    "svd",
    "tensordot",
    "trace",
    "tril",
    "triu",
]
