# %% [markdown]
# # 6.4 Can one layer draw every curve?
#
# Walk thirty kilometres from west to east across the Cumberland Mountains of Tennessee, and note
# your height every 74 metres: 403 numbers between 250 m and 1031 m, and no formula behind them.
#
# A famous theorem promises that a network with **one** hidden layer can draw this line, and any
# other, as exactly as you please. It says nothing about the price. So:
#
# **How many hidden units does it take to be within 10 m? And would training find them?**

# %%
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import cbook
from matplotlib.colors import ListedColormap

from grading.checks import assert_allclose, assert_inputs_unchanged, assert_shape, assert_vectorized, report
from mlcore import Tensor, functions
from mlcore.optimizers import Adam

BLUE, VERMILION, GREEN, ORANGE, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#595959"
plt.rcParams.update({"font.size": 12, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})
plt.rcParams.update({"lines.linewidth": 2})

with cbook.get_sample_data("jacksboro_fault_dem.npz") as terrain:  # comes with Matplotlib
    heights = terrain["elevation"][300].astype(float)  # metres above the sea, shape (403,)
    degree = 111.2 * np.cos(np.radians(36.5))  # kilometres in a degree of longitude, at this latitude
    way = np.arange(403) * float(terrain["dx"]) * degree  # kilometres from the start, shape (403,)


def sigmoid(z):
    """Return 1 / (1 + exp(-z)) for each entry of z (any shape)."""
    return 0.5 * (1 + np.tanh(0.5 * z))


def relu(z):
    """Return max(0, z) for each entry of z (any shape)."""
    return np.maximum(0.0, z)


def network(x, W, c, w, b, activation):
    """Return the outputs, shape (n,), of a network with one input and one hidden layer at the places x, shape (n,)."""
    return activation(x[:, None] @ W + c) @ w + b


def is_written(exercise, *arguments):
    """Try an exercise. While it is still a stub, say so and return False, so that a figure can wait for it."""
    try:
        exercise(*arguments)
    except NotImplementedError:
        print(f"This cell waits for your `{exercise.__name__}`. Write it above, then run this cell again.")
        return False
    return True


# %% demo=true
figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
axes.fill_between(way, heights, color="0.88", linewidth=0)
axes.plot(way, heights, color="0.25")
axes.set(
    title="403 heights. How many hidden units to draw them?", ylabel="height (m)", xlabel="way from west to east (km)"
)
axes.set(xlim=(0, way[-1]), ylim=(0, 1150), yticks=[0, 500, 1000])
plt.show()

# %% [markdown]
# *The figure:* a jagged mountain profile. Two ridges of about 1000 m stand in the middle, a lone
# peak at the start, and after kilometre 20 a low, rough plain.
#
# **What you will build**
#
# 1. a network of sigmoids, weights and all, that draws any curve out of *bumps*, without training;
# 2. a network of ReLUs that does it with straight pieces, and the law by which its error falls;
# 3. a counter of straight pieces, which shows what *depth* can do that width cannot.
#
# It takes 45 minutes.

# %% [markdown]
# ## 1 · A bump is a step up and a step down
#
# All networks here have one input $x$, a number, and $M$ hidden units:
#
# $$f(x) = g(xW + \boldsymbol c)\cdot \boldsymbol w + b,$$
#
# with $W$ of shape (1, M), $\boldsymbol c$ and $\boldsymbol w$ of shape (M,), and $b$ a number.
# This is `network` in the cell above.
#
# A sigmoid $\sigma(k\,(x - e))$ climbs from 0 to 1 around the *edge* $e$. The larger the
# *steepness* $k$, the more it looks like a step; it is done within about $4/k$ to either side. A
# step up at $l$ less a step up at $r > l$ is a bump of height 1 between them:
#
# $$\sigma(k\,(x-l)) - \sigma(k\,(x-r)).$$

# %% demo=true
x = np.linspace(0, 3, 401)
figure, panels = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained", sharey=True)
for axes, k in zip(panels, (5, 40), strict=True):
    up, down = sigmoid(k * (x - 1)), -sigmoid(k * (x - 2))
    axes.fill_between(x, up + down, color=ORANGE, alpha=0.35, linewidth=0)
    axes.plot(x, up, color=BLUE, linestyle="--", linewidth=1.8)
    axes.plot(x, down, color=VERMILION, linestyle="--", linewidth=1.8)
    axes.plot(x, up + down, color="black")
    axes.set(title=f"steepness k = {k}", xlabel="$x$", xticks=[0, 1, 2, 3], yticks=[-1, 0, 1], ylim=(-1.25, 1.3))
panels[0].set_ylabel("output")
panels[1].text(3.0, 1.08, "+σ(k(x − 1))", color=BLUE, ha="right")
panels[1].text(0.0, -0.9, "−σ(k(x − 2))", color=VERMILION)
panels[1].text(1.5, 0.45, "sum", ha="center")
plt.show()

# %% [markdown]
# *The figure:* dashed, one unit that steps up at 1 and one with a negative output weight that steps
# down at 2. Their sum (black) is a bump. With $k=5$ it is a soft hill that does not even reach 1;
# with $k=40$ it is almost a box.

# %% [markdown]
# ### A row of bumps is a curve
#
# A curve is almost a row of boxes: cut the axis into short intervals, and give each interval a bump
# as high as the curve is there. That is the whole proof, for one input. If the curve changes by at
# most $L$ in a unit of $x$ and the intervals have length $\Delta$, a box whose height is right in
# its middle is wrong by at most $\tfrac12 L\Delta$ (for steep enough steps). Want half the error?
# Take twice the units.

# %% [markdown]
# ### Exercise 1: `bump_network`
#
# *In:* `edges` (m+1,), increasing; `levels` (m,), the height of the bump from each edge to the
# next; the steepness $k$. *Out:* `W` (1, M), `c` (M,), `w` (M,) and `b` of a
# sigmoid network that is the sum of these m bumps. How many units $M$ you take is up to you.
#
# *By hand,* one bump of height 3 from 1 to 2, $k = 20$:
#
# $$W = [\,[20,\ 20]\,],\quad \boldsymbol c = [-20,\ -40],\quad \boldsymbol w = [3,\ -3],\quad b = 0,$$
#
# since $20\,(x-1) = 20x - 20$. In the middle $f(1.5) = 3\,\sigma(10) - 3\,\sigma(-10) = 2.9997$.
#
# No loop over bumps. (Neighbours share an edge: what do two steps at one place add up to?)


# %% exercise="bump_network" points=4
def bump_network(edges, levels, steepness):
    """Return the parameters of a network of sigmoids that is a sum of bumps, side by side.

    Bump i is ``levels[i] * (sigmoid(k * (x - edges[i])) - sigmoid(k * (x - edges[i + 1])))``.

    Parameters
    ----------
    edges : array, shape (m + 1,)
        Increasing.
    levels : array, shape (m,)
        The heights of the bumps.
    steepness : float
        The k of every sigmoid.

    Returns
    -------
    W : array, shape (1, M)
    c : array, shape (M,)
    w : array, shape (M,)
    b : float
    """
    ### BEGIN SOLUTION
    W = np.full((1, len(edges)), steepness)
    c = -steepness * edges
    w = np.diff(levels, prepend=0, append=0)
    return W, c, w, 0.0
    ### END SOLUTION


# %% check="bump_network"
def test_one_bump():
    "The worked example: one bump of height 3. What is k(x − e), multiplied out?"
    W, c, w, b = bump_network(np.array([1.0, 2.0]), np.array([3.0]), 20.0)
    outputs = network(np.array([0.8, 1.0, 1.5, 2.0, 2.2]), W, c, w, b, sigmoid)
    assert_allclose(outputs, [0.0539586, 1.5, 2.9997276, 1.5, 0.0539586], rtol=1e-5)


def test_two_bumps():
    "A bump of 2 from 0 to 1, then one of 5 from 1 to 3. At x = 1 both are at half their height: what is their sum?"
    W, c, w, b = bump_network(np.array([0.0, 1.0, 3.0]), np.array([2.0, 5.0]), 10.0)
    outputs = network(np.array([0.5, 1.0, 2.0]), W, c, w, b, sigmoid)
    assert_allclose(outputs, [2.0066929, 3.4999092, 4.9996368], rtol=1e-5)


def test_nothing_outside():
    "Left of all bumps and right of them the network must be 0. Does every step up have its step down?"
    W, c, w, b = bump_network(np.array([0.0, 1.0, 3.0]), np.array([2.0, 5.0]), 10.0)
    assert_allclose(network(np.array([-9.0, 12.0]), W, c, w, b, sigmoid), [0.0, 0.0], atol=1e-9)


def test_shapes():
    "Is W a matrix with one row, and has every unit its entry in c and in w?"
    W, c, w, b = bump_network(np.array([0.0, 1.0, 2.0, 4.0]), np.array([2.0, 5.0, 1.0]), 10.0)
    units = np.size(w)
    assert_shape(W, (1, units))
    assert_shape(c, (units,))
    assert_shape(w, (units,))
    assert_shape(b, ())


### BEGIN HIDDEN TESTS
def test_random_bumps(rng, reference):
    "Does it hold for any edges, any number of bumps and any steepness?"
    for m, k in ((1, 0.5), (4, 6.0), (9, 80.0)):
        edges, levels = np.sort(rng.uniform(-5, 5, size=m + 1)), rng.normal(size=m)
        x = rng.uniform(-6, 6, size=40)
        expected = network(x, *reference.bump_network(edges, levels, k), sigmoid)
        assert_allclose(network(x, *bump_network(edges, levels, k), sigmoid), expected, rtol=1e-5, atol=1e-7)


def test_soft_bumps_are_bumps_of_the_formula(rng):
    "With a small k the bumps overlap. Is your network still the sum in the docstring?"
    edges, levels, x = np.array([-1.0, 0.5, 1.0]), rng.normal(size=2), np.linspace(-4, 4, 17)
    bumps = sigmoid(1.5 * (x[:, None] - edges[:-1])) - sigmoid(1.5 * (x[:, None] - edges[1:]))
    actual = network(x, *bump_network(edges, levels, 1.5), sigmoid)
    assert_allclose(actual, bumps @ levels, rtol=1e-5, atol=1e-7)


def test_whole_numbers(rng):
    "Edges, levels and k may be whole numbers, too."
    x = rng.uniform(-2, 6, size=20)
    whole = bump_network(np.array([0, 1, 4]), np.array([3, -2]), 5)
    decimal = sigmoid(5 * (x[:, None] - [0, 1, 4])) @ [3.0, -5.0, 2.0]
    assert_allclose(network(x, *whole, sigmoid), decimal, rtol=1e-5, atol=1e-7)


def test_no_loop_over_bumps(rng):
    "Can one expression make all units at once?"
    edges = np.sort(rng.uniform(size=301))
    levels = rng.normal(size=300)
    assert_vectorized(bump_network, (edges[:6], levels[:5], 9.0), (edges, levels, 9.0))


def test_inputs_stay_as_they_are(rng):
    "Does the call leave edges and levels alone?"
    assert_inputs_unchanged(bump_network, np.sort(rng.normal(size=6)), rng.normal(size=5), 9.0)


### END HIDDEN TESTS


# %% mistake="bump_network" hint="Where does the unit with W = k and c = −e reach one half: at e, or somewhere else?"
def bump_network(edges, levels, steepness):
    return np.full((1, len(edges)), steepness), -edges, np.diff(levels, prepend=0, append=0), 0.0


# %% mistake="bump_network" hint="Your bumps stand on the other side of zero. Which sign has c when the edge is at +2?"
def bump_network(edges, levels, steepness):
    return np.full((1, len(edges)), steepness), steepness * edges, np.diff(levels, prepend=0, append=0), 0.0


# %% mistake="bump_network" hint="Your network climbs and never comes down: each level is added to those before. What ends a bump?"
def bump_network(edges, levels, steepness):
    left = edges[:-1]
    return np.full((1, len(left)), steepness), -steepness * left, levels * 1.0, 0.0


# %% mistake="bump_network" hint="All is well up to the last edge. What must happen there?"
def bump_network(edges, levels, steepness):
    left = edges[:-1]
    return np.full((1, len(left)), steepness), -steepness * left, np.diff(levels, prepend=0), 0.0


# %% mistake="bump_network" hint="Both steps of your bump go up. Which output weight must the second one have?"
def bump_network(edges, levels, steepness):
    all_edges = np.concatenate([edges[:-1], edges[1:]])
    w = np.concatenate([levels, levels])
    return np.full((1, len(w)), steepness), -steepness * all_edges, w, 0.0


# %% mistake="bump_network" hint="Your bumps are holes. Which of the two steps comes with the minus sign?"
def bump_network(edges, levels, steepness):
    w = -np.diff(levels, prepend=0, append=0)
    return np.full((1, len(edges)), steepness), -steepness * edges, w, 0.0


# %% mistake="bump_network" hint="Your values are those that a network needs, but W is a row of units for *one input*: which shape makes x[:, None] @ W work?"
def bump_network(edges, levels, steepness):
    w = np.diff(levels, prepend=0, append=0)
    return np.full(len(edges), steepness), -steepness * edges, w, 0.0


# %% mistake="bump_network" hint="Instead of starting with a step up to the first level you lifted everything by b. What does the network give far to the left?"
def bump_network(edges, levels, steepness):
    rest = edges[1:]
    w = np.diff(levels, append=0)
    return np.full((1, len(rest)), steepness), -steepness * rest, w, float(levels[0])


# %% mistake="bump_network" hint="One sigmoid at the middle of each interval makes a staircase. How many steps does a bump consist of, and where are they?"
def bump_network(edges, levels, steepness):
    middles = (edges[:-1] + edges[1:]) / 2
    return np.full((1, len(middles)), steepness), -steepness * middles, np.diff(levels, prepend=0), 0.0


# %% mistake="bump_network" hint="Your numbers are right. Can you write the biases of all units as one array expression?"
def bump_network(edges, levels, steepness):
    c, w = [], []
    for i in range(len(levels)):
        c += [-steepness * edges[i], -steepness * edges[i + 1]]
        w += [levels[i], -levels[i]]
    return np.full((1, len(w)), steepness), np.array(c), np.array(w), 0.0


# %% alternative="bump_network"
def bump_network(edges, levels, steepness):
    places = np.concatenate([edges[:-1], edges[1:]])
    w = np.concatenate([levels, -levels])
    return steepness * np.ones((1, w.size)), -steepness * places, w, 0.0


# %% alternative="bump_network"
def bump_network(edges, levels, steepness):
    w = np.zeros(len(edges))
    w[:-1] = levels
    w[1:] -= levels
    k = float(steepness)
    return np.tile(k, (1, len(edges))), np.multiply(edges, -k), w, 0


# %% [markdown]
# ### The mountains, out of boxes
#
# Each bump is as high as the ground is on average between its edges. Look at the weights: nothing
# was trained. You wrote them down.


# %%
def box_levels(x, y, edges):
    """Return the mean of y between each edge and the next, shape (m,), for x (n,), y (n,), edges (m + 1,)."""
    box = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2)
    return np.bincount(box, weights=y, minlength=len(edges) - 1) / np.bincount(box, minlength=len(edges) - 1)


# %% demo=true
if is_written(bump_network, np.arange(3.0), np.ones(2), 1.0):
    fine = np.linspace(-1, 31, 1601)
    figure, panels = plt.subplots(2, 1, figsize=(8, 5), layout="constrained", sharex=True, sharey=True)
    for axes, bumps in zip(panels, (15, 60), strict=True):
        edges = np.linspace(-0.1, 30.1, bumps + 1)
        levels = box_levels(way, heights, edges)
        for i in range(bumps):
            one = network(fine, *bump_network(edges[i : i + 2], levels[i : i + 1], 100.0), sigmoid)
            axes.fill_between(fine, one, color=(BLUE, ORANGE)[i % 2], alpha=0.45, linewidth=0)
        W, c, w, b = bump_network(edges, levels, 100.0)
        error = np.sqrt(np.mean((network(way, W, c, w, b, sigmoid) - heights) ** 2))
        axes.plot(way, heights, color="0.2", linewidth=1.3)
        axes.set(title=f"{bumps} bumps, {len(w)} hidden units: wrong by {error:.0f} m", ylabel="height (m)")
        axes.set(xlim=(-0.6, 30.6), ylim=(0, 1150), yticks=[0, 500, 1000])
    panels[1].set_xlabel("way from west to east (km)")
    plt.show()

# %% [markdown]
# *The figure:* the profile (black) over your bumps, coloured in turn. With 15 bumps the ridges are
# crude blocks; with 60 the blocks follow every valley. "Wrong by" is the root of the mean squared
# error, here and below.

# %% [markdown]
# ### What the theorem says, and what it costs
#
# > A network with a linear output and one hidden layer of *squashing* units (the sigmoid is one)
# > comes as close as we like to any continuous function on a closed and bounded set, **if it has
# > enough hidden units**. (*Deep Learning* 6.4.1; Jiang, "Universal Approximator", theorem 1)
#
# Where the sources put it differently is told at the end.

# %% [markdown]
# ### "Enough" is the catch
#
# For one input, ten intervals need ten bumps. For two inputs they make
# $10 \times 10$ boxes, for $d$ inputs $10^d$. A digit of $8\times8$ pixels has $d = 64$: more boxes
# than there are atoms in the sun.
#
# In the worst case a single layer needs about one unit for each
# configuration of the inputs. To be practical, a network must use what the curve *has in common*
# from place to place. A network with straight pieces is a first step, depth is the second.

# %% [markdown]
# ## 2 · A ReLU adds a bend
#
# With $g(z) = \max(0, z)$ and all first weights equal to 1, the network is
#
# $$f(x) = b + \sum_{j=0}^{m-1} w_j\, \max(0,\; x - t_j).$$
#
# Unit $j$ is silent up to its *kink* $t_j$ (so $c_j = -t_j$), and beyond adds a straight line of
# slope $w_j$. So $f$ is a polygon: straight between kinks, and at $t_j$ its slope changes by
# exactly $w_j$.
#
# For instance $1 - \max(0, x+1) + 2\max(0, x)$, with kinks at $-1$ and $0$, goes down with slope
# $-1$ up to $x=0$ and from there up with slope $-1 + 2 = 1$. It is $|x|$ on $[-1, 1]$, exactly.

# %% [markdown]
# ### Straight pieces by least squares
#
# Put $m$ kinks at equal distances, the first at the left end of the data:
#
# $$t_j = x_{\min} + \frac{j}{m}\,(x_{\max} - x_{\min}), \qquad j = 0, \dots, m-1.$$
#
# The hidden layer then gives fixed features $H$, shape (n, m), and what remains is your first
# exercise of notebook 1: the best output weights $\boldsymbol w$ and bias $b$ in
# $H\boldsymbol w + b \approx \boldsymbol y$, by least squares. (This time `np.linalg.lstsq` is
# allowed: the call `np.linalg.lstsq(A, y)[0]` returns the $\boldsymbol\theta$ with the least
# $\lVert A\boldsymbol\theta - \boldsymbol y\rVert$.)

# %% [markdown]
# ### Exercise 2: `fit_function_by_width`
#
# *Two functions.* `fit_relu_network(x, y, width)` takes `x` (n,), in any order, and `y` (n,), and
# returns `W` (1, width), all ones, `c` (width,), `w` (width,) and `b` as described above.
# `fit_function_by_width(x, y, widths)` fits once for each width and returns the root of the mean
# squared error of each fit, shape `(len(widths),)`.
#
# *By hand,* $x = (-1, 0, 1)$ and $y = (1, 0, 1)$. Width 1 has its kink at $-1$, where the data
# begin: a straight line. The best is level, $f = \tfrac23$, with errors $-\tfrac13, \tfrac23,
# -\tfrac13$. Their mean square is $\tfrac13\cdot\tfrac69 = \tfrac29$, and
# $\sqrt{2/9} = 0.471$. Width 2 has kinks at $-1$ and $0$ and draws $|x|$: error 0.


# %% exercise="fit_function_by_width" points=5
def fit_relu_network(x, y, width):
    """Fit a ReLU network with evenly spaced kinks by least squares.

    Parameters
    ----------
    x : array, shape (n,)
        The places, in any order.
    y : array, shape (n,)
        The values there.
    width : int
        The number of hidden units, m. Kink j is at ``min(x) + j / m * (max(x) - min(x))``, j = 0, …, m - 1.

    Returns
    -------
    W : array, shape (1, m)
        Ones.
    c : array, shape (m,)
    w : array, shape (m,)
    b : float
    """
    ### BEGIN SOLUTION
    kinks = x.min() + np.arange(width) / width * (x.max() - x.min())
    W, c = np.ones((1, width)), -kinks
    features = relu(x[:, None] @ W + c)
    theta = np.linalg.lstsq(np.column_stack([features, np.ones(len(x))]), y)[0]
    return W, c, theta[:-1], theta[-1]
    ### END SOLUTION


def fit_function_by_width(x, y, widths):
    """Return how wrong the fitted networks of several widths are.

    Parameters
    ----------
    x, y : arrays, shape (n,)
    widths : sequence of k ints

    Returns
    -------
    array, shape (k,)
        The root of the mean squared error of each fit.
    """
    ### BEGIN SOLUTION
    errors = []
    for width in widths:
        outputs = network(x, *fit_relu_network(x, y, width), relu)
        errors.append(np.sqrt(np.mean((outputs - y) ** 2)))
    return np.array(errors)
    ### END SOLUTION


# %% check="fit_function_by_width"
def test_kinks_and_shapes():
    "Four kinks on data from 2 to 10: the first at 2, and the next? Which c puts a kink at t?"
    x = np.linspace(2.0, 10.0, 33)
    W, c, w, b = fit_relu_network(x, np.sin(x), 4)
    assert_allclose(W, np.ones((1, 4)))
    assert_allclose(c, [-2.0, -4.0, -6.0, -8.0])
    assert_shape(w, (4,))
    assert_shape(b, ())


def test_the_absolute_value():
    "Width 2 draws |x| exactly: start with slope −1, and by how much does the slope change at 0?"
    x = np.linspace(-1.0, 1.0, 21)
    _, _, w, b = fit_relu_network(x, np.abs(x), 2)
    assert_allclose(w, [-1.0, 2.0], rtol=1e-6)
    assert_allclose(b, 1.0, rtol=1e-6)


def test_errors_by_hand():
    "The worked example: 0.471 for width 1, and 0 for width 2. Square, mean, root: which of them is missing?"
    errors = fit_function_by_width(np.array([-1.0, 0.0, 1.0]), np.array([1.0, 0.0, 1.0]), [1, 2])
    assert_allclose(errors, [np.sqrt(2 / 9), 0.0], atol=1e-7)


def test_twice_the_width_is_a_quarter_of_the_error():
    "On a smooth curve each doubling of the width should divide the error by about 4. Do all your kinks take part?"
    x = np.linspace(0.0, 1.0, 201)
    errors = fit_function_by_width(x, np.sin(6 * x), [4, 8, 16])
    assert_shape(errors, (3,))
    assert_allclose(np.asarray(errors[:2]) / np.asarray(errors[1:]), [4.0, 4.0], rtol=0.15)


### BEGIN HIDDEN TESTS
def test_random_data(rng, reference):
    "On data with noise, in any order: is yours the polygon with the least squared error?"
    x = rng.permutation(np.linspace(-3.0, 5.0, 80) + rng.uniform(-0.04, 0.04, size=80))
    y, elsewhere = rng.normal(size=80) + 3, rng.uniform(-2.9, 4.9, size=30)
    for width in (1, 3, 7):
        expected = network(elsewhere, *reference.fit_relu_network(x, y, width), relu)
        actual = network(elsewhere, *fit_relu_network(x, y, width), relu)
        assert_allclose(actual, expected, rtol=1e-5, atol=1e-7)


def test_random_errors(rng, reference):
    "Are the errors right for any data and any list of widths, in the order of the list?"
    x = rng.permutation(np.linspace(10.0, 13.0, 60))
    y = 5 * rng.normal(size=60)
    widths = [6, 1, 9, 3]
    expected = reference.fit_function_by_width(x, y, widths)
    assert_allclose(fit_function_by_width(x, y, widths), expected, rtol=1e-5)


def test_a_polygon_is_found_again(rng):
    "If the data are a polygon with your kinks, the fit must find its slopes. Does it?"
    x, slopes, height = np.linspace(-4.0, 4.0, 49), rng.uniform(0.5, 2.0, size=5), float(rng.normal())
    y = relu(x[:, None] - (-4.0 + 1.6 * np.arange(5))) @ slopes + height
    _, _, w, b = fit_relu_network(rng.permutation(np.stack([x, y]), axis=1)[0], np.zeros(49), 5)
    assert_allclose(w, np.zeros(5), atol=1e-7)
    _, _, w, b = fit_relu_network(x, y, 5)
    assert_allclose(w, slopes, rtol=1e-6)
    assert_allclose(b, height, rtol=1e-6, atol=1e-7)


def test_no_loop_over_examples(rng):
    "Can one expression give the features of all examples?"
    x, y = np.linspace(0.0, 1.0, 300), rng.normal(size=300)
    assert_vectorized(fit_relu_network, (x[:12], y[:12], 3), (x, y, 3))


def test_data_stay_as_they_are(rng):
    "Does the call leave x and y alone (and their order)?"
    assert_inputs_unchanged(fit_relu_network, rng.normal(size=30), rng.normal(size=30), 4)
    assert_inputs_unchanged(fit_function_by_width, rng.normal(size=30), rng.normal(size=30), [1, 2])


### END HIDDEN TESTS


# %% mistake="fit_function_by_width" hint="What is your network at the first kink, where every unit is silent? Which column of the features lets it start higher?"
def fit_relu_network(x, y, width):
    kinks = x.min() + np.arange(width) / width * (x.max() - x.min())
    features = relu(x[:, None] - kinks)
    return np.ones((1, width)), -kinks, np.linalg.lstsq(features, y)[0], 0.0


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.sqrt(np.mean((np.array(outputs) - y) ** 2, axis=1))


# %% mistake="fit_function_by_width" hint="Your last kink lies at the right end of the data. On how many examples does that unit respond?"
def fit_relu_network(x, y, width):
    kinks = np.linspace(x.min(), x.max(), width)
    features = np.column_stack([relu(x[:, None] - kinks), np.ones(len(x))])
    theta = np.linalg.lstsq(features, y)[0]
    return np.ones((1, width)), -kinks, theta[:-1], theta[-1]


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.sqrt(np.mean((np.array(outputs) - y) ** 2, axis=1))


# %% mistake="fit_function_by_width" hint="All your kinks lie inside the data. Which slope can the network have left of the first one?"
def fit_relu_network(x, y, width):
    kinks = np.linspace(x.min(), x.max(), width + 2)[1:-1]
    features = np.column_stack([relu(x[:, None] - kinks), np.ones(len(x))])
    theta = np.linalg.lstsq(features, y)[0]
    return np.ones((1, width)), -kinks, theta[:-1], theta[-1]


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.sqrt(np.mean((np.array(outputs) - y) ** 2, axis=1))


# %% mistake="fit_function_by_width" hint="Where is x + c zero: at c or at −c?"
def fit_relu_network(x, y, width):
    kinks = x.min() + np.arange(width) / width * (x.max() - x.min())
    features = np.column_stack([relu(x[:, None] + kinks), np.ones(len(x))])
    theta = np.linalg.lstsq(features, y)[0]
    return np.ones((1, width)), kinks, theta[:-1], theta[-1]


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.sqrt(np.mean((np.array(outputs) - y) ** 2, axis=1))


# %% mistake="fit_function_by_width" hint="However many units you take, your features are all straight lines. Which step bends them?"
def fit_relu_network(x, y, width):
    kinks = x.min() + np.arange(width) / width * (x.max() - x.min())
    features = np.column_stack([x[:, None] - kinks, np.ones(len(x))])
    theta = np.linalg.lstsq(features, y)[0]
    return np.ones((1, width)), -kinks, theta[:-1], theta[-1]


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.sqrt(np.mean((np.array(outputs) - y) ** 2, axis=1))


# %% mistake="fit_function_by_width" hint="Your kinks are right for data from 0 to 1. Where do they lie for data from 2 to 10?"
def fit_relu_network(x, y, width):
    kinks = np.arange(width) / width
    features = np.column_stack([relu(x[:, None] - kinks), np.ones(len(x))])
    theta = np.linalg.lstsq(features, y)[0]
    return np.ones((1, width)), -kinks, theta[:-1], theta[-1]


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.sqrt(np.mean((np.array(outputs) - y) ** 2, axis=1))


# %% mistake="fit_function_by_width" hint="You take the first and the last example for the ends. Is x always sorted?"
def fit_relu_network(x, y, width):
    kinks = x[0] + np.arange(width) / width * (x[-1] - x[0])
    features = np.column_stack([relu(x[:, None] - kinks), np.ones(len(x))])
    theta = np.linalg.lstsq(features, y)[0]
    return np.ones((1, width)), -kinks, theta[:-1], theta[-1]


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.sqrt(np.mean((np.array(outputs) - y) ** 2, axis=1))


# %% mistake="fit_function_by_width" hint="Your polygon goes through the data at its corners. Does it also have the least squared error in between?"
def fit_relu_network(x, y, width):
    corners = np.linspace(x.min(), x.max(), width + 1)
    order = np.argsort(x)
    values = np.interp(corners, x[order], y[order])
    slopes = np.diff(values) / np.diff(corners)
    return np.ones((1, width)), -corners[:-1], np.diff(slopes, prepend=0), values[0]


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.sqrt(np.mean((np.array(outputs) - y) ** 2, axis=1))


# %% mistake="fit_function_by_width" hint="You chose b first and the weights afterwards. Would the best b stay the same if all were free at once?"
def fit_relu_network(x, y, width):
    kinks = x.min() + np.arange(width) / width * (x.max() - x.min())
    features = relu(x[:, None] - kinks)
    b = np.mean(y)
    return np.ones((1, width)), -kinks, np.linalg.lstsq(features, y - b)[0], b


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.sqrt(np.mean((np.array(outputs) - y) ** 2, axis=1))


# %% mistake="fit_function_by_width" hint="Your errors are squares: in square metres, if y is in metres. Which step brings metres back?"
def fit_relu_network(x, y, width):
    kinks = x.min() + np.arange(width) / width * (x.max() - x.min())
    features = np.column_stack([relu(x[:, None] - kinks), np.ones(len(x))])
    theta = np.linalg.lstsq(features, y)[0]
    return np.ones((1, width)), -kinks, theta[:-1], theta[-1]


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.mean((np.array(outputs) - y) ** 2, axis=1)


# %% mistake="fit_function_by_width" hint="A norm adds the squares up. By what do you divide before the root, so that more examples do not mean more error?"
def fit_relu_network(x, y, width):
    kinks = x.min() + np.arange(width) / width * (x.max() - x.min())
    features = np.column_stack([relu(x[:, None] - kinks), np.ones(len(x))])
    theta = np.linalg.lstsq(features, y)[0]
    return np.ones((1, width)), -kinks, theta[:-1], theta[-1]


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.linalg.norm(np.array(outputs) - y, axis=1)


# %% mistake="fit_function_by_width" hint="You took the mean of the sizes of the errors. What comes first here, the square or the mean?"
def fit_relu_network(x, y, width):
    kinks = x.min() + np.arange(width) / width * (x.max() - x.min())
    features = np.column_stack([relu(x[:, None] - kinks), np.ones(len(x))])
    theta = np.linalg.lstsq(features, y)[0]
    return np.ones((1, width)), -kinks, theta[:-1], theta[-1]


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.mean(np.abs(np.array(outputs) - y), axis=1)


# %% mistake="fit_function_by_width" hint="Your numbers are right. What does NumPy make of x[:, None] − kinks, an (n, 1) array and an (m,) array?"
def fit_relu_network(x, y, width):
    kinks = x.min() + np.arange(width) / width * (x.max() - x.min())
    rows = []
    for place in x:
        rows.append([max(0.0, place - t) for t in kinks] + [1.0])
    theta = np.linalg.lstsq(np.array(rows), y)[0]
    return np.ones((1, width)), -kinks, theta[:-1], theta[-1]


def fit_function_by_width(x, y, widths):
    outputs = [network(x, *fit_relu_network(x, y, m), relu) for m in widths]
    return np.sqrt(np.mean((np.array(outputs) - y) ** 2, axis=1))


# %% alternative="fit_function_by_width"
def fit_relu_network(x, y, width):
    kinks = np.linspace(np.min(x), np.max(x), width, endpoint=False)
    h = np.clip(np.subtract.outer(x, kinks), 0, None)
    mean_h, mean_y = h.mean(axis=0), y.mean()
    w = np.linalg.pinv(h - mean_h) @ (y - mean_y)
    return np.ones((1, width)), -kinks, w, mean_y - mean_h @ w


def fit_function_by_width(x, y, widths):
    errors = np.zeros(len(widths))
    for i, m in enumerate(widths):
        _, c, w, b = fit_relu_network(x, y, m)
        residual = np.maximum(np.add.outer(x, c), 0) @ w + b - y
        errors[i] = np.sqrt(residual @ residual / len(x))
    return errors


# %% alternative="fit_function_by_width"
def fit_relu_network(x, y, width):
    kinks = np.linspace(x.min(), x.max(), width + 1)[:-1]
    a = np.c_[np.ones_like(x), (x[:, None] > kinks) * (x[:, None] - kinks)]
    theta = np.linalg.solve(a.T @ a, a.T @ y)
    return np.ones((1, width)), -kinks, theta[1:], float(theta[0])


def fit_function_by_width(x, y, widths):
    return [float(np.mean((network(x, *fit_relu_network(x, y, m), relu) - y) ** 2)) ** 0.5 for m in widths]


# %% demo=true
def draw_fit(axes, width):
    """Draw the profile and your polygon of this width; dots mark the kinks."""
    W, c, w, b = fit_relu_network(way, heights, width)
    error = np.sqrt(np.mean((network(way, W, c, w, b, relu) - heights) ** 2))
    corners = np.append(-c, way[-1])
    axes.fill_between(way, heights, color="0.88", linewidth=0)
    axes.plot(way, heights, color="0.45", linewidth=1.2)
    axes.plot(corners, network(corners, W, c, w, b, relu), "o-", color=VERMILION, markersize=4, linewidth=1.8)
    axes.set(title=f"{width} hidden units: wrong by {error:.0f} m", ylabel="height (m)")
    axes.set(xlim=(-0.3, 30.2), ylim=(0, 1200), yticks=[0, 500, 1000])


if is_written(fit_relu_network, way, heights, 1):
    figure, panels = plt.subplots(2, 1, figsize=(8, 5), layout="constrained", sharex=True)
    for axes, width in zip(panels, (16, 61), strict=True):
        draw_fit(axes, width)
    panels[1].set_xlabel("way from west to east (km)")
    plt.show()

# %% [markdown]
# *The figure:* the profile (grey) and your polygon (orange-red, a dot at each kink), with as many
# units as the bumps had. Sixteen straight pieces cut off most summits; sixty-one follow all but the
# smallest ones, and miss less than the boxes did.
#
# The next cell has a slider for the width, where `ipywidgets` is installed.


# %% demo=true
def show_width(width=32):
    """Draw your polygon of one width."""
    _, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
    draw_fit(axes, width)
    axes.set_xlabel("way from west to east (km)")
    plt.show()


if is_written(fit_relu_network, way, heights, 1):
    try:
        from ipywidgets import IntSlider, interact
    except ImportError:
        show_width()  # try other numbers here: show_width(100)
    else:
        interact(show_width, width=IntSlider(value=32, min=1, max=128, continuous_update=False))

# %% [markdown]
# ### How fast does the error fall?
#
# A box is level, so it misses a slope: its error shrinks like its length, $1/m$. A straight piece
# follows the slope and misses only the *curvature*: the error shrinks like $1/m^2$. On doubly
# logarithmic axes $\text{error} = C\,m^{-p}$ is a straight line of slope $-p$, so a picture can
# tell the power. As a smooth curve we take one wave of a sine. And the mountains? Guess first.

# %% demo=true
widths = 2 ** np.arange(1, 8)
written = is_written(bump_network, np.arange(3.0), np.ones(2), 1.0)
if is_written(fit_function_by_width, way, heights, [1]) and written:
    x = np.linspace(0, 1, 2001)
    wave = np.sin(2 * np.pi * x)
    boxes = []
    for m in widths:
        edges = np.linspace(0, 1, m)  # m edges, m units
        outputs = network(x, *bump_network(edges, box_levels(x, wave, edges), 100.0 * m), sigmoid)
        boxes.append(np.sqrt(np.mean((outputs - wave) ** 2)))
    curves = (
        ("wave, bumps", BLUE, "o", np.array(boxes) / wave.std()),
        ("wave, ReLUs", GREEN, "s", fit_function_by_width(x, wave, widths) / wave.std()),
        ("mountains, ReLUs", VERMILION, "^", fit_function_by_width(way, heights, widths) / heights.std()),
    )
    figure, axes = plt.subplots(figsize=(7.6, 4.4), layout="constrained")
    for name, colour, marker, errors in curves:
        axes.loglog(widths, 100 * errors, color=colour, marker=marker, markersize=7)
        shift = {"^": 12, "o": -14}.get(marker, 0)
        place = {"xytext": (11, shift), "textcoords": "offset points", "va": "center", "annotation_clip": False}
        power = np.log2(errors[-3] / errors[-1]) / 2  # over the last two doublings
        axes.annotate(f"{name}\nslope −{power:.1f}", (128, 100 * errors[-1]), color=colour, **place)
    axes.set(title="Twice the units: half, or a quarter, of the error", xlabel="hidden units")
    axes.set(ylabel="error (% of the standard deviation)", xticks=widths, xticklabels=widths)
    axes.set_yticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
    axes.minorticks_off()
    plt.show()

# %% [markdown]
# *The figure:* three lines that fall. On the smooth wave each doubling of the units halves the
# error of the bumps (slope −1) and quarters that of the ReLUs (slope −2). On the mountains little
# happens up to 8 units, as long as whole peaks fall between two kinks; then the ReLUs come down,
# but hardly faster than boxes on the wave. Rough ground has a corner wherever you look closer, and
# a straight piece gains only where there is a smooth curve to follow.
#
# This is the price that the theorem leaves out: it depends on the curve, and on the unit.

# %% [markdown]
# ## Would training find it?
#
# You placed the kinks and solved for the rest. Usually all parameters are learned from a random
# start, as in notebook 1: kinks, too. The theorem says that good parameters *exist*. It does not
# say that training comes upon them (*Deep Learning* 6.4.1).
#
# Let us measure. `mlcore` trains networks of 2 to 128 units on the mountains, four random starts
# each, 1500 steps of gradient descent with step sizes that adapt themselves (*Adam*, chapter 8).


# %% demo=true
def trained_errors(width, starts=4, steps=1500):
    """Train networks side by side on the profile from random starts; return how wrong each is, in metres, (starts,)."""
    rng = np.random.default_rng(width)
    x = 2 * way[:, None] / way[-1] - 1  # from −1 to 1
    y = (heights[:, None] - heights.mean()) / heights.std()
    W = rng.choice([-1.0, 1.0], size=(starts, 1, width))  # each unit looks left or right …
    c = -W * rng.uniform(-1, 1, size=(starts, 1, width))  # … from a kink somewhere on the way
    w = rng.normal(size=(starts, width, 1)) * np.sqrt(2 / width)
    x, y, *start = (p.astype(np.float32) for p in (x, y, W, c, w, np.zeros((starts, 1, 1))))  # twice as fast
    W, c, w, b = parameters = [Tensor(p, requires_grad=True) for p in start]
    descent = Adam(parameters, learning_rate=0.01)
    for _ in range(steps):
        error = functions.relu(x @ W + c) @ w + b - y  # (starts, 403, 1)
        descent.zero_grad()
        ((error * error).sum() / len(x)).backward()  # a sum over the networks: none feels the others
        descent.step()
    return heights.std() * np.sqrt(np.mean(error.numpy() ** 2, axis=(1, 2)))


widths = 2 ** np.arange(1, 8)
trained = np.array([trained_errors(m) for m in widths])  # (7, 4)
figure, axes = plt.subplots(figsize=(7.6, 4.4), layout="constrained")
axes.loglog(np.repeat(widths, 4), trained.ravel(), "o", color=BLUE, alpha=0.35, markersize=7, markeredgewidth=0)
axes.loglog(widths, np.median(trained, axis=1), color=BLUE)
axes.text(75, 112, "all parameters trained\n(four starts, median)", color=BLUE, ha="center")
if is_written(fit_function_by_width, way, heights, [1]):
    axes.loglog(widths, fit_function_by_width(way, heights, widths), "^-", color=VERMILION, markersize=7)
    axes.text(14, 24, "your fit: kinks fixed,\nthe rest solved", color=VERMILION, ha="center")
axes.axhline(10, color=GREY, linestyle="--", linewidth=1.5)
axes.text(2, 10.4, "within 10 m", color=GREY)
axes.set(title="What a network can do, and what training finds", xlabel="hidden units", ylabel="error (m)")
axes.set(ylim=(4.5, 230), xticks=widths, xticklabels=widths)
axes.set_yticks([5, 10, 20, 50, 100, 200], [5, 10, 20, 50, 100, 200])
axes.minorticks_off()
plt.show()

# %% [markdown]
# *The figure:* error against width. With 8 units the trained networks (blue) are ahead of your
# fit (orange-red), since they may move their kinks to the peaks: 87 m to 101 m. But then they
# hardly improve, to 72 m with 128 units, while your fit goes on falling, to 6 m. Each trained
# network of 128 units *could* be at 6 m: your parameters are among those that it can have. It did
# not find them. (Ten times as many steps, 15 000, bring one of the four to 29 m, the others to
# 53 m.)

# %% [markdown]
# So there are three questions, and the theorem answers only the first. Can the network
# **represent** the function? Does training **find** it? Will it be right **between** the examples?

# %% [markdown]
# ## 3 · Depth folds
#
# Take two ReLUs, with kinks at 0 and ½, and output weights 2 and −4:
#
# $$T(x) = 2\max(0, x) - 4\max(0, x - \tfrac12).$$
#
# On $[0, 1]$ this is a *tent*: up from 0 to 1, and down again. It lays the right half of the
# interval on the left half: $T(x) = T(1-x)$. It **folds** the line, as the hidden layer of notebook
# 1 folded the plane.
#
# Now feed $T$ into a second layer of the same kind, and into a third. What the last layer draws
# once, the fold before it shows twice, and the fold before that four times.

# %% demo=true
x = np.linspace(0, 1, 1025)
y = x
figure, panels = plt.subplots(1, 4, figsize=(8.4, 2.9), layout="constrained", sharey=True)
for depth, axes in enumerate(panels, start=1):
    y = 2 * relu(y) - 4 * relu(y - 0.5)
    fold = x <= 2.0 ** (1 - depth)
    axes.axhline(0.5, color="0.75", linestyle="--", linewidth=1.2)
    axes.plot(x, y, color=BLUE)
    axes.plot(x[fold], y[fold], color=VERMILION, linewidth=3.5)
    title = ["T", "T(T)", "T(T(T))", "T(T(T(T)))"][depth - 1]
    axes.set(
        title=f"{title}\n{2 * depth} units, {2**depth} pieces", xlabel="$x$", xticks=[0, 0.5, 1], yticks=[0, 0.5, 1]
    )
    axes.set_xticklabels(["0", "½", "1"])
panels[0].set_ylabel("output")
plt.show()

# %% [markdown]
# *The figure:* one, two, four and eight tents. A single tent (thick) is copied, mirrored, by each
# fold before it. Every layer adds two units and *doubles* the number of straight pieces. The dashed
# line at ½ is where the next layer's second unit will bend the curve: at every place where the
# curve crosses it.

# %% [markdown]
# ### Counting pieces
#
# Between two kinks each unit is either *on* ($z > 0$) or *off*, and what is on does not change. So
# there the network is one linear function of $x$. The row of all units' states, on or off, through
# all hidden layers, is the **activation pattern** of $x$. Inputs with the same pattern form a
# *linear region*: a piece of the line, or a polygon in the plane.
#
# To count regions, send many points through the network and count the *different* patterns that
# occur.

# %% [markdown]
# ### Exercise 3: `count_linear_regions`
#
# *In:* points `x` (n, d), and the hidden `layers`, a list of pairs `(W, c)`: each layer computes
# $\boldsymbol z = \boldsymbol h W + \boldsymbol c$ from what it is handed ($\boldsymbol h =
# \boldsymbol x$ at first) and hands on $\max(0, \boldsymbol z)$. *Out:* `activation_patterns`
# gives the patterns, shape (n, units of all layers), true where $z>0$; `count_linear_regions` the
# number of different rows, an integer.

# %% [markdown]
# *By hand,* the layer of notebook 1, $W = \begin{bmatrix} 1&1\\ 1&1 \end{bmatrix}$,
# $\boldsymbol c = [0, -1]$, on the four XOR inputs:
#
# | $\boldsymbol x$ | $\boldsymbol z$ | pattern |
# |:-:|:-:|:-:|
# | (0, 0) | 0, −1 | off, off |
# | (0, 1), (1, 0) | 1, 0 | on, off |
# | (1, 1) | 2, 1 | on, on |
#
# Three regions.

# %% [markdown]
# *With two layers:* $T(T(x))$ at $x = 0.1,\ 0.3,\ 0.6,\ 0.9$. Its second layer reads
# $T = 2h_1 - 4h_2$, so $W^{(2)} = \begin{bmatrix} 2&2\\ -4&-4 \end{bmatrix}$.
#
# | $x$ | layer 1: $z$ | $\boldsymbol h$ | layer 2: $z$ | pattern |
# |:-:|:-:|:-:|:-:|:-:|
# | 0.1 | 0.1, −0.4 | 0.1, 0 | 0.2, −0.3 | on off on off |
# | 0.3 | 0.3, −0.2 | 0.3, 0 | 0.6, 0.1 | on off on **on** |
# | 0.6 | 0.6, 0.1 | 0.6, 0.1 | 0.8, 0.3 | on **on** on **on** |
# | 0.9 | 0.9, 0.4 | 0.9, 0.4 | 0.2, −0.3 | on **on** on off |
#
# Four different rows, four pieces.


# %%
def random_layers(widths, rng):
    """Draw hidden layers [(W, c), …] at random; widths holds the number of inputs, then of units in each layer."""
    return [(rng.normal(size=s) * np.sqrt(2 / s[0]), 0.5 * rng.normal(size=s[1])) for s in pairwise(widths)]


def folding_layers(depth):
    """Return the hidden layers of the tent, folded ``depth`` times."""
    first, later = np.array([[1.0, 1.0]]), np.array([[2.0, 2.0], [-4.0, -4.0]])
    return [(first if i == 0 else later, np.array([0.0, -0.5])) for i in range(depth)]


# %% exercise="count_linear_regions" points=5
def activation_patterns(x, layers):
    """Return which hidden units are on at each point.

    Parameters
    ----------
    x : array, shape (n, d)
    layers : list of pairs W, shape (inputs, units), and c, shape (units,)
        The hidden layers, the first one first. Each hands on ``max(0, h W + c)``.

    Returns
    -------
    array of bool, shape (n, units of all layers together)
        True where ``h W + c`` is above 0; the first layer's units come first.
    """
    ### BEGIN SOLUTION
    h, patterns = x, []
    for W, c in layers:
        z = h @ W + c
        patterns.append(z > 0)
        h = relu(z)
    return np.concatenate(patterns, axis=1)
    ### END SOLUTION


def count_linear_regions(x, layers):
    """Return how many linear regions of a ReLU network these points visit.

    Parameters
    ----------
    x : array, shape (n, d)
    layers : list of pairs W, c
        As in ``activation_patterns``.

    Returns
    -------
    int
    """
    ### BEGIN SOLUTION
    return len(np.unique(activation_patterns(x, layers), axis=0))
    ### END SOLUTION


# %% check="count_linear_regions"
def test_the_xor_layer():
    "The first worked example: is a unit with z = 0 on or off? How many different rows are there?"
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    layers = [(np.ones((2, 2)), np.array([0.0, -1.0]))]
    assert_allclose(activation_patterns(x, layers), [[0, 0], [1, 0], [1, 0], [1, 1]])
    assert_allclose(count_linear_regions(x, layers), 3)


def test_two_folds():
    "The second worked example, row by row: what does the second layer get to read?"
    x, layers = np.array([[0.1], [0.3], [0.6], [0.9]]), folding_layers(2)
    assert_allclose(activation_patterns(x, layers), [[1, 0, 1, 0], [1, 0, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]])
    assert_allclose(count_linear_regions(x, layers), 4)


def test_three_folds():
    "A third fold doubles the four pieces again. Are you comparing the patterns of all layers together?"
    x = (np.arange(64.0)[:, None] + 0.5) / 64
    assert_shape(activation_patterns(x, folding_layers(3)), (64, 6))
    assert_allclose(count_linear_regions(x, folding_layers(3)), 8)


def test_points_that_share_a_region():
    "A thousand points, three kinks on a line: how many regions? Points that share a pattern count once."
    x = np.linspace(-1.0, 4.0, 1000)[:, None]
    layers = [(np.ones((1, 3)), np.array([-0.5, -1.5, -2.5]))]
    assert_shape(activation_patterns(x, layers), (1000, 3))
    assert_allclose(count_linear_regions(x, layers), 4)


### BEGIN HIDDEN TESTS
def test_random_patterns(rng, reference):
    "Does it hold for any number of inputs, layers and units?"
    for widths in ((2, 5), (3, 4, 6), (1, 3, 3, 2)):
        layers = random_layers(widths, rng)
        x = rng.normal(size=(30, widths[0]))
        assert_allclose(activation_patterns(x, layers), reference.activation_patterns(x, layers))


def test_random_counts(rng, reference):
    "Do you count the same regions, for points in any order?"
    for widths in ((2, 6), *3 * ((2, 5, 5), (1, 4, 4, 4))):
        layers = random_layers(widths, rng)
        x = 2 * rng.normal(size=(150, widths[0]))
        assert_allclose(count_linear_regions(x, layers), reference.count_linear_regions(x, layers))


def test_five_folds_in_any_order(rng):
    "Each fold doubles the pieces, whatever the order of the points. How many do five folds make?"
    x = rng.permutation((np.arange(128) + 0.5) / 128)[:, None]
    assert_allclose(count_linear_regions(x, folding_layers(5)), 32)


def test_many_units(rng):
    "With ninety units there are 2⁹⁰ possible patterns. Does your way of telling them apart still work?"
    kinks = np.arange(90.0)
    x = rng.permutation(np.arange(91) - 0.5)[:, None]
    assert_allclose(count_linear_regions(x, [(np.ones((1, 90)), -kinks)]), 91)


def test_one_point(rng):
    "A single point visits a single region."
    layers = random_layers((2, 7, 4), rng)
    x = rng.normal(size=(1, 2))
    assert_shape(activation_patterns(x, layers), (1, 11))
    assert_allclose(count_linear_regions(x, layers), 1)


def test_no_loop_over_points(rng):
    "A loop over layers is fine. Is there one over points, too?"
    layers = random_layers((2, 3, 3), rng)
    x = rng.normal(size=(400, 2))
    assert_vectorized(count_linear_regions, (x[:20], layers), (x, layers))


def test_points_stay_as_they_are(rng):
    "Does the call leave the points alone?"
    assert_inputs_unchanged(count_linear_regions, rng.normal(size=(9, 2)), random_layers((2, 2, 2), rng))


### END HIDDEN TESTS


# %% mistake="count_linear_regions" hint="At z = 0 the unit hands on 0. Did the exercise call that on or off?"
def activation_patterns(x, layers):
    h, patterns = x, []
    for W, c in layers:
        z = h @ W + c
        patterns.append(z >= 0)
        h = relu(z)
    return np.concatenate(patterns, axis=1)


def count_linear_regions(x, layers):
    return len(np.unique(activation_patterns(x, layers), axis=0))


# %% mistake="count_linear_regions" hint="Your layers hand on z, so together they are one linear map. What does a layer hand on?"
def activation_patterns(x, layers):
    h, patterns = x, []
    for W, c in layers:
        h = h @ W + c
        patterns.append(h > 0)
    return np.concatenate(patterns, axis=1)


def count_linear_regions(x, layers):
    return len(np.unique(activation_patterns(x, layers), axis=0))


# %% mistake="count_linear_regions" hint="You return the states of the last layer. What became of those before?"
def activation_patterns(x, layers):
    h = x
    for W, c in layers:
        z = h @ W + c
        h = relu(z)
    return z > 0


def count_linear_regions(x, layers):
    return len(np.unique(activation_patterns(x, layers), axis=0))


# %% mistake="count_linear_regions" hint="Your second layer reads the pattern, only on and off. What else does it have to know?"
def activation_patterns(x, layers):
    h, patterns = x, []
    for W, c in layers:
        h = h @ W + c > 0
        patterns.append(h)
    return np.concatenate(patterns, axis=1)


def count_linear_regions(x, layers):
    return len(np.unique(activation_patterns(x, layers), axis=0))


# %% mistake="count_linear_regions" hint="You count each layer by itself and add up. Two points in one region of the first layer may differ in the second: which rows must be compared?"
def activation_patterns(x, layers):
    h, patterns = x, []
    for W, c in layers:
        z = h @ W + c
        patterns.append(z > 0)
        h = relu(z)
    return np.concatenate(patterns, axis=1)


def count_linear_regions(x, layers):
    total, start, patterns = 0, 0, activation_patterns(x, layers)
    for _, c in layers:
        total += len(np.unique(patterns[:, start : start + len(c)], axis=0))
        start += len(c)
    return total


# %% mistake="count_linear_regions" hint="You count how many different numbers of units are on. Can two regions have equally many units on?"
def activation_patterns(x, layers):
    h, patterns = x, []
    for W, c in layers:
        z = h @ W + c
        patterns.append(z > 0)
        h = relu(z)
    return np.concatenate(patterns, axis=1)


def count_linear_regions(x, layers):
    return len(np.unique(activation_patterns(x, layers).sum(axis=1)))


# %% mistake="count_linear_regions" hint="np.unique looks at single entries, True and False. Which argument makes it compare rows?"
def activation_patterns(x, layers):
    h, patterns = x, []
    for W, c in layers:
        z = h @ W + c
        patterns.append(z > 0)
        h = relu(z)
    return np.concatenate(patterns, axis=1)


def count_linear_regions(x, layers):
    return len(np.unique(activation_patterns(x, layers)))


# %% mistake="count_linear_regions" hint="Your numbers are right. What do h @ W and z > 0 do when h has many rows?"
def activation_patterns(x, layers):
    rows = []
    for h in x:
        row = []
        for W, c in layers:
            z = h @ W + c
            row.extend(z > 0)
            h = np.maximum(0.0, z)
        rows.append(row)
    return np.array(rows)


def count_linear_regions(x, layers):
    return len({tuple(row) for row in activation_patterns(x, layers)})


# %% mistake="count_linear_regions" hint="Your rows are compared along the wrong axis: you count different units. What do the rows of the patterns stand for?"
def activation_patterns(x, layers):
    h, patterns = x, []
    for W, c in layers:
        z = h @ W + c
        patterns.append(z > 0)
        h = relu(z)
    return np.concatenate(patterns, axis=1)


def count_linear_regions(x, layers):
    return np.unique(activation_patterns(x, layers), axis=1).shape[1]


# %% mistake="count_linear_regions" hint="2 to the number of units counts all patterns that could be written down. Which of them occur?"
def activation_patterns(x, layers):
    h, patterns = x, []
    for W, c in layers:
        z = h @ W + c
        patterns.append(z > 0)
        h = relu(z)
    return np.concatenate(patterns, axis=1)


def count_linear_regions(x, layers):
    return 2.0 ** activation_patterns(x, layers).shape[1]


# %% mistake="count_linear_regions" hint="You count the changes from one point to the next. What if the points come in another order, or a region is visited twice?"
def activation_patterns(x, layers):
    h, patterns = x, []
    for W, c in layers:
        z = h @ W + c
        patterns.append(z > 0)
        h = relu(z)
    return np.concatenate(patterns, axis=1)


def count_linear_regions(x, layers):
    patterns = activation_patterns(x, layers)
    return 1 + int(np.sum(np.any(patterns[1:] != patterns[:-1], axis=1)))


# %% mistake="count_linear_regions" hint="You read each pattern as a binary number. Which is the largest number that 64 bits can hold, and how many units may a network have?"
def activation_patterns(x, layers):
    h, patterns = x, []
    for W, c in layers:
        z = h @ W + c
        patterns.append(z > 0)
        h = relu(z)
    return np.concatenate(patterns, axis=1)


def count_linear_regions(x, layers):
    patterns = activation_patterns(x, layers)
    return len(np.unique(patterns @ (np.int64(1) << np.arange(patterns.shape[1]))))


# %% alternative="count_linear_regions"
def activation_patterns(x, layers):
    hidden = [x]
    for W, c in layers:
        hidden.append(np.maximum(hidden[-1] @ W + c, 0))
    return np.hstack(hidden[1:]) > 0


def count_linear_regions(x, layers):
    return len(set(map(bytes, activation_patterns(x, layers))))


# %% alternative="count_linear_regions"
def activation_patterns(x, layers):
    if not layers:
        return np.zeros((len(x), 0), dtype=bool)
    (W, c), *rest = layers
    z = np.dot(x, W) + c
    return np.c_[z > 0, activation_patterns(np.where(z > 0, z, 0), rest)]


def count_linear_regions(x, layers):
    packed = np.packbits(activation_patterns(x, layers), axis=1)
    order = packed[np.lexsort(packed.T)]
    return 1 + int((order[1:] != order[:-1]).any(axis=1).sum())


# %% [markdown]
# ### Regions in the plane
#
# Now two inputs, and a random network of three hidden layers with 8 units each. A unit of the first
# layer is on at one side of a straight line. Count the regions after one layer, after two, after
# three: your function does it, on a grid of 40 000 points.

# %% demo=true
LAYER_COLOURS = ("0.15", BLUE, VERMILION)


if is_written(activation_patterns, np.zeros((1, 1)), [(np.ones((1, 1)), np.zeros(1))]) and is_written(
    count_linear_regions, np.zeros((1, 1)), [(np.ones((1, 1)), np.zeros(1))]
):
    span = np.linspace(-2, 2, 400)
    plane = np.stack(np.meshgrid(span, span), axis=-1)  # (400, 400, 2)
    every_other = plane[::2, ::2].reshape(-1, 2)
    layers = random_layers((2, 8, 8, 8), np.random.default_rng(6))
    states = np.asarray(activation_patterns(plane.reshape(-1, 2), layers), dtype=float).reshape(400, 400, 24)
    tints = ListedColormap(["#D6E6F2", "#FBE3D0", "#D3EDE2", "#FDF0CF", "#F3DDEA", "#EDEDED", "#C9DCC9", "#E3D9C6"])
    lottery = np.random.default_rng(3).uniform(size=24)  # adds up to a number for each pattern, hence to a colour
    figure, panels = plt.subplots(1, 3, figsize=(8.6, 3.6), layout="constrained", sharey=True)
    for depth, axes in enumerate(panels, start=1):
        ticket = 97 * states[..., : 8 * depth] @ lottery[: 8 * depth] % 1
        axes.imshow(ticket, cmap=tints, origin="lower", extent=(-2, 2, -2, 2), interpolation="nearest", vmin=0, vmax=1)
        for unit in range(8 * depth):
            if 0 < states[..., unit].mean() < 1:
                axes.contour(span, span, states[..., unit], [0.5], colors=[LAYER_COLOURS[unit // 8]], linewidths=1.4)
        count = count_linear_regions(every_other, layers[:depth])
        axes.set(title=f"{depth} layer{'s' if depth > 1 else ''}: {count} regions", xlabel="$x_1$")
        axes.set(xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    panels[0].set_ylabel("$x_2$")
    plt.show()

# %% [markdown]
# *The figure:* the plane cut into coloured regions; in each the network is linear. Left, the first
# layer's units draw straight lines (black). Middle, the second layer's (blue) are straight inside
# every region and *bend* wherever they cross a black line. Right, the third layer's (orange-red)
# bend at black and blue lines. A later unit can cross a line more than once: that is how it gets
# more out of what the layers before have done.

# %% [markdown]
# ### The same parameters, spent on width or on depth
#
# How much is a fold worth? A network with one input, $k$ layers of two units and a linear output
# has
#
# $$\underbrace{4}_{\text{first}} + \underbrace{6\,(k-1)}_{\text{others}} + \underbrace{3}_{\text{output}} = 6k + 1$$
#
# parameters. One hidden layer of $m$ units has $3m + 1$. For $m = 2k$ these are equal: the same
# number of units, the same number of parameters, arranged in two ways. The wide network bends $2k$
# times, so it has at most $2k + 1$ pieces. The deep one *can* have $2^k$. Your function counts.


# %%
def wide_layers(units):
    """Return one hidden layer whose kinks lie evenly inside (0, 1)."""
    return [(np.ones((1, units)), -(np.arange(units) + 1) / (units + 1))]


# %% demo=true
if is_written(count_linear_regions, np.zeros((1, 1)), wide_layers(1)):
    points = ((np.arange(2**13) + 0.5) / 2**13)[:, None]
    depths = np.arange(1, 11)
    deep = [count_linear_regions(points, folding_layers(k)) for k in depths]
    wide = [count_linear_regions(points, wide_layers(2 * k)) for k in depths]
    figure, axes = plt.subplots(figsize=(7.6, 4.2), layout="constrained")
    axes.semilogy(6 * depths + 1, deep, "o-", color=VERMILION, markersize=7)
    axes.semilogy(6 * depths + 1, wide, "s-", color=BLUE, markersize=7)
    place = {"xytext": (10, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
    axes.annotate(f"10 layers of 2:\n{deep[-1]} pieces", (61, deep[-1]), color=VERMILION, **place)
    axes.annotate(f"1 layer of 20:\n{wide[-1]} pieces", (61, wide[-1]), color=BLUE, **place)
    axes.set(title="Same number of parameters, arranged in two ways", xlabel="parameters (units in brackets)")
    axes.set(ylabel="straight pieces on [0, 1]", ylim=(1.6, 1500))
    axes.set_xticks(6 * depths[1::2] + 1, [f"{6 * k + 1}\n({2 * k})" for k in depths[1::2]])
    axes.set_yticks([2, 10, 100, 1000], ["2", "10", "100", "1000"])
    axes.minorticks_off()
    plt.show()

# %% [markdown]
# *The figure:* the number of pieces against the number of parameters, pieces on a logarithmic axis.
# One wide layer adds two pieces for six parameters: its curve flattens. Folding doubles the pieces
# for six parameters: a straight line upwards. With 20 units and 61 parameters it is 21 pieces
# against 1024.

# %% [markdown]
# ### Can, not will
#
# The folding network is a work of art: each kink sits exactly at ½. What do networks have whose
# weights are drawn at *random*? The next cell spends the same 20 units on 1, 2, 5 or 10 layers and
# lets your function count the pieces between $x = -2$ and $2$.

# %% demo=true
if is_written(count_linear_regions, np.zeros((1, 1)), wide_layers(1)):
    line = np.linspace(-2, 2, 2000)[:, None]
    print("20 units as …     straight pieces, mean of 30 random networks     folding network")
    for depth in (1, 2, 5, 10):
        rng = np.random.default_rng(depth)
        shape = (1, *depth * [20 // depth])
        counts = [count_linear_regions(line, random_layers(shape, rng)) for _ in range(30)]
        folded = f"{2**depth}" if depth == 10 else "–"
        print(f"{depth:2} × {20 // depth:<2}           {np.mean(counts):27.1f}               {folded:>17}")

# %% [markdown]
# At random, the deeper networks have *fewer* pieces, not exponentially more. Depth makes folding
# possible; nothing makes it happen by itself.
#
# Why do deep networks work so well, then? The notes on 6.4.1 give two reasons: for many functions
# they need fewer units, and they generalize better. Both are a bet on the world: that what we want
# to learn is *made of* simpler things, which are made of simpler things. A fold pays when the
# function repeats itself. A mountain profile does not; a picture of digits, full of strokes and
# edges, does.

# %% [markdown]
# ## The mountains, within 10 m
#
# Now all your pieces together: the errors of all widths up to 100 give the first network within
# 10 m; your fit draws it; your counter checks its pieces; and your bumps try with the same number
# of units.

# %% demo=true
if (
    is_written(fit_function_by_width, way, heights, [1])
    and is_written(fit_relu_network, way, heights, 1)
    and is_written(count_linear_regions, np.zeros((1, 1)), wide_layers(1))
    and is_written(bump_network, np.arange(3.0), np.ones(2), 1.0)
):
    widths = np.arange(1, 101)
    errors = np.asarray(fit_function_by_width(way, heights, widths))
    width = int(widths[np.argmax(errors < 10)])
    W, c, w, b = fit_relu_network(way, heights, width)
    drawn = network(way, W, c, w, b, relu)
    inside = np.linspace(way[0], way[-1], 4_002)[1:-1, None]
    pieces = count_linear_regions(inside, [(W, c)])
    edges = np.linspace(-0.1, 30.1, width)
    boxes = network(way, *bump_network(edges, box_levels(way, heights, edges), 200.0), sigmoid)

    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 5), layout="constrained", sharex=True, height_ratios=(2, 1))
    top.fill_between(way, heights, color="0.85", linewidth=0)
    top.plot(way, drawn, color=VERMILION, linewidth=3.5)
    top.plot(way, heights, color="black", linewidth=0.9)
    top.set(title=f"Your network: {width} hidden units, {pieces} straight pieces, {errors[width - 1]:.1f} m off")
    top.set(ylabel="height (m)", ylim=(0, 1150), yticks=[0, 500, 1000])
    bottom.axhspan(-10, 10, color="0.88", linewidth=0)
    bottom.plot(way, boxes - heights, color=BLUE, linewidth=1, alpha=0.8)
    bottom.plot(way, drawn - heights, color=VERMILION, linewidth=1.6)
    wrong = np.sqrt(np.mean((boxes - heights) ** 2))
    bottom.text(0.3, 108, f"bumps, as many units: {wrong:.0f} m off", color=BLUE, va="center")
    bottom.set(xlabel="way from west to east (km)", ylabel="error (m)", ylim=(-95, 130), yticks=[-50, 0, 50])
    bottom.set(xlim=(0, way[-1]))
    plt.show()

# %% [markdown]
# *The figure:* above, the ground (thin black line) on your network's line (thick): hardly to be
# told apart. Below, the errors of the polygon (orange-red) and of as many bumps (blue), and a grey
# band of ±10 m. The polygon is in the band at seven places of ten and nowhere wrong by more than
# 34 m; the bumps are wrong on every slope.
#
# The answer to the first question: **78 units** with evenly spaced kinks, for 403 heights. The
# answer to the second: training from a random start did not find them.

# %% [markdown]
# ## Where the sources differ
#
# - *Which functions?* Jiang's theorem 1 says *all continuous functions on* $\mathbb R^m$ (bounded
#   activation), theorem 2 $L^p$ functions (ReLU); the notes on 6.4.1 say *Borel measurable from
#   one-dimensional space to another*: read **finite**-dimensional. All need a bounded set, or a
#   measure of error that forgives what is far away. The next cell shows why.

# %% demo=true
if is_written(fit_relu_network, way, heights, 1) and is_written(bump_network, np.arange(3.0), np.ones(2), 1.0):
    x = np.linspace(0, 2 * np.pi, 2001)
    edges = np.linspace(0, 2 * np.pi, 65)
    bumps, polygon = bump_network(edges, box_levels(x, np.sin(x), edges), 400.0), fit_relu_network(x, np.sin(x), 65)
    print("sin x, root of the mean squared error, 65 units     bumps      ReLUs")
    for name, start in (("from 0 to 2π, where it was fitted", 0), ("from 2π to 4π", 1), ("from 10π to 12π", 5)):
        place = x + start * 2 * np.pi
        off = [
            np.sqrt(np.mean((network(place, *p, g) - np.sin(place)) ** 2))
            for p, g in ((bumps, sigmoid), (polygon, relu))
        ]
        print(f"{name:45s} {off[0]:11.4f} {off[1]:10.4f}")

# %% [markdown]
# Where the data end, the bumps say 0 for ever, and the polygon goes straight on, ever farther away.
# The sine is continuous on all of $\mathbb R$, and no finite network of either kind stays close to
# it there.

# %% [markdown]
# - *Can it be trained?* The notes: no guarantee. Lepetit (eq. 60): gradient descent *does* reach
#   any small training error, if the layers are much wider than a polynomial in the number of
#   examples $n$ (and in the depth, and in one over the smallest distance of two examples). Both are
#   right; here $n = 403$, so even a polynomial of degree 1 asks for far more than 403 units.
# - *What does depth save?* The notes: fewer units. Counted above: for the folding network, 20
#   instead of 1023; for networks with random weights, nothing.

# %% [markdown]
# ## Go further
#
# Ungraded, and open: **which curves profit from folding?** The sawtooth does, but who needs
# sawteeth? Call the tent of depth $s$ on the folding figure $T_s$, and plot
#
# $$x - \frac{T_1(x)}{4} - \frac{T_2(x)}{4^2} - \dots - \frac{T_k(x)}{4^k}$$
#
# for $k = 1, 2, 3$. Which well-known curve appears, and by what factor does the error fall with
# each layer? (Compare: by how much with each *doubling* of the width, above?) Having that curve,
# can you get the product of two numbers? A polynomial? And can training find the fold: fit $T_4$
# with four layers of two units, from random starts?

# %% [markdown]
# *Sources:* I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, section 6.4.1, and notes on
# it · H. Jiang, *Machine Learning Fundamentals* (2020), chapter 8, "Universal Approximator (I)" and
# "(II)" · V. Lepetit, *Optimization for Deep Learning* (2021), equation 60 (a theorem of Allen-Zhu,
# Li and Song, 2018) · The folding tent: M. Telgarsky, "Benefits of depth in neural networks" (2016)
# · Counting regions: G. Montúfar et al., "On the number of linear regions of deep neural networks"
# (2014) · Regions at random weights: B. Hanin and D. Rolnick (2019) · Heights: Jacksboro fault,
# Tennessee, as shipped with Matplotlib.
