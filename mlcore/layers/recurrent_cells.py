"""Recurrent cells as layers: one step in time, for loops that a sequence layer cannot do."""

from __future__ import annotations

import numpy as np

from mlcore import functions
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.layers.initializers import orthogonal, xavier
from mlcore.layers.module import Module


class _Cell(Module):
    """Weights of a cell: from the input, from the state, and a bias, with the gates side by side."""

    gates = 1

    def __init__(self, inputs: int, hidden: int, *, rng: np.random.Generator) -> None:
        from_x = [xavier((inputs, hidden), rng) for _ in range(self.gates)]
        from_h = [orthogonal((hidden, hidden), rng) for _ in range(self.gates)]
        self.weight_x = Tensor(np.concatenate(from_x, axis=1), requires_grad=True, copy=False)
        self.weight_h = Tensor(np.concatenate(from_h, axis=1), requires_grad=True, copy=False)
        self.bias = Tensor(np.zeros(self.gates * hidden, np.float32), requires_grad=True)

    @property
    def hidden(self) -> int:
        """The number of hidden units."""
        return self.weight_h.shape[0]

    def initial_state(self, x: TensorLike) -> np.ndarray:
        """Return zeros for a batch of inputs."""
        return np.zeros((np.shape(x)[0], self.hidden), self.weight_h.dtype)


class RNNCell(_Cell):
    """One step of a simple recurrent network, tanh(x @ weight_x + h @ weight_h + bias).

    Parameters
    ----------
    inputs, hidden : int
    rng : numpy.random.Generator
        Where the initial weights come from.
    activation : str
        ``"tanh"`` or ``"relu"``.

    Attributes
    ----------
    weight_x : Tensor, shape (inputs, hidden)
    weight_h : Tensor, shape (hidden, hidden)
    bias : Tensor, shape (hidden,)

    Examples
    --------
    >>> cell = RNNCell(3, 4, rng=np.random.default_rng(0))
    >>> cell(np.ones((2, 3), np.float32)).shape
    (2, 4)
    """

    def __init__(self, inputs: int, hidden: int, *, rng: np.random.Generator, activation: str = "tanh") -> None:
        super().__init__(inputs, hidden, rng=rng)
        self.activation = activation

    def forward(self, x: TensorLike, state: TensorLike | None = None) -> Tensor:
        """Map x of shape (batch, inputs) and a state to the next state, both of shape (batch, hidden)."""
        h = self.initial_state(x) if state is None else state
        return functions.rnn_cell(x, h, self.weight_x, self.weight_h, self.bias, activation=self.activation)


class LSTMCell(_Cell):
    """One step of a long short-term memory. The bias of the forget gate starts at 1: remember at first.

    Parameters
    ----------
    inputs, hidden : int
    rng : numpy.random.Generator
        Where the initial weights come from.

    Attributes
    ----------
    weight_x : Tensor, shape (inputs, 4 * hidden)
    weight_h : Tensor, shape (hidden, 4 * hidden)
    bias : Tensor, shape (4 * hidden,)

    Examples
    --------
    >>> cell = LSTMCell(3, 4, rng=np.random.default_rng(0))
    >>> h, c = cell(np.ones((2, 3), np.float32))
    >>> h.shape
    (2, 4)
    """

    gates = 4

    def __init__(self, inputs: int, hidden: int, *, rng: np.random.Generator) -> None:
        super().__init__(inputs, hidden, rng=rng)
        self.bias.data[hidden : 2 * hidden] = 1

    def forward(self, x: TensorLike, state: tuple[TensorLike, TensorLike] | None = None) -> tuple[Tensor, Tensor]:
        """Map x of shape (batch, inputs) and a pair h, c to the next pair, all of shape (batch, hidden)."""
        h, c = (self.initial_state(x),) * 2 if state is None else state
        return functions.lstm_cell(x, h, c, self.weight_x, self.weight_h, self.bias)


class GRUCell(_Cell):
    """One step of a gated recurrent unit.

    Parameters
    ----------
    inputs, hidden : int
    rng : numpy.random.Generator
        Where the initial weights come from.

    Attributes
    ----------
    weight_x : Tensor, shape (inputs, 3 * hidden)
    weight_h : Tensor, shape (hidden, 3 * hidden)
    bias : Tensor, shape (3 * hidden,)
    candidate_bias : Tensor, shape (hidden,)

    Examples
    --------
    >>> cell = GRUCell(3, 4, rng=np.random.default_rng(0))
    >>> cell(np.ones((2, 3), np.float32)).shape
    (2, 4)
    """

    gates = 3

    def __init__(self, inputs: int, hidden: int, *, rng: np.random.Generator) -> None:
        super().__init__(inputs, hidden, rng=rng)
        self.candidate_bias = Tensor(np.zeros(hidden, np.float32), requires_grad=True)

    def forward(self, x: TensorLike, state: TensorLike | None = None) -> Tensor:
        """Map x of shape (batch, inputs) and a state to the next state, both of shape (batch, hidden)."""
        h = self.initial_state(x) if state is None else state
        return functions.gru_cell(x, h, self.weight_x, self.weight_h, self.bias, self.candidate_bias)
