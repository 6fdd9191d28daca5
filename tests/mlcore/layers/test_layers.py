"""Modules: how parameters are found, saved and shown; layers; initializers."""

import copy
import math

import numpy as np
import pytest
from registry import INITIALIZERS, LAYERS
from registry_functions import WORDS

from mlcore import Tensor, functions, layers
from mlcore.layers import Dense, Module, ReLU, Sequential


def rng():
    return np.random.default_rng(0)


def sample(name, shape, dtype=np.float32):
    """Draw an input for a layer: numbers, or words."""
    if name in WORDS:
        return rng().integers(0, WORDS[name], shape)
    return rng().standard_normal(shape).astype(dtype)


def first(out):
    """Take the output, where a layer also returns its state."""
    return out[0] if isinstance(out, tuple) else out


@pytest.mark.parametrize("name", LAYERS)
def test_layers_keep_shapes_and_float32_and_have_gradients(name):
    make, shape, out_shape = LAYERS[name]
    layer = make()
    x = Tensor(sample(name, shape), requires_grad=name not in WORDS)
    out = first(layer(x))
    assert out.shape == out_shape
    assert out.dtype == np.float32
    out.backward(np.ones(out_shape))
    if name not in WORDS:
        assert x.grad.shape == shape
    for parameter in layer.parameters():
        assert parameter.dtype == np.float32
        assert parameter.grad.shape == parameter.shape
    layer.zero_grad()
    assert all(parameter.grad is None for parameter in layer.parameters())
    with_batch_of_none = first(layer(sample(name, (0, *shape[1:]))))
    assert with_batch_of_none.shape == (0, *out_shape[1:])


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_its_state(name, tmp_path):
    make, shape, _ = LAYERS[name]
    layer, other, third = make().eval(), make().eval(), make().eval()
    for _, tensor in [*other.named_tensors(), *third.named_tensors()]:
        tensor.data += 1.0
    other.load_state_dict(layer.state_dict())
    layer.save(tmp_path / "state")
    x = sample(name, shape)
    expected = np.asarray(first(layer(x)))
    np.testing.assert_array_equal(first(other(x)), expected)
    np.testing.assert_array_equal(first(copy.deepcopy(layer)(x)), expected)
    np.testing.assert_array_equal(first(third.load(tmp_path / "state.npz")(x)), expected)


class Shared(Module):
    def __init__(self):
        self.first = Dense(2, 2, rng=rng())
        self.again = self.first
        self.scale = Tensor([1.0], requires_grad=True)
        self.constant = Tensor([1.0])
        self.branches = {"left": [Dense(2, 1, rng=rng())], "right": (ReLU(),)}
        self.name = "not a parameter"


def test_parameters_are_found_once_in_nested_containers():
    names = [name for name, _ in Shared().named_parameters()]
    assert names == ["first.weight", "first.bias", "scale", "branches.left.0.weight", "branches.left.0.bias"]


def test_train_and_eval_reach_every_module():
    model = Shared()
    assert model.training
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert len(list(model.modules())) >= 4
    model.train()
    assert model.branches["right"][0].training


def test_state_that_does_not_fit_is_refused_and_changes_nothing():
    model = Sequential(Dense(2, 3, rng=rng()))
    state = model.state_dict()
    with pytest.raises(KeyError, match=r"missing \['layers.0.bias'\], unknown \['bias'\]"):
        model.load_state_dict({"layers.0.weight": state["layers.0.weight"], "bias": np.ones(3)})
    wrong = {"layers.0.weight": state["layers.0.weight"] + 1, "layers.0.bias": np.ones(4)}
    with pytest.raises(ValueError, match=r"expected layers.0.bias of shape \(3,\); got \(4,\)"):
        model.load_state_dict(wrong)
    np.testing.assert_array_equal(model.layers[0].weight.data, state["layers.0.weight"])


def test_a_saved_state_does_not_change_with_the_model():
    model = Dense(2, 1, rng=rng())
    state = model.state_dict()
    model.weight.data += 1
    assert not np.array_equal(state["weight"], model.weight.data)


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Shared must define forward"):
        Shared()(1.0)


def test_sequential_is_a_sequence():
    model = Sequential(Dense(2, 3, rng=rng()), ReLU())
    assert len(model) == 2
    assert isinstance(model[1], ReLU)
    assert [type(layer) for layer in model] == [Dense, ReLU]


def test_dense_computes_its_formula():
    layer = Dense(3, 2, rng=rng())
    layer.bias.data[...] = [1.0, 2.0]
    x = rng().standard_normal((4, 5, 3)).astype(np.float32)
    np.testing.assert_allclose(layer(x).data, x @ layer.weight.data + layer.bias.data, rtol=1e-6)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_initializers_have_their_variance_and_use_only_their_generator(name):
    initializer, variance = getattr(layers, name), INITIALIZERS[name]
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    weight = initializer((300, 500), rng())
    assert weight.dtype == np.float32
    assert weight.mean() == pytest.approx(0, abs=1e-3)
    assert weight.var() == pytest.approx(variance(300, 500), rel=0.03)
    np.testing.assert_array_equal(weight, initializer((300, 500), rng()))
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    window = initializer((5, 5, 30, 50), rng())
    out = 50 if name == "orthogonal" else 25 * 50  # a rotation is of what each output sees
    assert window.var() == pytest.approx(variance(25 * 30, out), rel=0.1 if name == "sparse" else 0.03)
    with pytest.raises(ValueError, match="expected the shape of a weight"):
        initializer((3,), rng())


def test_activations_keep_their_size_with_depth():
    """With Kaiming weights the mean square of ReLU activations stays near 1; with Xavier it halves at every layer."""
    x = rng().standard_normal((256, 256)).astype(np.float32)
    sizes = {}
    for name in ("kaiming", "xavier"):
        generator, h = rng(), x
        for _ in range(10):
            h = functions.relu(Dense(256, 256, rng=generator, initializer=getattr(layers, name))(h)).data
        sizes[name] = math.log2(float(np.mean(h * h)))
    assert sizes["kaiming"] == pytest.approx(0, abs=1)
    assert sizes["xavier"] == pytest.approx(-10, abs=1.5)
