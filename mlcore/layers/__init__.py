"""Layers: parameters, and one call of a function."""

from mlcore.layers.activations import (
    SELU,
    HardSwish,
    Mish,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Softsign,
    Tanh,
)
from mlcore.layers.activations_with_options import (
    ELU,
    GELU,
    HardSigmoid,
    HardTanh,
    LeakyReLU,
    LogSoftmax,
    PReLU,
    Softmax,
)
from mlcore.layers.attention import MultiHeadAttention
from mlcore.layers.convolution import Conv1D, Conv2D, Conv3D, TransposedConv1D, TransposedConv2D, TransposedConv3D
from mlcore.layers.dense import Dense
from mlcore.layers.dropout import Dropout
from mlcore.layers.embedding import Embedding
from mlcore.layers.initializers import kaiming, kaiming_uniform, orthogonal, sparse, xavier, xavier_normal
from mlcore.layers.module import Module
from mlcore.layers.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm, WeightNorm
from mlcore.layers.pooling import AveragePool, Flatten, GlobalAveragePool, GlobalMaxPool, MaxPool
from mlcore.layers.positions import LearnedPositions, SinusoidalPositions
from mlcore.layers.recurrent import GRU, LSTM, RNN
from mlcore.layers.recurrent_cells import GRUCell, LSTMCell, RNNCell
from mlcore.layers.residual import Residual
from mlcore.layers.sequential import Sequential
from mlcore.layers.transformer import FeedForward, TransformerDecoderBlock, TransformerEncoderBlock
from mlcore.layers.units import AdditiveAttention, Maxout, RadialBasis

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "SELU",
    "AdditiveAttention",
    "AveragePool",
    "BatchNorm",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Dense",
    "Dropout",
    "Embedding",
    "FeedForward",
    "Flatten",
    "GRUCell",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GroupNorm",
    "HardSigmoid",
    "HardSwish",
    "HardTanh",
    "InstanceNorm",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "LearnedPositions",
    "LogSoftmax",
    "MaxPool",
    "Maxout",
    "Mish",
    "Module",
    "MultiHeadAttention",
    "PReLU",
    "RMSNorm",
    "RNNCell",
    "RadialBasis",
    "ReLU",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SinusoidalPositions",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "TransformerDecoderBlock",
    "TransformerEncoderBlock",
    "TransposedConv1D",
    "TransposedConv2D",
    "TransposedConv3D",
    "WeightNorm",
    "kaiming",
    "kaiming_uniform",
    "orthogonal",
    "sparse",
    "xavier",
    "xavier_normal",
]
