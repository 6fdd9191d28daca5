"""The backward pass: sums of gradients, freed graphs, changed inputs, long chains, memory."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

from mlcore import Tensor, data, functions, grad, jvp, layers, no_grad, optimizers


def leaf(*values):
    return Tensor(np.array(values), requires_grad=True)


# ---- sums of gradients ------------------------------------------------------------------------------------------


def test_every_use_adds_its_gradient():
    x = leaf(2.0)
    y = x * x
    z = y + y * x + x
    z.backward()
    np.testing.assert_allclose(x.grad, [2 * 2 + 3 * 4 + 1])


def test_gradients_that_pass_through_addition_are_not_shared():
    x, y = leaf(1.0), leaf(2.0)
    (x + y).backward()
    x.grad += 10
    np.testing.assert_array_equal(y.grad, [1.0])


def test_an_adopted_gradient_is_not_added_into_while_another_still_needs_it():
    """a's cotangent is passed on to x and y; x then receives more, which must not reach y."""
    x, y = leaf(1.0), leaf(2.0)
    a = x + y
    ((a * 1.0) + (x * 5.0) + (x * 7.0)).backward()
    np.testing.assert_array_equal(x.grad, [13.0])
    np.testing.assert_array_equal(y.grad, [1.0])


def test_scalars_accumulate():
    x = Tensor(3.0, requires_grad=True)
    for _ in range(3):
        (x * x + x).backward()
    assert x.grad == 21.0
    assert type(x.grad) is np.ndarray


def test_the_cotangent_passed_in_is_left_alone():
    x = leaf(1.0, 2.0)
    u = np.array([1.0, 1.0])
    y = x + 0.0
    y.backward(u, retain_graph=True)
    y.backward(u)
    np.testing.assert_array_equal(u, [1.0, 1.0])
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_backward_on_a_leaf():
    x = leaf(1.0)
    x.backward()
    np.testing.assert_array_equal(x.grad, [1.0])


# ---- errors -----------------------------------------------------------------------------------------------------


def test_backward_starts_from_one_number():
    with pytest.raises(RuntimeError, match=r"one number, such as a loss; got shape \(2,\)"):
        (leaf(1.0, 2.0) * 2).backward()
    with pytest.raises(ValueError, match=r"expected gradient of the Tensor's shape \(2,\); got \(3,\)"):
        (leaf(1.0, 2.0) * 2).backward(np.ones(3))


def test_backward_needs_something_to_differentiate():
    with pytest.raises(RuntimeError, match="depends on nothing with requires_grad=True"):
        Tensor(1.0).backward()


def test_a_second_backward_through_a_freed_graph():
    x = leaf(2.0)
    y = x * x
    z = y * 3
    z.backward()
    with pytest.raises(RuntimeError, match=r"freed by an earlier backward.*retain_graph=True"):
        z.backward()
    with pytest.raises(RuntimeError, match="freed by an earlier backward"):
        (y + 1).backward()


def test_retain_graph_allows_it():
    x = leaf(2.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_array_equal(x.grad, [8.0])


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.__setitem__(0, 9.0),
        lambda x: x.__isub__(1.0),
        lambda x: x.__imul__(np.ones(1)),
    ],
)
def test_a_change_between_forward_and_backward_is_noticed(change):
    x = leaf(2.0)
    y = x * x
    with no_grad():
        change(x)
    with pytest.raises(RuntimeError, match="an input of multiply was changed in place"):
        y.backward()


def test_an_optimizer_step_or_new_weights_between_forward_and_backward_are_noticed():
    model = layers.Dense(2, 1, rng=np.random.default_rng(0))
    optimizer = optimizers.SGD(model.parameters(), learning_rate=0.1)
    x = np.ones((3, 2), np.float32)
    first, second = model(x).sum(), model(x).sum()
    first.backward()
    optimizer.step()
    with pytest.raises(RuntimeError, match="changed in place"):
        second.backward()
    third = model(x).sum()
    model.load_state_dict(model.state_dict())
    with pytest.raises(RuntimeError, match="changed in place"):
        third.backward()


def test_a_changed_constant_is_noticed():
    x, c = leaf(2.0), Tensor([3.0])
    y = x * c
    c[0] = 4.0
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_in_place_changes_that_cannot_be_recorded_are_refused():
    x = leaf(2.0)
    with pytest.raises(RuntimeError, match="under no_grad"):
        x -= 1.0
    with pytest.raises(RuntimeError, match="cannot be differentiated"):
        x[0] = 1.0
    with pytest.raises(RuntimeError, match="cannot be differentiated"):
        Tensor([1.0])[0] = x[0]
    y = x * 1.0
    with no_grad(), pytest.raises(RuntimeError, match=r"only a leaf can be changed in place.*multiply"):
        y[0] = 1.0


def test_adding_to_a_result_makes_a_new_tensor():
    x = leaf(2.0)
    total = x * 1.0
    kept = total
    total += x * x
    total.backward()
    np.testing.assert_array_equal(x.grad, [5.0])
    np.testing.assert_array_equal(kept.data, [2.0])


# ---- size and memory --------------------------------------------------------------------------------------------


def test_a_hundred_thousand_chained_operations():
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    y.backward()
    assert x.grad == 1.0


def test_a_hundred_thousand_operations_forward_and_dropped_without_backward():
    def chain(x):
        for _ in range(100_000):
            x = x + 1.0
        return x

    assert jvp(chain, (1.0,), (1.0,))[1].item() == 1.0


def test_a_wide_graph():
    x = Tensor(2.0, requires_grad=True)
    y = sum(x * float(i) for i in range(2000))
    y.backward()
    assert x.grad == 1999 * 1000


def test_a_graph_goes_with_its_last_reference():
    gc.disable()
    try:
        x = leaf(1.0)
        hidden = functions.tanh(functions.softmax(x * 2))
        seen = weakref.ref(hidden)
        y = hidden.sum()
        del hidden
        assert seen() is not None
        del y
        assert seen() is None
    finally:
        gc.enable()


def test_backward_lets_the_graph_go():
    x = leaf(1.0)
    hidden = x * 2
    seen = weakref.ref(hidden)
    y = (hidden * hidden).sum()
    del hidden
    y.backward()
    assert seen() is None


def test_saved_arrays_go_while_the_pass_moves_on():
    """Peak memory of a backward pass through a long chain stays near that of the chain itself."""
    n, depth = 100_000, 20
    x = Tensor(np.ones(n, np.float32), requires_grad=True)
    tracemalloc.start()
    y = x
    for _ in range(depth):
        y = np.tanh(y)
    z = y.sum()
    del y
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    z.backward()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = 4 * n
    assert before > depth * size
    assert peak < before + 6 * size
    assert after < 3 * size


def test_a_thousand_training_steps_do_not_grow_without_the_garbage_collector():
    rng = np.random.default_rng(0)
    x, y = data.xor()
    model = layers.Sequential(layers.Dense(2, 64, rng=rng), layers.Tanh(), layers.Dense(64, 1, rng=rng))
    optimizer = optimizers.Adam(model.parameters())

    def train(steps):
        for _ in range(steps):
            loss = functions.mean_squared_error(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            grad(lambda w: functions.mean_squared_error(functions.linear(x, w, np.zeros(1)), y))(np.ones((2, 1)))
            optimizer.step()

    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        train(50)
        objects, memory = len(gc.get_objects()), tracemalloc.get_traced_memory()[0]
        train(1000)
        assert len(gc.get_objects()) < objects + 50
        assert tracemalloc.get_traced_memory()[0] < memory + 150_000  # Python keeps up to 2,000 freed tuples
    finally:
        tracemalloc.stop()
        gc.enable()


def test_indexing_in_a_loop_costs_no_more_than_its_elements(monkeypatch):
    """A loop over x[t] must not make an array of x's size for every t."""
    made = []
    zeros = np.zeros
    monkeypatch.setattr(np, "zeros", lambda shape, *args: made.append(shape) or zeros(shape, *args))
    x = Tensor(np.zeros((200, 1000), np.float32), requires_grad=True)
    total = sum((xt * float(t) for t, xt in enumerate(x)), start=Tensor(np.zeros(1000, np.float32)))
    made.clear()
    total.sum().backward()
    assert made == [(200, 1000)]
    np.testing.assert_array_equal(x.grad, np.repeat(np.arange(200.0), 1000).reshape(200, 1000))
