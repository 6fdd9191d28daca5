"""Adam and its kin: AdamW and AdaMax."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor
from mlcore.optimizers.optimizer import Optimizer, require_fraction, require_not_negative
from mlcore.optimizers.schedules import Schedule


class Adam(Optimizer):
    """Adam: a step for each weight in proportion to its mean gradient over its root mean square.

    With g the gradient and t the number of the parameter's steps, this one included,

    - ``m = beta1 * m + (1 - beta1) * g``, and without the bias of starting at 0: ``m / (1 - beta1**t)``;
    - ``v = beta2 * v + (1 - beta2) * g**2``, likewise ``v / (1 - beta2**t)``;
    - ``parameter -= learning_rate * m / (sqrt(v) + epsilon)`` with the corrected m and v.

    Parameters
    ----------
    parameters : iterable of Tensor, or of dict
    learning_rate : float or callable
        About the size of a step of each weight.
    betas : tuple of float
        beta1 and beta2: how much of the past the two means keep, at least 0 and below 1.
    epsilon : float
        Keeps the step finite where the gradient is 0.
    weight_decay : float
        Adds ``weight_decay * parameter`` to the gradient; `AdamW` is usually the better choice.
    amsgrad : bool
        Divide by the largest v so far, so that the rate of a weight never rises.
    bias_correction : bool
        ``False`` takes m and v as they are.

    Notes
    -----
    Lepetit (equation 71) and *Deep Learning* (algorithm 8.7) write it so. Jiang divides by ``sqrt(v + epsilon**2)``;
    Penn leaves out correction and rate; Korea University's slides correct by ``1 - beta`` without the power t, which
    is right for the first step only.

    References
    ----------
    Kingma and Ba (2015), *Adam: a method for stochastic optimization*, algorithm 1; Reddi, Kale and Kumar (2018), *On
    the convergence of Adam and beyond*, for ``amsgrad``.

    Examples
    --------
    >>> w = Tensor([1.0, 100.0], requires_grad=True)
    >>> optimizer = Adam([w], learning_rate=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([ 0.75, 99.75], requires_grad=True)
    """

    def __init__(
        self,
        parameters: Iterable[Tensor | dict[str, Any]],
        *,
        learning_rate: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        bias_correction: bool = True,
    ) -> None:
        self.betas = betas
        self.epsilon = epsilon
        self.amsgrad = amsgrad
        self.bias_correction = bias_correction
        super().__init__(parameters, learning_rate=learning_rate, weight_decay=weight_decay)

    def check_options(self) -> None:
        """Require two fractions."""
        super().check_options()
        for beta in self.betas:
            require_fraction(betas=beta)
        require_not_negative(epsilon=self.epsilon)

    def initial_state(self, parameter: np.ndarray) -> dict[str, Any]:
        """Start both means at 0."""
        names = ("m", "v", "largest_v") if self.amsgrad else ("m", "v")
        return {"steps": 0} | {name: np.zeros_like(parameter) for name in names}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        """Take one step.

        The state holds m / (1 - beta1) and v / (1 - beta2), which saves a pass over each array; the factors and the
        bias corrections are two numbers for the whole array.
        """
        beta1, beta2 = self.betas
        m, v, step = state["m"], state["v"], self.scratch(parameter)
        t = state["steps"] = state["steps"] + 1
        m *= beta1
        m += gradient
        v *= beta2
        v += np.multiply(gradient, gradient, out=step)
        if self.amsgrad:
            v = np.maximum(v, state["largest_v"], out=state["largest_v"])
        correction1, correction2 = (1 - beta1**t, 1 - beta2**t) if self.bias_correction else (1.0, 1.0)
        scale = math.sqrt((1 - beta2) / correction2)
        rate = self.learning_rate * (1 - beta1) / correction1 / scale
        np.sqrt(v, out=step)
        step += self.epsilon / scale
        np.divide(m, step, out=step)
        step *= rate
        parameter -= step


class AdamW(Adam):
    """Adam with decoupled weight decay: all weights shrink at the same rate, whatever their gradients.

    ``parameter *= 1 - learning_rate * weight_decay``, then the step of `Adam`. With Adam's own ``weight_decay`` the
    pull is divided by the root mean square too, so that weights with large gradients hardly decay.

    Parameters
    ----------
    parameters : iterable of Tensor, or of dict
    learning_rate : float or callable
    betas : tuple of float
    epsilon : float
    weight_decay : float
        The part by which a weight shrinks in one step, divided by the learning rate.
    amsgrad, bias_correction : bool
        As in `Adam`.

    References
    ----------
    Loshchilov and Hutter (2019), *Decoupled Weight Decay Regularization*, algorithm 2, where the decay is scaled by
    the schedule but not by the rate itself.

    Examples
    --------
    >>> w = Tensor([1.0, 100.0], requires_grad=True)
    >>> optimizer = AdamW([w], learning_rate=0.25, weight_decay=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()  # 7 / 8 of it, and then a step of 1 / 4
    >>> w
    Tensor([ 0.625, 87.25 ], requires_grad=True)
    """

    decoupled = True

    def __init__(
        self,
        parameters: Iterable[Tensor | dict[str, Any]],
        *,
        learning_rate: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        bias_correction: bool = True,
    ) -> None:
        super().__init__(
            parameters,
            learning_rate=learning_rate,
            betas=betas,
            epsilon=epsilon,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            bias_correction=bias_correction,
        )


class AdaMax(Optimizer):
    """AdaMax: Adam with the largest recent gradient in place of the root mean square.

    With g the gradient and t the number of the parameter's steps, this one included,

    - ``m = beta1 * m + (1 - beta1) * g``;
    - ``u = max(beta2 * u, |g| + epsilon)``;
    - ``parameter -= learning_rate / (1 - beta1**t) * m / u``.

    Parameters
    ----------
    parameters : iterable of Tensor, or of dict
    learning_rate : float or callable
        The size of a step of each weight, at most.
    betas : tuple of float
        beta1 and beta2: how much of the past the mean and the maximum keep, at least 0 and below 1.
    epsilon : float
        Keeps the step finite where the gradient is 0; the paper has none.
    weight_decay : float
        Adds ``weight_decay * parameter`` to the gradient.

    References
    ----------
    Kingma and Ba (2015), *Adam: a method for stochastic optimization*, algorithm 2.

    Examples
    --------
    >>> w = Tensor([1.0, 100.0], requires_grad=True)
    >>> optimizer = AdaMax([w], learning_rate=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([ 0.75, 99.75], requires_grad=True)
    """

    def __init__(
        self,
        parameters: Iterable[Tensor | dict[str, Any]],
        *,
        learning_rate: float | Schedule = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.betas = betas
        self.epsilon = epsilon
        super().__init__(parameters, learning_rate=learning_rate, weight_decay=weight_decay)

    def check_options(self) -> None:
        """Require two fractions."""
        super().check_options()
        for beta in self.betas:
            require_fraction(betas=beta)
        require_not_negative(epsilon=self.epsilon)

    def initial_state(self, parameter: np.ndarray) -> dict[str, Any]:
        """Start mean and maximum at 0."""
        return {"steps": 0, "m": np.zeros_like(parameter), "u": np.zeros_like(parameter)}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        """Take one step; the state holds m / (1 - beta1), as in `Adam`."""
        beta1, beta2 = self.betas
        m, u, step = state["m"], state["u"], self.scratch(parameter)
        t = state["steps"] = state["steps"] + 1
        m *= beta1
        m += gradient
        u *= beta2
        np.abs(gradient, out=step)
        step += self.epsilon
        np.maximum(u, step, out=u)
        np.divide(m, u, out=step)
        step *= self.learning_rate * (1 - beta1) / (1 - beta1**t)
        parameter -= step
