"""The error function, its complement and its inverse, in NumPy alone.

``erf(x) = 2 / sqrt(pi) * integral of exp(-t**2) from 0 to x``: how much of a Gaussian lies within x of its middle.
Quotients of polynomials approximate it to the last digits of its type.

References
----------
Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mlcore.autodiff.primitive import elementwise
from mlcore.autodiff.tensor import Tensor, TensorLike

_SLOPE = 2 / math.sqrt(math.pi)

# Coefficients of numerators and denominators, highest power first; a denominator's first is 1.
# In float32: erf(x) / x in x**2, for x up to 3.8, where erf rounds to 1.
_SINGLE_P = (
    0.00022905065861350646,
    0.0034082910107109506,
    0.050955695062380861,
    0.18520832239976145,
    1.128379143519084,
)
_SINGLE_Q = (
    -1.1791602954361697e-7,
    0.000023547966471313185,
    0.0010179625278914885,
    0.014070470171167667,
    0.11098505178285362,
    0.49746925110067538,
    1.0,
)
# In float64, by Cody: erf(x) / x in x**2 for x up to 0.5,
_SMALL_P = (
    1.85777706184603153e-1,
    3.16112374387056560e0,
    1.13864154151050156e2,
    3.77485237685302021e2,
    3.20937758913846947e3,
)
_SMALL_Q = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
# erfc(x) * exp(x**2) in x for x from 0.5 to 4,
_MIDDLE_P = (
    2.15311535474403846e-8,
    5.64188496988670089e-1,
    8.88314979438837594e0,
    6.61191906371416295e1,
    2.98635138197400131e2,
    8.81952221241769090e2,
    1.71204761263407058e3,
    2.05107837782607147e3,
    1.23033935479799725e3,
)
_MIDDLE_Q = (
    1.0,
    1.57449261107098347e1,
    1.17693950891312499e2,
    5.37181101862009858e2,
    1.62138957456669019e3,
    3.29079923573345963e3,
    4.36261909014324716e3,
    3.43936767414372164e3,
    1.23033935480374942e3,
)
# and (1 / sqrt(pi) - x * exp(x**2) * erfc(x)) * x**2 in 1 / x**2 for x above 4.
_LARGE_P = (
    1.63153871373020978e-2,
    3.05326634961232344e-1,
    3.60344899949804439e-1,
    1.25781726111229246e-1,
    1.60837851487422766e-2,
    6.58749161529837803e-4,
)
_LARGE_Q = (
    1.0,
    2.56852019228982242e0,
    1.87295284992346725e0,
    5.27905102951428412e-1,
    6.05183413124413191e-2,
    2.33520497626869185e-3,
)


def _polynomial(coefficients: Sequence[float], x: np.ndarray) -> np.ndarray:
    """Evaluate a polynomial by Horner's rule in one array."""
    out = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        out *= x
        out += c
    return out


def _quotient(p: Sequence[float], q: Sequence[float], x: np.ndarray) -> np.ndarray:
    out = _polynomial(p, x)
    out /= _polynomial(q, x)
    return out


def _erf_single(x: np.ndarray) -> np.ndarray:
    """Evaluate erf in float32, in blocks that stay in the cache."""
    flat = x.reshape(-1)
    out = np.empty_like(flat)
    for start in range(0, flat.size, 8192):
        block = np.clip(flat[start : start + 8192], -3.832506856900711, 3.832506856900711)
        quotient = _quotient(_SINGLE_P, _SINGLE_Q, block * block)
        quotient *= block
        np.clip(quotient, -1, 1, out=out[start : start + 8192])
    return out.reshape(x.shape)


def _scaled_erfc(x: np.ndarray) -> np.ndarray:
    """Evaluate exp(x**2) * erfc(x) in float64 for x from 0.5."""
    out = np.empty_like(x)
    middle = x <= 4
    out[middle] = _quotient(_MIDDLE_P, _MIDDLE_Q, x[middle])
    large = x[~middle]
    squared = 1 / (large * large)
    out[~middle] = (1 / math.sqrt(math.pi) - squared * _quotient(_LARGE_P, _LARGE_Q, squared)) / large
    return out


def _exp_of_minus_square(x: np.ndarray) -> np.ndarray:
    """Evaluate exp(-x**2) exactly: x**2 is split, since its rounding error would grow with its size."""
    short = np.trunc(x * 16) / 16
    return np.exp(-short * short) * np.exp(-(x - short) * (x + short))


def _erf_double(x: np.ndarray, *, complement: bool) -> np.ndarray:
    """Evaluate erf or erfc in float64."""
    size = np.abs(x)
    out = np.empty_like(x)
    small = size <= 0.5
    near = x[small]
    near *= _quotient(_SMALL_P, _SMALL_Q, near * near)
    out[small] = 1 - near if complement else near
    far = np.minimum(size[~small], 30.0)  # where erfc is 0 in float64 already
    tail = _scaled_erfc(far) * _exp_of_minus_square(far)
    negative = x[~small] < 0
    if complement:
        out[~small] = np.where(negative, 2 - tail, tail)
    else:
        out[~small] = np.where(negative, tail - 1, 1 - tail)
    out[np.isnan(x)] = np.nan
    return out


def _as_array(x: Any) -> np.ndarray:
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


@elementwise(lambda out, x: _SLOPE * np.exp(-x * x))
def erf(x: TensorLike) -> Tensor:
    """Error function, 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x.

    Exact to 1e-15 of its value in float64 and to 4e-7 in float32.

    Examples
    --------
    >>> erf(Tensor([0.0, 0.5, 10.0]))
    Tensor([0.       , 0.5204999, 1.       ])
    """
    x = _as_array(x)
    if x.dtype == np.float32:
        return _erf_single(x)
    return _erf_double(x.astype(np.float64, copy=False), complement=False).astype(x.dtype, copy=False)


@elementwise(lambda out, x: -_SLOPE * np.exp(-x * x))
def erfc(x: TensorLike) -> Tensor:
    """Complement of the error function, 1 - erf(x), exact also where it is tiny.

    Examples
    --------
    >>> erfc(Tensor([0.0, 0.5]))
    Tensor([1.        , 0.47950011])
    """
    x = _as_array(x)
    return _erf_double(x.astype(np.float64, copy=False), complement=True).astype(x.dtype, copy=False)


@elementwise(lambda out, x: np.exp(out * out) / _SLOPE)
def erfinv(x: TensorLike) -> Tensor:
    """Inverse of the error function, for x from -1 to 1.

    References
    ----------
    Giles, "Approximating the erfinv function", GPU Computing Gems (2011), here followed by steps of Halley's method.

    Examples
    --------
    >>> erfinv(Tensor([0.0, 0.5, 1.0]))
    Tensor([0.        , 0.47693628,        inf])
    """
    given = _as_array(x)
    x = given.astype(np.float64, copy=False).reshape(-1)
    size = np.abs(x)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # A first guess by Winitzki, to three digits: the logarithm of 1 - x**2 alone knows how large the result is.
        log = np.log1p(-x * x)
        half = 2 / (math.pi * 0.147) + log / 2
        out = np.sqrt(np.sqrt(half * half - log / 0.147) - half)
        for _ in range(3):
            # with f = erf(out) - x and f'' / f' = -2 out; towards 1 the complements keep the digits
            error = _erf_double(out, complement=False) - size
            near_one = size > 0.5
            error[near_one] = (1 - size[near_one]) - _erf_double(out[near_one], complement=True)
            step = error / (_SLOPE * _exp_of_minus_square(out))
            out = out - step / (1 + out * step)
        out = np.copysign(np.where(size == 1, np.inf, out), x)
        out = np.where(size > 1, np.nan, out)
    return out.astype(given.dtype, copy=False).reshape(given.shape)
