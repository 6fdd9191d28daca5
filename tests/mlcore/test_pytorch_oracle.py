"""PyTorch as an independent witness: values, first and second derivatives, wherever it has the same thing.

One line a case: our function, theirs, and inputs drawn from a seed. Runs where torch is installed.
"""

import itertools
from functools import partial

import numpy as np
import pytest

from mlcore import Tensor, functions, jvp, vjp
from mlcore.autodiff import elementwise, linear_algebra, reductions, shaping

torch = pytest.importorskip("torch")
nn = torch.nn.functional
rng = np.random.default_rng(11)


def normal(*shape):
    return rng.standard_normal(shape)


def positive(*shape):
    return rng.uniform(0.2, 2.0, shape)


def unit(*shape):
    return rng.uniform(0.1, 0.9, shape)


CASES = []


def case(name, ours, theirs, *inputs):
    CASES.append(pytest.param(ours, theirs, inputs, id=f"{name}-{','.join(str(x.shape) for x in inputs)}"))


# ---- elementwise ----------------------------------------------------------------------------------------------------

for name, draw in {
    **dict.fromkeys(("abs", "exp", "exp2", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "square"), normal),
    **dict.fromkeys(("arctan", "arcsinh", "reciprocal", "negative", "sinc", "deg2rad"), normal),
    **dict.fromkeys(("log", "log2", "log10", "log1p", "sqrt"), positive),
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), unit),
}.items():
    case(name, getattr(np, name), getattr(torch, name), draw(2, 3))
for name in ("sigmoid", "erf", "erfc", "erfinv", "rsqrt"):
    case(name, getattr(elementwise, name), getattr(torch, name), unit(2, 3))
for first, second in [((2, 3), (2, 3)), ((2, 1), (3,)), ((), (2, 3)), ((0, 3), (3,))]:
    for name in ("add", "subtract", "multiply", "hypot", "arctan2", "maximum", "fmin", "copysign", "logaddexp2"):
        case(name, getattr(np, name), getattr(torch, name), normal(*first), normal(*second))
    for name in ("true_divide", "logaddexp", "remainder", "fmod"):
        case(name, getattr(np, name), getattr(torch, name), positive(*first), positive(*second))
    case("power", np.power, torch.pow, positive(*first), normal(*second))
    case("xlogy", elementwise.xlogy, torch.xlogy, normal(*first), positive(*second))
case("xlogy at 0", elementwise.xlogy, torch.xlogy, np.array([0.0, 0.0, 2.0]), np.array([0.5, 3.0, 0.5]))

# ---- reductions -----------------------------------------------------------------------------------------------------

for axis, keepdims in itertools.product((0, -1, (0, 2)), (False, True)):
    x = normal(2, 3, 2)
    for name in ("sum", "mean", "amax", "amin", "nansum", "nanmean"):
        case(
            name,
            partial(getattr(np, name), axis=axis, keepdims=keepdims),
            partial(getattr(torch, name), dim=axis, keepdim=keepdims),
            np.where(x > 1, np.nan, x) if "nan" in name else x,
        )
    for name, ddof in itertools.product(("var", "std"), (0, 1)):
        case(
            name,
            partial(getattr(np, name), axis=axis, keepdims=keepdims, ddof=ddof),
            partial(getattr(torch, name), dim=axis, keepdim=keepdims, correction=ddof),
            x,
        )
    case(
        "logsumexp",
        partial(reductions.logsumexp, axis=axis, keepdims=keepdims),
        partial(torch.logsumexp, dim=axis, keepdim=keepdims),
        x,
    )
with_zeros = np.array([[2.0, 0.0, 3.0], [0.0, 5.0, 0.0], [1.0, 2.0, -1.0]])
for axis in (0, 1):
    case("prod", partial(np.prod, axis=axis), partial(torch.prod, dim=axis), with_zeros)
    case("cumprod", partial(np.cumprod, axis=axis), partial(torch.cumprod, dim=axis), with_zeros)
    case("cumsum", partial(np.cumsum, axis=axis), partial(torch.cumsum, dim=axis), with_zeros)
    x = normal(4, 3)
    case(
        "logcumsumexp",
        partial(reductions.logcumsumexp, axis=axis),
        partial(torch.logcumsumexp, dim=axis),
        x,
    )
    case("sort", partial(np.sort, axis=axis), lambda x, a=axis: torch.sort(x, a)[0], x)
    case("topk", lambda x, a=axis: shaping.topk(x, 2, axis=a)[0], lambda x, a=axis: torch.topk(x, 2, a)[0], x)
    case("cummax", partial(reductions.cummax, axis=axis), lambda x, a=axis: torch.cummax(x, a)[0], x)
    for q in (0.3, np.array([0.1, 0.5, 1.0])):
        case(
            "quantile",
            lambda x, a=axis, q=q: np.quantile(x, q, axis=a),
            lambda x, a=axis, q=q: torch.quantile(x, torch.as_tensor(q, dtype=x.dtype), a),
            x,
        )
    case(
        "gradient",
        lambda x, a=axis: np.gradient(x, 0.5, axis=a),
        lambda x, a=axis: torch.gradient(x, spacing=0.5, dim=a)[0],
        x,
    )
case("cov", np.cov, torch.cov, normal(3, 5))
case("corrcoef", np.corrcoef, torch.corrcoef, normal(3, 5))
case("trapezoid", np.trapezoid, torch.trapezoid, normal(2, 4), np.cumsum(positive(4)))

# ---- linear algebra -------------------------------------------------------------------------------------------------

square = normal(2, 3, 3) + 3 * np.eye(3)
for name in ("inv", "det", "pinv", "svdvals", "cond"):
    case(name, getattr(np.linalg, name), getattr(torch.linalg, name), square)
case("slogdet", lambda x: np.linalg.slogdet(x)[1], lambda x: torch.linalg.slogdet(x)[1], square)
case("cholesky", lambda x: np.linalg.cholesky(x @ x.mT), lambda x: torch.linalg.cholesky(x @ x.mT), square)
case("solve", np.linalg.solve, torch.linalg.solve, square, normal(2, 3, 2))
case("eigvalsh", lambda x: np.linalg.eigvalsh(x + x.mT), lambda x: torch.linalg.eigvalsh(x + x.mT), square)
case("matrix_power", lambda x: np.linalg.matrix_power(x, -2), lambda x: torch.linalg.matrix_power(x, -2), square)
for shape in [(4, 2), (2, 4), (3, 3)]:
    for part in (0, 1):
        case("qr", lambda x, i=part: np.linalg.qr(x)[i], lambda x, i=part: torch.linalg.qr(x)[i], normal(*shape))
for order in (None, 1, 2, 3, 0.5, np.inf, -np.inf):
    options = {} if order is None else {"ord": order}
    case(
        f"vector_norm {order}",
        lambda x, o=options: np.linalg.vector_norm(x, axis=1, **o),
        lambda x, o=options: torch.linalg.vector_norm(x, dim=1, **o),
        normal(3, 4),
    )
for order in ("fro", "nuc", 1, -1, 2, -2, np.inf):
    case(
        f"matrix_norm {order}",
        lambda x, o=order: np.linalg.matrix_norm(x, ord=o),
        lambda x, o=order: torch.linalg.matrix_norm(x, o),
        normal(2, 4, 3),
    )
for subscripts, *shapes in [
    ("ij,jk->ik", (2, 3), (3, 2)),
    ("bij,bj", (2, 3, 2), (2, 2)),
    ("i,j,ij->", (2,), (3,), (2, 3)),
]:
    case(
        f"einsum {subscripts}",
        lambda *xs, s=subscripts: linear_algebra.einsum(s, *xs),
        lambda *xs, s=subscripts: torch.einsum(s, *xs),
        *(normal(*shape) for shape in shapes),
    )
case("kron", np.kron, torch.kron, normal(2, 2), normal(1, 3))
case("cross", np.linalg.cross, torch.linalg.cross, normal(2, 3), normal(2, 3))

# ---- functions ------------------------------------------------------------------------------------------------------

for ours, theirs in {
    "relu": nn.relu,
    "leaky_relu": nn.leaky_relu,
    "elu": nn.elu,
    "celu": nn.celu,
    "selu": nn.selu,
    "relu6": nn.relu6,
    "gelu": nn.gelu,
    "silu": nn.silu,
    "mish": nn.mish,
    "softplus": nn.softplus,
    "softsign": nn.softsign,
    "log_sigmoid": nn.logsigmoid,
    "hard_tanh": nn.hardtanh,
    "hard_swish": nn.hardswish,
    "hard_shrink": nn.hardshrink,
    "soft_shrink": nn.softshrink,
    "tanh_shrink": nn.tanhshrink,
    "glu": nn.glu,
}.items():
    case(ours, getattr(functions, ours), theirs, 2 * normal(3, 4))
for axis in (0, -1):
    for ours, theirs in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax)):
        case(
            ours,
            partial(getattr(functions, ours), axis=axis),
            partial(theirs, dim=axis),
            normal(3, 4),
        )
case("linear", functions.linear, lambda x, w, b: nn.linear(x, w.T, b), normal(2, 3, 4), normal(4, 2), normal(2))
case("prelu", functions.prelu, nn.prelu, normal(3, 4), positive(4))
case(
    "layer_norm", functions.layer_norm, lambda x, w, b: nn.layer_norm(x, (4,), w, b), normal(3, 4), normal(4), normal(4)
)
case("rms_norm", functions.rms_norm, lambda x, w: nn.rms_norm(x, (4,), w, eps=1e-5), normal(3, 4), normal(4))
case(
    "batch_norm",
    functions.batch_norm,
    lambda x, w, b: nn.batch_norm(x, None, None, w, b, True),
    normal(6, 3),
    normal(3),
    normal(3),
)


def channels_first(function, *, spatial, **options):
    """Run one of PyTorch's functions on images whose channels lie last, and weights as ours."""

    def run(x, *weights):
        if weights:
            turned = (spatial + 1, spatial, *range(spatial))
            weights = (weights[0].permute(turned), *weights[1:])
        return function(x.movedim(-1, 1), *weights, **options).movedim(1, -1)

    return run


for spatial, window in ((1, (3,)), (2, (3, 2)), (3, (2, 2, 2))):
    x = normal(2, *(5,) * spatial, 4)
    convolve, transposed = getattr(nn, f"conv{spatial}d"), getattr(nn, f"conv_transpose{spatial}d")
    for options in ({}, {"stride": 2, "padding": 1}, {"dilation": 2}, {"groups": 2}):
        weight = normal(*window, 4 // options.get("groups", 1), 6)
        case(
            f"convolution {options}",
            partial(functions.convolution, **options),
            channels_first(convolve, spatial=spatial, **options),
            x,
            weight,
            normal(6),
        )
    for options in ({}, {"stride": 2, "padding": 1, "output_padding": 1}):
        case(
            f"transposed_convolution {options}",
            partial(functions.transposed_convolution, **options),
            channels_first(transposed, spatial=spatial, **options),
            x,
            normal(*window, 3, 4),
            normal(3),
        )
    for ours, theirs in (("max_pool", f"max_pool{spatial}d"), ("average_pool", f"avg_pool{spatial}d")):
        options = {"stride": 2, "padding": 1, "ceil_mode": True}
        counted = {"count_include_pad": False} if ours == "average_pool" else {}
        case(
            ours,
            partial(getattr(functions, ours), window=3, **options),
            channels_first(getattr(nn, theirs), spatial=spatial, kernel_size=3, **options, **counted),
            x,
        )
    case(
        "group_norm",
        lambda x: functions.group_norm(x, groups=2),
        channels_first(nn.group_norm, spatial=spatial, num_groups=2),
        x,
    )
for causal in (False, True):
    case(
        f"attention causal={causal}",
        partial(functions.attention, causal=causal),
        partial(nn.scaled_dot_product_attention, is_causal=causal),
        *normal(3, 2, 4, 3),
    )

# ---- losses ---------------------------------------------------------------------------------------------------------

for reduction in ("mean", "sum", "none"):
    options = {"reduction": reduction}
    for ours, theirs in {
        "mean_squared_error": nn.mse_loss,
        "mean_absolute_error": nn.l1_loss,
        "huber": nn.huber_loss,
        "poisson_nll": nn.poisson_nll_loss,
    }.items():
        case(
            f"{ours} {reduction}",
            partial(getattr(functions, ours), **options),
            partial(theirs, **options),
            normal(3, 4),
            3 * positive(3, 4),
        )
    classes = rng.integers(0, 4, 3)
    case(
        f"softmax_cross_entropy {reduction}",
        lambda z, c=classes, o=options: functions.softmax_cross_entropy(z, c, label_smoothing=0.1, **o),
        lambda z, c=classes, o=options: nn.cross_entropy(z, torch.tensor(c), label_smoothing=0.1, **o),
        normal(3, 4),
    )
    case(
        f"negative_log_likelihood {reduction}",
        lambda z, c=classes, o=options: functions.negative_log_likelihood(z, c, **o),
        lambda z, c=classes, o=options: nn.nll_loss(z, torch.tensor(c), **o),
        normal(3, 4),
    )
    case(
        f"binary_cross_entropy {reduction}",
        partial(functions.binary_cross_entropy, **options),
        partial(nn.binary_cross_entropy_with_logits, **options),
        normal(3, 4),
        unit(3, 4),
    )
    case(
        f"gaussian_nll {reduction}",
        partial(functions.gaussian_nll, **options),
        partial(nn.gaussian_nll_loss, **options),
        normal(3, 4),
        normal(3, 4),
        positive(3, 4),
    )

# ---- recurrent cells with random weights ----------------------------------------------------------------------------

HIDDEN = 3
for name, gates in (("rnn_tanh_cell", 1), ("lstm_cell", 4), ("gru_cell", 3)):

    def ours(x, h, wx, wh, bx, bh, c, name=name):
        if name == "gru_cell":  # the bias inside the reset gate's product is one of its own
            last = slice(2 * HIDDEN, None)
            bias = np.concatenate([(bx + bh)[: 2 * HIDDEN], bx[last]])
            return functions.gru_cell(x, h, wx, wh, bias, bh[last])
        if name == "lstm_cell":
            return np.concatenate(functions.lstm_cell(x, h, c, wx, wh, bx + bh), axis=-1)
        return functions.rnn_cell(x, h, wx, wh, bx + bh)

    def theirs(x, h, wx, wh, bx, bh, c, name=name):
        if name == "lstm_cell":
            return torch.cat(torch.lstm_cell(x, (h, c), wx.T, wh.T, bx, bh), dim=-1)
        return getattr(torch, name)(x, h, wx.T, wh.T, bx, bh)

    shapes = [
        (2, 4),
        (2, HIDDEN),
        (4, gates * HIDDEN),
        (HIDDEN, gates * HIDDEN),
        (gates * HIDDEN,),
        (gates * HIDDEN,),
        (2, HIDDEN),
    ]
    case(name, ours, theirs, *(normal(*shape) for shape in shapes))


# ---- the comparison -------------------------------------------------------------------------------------------------


def arrays(tensors, like):
    return [
        np.zeros(x.shape) if t is None else t.detach().numpy(force=True) for t, x in zip(tensors, like, strict=True)
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("ours", "theirs", "inputs"), CASES)
def test_agrees_to_second_order(ours, theirs, inputs):
    draw = np.random.default_rng(5)
    witnesses = [torch.tensor(x, requires_grad=True) for x in inputs]
    expected = theirs(*witnesses)
    value, pullback = vjp(ours, *inputs)
    np.testing.assert_allclose(value, expected.detach().numpy(), rtol=1e-9, atol=1e-10)

    u = draw.standard_normal(value.shape)
    cotangent = torch.tensor(u, requires_grad=True)
    gradients = torch.autograd.grad(expected, witnesses, cotangent, create_graph=True, allow_unused=True)
    found = pullback(u)
    for g, witness in zip(found, arrays(gradients, witnesses), strict=True):
        np.testing.assert_allclose(g, witness, rtol=1e-8, atol=1e-9)

    v = [draw.standard_normal(x.shape) for x in inputs]
    forward = np.vdot(u, jvp(ours, inputs, tuple(v))[1].data)
    np.testing.assert_allclose(forward, sum(np.vdot(g.data, t) for g, t in zip(found, v, strict=True)), atol=1e-9)

    product = sum((g * torch.tensor(t)).sum() for g, t in zip(gradients, v, strict=True) if g is not None)
    second = torch.autograd.grad(product, [*witnesses, cotangent], allow_unused=True)

    def gradient(*xu):
        return vjp(ours, *xu[:-1])[1](xu[-1])

    found = vjp(gradient, *inputs, u)[1](tuple(v))
    for g, witness in zip(found, arrays(second, [*witnesses, cotangent]), strict=True):
        np.testing.assert_allclose(g, witness, rtol=1e-7, atol=1e-8)


def test_ours_are_tensors():
    """Guard against a comparison that compares nothing."""
    assert len(CASES) > 150
    assert isinstance(vjp(np.exp, np.ones(2))[0], Tensor)
