# %% [markdown]
# # 6.1 Learning XOR
#
# *Either one or the other, but not both*: a child learns this rule in a minute. Here are all the
# data there will ever be, four points in the plane:
#
# | $x_1$ | $x_2$ | target $y$ |
# |:-:|:-:|:-:|
# | 0 | 0 | 0 |
# | 0 | 1 | 1 |
# | 1 | 0 | 1 |
# | 1 | 1 | 0 |
#
# The best linear model gives the same answer to all four: $0.5$. Not 0.5 on average; 0.5 every
# time. **Why can a straight model not do better, and what is the least we must add?**

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from grading.checks import assert_allclose, assert_inputs_unchanged, assert_shape, assert_vectorized, report
from mlcore import Tensor, no_grad
from mlcore.functions import mean_squared_error, relu
from mlcore.optimizers import SGD

# %% [markdown]
# In this notebook you build
#
# 1. the best linear model, in closed form, and see why it gives up;
# 2. a hidden layer of rectified linear units that folds the plane, and the famous weights that
#    solve XOR exactly;
# 3. a training loop that finds such weights by itself, or gets stuck, and you will know why.
#
# It takes 45 minutes. Throughout, a *row* is an example and the *last axis* holds the features:
# `X` has shape (4, 2) and `y` shape (4,).

# %%
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([0.0, 1.0, 1.0, 0.0])

BLUE, VERMILION, GREEN, ORANGE, PINK = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7"
ZERO_TO_ONE = LinearSegmentedColormap.from_list("zero to one", [BLUE, "#F2F2F2", VERMILION])
plt.rcParams.update({"font.size": 12, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})


def draw_points(axes, points):
    """Draw the images of the four XOR inputs, points: (4, 2); blue circles have target 0, orange squares 1."""
    for target, colour, marker in ((0, BLUE, "o"), (1, VERMILION, "s")):
        x1, x2 = points[y == target].T
        axes.scatter(x1, x2, s=110, color=colour, marker=marker, edgecolor="white", linewidth=1.5, zorder=5)


def is_written(exercise, *arguments):
    """Try an exercise. While it is still a stub, say so and return False, so that a figure can wait for it."""
    try:
        exercise(*arguments)
    except NotImplementedError:
        print(f"This cell waits for your `{exercise.__name__}`. Write it above, then run this cell again.")
        return False
    return True


# %% demo=true
figure, axes = plt.subplots(figsize=(4.4, 4.2), layout="constrained")
for intercept, slope in ((0.5, 0.0), (1.5, -1.0), (-0.35, 0.8)):
    axes.axline((0, intercept), slope=slope, color="0.6", linestyle="--", linewidth=1.5)
draw_points(axes, X)
for point, target in zip(X, y, strict=True):
    axes.annotate(f"y = {target:.0f}", point, xytext=(10, 9), textcoords="offset points")
axes.set(title="Which line parts circles from squares?", xlabel="$x_1$", ylabel="$x_2$")
axes.set(xlim=(-0.3, 1.45), ylim=(-0.3, 1.45), xticks=[0, 1], yticks=[0, 1], aspect="equal")
plt.show()

# %% [markdown]
# *The figure:* the four inputs are the corners of a square. Circles (target 0) lie on one
# diagonal, squares (target 1) on the other. Each of three dashed lines leaves a circle and a
# square on the same side; so does every line that you can draw.

# %% [markdown]
# ## A linear model
#
# The model has weights $\boldsymbol w$, shape (2,), and a bias $b$, a number:
#
# $$f(\boldsymbol x;\, \boldsymbol w, b) = \boldsymbol x \cdot \boldsymbol w + b .$$
#
# How wrong it is we measure by the mean squared error over the four points,
#
# $$J(\boldsymbol w, b) = \frac14 \sum_{i=1}^{4} \bigl(f(\boldsymbol x_i) - y_i\bigr)^2 .$$
#
# One line of algebra tells what is coming. For *every* linear $f$
#
# $$f(0,0) + f(1,1) = 2b + w_1 + w_2 = f(0,1) + f(1,0),$$
#
# but XOR asks that the left side be $0 + 0$ and the right side $1 + 1$.

# %% [markdown]
# ### The minimum in closed form
#
# Give every example one more feature that is always 1. Then the bias is a weight like the others:
# with $A = [\,X \;\; \boldsymbol 1\,]$, shape (n, d+1), and
# $\boldsymbol\theta = [\,\boldsymbol w;\; b\,]$, shape (d+1,), all $n$ predictions are
# $A\boldsymbol\theta$. The gradient of $J$ vanishes where
#
# $$\nabla J = \tfrac2n A^\top (A\boldsymbol\theta - \boldsymbol y) = 0
# \quad\Longleftrightarrow\quad A^\top A\, \boldsymbol\theta = A^\top \boldsymbol y .$$
#
# These are the *normal equations*: d+1 linear equations for d+1 unknowns. The error
# $A\boldsymbol\theta - \boldsymbol y$ that remains stands at right angles to every column of $A$.

# %% [markdown]
# ### Exercise 1: `linear_least_squares`
#
# *In:* `x` (n, d) and `y` (n,). *Out:* the pair `w` (d,) and `b` (a number) with the least $J$.
#
# *By hand:* the inputs 0, 1, 2 with targets 1, 3, 5 lie on a line.
#
# $$A = \begin{bmatrix} 0&1\\ 1&1\\ 2&1 \end{bmatrix},\quad
# A^\top A = \begin{bmatrix} 5&3\\ 3&3 \end{bmatrix},\quad
# A^\top \boldsymbol y = \begin{bmatrix} 13\\ 9 \end{bmatrix}.$$
#
# Subtracting the second equation from the first gives $2w = 4$; so $w = 2$ and $b = 1$.
# `np.linalg.solve` solves such a system. Ready-made fits (`lstsq`, `pinv`, `polyfit`) are
# switched off here.


# %% exercise="linear_least_squares" points=4 forbid=["numpy.linalg.lstsq", "numpy.linalg.pinv", "numpy.polyfit"]
def linear_least_squares(x, y):
    """Fit a linear model with a bias by least squares, in closed form.

    Parameters
    ----------
    x : array, shape (n, d)
        One example a row.
    y : array, shape (n,)
        The targets.

    Returns
    -------
    w : array, shape (d,)
    b : float
        Together they minimize the mean of ``(x @ w + b - y) ** 2``.
    """
    ### BEGIN SOLUTION
    ones = np.ones((len(x), 1))
    a = np.concatenate([x, ones], axis=1)
    theta = np.linalg.solve(a.T @ a, a.T @ y)
    return theta[:-1], theta[-1]
    ### END SOLUTION


# %% check="linear_least_squares"
def test_the_line_through_three_points():
    "The worked example: can you find your AᵀA and Aᵀy in it, number by number?"
    w, b = linear_least_squares(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0]))
    assert_allclose(w, [2.0], rtol=1e-8)
    assert_allclose(b, 1.0, rtol=1e-8)


def test_xor():
    "What does the best linear model answer to the four XOR inputs?"
    w, b = linear_least_squares(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0]))
    assert_allclose(w, [0.0, 0.0], atol=1e-9)
    assert_allclose(b, 0.5, rtol=1e-8)


def test_one_weight_for_each_feature(rng):
    "How many weights belong to three features? The bias is a number of its own."
    w, b = linear_least_squares(rng.normal(size=(10, 3)), rng.normal(size=10))
    assert_shape(w, (3,))
    assert_shape(b, ())


### BEGIN HIDDEN TESTS
def test_random_data(rng, reference):
    "On data with noise, is it the least of all mean squared errors?"
    x, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    w, b = linear_least_squares(x, y)
    expected_w, expected_b = reference.linear_least_squares(x, y)
    assert_allclose(w, expected_w, rtol=1e-6, atol=1e-8)
    assert_allclose(b, expected_b, rtol=1e-6, atol=1e-8)


def test_inputs_far_from_zero(rng):
    "Move all inputs away from zero: does your bias make up for it?"
    x = rng.normal(size=(30, 2)) + rng.uniform(3.0, 6.0, size=2)
    true_w, true_b = rng.normal(size=2), rng.normal()
    w, b = linear_least_squares(x, x @ true_w + true_b)
    assert_allclose(w, true_w, rtol=1e-6, atol=1e-7)
    assert_allclose(b, true_b, rtol=1e-6, atol=1e-7)


def test_the_remaining_errors_are_at_right_angles_to_the_features(rng):
    "The gradient of J must vanish in every weight and in the bias. Does it?"
    x, y = rng.normal(size=(25, 4)) * 2 + 1, rng.normal(size=25) + 3
    w, b = linear_least_squares(x, y)
    assert_shape(w, (4,))
    error = x @ np.asarray(w) + b - y
    assert_allclose(x.T @ error, np.zeros(4), atol=1e-8)
    assert_allclose(error.sum(), 0.0, atol=1e-8)


def test_the_data_stay_as_they_are(rng):
    "Does your function work on a copy of the data?"
    assert_inputs_unchanged(linear_least_squares, rng.normal(size=(12, 2)) + 1, rng.normal(size=12) + 1)


def test_no_loop_over_examples(rng):
    "Is there a loop over examples that a matrix product could replace?"
    x, y = rng.normal(size=(200, 3)), rng.normal(size=200)
    assert_vectorized(linear_least_squares, (x[:10], y[:10]), (x, y))


### END HIDDEN TESTS


# %% mistake="linear_least_squares" hint="Your plane passes through the origin. Which column of A lets it lie higher or lower?"
def linear_least_squares(x, y):
    return np.linalg.solve(x.T @ x, x.T @ y), 0.0


# %% mistake="linear_least_squares" hint="At the mean input the plane passes through the mean target. What, then, is b when the mean input is not zero?"
def linear_least_squares(x, y):
    centred = x - x.mean(axis=0)
    w = np.linalg.solve(centred.T @ centred, centred.T @ (y - y.mean()))
    return w, y.mean()


# %% mistake="linear_least_squares" hint="You chose w as if there were no bias, and b afterwards. Would w stay the same if both were free at once?"
def linear_least_squares(x, y):
    w = np.linalg.solve(x.T @ x, x.T @ y)
    return w, np.mean(y - x @ w)


# %% mistake="linear_least_squares" hint="Where did you put the column of ones, and which entry of θ belongs to it?"
def linear_least_squares(x, y):
    a = np.column_stack([np.ones(len(x)), x])
    theta = np.linalg.solve(a.T @ a, a.T @ y)
    return theta[:-1], theta[-1]


# %% mistake="linear_least_squares" hint="This is the answer for XOR only. What does your function do with the data that it is given?"
def linear_least_squares(x, y):
    return np.zeros(2), 0.5


# %% mistake="linear_least_squares" hint="Your numbers are right. Which single product adds up all those outer products?"
def linear_least_squares(x, y):
    d = x.shape[1] + 1
    left, right = np.zeros((d, d)), np.zeros(d)
    for row, target in zip(x, y, strict=True):
        a = np.append(row, 1.0)
        left += np.outer(a, a)
        right += target * a
    theta = np.linalg.solve(left, right)
    return theta[:-1], theta[-1]


# %% alternative="linear_least_squares"
def linear_least_squares(x, y):
    mean_x, mean_y = np.mean(x, axis=0), np.mean(y)
    centred = x - mean_x
    w = np.linalg.inv(centred.T @ centred) @ (centred.T @ (y - mean_y))
    return w, mean_y - mean_x @ w


# %% alternative="linear_least_squares"
def linear_least_squares(x, y):
    q, r = np.linalg.qr(np.c_[np.ones(len(x)), x])
    theta = np.linalg.solve(r, q.T @ y)
    return theta[1:], float(theta[0])


# %% demo=true
if is_written(linear_least_squares, X, y):
    w, b = linear_least_squares(X, y)
    print(f"w = {np.round(w, 12) + 0.0}, b = {b:.3g}, J = {np.mean((X @ w + b - y) ** 2):.3g}")

    figure = plt.figure(figsize=(8, 3.7), layout="constrained")
    plane = figure.add_subplot(1, 2, 1, projection="3d", computed_zorder=False)
    grid = np.stack(np.meshgrid(np.linspace(-0.1, 1.1, 2), np.linspace(-0.1, 1.1, 2)), axis=-1)
    for (x1, x2), target in zip(X, y, strict=True):
        plane.plot([x1, x1], [x2, x2], [x1 * w[0] + x2 * w[1] + b, target], color="0.3", linewidth=2, zorder=2)
    for target, colour, marker, order in ((0, BLUE, "o", 1), (1, VERMILION, "s", 4)):
        plane.scatter(*X[y == target].T, target, s=80, color=colour, marker=marker, depthshade=False, zorder=order)
    plane.plot_surface(grid[..., 0], grid[..., 1], grid @ w + b, color="0.6", alpha=0.55, zorder=3)
    plane.set(xticks=[0, 1], yticks=[0, 1], zticks=[0, 0.5, 1], xlabel="$x_1$", ylabel="$x_2$", zlim=(0, 1))
    plane.set_zlabel("output")
    plane.set_title("The best plane is flat …")
    plane.view_init(elev=16, azim=-62)
    plane.set_box_aspect((1, 1, 0.8), zoom=0.95)

    bowl = figure.add_subplot(1, 2, 2)
    w1, w2 = np.meshgrid(np.linspace(-1, 1, 81), np.linspace(-1, 1, 81))
    tilted = w1[..., None] * (X[:, 0] - 0.5) + w2[..., None] * (X[:, 1] - 0.5) + 0.5
    lines = bowl.contour(w1, w2, np.mean((tilted - y) ** 2, axis=-1), [0.3, 0.4, 0.5, 0.6], colors=BLUE)
    bowl.clabel(lines, fmt="%.2f", fontsize=11)
    bowl.plot(w[0], w[1], "*", color=VERMILION, markersize=16)
    bowl.annotate("J = 0.25", (w[0], w[1]), xytext=(0, -22), textcoords="offset points", ha="center", color=VERMILION)
    bowl.set(title="… since every tilt costs", xlabel="$w_1$", ylabel="$w_2$", aspect="equal")
    bowl.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    plt.show()

# %% [markdown]
# *The figure:* on the left the fitted plane lies level at height ½; two points hang ½ below it
# and two stand ½ above it. On the right the loss $J$, with the best $b$ for each $(w_1, w_2)$: a
# round bowl whose lowest point, ¼, is at $\boldsymbol w = 0$. Whatever a tilt gains at one corner
# it loses at the others.

# %% [markdown]
# ## Features that bend
#
# A linear model is not too weak; it looks at the wrong features. So put a layer in between that
# computes *new* features $\boldsymbol h$, and let the linear model look at those:
#
# $$\boldsymbol h = g(\boldsymbol x W + \boldsymbol c), \qquad
# f(\boldsymbol x) = \boldsymbol h \cdot \boldsymbol w + b, \qquad g(z) = \max(0, z).$$
#
# With $m$ hidden units, $W$ has shape (2, m): column $j$ holds the weights of unit $j$. The
# biases $\boldsymbol c$ and the output weights $\boldsymbol w$ have shape (m,). The *rectified
# linear unit* $g$ works on each number by itself. Without it all would be in vain: a linear
# function of linear functions is linear.

# %% [markdown]
# ### Exercise 2: `relu_features`
#
# *In:* `x` (n, d), `W` (d, m), `c` (m,). *Out:* the features `h` (n, m) of all n examples,
# without a loop over them.
#
# *By hand*, with the weights of Goodfellow et al., section 6.1,
#
# $$W = \begin{bmatrix} 1&1\\ 1&1 \end{bmatrix},\qquad \boldsymbol c = [\,0,\; -1\,]:$$
#
# for $\boldsymbol x = [1, 1]$ we get $\boldsymbol xW = [2, 2]$; adding $\boldsymbol c$ gives
# $[2, 1]$, and the rectifier leaves both. For $\boldsymbol x = [0, 0]$ we get $[0, -1]$, and the
# rectifier makes it $[0, 0]$.


# %% exercise="relu_features" points=4
def relu_features(x, W, c):
    """Compute the features of a hidden layer, ``max(0, x W + c)`` entry by entry.

    Parameters
    ----------
    x : array, shape (n, d)
        One example a row.
    W : array, shape (d, m)
        One hidden unit a column.
    c : array, shape (m,)
        The biases of the units.

    Returns
    -------
    array, shape (n, m)
    """
    ### BEGIN SOLUTION
    return np.maximum(0.0, x @ W + c)
    ### END SOLUTION


# %% check="relu_features"
def test_the_two_examples_by_hand():
    "The worked example: which of multiply, add the bias, rectify comes last?"
    W, c = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0])
    assert_allclose(relu_features(np.array([[1.0, 1.0], [0.0, 0.0]]), W, c), [[2.0, 1.0], [0.0, 0.0]])


def test_each_unit_has_its_own_column():
    "Unit j reads column j of W. With x = [1, 2], what does the first unit compute?"
    W, c = np.array([[1.0, 4.0], [2.0, -3.0]]), np.array([0.5, 1.0])
    assert_allclose(relu_features(np.array([[1.0, 2.0], [0.0, -1.0]]), W, c), [[5.5, 0.0], [0.0, 4.0]])


def test_from_three_features_to_five(rng):
    "With 4 examples, 3 inputs and 5 units, which shapes do x, W and h have?"
    h = relu_features(rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=5))
    assert_shape(h, (4, 5))


### BEGIN HIDDEN TESTS
def test_random_layers(rng, reference):
    "Does it hold for any weights, biases and inputs?"
    x, W, c = rng.normal(size=(32, 6)), rng.normal(size=(6, 9)), rng.normal(size=9)
    assert_allclose(relu_features(x, W, c), reference.relu_features(x, W, c))


def test_random_square_layers(rng, reference):
    "When W is square nothing complains about a transpose. Is yours the right way round?"
    x, W, c = rng.normal(size=(8, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)
    assert_allclose(relu_features(x, W, c), reference.relu_features(x, W, c))


def test_one_example_and_none(rng):
    "One example, or none: are there as many rows of features as rows of x?"
    W, c = rng.normal(size=(3, 4)), rng.normal(size=4)
    x = rng.normal(size=(1, 3))
    assert_allclose(relu_features(x, W, c), np.maximum(x @ W + c, 0))
    assert_shape(relu_features(np.empty((0, 3)), W, c), (0, 4))


def test_inputs_stay_as_they_are(rng):
    "Does the call leave x, W and c alone?"
    assert_inputs_unchanged(relu_features, rng.normal(size=(5, 2)), rng.normal(size=(2, 3)), rng.normal(size=3))


def test_all_examples_at_once(rng):
    "Can one matrix product serve all examples?"
    x, W, c = rng.normal(size=(200, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)
    assert_vectorized(relu_features, (x[:10], W, c), (x, W, c))


### END HIDDEN TESTS


# %% mistake="relu_features" hint="So far the layer is linear. Which step keeps a feature from being negative?"
def relu_features(x, W, c):
    return x @ W + c


# %% mistake="relu_features" hint="Can a feature of yours be negative when c is? What should be rectified, xW or xW + c?"
def relu_features(x, W, c):
    return np.maximum(0.0, x @ W) + c


# %% mistake="relu_features" hint="Does a unit own a row or a column of W? A symmetric W, as in the worked example, cannot tell you."
def relu_features(x, W, c):
    return np.maximum(0.0, x @ W.T + c)


# %% mistake="relu_features" hint="np.max takes the largest entry along an axis. Which function compares two numbers, entry by entry?"
def relu_features(x, W, c):
    return np.max(x @ W + c, 0)


# %% mistake="relu_features" hint="Python's max compares two things as wholes. Which NumPy function compares entry by entry?"
def relu_features(x, W, c):
    return max(0, x @ W + c)


# %% mistake="relu_features" hint="Your numbers are right. What does NumPy do with x @ W when x has many rows?"
def relu_features(x, W, c):
    h = np.zeros((len(x), W.shape[1]))
    for i in range(len(x)):
        h[i] = np.maximum(0.0, x[i] @ W + c)
    return h


# %% alternative="relu_features"
def relu_features(x, W, c):
    z = np.einsum("nd,dm->nm", x, W) + c
    return z * (z > 0)


# %% alternative="relu_features"
def relu_features(x, W, c):
    h = np.dot(x, W) + c
    h[h < 0] = 0.0
    return h


# %% demo=true
BOOK_W, BOOK_C = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0])
if is_written(relu_features, X, BOOK_W, BOOK_C):
    H = relu_features(X, BOOK_W, BOOK_C)
    figure, (before, after) = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")

    low, high = -0.6, 1.6
    ends = np.array([low, high])
    before.fill_between(ends, 0.5 - ends, 1.5 - ends, color=VERMILION, alpha=0.18, linewidth=0)
    for s, name, place in ((0, "unit 1 starts", (0.42, -0.42)), (1, "unit 2 starts", (1.36, -0.36))):
        before.plot(ends, s - ends, color="0.35", linestyle="--", linewidth=1.5)
        before.annotate(name, place, rotation=-45, ha="center", va="bottom", fontsize=10, color="0.3")
    draw_points(before, X)
    before.set(title="Input space: no line will do", xlabel="$x_1$", ylabel="$x_2$", xlim=(low, high), ylim=(low, high))
    before.set(xticks=[0, 1], yticks=[0, 1], aspect="equal")

    s = np.linspace(-1, 3, 81)
    fold = relu_features(np.stack([s / 2, s / 2], axis=-1), BOOK_W, BOOK_C)
    h1 = np.array([-0.4, 2.7])
    after.fill_between(h1, (h1 - 0.5) / 2, -1.2, color=VERMILION, alpha=0.18, linewidth=0)
    after.plot(*fold.T, color="0.45", linewidth=4, alpha=0.7, solid_capstyle="butt")
    after.plot(h1, (h1 - 0.5) / 2, color="black", linewidth=1.5)
    draw_points(after, H)
    after.annotate("from (0, 1)\nand (1, 0)", (1, 0), xytext=(1.5, -0.66), ha="center", va="center", fontsize=11,
                   arrowprops={"arrowstyle": "->", "shrinkB": 8})  # fmt: skip
    after.annotate("from (1, 1)", (2, 1), xytext=(-10, 6), textcoords="offset points", ha="right", fontsize=11)
    after.annotate("from (0, 0)", (0, 0), xytext=(6, 11), textcoords="offset points", ha="center", fontsize=11)
    after.set(
        title="Feature space: one line does", xlabel="$h_1$", ylabel="$h_2$", xlim=(-0.4, 2.7), ylim=(-1.05, 2.05)
    )
    after.set(xticks=[0, 1, 2], yticks=[0, 1, 2], aspect="equal")
    plt.show()

# %% [markdown]
# *The figure:* left, the inputs, with dashed lines where each hidden unit begins to respond
# ($x_1 + x_2 = 0$ and $x_1 + x_2 = 1$). Right, the same four points as the units see them. The
# whole plane has been pressed onto the grey line and *folded* at (1, 0): both squares land on the
# fold, and one straight line now parts them from the circles. Carried back to the left, that one
# line is the pair of edges of the tinted band.

# %% [markdown]
# ## The network by hand
#
# With the $W$ and $\boldsymbol c$ above, the hidden layer turns the four inputs into only three
# different rows:
#
# | $\boldsymbol x$ | $\boldsymbol h$ | $h_1 w_1 + h_2 w_2 + b$ | must be |
# |:-:|:-:|:-:|:-:|
# | (0, 0) | (0, 0) | $b$ | 0 |
# | (0, 1), (1, 0) | (1, 0) | $w_1 + b$ | 1 |
# | (1, 1) | (2, 1) | $2w_1 + w_2 + b$ | 0 |
#
# Three equations, three unknowns: the output layer *can* be exact. The first row says
# $b = 0$. You find $w_1$ and $w_2$.

# %% [markdown]
# ### Exercise 3: `xor_network`
#
# *Two functions.* `xor_parameters()` returns `W`, `c`, `w`, `b`: the book's $W$ and
# $\boldsymbol c$, and the $\boldsymbol w$ and $b$ that the table demands.
# `xor_network(x, W, c, w, b)` computes the outputs, shape (n,), of *any* network of this form for
# *any* inputs `x` (n, d).
#
# *By hand,* for another network: $\boldsymbol h = [2, 1]$, $\boldsymbol w = [3, -4]$ and $b = 5$
# give $2\cdot3 - 1\cdot4 + 5 = 7$. There is no rectifier after the output: it may be any number.
#
# Use your `relu_features`. If it is not right yet, `relu(x @ W + c)` from `mlcore` stands in for
# it.


# %% exercise="xor_network" points=4
def xor_parameters():
    """Return the parameters of a network that computes XOR exactly.

    Returns
    -------
    W : array, shape (2, 2)
    c : array, shape (2,)
    w : array, shape (2,)
    b : float
    """
    ### BEGIN SOLUTION
    W = np.array([[1.0, 1.0], [1.0, 1.0]])
    c = np.array([0.0, -1.0])
    w = np.array([1.0, -2.0])
    return W, c, w, 0.0
    ### END SOLUTION


def xor_network(x, W, c, w, b):
    """Compute the output of a network with one hidden layer, ``max(0, x W + c) w + b``.

    Parameters
    ----------
    x : array, shape (n, d)
    W : array, shape (d, m)
    c : array, shape (m,)
    w : array, shape (m,)
    b : float

    Returns
    -------
    array, shape (n,)
    """
    ### BEGIN SOLUTION
    return relu_features(x, W, c) @ w + b
    ### END SOLUTION


# %% check="xor_network"
def test_the_hidden_layer_is_the_one_of_the_book():
    "Are W and c those of the worked example of exercise 2?"
    W, c, _, _ = xor_parameters()
    assert_allclose(W, [[1.0, 1.0], [1.0, 1.0]])
    assert_allclose(c, [0.0, -1.0])


def test_the_output_layer_solves_the_three_equations():
    "Put your w and b into the three rows of the table: does each give what it must?"
    _, _, w, b = xor_parameters()
    w = np.array(w, dtype=float)
    assert_shape(w, (2,))
    assert_allclose([b, w[0] + b, 2 * w[0] + w[1] + b], [0.0, 1.0, 0.0])


def test_xor():
    "Do your network and your parameters together give 0, 1, 1, 0?"
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert_allclose(xor_network(x, *xor_parameters()), [0.0, 1.0, 1.0, 0.0])


def test_another_network():
    "Here h = [2, 1]. What do w and b make of it?"
    x, W, c = np.array([[1.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([0.0, -1.0])
    assert_allclose(xor_network(x, W, c, np.array([3.0, -4.0]), 5.0), [7.0])


### BEGIN HIDDEN TESTS
def test_random_networks(rng, reference):
    "A network is more than XOR: does yours use all the weights that it is given?"
    x, W, c, w, b = rng.normal(size=(20, 2)), rng.normal(size=(2, 5)), rng.normal(size=5), rng.normal(size=5), 0.7
    for sign in (1, -1):
        parameters = W, c, sign * w, sign * b
        assert_allclose(xor_network(x, *parameters), reference.xor_network(x, *parameters), rtol=1e-5)


def test_outputs_below_zero(rng):
    "May the output of a network be negative?"
    x, W = rng.uniform(0.1, 1.0, size=(6, 3)), rng.uniform(0.1, 1.0, size=(3, 4))
    c, w = np.zeros(4), -rng.uniform(0.1, 1.0, size=4)
    assert_allclose(xor_network(x, W, c, w, -1.0), x @ W @ w - 1.0, rtol=1e-5)


def test_all_hidden_units_off(rng):
    "When every unit is off, which number remains?"
    x, W, size = rng.uniform(0.1, 1.0, size=(5, 2)), -rng.uniform(0.1, 1.0, size=(2, 3)), float(rng.uniform(0.5, 2))
    for b in (size, -size):
        assert_allclose(xor_network(x, W, np.zeros(3), rng.normal(size=3), b), np.full(5, b), rtol=1e-5)


def test_all_examples_at_once(rng):
    "Can one call of `relu_features` serve all examples?"
    x, parameters = rng.normal(size=(200, 2)), (rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=3), 0.5)
    assert_vectorized(xor_network, (x[:10], *parameters), (x, *parameters))


### END HIDDEN TESTS


# %% mistake="xor_network" hint="What does your network answer to (1, 1), where both units respond? Which sign must w₂ have?"
def xor_parameters():
    return np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([1.0, 2.0]), 0.0


def xor_network(x, W, c, w, b):
    return relu_features(x, W, c) @ w + b


# %% mistake="xor_network" hint="For (1, 1) the first feature is 2, not 1. How large must w₂ be to cancel it?"
def xor_parameters():
    return np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([1.0, -1.0]), 0.0


def xor_network(x, W, c, w, b):
    return relu_features(x, W, c) @ w + b


# %% mistake="xor_network" hint="The output layer is linear. Why rectify a second time?"
def xor_parameters():
    return np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([1.0, -2.0]), 0.0


def xor_network(x, W, c, w, b):
    return np.maximum(0.0, relu_features(x, W, c) @ w + b)


# %% mistake="xor_network" hint="In XOR b is 0, so nobody misses it. Where does b enter the formula?"
def xor_parameters():
    return np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([1.0, -2.0]), 0.0


def xor_network(x, W, c, w, b):
    return relu_features(x, W, c) @ w


# %% mistake="xor_network" hint="Two linear layers in a row are one linear layer. What stands between them?"
def xor_parameters():
    return np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([1.0, -2.0]), 0.0


def xor_network(x, W, c, w, b):
    return (x @ W + c) @ w + b


# %% mistake="xor_network" hint="You wrote down XOR itself. What would your network answer with other weights?"
def xor_parameters():
    return np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([1.0, -2.0]), 0.0


def xor_network(x, W, c, w, b):
    return (x[:, 0] != x[:, 1]).astype(float)


# %% mistake="xor_network" hint="The network's answer is a number. Who asked for a decision at ½?"
def xor_parameters():
    return np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([1.0, -2.0]), 0.0


def xor_network(x, W, c, w, b):
    return (relu_features(x, W, c) @ w + b > 0.5).astype(float)


# %% mistake="xor_network" hint="Your numbers are right. What does `relu_features` do with many rows at once?"
def xor_parameters():
    return np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]), np.array([1.0, -2.0]), 0.0


def xor_network(x, W, c, w, b):
    return np.array([np.maximum(0.0, row @ W + c) @ w + b for row in x])


# %% alternative="xor_network"
def xor_parameters():
    h = [[0, 0, 1], [1, 0, 1], [2, 1, 1]]
    w1, w2, b = np.linalg.solve(h, [0, 1, 0])
    return [[1, 1], [1, 1]], [0, -1], [w1, w2], b


def xor_network(x, W, c, w, b):
    out = np.full(len(x), float(b))
    for weights, bias, v in zip(np.transpose(W), c, w, strict=True):
        out += v * np.maximum(x @ weights + bias, 0)
    return out


# %% alternative="xor_network"
def xor_parameters():
    return np.ones((2, 2)), -np.arange(2.0), np.array([1.0, -2.0]), 0


def xor_network(x, W, c, w, b):
    return relu(Tensor(x @ W + c)).numpy() @ w + b


# %% demo=true
if is_written(xor_parameters) and is_written(xor_network, X, np.ones((2, 2)), np.zeros(2), np.zeros(2), 0.0):
    for point, output in zip(X, xor_network(X, *xor_parameters()), strict=True):
        print(f"x = {point}   network = {output:.0f}")

# %% [markdown]
# ## Let it learn
#
# We found those weights by looking. A network has to find its own, by *gradient descent*: start
# at random, and move every parameter $\theta$ a small step against its derivative,
#
# $$\theta \leftarrow \theta - \eta\, \frac{\partial J}{\partial \theta},$$
#
# with the *learning rate* $\eta$. There is no closed form any more: $J$ is a bowl in
# $\boldsymbol w$ and $b$, but not in $W$ and $\boldsymbol c$.
#
# The derivatives are work for `mlcore`. A `Tensor` is an array that remembers how it was
# computed, and so it can work its way back. (How? You will build it in notebooks 6 and 7.)

# %% demo=true
theta = Tensor(np.array([3.0, 4.0]), requires_grad=True)  # a copy of the array, to differentiate with respect to
descent = SGD([theta], learning_rate=0.1)

loss = (theta * theta).sum()  # θ₁² + θ₂² = 25; its derivatives are 2θ₁ and 2θ₂
loss.backward()  # puts the derivatives into theta.grad
print("loss", loss.item(), "  gradient", theta.grad)

descent.step()  # theta ← theta - 0.1 · theta.grad
print("theta", theta.numpy())

descent.zero_grad()  # forget the gradient; otherwise the next backward() adds to it

# %% [markdown]
# ### Exercise 4: `train_xor`
#
# *In:* data `x` (n, d), `y` (n,), a start `W`, `c`, `w`, `b`, the learning rate and the number of
# steps. *Out:* `losses` (steps,), the mean squared error *before* each step, and the trained
# `(W, c, w, b)` as arrays. The arrays of the start stay as they are.
#
# Tensors add, multiply and `@` like arrays, also with arrays. From `mlcore.functions` you have
# `relu(z)` and `mean_squared_error(outputs, targets)`; every step computes the loss anew, takes
# its derivatives and updates all four parameters.

# %% [markdown]
# *By hand,* one step for XOR with $\eta = 0.1$, from the book's $W$ and $\boldsymbol c$ but
# $\boldsymbol w = 0$, $b = 0$: all outputs are 0, so $J = \tfrac12$ and the errors $f - y$ are
# $0, -1, -1, 0$. Hence $\partial J/\partial b = \tfrac24(-1-1) = -1$,
# $\partial J/\partial w_1 = \tfrac24(-1\cdot1 - 1\cdot1) = -1$ and $\partial J/\partial w_2 = 0$.
# The step gives $b = 0.1$, $\boldsymbol w = [0.1, 0]$; then $J = 0.345$.


# %% exercise="train_xor" points=5
def train_xor(x, y, W, c, w, b, learning_rate, steps):
    """Train a network with one hidden layer by gradient descent on the mean squared error of all examples.

    Parameters
    ----------
    x : array, shape (n, d)
    y : array, shape (n,)
    W, c, w, b : arrays, shapes (d, m), (m,), (m,), ()
        Where to start. They are not changed.
    learning_rate : float
    steps : int
        How many steps to take.

    Returns
    -------
    losses : array, shape (steps,)
        ``losses[t]`` is the loss after t steps.
    parameters : tuple of arrays W, c, w, b
        What has been learned after all steps.
    """
    ### BEGIN SOLUTION
    W, c, w, b = parameters = [Tensor(p, requires_grad=True) for p in (W, c, w, b)]
    descent = SGD(parameters, learning_rate=learning_rate)
    losses = np.empty(steps)
    for t in range(steps):
        loss = mean_squared_error(relu(x @ W + c) @ w + b, y)
        losses[t] = loss.item()
        descent.zero_grad()
        loss.backward()
        descent.step()
    return losses, tuple(p.numpy() for p in parameters)
    ### END SOLUTION


# %% check="train_xor"
def test_one_step_by_hand():
    "The worked example: what are the loss, w and b before the first step, and after it?"
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])
    start = np.ones((2, 2)), np.array([0.0, -1.0]), np.zeros(2), np.zeros(())
    losses, (W, c, w, b) = train_xor(x, y, *start, 0.1, 1)
    assert_allclose(losses, [0.5], rtol=1e-5)
    assert_allclose(W, np.ones((2, 2)), rtol=1e-5)
    assert_allclose(c, [0.0, -1.0], rtol=1e-5)
    assert_allclose(w, [0.1, 0.0], rtol=1e-5, atol=1e-7)
    assert_allclose(b, 0.1, rtol=1e-5)


def test_the_second_loss():
    "After the step by hand the loss is 0.345. Which loss do you record second?"
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])
    losses, _ = train_xor(x, y, np.ones((2, 2)), np.array([0.0, -1.0]), np.zeros(2), np.zeros(()), 0.1, 2)
    assert_allclose(losses, [0.5, 0.345], rtol=1e-5)


def test_it_learns_xor():
    "From this start 200 steps suffice. Does every parameter take part, and is each gradient a fresh one?"
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])
    start = np.array([[1.5, -1.0], [-1.0, 1.0]]), np.zeros(2), np.array([0.5, 0.5]), np.zeros(())
    with np.errstate(all="ignore"):  # a loss that grows without bound is a wrong answer, not a warning
        losses, _ = train_xor(x, y, *start, 0.2, 200)
    assert_shape(losses, (200,))
    assert losses[-1] < 1e-2, f"the last loss should be below 0.01; it is {losses[-1]:.3g}"


### BEGIN HIDDEN TESTS
def test_the_same_losses_as_the_reference(rng, reference):
    "From the same start, gradient descent has no choice. Does your loss follow the formula at every step?"
    x, y = rng.normal(size=(7, 3)), rng.normal(size=7)
    start = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=4), rng.normal(size=())
    losses, _ = train_xor(x, y, *start, 0.03, 12)
    assert_allclose(losses, reference.train_xor(x, y, *start, 0.03, 12)[0], rtol=1e-4)


def test_the_same_parameters_as_the_reference(rng, reference):
    "Which parameters does your function return: those that it was given, or those that it has trained?"
    x, y = rng.normal(size=(5, 2)), rng.normal(size=5)
    start = rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=3), rng.normal(size=())
    _, parameters = train_xor(x, y, *start, 0.05, 6)
    _, expected = reference.train_xor(x, y, *start, 0.05, 6)
    assert len(parameters) == 4, "return the four parameters W, c, w, b"
    for actual, p in zip(parameters, expected, strict=True):
        assert_allclose(actual, p, rtol=1e-4, atol=1e-6)


def test_a_network_whose_units_are_all_off(rng):
    "If no unit responds to any input, which parameters can still move?"
    x, y = rng.uniform(0.1, 1.0, size=(6, 2)), rng.normal(size=6)
    W, c, w = -rng.uniform(0.5, 1.0, size=(2, 3)), np.zeros(3), rng.normal(size=3)
    losses, trained = train_xor(x, y, W, c, w, np.zeros(()), 0.25, 20)
    assert_allclose(losses, y.var() + y.mean() ** 2 * 0.25 ** np.arange(20), rtol=1e-4)
    for actual, p in zip(trained, (W, c, w, y.mean() * (1 - 0.5**20)), strict=True):
        assert_allclose(actual, p, rtol=1e-4, atol=1e-6)


def test_the_start_stays_as_it_is(rng):
    "Can you start twice from the same arrays? Work on copies."
    start = rng.normal(size=(2, 2)), rng.normal(size=2), rng.normal(size=2), rng.normal(size=())
    assert_inputs_unchanged(train_xor, rng.normal(size=(4, 2)), rng.normal(size=4), *start, 0.1, 3)


### END HIDDEN TESTS


# %% mistake="train_xor" hint="backward() adds to the gradient that is there. Where in your loop do you forget the one of the step before?"
def train_xor(x, y, W, c, w, b, learning_rate, steps):
    parameters = [Tensor(p, requires_grad=True) for p in (W, c, w, b)]
    W, c, w, b = parameters
    descent = SGD(parameters, learning_rate=learning_rate)
    losses = np.empty(steps)
    for t in range(steps):
        loss = mean_squared_error(relu(x @ W + c) @ w + b, y)
        losses[t] = loss.item()
        loss.backward()
        descent.step()
    return losses, tuple(p.numpy() for p in parameters)


# %% mistake="train_xor" hint="You add the squared errors. By what does J divide them, and what does that do to the length of a step?"
def train_xor(x, y, W, c, w, b, learning_rate, steps):
    parameters = [Tensor(p, requires_grad=True) for p in (W, c, w, b)]
    W, c, w, b = parameters
    descent = SGD(parameters, learning_rate=learning_rate)
    losses = np.empty(steps)
    for t in range(steps):
        loss = ((relu(x @ W + c) @ w + b - y) ** 2).sum()
        losses[t] = loss.item()
        descent.zero_grad()
        loss.backward()
        descent.step()
    return losses, tuple(p.numpy() for p in parameters)


# %% mistake="train_xor" hint="What is the loss before any step is taken, and is it in your list?"
def train_xor(x, y, W, c, w, b, learning_rate, steps):
    parameters = [Tensor(p, requires_grad=True) for p in (W, c, w, b)]
    W, c, w, b = parameters
    descent = SGD(parameters, learning_rate=learning_rate)
    losses = np.empty(steps)
    for t in range(steps):
        descent.zero_grad()
        mean_squared_error(relu(x @ W + c) @ w + b, y).backward()
        descent.step()
        losses[t] = mean_squared_error(relu(x @ W + c) @ w + b, y).item()
    return losses, tuple(p.numpy() for p in parameters)


# %% mistake="train_xor" hint="Your network is linear, so it ends at J = ¼ as in exercise 1. What is missing between the two layers?"
def train_xor(x, y, W, c, w, b, learning_rate, steps):
    parameters = [Tensor(p, requires_grad=True) for p in (W, c, w, b)]
    W, c, w, b = parameters
    descent = SGD(parameters, learning_rate=learning_rate)
    losses = np.empty(steps)
    for t in range(steps):
        loss = mean_squared_error((x @ W + c) @ w + b, y)
        losses[t] = loss.item()
        descent.zero_grad()
        loss.backward()
        descent.step()
    return losses, tuple(p.numpy() for p in parameters)


# %% mistake="train_xor" hint="Which parameters did you give to SGD? The biases want to learn, too."
def train_xor(x, y, W, c, w, b, learning_rate, steps):
    parameters = [Tensor(p, requires_grad=True) for p in (W, c, w, b)]
    W, c, w, b = parameters
    descent = SGD([W, w], learning_rate=learning_rate)
    losses = np.empty(steps)
    for t in range(steps):
        loss = mean_squared_error(relu(x @ W + c) @ w + b, y)
        losses[t] = loss.item()
        for p in parameters:
            p.grad = None
        loss.backward()
        descent.step()
    return losses, tuple(p.numpy() for p in parameters)


# %% mistake="train_xor" hint="The loss falls, so something has learned. Are the arrays that you return the ones that moved?"
def train_xor(x, y, W, c, w, b, learning_rate, steps):
    parameters = [Tensor(p, requires_grad=True) for p in (W, c, w, b)]
    descent = SGD(parameters, learning_rate=learning_rate)
    losses = np.empty(steps)
    for t in range(steps):
        hidden = relu(x @ parameters[0] + parameters[1])
        loss = mean_squared_error(hidden @ parameters[2] + parameters[3], y)
        losses[t] = loss.item()
        descent.zero_grad()
        loss.backward()
        descent.step()
    return losses, (W, c, w, b)


# %% mistake="train_xor" hint="Your loss rises. Does a step go along the gradient, or against it?"
def train_xor(x, y, W, c, w, b, learning_rate, steps):
    parameters = [Tensor(p, requires_grad=True) for p in (W, c, w, b)]
    W, c, w, b = parameters
    losses = np.empty(steps)
    for t in range(steps):
        loss = mean_squared_error(relu(x @ W + c) @ w + b, y)
        losses[t] = loss.item()
        loss.backward()
        with no_grad():
            for p in parameters:
                p += learning_rate * p.grad
                p.grad = None
    return losses, tuple(p.numpy() for p in parameters)


# %% mistake="train_xor" hint="Train twice from the same arrays: is the second run the same? What does `-=` do to an array that came from outside?"
def train_xor(x, y, W, c, w, b, learning_rate, steps):
    losses = np.empty(steps)
    for t in range(steps):
        h = np.maximum(0.0, x @ W + c)
        error = h @ w + b - y
        losses[t] = np.mean(error**2)
        g = 2 * error / len(y)
        g_h = np.outer(g, w) * (h > 0)
        W -= learning_rate * (x.T @ g_h)
        c -= learning_rate * g_h.sum(axis=0)
        w -= learning_rate * (h.T @ g)
        b -= learning_rate * g.sum()
    return losses, (W, c, w, b)


# %% alternative="train_xor"
def train_xor(x, y, W, c, w, b, learning_rate, steps):
    losses = []
    for _ in range(steps):
        z = x @ W + c
        h = np.maximum(z, 0)
        error = h @ w + b - y
        losses.append(np.mean(error**2))
        g = 2 * error / len(y)
        g_z = np.outer(g, w) * (z > 0)
        W, c = W - learning_rate * (x.T @ g_z), c - learning_rate * g_z.sum(axis=0)
        w, b = w - learning_rate * (h.T @ g), b - learning_rate * g.sum()
    return np.array(losses), (W, c, w, b)


# %% alternative="train_xor"
def train_xor(x, y, W, c, w, b, learning_rate, steps):
    arrays, losses = [np.array(p) for p in (W, c, w, b)], []
    for _ in range(steps):
        W, c, w, b = leaves = [Tensor(p, requires_grad=True) for p in arrays]
        error = relu(x @ W + c) @ w + b - y
        loss = (error * error).mean()
        loss.backward()
        losses.append(float(loss))
        arrays = [p - learning_rate * leaf.grad for p, leaf in zip(arrays, leaves, strict=True)]
    return np.array(losses), tuple(arrays)


# %% [markdown]
# ## Twenty-four random starts
#
# Now let your loop run. Weights start at random, biases at zero, as is usual; the number of
# hidden units is 2, as in the book's solution, so every start *could* end at $J = 0$. Before you
# run the cell, guess: how many of the 24 will?


# %%
def random_start(seed, hidden=2, bias=0.0):
    """Draw W (2, hidden) and w (hidden,) from a standard normal; c (hidden,) is constant and b () is zero."""
    rng = np.random.default_rng(seed)
    W, w = rng.normal(size=(2, hidden)), rng.normal(size=hidden)
    return W, np.full(hidden, bias), w, np.zeros(())


LEVELS = {
    1 / 4: ("1/4: all four share one answer", PINK),
    1 / 6: ("1/6: three share one answer", ORANGE),
    1 / 8: ("1/8: two share one answer", BLUE),
    0.0: ("0: solved", GREEN),
}

# %% demo=true
runs = []
if is_written(train_xor, X, y, *random_start(0), 0.1, 1):
    runs = [train_xor(X, y, *random_start(seed), 0.1, 1000) for seed in range(24)]
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    levels = np.array(list(LEVELS))
    for losses, _ in runs:
        nearest = levels[np.argmin(np.abs(levels - losses[-1]))]
        axes.semilogx(np.arange(1, 1001), losses, color=LEVELS[nearest][1], linewidth=1.6, alpha=0.8)
    for level, (name, colour) in LEVELS.items():
        axes.annotate(name, (1000, level), xytext=(8, 0), textcoords="offset points", va="center", color=colour,
                      weight="bold", annotation_clip=False)  # fmt: skip
    axes.set(title="Your training, from 24 random starts", xlabel="step (logarithmic)", ylabel="loss J")
    axes.set(xlim=(1, 1000), ylim=(-0.01, 0.5))
    plt.show()

# %% [markdown]
# *The figure:* 24 loss curves against the step. They do not end just anywhere: each settles on
# one of exactly four levels, ¼, 1/6, ⅛ or 0. (One dawdles at ¼ for 500 steps before it drops to
# 1/6.) Five of the 24 reach 0; the others stay where they are, and 30 000 steps would not change
# that.

# %% [markdown]
# ### Why they are stuck
#
# Where $z < 0$, the derivative of $\max(0, z)$ is 0: a point that a unit does not respond to does
# not pull on it. A point to which *no* unit responds sees only $b$. All such points must
# share one answer, and the best that $b$ can do is the mean of their targets:
#
# | who shares | their answer | $J$ |
# |---|:-:|:-:|
# | all four | ½ | $\tfrac14(4\cdot\tfrac14) = \tfrac14$ |
# | three, the fourth is exact | ⅓ or ⅔ | $\tfrac14(\tfrac19 + \tfrac19 + \tfrac49) = \tfrac16$ |
# | two with unlike targets | ½ | $\tfrac14(\tfrac14 + \tfrac14) = \tfrac18$ |

# %% [markdown]
# On such a level $b$ is at rest, the exact points pull no more, and the units feel nothing: a
# stationary point that is not the minimum. A unit that responds to no point at all is *dead*.

# %% demo=true
if runs and is_written(xor_network, X, *runs[0][1]):
    span = np.linspace(-0.5, 1.5, 161)
    plane = np.stack(np.meshgrid(span, span), axis=-1)
    figure, panels = plt.subplots(1, 3, figsize=(8.6, 3.6), layout="constrained", sharey=True)
    for axes, seed, title in zip(panels, (1, 0, 4), ("solved: J = 0", "stuck at 1/8", "stuck at 1/6"), strict=True):
        W, c, w, b = runs[seed][1]
        surface = xor_network(plane.reshape(-1, 2), W, c, w, b).reshape(161, 161)
        image = axes.imshow(surface, origin="lower", extent=(-0.5, 1.5, -0.5, 1.5), vmin=0, vmax=1, cmap=ZERO_TO_ONE)
        for unit in range(2):
            axes.contour(span, span, plane @ W[:, unit] + c[unit], [0.0], colors="0.25", linestyles="--")
        for target, marker in ((0, "o"), (1, "s")):
            axes.scatter(*X[y == target].T, s=90, marker=marker, color="white", edgecolor="black", zorder=5)
        for point, output in zip(X, np.round(xor_network(X, W, c, w, b), 2) + 0.0, strict=True):
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
            axes.annotate(
                f"{output:.2f}", point, (0, -23), textcoords="offset points", ha="center", fontsize=11, bbox=box
            )
        axes.set(title=title, xlabel="$x_1$", xticks=[0, 1], yticks=[0, 1])
    panels[0].set_ylabel("$x_2$")
    figure.colorbar(image, ax=panels, label="output f(x)", shrink=0.8, ticks=[0, 0.5, 1])
    plt.show()

# %% [markdown]
# *The figure:* what three of your networks answer over the plane (blue 0, orange 1; the values at
# the four points are printed), with a dashed line where each unit switches on. Left, a solution
# unlike the book's: one unit raises each square, and the circles lie where both are off. Middle
# and right, the even patch is where no unit responds: two points share ½ there, or three ⅓.

# %% [markdown]
# ## How often does it work?
#
# Two remedies suggest themselves: *more units*, so that some unit responds to each point, and
# *biases that start above zero*, so that units begin by responding. `mlcore` trains a stack of
# 200 networks at once; a batch axis in front is all it takes.


# %% demo=true
def final_losses(hidden, bias, starts=200, learning_rate=0.1, steps=2000):
    """Train many networks side by side; return the last loss of each, shape (starts,)."""
    W, c, w, b = (np.stack(p) for p in zip(*(random_start(s, hidden, bias) for s in range(starts)), strict=True))
    arrays = W, c[:, None, :], w[:, :, None], b[:, None, None]  # (starts, 2, m), (starts, 1, m), (starts, m, 1), …
    W, c, w, b = parameters = [Tensor(p, requires_grad=True) for p in arrays]
    descent = SGD(parameters, learning_rate=learning_rate)
    for _ in range(steps):
        error = relu(X @ W + c) @ w + b - y[:, None]  # (starts, 4, 1)
        descent.zero_grad()
        ((error * error).sum() / 4).backward()  # a sum over the networks: none feels the others
        descent.step()
    return np.mean(error.numpy() ** 2, axis=(1, 2))


cases = [(2, 0.0), (2, 0.5), (8, 0.0), (8, 0.1)]
figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
levels = np.array(list(LEVELS))
for row, (hidden, bias) in enumerate(cases):
    ends = levels[np.argmin(np.abs(final_losses(hidden, bias)[:, None] - levels), axis=1)]
    left = 0
    for level in reversed(levels):
        share = 100 * np.mean(ends == level)
        label = f"J = {LEVELS[level][0].split(':')[0]}" if row == 0 else None
        axes.barh(row, share, left=left, color=LEVELS[level][1], edgecolor="white", label=label)
        if share > 6:
            ink = "white" if LEVELS[level][1] in (GREEN, BLUE) else "black"
            axes.text(left + share / 2, row, f"{share:.0f}%", ha="center", va="center", color=ink, weight="bold")
        left += share
axes.set_yticks(range(4), [f"{m} units, c = {c:g}" for m, c in cases])
axes.invert_yaxis()
axes.set(title="Where 200 random starts end", xlabel="share of the starts (%)", xlim=(0, 100))
axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.45, -0.2), frameon=False, handlelength=1)
plt.show()

# %% [markdown]
# *The figure:* four bars divide 200 starts by the level on which they end. With 2 units and
# $\boldsymbol c = 0$ about one in five solves XOR; with $\boldsymbol c = 0.5$ half do. With 8
# units it is nine in ten, and with $\boldsymbol c = 0.1$ more still. A network larger than
# necessary is easier to train: chapter 8 is about such things.

# %% [markdown]
# ## Where the sources differ
#
# - *Rows or columns.* The notes on section 6.1 write
#   $\boldsymbol h = g(W^\top \boldsymbol x + \boldsymbol c)$ for a column $\boldsymbol x$; with
#   examples in rows this is $g(\boldsymbol xW + \boldsymbol c)$, the same numbers.
# - *Mean or half a sum.* Here $J = \tfrac14\sum(\cdot)^2$, at the linear optimum 0.25. The table
#   called MSE in the Korea University slides is $\tfrac12\sum(\cdot)^2$, here 0.5. Same minimum,
#   but for $n = 4$ twice the gradient: $\eta = 0.1$ there is $\eta = 0.2$ here.
# - *Initial biases.* The notes (6.2) allow 0 or small positive values. Here the choice decided
#   between 43 and 101 solved starts of 200.

# %% [markdown]
# ## Go further
#
# Ungraded, and open: **can you find a way to start that always solves XOR with two units?**
# Change `random_start` (its scale, its biases, the signs of $\boldsymbol w$) and count with
# `final_losses`. Try also `learning_rate=0.3`: why do *fewer* starts succeed? (Watch what one
# large step does to a unit's $z$ at all four points.)
#
# *Sources:* Goodfellow, Bengio and Courville, *Deep Learning*, section 6.1 (the linear solution,
# the folding of the plane, the weights), and notes on its sections 6.1 and 6.2; Korea University,
# *Neural Network Optimization*, error tables. That one layer cannot learn XOR is in Minsky and
# Papert, *Perceptrons* (1969).
