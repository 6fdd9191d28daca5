"""Clipping of gradients."""

import math

import numpy as np
import pytest

from mlcore import Tensor, functions, layers, optimizers
from mlcore.optimizers import clip_gradients


def with_gradients(*gradients, dtype=np.float32):
    tensors = [Tensor(np.zeros(np.shape(g)), dtype=dtype, requires_grad=True) for g in gradients]
    for tensor, g in zip(tensors, gradients, strict=True):
        tensor.grad = np.array(g, dtype)
    return tensors


def test_by_norm_over_all_gradients_together():
    tensors = with_gradients([[3.0, 0.0], [0.0, 0.0]], [4.0], 12.0)
    arrays = [tensor.grad for tensor in tensors]
    idle = Tensor([1.0], requires_grad=True)
    assert clip_gradients([*tensors, idle], norm=6.5) == 13.0
    for tensor, array, expected in zip(tensors, arrays, ([[1.5, 0], [0, 0]], [2.0], 6.0), strict=True):
        assert tensor.grad is array
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, expected)
    assert idle.grad is None
    assert clip_gradients(tensors, norm=100.0) == pytest.approx(6.5)
    np.testing.assert_allclose(arrays[0], [[1.5, 0], [0, 0]])


def test_by_value():
    (w,) = with_gradients([-3.0, -0.5, 0.0, 4.0])
    assert clip_gradients([w], value=1.0) == pytest.approx(math.sqrt(25.25))
    np.testing.assert_array_equal(w.grad, [-1.0, -0.5, 0.0, 1.0])
    assert w.grad.dtype == np.float32


def test_an_exploded_gradient_is_brought_back():
    """Squares of 1e30 overflow float32; the norm must not."""
    (w,) = with_gradients([3e30, -4e30])
    assert clip_gradients([w], norm=5.0) == pytest.approx(5e30)
    np.testing.assert_allclose(w.grad, [3.0, -4.0], rtol=1e-6)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_what_is_not_finite_is_reported_and_left(bad):
    (w,) = with_gradients([1.0, bad])
    assert not math.isfinite(clip_gradients([w], norm=0.5))
    np.testing.assert_array_equal(w.grad, [1.0, bad])


def test_no_gradients_have_norm_zero():
    assert clip_gradients([Tensor([1.0], requires_grad=True)], norm=1.0) == 0.0
    (w,) = with_gradients([0.0])
    assert clip_gradients([w], norm=1.0) == 0.0
    assert w.grad[0] == 0.0


@pytest.mark.parametrize("limits", [{}, {"norm": 1.0, "value": 1.0}, {"norm": 0.0}, {"value": -1.0}])
def test_exactly_one_positive_limit_is_required(limits):
    with pytest.raises(ValueError, match="either norm or value, above 0; got"):
        clip_gradients(with_gradients([1.0]), **limits)


def test_a_clipped_step_of_sgd_is_no_longer_than_rate_times_norm():
    rng = np.random.default_rng(0)
    model = layers.Dense(5, 3, rng=rng)
    before = np.concatenate([p.data.ravel() for p in model.parameters()])
    functions.mean_squared_error(model(100 * rng.standard_normal((8, 5))), np.zeros((8, 3))).backward()
    assert clip_gradients(model.parameters(), norm=2.0) > 2.0
    optimizers.SGD(model.parameters(), learning_rate=0.1).step()
    after = np.concatenate([p.data.ravel() for p in model.parameters()])
    assert np.linalg.norm(after - before) == pytest.approx(0.2, rel=1e-5)
