"""Losses: extreme logits, options, wrong inputs, and agreement with PyTorch."""

import itertools

import numpy as np
import pytest

from mlcore import Tensor, functions


def rng():
    return np.random.default_rng(0)


def far(*shape):
    """Logits of 1e4 in either direction, in single precision."""
    return (1e4 * rng().choice([-1.0, 1.0], shape)).astype(np.float32)


EXTREME = {
    "huber": lambda z: functions.huber(z, -z.data),
    "binary_cross_entropy": lambda z: functions.binary_cross_entropy(
        z, np.ones(z.shape), weights=np.ones(z.shape), positive_weight=2.0
    ),
    "softmax_cross_entropy smoothed": lambda z: functions.softmax_cross_entropy(
        z, np.zeros(len(z), int), label_smoothing=0.1, weights=np.ones(z.shape[1])
    ),
    "softmax_cross_entropy probabilities": lambda z: functions.softmax_cross_entropy(z, np.full(z.shape, 0.25)),
    "hinge": lambda z: functions.hinge(z, np.ones(z.shape)),
    "multiclass_hinge": lambda z: functions.multiclass_hinge(z, np.zeros(len(z), int)),
    "kl_divergence": lambda z: functions.kl_divergence(functions.log_softmax(z), np.full(z.shape, 0.25)),
    "gaussian_nll": lambda z: functions.gaussian_nll(z, -z.data, np.ones(z.shape, np.float32)),
    "mixture_density_nll": lambda z: functions.mixture_density_nll(
        z, z.reshape((*z.shape, 1)), 0 * z.reshape((*z.shape, 1)), np.zeros((len(z), 1))
    ),
    "ctc": lambda z: functions.ctc(z.reshape((1, *z.shape)), [[1, 2]]),
    "noise_contrastive": lambda z: functions.noise_contrastive(
        z[:, 0], z[:, 1:], data_log_noise=np.zeros(len(z)), noise_log_noise=np.zeros((len(z), z.shape[1] - 1))
    ),
    "margin_ranking": lambda z: functions.margin_ranking(z, -z, np.ones(z.shape)),
}


@pytest.mark.parametrize("name", EXTREME)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_losses_and_their_gradients_are_finite_for_extreme_logits(name):
    z = Tensor(far(6, 4), requires_grad=True)
    loss = EXTREME[name](z)
    assert loss.dtype == np.float32
    assert np.isfinite(loss.item())
    loss.backward()
    assert z.grad.dtype == np.float32
    assert np.isfinite(z.grad).all()


def test_ignored_rows_and_classes_of_no_weight_count_nothing():
    z = Tensor(rng().standard_normal((4, 3)), requires_grad=True)
    loss = functions.softmax_cross_entropy(z, np.array([0, -100, 2, -100]), ignored=-100)
    expected = functions.softmax_cross_entropy(z.data[[0, 2]], np.array([0, 2]))
    assert loss.item() == pytest.approx(float(expected))
    loss.backward()
    assert not z.grad[[1, 3]].any()
    weighted = functions.softmax_cross_entropy(z.data, np.array([0, 1, 2, 1]), weights=[1.0, 0.0, 1.0])
    assert float(weighted) == pytest.approx(float(expected))


def test_smoothing_all_of_a_label_asks_for_equal_probabilities():
    z = np.zeros((2, 5))
    assert functions.softmax_cross_entropy(z, [1, 2], label_smoothing=1.0) == pytest.approx(np.log(5))


def test_a_sequence_too_long_for_its_time_is_impossible():
    z = Tensor(rng().standard_normal((2, 3, 4)), requires_grad=True)
    targets = [[1, 1, 1], [1, 2, 3]]  # three equal labels need two blanks between them
    loss = functions.ctc(z, targets, reduction="none")
    assert loss.data[0] == np.inf
    assert np.isfinite(loss.data[1])
    loss = functions.ctc(z, targets, zero_infinity=True, reduction="sum")
    loss.backward()
    assert not z.grad[0].any()
    assert z.grad[1].any()


def test_long_sequences_do_not_underflow():
    z = Tensor(np.zeros((1, 400, 30), np.float32), requires_grad=True)
    loss = functions.ctc(z, np.arange(1, 30)[None].repeat(5, axis=1), reduction="sum")
    loss.backward()
    assert np.isfinite(loss.item())
    np.testing.assert_allclose(z.grad.sum(axis=2), 0, atol=1e-3)  # probabilities add up to 1 whatever is said


def test_noise_contrastive_estimation_finds_the_normalizer():
    """A model with a free constant, trained against uniform noise, comes to add up to 1."""
    scores = Tensor(np.zeros(3), requires_grad=True)
    truth, noise = np.array([0.5, 0.3, 0.2]), np.full(3, 1 / 3)
    generator = rng()
    for _ in range(400):
        data, other = generator.choice(3, 500, p=truth), generator.choice(3, (500, 2), p=noise)
        loss = functions.noise_contrastive(
            scores[data], scores[other], data_log_noise=np.log(noise[data]), noise_log_noise=np.log(noise[other])
        )
        scores.grad = None
        loss.backward()
        scores.data -= 0.5 * scores.grad
        scores.mark_changed()
    np.testing.assert_allclose(np.exp(scores.data), truth, atol=0.03)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: functions.huber(np.ones(3), np.ones((3, 1))), ValueError, "expected targets of the predictions'"),
        (lambda: functions.mean_squared_error([1.0], [1.0], reduction="all"), ValueError, "'mean', 'sum' or 'none'"),
        (lambda: functions.softmax_cross_entropy(np.ones((2, 3)), [0, 7], ignored=-1), ValueError, "from 0 to 2"),
        (lambda: functions.softmax_cross_entropy(np.ones((2, 3)), [0, 1], weights=[1.0]), ValueError, r"weights of sh"),
        (lambda: functions.softmax_cross_entropy(np.ones((2, 3)), [0, 1], label_smoothing=2), ValueError, "from 0 to"),
        (lambda: functions.hinge(np.ones(3), np.ones(2)), ValueError, "expected targets"),
        (lambda: functions.margin_ranking(np.ones(3), np.ones(1), np.ones(3)), ValueError, "scores of one shape"),
        (lambda: functions.gaussian_nll(np.ones(2), np.ones(2), -np.ones(2)), ValueError, "predict their logarithm"),
        (lambda: functions.ctc(np.ones((2, 3)), [[1]]), ValueError, r"\(batch, time, classes\)"),
        (lambda: functions.ctc(np.ones((1, 3, 4)), [[4]]), ValueError, "targets from 0 to 3"),
        (lambda: functions.ctc(np.ones((1, 3, 4)), [[1]], input_lengths=[4]), ValueError, "input_lengths"),
        (lambda: functions.mixture_density_nll(*[np.ones((2, 3))] * 4), ValueError, r"means \(n, k, d\)"),
    ],
)
def test_wrong_inputs_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---- PyTorch as an independent witness --------------------------------------------------------------------------


def _agree(ours, theirs, *inputs):
    torch = pytest.importorskip("torch")
    mine = [Tensor(x, requires_grad=True) for x in inputs]
    other = [torch.tensor(x, requires_grad=True) for x in inputs]
    loss, expected = ours(*mine), theirs(*other)
    np.testing.assert_allclose(loss.data, expected.detach().numpy(), rtol=1e-10, atol=1e-10)
    g = rng().standard_normal(loss.shape)
    loss.backward(g)
    expected.backward(torch.tensor(g))
    for x, y in zip(mine, other, strict=True):
        np.testing.assert_allclose(x.grad, y.grad.numpy(), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_agree_with_pytorch(reduction):
    torch = pytest.importorskip("torch")
    from torch.nn import functional as other

    tensor, generator, options = torch.tensor, rng(), {"reduction": reduction}
    p, t = generator.standard_normal((2, 5, 3))
    _agree(
        lambda p, t: functions.huber(p, t, delta=0.7, **options),
        lambda p, t: other.huber_loss(p, t, delta=0.7, **options),
        p,
        t,
    )
    y, w, positive = generator.random((5, 3)), generator.random((5, 3)), np.array([2.0, 0.5, 1.0])
    _agree(
        lambda p: functions.binary_cross_entropy(p, y, weights=w, positive_weight=positive, **options),
        lambda p: other.binary_cross_entropy_with_logits(
            p, tensor(y), tensor(w), pos_weight=tensor(positive), **options
        ),
        p,
    )
    _agree(
        lambda p: functions.binary_cross_entropy(p, y, weights=w, from_logits=False, **options),
        lambda p: other.binary_cross_entropy(p, tensor(y), tensor(w), **options),
        generator.random((5, 3)),
    )
    signs = np.sign(t)
    _agree(
        lambda a, b: functions.margin_ranking(a, b, signs, margin=0.3, **options),
        lambda a, b: other.margin_ranking_loss(a, b, tensor(signs), 0.3, **options),
        p,
        t,
    )
    _agree(
        lambda m, t, v: functions.gaussian_nll(m, t, v, full=True, **options),
        lambda m, t, v: other.gaussian_nll_loss(m, t, v, full=True, **options),
        p,
        t,
        0.1 + y,
    )
    for shape, weights, smoothing, ignored in itertools.product(
        ((5, 4), (2, 3, 4)), (None, generator.random(4)), (0.0, 0.1), (None, 1)
    ):
        z, classes = generator.standard_normal(shape), generator.integers(0, 4, shape[:-1])
        many = {
            "weight": None if weights is None else tensor(weights),
            "ignore_index": -100 if ignored is None else ignored,
            "label_smoothing": smoothing,
        }
        _agree(
            lambda z, c=classes, w=weights, s=smoothing, i=ignored: functions.softmax_cross_entropy(
                z, c, weights=w, label_smoothing=s, ignored=i, **options
            ),
            lambda z, c=classes, m=many: other.cross_entropy(torch.movedim(z, -1, 1), tensor(c), **m, **options),
            z,
        )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_ctc_agrees_with_pytorch(reduction):
    torch = pytest.importorskip("torch")
    generator = rng()
    for _ in range(5):
        labels = generator.integers(1, 5, (4, 3))
        times, lengths = generator.integers(6, 10, 4), generator.integers(0, 4, 4)
        _agree(
            lambda z, t=labels, i=times, n=lengths: functions.ctc(
                z, t, input_lengths=i, target_lengths=n, reduction=reduction
            ),
            lambda z, t=labels, i=times, n=lengths: torch.nn.functional.ctc_loss(
                z.log_softmax(-1).transpose(0, 1), *map(torch.tensor, (t, i, n)), reduction=reduction
            ),
            generator.standard_normal((4, 9, 5)),
        )
