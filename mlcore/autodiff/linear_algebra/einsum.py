"""Einstein's summation: any sum of products, written in letters."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from mlcore.autodiff.linear_algebra.parts import diagonal
from mlcore.autodiff.primitive import Multilinear, declare, unbroadcast, values_of
from mlcore.autodiff.shaping.layout import broadcast_to, transpose
from mlcore.autodiff.tensor import Tensor, TensorLike


class _Einsum(Multilinear):
    """A product of any number of arrays, linear in each. In ``terms`` no letter occurs twice."""

    __slots__ = ()

    def pull(self, node: Tensor, g: Any, needs: Sequence[bool], record: bool) -> list[Any]:
        """Sum the cotangent times the other arrays to the letters of each array in its turn."""
        inputs = node.inputs if record else values_of(node.inputs)
        call = self.apply if record else self.function
        terms, result = node.options["terms"], node.options["result"]
        cotangents: list[Any] = []
        for i, (x, letters, needed) in enumerate(zip(inputs, terms, needs, strict=True)):
            if not needed:
                cotangents.append(None)
                continue
            others = (result, *terms[:i], *terms[i + 1 :])
            found = "".join(a for a in letters if any(a in term for term in others))
            gx = call(g, *inputs[:i], *inputs[i + 1 :], terms=others, result=found)
            if found != letters:  # an axis that was only summed over: the same cotangent all along it
                sizes = iter(gx.shape)
                gx = gx.reshape(tuple(next(sizes) if a in found else 1 for a in letters))
                shape = tuple(n if a not in found else m for a, n, m in zip(letters, x.shape, gx.shape, strict=True))
                gx = broadcast_to(gx, shape=shape)
            cotangents.append(unbroadcast(gx, x.shape))
        return cotangents


def _sum_of_products(*xs: TensorLike, terms: tuple[str, ...], result: str) -> Tensor:
    return np.einsum(f"{','.join(terms)}->{result}", *xs, optimize=len(xs) > 1)


_sum_of_products.__name__ = "einsum"
_einsum = declare(_Einsum(_sum_of_products, (), False, None, None))


def einsum(subscripts: str, *xs: TensorLike) -> Tensor:
    """Multiply arrays and sum, as told by a letter for each axis.

    Letters that are equal are one index; letters that the result does not have are summed over. Without ``->`` the
    result has the letters that occur once, in alphabetical order. ``...`` stands for axes that broadcast.

    Parameters
    ----------
    subscripts : str
        Such as "ij,jk->ik" for a product of matrices, "ii" for a trace, "bij->bji" for transposes.
    *xs : Tensor
        One for each term before ``->``.

    Raises
    ------
    ValueError
        If the subscripts do not fit the arrays.

    Examples
    --------
    >>> einsum("ij,j->i", Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([1.0, 10.0]))
    Tensor([21., 43.])
    """
    xs = tuple(x if isinstance(x, Tensor) else np.asarray(x) for x in xs)
    terms, result = _spell_out(subscripts, [x.ndim for x in xs])
    plain = [_one_of_each(x, letters) for x, letters in zip(xs, terms, strict=True)]
    arrays, terms = [x for x, _ in plain], tuple(letters for _, letters in plain)
    if len(arrays) == 1 and len(result) == len(terms[0]):  # nothing to sum
        return transpose(arrays[0], axes=tuple(terms[0].index(a) for a in result))
    return _einsum(*arrays, terms=terms, result=result)


def _one_of_each(x: Any, letters: str) -> tuple[Any, str]:
    """Take the diagonal for every letter that occurs twice."""
    for letter in dict.fromkeys(letters):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            x = diagonal(x, axis1=first, axis2=second)
            letters = letters[:first] + letters[first + 1 : second] + letters[second + 1 :] + letter
    return x, letters


def _spell_out(subscripts: str, ndims: Sequence[int]) -> tuple[tuple[str, ...], str]:
    """Return the letters of each array and of the result, with letters in place of dots."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum expected {len(terms)} arrays for {subscripts!r}; got {len(ndims)}")
    spare = [a for a in string.ascii_letters if a not in subscripts]
    full, dots = [], ""
    for term, ndim in zip(terms, ndims, strict=True):
        if "..." in term:
            n = ndim - len(term.replace("...", ""))
            letters = "".join(spare[:n][::-1]) if n > 0 else ""  # aligned at the last of the dots
            dots = max(dots, letters, key=len)
            term = term.replace("...", letters)
        if len(term) != ndim:
            raise ValueError(f"einsum expected an array with {len(term)} axes for {term!r}; got {ndim} axes")
        full.append(term)
    if arrow:
        result = right.replace("...", dots)
    else:
        once = left.replace("...", "").replace(",", "")
        result = dots + "".join(sorted(a for a in set(once) if once.count(a) == 1))
    if len(set(result)) != len(result) or not set(result) <= set("".join(full)):
        raise ValueError(f"einsum expected each letter of the result once, and in a term; got {subscripts!r}")
    return tuple(full), result
