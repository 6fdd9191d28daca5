"""Automatic differentiation of NumPy code, in both modes and to any order."""

from mlcore.autodiff import numpy_protocol, operators  # noqa: F401  (they teach Tensor its operators and NumPy's functions)
from mlcore.autodiff.checking import check_gradients
from mlcore.autodiff.tensor import Tensor, no_grad
from mlcore.autodiff.transforms import grad, hessian, hvp, jacobian, jvp, linearize, value_and_grad, vjp

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
