"""Models of several layers: the summary, saved files, residual connections, transformer blocks, recurrent options."""

import numpy as np
import pytest

from mlcore import Tensor, layers


def rng():
    return np.random.default_rng(0)


class Model(layers.Module):
    def __init__(self):
        self.convolution = layers.Conv2D(1, 4, 3, rng=rng())
        self.norm = layers.BatchNorm(4)
        self.blocks = {"first": [layers.Residual(layers.Dense(4, 4, rng=rng()))]}
        self.scale = Tensor(np.ones(4, np.float32), requires_grad=True)

    def forward(self, x):
        return self.blocks["first"][0](self.norm(self.convolution(x))) * self.scale


def test_a_summary_counts_every_parameter_once_and_leaves_the_model_alone():
    model = Model()
    before = model.state_dict()
    text = model.summary(np.ones((2, 5, 5, 1), np.float32))
    assert text.splitlines() == [
        "layer                 kind       output        parameters",
        "convolution           Conv2D     (2, 3, 3, 4)          40",
        "norm                  BatchNorm  (2, 3, 3, 4)           8",
        "blocks.first.0.layer  Dense      (2, 3, 3, 4)          20",
        "(model)               Model      (2, 3, 3, 4)           4",
        "total                                                  72",
    ]
    assert model.training
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert "forward" not in vars(model.norm)
    assert "output" not in model.summary()


def test_a_summary_of_an_error_leaves_the_model_alone():
    model = Model()
    with pytest.raises(ValueError, match="expected x with 1 features"):
        model.summary(np.ones((2, 5, 5, 3), np.float32))
    assert model.training
    assert "forward" not in vars(model.convolution)


def test_files_hold_the_whole_state(tmp_path):
    model, other = Model(), Model()
    model(np.ones((2, 5, 5, 1), np.float32))
    model.save(tmp_path / "model")
    for _, tensor in other.named_tensors():
        tensor.data += 1
    assert other.load(tmp_path / "model") is other
    np.testing.assert_array_equal(other.norm.running_mean.data, model.norm.running_mean.data)
    with np.load(tmp_path / "model.npz") as file:
        assert set(file) == set(model.state_dict())
    with pytest.raises(KeyError, match="state does not fit this model"):
        layers.Dense(2, 2, rng=rng()).load(tmp_path / "model.npz")


def test_a_residual_connection_names_the_shapes_that_do_not_add():
    with pytest.raises(ValueError, match=r"expected the layer to return shape \(2, 3\); got \(2, 4\)"):
        layers.Residual(layers.Dense(3, 4, rng=rng()))(np.ones((2, 3), np.float32))


def test_dropout_inside_a_model_is_off_in_use():
    block = layers.TransformerEncoderBlock(8, 2, 16, rng=rng(), dropout=0.5)
    x = rng().standard_normal((2, 3, 8)).astype(np.float32)
    assert not np.array_equal(block(x).data, block(x).data)
    block.eval()
    np.testing.assert_array_equal(block(x).data, block(x).data)


def test_dense_without_a_bias():
    layer = layers.Dense(3, 2, rng=rng(), bias=False)
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    np.testing.assert_allclose(layer(np.ones((1, 3), np.float32)).data, layer.weight.data.sum(0)[None], rtol=1e-6)


def test_orthogonal_weights_keep_lengths_and_sparse_weights_have_few_connections():
    for shape in ((6, 4), (4, 6), (2, 2, 3, 5)):
        w = layers.orthogonal(shape, rng(), gain=2.0).reshape(-1, shape[-1])
        product = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
        np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)
    w = layers.sparse((50, 7), rng(), connections=5)
    np.testing.assert_array_equal(np.count_nonzero(w, axis=0), 5)


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_transformer_block_agrees_with_pytorch(norm_first):
    torch = pytest.importorskip("torch")
    theirs = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=norm_first)
    ours = layers.TransformerEncoderBlock(8, 2, 16, rng=rng(), norm_first=norm_first, activation="relu")
    pairs = [
        (ours.attention.projection.weight, theirs.self_attn.in_proj_weight),
        (ours.attention.projection.bias, theirs.self_attn.in_proj_bias),
        (ours.attention.output.weight, theirs.self_attn.out_proj.weight),
        (ours.attention.output.bias, theirs.self_attn.out_proj.bias),
        (ours.network.expand.weight, theirs.linear1.weight),
        (ours.network.expand.bias, theirs.linear1.bias),
        (ours.network.contract.weight, theirs.linear2.weight),
        (ours.network.contract.bias, theirs.linear2.bias),
        (ours.attention_norm.weight, theirs.norm1.weight),
        (ours.attention_norm.bias, theirs.norm1.bias),
        (ours.network_norm.weight, theirs.norm2.weight),
        (ours.network_norm.bias, theirs.norm2.bias),
    ]
    for mine, other in pairs:
        with torch.no_grad():
            other += 0.1 * torch.randn_like(other)
        mine.data[...] = other.detach().numpy().T
    x = rng().standard_normal((2, 5, 8)).astype(np.float32)
    mine, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    out, expected = ours(mine), theirs(other)
    np.testing.assert_allclose(out.data, expected.detach().numpy(), atol=1e-5)
    g = rng().standard_normal(out.shape).astype(np.float32)
    out.backward(g)
    expected.backward(torch.tensor(g))
    np.testing.assert_allclose(mine.grad, other.grad.numpy(), atol=1e-4)
    for parameter, witness in pairs:
        np.testing.assert_allclose(parameter.grad, witness.grad.numpy().T, atol=2e-4)
