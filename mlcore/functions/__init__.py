"""Functions that networks are made of: activations, dense, convolution, pooling, recurrence, attention, losses."""

from mlcore.autodiff.reductions import logsumexp
from mlcore.functions.activations import log_softmax, relu, sigmoid, softmax, softplus, tanh
from mlcore.functions.additive_attention import additive_attention
from mlcore.functions.attention import attention, attention_weights
from mlcore.functions.average_pooling import average_pool, sum_pool
from mlcore.functions.batch_normalization import batch_norm
from mlcore.functions.classification_losses import (
    binary_cross_entropy,
    negative_log_likelihood,
    softmax_cross_entropy,
)
from mlcore.functions.convolution import convolution, transposed_convolution
from mlcore.functions.ctc import ctc
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
from mlcore.functions.likelihoods import (
    gaussian_kl_divergence,
    gaussian_nll,
    kl_divergence,
    mixture_density_nll,
    poisson_nll,
)
from mlcore.functions.linear_attention import linear_attention
from mlcore.functions.losses import huber, mean_absolute_error, mean_squared_error
from mlcore.functions.margin_losses import hinge, margin_ranking, multiclass_hinge, noise_contrastive
from mlcore.functions.masks import causal_mask, padding_mask, window_mask
from mlcore.functions.max_pooling import max_pool, max_unpool
from mlcore.functions.memory import keep_freed_memory
from mlcore.functions.multi_head_attention import multi_head_attention, self_attention
from mlcore.functions.normalization import layer_norm, rms_norm
from mlcore.functions.positions import rotate_pairs, rotate_positions, sinusoidal_positions
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
from mlcore.functions.recurrent import gru, lstm, rnn
from mlcore.functions.recurrent_cells import gru_cell, lstm_cell, rnn_cell
from mlcore.functions.smooth_activations import gelu, log_sigmoid, mish, silu, softsign, tanh_shrink
from mlcore.functions.units import glu, maxout, radial_basis
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
    "additive_attention",
    "attention",
    "attention_weights",
    "average_pool",
    "batch_norm",
    "binary_cross_entropy",
    "causal_mask",
    "celu",
    "convolution",
    "ctc",
    "dropout",
    "dropout_features",
    "elu",
    "embedding",
    "gaussian_kl_divergence",
    "gaussian_nll",
    "gelu",
    "global_average_pool",
    "global_max_pool",
    "glu",
    "group_norm",
    "gru",
    "gru_cell",
    "hard_shrink",
    "hard_sigmoid",
    "hard_swish",
    "hard_tanh",
    "hinge",
    "huber",
    "instance_norm",
    "kl_divergence",
    "layer_norm",
    "leaky_relu",
    "linear",
    "linear_attention",
    "local_response_norm",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "lp_pool",
    "lstm",
    "lstm_cell",
    "margin_ranking",
    "max_pool",
    "max_unpool",
    "maxout",
    "mean_absolute_error",
    "mean_squared_error",
    "mish",
    "mixture_density_nll",
    "multi_head_attention",
    "multiclass_hinge",
    "negative_log_likelihood",
    "noise_contrastive",
    "one_hot",
    "padding_mask",
    "poisson_nll",
    "prelu",
    "radial_basis",
    "relu",
    "relu6",
    "rms_norm",
    "rnn",
    "rnn_cell",
    "rotate_pairs",
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
    "window_mask",
]
