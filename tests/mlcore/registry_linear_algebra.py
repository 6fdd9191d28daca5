"""The cases of mlcore.autodiff.linear_algebra beyond those that `registry` holds itself; imported by it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from registry import add, normal
from registry_autodiff import case

from mlcore.autodiff import linear_algebra as la

# ---- products of arrays -----------------------------------------------------------------------------------------

PRODUCTS: list[tuple[Any, Any, list[tuple[tuple[int, ...], tuple[int, ...]]]]] = [
    (la.dot, np.dot, [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((), (2, 3)), ((3,), (5, 3, 4))]),
    (la.dot, np.dot, [((2, 3), (5, 3, 4))]),
    (la.inner, np.inner, [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((2, 3), (5, 4, 3)), ((2,), ())]),
    (la.outer, np.outer, [((3,), (2,)), ((2, 2), (3,)), ((), (2,)), ((0,), (2,))]),
    (la.kron, np.kron, [((2,), (3,)), ((2, 2), (2, 3)), ((2,), (2, 3)), ((2, 2), (2,)), ((), (2, 1))]),
    (la.kron, np.kron, [((2, 1, 2), (2, 2))]),
    (la.cross, np.cross, [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (2, 3)), ((1, 3), (4, 3))]),
]
for function, reference, shapes in PRODUCTS:
    for first, second in shapes:
        case(function.__name__, f"{first},{second}", function, (normal(*first), normal(*second)), reference)
for first, second, axes in [
    ((2, 3, 4), (3, 4, 5), 2),
    ((2, 3), (4, 5), 0),
    ((2, 3, 4), (4, 3, 2), ((0, 1), (2, 1))),
    ((2, 3), (3, 2), (1, 0)),
    ((2, 3), (3, 2), ((-1,), (0,))),
    ((2, 3), (2, 3), 2),
    ((2, 0), (0, 3), 1),
]:
    case(
        "tensordot",
        f"{first},{second},{axes}",
        partial(la.tensordot, axes=axes),
        (normal(*first), normal(*second)),
        partial(np.tensordot, axes=axes),
    )
for subscripts, *shapes in [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ij->ji", (2, 3)),
    ("ij->j", (2, 3)),
    ("ij->", (2, 3)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("iij->j", (2, 2, 3)),
    ("iii->i", (2, 2, 2)),
    ("i,i", (3,), (3,)),
    ("i,j->ij", (3,), (2,)),
    ("i,j->", (3,), (2,)),
    ("ij,ik,il->jkl", (2, 3), (2, 2), (2, 4)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("...ij,...jk->...ik", (2, 2, 3), (3, 2)),
    ("...i,i...->...", (2, 3), (3, 2)),
    ("i...,i...", (3, 2), (3, 1, 2)),
    ("...", (2, 3)),
    ("ij,ij->ij", (1, 3), (2, 3)),
    ("ij,j->i", (0, 3), (3,)),
    ("ij,i->i", (1, 4), (3,)),
    (",i->i", (), (3,)),
    ("ii,ij->j", (3, 3), (3, 2)),
]:
    case(
        "einsum",
        f"{subscripts},{shapes}",
        partial(la.einsum, subscripts),
        tuple(normal(*shape) for shape in shapes),
        partial(np.einsum, subscripts),
    )

# ---- matrices ---------------------------------------------------------------------------------------------------

for shape, options in [
    ((3, 3), {}),
    ((2, 4), {"offset": 1}),
    ((4, 2), {"offset": -2}),
    ((2, 3, 3), {"axis1": -2, "axis2": -1}),
    ((3, 2, 3), {"offset": 1, "axis1": 2, "axis2": 0}),
    ((0, 3), {}),
]:
    add(la.diagonal, (normal(*shape),), partial(np.diagonal, **options), f"{shape},{options}", **options)
    case(
        "on_diagonal",
        f"{shape},{options}",
        lambda x, o=options, n=shape: la.parts._on_diagonal(x, shape=n, **{"offset": 0, "axis1": 0, "axis2": 1, **o}),
        (np.array(np.diagonal(normal(*shape), **options)),),
        lambda x, o=options, n=shape: _place(x, n, **o),
    )
    case("trace", f"{shape},{options}", partial(la.trace, **options), (normal(*shape),), partial(np.trace, **options))


def _place(x: np.ndarray, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> np.ndarray:
    out = np.zeros(shape)
    places = np.diagonal(np.arange(out.size).reshape(shape), offset, axis1, axis2)
    out.flat[places.ravel()] = x.ravel()
    return out


for shape, offset in [((3,), 0), ((3,), 1), ((2,), -2), ((3, 3), 0), ((2, 4), 1), ((0,), 0)]:
    case("diag", f"{shape},{offset}", partial(la.diag, offset=offset), (normal(*shape),), partial(np.diag, k=offset))
for shape, k in [((3, 3), 0), ((2, 3, 2), 1), ((2, 4), -1), ((0, 2), 0), ((1, 1), 0)]:
    add(la.tril, (normal(*shape),), partial(np.tril, k=k), f"{shape},{k}", k=k)
    add(la.triu, (normal(*shape),), partial(np.triu, k=k), f"{shape},{k}", k=k)


def regular(*shape: int) -> np.ndarray:
    """Draw square matrices far from singular."""
    return normal(*shape) * 0.3 + 2 * np.eye(shape[-1])


for shape in [(3, 3), (1, 1), (2, 3, 3), (2, 1, 2, 2), (0, 2, 2)]:
    add(la.inverse, (regular(*shape),), np.linalg.inv)
    add(la.det, (regular(*shape),), np.linalg.det)
    case("log_absolute_det", shape, lambda x: la.slogdet(x)[1], (regular(*shape),), lambda x: np.linalg.slogdet(x)[1])
    case("logdet", shape, la.logdet, (regular(*shape),), lambda x: np.log(np.linalg.det(x)))
    case(
        "cholesky",
        shape,
        lambda x: la.cholesky(x @ np.swapaxes(x, -1, -2)),
        (regular(*shape),),
        lambda x: np.linalg.cholesky(x @ x.mT),
    )
for first, second in [
    ((3, 3), (3,)),
    ((3, 3), (3, 2)),
    ((2, 3, 3), (2, 3, 2)),
    ((2, 3, 3), (3, 2)),
    ((3, 3), (2, 3, 1)),
    ((1, 1), (1,)),
    ((2, 1, 2, 2), (3, 2, 2)),
    ((2, 3, 3), (3,)),
]:
    case("solve", f"{first},{second}", la.solve, (regular(*first), normal(*second)), np.linalg.solve)
for n in (0, 1, 2, 3, 5, -1, -2):
    case(
        "matrix_power",
        n,
        partial(lambda n, x: la.matrix_power(x, n), n),
        (regular(2, 3, 3) / 2,),
        partial(lambda n, x: np.linalg.matrix_power(x, n), n),
    )


def _symmetric(x: Any) -> Any:
    return x + np.swapaxes(x, -1, -2)


def spread(*shape: int) -> np.ndarray:
    """Draw matrices whose singular values, and those of whose symmetric part, are well apart."""
    x = np.zeros(shape)
    k = min(shape[-2:])
    x[..., np.arange(k), np.arange(k)] = np.arange(1.0, 2 * k, 2)
    return x + 0.1 * normal(*shape)


def growing(*shape: int) -> np.ndarray:
    """Return numbers of which no sum of absolute values ties with another."""
    n = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    return n**1.5 / 8 * (-1) ** n


def _without_signs(vectors: Any) -> Any:
    """Return what of singular or eigenvectors does not depend on their signs."""
    return vectors * vectors[..., :1, :]


for shape in [(3, 3), (1, 1), (2, 3, 3)]:
    case(
        "eigh",
        f"values {shape}",
        lambda x: la.eigh(_symmetric(x))[0],
        (spread(*shape),),
        lambda x: np.linalg.eigvalsh(_symmetric(x)),
    )
    case(
        "eigh",
        f"vectors {shape}",
        lambda x: _without_signs(la.eigh(_symmetric(x))[1]),
        (spread(*shape),),
        lambda x: _without_signs(np.linalg.eigh(_symmetric(x))[1]),
    )
for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2)]:
    add(la.singular_values, (spread(*shape),), partial(np.linalg.svd, compute_uv=False))
    case(
        "svd",
        f"u {shape}",
        lambda x: _without_signs(la.svd(x)[0]),
        (spread(*shape),),
        lambda x: _without_signs(np.linalg.svd(x, full_matrices=False)[0]),
    )
    case("svd", f"s {shape}", lambda x: la.svd(x)[1], (spread(*shape),), lambda x: np.linalg.svd(x, compute_uv=False))
    case(
        "svd",
        f"v {shape}",
        lambda x: _without_signs(la.svd(x)[2].mT),
        (spread(*shape),),
        lambda x: _without_signs(np.linalg.svd(x, full_matrices=False)[2].mT),
    )

for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1)]:
    add(la.pinv, (spread(*shape),), np.linalg.pinv)
    for part, label in enumerate("qr"):
        case(
            "qr",
            f"{label} {shape}",
            lambda x, i=part: la.qr(x)[i],
            (spread(*shape),),
            lambda x, i=part: np.linalg.qr(x)[i],
        )
for first, second in [((3,), (2,)), ((2,), (4,)), ((1,), (1,))]:
    add(la.convolve, (normal(*first), normal(*second)), np.convolve)

for shape, order, axis in [
    ((3, 2), None, None),
    ((3,), None, None),
    ((), None, None),
    ((3, 2), None, 0),
    ((2, 3, 2), None, (0, -1)),
    ((4,), 1, None),
    ((4,), 3, None),
    ((4,), 0.5, None),
    ((4,), -2, None),
    ((4,), np.inf, None),
    ((4,), -np.inf, None),
    ((4,), 0, None),
    ((3, 4), 2, -1),
    ((3, 4), 1.5, 0),
    ((3, 4), "fro", None),
    ((2, 3, 4), "fro", (1, 2)),
    ((3, 4), "nuc", None),
    ((2, 3, 4), "nuc", (0, 2)),
    ((3, 4), 2, None),
    ((3, 4), -2, None),
    ((3, 4), 1, None),
    ((3, 4), -1, (1, 0)),
    ((3, 4), np.inf, None),
    ((2, 3, 4), -np.inf, (-1, 0)),
]:
    for keepdims in (False, True):
        case(
            "norm",
            f"{shape},{order},{axis},{keepdims}",
            partial(la.norm, order=order, axis=axis, keepdims=keepdims),
            (spread(*shape) if order in (2, -2, "nuc") and len(shape) > 1 else growing(*shape),),
            partial(np.linalg.norm, ord=order, axis=axis, keepdims=keepdims),
        )
case("euclidean", "", lambda x: la.norm(x, axis=1), (normal(3, 2),), lambda x: np.linalg.norm(x, axis=1))
add(la.matmul, (normal(5, 5, 0), normal(0, 5)), np.matmul)
add(la.matmul, (normal(0, 5, 2), normal(2, 0)), np.matmul)
