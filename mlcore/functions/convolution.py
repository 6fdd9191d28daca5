"""Convolution in any number of dimensions: the same small kernel at every place.

Convolution is linear in the input and in the kernel. Its derivatives are sums over the same products of an input, a
kernel entry and an output, with another of the three left out; so three primitives, each the transpose of the others,
give every derivative of every order, and the second of them is the transposed convolution.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.primitive import multilinear
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions import convolution_kernels as kernels
from mlcore.functions.dense import row_of_ones
from mlcore.functions.windows import Geometry, for_each_axis, geometry

# ---- the three primitives ---------------------------------------------------------------------------------------


@multilinear(
    lambda g, x, w, *, geometry: _correlate_input(g, w, geometry=geometry, places=tuple(x.shape[1:-1])),
    lambda g, x, w, *, geometry: _correlate_weight(x, g, geometry=geometry, window=tuple(w.shape[:-2])),
)
def _correlate(x: TensorLike, w: TensorLike, *, geometry: Geometry) -> Tensor:
    return kernels.correlate(x, w, geometry)


@multilinear(
    lambda g, y, w, *, geometry, places: _correlate(g, w, geometry=geometry),
    lambda g, y, w, *, geometry, places: _correlate_weight(g, y, geometry=geometry, window=tuple(w.shape[:-2])),
)
def _correlate_input(y: TensorLike, w: TensorLike, *, geometry: Geometry, places: tuple[int, ...]) -> Tensor:
    return kernels.correlate_input(y, w, geometry, places)


@multilinear(
    lambda g, x, y, *, geometry, window: _correlate_input(y, g, geometry=geometry, places=tuple(x.shape[1:-1])),
    lambda g, x, y, *, geometry, window: _correlate(x, g, geometry=geometry),
)
def _correlate_weight(x: TensorLike, y: TensorLike, *, geometry: Geometry, window: tuple[int, ...]) -> Tensor:
    return kernels.correlate_weight(x, y, geometry, window)


# ---- convolution ------------------------------------------------------------------------------------------------


def _convolution_kernel(x: np.ndarray, weight: np.ndarray, bias: Any, *, geometry: Geometry) -> tuple[np.ndarray, Any]:
    def pullback(g: np.ndarray, needs: Any) -> tuple[Any, Any, Any]:
        gx = g_weight = g_bias = None
        if needs[0] and needs[1]:
            gx, g_weight = kernels.correlate_both(x, weight, g, geometry)
        elif needs[0]:
            gx = kernels.correlate_input(g, weight, geometry, x.shape[1:-1])
        elif needs[1]:
            g_weight = kernels.correlate_weight(x, g, geometry, weight.shape[:-2])
        if needs[2]:
            rows = g.reshape(-1, weight.shape[-1])
            g_bias = np.dot(row_of_ones(len(rows), g.dtype), rows)
        return gx, g_weight, g_bias

    return kernels.correlate(x, weight, geometry, bias), pullback


@fused(_convolution_kernel)
def _convolution(x: TensorLike, weight: TensorLike, bias: Any, *, geometry: Geometry) -> Tensor:
    out = _correlate(x, weight, geometry=geometry)
    return out if bias is None else out + bias


def _check(x: Any, weight: Any, bias: Any, groups: int, transposed: bool) -> None:
    name = "kernel of shape (*window, in, out)"
    if weight.ndim < 3 or x.ndim != weight.ndim:
        raise ValueError(
            f"expected x of shape (batch, *places, in) and a {name} with as many axes; got {x.shape} and {weight.shape}"
        )
    inner, outer = (weight.shape[-1], weight.shape[-2]) if transposed else (weight.shape[-2], weight.shape[-1])
    if groups < 1 or (weight.shape[-1] % groups):
        raise ValueError(f"expected groups to divide the {weight.shape[-1]} features last in weight; got {groups}")
    expected = inner if transposed else inner * groups
    if x.shape[-1] != expected:
        raise ValueError(f"expected x with {expected} features to match weight {weight.shape}; got {x.shape}")
    features = outer * groups if transposed else outer
    if bias is not None and tuple(bias.shape) != (features,):
        raise ValueError(f"expected bias of shape ({features},) to match weight {weight.shape}; got {bias.shape}")


def _array(x: Any) -> Any:
    return x if x is None or isinstance(x, Tensor) else np.asarray(x)


def convolution(
    x: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Any = "valid",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor:
    """Slide a kernel over the places of x, in one, two, three or more dimensions.

    ``out[n, p, o] = bias[o] + sum over taps t and features i of x[n, stride * p + dilation * t, i] * weight[t, i, o]``.
    As everywhere in deep learning the kernel is not turned around, so that a mathematician would say cross-correlation.

    Parameters
    ----------
    x : Tensor, shape (batch, *places, in)
        For images (batch, height, width, in).
    weight : Tensor, shape (*window, in / groups, out)
    bias : Tensor, shape (out,), optional
    stride : int or tuple of int
        How far the kernel moves.
    padding : str, int, or a tuple of int or of pairs
        ``"valid"`` for none, ``"same"`` for ceil(places / stride) outputs (``"same_lower"`` if an odd zero goes
        before, not after), ``"full"`` for every output that any input touches, ``"causal"`` for outputs that never
        look ahead, a number of zeros for both sides of each axis, or a pair for each axis.
    dilation : int or tuple of int
        The distance between neighbouring taps.
    groups : int
        In how many groups the features are split; each output sees the inputs of its own group.

    Returns
    -------
    Tensor, shape (batch, *positions, out)
        With (places + padding - dilation * (window - 1) - 1) // stride + 1 positions along each axis.

    Raises
    ------
    ValueError
        If shapes do not fit, or the kernel is larger than the padded input.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, sections 9.1 and 9.5.

    Examples
    --------
    >>> x = Tensor([[[1.0], [2.0], [4.0]]])
    >>> difference = Tensor([[[-1.0]], [[1.0]]])
    >>> convolution(x, difference)
    Tensor([[[1.],
             [2.]]])
    """
    x, weight, bias = _array(x), _array(weight), _array(bias)
    _check(x, weight, bias, groups, transposed=False)
    made = geometry(tuple(x.shape[1:-1]), tuple(weight.shape[:-2]), stride, padding, dilation, groups)
    return _convolution(x, weight, bias, geometry=made)


def transposed_convolution(
    x: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Any = "valid",
    output_padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor:
    """Add every input times the kernel to the places that a convolution would have computed it from.

    The transpose of `convolution` in its input: from its outputs' shape back to its inputs' shape, with stride s about
    s times as many places. The kernel is that of the convolution, so its last axis belongs to x here.

    Parameters
    ----------
    x : Tensor, shape (batch, *places, in)
    weight : Tensor, shape (*window, out / groups, in)
    bias : Tensor, shape (out,), optional
    stride, dilation : int or tuple of int
    padding : str, int, or a tuple of int or of pairs
        The padding of the convolution: so many places are left out at both sides of each axis. ``"same"`` leaves
        places * stride.
    output_padding : int or tuple of int
        How many places to add at the end of each axis, where a stride leaves several lengths possible; less than the
        stride or the dilation.
    groups : int

    Returns
    -------
    Tensor, shape (batch, *positions, out)
        With (places - 1) * stride + dilation * (window - 1) + 1 - padding + output_padding along each axis.

    Raises
    ------
    ValueError
        If shapes do not fit.

    References
    ----------
    Dumoulin and Visin (2016), chapter 4; Goodfellow, Bengio and Courville, *Deep Learning*, section 9.5.

    Examples
    --------
    >>> transposed_convolution(Tensor([[[1.0], [3.0]]]), Tensor([[[1.0]], [[10.0]]]), stride=2).numpy().ravel()
    array([ 1., 10.,  3., 30.], dtype=float32)
    """
    x, weight, bias = _array(x), _array(weight), _array(bias)
    _check(x, weight, bias, groups, transposed=True)
    window, axes = tuple(weight.shape[:-2]), weight.ndim - 2
    extra = for_each_axis(output_padding, axes, "output_padding", least=0)
    steps = Geometry(for_each_axis(stride, axes, "stride"), (), for_each_axis(dilation, axes, "dilation"))
    if any(more >= max(s, d) for more, s, d in zip(extra, steps.stride, steps.dilation, strict=True)):
        raise ValueError(f"expected output_padding less than the stride or the dilation; got {output_padding}")
    reach = [(n - 1) * s + e for n, s, e in zip(x.shape[1:-1], steps.stride, steps.extents(window), strict=True)]
    same = padding in ("same", "same_lower")  # the only padding that depends on how many places there are
    whole = [n * s for n, s in zip(x.shape[1:-1], steps.stride, strict=True)] if same else reach
    given = geometry(tuple(whole), window, stride, padding, dilation, groups)
    left_out = [0] * axes if same else [before + after for before, after in given.pads]
    places = tuple(n - fewer + more for n, fewer, more in zip(whole, left_out, extra, strict=True))
    if min(places) < 1:
        raise ValueError(
            f"expected padding that leaves places; got {places} from x {x.shape} and weight {weight.shape}"
        )
    # What no window reaches at the end is padding below 0.
    pads = tuple((before, r - before - n) for r, (before, _), n in zip(reach, given.pads, places, strict=True))
    out = _correlate_input(x, weight, geometry=given._replace(pads=pads), places=places)
    return out if bias is None else out + bias
