"""Activations far out and in single precision."""

import numpy as np
import pytest

from mlcore import Tensor, functions

ELEMENTWISE = [
    "celu",
    "elu",
    "gelu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softplus",
    "softsign",
    "tanh",
    "tanh_shrink",
    "threshold",
]


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_activations_are_finite_for_numbers_of_any_size(name):
    for dtype in (np.float32, np.float64):
        x = Tensor(np.array([-1e4, -100, -1, 0, 1, 100, 1e4], dtype), requires_grad=True)
        out = getattr(functions, name)(x)
        out.sum().backward()
        assert np.isfinite(out.data).all()
        assert np.isfinite(x.grad).all()


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_slopes_are_single_precision_before_any_conversion(name):
    """A rule that computes in double precision gives the right type in the end, at twice the time."""
    primitive = getattr(getattr(functions, name), "primitive", None)
    if primitive is None or not hasattr(primitive, "partials"):
        pytest.skip("has a kernel")
    x = np.linspace(-4, 4, 9, dtype=np.float32)
    slope = np.asarray(primitive.partials[0](getattr(functions, name)(x), x, **primitive.defaults))
    assert slope.dtype in (np.float32, bool)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_works_in_single_precision_throughout(approximate):
    x = Tensor(np.linspace(-4, 4, 9, dtype=np.float32), requires_grad=True)
    out = functions.gelu(x, approximate=approximate)
    assert out.pullback(np.ones(9, np.float32), (True,))[0].dtype == np.float32


def test_gelu_refuses_other_approximations():
    with pytest.raises(ValueError, match="'none' or 'tanh'; got 'erf'"):
        functions.gelu(np.ones(2), approximate="erf")


def test_selu_keeps_mean_zero_and_variance_one():
    x = np.random.default_rng(0).standard_normal(1_000_000)
    out = functions.selu(x)
    assert out.mean() == pytest.approx(0, abs=5e-3)
    assert out.var() == pytest.approx(1, abs=1e-2)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_of_no_classes_there_are_no_probabilities(name):
    for shape, axis in (((3, 0), -1), ((0, 3), 0), ((0,), 0)):
        x = Tensor(np.zeros(shape), requires_grad=True)
        out = getattr(functions, name)(x, axis=axis)
        out.sum().backward()
        assert out.shape == x.grad.shape == shape
    assert (functions.logsumexp(np.zeros((2, 0)), axis=1) == -np.inf).all()
