"""Reductions: many numbers become fewer along one axis, several or all; and running reductions, which keep them all.

``axis`` is an int, a tuple of ints, or None for all axes; negative axes count from the end. ``keepdims`` keeps each
reduced axis with length 1.
"""

from mlcore.autodiff.reductions.by_place import scatter_reduce
from mlcore.autodiff.reductions.extremes import argmax, argmin, max, min
from mlcore.autodiff.reductions.log_sum_exp import logsumexp
from mlcore.autodiff.reductions.moments import mean, std, sum, var
from mlcore.autodiff.reductions.products import cumprod, prod
from mlcore.autodiff.reductions.running import cummax, cummin, cumsum, logcumsumexp

__all__ = [
    "argmax",
    "argmin",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "logcumsumexp",
    "logsumexp",
    "max",
    "mean",
    "min",
    "prod",
    "scatter_reduce",
    "std",
    "sum",
    "var",
]
