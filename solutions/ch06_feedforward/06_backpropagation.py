# %% [markdown]
# # 6.5 Who is to blame?
#
# A network reads handwritten digits. It has 6,570 weights and biases, and it has just taken a 4
# for a 1. How large was the share of each in the mistake? That is a derivative: how much would the
# cost change if this weight were a little larger?
#
# You can ask one after the other: nudge a weight, run the network again, put it back.
#
# | for all 6,570 derivatives | runs | one step of descent | 720 steps |
# |:--|:-:|:-:|:-:|
# | nudge each weight | 6,571 | 0.2 s | 2½ minutes |
# | this notebook | 1 up, 1 down | 0.0001 s | a tenth of a second |
#
# **How can one pass question 6,570 weights at once?**

# %%
import time

import matplotlib.pyplot as plt
import numpy as np

from grading.checks import (
    assert_allclose,
    assert_finite,
    assert_inputs_unchanged,
    assert_shape,
    assert_vectorized,
    report,
)
from mlcore.data import batches

BLUE, VERMILION, GREEN, ORANGE, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#595959"
plt.rcParams.update({"font.size": 12, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})
plt.rcParams.update({"lines.linewidth": 2.2})


def relu(z):
    """Return max(0, z) and its slope (notebook 4), two arrays of the shape of z."""
    return np.maximum(0.0, z), np.where(z > 0, 1.0, 0.0)


def tanh(z):
    """Return tanh z and its slope (notebook 4), two arrays of the shape of z."""
    value = np.tanh(z)
    return value, 1 - value**2


def is_written(exercise, *arguments):
    """Try an exercise. While it is still a stub, say so and return False, so that a figure can wait for it."""
    try:
        exercise(*arguments)
    except NotImplementedError:
        print(f"This cell waits for your `{exercise.__name__}`. Write it above, then run this cell again.")
        return False
    return True


# %% [markdown]
# **What you will build**
#
# 1. the way *up*, which keeps what the way down will need;
# 2. the way *down* through each kind of layer: softmax, dense, activation;
# 3. back-propagation, first for three layers with pencil and paper, then for any depth. In the end
#    it trains a network on digits, and shows which *pixels* were to blame.
#
# It takes 50 minutes. A *row* is an example, the *last axis* holds the features. An activation is,
# as in notebook 4, a function from `z` to the pair value, slope; `relu` and `tanh` are ready.

# %% [markdown]
# ## 1 · Up
#
# A network of $L$ layers. Layer $l$ has weights $W_l$, shape $(d_{l-1}, d_l)$, and biases
# $\boldsymbol b_l$, shape $(d_l,)$. From $h_0 = x$, shape $(n, d_0)$, upwards:
#
# $$z_l = h_{l-1} W_l + \boldsymbol b_l, \qquad h_l = g(z_l) \quad (l < L), \qquad h_L = z_L .$$
#
# The last layer has no bend: a cost of your choice takes its *logits*.
#
# The way down will ask two things of every layer: what came in, $h_{l-1}$, and how steep the bend
# was, $g'(z_l)$. Both are known now and expensive to compute again. So **compute and save** (Korea
# University, "Backpropagation: Computing Gradients").

# %% [markdown]
# ### Exercise 1: `forward_pass`
#
# *In:* `x` $(n, d_0)$; the lists `weights` and `biases`, $L$ arrays each; an `activation`. *Out:* two
# lists, `hs` $= [h_0, \dots, h_L]$ with $L + 1$ arrays and `slopes` $= [g'(z_1), \dots, g'(z_{L-1})]$
# with $L - 1$.
#
# *By hand,* two layers with ReLU and $x = (1\;\; 2)$:
#
# $$W_1 = \begin{bmatrix} 1&0\\ 1&-1 \end{bmatrix},\; \boldsymbol b_1 = (0\;\; 1):\quad
# z_1 = (3\;\; {-1}),\; h_1 = (3\;\; 0),\; g'(z_1) = (1\;\; 0).$$
#
# $$W_2 = \begin{bmatrix} -2\\ 5 \end{bmatrix},\; \boldsymbol b_2 = (1):\quad
# z_2 = -6 + 0 + 1 = -5 = h_2 .$$
#
# With a bend $h_2$ would be 0; without, it is $-5$.


# %% exercise="forward_pass" points=3
def forward_pass(x, weights, biases, activation):
    """Run a dense network and keep what the way down needs.

    Parameters
    ----------
    x : array, shape (n, d_0)
        The inputs, one example a row.
    weights : list of arrays, shapes (d_0, d_1), …, (d_{L-1}, d_L)
    biases : list of arrays, shapes (d_1,), …, (d_L,)
    activation : function
        Takes z and returns the pair value, slope. It acts on every layer but the last.

    Returns
    -------
    hs : list of L + 1 arrays
        x, the values of the hidden layers, and the logits, shape (n, d_L).
    slopes : list of L - 1 arrays
        The slopes of the hidden layers, of the shapes of their values.
    """
    ### BEGIN SOLUTION
    hs, slopes = [x], []
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        h, slope = activation(hs[-1] @ W + b)
        hs.append(h)
        slopes.append(slope)
    hs.append(hs[-1] @ weights[-1] + biases[-1])
    return hs, slopes
    ### END SOLUTION


# %% check="forward_pass"
def test_values_by_hand():
    "The worked example: are your h₀, h₁ and h₂ (1, 2), (3, 0) and −5?"
    weights = [np.array([[1.0, 0.0], [1.0, -1.0]]), np.array([[-2.0], [5.0]])]
    hs, _ = forward_pass(np.array([[1.0, 2.0]]), weights, [np.array([0.0, 1.0]), np.array([1.0])], relu)
    assert len(hs) == 3, f"two layers have 3 values, h₀, h₁ and h₂; got {len(hs)}"
    for actual, expected in zip(hs, ([[1.0, 2.0]], [[3.0, 0.0]], [[-5.0]]), strict=True):
        assert_allclose(actual, expected)


def test_slopes_by_hand():
    "The worked example has one hidden layer. At which number do you take its slope, before or after the bend?"
    weights = [np.array([[1.0, 0.0], [1.0, -1.0]]), np.array([[-2.0], [5.0]])]
    biases = [np.array([0.0, 1.0]), np.array([1.0])]
    for activation, expected in ((relu, [[1.0, 0.0]]), (lambda z: (z**2, 2 * z), [[6.0, -2.0]])):
        _, slopes = forward_pass(np.array([[1.0, 2.0]]), weights, biases, activation)
        assert len(slopes) == 1, f"one hidden layer has 1 array of slopes; got {len(slopes)}"
        assert_allclose(slopes[0], expected)


def test_one_layer():
    "A network of one layer is linear. Which bends does it have?"
    hs, slopes = forward_pass(np.array([[2.0]]), [np.array([[-3.0, 1.0]])], [np.array([1.0, 1.0])], relu)
    assert len(slopes) == 0, f"without a hidden layer there are no slopes; got {len(slopes)}"
    assert_allclose(hs[-1], [[-5.0, 3.0]])


### BEGIN HIDDEN TESTS
def test_random_networks(rng, reference):
    "Does it hold for any depth, width and batch?"
    for sizes in ((3, 5, 4, 2), (4, 4, 4, 4, 4), (2, 3), (5, 1, 3)):
        weights = [rng.normal(size=(sizes[i], sizes[i + 1])) for i in range(len(sizes) - 1)]
        biases = [rng.normal(size=size) for size in sizes[1:]]
        x = rng.normal(size=(6, sizes[0]))
        for activation in (relu, tanh):
            found = forward_pass(x, weights, biases, activation)
            expected = reference.forward_pass(x, weights, biases, activation)
            for mine, theirs in zip(found, expected, strict=True):
                assert len(mine) == len(theirs), f"expected a list of {len(theirs)} arrays; got {len(mine)}"
                for actual, right in zip(mine, theirs, strict=True):
                    assert_allclose(actual, right)


def test_each_row_for_itself(rng):
    "Does the answer to one example depend on the others in the batch?"
    weights, biases = [rng.normal(size=(3, 4)), rng.normal(size=(4, 2))], [rng.normal(size=4), rng.normal(size=2)]
    x = rng.normal(size=(5, 3))
    hs, slopes = forward_pass(x, weights, biases, tanh)
    alone, alone_slopes = forward_pass(x[3:4], weights, biases, tanh)
    assert_allclose(np.asarray(hs[-1])[3:4], alone[-1])
    assert_allclose(np.asarray(slopes[0])[3:4], alone_slopes[0])


def test_inputs_stay_as_they_are(rng):
    "Does your function write into x, the weights or the biases?"
    run = lambda x, W1, W2, b1, b2: forward_pass(x, [W1, W2], [b1, b2], tanh)  # noqa: E731
    arrays = [rng.normal(size=shape) for shape in ((4, 3), (3, 3), (3, 3), (3,), (3,))]
    assert_inputs_unchanged(run, *arrays)


def test_no_loop_over_examples(rng):
    "A loop over layers is right. Is there one over examples, too?"
    weights, biases = [rng.normal(size=(3, 3)) for _ in range(3)], [rng.normal(size=3) for _ in range(3)]
    x = rng.normal(size=(300, 3))
    assert_vectorized(forward_pass, (x[:5], weights, biases, tanh), (x, weights, biases, tanh))


### END HIDDEN TESTS


# %% mistake="forward_pass" hint="Your logits are bent: −5 became 0. Which layers does the activation act on?"
def forward_pass(x, weights, biases, activation):
    hs, slopes = [x], []
    for W, b in zip(weights, biases, strict=True):
        h, slope = activation(hs[-1] @ W + b)
        hs.append(h)
        slopes.append(slope)
    return hs, slopes[:-1]


# %% mistake="forward_pass" hint="Your slopes are taken at h. The unit bends at another number: what goes into the activation?"
def forward_pass(x, weights, biases, activation):
    hs = [x]
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        hs.append(activation(hs[-1] @ W + b)[0])
    slopes = [activation(h)[1] for h in hs[1:]]
    hs.append(hs[-1] @ weights[-1] + biases[-1])
    return hs, slopes


# %% mistake="forward_pass" hint="The first layer, too, has an input that its weights will ask for. Which h is missing in your list?"
def forward_pass(x, weights, biases, activation):
    h, hs, slopes = x, [], []
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        h, slope = activation(h @ W + b)
        hs.append(h)
        slopes.append(slope)
    hs.append(h @ weights[-1] + biases[-1])
    return hs, slopes


# %% mistake="forward_pass" hint="Your numbers are those of a network whose biases are all 0. What is added to h W?"
def forward_pass(x, weights, biases, activation):
    hs, slopes = [x], []
    for W in weights[:-1]:
        h, slope = activation(hs[-1] @ W)
        hs.append(h)
        slopes.append(slope)
    hs.append(hs[-1] @ weights[-1])
    return hs, slopes


# %% mistake="forward_pass" hint="You keep z where h was asked for. What does the next layer get to see?"
def forward_pass(x, weights, biases, activation):
    hs, slopes = [x], []
    h = x
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        z = h @ W + b
        h, slope = activation(z)
        hs.append(z)
        slopes.append(slope)
    hs.append(h @ weights[-1] + biases[-1])
    return hs, slopes


# %% mistake="forward_pass" hint="The hidden layers do not bend in your network: each gets the z of the one below. What became of the activation's value?"
def forward_pass(x, weights, biases, activation):
    hs, slopes = [x], []
    for W, b in zip(weights, biases, strict=True):
        hs.append(hs[-1] @ W + b)
        slopes.append(activation(hs[-1])[1])
    return hs, slopes[:-1]


# %% mistake="forward_pass" hint="Your numbers are right, one row at a time. Which product serves all rows at once?"
def forward_pass(x, weights, biases, activation):
    hs, slopes = [x], []
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        rows = [activation(h @ W + b) for h in hs[-1]]
        hs.append(np.array([value for value, _ in rows]))
        slopes.append(np.array([slope for _, slope in rows]))
    hs.append(np.array([h @ weights[-1] + biases[-1] for h in hs[-1]]))
    return hs, slopes


# %% alternative="forward_pass"
def forward_pass(x, weights, biases, activation):
    last = len(weights) - 1
    hs, slopes = (np.array(x, dtype=float),), ()
    for layer in range(len(weights)):
        z = np.einsum("nd,de->ne", hs[layer], weights[layer]) + biases[layer]
        if layer == last:
            return [*hs, z], list(slopes)
        value, slope = activation(z)
        hs, slopes = (*hs, value), (*slopes, slope)


# %% [markdown]
# ## 2 · The chain rule for vectors
#
# A *module* takes a vector $\boldsymbol z$, shape (m,), and returns $\boldsymbol y$, shape (k,).
# Somewhere above, a cost $J$ comes out. Suppose somebody up there tells us the **error signal**
#
# $$\boldsymbol g = \frac{\partial J}{\partial\boldsymbol y}, \text{ shape (k,)}, \qquad
# \text{and we want} \qquad
# \frac{\partial J}{\partial z_i} = \sum_j \frac{\partial y_j}{\partial z_i}\, g_j .$$
#
# A nudge of $z_i$ reaches $J$ on $k$ ways, one through each $y_j$; the chain rule adds them up (*Deep
# Learning* 6.5.2). The table of all $\partial y_j/\partial z_i$ is the module's **Jacobian matrix**,
# and the way down is: matrix times error signal (Jiang, "Automatic Differentiation (II)"). A module
# need not know what lies above or below it.

# %% [markdown]
# ### The softmax's matrix
#
# The softmax makes probabilities $y_j = e^{z_j} / \sum_i e^{z_i}$. Raise $z_1$: $y_1$ grows, and all
# the others shrink, since the sum stays 1. Every $y_j$ depends on every $z_i$. With the quotient rule:
#
# $$S_{ij} = \frac{\partial y_j}{\partial z_i}
# = \begin{cases} y_i\,(1 - y_i) & i = j\\ -y_i\,y_j & i \ne j \end{cases}
# \qquad\text{or}\qquad S = \operatorname{diag}(\boldsymbol y) - \boldsymbol y\,\boldsymbol y^\top,$$
#
# shape (k, k) (Jiang, "Automatic Differentiation (IV)"). Only $\boldsymbol y$ occurs: what the way up
# has saved. Each row of $S$ adds up to 0: what one probability gains, the others lose.

# %% [markdown]
# ### Exercise 2: `softmax_jacobian` and `softmax_vjp`
#
# *In the first:* the probabilities `y` (k,) of one example. *Out:* $S$, shape (k, k).
#
# *In the second:* `y` and `g`, both (n, k), one example a row. *Out:* $S\boldsymbol g$ for each row,
# (n, k), **without forming any $S$**. It is called a *vector–Jacobian product*. Multiply it out on
# paper first:
#
# $$(S\boldsymbol g)_i = \sum_j S_{ij}\,g_j = \;?$$
#
# *By hand:* $\boldsymbol y = (\tfrac12\;\tfrac14\;\tfrac14)$ and $\boldsymbol g = (4\;\,0\;\,0)$.
#
# $$S = \begin{bmatrix} \tfrac14 & -\tfrac18 & -\tfrac18\\
# -\tfrac18 & \tfrac3{16} & -\tfrac1{16}\\ -\tfrac18 & -\tfrac1{16} & \tfrac3{16} \end{bmatrix},
# \qquad S\boldsymbol g = (1\;\, {-\tfrac12}\;\, {-\tfrac12}).$$


# %% exercise="softmax_jacobian" points=4
def softmax_jacobian(y):
    """Return the softmax's Jacobian matrix, of shape (k, k), from its probabilities y, shape (k,)."""
    ### BEGIN SOLUTION
    return np.diag(y) - np.outer(y, y)
    ### END SOLUTION


def softmax_vjp(y, g):
    """Carry an error signal down through a softmax without forming a matrix.

    Parameters
    ----------
    y : array, shape (n, k)
        The probabilities of n examples.
    g : array, shape (n, k)
        The derivatives of the cost with respect to y.

    Returns
    -------
    array, shape (n, k)
        The derivatives of the cost with respect to the logits.
    """
    ### BEGIN SOLUTION
    return y * (g - np.sum(y * g, axis=1, keepdims=True))
    ### END SOLUTION


# %% check="softmax_jacobian"
def test_the_matrix_by_hand():
    "y = (½, ¼, ¼): do you find ¼ and 3/16 on the diagonal, and negative numbers beside it?"
    s = softmax_jacobian(np.array([0.5, 0.25, 0.25]))
    assert_allclose(s, [[1 / 4, -1 / 8, -1 / 8], [-1 / 8, 3 / 16, -1 / 16], [-1 / 8, -1 / 16, 3 / 16]])


def test_the_product_by_hand():
    "For y = (½, ¼, ¼) and g = (4, 0, 0) the product is (1, −½, −½). Which number is the same for all entries of a row?"
    assert_allclose(softmax_vjp(np.array([[0.5, 0.25, 0.25]]), np.array([[4.0, 0.0, 0.0]])), [[1.0, -0.5, -0.5]])


def test_two_rows():
    "Two examples in a batch: does the second row change what comes out of the first?"
    y, g = np.array([[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]]), np.array([[4.0, 0.0, 0.0], [1.0, 1.0, 3.0]])
    assert_allclose(softmax_vjp(y, g), [[1.0, -0.5, -0.5], [-0.2, -0.3, 0.5]])


def test_the_product_is_the_matrix_times_g(rng):
    "Multiply your matrix with g: is that the same as your product?"
    y, g = np.array([0.82, 0.15, 0.03]), rng.normal(size=3)
    assert_allclose(softmax_vjp(y[None], g[None])[0], np.asarray(softmax_jacobian(y)) @ g, rtol=1e-8, atol=1e-12)


### BEGIN HIDDEN TESTS
def test_random_probabilities(rng, reference):
    "Does your matrix hold for any probabilities and any number of classes?"
    for k in (1, 2, 7):
        y = rng.dirichlet(np.ones(k))
        assert_allclose(softmax_jacobian(y), reference.softmax_jacobian(y), rtol=1e-8, atol=1e-12)


def test_random_batches(rng, reference):
    "Does your product hold for any batch?"
    for n, k in ((1, 4), (6, 3), (3, 3), (5, 1)):
        y, g = rng.dirichlet(np.ones(k), size=n), rng.normal(size=(n, k))
        assert_allclose(softmax_vjp(y, g), reference.softmax_vjp(y, g), rtol=1e-8, atol=1e-12)


def test_nudged_logits(rng):
    "Nudge the logits: does every probability change as your matrix says?"
    softmax = lambda z: np.exp(z) / np.exp(z).sum()  # noqa: E731
    z = rng.normal(size=4)
    expected = [(softmax(z + h) - softmax(z - h)) / 2e-5 for h in 1e-5 * np.eye(4)]
    assert_allclose(softmax_jacobian(softmax(z)), expected, rtol=1e-6, atol=1e-9)


def test_a_vocabulary(rng):
    "A language model chooses among 100,000 tokens. How many numbers would your matrix have then?"
    y = np.full((1, 100_000), 1e-5, dtype=np.float32)
    g = rng.integers(3, size=y.shape).astype(np.int8)
    assert_allclose(softmax_vjp(y, g), (g - g.mean()) * 1e-5, rtol=1e-3, atol=1e-9)


def test_inputs_stay_as_they_are(rng):
    "Does one of your functions write into y or g?"
    y = rng.dirichlet(np.ones(4), size=3)
    assert_inputs_unchanged(softmax_vjp, y, rng.normal(size=(3, 4)))
    assert_inputs_unchanged(softmax_jacobian, y[0].copy())


def test_no_loop_over_examples(rng):
    "Is there a loop over the rows of the batch, or over the classes?"
    y, g = rng.dirichlet(np.ones(5), size=400), rng.normal(size=(400, 5))
    assert_vectorized(softmax_vjp, (y[:5], g[:5]), (y, g))
    assert_vectorized(softmax_jacobian, (np.full(5, 0.2),), (np.full(100, 0.01),))


### END HIDDEN TESTS


# %% mistake="softmax_jacobian" hint="You treat each class like a sigmoid of its own. What happens to y₂ when z₁ grows?"
def softmax_jacobian(y):
    return np.diag(y * (1 - y))


def softmax_vjp(y, g):
    return y * (1 - y) * g


# %% mistake="softmax_jacobian" hint="In your matrix all probabilities grow together. Which sign stands beside the diagonal?"
def softmax_jacobian(y):
    return np.diag(y) + np.outer(y, y)


def softmax_vjp(y, g):
    return y * (g + np.sum(y * g, axis=1, keepdims=True))


# %% mistake="softmax_jacobian" hint="You sum over the whole batch. Each example has a softmax of its own: along which axis do its classes lie?"
def softmax_jacobian(y):
    return np.diag(y) - np.outer(y, y)


def softmax_vjp(y, g):
    return y * (g - np.sum(y * g))


# %% mistake="softmax_jacobian" hint="Your sum runs down the columns, over examples. Along which axis do the classes of one example lie?"
def softmax_jacobian(y):
    return np.diag(y) - np.outer(y, y)


def softmax_vjp(y, g):
    return y * (g - np.sum(y * g, axis=0))


# %% mistake="softmax_jacobian" hint="For two vectors of shape (k,), is y @ y the table of all products, or one number?"
def softmax_jacobian(y):
    return np.diag(y) - y @ y.T


def softmax_vjp(y, g):
    return y * (g - np.sum(y * g, axis=1, keepdims=True))


# %% mistake="softmax_jacobian" hint="You subtract the plain mean of g. Multiply out Σ S_ij g_j once more: with what is each g_j weighted?"
def softmax_jacobian(y):
    return np.diag(y) - np.outer(y, y)


def softmax_vjp(y, g):
    return y * (g - np.mean(g, axis=1, keepdims=True))


# %% mistake="softmax_jacobian" hint="You subtract the sum of all the products from g, but only y stands in front of the sum. Does y multiply the whole bracket in yours?"
def softmax_jacobian(y):
    return np.diag(y) - np.outer(y, y)


def softmax_vjp(y, g):
    return y * g - np.sum(y * g, axis=1, keepdims=True)


# %% mistake="softmax_jacobian" hint="You apply the softmax to y, but y already are probabilities. Which of the two was asked for as an argument?"
def softmax_jacobian(y):
    p = np.exp(y) / np.sum(np.exp(y))
    return np.diag(p) - np.outer(p, p)


def softmax_vjp(y, g):
    p = np.exp(y) / np.sum(np.exp(y), axis=1, keepdims=True)
    return p * (g - np.sum(p * g, axis=1, keepdims=True))


# %% mistake="softmax_jacobian" hint="Your numbers are right, but you form a matrix for every row. In Σ_j (y_i δ_ij − y_i y_j) g_j, what can be pulled out of the sum?"
def softmax_jacobian(y):
    return np.diag(y) - np.outer(y, y)


def softmax_vjp(y, g):
    k = y.shape[1]
    s = y[:, :, None] * (np.eye(k) - y[:, None, :])
    return (s @ g[:, :, None])[:, :, 0]


# %% mistake="softmax_jacobian" hint="Your numbers are right, but you form one matrix after the other, in a loop. Which sum over the classes do all entries of a row share?"
def softmax_jacobian(y):
    return np.diag(y) - np.outer(y, y)


def softmax_vjp(y, g):
    return np.array([softmax_jacobian(row) @ signal for row, signal in zip(y, g, strict=True)])


# %% alternative="softmax_jacobian"
def softmax_jacobian(y):
    return y[:, None] * (np.eye(len(y)) - y)


def softmax_vjp(y, g):
    weighted = y * g
    return weighted - y * np.einsum("nk->n", weighted)[:, None]


# %% [markdown]
# ### Is the matrix that bad?
#
# Both ways give the same numbers. For $k$ classes the matrix has $k^2$ entries, your product needs a
# few times $k$ steps. Guess before you run the cell: for 2,048 classes, how many times faster is the
# way without the matrix?


# %% demo=true
def milliseconds(task, repeats=5):
    """Return the shortest of a few times that a task takes, in ms."""
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        task()
        taken.append(1e3 * (time.perf_counter() - begin))
    return min(taken)


if is_written(softmax_jacobian, np.ones(1)) and is_written(softmax_vjp, np.ones((1, 1)), np.ones((1, 1))):
    widths = 2 ** np.arange(2, 12)
    by_matrix, by_product = [], []
    for k in widths:
        y, g = np.full((1, k), 1 / k), np.random.default_rng(0).normal(size=(1, k))
        by_matrix.append(milliseconds(lambda y=y, g=g: np.asarray(softmax_jacobian(y[0])) @ g[0]))
        by_product.append(milliseconds(lambda y=y, g=g: softmax_vjp(y, g)))
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    axes.loglog(widths, by_matrix, "s-", color=VERMILION, base=10)
    axes.loglog(widths, by_product, "o-", color=BLUE, base=10)
    axes.text(2300, by_matrix[-1], f"matrix:\n{by_matrix[-1]:.0f} ms and\n34 megabytes", color=VERMILION, va="top")
    axes.text(2300, by_product[-1], f"product:\n{by_product[-1]:.3f} ms and\n16 kilobytes", color=BLUE, va="bottom")
    axes.set(title="One example through a softmax, down", xlabel="classes $k$", ylabel="time (ms)", xlim=(3.5, 14000))
    axes.set_xticks([4, 16, 64, 256, 1024], ["4", "16", "64", "256", "1024"])
    axes.minorticks_off()
    plt.show()

# %% [markdown]
# *The figure:* time against the number of classes, both axes logarithmic. The matrix's curve bends
# upwards and climbs with the square of $k$; the product's stays almost flat, since for so few
# numbers NumPy's fixed costs are all there is. At 2,048 classes they are a factor of
# about a thousand apart.
#
# **Jacobian matrices are for paper. A program applies them.** Each module of a network comes with
# such a shortcut: for an activation, $S$ is diagonal, and the product is $g'(z) \odot \boldsymbol g$
# (notebook 4). The next one is the dense layer.

# %% [markdown]
# ## 3 · Down through a dense layer
#
# A dense layer computes $z = xW + \boldsymbol b$ for a batch, in numbers
# $z_{nj} = \sum_i x_{ni} W_{ij} + b_j$. From above comes
#
# $$\delta = \frac{\partial J}{\partial z}, \text{ the shape of } z.$$
#
# Three questions, one rule: *add up all ways on which a nudge reaches $J$.*
#
# - $x_{ni}$ reaches every $z_{nj}$ of its row, with factor $W_{ij}$: $\;\sum_j \delta_{nj} W_{ij}$
# - $W_{ij}$ reaches column $j$ of every example, with factor $x_{ni}$: $\;\sum_n x_{ni}\, \delta_{nj}$
# - $b_j$ reaches column $j$ of every example, with factor 1: $\;\sum_n \delta_{nj}$
#
# Each sum is a matrix product with something transposed. That is where the transposes of notebook 4
# came from.

# %% [markdown]
# ### Exercise 3: `dense_backward`
#
# *In:* `x` (n, d), `W` (d, m) and `delta` (n, m). *Out:* the derivatives of $J$ with respect to `x`
# (n, d), `W` (d, m) and `b` (m,). A derivative always has the shape of what it belongs to.
#
# *By hand:* two examples, two inputs, one output.
#
# $$x = \begin{bmatrix} 1&2\\ 3&4 \end{bmatrix},\quad W = \begin{bmatrix} 5\\ -1 \end{bmatrix},\quad
# \delta = \begin{bmatrix} 2\\ 1 \end{bmatrix}.$$
#
# For $W_{11}$: $1\cdot 2 + 3\cdot 1 = 5$; for $W_{21}$: $2\cdot2 + 4\cdot1 = 8$; for $b$: $2 + 1 = 3$.
# For $x$: the first row $2\cdot(5\;\,{-1}) = (10\;\,{-2})$, the second $(5\;\,{-1})$.


# %% exercise="dense_backward" points=4
def dense_backward(x, W, delta):
    """Carry an error signal down through z = x W + b.

    Parameters
    ----------
    x : array, shape (n, d)
        What came in on the way up.
    W : array, shape (d, m)
    delta : array, shape (n, m)
        The derivatives of the cost with respect to z.

    Returns
    -------
    grad_x : array, shape (n, d)
    grad_W : array, shape (d, m)
    grad_b : array, shape (m,)
        The derivatives of the cost with respect to x, W and b.
    """
    ### BEGIN SOLUTION
    return delta @ W.T, x.T @ delta, delta.sum(axis=0)
    ### END SOLUTION


# %% check="dense_backward"
def test_weights_by_hand():
    "The worked example: (5, 8) for the weights. Which two numbers does Σₙ xₙᵢ δₙⱼ multiply?"
    _, grad_W, _ = dense_backward(
        np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0], [-1.0]]), np.array([[2.0], [1.0]])
    )
    assert_allclose(grad_W, [[5.0], [8.0]])


def test_bias_by_hand():
    "The worked example: 3 for the bias. How many examples does one bias serve, and how many biases are there?"
    _, _, grad_b = dense_backward(
        np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0], [-1.0]]), np.array([[2.0], [1.0]])
    )
    assert_allclose(grad_b, [3.0])


def test_inputs_by_hand():
    "The worked example: (10, −2) and (5, −1) for the inputs. Which way does W carry δ, up or down?"
    grad_x, _, _ = dense_backward(
        np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0], [-1.0]]), np.array([[2.0], [1.0]])
    )
    assert_allclose(grad_x, [[10.0, -2.0], [5.0, -1.0]])


def test_shapes(rng):
    "A derivative has the shape of what it belongs to. Do yours?"
    grad_x, grad_W, grad_b = dense_backward(rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=(5, 2)))
    assert_shape(grad_x, (5, 3))
    assert_shape(grad_W, (3, 2))
    assert_shape(grad_b, (2,))


### BEGIN HIDDEN TESTS
def test_random_layers(rng, reference):
    "Does it hold for any layer and batch, also for a square W?"
    for n, d, m in ((4, 3, 2), (3, 3, 3), (1, 2, 5), (6, 1, 1)):
        x, W, delta = rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=(n, m))
        for actual, expected in zip(dense_backward(x, W, delta), reference.dense_backward(x, W, delta), strict=True):
            assert_allclose(actual, expected)


def test_nudges(rng):
    "Nudge x, W and b a little: does the cost change as your three derivatives say?"
    x, W, b, towards = rng.normal(size=(3, 2)), rng.normal(size=(2, 2)), rng.normal(size=2), rng.normal(size=(3, 2))
    cost = lambda x, W, b: np.sum(towards * np.sin(x @ W + b))  # noqa: E731
    found = dense_backward(x, W, towards * np.cos(x @ W + b))
    at = [x, W, b]
    for position, gradient in enumerate(found):
        for _ in range(3):
            way = rng.normal(size=at[position].shape)
            ahead, behind = list(at), list(at)
            ahead[position], behind[position] = at[position] + 1e-5 * way, at[position] - 1e-5 * way
            assert_allclose(
                np.sum(np.asarray(gradient) * way), (cost(*ahead) - cost(*behind)) / 2e-5, rtol=1e-5, atol=1e-7
            )


def test_a_batch_adds_up(rng):
    "Two examples together: are the derivatives by W and b the sums of those of each alone?"
    x, W, delta = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=(2, 4))
    _, together, _ = dense_backward(x, W, delta)
    alone = [np.asarray(dense_backward(x[i : i + 1], W, delta[i : i + 1])[1]) for i in range(2)]
    assert_allclose(together, alone[0] + alone[1])


def test_inputs_stay_as_they_are(rng):
    "Does your function write into x, W or δ?"
    assert_inputs_unchanged(dense_backward, rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=(4, 3)))


def test_no_loop_over_examples(rng):
    "Is there a loop over examples that one matrix product could replace?"
    x, W, delta = rng.normal(size=(400, 3)), rng.normal(size=(3, 4)), rng.normal(size=(400, 4))
    assert_vectorized(dense_backward, (x[:5], W, delta[:5]), (x, W, delta))


### END HIDDEN TESTS


# %% mistake="dense_backward" hint="Your derivatives by W and b are means over the batch. In z = xW + b, does one example know how many others there are?"
def dense_backward(x, W, delta):
    return delta @ W.T, x.T @ delta / len(x), delta.mean(axis=0)


# %% mistake="dense_backward" hint="Your W carries δ upwards. In Σ_j δ_nj W_ij, which index of W is summed over?"
def dense_backward(x, W, delta):
    return delta @ W, x.T @ delta, delta.sum(axis=0)


# %% mistake="dense_backward" hint="Your derivative by W is transposed. Which shape has W, and which has yours?"
def dense_backward(x, W, delta):
    return delta @ W.T, delta.T @ x, delta.sum(axis=0)


# %% mistake="dense_backward" hint="One bias serves all examples of the batch. What must be done with the rows of δ?"
def dense_backward(x, W, delta):
    return delta @ W.T, x.T @ delta, delta


# %% mistake="dense_backward" hint="You added the δ of one example over its units. A bias belongs to one unit: over what should the sum run?"
def dense_backward(x, W, delta):
    return delta @ W.T, x.T @ delta, delta.sum(axis=1)


# %% mistake="dense_backward" hint="Your derivative by b has two axes; b has one. Which argument of sum keeps the axis?"
def dense_backward(x, W, delta):
    return delta @ W.T, x.T @ delta, delta.sum(axis=0, keepdims=True)


# %% mistake="dense_backward" hint="Your δ reaches the inputs with the wrong numbers: you sent x W down again. What does the derivative of xW by x look like, is x still in it?"
def dense_backward(x, W, delta):
    return (delta * (x @ W)) @ W.T, x.T @ delta, delta.sum(axis=0)


# %% mistake="dense_backward" hint="Your numbers are right. Which single product adds up all those outer products?"
def dense_backward(x, W, delta):
    grad_W = np.zeros(W.shape)
    for row, signal in zip(x, delta, strict=True):
        grad_W += np.outer(row, signal)
    return delta @ W.T, grad_W, delta.sum(axis=0)


# %% alternative="dense_backward"
def dense_backward(x, W, delta):
    grad_x = np.einsum("nm,dm->nd", delta, W)
    grad_W = np.einsum("nd,nm->dm", x, delta)
    return grad_x, grad_W, np.ones(len(delta)) @ delta


# %% [markdown]
# ## 4 · Three layers with pencil and paper
#
# Lepetit derives back-propagation for three layers without biases, one example and half the squared
# error (eqs. 13–47). His $\bar{\boldsymbol x}_l$ is our $z_l$, his $\boldsymbol x_l$ our $h_l$, his
# target $\boldsymbol e$ our $\boldsymbol t$:
#
# $$J = \tfrac12 \lVert \boldsymbol h_3 - \boldsymbol t \rVert^2, \qquad
# \boldsymbol h_3 = \boldsymbol h_2 W_3,\quad \boldsymbol h_2 = g(\boldsymbol h_1 W_2),\quad
# \boldsymbol h_1 = g(\boldsymbol x W_1).$$
#
# He writes columns, $W\boldsymbol x$; we write rows, $\boldsymbol x W$. All his matrices are the
# transposes of ours. **The last layer:** $W_{3,kl}$ meets only $h_{2,k}$, and only in $h_{3,l}$:
#
# $$\frac{\partial J}{\partial W_{3,kl}} = h_{2,k}\,\underbrace{(h_{3,l} - t_l)}_{\delta_{3,l}}
# \qquad\text{that is}\qquad
# \frac{\partial J}{\partial W_3} = \boldsymbol h_2^\top \boldsymbol\delta_3 .$$

# %% [markdown]
# ### One layer further down
#
# $W_{2,kl}$ reaches $J$ only through $z_{2,l}$, where it meets $h_{1,k}$. So ask about $z_2$: how
# does $z_{2,l}$ reach $J$? Through its bend, then through the weights to *every* output $i$:
#
# $$\delta_{2,l} = \frac{\partial J}{\partial z_{2,l}} = g'(z_{2,l}) \sum_i W_{3,li}\,\delta_{3,i}, \qquad
# \frac{\partial J}{\partial W_{2,kl}} = h_{1,k}\,\delta_{2,l} .$$
#
# As vectors, and once more for the first layer (Lepetit, eqs. 45 and 46):
#
# $$\boldsymbol\delta_2 = (\boldsymbol\delta_3 W_3^\top) \odot g'(\boldsymbol z_2), \qquad
# \boldsymbol\delta_1 = (\boldsymbol\delta_2 W_2^\top) \odot g'(\boldsymbol z_1).$$
#
# Everything above $\boldsymbol\delta_2$ is already in $\boldsymbol\delta_2$. **Nothing is computed
# twice**: that is the whole secret.

# %% [markdown]
# ### A network small enough to do in your head
#
# ReLU, $\boldsymbol x = (1\;\,2)$, target $1$, and
#
# $$W_1 = \begin{bmatrix} 1&-1\\ 1&0 \end{bmatrix},\quad
# W_2 = \begin{bmatrix} 1&1\\ 1&-1 \end{bmatrix},\quad W_3 = \begin{bmatrix} 2\\ -1 \end{bmatrix}.$$
#
# *Up:* $z_1 = (3\;\,{-1})$, $h_1 = (3\;\,0)$; $\;z_2 = h_2 = (3\;\,3)$; $\;h_3 = 6 - 3 = 3$.
#
# *Down:* $\delta_3 = 3 - 1 = 2$; $\;\delta_2 = 2\cdot(2\;\,{-1}) \odot (1\;\,1) = (4\;\,{-2})$;
# $\;\delta_1 = (4 - 2\;\;\, 4 + 2) \odot (1\;\,0) = (2\;\,0)$.
#
# *The weights:* lower end times upper end.
# $\partial J/\partial W_1 = \boldsymbol x^\top\boldsymbol\delta_1 = \begin{bmatrix} 2&0\\ 4&0 \end{bmatrix}$.

# %%
SMALL = [np.array([[1.0, -1.0], [1.0, 0.0]]), np.array([[1.0, 1.0], [1.0, -1.0]]), np.array([[2.0], [-1.0]])]


def draw_network(axes, values, deltas, gradients, target, *, title):
    """Draw the small network. values: h₀ … h₃; deltas: δ₁ … δ₃; gradients: as the weights in SMALL."""
    places = [[(3.1 * level, 1.15), (3.1 * level, -1.15)] for level in range(3)] + [[(9.3, 0.0)]]
    for level, gradient in enumerate(gradients):
        for i, (x0, y0) in enumerate(places[level]):
            for j, (x1, y1) in enumerate(places[level + 1]):
                share = abs(gradient[i, j])
                axes.plot(
                    [x0, x1], [y0, y1], color=VERMILION if share else "0.8", linewidth=1.2 + 0.45 * min(share, 12)
                )
                at = 0.33 if i == j or level == 2 else 0.27
                text = f"{SMALL[level][i, j]:g}  [{gradient[i, j] + 0.0:g}]".replace("-", "−")
                box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
                axes.text(
                    x0 + at * (x1 - x0), y0 + at * (y1 - y0), text, ha="center", va="center", fontsize=11, bbox=box
                )
    for level, nodes in enumerate(places):
        for i, (x, y) in enumerate(nodes):
            off = 0 < level < 3 and values[level][i] == 0
            axes.plot(x, y, "o", markersize=33, color="0.6" if off else BLUE, zorder=3)
            number = f"{values[level][i]:.3g}".replace("-", "−")
            axes.text(x, y, number, color="white", ha="center", va="center", fontsize=13, weight="bold", zorder=4)
            if level > 0:
                blame = f"δ = {deltas[level - 1][i] + 0.0:.3g}".replace("-", "−")
                above = 0.66 if y > 0 else -0.66
                axes.text(x, y + above, blame, color=VERMILION, ha="center", va="center", fontsize=13, weight="bold")
    for level, name in enumerate(("input $h_0 = x$", "$h_1$", "$h_2$", f"$h_3$, target {target:g}")):
        axes.text(3.1 * level, 2.4, name, color=BLUE, ha="center")
    axes.set(xlim=(-0.9, 10.4), ylim=(-2.1, 2.7), title=title)
    axes.axis("off")


# %% demo=true
figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
draw_network(
    axes,
    [np.array([1.0, 2.0]), np.array([3.0, 0.0]), np.array([3.0, 3.0]), np.array([3.0])],
    [np.array([2.0, 0.0]), np.array([4.0, -2.0]), np.array([2.0])],
    [np.array([[2.0, 0.0], [4.0, 0.0]]), np.array([[12.0, -6.0], [0.0, 0.0]]), np.array([[6.0], [6.0]])],
    1.0,
    title="Values go up to the right, blame comes back to the left",
)
plt.show()

# %% [markdown]
# *The figure:* the network from left to right. In the discs the values $h$, beside them the $\delta$.
# Each line carries its weight and, in brackets, its derivative: the disc at its left end times the
# $\delta$ at its right end; the thicker, the more to blame.
#
# The grey disc is the hidden unit with $z = -1$: it is off. No value goes up through it, no blame
# comes down: all four lines at it are pale, **their derivatives are 0**.
#
# Check one line by nudging: with $1 + \varepsilon$ in place of the first weight, $h_3$ becomes
# $3 + \varepsilon$ and $J = \tfrac12(2 + \varepsilon)^2 \approx 2 + 2\varepsilon$. Yes, 2.

# %% [markdown]
# ### Exercise 4: `backprop_three_layer`
#
# *In:* one example `x` $(d_0,)$ with its target `t` $(d_3,)$; the weights `W1` $(d_0, d_1)$, `W2`
# $(d_1, d_2)$, `W3` $(d_2, d_3)$, no biases; an `activation`. *Out:* the cost $J$, a number; the
# triple $(\boldsymbol\delta_1, \boldsymbol\delta_2, \boldsymbol\delta_3)$; and the triple of
# derivatives by $W_1, W_2, W_3$. The first layer first, although you meet it last.
#
# For vectors of shape (d,) and (m,), what is $\boldsymbol h^\top\boldsymbol\delta$, shape (d, m)? In
# NumPy transposing a vector does nothing; `np.outer` may help.
#
# *By hand:* the numbers of the figure, with $J = \tfrac12 \cdot 2^2 = 2$.


# %% exercise="backprop_three_layer" points=5
def backprop_three_layer(x, t, W1, W2, W3, activation):
    """Back-propagate half the squared error of one example through three layers without biases.

    Parameters
    ----------
    x : array, shape (d_0,)
    t : array, shape (d_3,)
        The target.
    W1, W2, W3 : arrays, shapes (d_0, d_1), (d_1, d_2), (d_2, d_3)
    activation : function
        Takes z and returns the pair value, slope; for the two hidden layers.

    Returns
    -------
    cost : float
        Half the squared distance between the output and t.
    deltas : tuple of arrays, shapes (d_1,), (d_2,), (d_3,)
        The derivatives of the cost with respect to z_1, z_2, z_3.
    gradients : tuple of arrays, of the shapes of W1, W2, W3
    """
    ### BEGIN SOLUTION
    h1, slope1 = activation(x @ W1)
    h2, slope2 = activation(h1 @ W2)
    delta3 = h2 @ W3 - t
    delta2 = (delta3 @ W3.T) * slope2
    delta1 = (delta2 @ W2.T) * slope1
    gradients = np.outer(x, delta1), np.outer(h1, delta2), np.outer(h2, delta3)
    return 0.5 * np.sum(delta3**2), (delta1, delta2, delta3), gradients
    ### END SOLUTION


# %% check="backprop_three_layer"
def test_the_cost_by_hand():
    "The network of the figure: its output is 3, the target 1. What is half the squared error?"
    assert_allclose(backprop_three_layer(np.array([1.0, 2.0]), np.array([1.0]), *SMALL, relu)[0], 2.0)


def test_the_deltas_by_hand():
    "The network of the figure: δ₁ = (2, 0), δ₂ = (4, −2), δ₃ = 2. Which is the first of them that differs, from above?"
    _, deltas, _ = backprop_three_layer(np.array([1.0, 2.0]), np.array([1.0]), *SMALL, relu)
    for actual, expected in zip(deltas, ([2.0, 0.0], [4.0, -2.0], [2.0]), strict=True):
        assert_allclose(actual, expected)


def test_the_gradients_by_hand():
    "The numbers in brackets in the figure: left end times right end. Which shape has each table?"
    _, _, gradients = backprop_three_layer(np.array([1.0, 2.0]), np.array([1.0]), *SMALL, relu)
    expected = [[2.0, 0.0], [4.0, 0.0]], [[12.0, -6.0], [0.0, 0.0]], [[6.0], [6.0]]
    for actual, right in zip(gradients, expected, strict=True):
        assert_allclose(actual, right)


def test_a_steep_bend():
    "One unit a layer, g(z) = z² with slope 2z, all weights ½, x = 2: do you get δ₃ = 1, δ₂ = ½ and δ₁ = ½?"
    half = np.array([[0.5]])
    _, deltas, _ = backprop_three_layer(np.array([2.0]), np.array([-0.875]), half, half, half, lambda z: (z**2, 2 * z))
    assert_allclose(deltas[2], [1.0])
    assert_allclose(deltas[1], [0.5])
    assert_allclose(deltas[0], [0.5])


### BEGIN HIDDEN TESTS
def test_random_networks(rng, reference):
    "Does it hold for any widths, weights and targets?"
    for d0, d1, d2, d3 in ((3, 4, 2, 5), (3, 3, 3, 3), (1, 2, 1, 2)):
        arrays = [rng.normal(size=shape) for shape in ((d0,), (d3,), (d0, d1), (d1, d2), (d2, d3))]
        for activation in (tanh, relu):
            cost, deltas, gradients = backprop_three_layer(*arrays, activation)
            expected = reference.backprop_three_layer(*arrays, activation)
            assert_allclose(cost, expected[0])
            for mine, theirs in ((deltas, expected[1]), (gradients, expected[2])):
                for actual, right in zip(mine, theirs, strict=True):
                    assert_allclose(actual, right)


def test_nudged_weights(rng):
    "Nudge all the weights of one layer: does the cost change as your derivatives say?"
    x, t, *weights = (rng.normal(size=shape) for shape in ((2,), (3,), (2, 3), (3, 2), (2, 3)))
    _, _, gradients = backprop_three_layer(x, t, *weights, lambda z: (np.sin(z), np.cos(z)))
    cost = lambda W1, W2, W3: 0.5 * np.sum((np.sin(np.sin(x @ W1) @ W2) @ W3 - t) ** 2)  # noqa: E731
    for layer, gradient in enumerate(gradients):
        way = rng.normal(size=weights[layer].shape)
        ahead, behind = list(weights), list(weights)
        ahead[layer], behind[layer] = weights[layer] + 1e-5 * way, weights[layer] - 1e-5 * way
        expected = (cost(*ahead) - cost(*behind)) / 2e-5
        assert_allclose(np.sum(np.asarray(gradient) * way), expected, rtol=1e-5, atol=1e-7)


def test_no_error_no_blame(rng):
    "When the output hits the target, what is there to learn?"
    x, W1, W2, W3 = rng.normal(size=2), rng.normal(size=(2, 3)), rng.normal(size=(3, 3)), rng.normal(size=(3, 2))
    t = np.tanh(np.tanh(x @ W1) @ W2) @ W3
    cost, deltas, gradients = backprop_three_layer(x, t, W1, W2, W3, tanh)
    assert_allclose(cost, 0.0, atol=1e-20)
    for zero in (*deltas, *gradients):
        assert_allclose(zero, np.zeros(np.shape(np.asarray(zero))), atol=1e-12)


def test_inputs_stay_as_they_are(rng):
    "Does your function write into x, t or the weights?"
    run = lambda x, t, W1, W2, W3: backprop_three_layer(x, t, W1, W2, W3, tanh)  # noqa: E731
    assert_inputs_unchanged(run, *(rng.normal(size=shape) for shape in ((3,), (3,), (3, 3), (3, 3), (3, 3))))


### END HIDDEN TESTS


# %% mistake="backprop_three_layer" hint="Your δ passes the weights but not the bends. What stands between h and z of a hidden layer?"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    h1 = activation(x @ W1)[0]
    h2 = activation(h1 @ W2)[0]
    delta3 = h2 @ W3 - t
    delta2 = delta3 @ W3.T
    delta1 = delta2 @ W2.T
    gradients = np.outer(x, delta1), np.outer(h1, delta2), np.outer(h2, delta3)
    return 0.5 * np.sum(delta3**2), (delta1, delta2, delta3), gradients


# %% mistake="backprop_three_layer" hint="You take the slopes at h, after the bend. For ReLU nobody notices; at which number does the unit bend?"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    h1 = activation(x @ W1)[0]
    h2 = activation(h1 @ W2)[0]
    delta3 = h2 @ W3 - t
    delta2 = (W3 @ delta3) * activation(h2)[1]
    delta1 = (W2 @ delta2) * activation(h1)[1]
    gradients = np.outer(x, delta1), np.outer(h1, delta2), np.outer(h2, delta3)
    return 0.5 * np.sum(delta3**2), (delta1, delta2, delta3), gradients


# %% mistake="backprop_three_layer" hint="With weights in rows for inputs, which way does δ @ W go, up or down?"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    h1, slope1 = activation(x @ W1)
    h2, slope2 = activation(h1 @ W2)
    delta3 = h2 @ W3 - t
    delta2 = (delta3 @ W3.T) * slope2
    delta1 = (delta2 @ W2) * slope1
    gradients = np.outer(x, delta1), np.outer(h1, delta2), np.outer(h2, delta3)
    return 0.5 * np.sum(delta3**2), (delta1, delta2, delta3), gradients


# %% mistake="backprop_three_layer" hint="Your tables are Lepetit's δ xᵀ, for columns. Which shape has W when the examples are rows?"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    h1, slope1 = activation(x @ W1)
    h2, slope2 = activation(h1 @ W2)
    delta3 = h2 @ W3 - t
    delta2 = (delta3 @ W3.T) * slope2
    delta1 = (delta2 @ W2.T) * slope1
    gradients = np.outer(delta1, x), np.outer(delta2, h1), np.outer(delta3, h2)
    return 0.5 * np.sum(delta3**2), (delta1, delta2, delta3), gradients


# %% mistake="backprop_three_layer" hint="All your derivatives point the other way: the output is too large, and more of it would cost less? Which minus which is δ₃?"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    h1, slope1 = activation(x @ W1)
    h2, slope2 = activation(h1 @ W2)
    delta3 = t - h2 @ W3
    delta2 = (delta3 @ W3.T) * slope2
    delta1 = (delta2 @ W2.T) * slope1
    gradients = np.outer(x, delta1), np.outer(h1, delta2), np.outer(h2, delta3)
    return 0.5 * np.sum(delta3**2), (delta1, delta2, delta3), gradients


# %% mistake="backprop_three_layer" hint="All your δ are twice too large. What is the ½ in front of the squared error for?"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    h1, slope1 = activation(x @ W1)
    h2, slope2 = activation(h1 @ W2)
    error = h2 @ W3 - t
    delta3 = 2 * error
    delta2 = (delta3 @ W3.T) * slope2
    delta1 = (delta2 @ W2.T) * slope1
    gradients = np.outer(x, delta1), np.outer(h1, delta2), np.outer(h2, delta3)
    return 0.5 * np.sum(error**2), (delta1, delta2, delta3), gradients


# %% mistake="backprop_three_layer" hint="Your numbers are right, but the last layer comes first. In which order were they asked for?"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    h1, slope1 = activation(x @ W1)
    h2, slope2 = activation(h1 @ W2)
    delta3 = h2 @ W3 - t
    delta2 = (delta3 @ W3.T) * slope2
    delta1 = (delta2 @ W2.T) * slope1
    gradients = np.outer(h2, delta3), np.outer(h1, delta2), np.outer(x, delta1)
    return 0.5 * np.sum(delta3**2), (delta3, delta2, delta1), gradients


# %% mistake="backprop_three_layer" hint="Your output is bent. Which of the three layers have an activation?"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    h1, slope1 = activation(x @ W1)
    h2, slope2 = activation(h1 @ W2)
    h3, slope3 = activation(h2 @ W3)
    delta3 = (h3 - t) * slope3
    delta2 = (delta3 @ W3.T) * slope2
    delta1 = (delta2 @ W2.T) * slope1
    gradients = np.outer(x, delta1), np.outer(h1, delta2), np.outer(h2, delta3)
    return 0.5 * np.sum((h3 - t) ** 2), (delta1, delta2, delta3), gradients


# %% mistake="backprop_three_layer" hint="Your δ are right, the tables are not: you multiply each δ with the value of its own layer. Which value did the weights multiply on the way up?"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    h1, slope1 = activation(x @ W1)
    h2, slope2 = activation(h1 @ W2)
    h3 = h2 @ W3
    delta3 = h3 - t
    delta2 = (delta3 @ W3.T) * slope2
    delta1 = (delta2 @ W2.T) * slope1
    gradients = np.outer(h1, delta1), np.outer(h2, delta2), np.outer(h3, delta3)
    return 0.5 * np.sum(delta3**2), (delta1, delta2, delta3), gradients


# %% mistake="backprop_three_layer" hint="Your derivatives by the weights use z where the weights saw h. What did layer 2 get from layer 1?"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    z1 = x @ W1
    h1, slope1 = activation(z1)
    z2 = h1 @ W2
    h2, slope2 = activation(z2)
    delta3 = h2 @ W3 - t
    delta2 = (delta3 @ W3.T) * slope2
    delta1 = (delta2 @ W2.T) * slope1
    gradients = np.outer(x, delta1), np.outer(z1, delta2), np.outer(z2, delta3)
    return 0.5 * np.sum(delta3**2), (delta1, delta2, delta3), gradients


# %% mistake="backprop_three_layer" hint="Your δ are right. Is the cost the squared distance, or half of it?"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    h1, slope1 = activation(x @ W1)
    h2, slope2 = activation(h1 @ W2)
    delta3 = h2 @ W3 - t
    delta2 = (delta3 @ W3.T) * slope2
    delta1 = (delta2 @ W2.T) * slope1
    gradients = np.outer(x, delta1), np.outer(h1, delta2), np.outer(h2, delta3)
    return np.sum(delta3**2), (delta1, delta2, delta3), gradients


# %% alternative="backprop_three_layer"
def backprop_three_layer(x, t, W1, W2, W3, activation):
    inputs, slopes = [x], []
    for W in (W1, W2):
        value, slope = activation(np.einsum("d,de->e", inputs[-1], W))
        inputs.append(value)
        slopes.append(slope)
    error = np.einsum("d,de->e", inputs[-1], W3) - t
    deltas = [error]
    for W, slope in ((W3, slopes[1]), (W2, slopes[0])):
        deltas.insert(0, slope * np.dot(W, deltas[0]))
    return float(error @ error) / 2, deltas, [h[:, None] * delta for h, delta in zip(inputs, deltas, strict=True)]


# %% [markdown]
# ### Move the inputs
#
# Now the figure runs on **your** function. With sliders you can move the two inputs and the target.
# For which inputs is the other hidden unit off, too? Where does *nobody* learn although the output
# is wrong? And what happens at target = output? (Without `ipywidgets` the cell draws one more
# example.)

# %% demo=true
try:
    from ipywidgets import FloatSlider, interact
except ImportError:
    interact = None


def show_network(x1=1.0, x2=2.0, target=1.0):
    """Draw the small network with the student's values of cost, deltas and gradients."""
    x = np.array([x1, x2])
    cost, deltas, gradients = backprop_three_layer(x, np.array([target]), *SMALL, relu)
    h1 = relu(x @ SMALL[0])[0]
    h2 = relu(h1 @ SMALL[1])[0]
    _, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    draw_network(
        axes, [x, h1, h2, h2 @ SMALL[2]], deltas, gradients, target, title=f"your back-propagation: $J$ = {cost:.3g}"
    )
    plt.show()


if is_written(backprop_three_layer, np.zeros(1), np.zeros(1), *np.zeros((3, 1, 1)), relu):
    if interact is None:
        show_network(-2.0, 1.0, 1.0)
    else:
        settings = {"min": -3.0, "max": 3.0, "step": 0.5, "continuous_update": False}
        interact(
            show_network,
            x1=FloatSlider(value=-2.0, **settings),
            x2=FloatSlider(value=1.0, **settings),
            target=FloatSlider(value=1.0, **settings),
        )

# %% [markdown]
# *The figure:* at $x = (-2\;\,1)$ the other unit of the first hidden layer works: $z_1 = (-1\;\,2)$.
# It sends a 2 up, the upper unit of $h_2$ passes it on, the lower one is off. The output is 4, so
# $\delta_3 = 3$, and all blame runs down one single path. The other lines are pale: other inputs
# will teach them.

# %% [markdown]
# ## 5 · Any depth, and a softmax on top
#
# To classify, put the softmax and the cross-entropy $J = -\log y_r$ on the logits, where $r$ is the
# right class. Its error signal for the softmax has a single entry (Jiang, "Error Backpropagation
# Example"):
#
# $$\boldsymbol g = \Bigl(0 \;\cdots\; {-\tfrac1{y_r}} \;\cdots\; 0\Bigr), \qquad
# \boldsymbol\delta_L = S\boldsymbol g = (y_1 \;\cdots\; y_r - 1 \;\cdots\; y_k)
# = \boldsymbol y - \text{one-hot}.$$
#
# Your `softmax_vjp` can do that step: $\boldsymbol y \odot (\boldsymbol g - (-1))$. But take the
# result, not the way: when $y_r$ is rounded to 0, the way divides by zero. The next cell tries both.

# %% demo=true
if is_written(softmax_vjp, np.ones((1, 1)), np.ones((1, 1))):
    for logits in (np.array([[2.8, 1.1, -0.5]]), np.array([[800.0, 1.1, -0.5]])):
        y = np.exp(logits - logits.max())
        y /= y.sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            the_way = softmax_vjp(y, np.array([[0.0, -1.0, 0.0]]) / y)  # the second class is right
        print(f"y = {np.round(y[0], 2)}: the way {np.round(the_way[0], 2)}, the result {np.round(y[0] - [0, 1, 0], 2)}")

# %% [markdown]
# ### The whole algorithm
#
# Both passes for a batch of $n$ examples with labels, and the **mean** of their cross-entropies:
#
# 1. *Up* (exercise 1): all $h_l$ and $g'(z_l)$.
# 2. *At the top:* $\delta_L = (y - \text{one-hot}) / n$.
# 3. *Down,* $l = L, \dots, 1$ (exercise 3):
#
# $$\frac{\partial J}{\partial W_l} = h_{l-1}^\top\delta_l, \quad
# \frac{\partial J}{\partial \boldsymbol b_l} = \sum_n \delta_l, \quad
# \text{and, while } l > 1, \quad \delta_{l-1} = (\delta_l W_l^\top) \odot g'(z_{l-1}).$$
#
# This is the backward pass of Jiang's slides and *Deep Learning*'s 6.5.4, with rows for columns. It
# also is the algorithm of the Pennsylvania slides: there any module may stand where we put dense
# layers.

# %% [markdown]
# ### Exercise 5: `backprop_deep`
#
# *In:* `x` $(n, d_0)$; `labels` (n,), whole numbers; lists `weights` and `biases`; an `activation`.
# *Out:* the cost, a number; and two lists with the derivatives by the weights and by the biases, the
# first layer first. You may use your `forward_pass` and `dense_backward`.
#
# *By hand,* one layer, $x = (1\;\,2)$, all weights and biases 0, label 0, two classes: the logits are
# $(0\;\,0)$, $\boldsymbol y = (\tfrac12\;\tfrac12)$ and
#
# $$J = \log 2, \quad \delta_1 = (-\tfrac12\;\,\tfrac12), \quad
# \frac{\partial J}{\partial W_1} = \begin{bmatrix} -\tfrac12 & \tfrac12\\ -1 & 1 \end{bmatrix}, \quad
# \frac{\partial J}{\partial\boldsymbol b_1} = (-\tfrac12\;\,\tfrac12).$$
#
# Keep notebook 2 in mind: the cost must survive a logit of 1000.


# %% exercise="backprop_deep" points=6
def backprop_deep(x, labels, weights, biases, activation):
    """Compute the mean cross-entropy of a deep network and its derivatives by all weights and biases.

    Parameters
    ----------
    x : array, shape (n, d_0)
    labels : array of int, shape (n,)
        The right class of each example, from 0 to d_L - 1.
    weights : list of arrays, shapes (d_0, d_1), …, (d_{L-1}, d_L)
    biases : list of arrays, shapes (d_1,), …, (d_L,)
    activation : function
        Takes z and returns the pair value, slope; for every layer but the last.

    Returns
    -------
    cost : float
        The mean of -log softmax(logits)[label] over the examples.
    grad_weights, grad_biases : lists of arrays
        The derivatives of the cost, of the shapes of weights and biases.
    """
    ### BEGIN SOLUTION
    hs, slopes = forward_pass(x, weights, biases, activation)
    n, depth = len(x), len(weights)
    shifted = hs[-1] - hs[-1].max(axis=1, keepdims=True)
    log_y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    delta = (np.exp(log_y) - np.eye(log_y.shape[1])[labels]) / n
    grad_weights, grad_biases = [None] * depth, [None] * depth
    for layer in reversed(range(depth)):
        grad_h, grad_weights[layer], grad_biases[layer] = dense_backward(hs[layer], weights[layer], delta)
        if layer > 0:
            delta = grad_h * slopes[layer - 1]
    return -log_y[np.arange(n), labels].mean(), grad_weights, grad_biases
    ### END SOLUTION


# %% check="backprop_deep"
def test_one_layer_by_hand():
    "The worked example: J = log 2 and a δ of (−½, ½). Does the right class get the negative entry?"
    cost, grad_weights, grad_biases = backprop_deep(
        np.array([[1.0, 2.0]]), np.array([0]), [np.zeros((2, 2))], [np.zeros(2)], relu
    )
    assert_allclose(cost, np.log(2))
    assert_allclose(grad_weights[0], [[-0.5, 0.5], [-1.0, 1.0]])
    assert_allclose(grad_biases[0], [-0.5, 0.5])


def test_two_layers_with_a_unit_that_is_off():
    "z₁ = (2, −1), the logits (0, 0), label 1: do weights below a unit that is off get any blame?"
    weights = [np.array([[2.0, -1.0]]), np.array([[1.0, 1.0], [3.0, -3.0]])]
    _, grad_weights, grad_biases = backprop_deep(
        np.array([[1.0]]),
        np.array([1]),
        weights,
        [np.zeros(2), np.zeros(2)],
        lambda z: (np.maximum(z, 0), 3.0 * (z > 0)),
    )
    assert_allclose(grad_weights[1], [[1.0, -1.0], [0.0, 0.0]])
    assert_allclose(grad_biases[0], [0.0, 0.0])
    assert_allclose(grad_weights[0], [[0.0, 0.0]])


def test_three_layers_by_nudging(rng):
    "Nudge all weights and biases of a layer: does the cost change as your derivatives say? Which layer is the first, from above, that fails?"
    weights, biases = [rng.normal(size=(3, 3)) for _ in range(3)], [rng.normal(size=3) for _ in range(3)]
    x, labels = rng.normal(size=(4, 3)), np.array([0, 2, 1, 2])
    _, grad_weights, grad_biases = backprop_deep(x, labels, weights, biases, tanh)
    for layer in (2, 1, 0):
        for values, gradients in ((weights, grad_weights), (biases, grad_biases)):
            here, way = values[layer], rng.normal(size=values[layer].shape)
            costs = []
            for step in (1e-4, -1e-4):
                values[layer] = here + step * way
                costs.append(float(backprop_deep(x, labels, weights, biases, tanh)[0]))
            values[layer] = here
            assert_allclose(
                np.sum(np.asarray(gradients[layer]) * way), (costs[0] - costs[1]) / 2e-4, rtol=1e-4, atol=1e-7
            )


def test_the_mean_over_the_batch(rng):
    "The same example four times: do the mean cost and its derivatives change?"
    weights, biases = [rng.normal(size=(2, 3)), rng.normal(size=(3, 2))], [rng.normal(size=3), rng.normal(size=2)]
    x, labels = rng.normal(size=(1, 2)), np.array([1])
    once = backprop_deep(x, labels, weights, biases, tanh)
    four = backprop_deep(np.repeat(x, 4, axis=0), np.repeat(labels, 4), weights, biases, tanh)
    assert_allclose(four[0], once[0])
    assert_allclose(four[1][0], once[1][0])
    assert_allclose(four[2][1], once[2][1])


### BEGIN HIDDEN TESTS
def test_random_networks(rng, reference):
    "Does it hold for any depth, width, batch and activation?"
    for sizes in ((3, 5, 4, 2), (4, 4, 4, 4, 4, 4), (3, 4), (5, 1, 3)):
        weights = [rng.normal(size=(sizes[i], sizes[i + 1])) for i in range(len(sizes) - 1)]
        biases = [rng.normal(size=size) for size in sizes[1:]]
        x, labels = rng.normal(size=(7, sizes[0])), rng.integers(sizes[-1], size=7)
        for activation in (relu, tanh):
            cost, *gradients = backprop_deep(x, labels, weights, biases, activation)
            expected_cost, *expected = reference.backprop_deep(x, labels, weights, biases, activation)
            assert_allclose(cost, expected_cost)
            for mine, theirs in zip(gradients, expected, strict=True):
                assert len(mine) == len(theirs), f"expected a list of {len(theirs)} arrays; got {len(mine)}"
                for actual, right in zip(mine, theirs, strict=True):
                    assert_allclose(actual, right)


def test_slopes_of_the_right_layer(rng, reference):
    "With e^(−z) for a bend nothing is hidden by symmetry. Is each slope taken at its own z?"
    weights, biases = [rng.uniform(0.1, 0.5, size=(3, 3)) for _ in range(4)], [rng.normal(size=3) for _ in range(4)]
    arguments = rng.normal(size=(5, 3)), rng.integers(3, size=5), weights, biases, lambda z: (np.exp(-z), -np.exp(-z))
    found, expected = backprop_deep(*arguments), reference.backprop_deep(*arguments)
    for actual, right in zip(found[1], expected[1], strict=True):
        assert_allclose(actual, right, rtol=1e-6)


def test_large_logits():
    "One example with the logits (1000, −1000), one with (1, −1): are the cost and its derivatives finite, and right?"
    weights, biases = [np.array([[1.0]]), np.array([[1000.0, -1000.0]])], [np.zeros(1), np.zeros(2)]
    cost, grad_weights, grad_biases = backprop_deep(
        np.array([[1.0], [1.0], [0.001]]), np.array([1, 0, 0]), weights, biases, relu
    )
    wrong = 1 / (1 + np.exp(2))  # the probability of the wrong class in the third example
    assert_finite(cost)
    assert_allclose(cost, (2000 - np.log(1 - wrong)) / 3)
    assert_allclose(grad_weights[1], [[(1 - 0.001 * wrong) / 3, (0.001 * wrong - 1) / 3]])
    assert_allclose(grad_biases[1], [(1 - wrong) / 3, (wrong - 1) / 3])


def test_inputs_stay_as_they_are(rng):
    "Does your function write into x, the labels, the weights or the biases?"
    run = lambda x, labels, W1, W2, b1, b2: backprop_deep(x, labels, [W1, W2], [b1, b2], tanh)  # noqa: E731
    arrays = [rng.normal(size=shape) for shape in ((3, 3), (3, 3), (3,), (3,))]
    assert_inputs_unchanged(run, rng.normal(size=(4, 3)), rng.integers(3, size=4), *arrays)


def test_no_loop_over_examples(rng):
    "A loop over layers is right. Is there one over examples, too?"
    weights, biases = [rng.normal(size=(3, 3)) for _ in range(3)], [rng.normal(size=3) for _ in range(3)]
    x, labels = rng.normal(size=(300, 3)), rng.integers(3, size=300)
    assert_vectorized(backprop_deep, (x[:5], labels[:5], weights, biases, tanh), (x, labels, weights, biases, tanh))


### END HIDDEN TESTS


# %% mistake="backprop_deep" hint="Your derivatives are those of the sum of the costs; the cost is their mean. What does each example's δ have to be divided by?"
def backprop_deep(x, labels, weights, biases, activation):
    hs, slopes = forward_pass(x, weights, biases, activation)
    shifted = hs[-1] - hs[-1].max(axis=1, keepdims=True)
    log_y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    delta = np.exp(log_y) - np.eye(log_y.shape[1])[labels]
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_h, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
        grad_weights.insert(0, grad_W)
        grad_biases.insert(0, grad_b)
        delta = grad_h * slopes[layer - 1] if layer else None
    return -log_y[np.arange(len(x)), labels].mean(), grad_weights, grad_biases


# %% mistake="backprop_deep" hint="The last layer is right, those below are not: your δ goes through the weights but not through the bends. Where do the slopes come in?"
def backprop_deep(x, labels, weights, biases, activation):
    hs, _ = forward_pass(x, weights, biases, activation)
    shifted = hs[-1] - hs[-1].max(axis=1, keepdims=True)
    log_y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    delta = (np.exp(log_y) - np.eye(log_y.shape[1])[labels]) / len(x)
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        delta_below, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
        grad_weights.insert(0, grad_W)
        grad_biases.insert(0, grad_b)
        delta = delta_below
    return -log_y[np.arange(len(x)), labels].mean(), grad_weights, grad_biases


# %% mistake="backprop_deep" hint="y − one-hot is already the derivative by the logits. Through which module do you carry it a second time?"
def backprop_deep(x, labels, weights, biases, activation):
    hs, slopes = forward_pass(x, weights, biases, activation)
    shifted = hs[-1] - hs[-1].max(axis=1, keepdims=True)
    log_y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    y = np.exp(log_y)
    error = (y - np.eye(y.shape[1])[labels]) / len(x)
    delta = y * (error - np.sum(y * error, axis=1, keepdims=True))
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_h, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
        grad_weights.insert(0, grad_W)
        grad_biases.insert(0, grad_b)
        delta = grad_h * slopes[layer - 1] if layer else None
    return -log_y[np.arange(len(x)), labels].mean(), grad_weights, grad_biases


# %% mistake="backprop_deep" hint="Your derivatives point the other way: following them downhill would make the right class less likely. Which minus which stands at the top?"
def backprop_deep(x, labels, weights, biases, activation):
    hs, slopes = forward_pass(x, weights, biases, activation)
    shifted = hs[-1] - hs[-1].max(axis=1, keepdims=True)
    log_y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    delta = (np.eye(log_y.shape[1])[labels] - np.exp(log_y)) / len(x)
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_h, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
        grad_weights.insert(0, grad_W)
        grad_biases.insert(0, grad_b)
        delta = grad_h * slopes[layer - 1] if layer else None
    return -log_y[np.arange(len(x)), labels].mean(), grad_weights, grad_biases


# %% mistake="backprop_deep" hint="delta[:, labels] −= 1 changes, in every row, the columns of all labels of the batch. How do you say: in row i the column labels[i]?"
def backprop_deep(x, labels, weights, biases, activation):
    hs, slopes = forward_pass(x, weights, biases, activation)
    shifted = hs[-1] - hs[-1].max(axis=1, keepdims=True)
    log_y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    delta = np.exp(log_y)
    delta[:, labels] -= 1
    delta /= len(x)
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_h, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
        grad_weights.insert(0, grad_W)
        grad_biases.insert(0, grad_b)
        delta = grad_h * slopes[layer - 1] if layer else None
    return -log_y[np.arange(len(x)), labels].mean(), grad_weights, grad_biases


# %% mistake="backprop_deep" hint="e^1000 is infinite. What may be subtracted from all logits of a row without changing the softmax?"
def backprop_deep(x, labels, weights, biases, activation):
    hs, slopes = forward_pass(x, weights, biases, activation)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        y = np.exp(hs[-1]) / np.exp(hs[-1]).sum(axis=1, keepdims=True)
        cost = -np.log(y[np.arange(len(x)), labels]).mean()
    delta = (y - np.eye(y.shape[1])[labels]) / len(x)
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_h, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
        grad_weights.insert(0, grad_W)
        grad_biases.insert(0, grad_b)
        delta = grad_h * slopes[layer - 1] if layer else None
    return cost, grad_weights, grad_biases


# %% mistake="backprop_deep" hint="Your derivatives survive large logits, your cost does not: y was rounded to 0 before the logarithm. Which function of notebook 3 takes logits and returns log y?"
def backprop_deep(x, labels, weights, biases, activation):
    hs, slopes = forward_pass(x, weights, biases, activation)
    y = np.exp(hs[-1] - hs[-1].max(axis=1, keepdims=True))
    y = y / y.sum(axis=1, keepdims=True)
    delta = (y - np.eye(y.shape[1])[labels]) / len(x)
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_h, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
        grad_weights.insert(0, grad_W)
        grad_biases.insert(0, grad_b)
        delta = grad_h * slopes[layer - 1] if layer else None
    with np.errstate(divide="ignore"):
        return -np.log(y[np.arange(len(x)), labels]).mean(), grad_weights, grad_biases


# %% mistake="backprop_deep" hint="You subtract the largest logit of the whole batch. What happens to a row whose own logits are all far below it?"
def backprop_deep(x, labels, weights, biases, activation):
    hs, slopes = forward_pass(x, weights, biases, activation)
    shifted = hs[-1] - hs[-1].max()
    with np.errstate(divide="ignore", invalid="ignore"):
        log_y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    delta = (np.exp(log_y) - np.eye(log_y.shape[1])[labels]) / len(x)
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_h, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
        grad_weights.insert(0, grad_W)
        grad_biases.insert(0, grad_b)
        delta = grad_h * slopes[layer - 1] if layer else None
    return -log_y[np.arange(len(x)), labels].mean(), grad_weights, grad_biases


# %% mistake="backprop_deep" hint="Your lists begin with the last layer. On the way down you meet the layers in which order?"
def backprop_deep(x, labels, weights, biases, activation):
    hs, slopes = forward_pass(x, weights, biases, activation)
    shifted = hs[-1] - hs[-1].max(axis=1, keepdims=True)
    log_y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    delta = (np.exp(log_y) - np.eye(log_y.shape[1])[labels]) / len(x)
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_h, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
        grad_weights.append(grad_W)
        grad_biases.append(grad_b)
        delta = grad_h * slopes[layer - 1] if layer else None
    return -log_y[np.arange(len(x)), labels].mean(), grad_weights, grad_biases


# %% mistake="backprop_deep" hint="Your derivatives belong to the mean; your cost is the sum. By what do they differ?"
def backprop_deep(x, labels, weights, biases, activation):
    hs, slopes = forward_pass(x, weights, biases, activation)
    shifted = hs[-1] - hs[-1].max(axis=1, keepdims=True)
    log_y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    delta = (np.exp(log_y) - np.eye(log_y.shape[1])[labels]) / len(x)
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_h, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
        grad_weights.insert(0, grad_W)
        grad_biases.insert(0, grad_b)
        delta = grad_h * slopes[layer - 1] if layer else None
    return -log_y[np.arange(len(x)), labels].sum(), grad_weights, grad_biases


# %% mistake="backprop_deep" hint="Layers 1 to L − 1 are one step off: you multiply a layer's δ with its own slope before the weights have carried it down. Which z lies below W_l?"
def backprop_deep(x, labels, weights, biases, activation):
    hs, slopes = forward_pass(x, weights, biases, activation)
    shifted = hs[-1] - hs[-1].max(axis=1, keepdims=True)
    log_y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    delta = (np.exp(log_y) - np.eye(log_y.shape[1])[labels]) / len(x)
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_h, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
        grad_weights.insert(0, grad_W)
        grad_biases.insert(0, grad_b)
        delta = grad_h * slopes[layer] if layer < len(slopes) else grad_h
    return -log_y[np.arange(len(x)), labels].mean(), grad_weights, grad_biases


# %% mistake="backprop_deep" hint="Your numbers are right, one example at a time. Which of your functions take a whole batch?"
def backprop_deep(x, labels, weights, biases, activation):
    n, costs = len(x), []
    grad_weights, grad_biases = [np.zeros(W.shape) for W in weights], [np.zeros(b.shape) for b in biases]
    for i in range(n):
        hs, slopes = forward_pass(x[i : i + 1], weights, biases, activation)
        log_y = hs[-1] - np.logaddexp.reduce(hs[-1], axis=1, keepdims=True)
        costs.append(-log_y[0, labels[i]])
        delta = (np.exp(log_y) - np.eye(log_y.shape[1])[labels[i]]) / n
        for layer in reversed(range(len(weights))):
            grad_h, grad_W, grad_b = dense_backward(hs[layer], weights[layer], delta)
            grad_weights[layer] += grad_W
            grad_biases[layer] += grad_b
            delta = grad_h * slopes[layer - 1] if layer else None
    return np.mean(costs), grad_weights, grad_biases


# %% alternative="backprop_deep"
def backprop_deep(x, labels, weights, biases, activation):
    def below(h, level):
        """Return the cost, its derivative by h, and those by the weights and biases from this level upwards."""
        z = h @ weights[level] + biases[level]
        if level == len(weights) - 1:
            total = np.logaddexp.reduce(z, axis=1)
            right = np.arange(z.shape[1]) == np.reshape(labels, (-1, 1))
            cost, delta, above_W, above_b = np.mean(total - z[right]), np.exp(z - total[:, None]) - right, [], []
            delta = delta / len(z)
        else:
            value, slope = activation(z)
            cost, delta, above_W, above_b = below(value, level + 1)
            delta = delta * slope
        return cost, delta @ weights[level].T, [h.T @ delta, *above_W], [delta.sum(axis=0), *above_b]

    cost, _, grad_weights, grad_biases = below(x, 0)
    return cost, grad_weights, grad_biases


# %% [markdown]
# ### Trust, but nudge
#
# Back-propagation is easy to get slightly wrong, and a network with a slightly wrong gradient still
# learns, only badly. So check it once against nudges: for some weights of each layer, compare your
# derivative with the central difference
#
# $$\frac{J(w + \varepsilon) - J(w - \varepsilon)}{2\varepsilon}, \qquad \varepsilon = 10^{-5}.$$
#
# (*Deep Learning* 11.5 recommends it. Why $10^{-5}$ and not $10^{-15}$? See notebook 7.) The next
# cell does it for six layers, then once more with a planted bug: **in layer 3** the slope is taken
# at $h$ instead of $z$. Which layers will have wrong derivatives? Decide before you run it.


# %% demo=true
def new_network(sizes, rng):
    """Return weights with variance 2 / d_in and biases 0."""
    shapes = [(sizes[i], sizes[i + 1]) for i in range(len(sizes) - 1)]
    return [rng.normal(size=shape) * np.sqrt(2 / shape[0]) for shape in shapes], [np.zeros(d) for _, d in shapes]


def check_errors(backprop, x, labels, weights, biases, *, per_layer=12, step=1e-5):
    """Compare derivatives by some weights with nudges; return the relative errors, shape (L, per_layer)."""
    rng = np.random.default_rng(2)
    _, gradients, _ = backprop(x, labels, weights, biases)
    errors = np.empty((len(weights), per_layer))
    for layer, W in enumerate(weights):
        for k in range(per_layer):
            at, costs = tuple(rng.integers(W.shape)), []
            for move in (step, -step):
                moved = [w.copy() for w in weights]
                moved[layer][at] += move
                costs.append(backprop_deep(x, labels, moved, biases, tanh)[0])
            nudged, yours = (costs[0] - costs[1]) / (2 * step), np.asarray(gradients[layer])[at]
            errors[layer, k] = abs(yours - nudged) / (abs(yours) + abs(nudged) + 1e-12)
    return errors


def with_a_bug_in(layer):
    """Return backprop_deep with the slope of one hidden layer (1 is the lowest) taken at h instead of z."""

    def backprop(x, labels, weights, biases):
        calls = []

        def flawed(z):
            calls.append(1)
            value, slope = tanh(z)
            return value, tanh(value)[1] if len(calls) == layer else slope

        return backprop_deep(x, labels, weights, biases, flawed)

    return backprop


tiny = np.zeros((1, 1)), np.zeros(1, dtype=int), [np.zeros((1, 1))], [np.zeros(1)], tanh
works = is_written(backprop_deep, *tiny)
if works:
    rng = np.random.default_rng(0)
    weights, biases = new_network((8, 12, 12, 12, 12, 12, 5), rng)
    x, labels = rng.normal(size=(20, 8)), rng.integers(5, size=20)
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    yours = lambda x, labels, weights, biases: backprop_deep(x, labels, weights, biases, tanh)  # noqa: E731
    for backprop, colour, marker, shift in ((with_a_bug_in(3), VERMILION, "s", 0.12), (yours, BLUE, "o", -0.12)):
        errors = check_errors(backprop, x, labels, weights, biases)
        for layer, row in enumerate(errors, start=1):
            height = np.maximum(row, 1e-12)
            axes.semilogy(
                np.full(len(row), layer + shift), height, marker, color=colour, alpha=0.55, markersize=7, mew=0
            )
    axes.axhspan(1e-6, 3, color=VERMILION, alpha=0.08, linewidth=0)
    axes.text(6.45, 1e-3, "something\nis wrong", color=VERMILION, ha="left", va="center")
    axes.text(6.45, 1e-9, "rounding", color=BLUE, ha="left", va="center")
    axes.text(4.4, 0.25, "with a bug in layer 3", color=VERMILION, va="center")
    axes.text(0.88, 6e-8, "yours", color=BLUE, va="center", ha="center")
    axes.set(title="The check finds the bug, and the layer that has it", xlabel="layer (1 is next to the input)")
    axes.set(ylabel="relative error of ∂J/∂W", xlim=(0.5, 7.6), ylim=(1e-12, 3), xticks=range(1, 7))
    plt.show()

# %% [markdown]
# *The figure:* twelve weights from each of six layers; upwards, on a logarithmic axis, how much
# derivative and nudge disagree. All round dots, yours, lie far down, between $10^{-12}$ and
# $10^{-7}$: rounding. The squares belong to the network with the bug: layers 4 to 6 agree, layers 1
# to 3 are far off.
#
# So a gradient check also tells **where**. The blame flows down: whatever goes wrong at layer 3
# spoils 3 and everything below, and nothing above. Look for the highest layer that fails.

# %% [markdown]
# ## Where the sources differ
#
# - *From which end to multiply?* The Pennsylvania algorithm starts at the top with $D^{(m)} = 1$,
#   multiplies whole Jacobians, $D^{(j)} = D^{(j+1)}\,\partial_z f_{j+1}$, and applies the cost's
#   gradient **last**. Jiang and Lepetit start with the error signal: a *vector* travels down. Same
#   product, other work: see below.
# - *Which way does a Jacobian lie?* Jiang's has $\partial y_j/\partial z_i$ in row $i$ and multiplies
#   the error signal as it is; *Deep Learning* and Pennsylvania put it in row $j$ and transpose. For
#   the softmax, $S = S^\top$.
# - *A bend at the output?* Korea University has one, and a factor $\partial o_k/\partial z_k$ in the
#   output's $\delta$; Lepetit's output is linear.

# %% [markdown]
# - *How large is δ?* Korea University and Lepetit halve the squared error, $\delta = o - t$; Jiang does
#   not, $\delta = 2(o - t)$.
# - *Sum or mean?* Jiang's and Lepetit's costs are sums over the examples. Pennsylvania's descent, and
#   Jiang's for a batch, divide by $n$; so do we. Without it the same learning rate makes a step $n$
#   times as large.
# - *Names.* Lepetit's $\bar{\boldsymbol x}, \boldsymbol x$ are our $z, h$; Jiang's are $\boldsymbol a,
#   \boldsymbol z$ (his $\boldsymbol z$ comes *after* the bend), Korea University's $u, h$.
# - *A slip.* Lepetit's (38) has $g'(\bar{\boldsymbol x}_2^m)\,\boldsymbol x_2^{jl}$; his (39) goes
#   on, rightly, with $g'(\bar{\boldsymbol x}_2^k)\,\boldsymbol x_1^l$.

# %% demo=true
rng = np.random.default_rng(0)
jacobians, signal = [rng.normal(size=(300, 300)) / np.sqrt(300) for _ in range(8)], rng.normal(size=300)


def matrices_first():
    """Multiply all Jacobians with each other, starting from 1 at the top; apply the error signal last."""
    product = np.eye(300)
    for jacobian in jacobians:
        product = product @ jacobian
    return signal @ product


def signal_first():
    """Let the error signal travel down."""
    down = signal
    for jacobian in jacobians:
        down = down @ jacobian
    return down


slow, fast = milliseconds(matrices_first), milliseconds(signal_first)
difference = np.abs(matrices_first() - signal_first()).max()
print("eight layers of 300 units, the same product in two orders:")
print(f"  matrices first {slow:6.2f} ms     signal first {fast:5.2f} ms     largest difference {difference:.0e}")
output = 1 / (1 + np.exp(-4.0))
print("output unit at z = 4 with target 0, half the squared error:")
print(f"  sigmoid (Korea University) δ = {output * output * (1 - output):.3f}     linear (Lepetit) δ = 4")
print("  with Jiang's cost, which is not halved, both are twice as large")

# %% [markdown]
# ## 6 · Your network learns to read
#
# All is ready. The data: scikit-learn's 1,797 digits of $8\times8$ pixels. The network: 64 inputs,
# hidden layers of 64 and 32 ReLU units, 10 logits. These are the 6,570 numbers of the title. The
# training: batches of 50, **your** `backprop_deep`, a step downhill with the learning rate 0.1, and
# 30 times through 1,200 digits; 597 stay aside for the test.


# %% demo=true
try:
    from sklearn.datasets import load_digits
except ImportError:
    pixels = None
    print("The figures with real digits need scikit-learn: pip install scikit-learn")
else:
    digits = load_digits()
    order = np.random.default_rng(0).permutation(1797)
    pixels, labels = digits.data[order] / 16, digits.target[order]  # (1797, 64) from 0 to 1, (1797,)
    x_train, y_train, x_test, y_test = pixels[:1200], labels[:1200], pixels[1200:], labels[1200:]
    print(f"{len(y_train)} digits to learn from, {len(y_test)} to test on")


def train(weights, biases, *, epochs=30, learning_rate=0.1, seed=1):
    """Descend in place; return the cost on training and test digits before the first epoch and after each."""
    rng, history = np.random.default_rng(seed), []
    for epoch in range(epochs + 1):
        history.append(
            [backprop_deep(*data, weights, biases, relu)[0] for data in ((x_train, y_train), (x_test, y_test))]
        )
        for x, y in batches(x_train, y_train, batch_size=50, rng=rng) if epoch < epochs else ():
            _, grad_weights, grad_biases = backprop_deep(x, y, weights, biases, relu)
            for values, gradients in ((weights, grad_weights), (biases, grad_biases)):
                for value, gradient in zip(values, gradients, strict=True):
                    value -= learning_rate * gradient
    return np.array(history)


def read(x, weights, biases):
    """Return the logits of a ReLU network. x: (n, 64) → (n, 10)."""
    h = x
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        h = np.maximum(h @ W + b, 0)
    return h @ weights[-1] + biases[-1]


trained = works and pixels is not None
if trained:
    weights, biases = new_network((64, 64, 32, 10), np.random.default_rng(1))
    begin = time.perf_counter()
    history = train(weights, biases)
    seconds = time.perf_counter() - begin
    right = np.mean(read(x_test, weights, biases).argmax(axis=1) == y_test)
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    for curve, name, colour in ((history[:, 1], "test", VERMILION), (history[:, 0], "training", BLUE)):
        axes.semilogy(curve, color=colour)
        place = {"xytext": (6, 0), "textcoords": "offset points", "va": "center"}
        axes.annotate(f"{name} {curve[-1]:.3f}", (30, curve[-1]), color=colour, **place)
    axes.axhline(np.log(10), color=GREY, linestyle=":", linewidth=1.5)
    axes.text(30, np.log(10) * 0.88, "guessing: log 10", color=GREY, ha="right", va="top")
    axes.set(title=f"Your back-propagation learns: {right:.1%} of the test digits right", xlabel="epoch")
    axes.set(ylabel="mean cross-entropy", xlim=(0, 36), xticks=[0, 5, 10, 15, 20, 25, 30])
    plt.show()
    print(f"{30 * 24} steps of all {sum(v.size for v in weights + biases):,} numbers in {seconds:.1f} s")

# %% [markdown]
# *The figure:* the cost on a logarithmic axis. Both curves fall steeply from above the dotted line of
# guessing, at first together. After some ten epochs they part: the training curve goes on falling, to
# 0.05, the test curve levels out near 0.1. The gap between them is *overfitting*, the subject of
# chapter 7. Every step of it was computed by your code.

# %% [markdown]
# ### What nudging would have cost
#
# The numbers in the table at the top, on your computer: one gradient for a batch of 50 digits, by
# your algorithm; and a run up, 6,571 times. (The cell runs it 200 times and multiplies.)

# %% demo=true
if trained and is_written(forward_pass, *np.zeros((2, 1, 1)), np.zeros(1), relu):
    batch = x_train[:50], y_train[:50]
    both = milliseconds(lambda: backprop_deep(*batch, weights, biases, relu), repeats=200)
    up = milliseconds(lambda: forward_pass(batch[0], weights, biases, relu), repeats=200)
    print(
        f"up {up:.2f} ms     up and down {both:.2f} ms, {both / up:.1f} times as much     nudging {6571 * up / 1e3:.1f} s"
    )

# %% [markdown]
# ### Which pixels were to blame?
#
# Why stop at the first layer? One more `dense_backward` carries $\delta_1$ down to the input:
#
# $$\frac{\partial J}{\partial x} = \delta_1 W_1^\top, \quad \text{shape } (1, 64):$$
#
# how much the cost would change with **each pixel**. For three test digits that your network reads
# wrongly, we draw it, and then move all pixels a little against it, until the network reads them
# right.


# %% demo=true
def blame_of_pixels(x, labels, weights, biases):
    """Carry the error signal of each example down to its pixels; return an array of the shape of x."""
    hs, slopes = forward_pass(x, weights, biases, relu)
    y = np.exp(hs[-1] - np.max(hs[-1], axis=1, keepdims=True))
    signal = y / y.sum(axis=1, keepdims=True) - np.eye(10)[labels]
    for layer in reversed(range(len(weights))):
        signal = dense_backward(hs[layer], weights[layer], signal)[0]
        if layer > 0:
            signal = signal * slopes[layer - 1]
    return signal


ready = trained and is_written(forward_pass, *np.zeros((2, 1, 1)), np.zeros(1), relu)
if ready and is_written(dense_backward, *np.zeros((3, 1, 1))):
    predicted = read(x_test, weights, biases).argmax(axis=1)
    wrong = np.flatnonzero(predicted != y_test)[:3]
    figure, panels = plt.subplots(3, len(wrong), figsize=(7, 7.2), layout="constrained", squeeze=False)
    for column, i in enumerate(wrong):
        x, label = x_test[i : i + 1], y_test[i : i + 1]
        blame = blame_of_pixels(x, label, weights, biases)
        size, moved = 0.0, x
        while read(moved, weights, biases).argmax() != label[0] and size < 1:
            size += 0.01
            moved = np.clip(x - size * blame / np.abs(blame).max(), 0, 1)
        reach = np.abs(blame).max()
        for row, (image, style) in enumerate(
            ((x, {"cmap": "gray_r", "vmin": 0, "vmax": 1}), (-blame, {"cmap": "PuOr", "vmin": -reach, "vmax": reach}))
        ):
            panels[row, column].imshow(image.reshape(8, 8), **style)
        panels[2, column].imshow(moved.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        panels[0, column].set_title(f"a {label[0]}, read as {predicted[i]}")
        panels[1, column].set_title("to blame")
        panels[2, column].set_title(f"moved by ≤ {size:.2f}: a {read(moved, weights, biases).argmax()}")
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[["top", "right"]].set_visible(True)
    for row, name in enumerate(("pixels", "violet: more ink helps\norange: less ink helps", "pixels, changed")):
        panels[row, 0].set_ylabel(name)
    plt.show()

# %% [markdown]
# *The figure:* one misread digit a column. At the top what the network saw; in the middle
# $-\partial J/\partial x$, violet where more ink would lower the cost, orange where less would; at the
# bottom the same digit, its pixels (white 0, black 1) changed by a few hundredths, now read correctly.
# The first is the 4 of the title, taken for a 1: it lacks ink where a 4 has its two arms.
#
# It works the other way round, too: a change that nobody sees makes a network misread a digit. That
# is an *adversarial example*; you will build some in chapter 7.

# %% [markdown]
# ## What to take along
#
# * On the way up save inputs and slopes; on the way down each layer needs only these and the $\delta$
#   from above.
# * Down through weights: $\delta W^\top$. Down through a bend: $\odot\, g'(z)$. A weight's derivative:
#   lower end times upper end, added over the batch.
# * Apply Jacobians, do not build them; let the error signal travel, not matrices.
# * Up and down cost about three runs up, however many weights there are. Check once, by nudging.
#
# What remains a nuisance: we derived every step by hand, and for a new kind of layer we would have to
# begin again. In notebook 7 a program does it for any program.

# %% [markdown]
# ## Go further
#
# Ungraded, and open: **what does the way up have to keep?** A network with 1,000 layers keeps 1,000
# arrays $h_l$ in memory, only for the way down. Keep every 30th instead, and compute the others again
# when they are needed. What does that cost in time, what does it save, and why is 30 a good choice
# for 1,000? Write it, with your two functions. (It is called *checkpointing*, and very large networks
# are trained with it.)

# %% [markdown]
# *Sources:* Goodfellow, Bengio and Courville, *Deep Learning*, sections 6.5.1–6.5.4, 6.5.7 and 11.5,
# and notes on it; V. Lepetit, *Optimization for Deep Learning* (2021), equations 13–47; H. Jiang,
# *Machine Learning Fundamentals*, chapter 8 (2020), "Automatic Differentiation (I)–(IV)" and "Error
# Backpropagation Example"; University of Pennsylvania, CIS 4190/5190, lecture 12 (2022),
# "Backpropagation Algorithm"; Korea University, *Neural Network Optimization*, "Backpropagation:
# Computing Gradients" and "Network Training: Multi-Layer". Data: the digits shipped with
# scikit-learn.
