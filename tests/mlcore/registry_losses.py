"""Cases of losses for `registry`, which imports this file at its end."""

from __future__ import annotations

import itertools
from functools import partial
from importlib import import_module

import numpy as np
import scipy.special
import scipy.stats
from registry import add, normal, positive
from registry_functions import case

from mlcore import functions as f

_rng = np.random.default_rng(20240503)


def _reduced(losses, reduction):
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](losses)


def _several(function, inputs, losses, label="", name=None, **options):
    """Register a loss with every reduction; ``losses`` gives that of each prediction."""
    for reduction in ("mean", "sum", "none"):
        case(
            name or function.__name__,
            f"{label} {reduction}",
            partial(function, reduction=reduction, **options),
            inputs,
            partial(lambda r, *x: _reduced(losses(*x), r), reduction),
        )


# ---- regression -------------------------------------------------------------------------------------------------

_error = np.array([[0.3, -0.4], [1.7, -2.3]])  # on both sides of 1
_targets = normal(2, 2)
_several(f.mean_squared_error, (normal(2, 2), _targets), lambda p, t: (p - t) ** 2)
_several(f.mean_absolute_error, (_targets + _error, _targets), lambda p, t: np.abs(p - t))
_several(f.huber, (_targets + _error, _targets), lambda p, t: scipy.special.huber(1.0, p - t))
_several(f.huber, (_targets + _error, _targets), lambda p, t: scipy.special.huber(0.5, p - t), "delta", delta=0.5)

# ---- classification ---------------------------------------------------------------------------------------------


def _binary(z, y, weights=1.0, positive=1.0):
    return -weights * (positive * y * np.log(scipy.special.expit(z)) + (1 - y) * np.log(scipy.special.expit(-z)))


_y = np.asarray(_rng.random((3, 2)))
_weights, _positive = np.array([[0.5], [2.0], [1.0]]), np.array([2.0, 3.0])
_several(f.binary_cross_entropy, (normal(3, 2), _y), _binary)
_several(
    f.binary_cross_entropy,
    (normal(3, 2), _y),
    partial(_binary, weights=_weights, positive=_positive),
    "weights",
    "binary_cross_entropy with options",
    weights=_weights,
    positive_weight=_positive,
)
_several(
    f.binary_cross_entropy,
    (np.asarray(0.1 + 0.8 * _rng.random((3, 2))), _y),
    lambda p, y: -y * np.log(p) - (1 - y) * np.log(1 - p),
    "probabilities",
    "binary_cross_entropy with options",
    from_logits=False,
)


def _cross_entropy(log_p, classes, weights, smoothing, ignored, reduction):
    k = log_p.shape[-1]
    w = np.ones(k) if weights is None else weights
    total, of_targets, each = 0.0, 0.0, np.zeros(classes.shape)
    for index in np.ndindex(classes.shape):
        c = classes[index]
        if c == ignored:
            continue
        row = -(1 - smoothing) * w[c] * log_p[index][c] - smoothing / k * np.sum(w * log_p[index])
        each[index], total, of_targets = row, total + row, of_targets + w[c]
    return {"mean": total / of_targets, "sum": total, "none": each}[reduction]


for shape, weights, smoothing, ignored, reduction in itertools.product(
    [(5, 3), (2, 3, 3)], [None, np.array([0.5, 2.0, 1.0])], [0.0, 0.1], [None, 1], ["mean", "sum", "none"]
):
    if shape == (2, 3, 3) and (smoothing or reduction == "sum"):
        continue
    classes = _rng.integers(0, 3, shape[:-1])
    options = {"weights": weights, "ignored": ignored, "reduction": reduction}
    label = f"{shape} {weights is not None} {smoothing} {ignored} {reduction}"
    plain = not smoothing and weights is None and ignored is None and reduction == "mean"
    case(
        "softmax_cross_entropy" if plain else "softmax_cross_entropy with options",
        label,
        partial(lambda c, o, z: f.softmax_cross_entropy(z, c, **o), classes, {**options, "label_smoothing": smoothing}),
        (normal(*shape),),
        partial(
            lambda a, z: _cross_entropy(scipy.special.log_softmax(z, axis=-1), *a),
            (classes, weights, smoothing, ignored, reduction),
        ),
    )
    if not smoothing:
        case(
            "negative_log_likelihood",
            label,
            partial(lambda c, o, z: f.negative_log_likelihood(z, c, **o), classes, options),
            (normal(*shape),),
            partial(lambda a, z: _cross_entropy(z, *a), (classes, weights, 0.0, ignored, reduction)),
        )
for smoothing in (0.0, 0.2):
    case(
        "softmax_cross_entropy with options",
        f"probabilities {smoothing}",
        partial(f.softmax_cross_entropy, label_smoothing=smoothing),
        (normal(4, 3), np.asarray(_rng.dirichlet(np.ones(3), 4))),
        partial(
            lambda s, z, p: -np.mean(np.sum((p * (1 - s) + s / 3) * scipy.special.log_softmax(z, axis=1), axis=1)),
            smoothing,
        ),
    )

# ---- margins ----------------------------------------------------------------------------------------------------

_signs = np.array([1.0, -1.0, 1.0, -1.0])
_scores = np.array([0.3, 0.4, 1.7, -2.3])
for reduction in ("mean", "sum", "none"):
    case(
        "hinge",
        reduction,
        partial(lambda r, s: f.hinge(s, _signs, margin=1.1, reduction=r), reduction),
        (_scores,),
        partial(lambda r, s: _reduced(np.maximum(0, 1.1 - _signs * s), r), reduction),
    )
    case(
        "margin_ranking",
        reduction,
        partial(lambda r, s, t: f.margin_ranking(s, t, _signs, margin=0.1, reduction=r), reduction),
        (_scores, _scores[::-1].copy()),
        partial(lambda r, s, t: _reduced(np.maximum(0, 0.1 - _signs * (s - t)), r), reduction),
    )
_three = np.array([[0.0, 0.3, 2.0], [1.2, 0.1, -3.0]])
case(
    "multiclass_hinge",
    "two rows",
    lambda s: f.multiclass_hinge(s, [0, 2]),
    (_three,),
    lambda s: (
        ((1.0 + s[0, 1] - s[0, 0]) + (1.0 + s[0, 2] - s[0, 0]) + (1 + s[1, 0] - s[1, 2]) + (1 + s[1, 1] - s[1, 2])) / 2
    ),
)
case(
    "multiclass_hinge",
    "margin kept",
    lambda s: f.multiclass_hinge(s, [2, 0], margin=0.5),
    (_three,),
    lambda s: 0 * s.sum(),
)
_data_noise, _noise_noise = -positive(3), -positive(3, 2)
case(
    "noise_contrastive",
    "two samples",
    partial(f.noise_contrastive, data_log_noise=_data_noise, noise_log_noise=_noise_noise),
    (normal(3), normal(3, 2)),
    lambda d, n: (
        -np.mean(
            np.log(np.exp(d) / (np.exp(d) + 2 * np.exp(_data_noise)))
            + np.log(2 * np.exp(_noise_noise) / (np.exp(n) + 2 * np.exp(_noise_noise))).sum(1)
        )
    ),
)

# ---- likelihoods ------------------------------------------------------------------------------------------------

_p = 0.1 + 0.7 * np.asarray(_rng.dirichlet(np.ones(3), 4))
case(
    "kl_divergence",
    "rows",
    f.kl_divergence,
    (normal(4, 3), _p),
    lambda q, p: np.mean(np.sum(p * (np.log(p) - q), axis=1)),
)
_sure = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])
case(
    "kl_divergence",
    "zeros",
    lambda q: f.kl_divergence(q, _sure, reduction="none"),
    (normal(2, 3),),
    lambda q: np.array([-q[0, 0], np.log(0.5) - q[1, :2].mean()]),
)
_several(
    f.gaussian_kl_divergence,
    (normal(3, 2), normal(3, 2)),
    lambda m, v: 0.5 * np.sum(np.exp(v) + m**2 - 1 - v, axis=1),
)
_several(
    f.gaussian_nll,
    (normal(3, 2), normal(3, 2), positive(3, 2)),
    lambda m, y, v: -scipy.stats.norm.logpdf(y, m, np.sqrt(v)),
    full=True,
)
add(
    f.gaussian_nll, (normal(3, 2), normal(3, 2), positive(2)), lambda m, y, v: np.mean(np.log(v) + (m - y) ** 2 / v) / 2
)


def _mixture(z, m, s, y):
    density = scipy.stats.norm.pdf(y[:, None, :], m, np.exp(s)).prod(axis=2)
    return -np.log(np.sum(scipy.special.softmax(z, axis=1) * density, axis=1))


_several(f.mixture_density_nll, (normal(3, 2), normal(3, 2, 2), normal(3, 2, 2), normal(3, 2)), _mixture)
add(
    f.mixture_density_nll,
    (normal(3, 2), normal(3, 2, 2), normal(3, 2, 1), normal(3, 2)),
    lambda z, m, s, y: np.mean(_mixture(z, m, np.broadcast_to(s, m.shape), y)),
)
_several(f.poisson_nll, (normal(3, 2), positive(3, 2)), lambda z, y: np.exp(z) - y * z)
add(
    f.poisson_nll,
    (positive(3, 2), positive(3, 2)),
    lambda r, y: np.mean(r - y * np.log(r + 1e-8)),
    "rates",
    from_log=False,
)

# ---- connectionist temporal classification ----------------------------------------------------------------------


def _read(path, blank):
    """Drop repetitions, then blanks."""
    return [k for i, k in enumerate(path) if k != blank and (i == 0 or path[i - 1] != k)]


def _ctc(log_p, targets, input_lengths, target_lengths, blank):
    """Add up the probabilities of all paths that read as the target."""
    losses = []
    for rows, labels, time, length in zip(log_p, targets, input_lengths, target_lengths, strict=True):
        paths = itertools.product(range(rows.shape[1]), repeat=int(time))
        terms = [
            sum(rows[t, k] for t, k in enumerate(path)) for path in paths if _read(path, blank) == list(labels[:length])
        ]
        losses.append(-scipy.special.logsumexp(terms))
    return np.array(losses)


for label, targets, inputs, lengths, blank in [
    ("all", [[1, 2], [1, 1]], [4, 4], [2, 2], 0),
    ("shorter", [[1, 1], [2, 0]], [4, 2], [2, 1], 0),
    ("empty", [[1, 2], [0, 0]], [3, 3], [2, 0], 0),
    ("last is blank", [[0, 1], [1, 0]], [3, 4], [2, 1], 2),
]:
    options = {"input_lengths": inputs, "target_lengths": lengths, "blank": blank}
    reference = partial(lambda o, t, z: _ctc(scipy.special.log_softmax(z, axis=-1), t, *o.values()), options, targets)
    for reduction, result in [
        ("none", lambda losses, n: losses),
        ("sum", lambda losses, n: losses.sum()),
        ("mean", lambda losses, n: np.mean(losses / np.maximum(n, 1))),
    ]:
        case(
            "ctc loss",
            f"{label} {reduction}",
            partial(lambda t, o, z: f.ctc(z, t, **o), targets, {**options, "reduction": reduction}),
            (normal(2, 4, 3),),
            partial(lambda reference, result, n, z: result(reference(z), n), reference, result, lengths),
        )
    _module = import_module("mlcore.functions.ctc")
    alignment = _module._Alignment((2, 4, 3), np.array(targets), inputs, lengths, blank)
    case(
        "ctc",
        label,
        partial(_module._ctc, alignment=alignment),
        (normal(2, 4, 3),),
        partial(lambda t, a, z: -_ctc(z, t, *a), targets, (inputs, lengths, blank)),
    )
