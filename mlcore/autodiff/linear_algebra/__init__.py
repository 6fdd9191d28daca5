"""Linear algebra: products of arrays, parts of matrices, equations, factors, spectra, norms."""

from mlcore.autodiff.linear_algebra.einsum import einsum
from mlcore.autodiff.linear_algebra.factors import cholesky, qr
from mlcore.autodiff.linear_algebra.norms import norm
from mlcore.autodiff.linear_algebra.parts import diag, diagonal, trace, tril, triu
from mlcore.autodiff.linear_algebra.products import convolve, cross, dot, inner, kron, matmul, outer, tensordot
from mlcore.autodiff.linear_algebra.solving import det, inverse, logdet, matrix_power, pinv, slogdet, solve
from mlcore.autodiff.linear_algebra.spectra import eigh, singular_values, svd

__all__ = [
    "cholesky",
    "convolve",
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
    "qr",
    "singular_values",
    "slogdet",
    "solve",
    "svd",
    "tensordot",
    "trace",
    "tril",
    "triu",
]
