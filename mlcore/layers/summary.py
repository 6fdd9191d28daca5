"""The table of a model's layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import no_grad
from mlcore.layers.module import Module


def summarize(model: Module, inputs: Sequence[Any]) -> str:
    """Write the table of `Module.summary`.

    Parameters
    ----------
    model : Module
    inputs : sequence of array or Tensor
        What to call the model with; nothing, to leave the shapes out.

    Returns
    -------
    str
    """
    rows = [(name, module) for name, module in model.named_modules() if is_leaf(module)]
    shapes = _output_shapes(model, inputs) if inputs else {}
    counts = [sum(p.size for p in module.parameters()) for _, module in rows]
    total = sum(p.size for p in model.parameters())
    # What no layer in the table holds: parameters of the modules around them.
    elsewhere = total - sum({id(p): p.size for _, module in rows for p in module.parameters()}.values())
    table = [("layer", "kind", "output", "parameters")]
    for (name, module), count in zip(rows, counts, strict=True):
        table.append((name or "(model)", type(module).__name__, shapes.get(id(module), ""), f"{count:,}"))
    if elsewhere:
        table.append(("(model)", type(model).__name__, shapes.get(id(model), ""), f"{elsewhere:,}"))
    table.append(("total", "", "", f"{total:,}"))
    if not inputs:
        table = [(layer, kind, count) for layer, kind, _, count in table]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for *texts, count in table:
        cells = [text.ljust(width) for text, width in zip(texts, widths, strict=False)]
        lines.append("  ".join([*cells, count.rjust(widths[-1])]))
    return "\n".join(lines)


def is_leaf(module: Module) -> bool:
    """Whether a module holds no other."""
    return sum(1 for _ in module.modules()) == 1


def _output_shapes(model: Module, inputs: Sequence[Any]) -> dict[int, str]:
    """Run the model once and note the shape that every module returns."""
    shapes: dict[int, str] = {}

    def note(module: Module, out: Any) -> None:
        shapes[id(module)] = str(np.shape(out))

    with no_grad():
        run_watched(model, inputs, note)
    return shapes


def run_watched(model: Module, inputs: Sequence[Any], note: Callable[[Module, Any], None]) -> Any:
    """Run the model once as it is used, not trained, and return its output; leave its state and mode as they were.

    Parameters
    ----------
    model : Module
    inputs : sequence of array or Tensor
        What to call the model with.
    note : callable
        Called as ``note(module, out)`` when a module in the model has computed its output; with the first, if it has
        several.
    """
    modules = list(model.modules())
    modes = [module.training for module in modules]
    model.eval()
    try:
        for module in modules:
            _watch(module, note)
        return model(*inputs)
    finally:
        for module, mode in zip(modules, modes, strict=True):
            vars(module).pop("forward", None)
            module.training = mode


def _watch(module: Module, note: Callable[[Module, Any], None]) -> None:
    forward = module.forward

    def watched(*inputs: Any, **options: Any) -> Any:
        out = forward(*inputs, **options)
        note(module, out[0] if isinstance(out, tuple) else out)
        return out

    module.forward = watched
