"""Functions that networks are made of: activations, the dense function, normalization, attention, losses."""

from mlcore.autodiff.reductions import logsumexp
from mlcore.functions.activations import log_softmax, relu, sigmoid, softmax, softplus, tanh
from mlcore.functions.attention import attention, multi_head_attention, self_attention
from mlcore.functions.batch_normalization import batch_norm
from mlcore.functions.convolution import convolution, transposed_convolution
from mlcore.functions.dense import linear
from mlcore.functions.dropout import dropout, dropout_features
from mlcore.functions.embedding import embedding, one_hot
from mlcore.functions.group_normalization import (
    group_norm,
    instance_norm,
    local_response_norm,
    standardize,
    weight_norm,
)
from mlcore.functions.losses import (
    binary_cross_entropy,
    mean_absolute_error,
    mean_squared_error,
    softmax_cross_entropy,
)
from mlcore.functions.masks import causal_mask, padding_mask
from mlcore.functions.memory import keep_freed_memory
from mlcore.functions.normalization import layer_norm, rms_norm
from mlcore.functions.pooling import average_pool, max_pool, sum_pool
from mlcore.functions.positions import rotate_positions, sinusoidal_positions
from mlcore.functions.rectifiers import (
    celu,
    elu,
    hard_shrink,
    hard_sigmoid,
    hard_swish,
    hard_tanh,
    leaky_relu,
    prelu,
    relu6,
    selu,
    soft_shrink,
    threshold,
)
from mlcore.functions.smooth_activations import gelu, log_sigmoid, mish, silu, softsign, tanh_shrink
from mlcore.functions.whole_pooling import (
    adaptive_average_pool,
    adaptive_max_pool,
    global_average_pool,
    global_max_pool,
    lp_pool,
)

keep_freed_memory()

__all__ = [
    "adaptive_average_pool",
    "adaptive_max_pool",
    "attention",
    "average_pool",
    "batch_norm",
    "binary_cross_entropy",
    "causal_mask",
    "celu",
    "convolution",
    "dropout",
    "dropout_features",
    "elu",
    "embedding",
    "gelu",
    "global_average_pool",
    "global_max_pool",
    "group_norm",
    "hard_shrink",
    "hard_sigmoid",
    "hard_swish",
    "hard_tanh",
    "instance_norm",
    "layer_norm",
    "leaky_relu",
    "linear",
    "local_response_norm",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "lp_pool",
    "max_pool",
    "mean_absolute_error",
    "mean_squared_error",
    "mish",
    "multi_head_attention",
    "one_hot",
    "padding_mask",
    "prelu",
    "relu",
    "relu6",
    "rms_norm",
    "rotate_positions",
    "self_attention",
    "selu",
    "sigmoid",
    "silu",
    "sinusoidal_positions",
    "soft_shrink",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "softsign",
    "standardize",
    "sum_pool",
    "tanh",
    "tanh_shrink",
    "threshold",
    "transposed_convolution",
    "weight_norm",
]
