"""Ten steps equal PyTorch's, with noisy gradients, one parameter without a gradient at first, and groups; schedules."""

import numpy as np
import pytest

from mlcore import Tensor, optimizers

torch = pytest.importorskip("torch")

#: Ours, PyTorch's name and options. A common option is given to both.
PAIRS = [
    ("SGD", {}, "SGD", {}),
    ("SGD", {"momentum": 0.9}, "SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "dampening": 0.25}, "SGD", {"momentum": 0.9, "dampening": 0.25}),
    ("SGD", {"momentum": 0.9, "nesterov": True}, "SGD", {"momentum": 0.9, "nesterov": True}),
    ("AdaGrad", {}, "Adagrad", {}),
    ("AdaGrad", {"initial_sum": 0.5, "epsilon": 1e-3}, "Adagrad", {"initial_accumulator_value": 0.5, "eps": 1e-3}),
    (
        "AdaGrad",
        {"learning_rate": optimizers.inverse_time_decay(0.05, decay=0.1)},
        "Adagrad",
        {"lr_decay": 0.1},
    ),
    ("RMSProp", {}, "RMSprop", {}),
    ("RMSProp", {"decay": 0.8, "momentum": 0.9}, "RMSprop", {"alpha": 0.8, "momentum": 0.9}),
    ("Adadelta", {}, "Adadelta", {}),
    ("Adadelta", {"decay": 0.7, "epsilon": 1e-3}, "Adadelta", {"rho": 0.7, "eps": 1e-3}),
    ("Adam", {}, "Adam", {}),
    ("Adam", {"betas": (0.8, 0.9), "epsilon": 1e-2}, "Adam", {"betas": (0.8, 0.9), "eps": 1e-2}),
    ("Adam", {"betas": (0.8, 0.5), "amsgrad": True}, "Adam", {"betas": (0.8, 0.5), "amsgrad": True}),
    ("AdamW", {}, "AdamW", {}),
    ("AdamW", {"betas": (0.8, 0.5), "amsgrad": True}, "AdamW", {"betas": (0.8, 0.5), "amsgrad": True}),
    ("AdaMax", {}, "Adamax", {}),
    ("AdaMax", {"betas": (0.8, 0.5), "epsilon": 1e-2}, "Adamax", {"betas": (0.8, 0.5), "eps": 1e-2}),
]

SHAPES = [(4, 3), (3,), ()]


def both(start, of_one, theirs_name, of_other, *, grouped):
    """Make both optimizers for parameters that start alike."""
    ours = [Tensor(x, requires_grad=True) for x in start]
    theirs = [torch.nn.Parameter(torch.tensor(x)) for x in start]
    name, options = of_one
    given, given_to_peer = ours, theirs
    if grouped:
        given = [{"parameters": ours[:1]}, {"parameters": ours[1:], "weight_decay": 0.3}]
        given_to_peer = [{"params": theirs[:1]}, {"params": theirs[1:], "weight_decay": 0.3}]
    optimizer = getattr(optimizers, name)(given, **options)
    peer = getattr(torch.optim, theirs_name)(given_to_peer, **of_other)
    return (ours, optimizer), (theirs, peer)


@pytest.mark.parametrize(("ours", "options", "theirs", "their_options"), PAIRS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("grouped", [False, True])
def test_ten_steps(ours, options, theirs, their_options, dtype, weight_decay, grouped):
    rng = np.random.default_rng(0)
    start = [np.asarray(rng.standard_normal(shape), dtype) for shape in SHAPES]
    (tensors, optimizer), (parameters, peer) = both(
        start,
        (ours, {"learning_rate": 0.05, "weight_decay": weight_decay} | options),
        theirs,
        {"lr": 0.05, "weight_decay": weight_decay} | their_options,
        grouped=grouped,
    )
    late = "lr_decay" not in their_options  # which counts the steps of each parameter; a schedule those of all
    for step in range(10):
        for i, (tensor, parameter) in enumerate(zip(tensors, parameters, strict=True)):
            gradient = np.asarray(0.3 + rng.standard_normal(tensor.shape), dtype)
            if step or i or not late:
                tensor.grad, parameter.grad = gradient, torch.tensor(gradient)
        optimizer.step()
        peer.step()
    tolerance = 2e-6 if dtype is np.float32 else 1e-13
    for tensor, parameter in zip(tensors, parameters, strict=True):
        np.testing.assert_allclose(tensor.data, parameter.detach().numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("schedule", "name", "options"),
    [
        (optimizers.step_decay(0.5, every=3, factor=0.2), "StepLR", {"step_size": 3, "gamma": 0.2}),
        (optimizers.exponential_decay(0.5, factor=0.9), "ExponentialLR", {"gamma": 0.9}),
        (optimizers.cosine_decay(0.5, steps=9, final=0.1), "CosineAnnealingLR", {"T_max": 9, "eta_min": 0.1}),
        (
            optimizers.linear_decay(0.5, steps=6, final=0.1),
            "LinearLR",
            {"start_factor": 1.0, "end_factor": 0.2, "total_iters": 6},
        ),
    ],
)
def test_schedules(schedule, name, options):
    peer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    theirs = getattr(torch.optim.lr_scheduler, name)(peer, **options)
    for k in range(10):
        assert schedule(k) == pytest.approx(peer.param_groups[0]["lr"])
        peer.step()
        theirs.step()


def test_plateau():
    peer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        peer, factor=0.5, patience=2, threshold=0.05, threshold_mode="abs"
    )
    ours = optimizers.Plateau(0.5, factor=0.5, patience=2, threshold=0.05)
    rng = np.random.default_rng(0)
    for k in range(60):
        loss = 3 / (k + 1) + 0.2 * rng.random()
        theirs.step(loss)
        ours.observe(loss)
        assert ours(k) == peer.param_groups[0]["lr"]
    assert ours(0) < 0.1


@pytest.mark.parametrize("norm", [0.5, 100.0])
def test_clipping_by_norm(norm):
    rng = np.random.default_rng(0)
    gradients = [rng.standard_normal(shape) for shape in SHAPES]
    tensors = [Tensor(np.zeros_like(g), requires_grad=True) for g in gradients]
    parameters = [torch.nn.Parameter(torch.zeros(shape, dtype=torch.float64)) for shape in SHAPES]
    for tensor, parameter, g in zip(tensors, parameters, gradients, strict=True):
        tensor.grad, parameter.grad = np.array(g), torch.tensor(g)
    ours, theirs = optimizers.clip_gradients(tensors, norm=norm), torch.nn.utils.clip_grad_norm_(parameters, norm)
    assert ours == pytest.approx(float(theirs))
    for tensor, parameter in zip(tensors, parameters, strict=True):
        np.testing.assert_allclose(tensor.grad, parameter.grad.numpy(), rtol=1e-5)
