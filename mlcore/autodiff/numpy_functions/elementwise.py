"""Functions on each element by itself that are no ufuncs in NumPy: choices, rounding, real and imaginary parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import elementwise as e
from mlcore.autodiff import shaping as s
from mlcore.autodiff.numpy_functions.table import FUNCTIONS, answers
from mlcore.autodiff.tensor import Tensor, value_of

FUNCTIONS |= {
    np.sinc: e.sinc,
    np.fix: e.trunc,
    np.nan_to_num: lambda x, copy=True, nan=0.0, **infs: e.nan_to_num(x, nan=nan, **infs),
    np.astype: lambda x, dtype: s.astype(x, dtype=np.dtype(dtype)),
    # a Tensor is real
    np.real: lambda val: val,
    np.real_if_close: lambda a, tol=100: a,
}


@answers(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Tensor:
    return e.clip(a, lower=a_min if min is None else min, upper=a_max if max is None else max)


@answers(np.round, np.around)
def _round(a: Any, decimals: int = 0) -> Tensor:
    return e.round(a, decimals=decimals)


@answers(np.where)
def _where(condition: Any, *choices: Any) -> Any:
    if not choices:
        return np.where(value_of(condition))
    return e.where(value_of(condition), *choices)


@answers(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Tensor:
    for condition, choice in zip(condlist[::-1], choicelist[::-1], strict=True):
        default = e.where(value_of(condition), choice, default)
    return default


@answers(np.choose)
def _choose(a: Any, choices: Any) -> Tensor:
    numbers = np.asarray(value_of(a))
    if np.any((numbers < 0) | (numbers >= len(choices))):
        raise ValueError(f"np.choose expected numbers from 0 to {len(choices) - 1}; got {numbers}")
    return _select([numbers == i for i in range(len(choices) - 1)], choices[:-1], choices[-1])
