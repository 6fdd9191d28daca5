"""The optimizers of ONNX (ai.onnx.preview.training), each by an optimizer of ours and its options.

``R`` is the learning rate, ``T`` the number of updates before this one, ``X`` the parameter and ``G`` its gradient;
``V`` and ``H`` are what is remembered.
"""

from math import sqrt

import numpy as np
import pytest

from mlcore import Tensor, optimizers

R, X, G = 0.1, np.array([1.2, 2.8]), np.array([-0.94, -2.5])
V, H = np.array([1.7, 3.6]), np.array([0.1, 0.4])
after = pytest.mark.parametrize("T", [0, 1, 7])


def one_step(make, T, **memory):
    """Let an optimizer that has taken T steps and remembers this take another; return the parameter and its memory."""
    w = Tensor(X, requires_grad=True)
    optimizer = make([w])
    state = optimizer.state_dict() | {"steps": T} | {f"0.{name}": value for name, value in memory.items()}
    optimizer.load_state_dict(state | ({"0.steps": T} if "0.steps" in state else {}))
    w.grad = G.copy()
    optimizer.step()
    return w.data, optimizer.states[0]


@after
def test_adagrad(T):
    epsilon, decay_factor, norm_coefficient = 1e-5, 0.1, 0.001
    g = norm_coefficient * X + G
    h = H + g * g
    x = X - R / (1 + T * decay_factor) * g / (np.sqrt(h) + epsilon)

    def make(parameters):
        rate = optimizers.inverse_time_decay(R, decay=decay_factor)
        return optimizers.AdaGrad(parameters, learning_rate=rate, epsilon=epsilon, weight_decay=norm_coefficient)

    ours, state = one_step(make, T, r=H)
    np.testing.assert_allclose(ours, x, rtol=1e-14)
    np.testing.assert_allclose(state["r"], h, rtol=1e-14)


@after
@pytest.mark.parametrize("mode", ["standard", "nesterov"])
@pytest.mark.parametrize("beta", [0.1, 0.85, 1.0])
def test_momentum(T, mode, beta):
    alpha, norm_coefficient = 0.95, 0.001
    g = norm_coefficient * X + G
    v = alpha * V + (beta if T > 0 else 1.0) * g
    x = X - R * (g + alpha * v if mode == "nesterov" else v)

    def make(parameters):
        return optimizers.SGD(
            parameters,
            learning_rate=R,
            momentum=alpha,
            dampening=1 - beta,
            nesterov=mode == "nesterov",
            weight_decay=norm_coefficient,
        )

    ours, state = one_step(make, T, velocity=V)
    np.testing.assert_allclose(ours, x, rtol=1e-14)
    np.testing.assert_allclose(state["velocity"], v, rtol=1e-14)


@after
@pytest.mark.parametrize(("beta", "epsilon"), [(0.1, 1e-7), (0.85, 1e-2)])
def test_adam(T, beta, epsilon):
    """ONNX corrects the rate instead of the means, so that epsilon is beside an uncorrected root, and not if T is 0.

    That is Adam without correction, at a rate that depends on the step. The state holds v / (1 - alpha) and
    h / (1 - beta).
    """
    alpha, norm_coefficient = 0.95, 0.001
    g = norm_coefficient * X + G
    v, h = alpha * V + (1 - alpha) * g, beta * H + (1 - beta) * g * g
    rate = R * sqrt(1 - beta**T) / (1 - alpha**T) if T > 0 else R
    x = X - rate * v / (np.sqrt(h) + epsilon)

    def make(parameters):
        return optimizers.Adam(
            parameters,
            learning_rate=lambda k: R * sqrt(1 - beta**k) / (1 - alpha**k) if k > 0 else R,
            betas=(alpha, beta),
            epsilon=epsilon,
            weight_decay=norm_coefficient,
            bias_correction=False,
        )

    ours, state = one_step(make, T, m=V / (1 - alpha), v=H / (1 - beta))
    np.testing.assert_allclose(ours, x, rtol=1e-14)
    np.testing.assert_allclose(state["m"] * (1 - alpha), v, rtol=1e-14)
    np.testing.assert_allclose(state["v"] * (1 - beta), h, rtol=1e-14)


@after
def test_adam_with_decay_at_the_end(T):
    """``norm_coefficient_post`` c shrinks the result by 1 - c.

    AdamW shrinks the parameter before the step, so its rate is (1 - c) times ONNX's, and its decay c over that rate.
    """
    alpha, beta, epsilon, c = 0.95, 0.85, 1e-2, 0.125
    v, h = alpha * V + (1 - alpha) * G, beta * H + (1 - beta) * G * G
    rate = R * sqrt(1 - beta**T) / (1 - alpha**T) if T > 0 else R
    x = (1 - c) * (X - rate * v / (np.sqrt(h) + epsilon))

    def make(parameters):
        return optimizers.AdamW(
            parameters,
            learning_rate=(1 - c) * rate,
            betas=(alpha, beta),
            epsilon=epsilon,
            weight_decay=c / ((1 - c) * rate),
            bias_correction=False,
        )

    ours, _ = one_step(make, T, m=V / (1 - alpha), v=H / (1 - beta))
    np.testing.assert_allclose(ours, x, rtol=1e-14)
