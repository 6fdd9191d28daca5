"""Recurrent networks: layers, directions, lengths, extreme inputs, and agreement with PyTorch."""

import numpy as np
import pytest

from mlcore import Tensor, functions, layers
from mlcore.optimizers import Adam


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_sequence_is_a_loop_over_its_cell(name):
    layer = getattr(layers, name)(3, 4, rng=rng())
    cell = layer.cells[0][0]
    x = rng().standard_normal((2, 5, 3)).astype(np.float32)
    outputs, state = layer(x)
    now = None
    for t in range(5):
        now = cell(x[:, t], now)
        h = now[0] if name == "LSTM" else now
        np.testing.assert_allclose(outputs.data[:, t], h.data, rtol=1e-4, atol=1e-6)
    last = state[0] if name == "LSTM" else state
    np.testing.assert_allclose(last.data[0], h.data, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_sequence_goes_on_from_its_state(name):
    layer = getattr(layers, name)(3, 4, rng=rng(), layers=2)
    x = rng().standard_normal((2, 6, 3)).astype(np.float32)
    whole, _ = layer(x)
    first, state = layer(x[:, :4])
    rest, _ = layer(x[:, 4:], state)
    np.testing.assert_allclose(np.concatenate([first.data, rest.data], axis=1), whole.data, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_padding_changes_nothing(name):
    """Each sequence of a padded batch gives what it gives alone, in both directions."""
    layer = getattr(layers, name)(3, 4, rng=rng(), layers=2, bidirectional=True)
    x = rng().standard_normal((3, 6, 3)).astype(np.float32)
    lengths = [6, 2, 4]
    outputs, state = layer(x, lengths=lengths)
    for n, length in enumerate(lengths):
        alone, its_state = layer(x[n : n + 1, :length])
        np.testing.assert_allclose(outputs.data[n, :length], alone.data[0], rtol=1e-4, atol=1e-6)
        assert not outputs.data[n, length:].any()
        for ours, its in zip(*([s] if name != "LSTM" else s for s in (state, its_state)), strict=True):
            np.testing.assert_allclose(ours.data[:, n], its.data[:, 0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_extreme_inputs_saturate_without_warnings(name):
    layer = getattr(layers, name)(3, 4, rng=rng())
    x = Tensor(np.float32(1e4) * rng().choice([-1, 1], (2, 5, 3)).astype(np.float32), requires_grad=True)
    outputs, _ = layer(x)
    outputs.sum().backward()
    assert np.isfinite(outputs.data).all()
    assert np.isfinite(x.grad).all()


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_sequences_without_steps(name):
    outputs, state = getattr(layers, name)(3, 4, rng=rng())(np.zeros((2, 0, 3), np.float32))
    assert outputs.shape == (2, 0, 4)
    assert (state[0] if name == "LSTM" else state).shape == (1, 2, 4)


def test_the_forget_gate_starts_open():
    cell = layers.LSTMCell(2, 3, rng=rng())
    np.testing.assert_array_equal(cell.bias.data, [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: functions.lstm(np.ones((2, 5, 3)), np.ones((3, 12)), np.ones((4, 16))),
            r"weight_x of shape \(3, 16\)",
        ),
        (lambda: functions.gru(np.ones((2, 5, 3)), np.ones((2, 12)), np.ones((4, 12))), r"weight_x of shape \(3, 12\)"),
        (lambda: functions.rnn(np.ones((2, 3)), np.ones((3, 4)), np.ones((4, 4))), r"x of shape \(batch, time, in\)"),
        (
            lambda: functions.rnn(np.ones((2, 5, 3)), np.ones((3, 4)), np.ones((4, 4)), state=np.ones((3, 4))),
            r"h of shape \(2, 4\)",
        ),
        (
            lambda: functions.rnn(np.ones((2, 5, 3)), np.ones((3, 4)), np.ones((4, 4)), activation="sin"),
            "activation 'tanh' or 'relu'",
        ),
        (lambda: layers.LSTM(3, 4, rng=rng(), layers=0), "at least one layer"),
    ],
)
def test_shapes_that_do_not_fit_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_gated_networks_remember_the_first_word(name):
    generator = rng()
    layer, read = getattr(layers, name)(2, 8, rng=generator), layers.Dense(8, 2, rng=generator)
    optimizer = Adam([*layer.parameters(), *read.parameters()], learning_rate=0.03)
    for _ in range(120):
        words = generator.integers(0, 2, (32, 8))
        outputs, _ = layer(functions.one_hot(words, 2))
        loss = functions.softmax_cross_entropy(read(outputs[:, -1]), words[:, 0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.2


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_recurrent_layers_agree_with_pytorch(name):
    torch = pytest.importorskip("torch")
    hidden = 5
    theirs = getattr(torch.nn, name)(3, hidden, num_layers=2, bidirectional=True, batch_first=True).double()
    ours = getattr(layers, name)(3, hidden, rng=rng(), layers=2, bidirectional=True)
    pairs = []
    for i, cells in enumerate(ours.cells):
        for cell, suffix in zip(cells, (f"l{i}", f"l{i}_reverse"), strict=True):
            wx, wh, bx, bh = (
                getattr(theirs, f"{kind}_{suffix}") for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            bias = (bx + bh).detach().numpy().copy()
            if name == "GRU":
                bias[2 * hidden :] = bx.detach().numpy()[2 * hidden :]
                cell.candidate_bias = Tensor(bh.detach().numpy()[2 * hidden :], requires_grad=True)
            cell.weight_x = Tensor(wx.detach().numpy().T, requires_grad=True)
            cell.weight_h = Tensor(wh.detach().numpy().T, requires_grad=True)
            cell.bias = Tensor(bias, requires_grad=True)
            pairs += [(cell.weight_x, wx, True), (cell.weight_h, wh, True), (cell.bias, bx, False)]
    x = rng().standard_normal((2, 6, 3))
    mine, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    outputs, state = ours(mine)
    expected, its_state = theirs(other)
    np.testing.assert_allclose(outputs.data, expected.detach().numpy(), atol=1e-12)
    for a, b in zip(*([s] if name != "LSTM" else s for s in (state, its_state)), strict=True):
        np.testing.assert_allclose(a.data, b.detach().numpy(), atol=1e-12)
    g = rng().standard_normal(outputs.shape)
    outputs.backward(g)
    expected.backward(torch.tensor(g))
    np.testing.assert_allclose(mine.grad, other.grad.numpy(), atol=1e-12)
    for parameter, witness, turned in pairs:
        np.testing.assert_allclose(
            parameter.grad, witness.grad.numpy().T if turned else witness.grad.numpy(), atol=1e-11
        )
