"""Functions of functions: from a function of Tensors to its derivatives.

Each transform runs the function once, which leaves a graph, and traverses the graph from the variables to the
result (forward) or back (reverse). What comes out are Tensors; they can be differentiated again whenever they depend
on something that requires a gradient, so transforms nest: ``grad(grad(f))``, ``jacobian(grad(f))``.

A variable may be a Tensor, an array, a number, or a list, tuple or dict of these, nested at will.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.autodiff import shaping
from mlcore.autodiff.primitive import multilinear
from mlcore.autodiff.tensor import Tensor, constant, mode, recorded, require_floating
from mlcore.autodiff.traversal import between, forward, require_scalar, reverse

# ---- nested structures ------------------------------------------------------------------------------------------


def _leaves(structure: Any) -> list[Any]:
    """List what a nest of lists, tuples and dicts holds."""
    if isinstance(structure, dict):
        structure = list(structure.values())
    elif not isinstance(structure, (list, tuple)):
        return [structure]
    return [leaf for part in structure for leaf in _leaves(part)]


def _rebuild(structure: Any, leaves: Any) -> Any:
    """Make a nest like ``structure`` from an iterator over its new leaves."""
    if isinstance(structure, dict):
        return {key: _rebuild(part, leaves) for key, part in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(_rebuild(part, leaves) for part in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(_rebuild(part, leaves) for part in structure)
    return next(leaves)


# ---- running a function on variables ----------------------------------------------------------------------------


@multilinear(lambda g, x: g)
def _variable(x: Any) -> Any:
    """Pass a value on unchanged: the place where a derivative with respect to it is taken."""
    return x


class _Run:
    """One evaluation of a function: its variables, its result, and the graph between them."""

    def __init__(self, function: Callable[..., Any], args: tuple, arguments: tuple[int, ...], *, fused: bool) -> None:
        given = [x if isinstance(x, Tensor) else Tensor(x, copy=False) for i in arguments for x in _leaves(args[i])]
        for x in given:
            require_floating(x)
        nested = mode.recording and any(x.requires_grad for x in given)
        with recorded(fused=fused and not nested and mode.fused):
            self.variables = [_variable(x) if x.requires_grad else _leaf(x) for x in given]
            variables, full = iter(self.variables), list(args)
            for i in arguments:
                full[i] = _rebuild(args[i], variables)
            self.result = function(*full)
        self.outputs = _leaves(self.result)
        for output in self.outputs:
            if not isinstance(output, Tensor):
                raise TypeError(f"expected the function to return Tensors; got {type(output).__name__}")
        reached = [output for output in self.outputs if output.requires_grad]
        self.nodes, others = between(self.variables, reached)
        self.record = mode.recording and (nested or others)

    def value(self) -> Any:
        """Return the result without the graph of this run, unless something outside depends on it."""
        return _rebuild(self.result, iter([o if self.record else o.detach() for o in self.outputs]))

    def pull(self, cotangents: list[Any]) -> list[Tensor]:
        """Carry one cotangent for each output back to the variables."""
        record = self.record or (mode.recording and any(isinstance(g, Tensor) and g.requires_grad for g in cotangents))
        start: dict[int, Any] = {}
        for output, g in zip(self.outputs, cotangents, strict=True):
            if output.order in self.nodes:
                g = _like(g, output, record)
                start[output.order] = start[output.order] + g if output.order in start else g
        stops = {x.order for x in self.variables}
        arrived, owned = reverse(self.nodes, start, stops, record=record)
        return [_finish(arrived.get(x.order), x, x.order in owned) for x in self.variables]

    def push(self, tangents: list[Any]) -> list[Tensor]:
        """Carry one tangent for each variable forward to the outputs."""
        record = self.record or (mode.recording and any(isinstance(t, Tensor) and t.requires_grad for t in tangents))
        start = {x.order: _like(t, x, record) for x, t in zip(self.variables, tangents, strict=True)}
        arrived = forward(self.nodes, start, record=record)
        return [_finish(arrived.get(output.order), output, False) for output in self.outputs]


def _leaf(x: Tensor) -> Tensor:
    leaf = constant(x.data)
    leaf.requires_grad = True
    return leaf


def _like(value: Any, x: Tensor, record: bool) -> Any:
    """Give a tangent or cotangent the type of the Tensor that it belongs to, and check its shape."""
    array = np.asarray(value, dtype=x.dtype)
    if array.shape != x.shape:
        raise ValueError(f"expected a vector of shape {x.shape}, that of its Tensor; got {array.shape}")
    if not record:
        return array
    return value if isinstance(value, Tensor) else constant(array)


def _finish(derivative: Any, x: Tensor, owned: bool) -> Tensor:
    """Make a derivative a Tensor of its own: zeros where there is none, no memory shared with a vector passed in."""
    if derivative is None:
        return constant(np.zeros(x.shape, x.dtype))
    if isinstance(derivative, Tensor):
        return derivative
    return constant(derivative if owned else np.array(derivative))


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

    def differentiated(*args: Any) -> Any:
        run = _Run(function, args, arguments, fused=True)
        require_scalar(run.result, "grad")
        gradients = iter(run.pull([np.ones(run.result.shape)]))
        parts = tuple(_rebuild(args[i], gradients) for i in arguments)
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
    return lambda *args: both(*args)[1]


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
    run = _Run(function, primals, tuple(range(len(primals))), fused=True)

    def pullback(cotangent: Any) -> tuple:
        return tuple(_rebuild(primals, iter(run.pull(_leaves(cotangent)))))

    return run.value(), pullback


# ---- forward mode -----------------------------------------------------------------------------------------------


def linearize(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """Evaluate a function and return, with its value, its derivative there as a linear map.

    The map takes one tangent for each primal and returns J @ tangents. It can be called many times, and the function
    is not evaluated again.

    Examples
    --------
    >>> value, derivative = linearize(lambda x: x * x, Tensor([1.0, 2.0]))
    >>> derivative(np.array([1.0, 10.0]))
    Tensor([ 2., 40.])
    """
    run = _Run(function, primals, tuple(range(len(primals))), fused=False)

    def derivative(*tangents: Any) -> Any:
        return _rebuild(run.result, iter(run.push([t for tangent in tangents for t in _leaves(tangent)])))

    return run.value(), derivative


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
    value, derivative = linearize(function, *primals)
    return value, derivative(*tangents)


# ---- matrices of derivatives ------------------------------------------------------------------------------------


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

    def differentiated(*args: Any) -> Tensor:
        run = _Run(function, args, (argument,), fused=False)
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
    argument = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(function, argument), primals, tangents)[1]
