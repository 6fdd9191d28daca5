"""Histograms, layer by layer: what a network's units say, and what its parameters are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlcore.autodiff import Tensor, no_grad
from mlcore.layers import Module
from mlcore.layers.summary import is_leaf, run_watched
from mlcore.plotting.axes import BLUE, axes_or_new


def plot_activations(model: Module, *inputs: Any, bins: int = 60, ax: Any = None) -> Any:
    """Plot a histogram of what each layer returns, the first layer on top.

    Saturated units pile up at the ends of their range; layer after layer of shrinking histograms is a signal that
    fades. Zeros, such as those of rectified units, are counted in words and left out of the histogram.

    Parameters
    ----------
    model : Module
        Run once, as it is used and not trained, and left as it was.
    *inputs : array or Tensor
        What to call it with: one batch.
    bins : int
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If no layer returns a finite number other than 0.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 11.5; Glorot and Bengio (2010), figure 6.

    Examples
    --------
    >>> from mlcore.layers import Dense, Sequential, Tanh
    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Dense(3, 50, rng=rng), Tanh())
    >>> ax = plot_activations(model, rng.standard_normal((40, 3)))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['layers.0 Dense', 'layers.1 Tanh']
    """
    labels = {id(m): f"{name} {type(m).__name__}" for name, m in model.named_modules() if is_leaf(m)}
    collected: dict[str, list[np.ndarray]] = {label: [] for label in labels.values()}

    def note(module: Module, out: Any) -> None:
        if id(module) in labels:
            collected[labels[id(module)]].append(np.array(out).ravel())

    with no_grad():
        run_watched(model, inputs, note)
    values = {label: np.concatenate(parts) for label, parts in collected.items() if parts}
    visible = {label: v[np.isfinite(v) & (v != 0)] for label, v in values.items()}
    everything = _require_values(visible, "no layer returned a finite number other than 0")
    low, high = np.quantile(everything, [0.001, 0.999])
    notes = [f"std {np.std(v[np.isfinite(v)]):.2g}" + _left_out(v) for v in values.values()]
    ax = _histograms(visible, np.linspace(low, high if high > low else low + 1, bins + 1), notes, ax)
    ax.set(xlabel="activation", title="Activations of each layer")
    return ax


def plot_gradients(model: Module, *, bins: int = 60, ax: Any = None) -> Any:
    """Plot a histogram of the sizes of each parameter's gradient, on a logarithmic axis, the first layer on top.

    To be called after ``loss.backward()``. Beside each histogram stands the ratio of the norms of gradient and
    parameter. Histograms that move left towards the first layer are gradients that vanish, to the right, explode.

    Parameters
    ----------
    model : Module
    bins : int
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If no parameter has a gradient other than 0.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 11.5; Glorot and Bengio (2010), figure 7.

    Examples
    --------
    >>> from mlcore.layers import Dense
    >>> model = Dense(3, 2, rng=np.random.default_rng(0))
    >>> (model(np.ones((4, 3), np.float32)) ** 2).sum().backward()
    >>> ax = plot_gradients(model)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['weight', 'bias']
    """
    parameters = {name: p for name, p in model.named_parameters() if p.grad is not None}
    sizes = {name: np.abs(np.array(p.grad)).ravel() for name, p in parameters.items()}
    visible = {name: g[np.isfinite(g) & (g != 0)] for name, g in sizes.items()}
    everything = _require_values(visible, "no parameter has a gradient other than 0: call loss.backward() first")
    low, high = np.quantile(np.log10(everything), [0.001, 1.0])
    low, high = np.floor(low), np.ceil(high)
    notes = [_ratio(g, parameters[name]) + _left_out(g) for name, g in sizes.items()]
    ax = _histograms(visible, np.logspace(low, high if high > low else low + 1, bins + 1), notes, ax)
    ax.set_xscale("log")
    ax.set(xlabel="size of the gradient |∂loss/∂w|", title="Gradients of each parameter")
    return ax


def _require_values(values: Mapping[str, np.ndarray], otherwise: str) -> np.ndarray:
    """Return all values in one array, or raise if there are none."""
    everything = np.concatenate([np.empty(0), *values.values()])
    if not len(everything):
        raise ValueError(otherwise)
    return everything


def _ratio(gradient: np.ndarray, parameter: Tensor) -> str:
    norm = np.linalg.norm(parameter.data)
    return f"‖g‖/‖w‖ {np.linalg.norm(gradient) / norm:.1e}" if norm else "‖w‖ 0"


def _left_out(values: np.ndarray) -> str:
    """Say which shares of the values a histogram does not show, if there is a percent."""
    shares = {"zeros": np.mean(values == 0), "not finite": 1 - np.mean(np.isfinite(values))}
    return "".join(f", {share:.0%} {name}" for name, share in shares.items() if share > 0.005)


def _histograms(values: Mapping[str, np.ndarray], edges: np.ndarray, notes: list[str], ax: Any) -> Any:
    """Draw one histogram above the other with their names on the left and the notes on the right."""
    ax = axes_or_new(ax, size=(6.0, 1.2 + 0.5 * len(values)))
    baselines = np.arange(len(values))[::-1]
    for v, baseline, note in zip(values.values(), baselines, notes, strict=True):
        counts, _ = np.histogram(v, bins=edges)
        heights = 0.85 * counts / max(counts.max(), 1)
        ax.stairs(baseline + heights, edges, baseline=baseline, fill=True, color=BLUE)
        ax.text(1.02, baseline + 0.3, note, transform=ax.get_yaxis_transform(), va="center", fontsize="small")
    ax.hlines(baselines, edges[0], edges[-1], color="0.7", linewidth=0.8)
    ax.set_yticks(baselines + 0.3, list(values), fontsize="small")
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.set(xlim=(edges[0], edges[-1]), ylim=(-0.1, len(values)))
    return ax
