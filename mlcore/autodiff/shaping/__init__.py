"""Operations that move elements without changing them: all linear, each with its transpose."""

from mlcore.autodiff.shaping.indexing import getitem, replace, scatter, scatter_add, take, take_along_axis
from mlcore.autodiff.shaping.joining import concatenate, split, stack, unstack
from mlcore.autodiff.shaping.layout import (
    astype,
    broadcast_to,
    expand_dims,
    moveaxis,
    ravel,
    reshape,
    squeeze,
    swapaxes,
    transpose,
)
from mlcore.autodiff.shaping.ordering import argsort, sort, topk
from mlcore.autodiff.shaping.rearranging import flip, pad, repeat, roll, tile

__all__ = [
    "argsort",
    "astype",
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "flip",
    "getitem",
    "moveaxis",
    "pad",
    "ravel",
    "repeat",
    "replace",
    "reshape",
    "roll",
    "scatter",
    "scatter_add",
    "sort",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "take",
    "take_along_axis",
    "tile",
    "topk",
    "transpose",
    "unstack",
]
