"""Functions of functions: from a function of Tensors to its derivatives.

Each transform runs the function once, which leaves a graph, and traverses the graph from the variables to the
result (forward) or back (reverse). What comes out are Tensors; they can be differentiated again whenever they depend
on something that requires a gradient, so transforms nest: ``grad(grad(f))``, ``jacobian(grad(f))``.

A variable may be a Tensor, an array, a number, or a list, tuple or dict of these, nested at will. Options by keyword go
to the function as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mlcore.autodiff.run import Run, leaves, rebuild
from mlcore.autodiff.tensor import Tensor
from mlcore.autodiff.traversal import require_scalar

# ---- reverse mode -----------------------------------------------------------------------------------------------


def value_and_grad(function: Callable[..., Tensor], argument: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """Make a function that returns the value of ``function`` and its gradient.

    Parameters
    ----------
    function : callable
        Returns one number.
    argument : int or tuple of int
        Which positional argument(s) to differentiate with respect to.

    Returns
    -------
    callable
        ``(value, gradient)``; the gradient has the structure of the argument, a tuple of them for a tuple.

    Examples
    --------
    >>> value_and_grad(lambda w: (w**2).sum())(np.array([1.0, 3.0]))
    (Tensor(10., dtype=float64), Tensor([2., 6.], dtype=float64))
    """
    arguments = argument if isinstance(argument, tuple) else (argument,)

    def differentiated(*args: Any, **options: Any) -> Any:
        run = Run(partial(function, **options) if options else function, args, arguments, fused=True)
        require_scalar(run.result, "grad")
        gradients = iter(run.pull([np.ones(run.result.shape)]))
        parts = tuple(rebuild(args[i], gradients) for i in arguments)
        return run.value(), parts if isinstance(argument, tuple) else parts[0]

    return differentiated


def grad(function: Callable[..., Tensor], argument: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """Make a function that returns the gradient of ``function``.

    Parameters
    ----------
    function : callable
        Returns one number.
    argument : int or tuple of int
        Which positional argument(s) to differentiate with respect to.

    Examples
    --------
    >>> f = lambda x: x**3
    >>> grad(f)(2.0), grad(grad(f))(2.0)
    (Tensor(12.), Tensor(12.))
    """
    both = value_and_grad(function, argument)
    return lambda *args, **options: both(*args, **options)[1]


def vjp(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple]]:
    """Evaluate a function and return, with its value, the map from cotangents back to its arguments.

    With J the Jacobian, the map takes a cotangent u of the result's shape to J.T @ u, one for each primal. It can be
    called many times.

    Examples
    --------
    >>> value, pullback = vjp(lambda x: x * x, Tensor([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (Tensor([ 2., 40.]),)
    """
    run = Run(function, primals, tuple(range(len(primals))), fused=True)

    def pullback(cotangent: Any) -> tuple:
        return tuple(rebuild(primals, iter(run.pull(leaves(cotangent)))))

    return run.value(), pullback


# ---- forward mode -----------------------------------------------------------------------------------------------


def linearize(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """Evaluate a function and return, with its value, its derivative there as a linear map.

    The map takes one tangent for each primal and returns J @ tangents. It can be called many times: neither the
    function nor its partial derivatives are evaluated again.

    Examples
    --------
    >>> value, derivative = linearize(lambda x: x * x, Tensor([1.0, 2.0]))
    >>> derivative(np.array([1.0, 10.0]))
    Tensor([ 2., 40.])
    """
    run = Run(function, primals, tuple(range(len(primals))), fused=False)
    run.prepare()
    return run.value(), lambda *tangents: _push(run, tangents)


def _push(run: Run, tangents: tuple) -> Any:
    return rebuild(run.result, iter(run.push([t for tangent in tangents for t in leaves(tangent)])))


def jvp(function: Callable[..., Any], primals: tuple, tangents: tuple) -> tuple[Any, Any]:
    """Return the value of a function and its derivative along tangents, J @ tangents, in forward mode.

    Parameters
    ----------
    function : callable
    primals, tangents : tuple
        Arguments and their tangents, of the same structure and shapes.

    Examples
    --------
    >>> jvp(lambda x: x**3, (2.0,), (1.0,))
    (Tensor(8.), Tensor(12.))
    """
    run = Run(function, primals, tuple(range(len(primals))), fused=False)
    return run.value(), _push(run, tangents)
