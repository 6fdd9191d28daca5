"""Derivatives that HIPS autograd is known to get wrong or to refuse: what a NumPy autodiff must get right."""

import numpy as np
import pytest

from mlcore import Tensor, check_gradients, grad, jacobian
from mlcore.autodiff import reductions, shaping

X = np.array([[0.3, -1.2, 0.7], [2.1, 0.4, -1.5]])


def gradient(function, *inputs):
    """Return the gradients of the sum of a function, each of its input's shape."""
    leaves = [Tensor(np.asarray(x, dtype=np.float64), requires_grad=True) for x in inputs]
    function(*leaves).sum().backward()
    for leaf in leaves:
        assert leaf.grad.shape == leaf.shape
    return [leaf.grad for leaf in leaves]


# ---- where: branches that broadcast -------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [(), (1,), (3,), (2, 1), (1, 3), (2, 3)])
@pytest.mark.parametrize("second", [(), (3,), (2, 1)])
def test_where_sums_back_over_broadcast_branches(first, second):
    condition = X > 0
    x, y = np.full(first, 2.0), np.full(second, 3.0)
    gx, gy = gradient(lambda x, y: np.where(condition, x, y) * X, x, y)
    np.testing.assert_allclose(gx.sum(), X[condition].sum())
    np.testing.assert_allclose(gy.sum(), X[~condition].sum())
    check_gradients(lambda x, y: np.where(condition, x * x, y * x), x, y, order=2)


def test_where_with_a_condition_that_broadcasts():
    condition = np.array([[True], [False]])
    gx, gy = gradient(lambda x, y: np.where(condition, x, y), X, X)
    np.testing.assert_array_equal(gx, [[1, 1, 1], [0, 0, 0]])
    np.testing.assert_array_equal(gy, [[0, 0, 0], [1, 1, 1]])


def test_where_keeps_an_infinite_value_of_the_other_branch_out():
    (g,) = gradient(lambda x: np.where(np.isfinite(x), x, 0.0), [1.0, np.inf, np.nan])
    np.testing.assert_array_equal(g, [1, 0, 0])


# ---- prod and cumprod with zeros ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([2.0, 3.0, 5.0], [15, 10, 6]),
        ([2.0, 0.0, 5.0], [0, 10, 0]),
        ([0.0, 3.0, 0.0], [0, 0, 0]),
        ([0.0], [1]),
        ([-2.0, -1.0], [-1, -2]),
        ([], []),
    ],
)
def test_prod_with_zeros(x, expected):
    np.testing.assert_array_equal(gradient(np.prod, x)[0], expected)
    np.testing.assert_array_equal(grad(np.prod)(np.array(x)), expected)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1), (1, 0), (-1, 0)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_prod_with_zeros_along_any_axes(axis, keepdims):
    x = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, -1.5]])
    assert np.prod(Tensor(x), axis=axis, keepdims=keepdims).shape == np.prod(x, axis=axis, keepdims=keepdims).shape
    check_gradients(lambda x: np.prod(x, axis=axis, keepdims=keepdims), x, order=3)


def test_second_derivatives_of_prod_with_zeros():
    hessian = jacobian(grad(np.prod))(np.array([0.0, 0.0, 5.0]))
    np.testing.assert_array_equal(hessian, [[0, 5, 0], [5, 0, 0], [0, 0, 0]])


def test_cumprod_with_zeros():
    jac = jacobian(np.cumprod)(np.array([2.0, 0.0, 3.0, 0.0]))
    np.testing.assert_array_equal(jac, [[1, 0, 0, 0], [0, 2, 0, 0], [0, 6, 0, 0], [0, 0, 0, 0]])
    check_gradients(np.cumprod, np.array([2.0, 0.0, 3.0, 0.0, 5.0]), order=3)


# ---- var and std over tuples of axes --------------------------------------------------------------------------------

DEEP = np.random.default_rng(0).standard_normal((2, 3, 4))


@pytest.mark.parametrize("function", [np.var, np.std, np.mean, np.sum, np.max, np.prod, np.linalg.norm])
@pytest.mark.parametrize("axis", [None, 1, -1, (0, 1), (0, -1), (-1, -3), (2, 0)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions_over_tuples_and_negative_axes(function, axis, keepdims):
    out = function(Tensor(DEEP), axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(out, function(DEEP, axis=axis, keepdims=keepdims))
    check_gradients(lambda x: function(x, axis=axis, keepdims=keepdims), DEEP, order=2)


@pytest.mark.parametrize("function", [np.var, np.std])
@pytest.mark.parametrize("ddof", [0, 1, 2.5])
def test_spread_with_degrees_of_freedom_over_a_tuple(function, ddof):
    check_gradients(lambda x: function(x, axis=(0, 2), ddof=ddof), DEEP, order=2)


def test_spread_where_it_has_corners():
    np.testing.assert_array_equal(gradient(np.std, [2.0, 2.0, 2.0])[0], [0, 0, 0])
    np.testing.assert_array_equal(gradient(lambda x: np.var(x, axis=0), [[1.0, 2.0]])[0], [[0, 0]])
    with np.errstate(all="ignore"):
        for function in (np.var, np.std):
            x = Tensor([1.0], requires_grad=True)
            out = function(x, ddof=1)
            assert np.isnan(out.item())
            out.backward()
            assert np.isnan(x.grad).all()


def test_reduction_over_no_axes_changes_nothing():
    for function in (np.sum, np.prod, np.mean, np.max):
        np.testing.assert_array_equal(gradient(lambda x, f=function: f(x, axis=()) * X, X)[0], X)


# ---- transpositions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", [None, (0, 1, 2), (2, 0, 1), (-1, 0, 1), (-1, -3, -2), (1, -1, 0)])
def test_transposes_by_negative_axes(axes):
    weight = np.transpose(np.arange(24.0).reshape(2, 3, 4), axes)
    (g,) = gradient(lambda x: np.transpose(x, axes) * weight, DEEP)
    np.testing.assert_array_equal(g, np.arange(24.0).reshape(2, 3, 4))
    (g,) = gradient(lambda x: (x.transpose(axes) if axes is None else x.transpose(*axes)) * weight, DEEP)
    np.testing.assert_array_equal(g, np.arange(24.0).reshape(2, 3, 4))


@pytest.mark.parametrize("move", [lambda x: np.moveaxis(x, (-1, 0), (0, -2)), lambda x: np.swapaxes(x, -1, -3),
                                  lambda x: np.rollaxis(x, -1), lambda x: np.expand_dims(x, (-1, 0)),
                                  lambda x: np.concatenate([x, x], axis=-2), lambda x: np.stack([x, x], axis=-1),
                                  lambda x: np.repeat(x, 2, axis=-2), lambda x: np.roll(x, 1, axis=-1),
                                  lambda x: np.flip(x, axis=(-1, 0)), lambda x: np.diagonal(x, 0, -1, -3),
                                  lambda x: np.cumsum(x, axis=-2), lambda x: np.split(x, 2, axis=-1)[1]])  # fmt: skip
def test_other_functions_with_negative_axes(move):
    np.testing.assert_array_equal(move(Tensor(DEEP)), move(DEEP))
    check_gradients(move, DEEP, order=2)


# ---- broadcasting, repeated indices, ties ------------------------------------------------------------------------


def test_an_axis_of_length_one_and_a_missing_axis_are_told_apart():
    gx, gy = gradient(lambda x, y: x + y, np.ones((1, 3)), np.ones(3))
    np.testing.assert_array_equal(gx, [[1, 1, 1]])
    np.testing.assert_array_equal(gy, [1, 1, 1])
    gx, gy = gradient(lambda x, y: x * y, np.ones((2, 1)), np.ones((0,)))
    np.testing.assert_array_equal(gx, [[0], [0]])


def test_an_index_that_occurs_twice_gets_both():
    np.testing.assert_array_equal(gradient(lambda x: x[[0, 0, 1]], [1.0, 2.0, 3.0])[0], [2, 1, 0])
    np.testing.assert_array_equal(gradient(lambda x: np.take(x, [0, 0, -1]), [1.0, 2.0, 3.0])[0], [2, 0, 1])
    indices = np.array([[0, 0], [1, -1]])
    np.testing.assert_array_equal(
        gradient(lambda x: np.take_along_axis(x, indices, 1), [[1.0, 2.0], [3.0, 4.0]])[0], [[2, 0], [0, 2]]
    )


def test_ties_share_and_corners_are_as_documented():
    np.testing.assert_array_equal(gradient(np.max, [1.0, 3.0, 3.0])[0], [0, 0.5, 0.5])
    np.testing.assert_array_equal(gradient(np.maximum, [1.0, 2.0], [1.0, 3.0]), [[0.5, 0], [0.5, 1]])
    np.testing.assert_array_equal(gradient(np.abs, [0.0, -2.0])[0], [0, -1])
    np.testing.assert_array_equal(gradient(np.linalg.norm, [0.0, 0.0])[0], [0, 0])
    np.testing.assert_allclose(gradient(lambda x: np.linalg.norm(x, 0.5), [0.0, 4.0])[0], [0, 1])
    np.testing.assert_allclose(gradient(lambda x: np.linalg.norm(x, 3), [0.0, 4.0])[0], [0, 1])
    np.testing.assert_array_equal(gradient(np.hypot, [0.0], [0.0]), [[0], [0]])
    np.testing.assert_array_equal(gradient(np.arctan2, [0.0], [0.0]), [[0], [0]])
    np.testing.assert_array_equal(gradient(np.sinc, [0.0])[0], [0])
    np.testing.assert_array_equal(gradient(np.logaddexp, [-np.inf, 1e4], [-np.inf, 1e4]), [[0.5, 0.5], [0.5, 0.5]])
    np.testing.assert_array_equal(gradient(lambda x: np.max(x, axis=0), [np.nan, 1.0])[0], [1, 0])


def test_steps_have_a_derivative_of_zero_not_none():
    for step in (np.sign, np.floor, np.ceil, np.rint, np.trunc, np.round):
        np.testing.assert_array_equal(gradient(step, [1.5, np.inf])[0], [0, 0])
        np.testing.assert_array_equal(grad(lambda x, f=step: f(x).sum())(np.array([0.0, 1.5])), [0, 0])


def test_power_at_zero():
    np.testing.assert_array_equal(gradient(lambda x: x**0, [0.0])[0], [0])
    np.testing.assert_array_equal(gradient(lambda x: x**1.0, [0.0])[0], [1])
    np.testing.assert_array_equal(gradient(lambda x: np.power(0.0, x), [2.0])[0], [0])
    check_gradients(lambda x: x**3, np.array([0.0, -1.0]), order=3)


# ---- changed copies, sorting, selection --------------------------------------------------------------------------


def test_changed_copies_leave_the_original_alone():
    x = Tensor(np.zeros(3), requires_grad=True)
    out = shaping.replace(shaping.scatter_add(x, 2.0 * x[:2], index=np.array([0, 0])), 7.0, index=2)
    np.testing.assert_array_equal(out, [0, 0, 7])
    np.testing.assert_array_equal(x, [0, 0, 0])
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 3, 0])


def test_topk_gives_plain_indices_and_a_clear_error():
    x = Tensor([[3.0, 1.0, 2.0]], requires_grad=True)
    values, indices = shaping.topk(x, 2, largest=False)
    np.testing.assert_array_equal(indices, [[1, 2]])
    values.sum().backward()
    np.testing.assert_array_equal(x.grad, [[0, 1, 1]])
    with pytest.raises(ValueError, match=r"k from 0 to the length 3 of axis -1; got 4"):
        shaping.topk(x, 4)


def test_equal_elements_keep_their_order_whichever_way_they_are_sorted():
    x = Tensor([1.0, 2.0, 1.0, 2.0])
    np.testing.assert_array_equal(shaping.argsort(x), [0, 2, 1, 3])
    np.testing.assert_array_equal(shaping.argsort(x, descending=True), [1, 3, 0, 2])


def test_where_the_extremes_are():
    x = Tensor([[1.0, 4.0], [3.0, 2.0]], requires_grad=True)
    assert reductions.argmax(x) == 1
    np.testing.assert_array_equal(x.argmin(axis=1, keepdims=True), [[0], [1]])
    assert type(x.argmax(0)) is np.ndarray
