"""The loss around a point of the space of parameters, in a plane through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlcore.autodiff import no_grad
from mlcore.layers import Module
from mlcore.plotting.axes import VERMILION, add_colorbar, axes_or_new

#: One array for each parameter of a model, of its shape.
Direction = Sequence[np.ndarray]


def plot_loss_landscape(
    loss: Callable[[], Any],
    model: Module,
    *,
    directions: tuple[Direction, Direction] | None = None,
    rng: np.random.Generator | None = None,
    span: float = 1.0,
    steps: int = 25,
    log: bool = False,
    ax: Any = None,
) -> Any:
    """Plot the loss in the plane through a model's parameters w along two directions, loss(w + a u + b v).

    Parameters
    ----------
    loss : callable
        Called without arguments; computes the loss of the model as it is, a number. With dropout or batch
        normalization call ``model.eval()`` first.
    model : Module
        Its parameters are changed on the way and given back as they were.
    directions : (u, v), optional
        Two sequences of arrays, one for each parameter. By default random ones of `random_direction`.
    rng : numpy.random.Generator, optional
        For random directions.
    span : float
        a and b go from -span to span.
    steps : int
        Values of a and of b; the loss is computed steps**2 times. An odd number meets w itself.
    log : bool
        Whether to show the logarithm (base 10) of the loss.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are neither directions nor an ``rng``, or the directions' shapes are not those of the parameters.

    References
    ----------
    Li, Xu, Taylor, Studer and Goldstein (2018), "Visualizing the Loss Landscape of Neural Nets"; Goodfellow, Vinyals
    and Saxe (2015).

    Examples
    --------
    >>> from mlcore.layers import Dense
    >>> model, x = Dense(2, 1, rng=np.random.default_rng(0)), np.ones((4, 2), np.float32)
    >>> ax = plot_loss_landscape(lambda: (model(x) ** 2).mean(), model, rng=np.random.default_rng(1), steps=5)
    >>> ax.get_title()
    'Loss around the parameters'
    """
    parameters = model.parameters()
    if directions is None:
        if rng is None:
            raise ValueError("random directions need a generator: pass rng=np.random.default_rng(seed), or directions")
        directions = random_direction(model, rng), random_direction(model, rng)
    shapes = [p.shape for p in parameters]
    for direction in directions:
        if [np.shape(d) for d in direction] != shapes:
            raise ValueError(f"expected directions of shapes {shapes}; got {[np.shape(d) for d in direction]}")
    offsets = np.linspace(-span, span, steps)
    values = _losses(loss, parameters, directions, offsets)

    ax = axes_or_new(ax, size=(5.6, 4.4))
    shown = np.log10(values) if log else values
    contours = ax.contourf(offsets, offsets, shown, levels=20, cmap="viridis")
    ax.contour(contours, colors="white", linewidths=0.4, alpha=0.6)
    ax.plot(0, 0, "*", color=VERMILION, markeredgecolor="white", markersize=14)
    ax.set(xlabel="step $a$ along $u$", ylabel="step $b$ along $v$", title="Loss around the parameters", aspect="equal")
    ax.locator_params(nbins=5)
    add_colorbar(ax, contours, "$\\log_{10}$ loss" if log else "loss")
    return ax


def random_direction(model: Module, rng: np.random.Generator) -> list[np.ndarray]:
    """Draw a direction in the space of a model's parameters that is as long as they are, unit by unit.

    A normal direction is scaled, for each unit or filter (the last axis of a weight), to the norm of the weights; a
    bias is left where it is. So a step of 1 means the same in every layer, however large its weights are.

    Parameters
    ----------
    model : Module
    rng : numpy.random.Generator

    Returns
    -------
    list of array
        One for each parameter.

    References
    ----------
    Li et al. (2018), section 4, "filter normalization".

    Examples
    --------
    >>> from mlcore.layers import Dense
    >>> model = Dense(9, 2, rng=np.random.default_rng(0))
    >>> weight, bias = random_direction(model, np.random.default_rng(1))
    >>> bool(np.allclose(np.linalg.norm(weight, axis=0), np.linalg.norm(model.weight.data, axis=0))), bias
    (True, array([0., 0.], dtype=float32))
    """
    direction = []
    for parameter in model.parameters():
        if parameter.ndim < 2:
            direction.append(np.zeros_like(parameter.data))
            continue
        d = rng.standard_normal(parameter.shape).astype(parameter.dtype)
        d *= np.linalg.norm(_columns(parameter.data), axis=0) / np.linalg.norm(_columns(d), axis=0)
        direction.append(d)
    return direction


def _columns(array: np.ndarray) -> np.ndarray:
    """View a weight as a matrix with one column for each unit."""
    return array.reshape(-1, array.shape[-1])


def _losses(loss: Any, parameters: list, directions: tuple[Direction, Direction], offsets: np.ndarray) -> np.ndarray:
    """Return loss(w + a u + b v) for all a and b, shape (len(b), len(a)); then put w back."""
    start = [p.data.copy() for p in parameters]
    values = np.empty((len(offsets), len(offsets)))
    try:
        with no_grad():
            for (i, j), _ in np.ndenumerate(values):
                for p, w, u, v in zip(parameters, start, *directions, strict=True):
                    p.data[...] = w + offsets[j] * u + offsets[i] * v
                values[i, j] = float(loss())
    finally:
        for p, w in zip(parameters, start, strict=True):
            p.data[...] = w
    return values
