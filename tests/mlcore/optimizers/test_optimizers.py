"""The contract that every optimizer keeps, from the registry."""

import tracemalloc

import numpy as np
import pytest
from registry import OPTIMIZERS

from mlcore import Tensor, optimizers

each = pytest.mark.parametrize("name", OPTIMIZERS)


def parameter(*shape, dtype=np.float32, seed=0):
    return Tensor(np.random.default_rng(seed).standard_normal(shape), dtype=dtype, requires_grad=True)


def walk(optimizer, parameters, gradients):
    """Take a step for each row of gradients, one entry for each parameter; None is none."""
    for row in gradients:
        for tensor, gradient in zip(parameters, row, strict=True):
            tensor.grad = gradient
        optimizer.step()


def some_gradients(steps, *shapes, seed=1):
    rng = np.random.default_rng(seed)
    return [[rng.standard_normal(shape).astype(np.float32) for shape in shapes] for _ in range(steps)]


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(2, 1), ()])
def test_two_steps_by_hand(name, dtype, shape):
    make, expected = OPTIMIZERS[name]
    w = Tensor(np.ones(shape), dtype=dtype, requires_grad=True)
    array = w.data
    optimizer = make([w])
    for gradient, value in zip((2.0, 4.0), expected, strict=True):
        w.grad = np.full(shape, gradient, dtype)
        optimizer.step()
        np.testing.assert_allclose(w.data, value, rtol=2e-6, atol=1e-7)
        np.testing.assert_array_equal(w.grad, gradient)
    assert w.data is array
    assert w.dtype == dtype
    assert optimizer.steps == 2


@each
def test_a_quadratic_is_solved(name):
    make, _ = OPTIMIZERS[name]
    target = np.array([[1.0, -2.0], [3.0, 0.5]])
    w, b = Tensor(np.zeros((2, 2)), requires_grad=True), Tensor(4.0, dtype=np.float64, requires_grad=True)
    optimizer = make([w, b], weight_decay=0.0)
    optimizer.learning_rate = optimizers.cosine_decay(optimizer.learning_rate, steps=600)
    curvature = np.array([[1.0, 2.0], [0.5, 1.0]])
    for _ in range(600):
        loss = (curvature * (w - target) ** 2).sum() + (b - 1.0) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(w.data, target, atol=1e-3)
    np.testing.assert_allclose(b.data, 1.0, atol=1e-3)


@each
def test_float32_stays_float32_whatever_the_gradient(name):
    make, _ = OPTIMIZERS[name]
    w = parameter(3)
    optimizer = make([w], weight_decay=0.1)
    walk(optimizer, [w], [[np.ones(3)], [np.ones(3)]])
    arrays = [value for value in optimizer.states[0].values() if isinstance(value, np.ndarray)]
    assert {w.dtype, *(array.dtype for array in arrays)} == {np.dtype(np.float32)}


@each
def test_steps_are_taken_in_place_and_allocate_nothing_of_size(name):
    make, _ = OPTIMIZERS[name]
    w = parameter(100_000)
    optimizer = make([w], weight_decay=0.1)
    gradients = some_gradients(3, w.shape)
    walk(optimizer, [w], gradients)
    tracemalloc.start()
    try:
        walk(optimizer, [w], gradients)
        assert tracemalloc.get_traced_memory()[1] < w.data.nbytes / 2
    finally:
        tracemalloc.stop()


@each
def test_a_parameter_without_gradient_stays_and_begins_when_it_has_one(name):
    make, _ = OPTIMIZERS[name]
    w, idle, twin = parameter(3), parameter(3, seed=2), parameter(3, seed=2)
    optimizer, of_twin = make([w, idle], weight_decay=0.1), make([twin], weight_decay=0.1)
    before, start = w.data.copy(), idle.data.copy()
    gradients = some_gradients(5, w.shape, idle.shape)
    walk(optimizer, [w, idle], [(g, None) for g, _ in gradients])
    assert not np.any(w.data == before)
    np.testing.assert_array_equal(idle.data, start)
    walk(optimizer, [w, idle], gradients)
    walk(of_twin, [twin], [(g,) for _, g in gradients])
    np.testing.assert_array_equal(idle.data, twin.data)


@each
def test_groups_have_options_of_their_own(name):
    """Two groups move as under two optimizers, also when an option changes on the way."""
    make, _ = OPTIMIZERS[name]
    ws, twins = [parameter(3), parameter(2, 2), parameter(2)], [parameter(3), parameter(2, 2), parameter(2)]
    own = {"learning_rate": 0.03, "weight_decay": 0.5}
    grouped = make([{"parameters": ws[:2]}, {"parameters": ws[2:], **own}], weight_decay=0.0)
    apart = make(twins[:2], weight_decay=0.0), make(twins[2:], **own)
    gradients = some_gradients(6, *(w.shape for w in ws))
    for half in (gradients[:3], gradients[3:]):
        walk(grouped, ws, half)
        walk(apart[0], twins[:2], [row[:2] for row in half])
        walk(apart[1], twins[2:], [row[2:] for row in half])
        for w, twin in zip(ws, twins, strict=True):
            np.testing.assert_array_equal(w.data, twin.data)
        grouped.learning_rate = apart[0].learning_rate = 0.02
        grouped.groups[1].options["weight_decay"] = apart[1].weight_decay = 0.25
    assert grouped.parameters == ws
    grouped.zero_grad()
    assert all(w.grad is None for w in ws)


@each
def test_weight_decay(name):
    """Coupled, it is a term of the gradient; decoupled, it is a factor of the parameter."""
    make, _ = OPTIMIZERS[name]
    w, twin = parameter(4, dtype=np.float64), parameter(4, dtype=np.float64)
    decaying, plain = make([w], weight_decay=0.25), make([twin], weight_decay=0.0)
    for (g,) in some_gradients(4, w.shape):
        walk(decaying, [w], [[g]])
        if isinstance(decaying, optimizers.AdamW):
            twin.data *= 1 - decaying.learning_rate * 0.25
            walk(plain, [twin], [[g]])
        else:
            walk(plain, [twin], [[g + 0.25 * twin.data]])
        np.testing.assert_allclose(w.data, twin.data, rtol=1e-14)


@each
def test_a_schedule_is_the_rate_of_each_step(name):
    make, _ = OPTIMIZERS[name]
    w, twin = parameter(4), parameter(4)
    rates = [0.1, 0.02, 0.3]
    scheduled, by_hand = make([w], learning_rate=rates.__getitem__), make([twin], learning_rate=1.0)
    for rate, row in zip(rates, some_gradients(3, w.shape), strict=True):
        by_hand.learning_rate = rate
        walk(scheduled, [w], [row])
        walk(by_hand, [twin], [row])
        np.testing.assert_array_equal(w.data, twin.data)


def test_groups_may_have_schedules():
    w, b = Tensor([0.0], requires_grad=True), Tensor([0.0], requires_grad=True)
    groups = [{"parameters": [w]}, {"parameters": [b], "learning_rate": lambda k: 10.0**k}]
    walk(optimizers.SGD(groups, learning_rate=lambda k: 2.0**k), [w, b], [[np.ones(1)] * 2] * 3)
    assert (w.item(), b.item()) == (-1.0 - 2 - 4, -1.0 - 10 - 100)


def test_a_group_may_need_a_memory_that_others_do_not():
    w, b = Tensor([0.0], requires_grad=True), Tensor([0.0], requires_grad=True)
    groups = [{"parameters": [w]}, {"parameters": [b], "momentum": 0.5}]
    walk(optimizers.SGD(groups, learning_rate=lambda k: 1.0), [w, b], [[np.ones(1)] * 2] * 3)
    assert (w.item(), b.item()) == (-3.0, -1.0 - 1.5 - 1.75)


def test_parameters_of_one_shape_may_differ_in_type():
    single, double = parameter(3, dtype=np.float32), parameter(3, dtype=np.float64)
    twin = Tensor(double.data, requires_grad=True)
    walk(optimizers.SGD([single, double], learning_rate=0.1), [single, double], [[np.full(3, 1 / 3)] * 2] * 2)
    walk(optimizers.SGD([twin], learning_rate=0.1), [twin], [[np.full(3, 1 / 3)]] * 2)
    np.testing.assert_array_equal(double.data, twin.data)


def test_a_rate_from_numpy_is_taken_as_a_number():
    """A float64 scalar of NumPy would make every multiplication of float32 arrays one in float64."""
    assert type(optimizers.SGD([W], learning_rate=np.float64(0.1)).learning_rate) is float


def test_biases_can_be_left_out_of_weight_decay():
    w, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    groups = [{"parameters": [w]}, {"parameters": [b], "weight_decay": 0.0}]
    walk(optimizers.SGD(groups, learning_rate=0.5, weight_decay=0.5), [w, b], [[np.zeros(1)] * 2])
    assert (w.item(), b.item()) == (0.75, 1.0)


def test_an_empty_group_is_fine():
    w = Tensor([1.0], requires_grad=True)
    walk(optimizers.SGD([{"parameters": []}, {"parameters": [w]}], learning_rate=0.5), [w], [[np.ones(1)]])
    assert w.item() == 0.5


def test_a_step_is_noticed_by_a_graph_that_used_the_parameter():
    w = Tensor([1.0], requires_grad=True)
    loss = (w * w).sum()
    walk(optimizers.SGD([w], learning_rate=0.5), [w], [[np.ones(1)]])
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


W = Tensor([1.0], requires_grad=True)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.SGD([], learning_rate=0.1), ValueError, "at least one parameter"),
        (lambda: optimizers.SGD([{"parameters": []}], learning_rate=0.1), ValueError, "at least one parameter"),
        (lambda: optimizers.SGD([W, W], learning_rate=0.1), ValueError, "each parameter once"),
        (lambda: optimizers.SGD([{"parameters": [W]}] * 2, learning_rate=0.1), ValueError, "each parameter once"),
        (lambda: optimizers.SGD([Tensor([1.0])], learning_rate=0.1), TypeError, "requires_grad=True"),
        (lambda: optimizers.Adam([W * 2]), TypeError, "requires_grad=True"),
        (lambda: optimizers.Adam([{"parameters": [W * 2]}]), TypeError, "requires_grad=True"),
        (lambda: optimizers.Adam([W, {"parameters": [W]}]), TypeError, "a dict with 'parameters'"),
        (lambda: optimizers.Adam([{"weights": [W]}]), TypeError, "a dict with 'parameters'"),
        (lambda: optimizers.Adam([{"parameters": [W], "momentum": 0.9}]), TypeError, r"options.*'betas'.*'momentum'"),
        (lambda: optimizers.Adam([{"parameters": [W], "betas": (1, 1)}]), ValueError, "betas of at least 0 and below"),
        (lambda: optimizers.SGD([W], learning_rate=-0.1), ValueError, "learning_rate of at least 0"),
        (lambda: optimizers.SGD([W], learning_rate=float("nan")), ValueError, "learning_rate of at least 0"),
        (lambda: optimizers.SGD([W], learning_rate=0.1, weight_decay=-1), ValueError, "weight_decay of at least 0"),
        (lambda: optimizers.SGD([W], learning_rate=0.1, momentum=1.0), ValueError, "momentum"),
        (lambda: optimizers.SGD([W], learning_rate=0.1, momentum=0.5, dampening=1.0), ValueError, "dampening"),
        (lambda: optimizers.SGD([W], learning_rate=0.1, nesterov=True), ValueError, "momentum above 0"),
        (lambda: optimizers.RMSProp([W], nesterov=True), ValueError, "momentum above 0"),
        (lambda: optimizers.RMSProp([W], decay=1.0), ValueError, "decay"),
        (lambda: optimizers.RMSProp([W], epsilon=-1.0), ValueError, "epsilon"),
        (lambda: optimizers.AdaGrad([W], initial_sum=-1.0), ValueError, "initial_sum"),
        (lambda: optimizers.AdaGrad([W], epsilon=-1.0), ValueError, "epsilon"),
        (lambda: optimizers.Adadelta([W], decay=-0.1), ValueError, "decay"),
        (lambda: optimizers.Adadelta([W], epsilon=-0.1), ValueError, "epsilon"),
        (lambda: optimizers.Adam([W], betas=(0.9, 1.0)), ValueError, "betas"),
        (lambda: optimizers.Adam([W], epsilon=-1e-8), ValueError, "epsilon"),
        (lambda: optimizers.AdaMax([W], betas=(1.0, 0.9)), ValueError, "betas"),
        (lambda: optimizers.AdaMax([W], epsilon=-1e-8), ValueError, "epsilon"),
        (lambda: optimizers.DeltaBarDelta([W], learning_rate=1, decrease=1.0), ValueError, "decrease"),
        (lambda: optimizers.DeltaBarDelta([W], learning_rate=1, increase=-1.0), ValueError, "increase"),
        (lambda: optimizers.DeltaBarDelta([W], learning_rate=1, smoothing=1.0), ValueError, "smoothing"),
    ],
)
def test_wrong_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_subclass_must_say_what_a_step_is():
    w = Tensor([1.0], requires_grad=True)
    w.grad = np.ones(1)
    with pytest.raises(NotImplementedError, match="must define update"):
        optimizers.Optimizer([w], learning_rate=0.1).step()
