"""Convolution as layers, for sequences, images and volumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore import functions
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.windows import for_each_axis
from mlcore.layers.initializers import kaiming
from mlcore.layers.module import Module


class _Convolution(Module):
    """What convolutions in one, two and three dimensions share."""

    axes = 0

    def __init__(
        self,
        inputs: int,
        outputs: int,
        window: int | tuple[int, ...],
        *,
        rng: np.random.Generator,
        stride: int | tuple[int, ...] = 1,
        padding: Any = "valid",
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        bias: bool = True,
        initializer: Callable[[tuple[int, ...], np.random.Generator], Any] = kaiming,
    ) -> None:
        if groups < 1 or inputs % groups or outputs % groups:
            raise ValueError(f"expected groups to divide inputs={inputs} and outputs={outputs}; got {groups}")
        window = for_each_axis(window, self.axes, "window")
        self.weight = Tensor(initializer((*window, inputs // groups, outputs), rng), requires_grad=True)
        self.bias = Tensor(np.zeros(outputs, self.weight.dtype), requires_grad=True) if bias else None
        self.options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (batch, *places, inputs) to shape (batch, *positions, outputs)."""
        return functions.convolution(x, self.weight, self.bias, **self.options)


class _TransposedConvolution(Module):
    """What transposed convolutions in one, two and three dimensions share."""

    axes = 0

    def __init__(
        self,
        inputs: int,
        outputs: int,
        window: int | tuple[int, ...],
        *,
        rng: np.random.Generator,
        stride: int | tuple[int, ...] = 1,
        padding: Any = "valid",
        output_padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        bias: bool = True,
        initializer: Callable[[tuple[int, ...], np.random.Generator], Any] = kaiming,
    ) -> None:
        if groups < 1 or inputs % groups or outputs % groups:
            raise ValueError(f"expected groups to divide inputs={inputs} and outputs={outputs}; got {groups}")
        window = for_each_axis(window, self.axes, "window")
        self.weight = Tensor(initializer((*window, outputs // groups, inputs), rng), requires_grad=True)
        self.bias = Tensor(np.zeros(outputs, self.weight.dtype), requires_grad=True) if bias else None
        self.options = {
            "stride": stride,
            "padding": padding,
            "output_padding": output_padding,
            "dilation": dilation,
            "groups": groups,
        }

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (batch, *places, inputs) to shape (batch, *positions, outputs)."""
        return functions.transposed_convolution(x, self.weight, self.bias, **self.options)


class Conv1D(_Convolution):
    """Slide a small kernel over a sequence: the same weights at every place.

    Parameters
    ----------
    inputs, outputs : int
        Number of features in and out.
    window : int or tuple of int
        The size of the kernel.
    rng : numpy.random.Generator
        Where the initial weights come from.
    stride, padding, dilation, groups
        As in `mlcore.functions.convolution`.
    bias : bool
        Whether to add one.
    initializer : callable
        ``initializer(shape, rng)`` returns the initial weight; the bias starts at 0.

    Attributes
    ----------
    weight : Tensor, shape (*window, inputs / groups, outputs)
    bias : Tensor, shape (outputs,), or None

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 9.1.

    Examples
    --------
    >>> layer = Conv1D(3, 4, 5, rng=np.random.default_rng(0), padding="same")
    >>> layer(np.zeros((2, 8, 3), np.float32)).shape
    (2, 8, 4)
    """

    axes = 1


class Conv2D(_Convolution):
    """Slide a small kernel over a image: the same weights at every place.

    Parameters
    ----------
    inputs, outputs : int
        Number of features in and out.
    window : int or tuple of int
        The size of the kernel.
    rng : numpy.random.Generator
        Where the initial weights come from.
    stride, padding, dilation, groups
        As in `mlcore.functions.convolution`.
    bias : bool
        Whether to add one.
    initializer : callable
        ``initializer(shape, rng)`` returns the initial weight; the bias starts at 0.

    Attributes
    ----------
    weight : Tensor, shape (*window, inputs / groups, outputs)
    bias : Tensor, shape (outputs,), or None

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 9.1.

    Examples
    --------
    >>> layer = Conv2D(3, 4, 5, rng=np.random.default_rng(0), padding="same")
    >>> layer(np.zeros((2, 8, 8, 3), np.float32)).shape
    (2, 8, 8, 4)
    """

    axes = 2


class Conv3D(_Convolution):
    """Slide a small kernel over a volume: the same weights at every place.

    Parameters
    ----------
    inputs, outputs : int
        Number of features in and out.
    window : int or tuple of int
        The size of the kernel.
    rng : numpy.random.Generator
        Where the initial weights come from.
    stride, padding, dilation, groups
        As in `mlcore.functions.convolution`.
    bias : bool
        Whether to add one.
    initializer : callable
        ``initializer(shape, rng)`` returns the initial weight; the bias starts at 0.

    Attributes
    ----------
    weight : Tensor, shape (*window, inputs / groups, outputs)
    bias : Tensor, shape (outputs,), or None

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 9.1.

    Examples
    --------
    >>> layer = Conv3D(3, 4, 5, rng=np.random.default_rng(0), padding="same")
    >>> layer(np.zeros((2, 8, 8, 8, 3), np.float32)).shape
    (2, 8, 8, 8, 4)
    """

    axes = 3


class TransposedConv1D(_TransposedConvolution):
    """Spread every place of a sequence over a window of a larger one: a convolution backward.

    Parameters
    ----------
    inputs, outputs : int
        Number of features in and out.
    window : int or tuple of int
        The size of the kernel.
    rng : numpy.random.Generator
        Where the initial weights come from.
    stride, padding, output_padding, dilation, groups
        As in `mlcore.functions.transposed_convolution`.
    bias : bool
        Whether to add one.
    initializer : callable
        ``initializer(shape, rng)`` returns the initial weight; the bias starts at 0.

    Attributes
    ----------
    weight : Tensor, shape (*window, outputs / groups, inputs)
    bias : Tensor, shape (outputs,), or None

    Examples
    --------
    >>> layer = TransposedConv1D(3, 5, 2, rng=np.random.default_rng(0), stride=2)
    >>> layer(np.zeros((2, 4, 3), np.float32)).shape
    (2, 8, 5)
    """

    axes = 1


class TransposedConv2D(_TransposedConvolution):
    """Spread every place of an image over a window of a larger one: a convolution backward.

    Parameters
    ----------
    inputs, outputs : int
        Number of features in and out.
    window : int or tuple of int
        The size of the kernel.
    rng : numpy.random.Generator
        Where the initial weights come from.
    stride, padding, output_padding, dilation, groups
        As in `mlcore.functions.transposed_convolution`.
    bias : bool
        Whether to add one.
    initializer : callable
        ``initializer(shape, rng)`` returns the initial weight; the bias starts at 0.

    Attributes
    ----------
    weight : Tensor, shape (*window, outputs / groups, inputs)
    bias : Tensor, shape (outputs,), or None

    Examples
    --------
    >>> layer = TransposedConv2D(3, 5, 2, rng=np.random.default_rng(0), stride=2)
    >>> layer(np.zeros((2, 4, 4, 3), np.float32)).shape
    (2, 8, 8, 5)
    """

    axes = 2


class TransposedConv3D(_TransposedConvolution):
    """Spread every place of a volume over a window of a larger one: a convolution backward.

    Parameters
    ----------
    inputs, outputs : int
        Number of features in and out.
    window : int or tuple of int
        The size of the kernel.
    rng : numpy.random.Generator
        Where the initial weights come from.
    stride, padding, output_padding, dilation, groups
        As in `mlcore.functions.transposed_convolution`.
    bias : bool
        Whether to add one.
    initializer : callable
        ``initializer(shape, rng)`` returns the initial weight; the bias starts at 0.

    Attributes
    ----------
    weight : Tensor, shape (*window, outputs / groups, inputs)
    bias : Tensor, shape (outputs,), or None

    Examples
    --------
    >>> layer = TransposedConv3D(3, 5, 2, rng=np.random.default_rng(0), stride=2)
    >>> layer(np.zeros((2, 4, 4, 4, 3), np.float32)).shape
    (2, 8, 8, 8, 5)
    """

    axes = 3
