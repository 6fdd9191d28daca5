"""Regularization: what keeps a model from learning the training set by heart.

- weights: penalties on their norms, constraints on their norms, noise, averages over the steps of training
- activations: penalties that make them sparse; for dropout see ``mlcore.functions`` and ``mlcore.layers``
- data: augmentation of images, noise on inputs, softer targets
- time: early stopping
- ensembles: bagging, Monte Carlo dropout
- derivatives: adversarial and virtual adversarial training, tangent prop, double backprop, contraction

Examples
--------
>>> import numpy as np
>>> from mlcore import data, functions, layers, optimizers, regularization
>>> rng = np.random.default_rng(0)
>>> x, y = data.xor()
>>> model = layers.Sequential(layers.Dense(2, 8, rng=rng), layers.Tanh(), layers.Dense(8, 1, rng=rng))
>>> optimizer = optimizers.Adam(model.parameters(), learning_rate=0.1)
>>> for step in range(200):
...     noisy = regularization.gaussian_noise(x, scale=0.05, rng=rng)
...     loss = functions.mean_squared_error(model(noisy), y) + 1e-4 * regularization.l2_penalty(model)
...     optimizer.zero_grad()
...     loss.backward()
...     optimizer.step()
...     regularization.limit_unit_norms(model, limit=3.0)
>>> model(x).numpy().round().ravel() + 0.0
array([0., 1., 1., 0.], dtype=float32)
"""

from mlcore.regularization.activity import kl_sparsity_penalty, l1_activity_penalty
from mlcore.regularization.adversarial import adversarial_loss, fast_gradient_sign, projected_gradient_ascent
from mlcore.regularization.constraints import limit_unit_norms, project_to_ball, set_unit_norms
from mlcore.regularization.early_stopping import EarlyStopping
from mlcore.regularization.ensembles import average_predictions, bootstrap, ensemble_error, monte_carlo_dropout
from mlcore.regularization.geometric_augmentation import random_flip, random_shift, random_transform, transform_images
from mlcore.regularization.jacobian_penalties import contractive_penalty, double_backprop_penalty
from mlcore.regularization.noise import gaussian_noise, weight_noise
from mlcore.regularization.penalties import elastic_net_penalty, l1_penalty, l2_penalty
from mlcore.regularization.pixel_augmentation import cutout, jitter_colors
from mlcore.regularization.tangents import image_tangents, tangent_prop_penalty
from mlcore.regularization.targets import mixup, smooth_labels
from mlcore.regularization.virtual_adversarial import virtual_adversarial_direction, virtual_adversarial_loss
from mlcore.regularization.weight_averaging import WeightAverage
from mlcore.regularization.weights import weights_of

__all__ = [
    "EarlyStopping",
    "WeightAverage",
    "adversarial_loss",
    "average_predictions",
    "bootstrap",
    "contractive_penalty",
    "cutout",
    "double_backprop_penalty",
    "elastic_net_penalty",
    "ensemble_error",
    "fast_gradient_sign",
    "gaussian_noise",
    "image_tangents",
    "jitter_colors",
    "kl_sparsity_penalty",
    "l1_activity_penalty",
    "l1_penalty",
    "l2_penalty",
    "limit_unit_norms",
    "mixup",
    "monte_carlo_dropout",
    "project_to_ball",
    "projected_gradient_ascent",
    "random_flip",
    "random_shift",
    "random_transform",
    "set_unit_norms",
    "smooth_labels",
    "tangent_prop_penalty",
    "transform_images",
    "virtual_adversarial_direction",
    "virtual_adversarial_loss",
    "weight_noise",
    "weights_of",
]
