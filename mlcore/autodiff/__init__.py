"""Automatic differentiation of NumPy code, in both modes and to any order.

The operations on Tensors are in four packages; NumPy's functions and the methods of a Tensor lead to the same ones:

- ``mlcore.autodiff.elementwise``: arithmetic, powers, exponentials, trigonometry, the error function, choices
- ``mlcore.autodiff.reductions``: sums, means, extremes, products, whole and running
- ``mlcore.autodiff.shaping``: layout, indexing, joining, padding, sorting
- ``mlcore.autodiff.linear_algebra``: products, einsum, equations, determinants, spectra, norms
"""

from mlcore.autodiff import methods, numpy_protocol, operators  # noqa: F401  (they teach Tensor what it can do)
from mlcore.autodiff.checking import check_gradients
from mlcore.autodiff.derivative_matrices import hessian, hvp, jacobian
from mlcore.autodiff.tensor import Tensor, no_grad
from mlcore.autodiff.transforms import grad, jvp, linearize, value_and_grad, vjp

__all__ = [
    "Tensor",
    "check_gradients",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "no_grad",
    "value_and_grad",
    "vjp",
]
