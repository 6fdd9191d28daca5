"""Recurrent networks as layers: whole sequences, in one direction or both, in one layer or several."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore import functions
from mlcore.autodiff.shaping import concatenate, stack
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.layers.module import Module
from mlcore.layers.recurrent_cells import GRUCell, LSTMCell, RNNCell


class _Recurrent(Module):
    """What recurrent layers share: cells for each layer and direction, and how sequences pass through them."""

    cell: Any = None

    def __init__(
        self,
        inputs: int,
        hidden: int,
        *,
        rng: np.random.Generator,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        **options: Any,
    ) -> None:
        if layers < 1:
            raise ValueError(f"expected at least one layer; got {layers}")
        directions = 1 + bidirectional
        self.cells = [
            [
                self.cell(inputs if i == 0 else directions * hidden, hidden, rng=rng, **options)
                for _ in range(directions)
            ]
            for i in range(layers)
        ]
        self.dropout = dropout
        self.rng = rng

    def _run(self, cell: Module, x: Any, state: Any, lengths: Any, reverse: bool) -> tuple[Any, tuple]:
        raise NotImplementedError

    def _forward(self, x: Any, states: tuple, lengths: Any) -> tuple[Any, tuple]:
        """Pass x through all layers; states are arrays (layers * directions, batch, hidden) or None."""
        x = x if isinstance(x, Tensor) else np.asarray(x)
        last: list[tuple] = []
        for i, cells in enumerate(self.cells):
            if i:
                x = functions.dropout(x, probability=self.dropout, rng=self.rng, training=self.training)
            outputs = []
            for reverse, cell in enumerate(cells):
                state = tuple(None if s is None else s[len(last)] for s in states)
                out, final = self._run(cell, x, state, lengths, bool(reverse))
                outputs.append(out)
                last.append(final)
            x = outputs[0] if len(outputs) == 1 else concatenate(outputs, axis=-1)
        return x, tuple(stack(parts) for parts in zip(*last, strict=True))


class RNN(_Recurrent):
    """A simple recurrent network over whole sequences, h = tanh(x[t] @ weight_x + h @ weight_h + bias).

    Parameters
    ----------
    inputs, hidden : int
    rng : numpy.random.Generator
        Where the initial weights come from, and dropout draws.
    layers : int
        How many, each reading the outputs of the one before.
    bidirectional : bool
        Also go from the end to the beginning, with weights of its own; outputs are side by side.
    dropout : float
        The probability of an output to be dropped on its way to the next layer.
    activation : str
        ``"tanh"`` or ``"relu"``.

    Attributes
    ----------
    cells : list of list of RNNCell
        For each layer, one for each direction.

    Examples
    --------
    >>> outputs, state = RNN(3, 4, rng=np.random.default_rng(0))(np.ones((2, 5, 3), np.float32))
    >>> outputs.shape, state.shape
    ((2, 5, 4), (1, 2, 4))
    """

    cell = RNNCell

    def __init__(
        self,
        inputs: int,
        hidden: int,
        *,
        rng: np.random.Generator,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        activation: str = "tanh",
    ) -> None:
        super().__init__(
            inputs,
            hidden,
            rng=rng,
            layers=layers,
            bidirectional=bidirectional,
            dropout=dropout,
            activation=activation,
        )

    def _run(self, cell: RNNCell, x: Any, state: tuple, lengths: Any, reverse: bool) -> tuple[Any, tuple]:
        out, last = functions.rnn(
            x,
            cell.weight_x,
            cell.weight_h,
            cell.bias,
            state=state[0],
            activation=cell.activation,
            lengths=lengths,
            reverse=reverse,
        )
        return out, (last,)

    def forward(self, x: TensorLike, state: TensorLike | None = None, *, lengths: Any = None) -> tuple[Tensor, Tensor]:
        """Map sequences of shape (batch, time, inputs) to outputs of all steps and the last states.

        Parameters
        ----------
        x : Tensor, shape (batch, time, inputs)
        state : Tensor, shape (layers * directions, batch, hidden), optional
            Zeros by default.
        lengths : array of int, shape (batch,), optional
            How long each sequence is.

        Returns
        -------
        outputs : Tensor, shape (batch, time, directions * hidden)
        state : Tensor, shape (layers * directions, batch, hidden)
        """
        out, (last,) = self._forward(x, (state,), lengths)
        return out, last


class LSTM(_Recurrent):
    """A long short-term memory over whole sequences.

    Parameters
    ----------
    inputs, hidden : int
    rng : numpy.random.Generator
        Where the initial weights come from, and dropout draws.
    layers : int
        How many, each reading the outputs of the one before.
    bidirectional : bool
        Also go from the end to the beginning, with weights of its own; outputs are side by side.
    dropout : float
        The probability of an output to be dropped on its way to the next layer.

    Attributes
    ----------
    cells : list of list of LSTMCell
        For each layer, one for each direction.

    Examples
    --------
    >>> outputs, (h, c) = LSTM(3, 4, rng=np.random.default_rng(0))(np.ones((2, 5, 3), np.float32))
    >>> outputs.shape, h.shape, c.shape
    ((2, 5, 4), (1, 2, 4), (1, 2, 4))
    """

    cell = LSTMCell

    def _run(self, cell: LSTMCell, x: Any, state: tuple, lengths: Any, reverse: bool) -> tuple[Any, tuple]:
        return functions.lstm(x, cell.weight_x, cell.weight_h, cell.bias, state=state, lengths=lengths, reverse=reverse)

    def forward(
        self, x: TensorLike, state: tuple[TensorLike, TensorLike] | None = None, *, lengths: Any = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Map sequences of shape (batch, time, inputs) to outputs of all steps and the last states.

        Parameters
        ----------
        x : Tensor, shape (batch, time, inputs)
        state : pair of Tensor, shape (layers * directions, batch, hidden), optional
            h and c; zeros by default.
        lengths : array of int, shape (batch,), optional
            How long each sequence is.

        Returns
        -------
        outputs : Tensor, shape (batch, time, directions * hidden)
        state : pair of Tensor, shape (layers * directions, batch, hidden)
        """
        return self._forward(x, (None, None) if state is None else state, lengths)


class GRU(_Recurrent):
    """A gated recurrent unit over whole sequences.

    Parameters
    ----------
    inputs, hidden : int
    rng : numpy.random.Generator
        Where the initial weights come from, and dropout draws.
    layers : int
        How many, each reading the outputs of the one before.
    bidirectional : bool
        Also go from the end to the beginning, with weights of its own; outputs are side by side.
    dropout : float
        The probability of an output to be dropped on its way to the next layer.

    Attributes
    ----------
    cells : list of list of GRUCell
        For each layer, one for each direction.

    Examples
    --------
    >>> outputs, state = GRU(3, 4, rng=np.random.default_rng(0))(np.ones((2, 5, 3), np.float32))
    >>> outputs.shape, state.shape
    ((2, 5, 4), (1, 2, 4))
    """

    cell = GRUCell

    def _run(self, cell: GRUCell, x: Any, state: tuple, lengths: Any, reverse: bool) -> tuple[Any, tuple]:
        out, last = functions.gru(
            x,
            cell.weight_x,
            cell.weight_h,
            cell.bias,
            cell.candidate_bias,
            state=state[0],
            lengths=lengths,
            reverse=reverse,
        )
        return out, (last,)

    def forward(self, x: TensorLike, state: TensorLike | None = None, *, lengths: Any = None) -> tuple[Tensor, Tensor]:
        """Map sequences of shape (batch, time, inputs) to outputs of all steps and the last states.

        Parameters
        ----------
        x : Tensor, shape (batch, time, inputs)
        state : Tensor, shape (layers * directions, batch, hidden), optional
            Zeros by default.
        lengths : array of int, shape (batch,), optional
            How long each sequence is.

        Returns
        -------
        outputs : Tensor, shape (batch, time, directions * hidden)
        state : Tensor, shape (layers * directions, batch, hidden)
        """
        out, (last,) = self._forward(x, (state,), lengths)
        return out, last
