"""Jacobians and Hessians: all first or second derivatives of a function, or their product with a vector."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mlcore.autodiff import shaping
from mlcore.autodiff.run import Run, leaves, rebuild
from mlcore.autodiff.tensor import Tensor, constant
from mlcore.autodiff.transforms import grad, jvp
from mlcore.autodiff.traversal import require_scalar


def jacobian(function: Callable[..., Tensor], argument: int = 0) -> Callable[..., Tensor]:
    """Make a function that returns all partial derivatives of ``function``.

    For x of shape (n, ...) and a result of shape (m, ...), the Jacobian has shape (m, ..., n, ...). It is computed
    row by row in reverse mode or column by column in forward mode, whichever are fewer.

    Examples
    --------
    >>> jacobian(lambda x: x * x)(Tensor([1.0, 2.0]))
    Tensor([[2., 0.],
            [0., 4.]])
    """

    def differentiated(*args: Any, **options: Any) -> Tensor:
        run = Run(partial(function, **options) if options else function, args, (argument,), fused=False)
        run.prepare()
        (x,), y = run.variables, run.result
        by_row = y.size < x.size
        basis = np.eye(min(x.size, y.size), dtype=x.dtype)
        if not basis.size:
            return constant(np.zeros((*y.shape, *x.shape), y.dtype))
        if by_row:
            return shaping.reshape(
                shaping.stack([run.pull([e.reshape(y.shape)])[0] for e in basis]), shape=(*y.shape, *x.shape)
            )
        columns = [run.push([e.reshape(x.shape)])[0] for e in basis]
        return shaping.reshape(shaping.stack(columns, axis=-1), shape=(*y.shape, *x.shape))

    return differentiated


def hessian(function: Callable[..., Tensor], argument: int = 0) -> Callable[..., Tensor]:
    """Make a function that returns all second derivatives: the Jacobian of the gradient, shape (*x.shape, *x.shape).

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])(Tensor([1.0, 2.0]))
    Tensor([[4., 2.],
            [2., 0.]])
    """
    return jacobian(grad(function, argument), argument)


def hvp(function: Callable[..., Tensor], primals: tuple, tangents: tuple) -> Any:
    """Multiply the Hessian by a vector without forming it: the derivative of the gradient along the vector.

    Forward mode over reverse mode; costs a few evaluations of the function, whatever its number of arguments.

    Parameters
    ----------
    function : callable
        Returns one number.
    primals, tangents : tuple
        Arguments and the vector, of the same structure and shapes.

    Returns
    -------
    The product, with the structure of the one primal, or a tuple with one for each.

    Examples
    --------
    >>> hvp(lambda x: (x**3).sum(), (Tensor([1.0, 2.0]),), (Tensor([1.0, 0.5]),))
    Tensor([6., 6.])
    """
    arguments = tuple(range(len(primals)))
    run = Run(function, primals, arguments, fused=False)
    require_scalar(run.result, "hvp")
    if run.records(leaves(tangents)):  # the product will itself be differentiated
        products = jvp(grad(function, arguments), primals, tangents)[1]
        return products if len(primals) > 1 else products[0]
    products = iter(run.push_gradient([t for tangent in tangents for t in leaves(tangent)]))
    parts = tuple(rebuild(primal, products) for primal in primals)
    return parts if len(primals) > 1 else parts[0]
