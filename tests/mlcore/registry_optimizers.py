"""Every optimizer, each with two steps by hand, for `registry`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import sqrt

from mlcore import optimizers as o

_u = 4 / sqrt(4.75)  # the second change of RMSProp below; r: 0.25 * 4 = 1, then 0.75 * 1 + 0.25 * 16 = 4.75
_a = (0.58 / 0.19) / sqrt(0.019996 / 0.001999)  # of Adam; m: 0.2 then 0.58, v: 0.004 then 0.019996

#: Each optimizer: how to make one for parameters (and further options), and where a weight of 1 is after one step and
#: after two, with gradients 2 and 4. Each solves a well-conditioned quadratic when its rate falls to 0.
OPTIMIZERS: dict[str, tuple[Callable[..., o.Optimizer], tuple[float, float]]] = {
    "SGD": (partial(o.SGD, learning_rate=0.1), (0.8, 0.4)),
    # velocity 2, then 0.5 * 2 + 4 = 5
    "SGD momentum": (partial(o.SGD, learning_rate=0.1, momentum=0.5), (0.8, 0.3)),
    # velocity 2, then 0.5 * 2 + 0.25 * 4 = 2
    "SGD dampening": (partial(o.SGD, learning_rate=0.1, momentum=0.5, dampening=0.75), (0.8, 0.6)),
    # 2 + 0.5 * 2 = 3, then 4 + 0.5 * 5 = 6.5
    "SGD nesterov": (partial(o.SGD, learning_rate=0.1, momentum=0.5, nesterov=True), (0.7, 0.05)),
    # velocity 0.2, then 0.5 * 0.2 + 0.4 = 0.5
    "SGD rate in velocity": (partial(o.SGD, learning_rate=0.1, momentum=0.5, rate_in_velocity=True), (0.8, 0.3)),
    # r: 4, then 20
    "AdaGrad": (partial(o.AdaGrad, learning_rate=1.0), (0.0, -4 / sqrt(20))),
    # r: 9, then 25
    "AdaGrad initial sum": (partial(o.AdaGrad, learning_rate=0.9, initial_sum=5.0), (0.4, 0.4 - 0.9 * 4 / 5)),
    "RMSProp": (partial(o.RMSProp, learning_rate=0.1, decay=0.75), (0.8, 0.8 - 0.1 * _u)),
    # velocity 2, then 1 + u
    "RMSProp momentum": (
        partial(o.RMSProp, learning_rate=0.1, decay=0.75, momentum=0.5),
        (0.8, 0.8 - 0.1 * (1 + _u)),
    ),
    # 2 + 0.5 * 2 = 3, then u + 0.5 * (1 + u)
    "RMSProp nesterov": (
        partial(o.RMSProp, learning_rate=0.1, decay=0.75, momentum=0.5, nesterov=True),
        (0.7, 0.7 - 0.1 * (_u + 0.5 * (1 + _u))),
    ),
    # r: 1 then 4.75; s: 0 then 0.25 * 2; steps 2 * sqrt(1 / 2) and 4 * sqrt(1.5 / 5.75)
    "Adadelta": (
        partial(o.Adadelta, decay=0.75, epsilon=1.0),
        (1 - sqrt(2), 1 - sqrt(2) - 4 * sqrt(1.5 / 5.75)),
    ),
    "Adam": (partial(o.Adam, learning_rate=0.1), (0.9, 0.9 - 0.1 * _a)),
    "Adam amsgrad": (partial(o.Adam, learning_rate=0.1, amsgrad=True), (0.9, 0.9 - 0.1 * _a)),
    "Adam without bias correction": (
        partial(o.Adam, learning_rate=0.1, betas=(0.5, 0.75), bias_correction=False),  # m: 1, 2.5; v: 1, 4.75
        (0.9, 0.9 - 0.1 * 2.5 / sqrt(4.75)),
    ),
    "AdamW": (
        partial(o.AdamW, learning_rate=0.1, weight_decay=0.5),
        (0.95 - 0.1, 0.95 * 0.85 - 0.1 * _a),
    ),
    # m: 0.2 then 0.58; u: 2 then max(1.998, 4)
    "AdaMax": (partial(o.AdaMax, learning_rate=0.1), (0.9, 0.9 - 0.1 * (0.58 / 0.19) / 4)),
    # gain 1, then 1.5
    "DeltaBarDelta": (partial(o.DeltaBarDelta, learning_rate=0.1, increase=0.5, decrease=0.5), (0.8, 0.2)),
}
