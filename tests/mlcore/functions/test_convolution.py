"""Convolution and pooling: pieces, padding, ties, wrong shapes, and agreement with PyTorch."""

import itertools
from functools import partial

import numpy as np
import pytest

from mlcore import Tensor, check_gradients, functions, layers
from mlcore.functions import convolution_kernels
from mlcore.functions.windows import geometry


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("numbers", [1, 60, 1 << 19])
def test_pieces_of_any_size_give_the_same(numbers, monkeypatch):
    """Rows are made for a few examples, or for a part of one, at a time."""
    x, w = rng().standard_normal((3, 6, 5, 2)), rng().standard_normal((3, 2, 2, 4))
    results = []
    for pieces in (numbers, 1 << 30):
        monkeypatch.setattr(convolution_kernels, "_PIECE", pieces)
        for stride in (1, 2):
            inputs = [Tensor(a, requires_grad=True) for a in (x, w, np.arange(4.0))]
            out = functions.convolution(*inputs, stride=stride, padding="same")
            out.backward(np.cos(np.arange(out.size)).reshape(out.shape))
            results.append([out.data, *(t.grad for t in inputs)])
    for one, other in zip(results[:2], results[2:], strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("padding", "odd_after"), [("same", True), ("same_lower", False)])
def test_same_padding_gives_as_many_places_as_strides(padding, odd_after):
    for places, window, stride, dilation in itertools.product((5, 6, 7), (1, 2, 3, 5), (1, 2, 3), (1, 2)):
        spec = geometry((places,), (window,), stride, padding, dilation)
        assert spec.positions((places,), (window,)) == (-(-places // stride),)
        before, after = spec.pads[0]
        assert (after - before if odd_after else before - after) in (0, 1)


def test_causal_convolution_never_looks_ahead():
    x, w = rng().standard_normal((1, 7, 2)), rng().standard_normal((3, 2, 4))
    changed = x.copy()
    changed[:, 4:] += 1
    for dilation in (1, 2):
        out, other = (functions.convolution(a, w, padding="causal", dilation=dilation) for a in (x, changed))
        assert out.shape == (1, 7, 4)
        np.testing.assert_array_equal(out[:, :4], other[:, :4])
        assert (out[:, 4] != other[:, 4]).all()


def test_transposed_convolution_with_same_padding_multiplies_the_places_by_the_stride():
    for places, window, stride, padding in itertools.product((1, 3), (1, 2, 3, 5), (1, 2, 3), ("same", "same_lower")):
        y, w = rng().standard_normal((2, places, 3)), rng().standard_normal((window, 2, 3))
        back = functions.transposed_convolution(y, w, stride=stride, padding=padding)
        assert back.shape == (2, places * stride, 2)
        x = rng().standard_normal(back.shape)
        out = functions.convolution(x, w, stride=stride, padding=padding)
        np.testing.assert_allclose(np.vdot(out, y), np.vdot(x, back), rtol=1e-10)


def test_a_transposed_convolution_is_the_transpose():
    """<conv(x), y> = <x, transposed(y)> for every stride, padding and dilation, with the same kernel."""
    for stride, pad, dilation, groups in itertools.product((1, 2, 3), (0, 1), (1, 2), (1, 2)):
        options = {"stride": stride, "padding": pad, "dilation": dilation, "groups": groups}
        x, w = rng().standard_normal((2, 9, 8, 4)), rng().standard_normal((3, 2, 4 // groups, 6))
        out = functions.convolution(x, w, **options)
        y = rng().standard_normal(out.shape)
        left_over = [
            (n + 2 * pad - dilation * (f - 1) - 1) % stride for n, f in zip(x.shape[1:3], w.shape[:2], strict=True)
        ]
        back = functions.transposed_convolution(y, w, output_padding=tuple(left_over), **options)
        assert back.shape == x.shape
        np.testing.assert_allclose(np.vdot(out, y), np.vdot(x, back), rtol=1e-10)


def test_output_padding_shows_more_of_the_end():
    """Padding hides places at both ends; output_padding shows them again, and zeros behind them."""
    x, w = rng().standard_normal((2, 3, 2)), rng().standard_normal((3, 1, 2))
    for stride, dilation in ((1, 3), (2, 4)):
        options = {"stride": stride, "dilation": dilation}
        whole = np.pad(functions.transposed_convolution(x, w, **options), [(0, 0), (0, 3), (0, 0)])
        for more in range(max(stride, dilation)):
            spread = partial(functions.transposed_convolution, padding=1, output_padding=more, **options)
            np.testing.assert_allclose(spread(x, w), whole[:, 1 : len(whole[0]) - 4 + more], atol=1e-12)
            check_gradients(spread, x, w, order=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: functions.convolution(np.ones((2, 5, 3)), np.ones((3, 4, 2))), r"x with 4 features to match weight"),
        (lambda: functions.convolution(np.ones((5, 3)), np.ones((3, 3, 2))), "with as many axes"),
        (lambda: functions.convolution(np.ones((2, 5, 3)), np.ones((6, 3, 2))), "to hold a window of"),
        (lambda: functions.convolution(np.ones((2, 5, 3)), np.ones((3, 3, 2)), np.ones(3)), r"bias of shape \(2,\)"),
        (lambda: functions.convolution(np.ones((2, 5, 4)), np.ones((3, 2, 3)), groups=2), "groups to divide the 3"),
        (lambda: functions.convolution(np.ones((2, 5, 3)), np.ones((3, 3, 2)), padding="some"), "'valid', 'same'"),
        (lambda: functions.convolution(np.ones((2, 5, 3)), np.ones((3, 3, 2)), stride=0), "stride as an int"),
        (lambda: functions.convolution(np.ones((2, 5, 3)), np.ones((3, 3, 2)), stride=(1, 1)), "stride as an int"),
        (lambda: layers.Conv2D(3, 4, 5, rng=rng(), groups=2), "groups to divide inputs=3"),
        (lambda: functions.max_pool(np.ones((2, 5)), 2), r"x of shape \(batch, \*places, features\)"),
        (lambda: functions.max_pool(np.ones((2, 3, 1)), 4), "to hold a window of"),
        (lambda: functions.transposed_convolution(np.ones((1, 2, 1)), np.ones((2, 1, 1)), output_padding=1), "output_"),
        (lambda: functions.transposed_convolution(np.ones((1, 1, 1)), np.ones((2, 1, 1)), padding=1), "leaves places"),
        (lambda: functions.max_unpool(np.ones((1, 2, 1)), np.ones((1, 1, 1), int), places=(4,)), "indices of the same"),
        (lambda: functions.max_unpool(np.ones((1, 1, 1)), np.full((1, 1, 1), 4), places=(4,)), "from 0 to 3; got 4"),
    ],
)
def test_shapes_that_do_not_fit_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_of_elements_that_tie_exactly_one_gets_the_derivative():
    for window, stride in ((2, 2), (3, 3), (3, 1), (2, 1)):
        x = Tensor(np.zeros((1, 6, 6, 2)), requires_grad=True)
        out = functions.max_pool(x, window, stride=stride)
        out.sum().backward()
        assert x.grad.sum() == out.size
        if stride == window:
            assert set(np.unique(x.grad)) == {0.0, 1.0}


def test_indices_say_where_the_largest_numbers_were():
    x = np.array([[0.0, 2.0, 1.0, 5.0], [2.0, 0.0, 5.0, 1.0], [3.0, 3.0, 0.0, 7.0]])[None, :, :, None]
    values, indices = functions.max_pool(x, 2, ceil_mode=True, return_indices=True)
    assert values[0, :, :, 0].tolist() == [[2, 5], [3, 7]]
    assert indices[0, :, :, 0].tolist() == [[1, 3], [8, 11]]  # of numbers that tie, the first in the order of places
    back = functions.max_unpool(values, indices, places=(3, 4))
    assert back[0, :, :, 0].tolist() == [[0, 2, 0, 5], [0, 0, 0, 0], [3, 0, 0, 7]]


def test_unpooling_is_the_transpose_of_pooling():
    x = Tensor(rng().standard_normal((2, 5, 6, 3)), requires_grad=True)
    pooled, indices = functions.max_pool(x, 3, stride=2, padding=1, return_indices=True)
    np.testing.assert_array_equal(pooled.data, functions.max_pool(x.data, 3, stride=2, padding=1))
    g = rng().standard_normal(pooled.shape)
    pooled.backward(g)
    np.testing.assert_allclose(functions.max_unpool(g, indices, places=(5, 6)), x.grad, rtol=1e-12)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_the_norm_of_a_window_of_zeros_has_a_derivative():
    for p in (1.0, 2.0, 3.0):
        x = Tensor([[[0.0], [0.0], [3.0], [4.0]]], requires_grad=True)
        functions.lp_pool(x, 2, p=p).sum().backward()
        assert not x.grad[0, :2].any()
        assert (x.grad[0, 2:] > 0).all()


def test_padding_never_wins():
    out = functions.max_pool(np.full((1, 4, 4, 1), -5.0), 3, stride=2, padding=1)
    assert (out == -5).all()


def test_a_small_network_learns_which_way_a_stripe_runs():
    from mlcore.optimizers import Adam

    generator = rng()
    model = layers.Sequential(
        layers.Conv2D(1, 4, 3, rng=generator, padding="same"),
        layers.ReLU(),
        layers.MaxPool(2),
        layers.GlobalAveragePool(),
        layers.Dense(4, 2, rng=generator),
    )
    optimizer = Adam(model.parameters(), learning_rate=0.03)
    for _ in range(120):
        y = generator.integers(0, 2, 32)
        x = 0.3 * generator.standard_normal((32, 8, 8, 1)).astype(np.float32)
        for i, row in enumerate(generator.integers(0, 8, 32)):
            x[(i, row) if y[i] else (i, slice(None), row)] += 1
        loss = functions.softmax_cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.2


# ---- PyTorch as an independent witness --------------------------------------------------------------------------


def _last(x):
    return np.moveaxis(x.detach().numpy(), 1, -1)


def _agree(ours, theirs, x, weights=()):
    """Compare a function and its gradients; ``weights`` are pairs of ours and theirs."""
    torch = pytest.importorskip("torch")
    mine = Tensor(x, requires_grad=True)
    other = torch.tensor(np.moveaxis(x, -1, 1).copy(), requires_grad=True)
    out, expected = ours(mine), theirs(other)
    np.testing.assert_allclose(out.data, _last(expected), rtol=1e-10, atol=1e-10)
    g = rng().standard_normal(out.shape)
    out.backward(g)
    expected.backward(torch.tensor(np.moveaxis(g, -1, 1).copy()))
    np.testing.assert_allclose(mine.grad, _last(other.grad), rtol=1e-10, atol=1e-10)
    for weight, witness in weights:
        np.testing.assert_allclose(weight.grad, np.moveaxis(witness.grad.numpy(), (0, 1), (-1, -2)), atol=1e-10)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_convolutions_agree_with_pytorch(axes):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    for stride, pad, dilation, groups in itertools.product((1, 2), (0, 2), (1, 2), (1, 2)):
        options = {"stride": stride, "padding": pad, "dilation": dilation, "groups": groups}
        x, w = (
            rng().standard_normal((2, 7, 6, 5)[: axes + 1] + (4,)),
            rng().standard_normal((3,) * axes + (4 // groups, 6)),
        )
        mine = Tensor(w, requires_grad=True)
        other = torch.tensor(np.moveaxis(w, (-1, -2), (0, 1)).copy(), requires_grad=True)
        _agree(
            lambda x, m=mine, o=options: functions.convolution(x, m, **o),
            lambda x, m=other, o=options: getattr(functional, f"conv{axes}d")(x, m, **o),
            x,
            [(mine, other)],
        )
        w = rng().standard_normal((3,) * axes + (6 // groups, 4))
        mine = Tensor(w, requires_grad=True)
        other = torch.tensor(np.moveaxis(w, (-1, -2), (0, 1)).copy(), requires_grad=True)
        options["output_padding"] = stride - 1
        _agree(
            lambda x, m=mine, o=options: functions.transposed_convolution(x, m, **o),
            lambda x, m=other, o=options: getattr(functional, f"conv_transpose{axes}d")(x, m, **o),
            x,
            [(mine, other)],
        )


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_poolings_agree_with_pytorch(axes):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    x = rng().standard_normal((2, 9, 8, 7)[: axes + 1] + (3,))
    for window, stride, pad, dilation, ceil in itertools.product((2, 3), (1, 2, 3), (0, 1), (1, 2), (False, True)):
        _agree(
            lambda x, k=window, s=stride, p=pad, d=dilation, c=ceil: functions.max_pool(
                x, k, stride=s, padding=p, dilation=d, ceil_mode=c
            ),
            lambda x, k=window, s=stride, p=pad, d=dilation, c=ceil: getattr(functional, f"max_pool{axes}d")(
                x, k, s, p, d, c
            ),
            x,
        )
        _, indices = functions.max_pool(
            x, window, stride=stride, padding=pad, dilation=dilation, ceil_mode=ceil, return_indices=True
        )
        _, expected = getattr(functional, f"max_pool{axes}d")(
            torch.tensor(np.moveaxis(x, -1, 1).copy()), window, stride, pad, dilation, ceil, return_indices=True
        )
        np.testing.assert_array_equal(indices, _last(expected))
        if dilation == 1:
            _agree(
                lambda x, k=window, s=stride, p=pad, c=ceil: functions.average_pool(
                    x, k, stride=s, padding=p, ceil_mode=c, count_padding=True
                ),
                lambda x, k=window, s=stride, p=pad, c=ceil: getattr(functional, f"avg_pool{axes}d")(x, k, s, p, c),
                x,
            )
    for positions in (1, 2, 3, 5):
        for ours, theirs in ((functions.adaptive_average_pool, "avg"), (functions.adaptive_max_pool, "max")):
            _agree(
                lambda x, f=ours, n=positions: f(x, n),
                lambda x, f=theirs, n=positions: getattr(functional, f"adaptive_{f}_pool{axes}d")(x, n),
                x,
            )
