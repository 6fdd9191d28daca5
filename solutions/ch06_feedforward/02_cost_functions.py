# %% [markdown]
# # 6.2 What should a network minimize?
#
# Nine journeys to work took
#
# $$18,\ 20,\ 21,\ 22,\ 23,\ 24,\ 25,\ 27,\ \mathbf{108}\ \text{minutes.}$$
#
# On the ninth day the train broke down. A network that knows nothing else must predict **one
# number** for tomorrow. Trained with one popular cost it says **32 minutes**, trained with another
# it says **23**. The data are the same, the network is the same, both training runs succeed.
#
# Which of the two would you rather plan your morning with, and where does the difference come from?

# %%
import matplotlib.pyplot as plt
import numpy as np

from grading.checks import (
    assert_allclose,
    assert_finite,
    assert_gradient,
    assert_inputs_unchanged,
    assert_shape,
    assert_vectorized,
    report,
)
from mlcore import Tensor, functions, grad

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#595959"
plt.rcParams.update({"font.size": 12, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})
plt.rcParams.update({"lines.linewidth": 2.2})

journeys = np.array([18.0, 20.0, 21.0, 22.0, 23.0, 24.0, 25.0, 27.0, 108.0])  # minutes


def is_written(exercise, *arguments):
    """Try an exercise. While it is still a stub, say so and return False, so that a figure can wait for it."""
    try:
        exercise(*arguments)
    except NotImplementedError:
        print(f"This cell waits for your `{exercise.__name__}`. Write it above, then run this cell again.")
        return False
    return True


# %% demo=true
figure, axes = plt.subplots(figsize=(7, 2.4), layout="constrained")
for value, side, colour in ((23, -1, BLUE), (32, 1, VERMILION)):
    axes.plot([value, value], [-0.3, 1.0], color=colour)
    axes.text(value + 1.2 * side, 0.7, f"one cost says {value}", color=colour, ha="left" if side > 0 else "right")
axes.scatter(journeys, np.zeros(9), s=60, color=GREY, edgecolor="white", linewidth=0.8, zorder=3)
pointer = {"arrowstyle": "->", "color": GREY}
axes.annotate("the train broke down", (108, 0.06), (108, 0.7), ha="right", color=GREY, arrowprops=pointer)
axes.set(title="Same data, two costs, two predictions", xlabel="journey (minutes)")
axes.set(xlim=(-8, 112), ylim=(-0.3, 1.1), yticks=[], xticks=range(0, 101, 20))
axes.spines["left"].set_visible(False)
plt.show()

# %% [markdown]
# *The figure:* eight dots between 18 and 27 minutes and one at 108. A line at 23 stands in the
# middle of the eight; a line at 32 stands to the right of all eight, drawn there by the single late
# train.
#
# **What you will build**
#
# 1. a table of errors, one column for each candidate network, without a loop;
# 2. the two cross-entropies, safe for any input, and the gradient of the first;
# 3. the gradient descent that finds 32 and 23, and then a classifier for real medical data.
#
# It takes 45 minutes.

# %% [markdown]
# ## 1 · One number for many mistakes
#
# A **cost** (or *loss*) sums up in one number how wrong a network is. The smallest network has one
# weight $w$ and predicts $o = x\,w + 1$. Five examples with the outputs $y$ that we want:
#
# | $x$ | 1 | 2 | 3 | 4 | 5 |
# |---|---|---|---|---|---|
# | target $y$ | 4 | 7 | 10 | 13 | 16 |
# | prediction for $w=2$ | 3 | 5 | 7 | 9 | 11 |
# | error $\tfrac12 (o-y)^2$ | 0.5 | 2 | 4.5 | 8 | 12.5 |
#
# The errors of $w=2$ add up to $27.5$. The Korea University slides ("What is Error/Loss Function?",
# where targets are called $o^*$) do this for $w = 1, \dots, 5$ at once. So will you.

# %% [markdown]
# ### Exercise 1: `mse_table`
#
# *In:* the inputs $x$ and targets $y$, each of shape `(n,)`, and the candidate weights, shape
# `(k,)`.
#
# *Out:* the errors $E_{ij} = \tfrac12 (x_i w_j + 1 - y_i)^2$ of shape `(n, k)`, one row for each
# example, one column for each weight; and the column totals, shape `(k,)`.
#
# *By hand*, for $x = (1, 2)$, $y = (4, 7)$, $w = (1, 3)$:
#
# $$\text{predictions} \begin{pmatrix} 2 & 4 \\ 3 & 7 \end{pmatrix}, \qquad
# \text{errors} \begin{pmatrix} 2 & 0 \\ 8 & 0 \end{pmatrix}, \qquad \text{totals } (10,\ 0).$$
#
# No loop: an array of shape `(n, 1)` and one of shape `(k,)` *broadcast* to `(n, k)`.


# %% exercise="mse_table" points=3
def mse_table(x, targets, weights):
    """Return the errors of the predictions ``x * w + 1`` for several weights w, and their totals.

    Parameters
    ----------
    x, targets : array, shape (n,)
    weights : array, shape (k,)

    Returns
    -------
    errors : array, shape (n, k)
        Half the squared difference of prediction i with weight j from target i.
    totals : array, shape (k,)
        The sum of each column.
    """
    ### BEGIN SOLUTION
    predictions = x[:, None] * weights + 1
    errors = 0.5 * (predictions - targets[:, None]) ** 2
    return errors, errors.sum(axis=0)
    ### END SOLUTION


# %% check="mse_table"
def test_worked_example():
    "Half the squared difference between x·w + 1 and the target: do you get the four errors that were found by hand?"
    errors, _ = mse_table(np.array([1.0, 2.0]), np.array([4.0, 7.0]), np.array([1.0, 3.0]))
    assert_allclose(errors, [[2.0, 0.0], [8.0, 0.0]])


def test_totals_of_the_slides():
    "The last row of the slides is 110, 27.5, 0, 27.5, 110. Over which axis lie the five examples of one weight?"
    x = np.arange(1.0, 6.0)
    _, totals = mse_table(x, 3 * x + 1, x)
    assert_allclose(totals, [110.0, 27.5, 0.0, 27.5, 110.0])


def test_shapes():
    "Three examples and two weights: which of the two counts the rows?"
    errors, totals = mse_table(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0]), np.array([0.0, -1.0]))
    assert_shape(errors, (3, 2))
    assert_shape(totals, (2,))


### BEGIN HIDDEN TESTS
def test_random_examples_and_weights(rng, reference):
    "Does it hold for inputs, targets and weights that are not whole numbers, and for any number of each?"
    x, targets, weights = rng.normal(size=7), rng.normal(size=7), rng.normal(size=4)
    errors, totals = mse_table(x, targets, weights)
    expected_errors, expected_totals = reference.mse_table(x, targets, weights)
    assert_allclose(errors, expected_errors)
    assert_allclose(totals, expected_totals)


def test_a_single_weight_keeps_its_axis(rng):
    "With one weight the table still has a column, and the totals still have one entry."
    errors, totals = mse_table(rng.normal(size=6), rng.normal(size=6), np.array([0.5]))
    assert_shape(errors, (6, 1))
    assert_shape(totals, (1,))


def test_no_loop_over_examples(rng):
    "Is there a loop? One expression can compute the whole table."
    assert_vectorized(
        mse_table,
        (rng.normal(size=4), rng.normal(size=4), rng.normal(size=3)),
        (rng.normal(size=200), rng.normal(size=200), rng.normal(size=60)),
    )


def test_inputs_are_left_alone(rng):
    "Does your function write into the arrays that it was given?"
    assert_inputs_unchanged(mse_table, rng.normal(size=4), rng.normal(size=4), rng.normal(size=3))


### END HIDDEN TESTS


# %% mistake="mse_table" hint="Compare your error of x = 1, w = 1 with the 2 of the worked example: (2 − 4)² is 4. Which factor is missing?"
def mse_table(x, targets, weights):
    errors = (x[:, None] * weights + 1 - targets[:, None]) ** 2
    return errors, errors.sum(axis=0)


# %% mistake="mse_table" hint="Your totals are 22, 5.5, 0, … The slides call the last row MSE. Does 0.5 + 2 + 4.5 + 8 + 12.5 = 27.5 look like a mean?"
def mse_table(x, targets, weights):
    errors = 0.5 * (x[:, None] * weights + 1 - targets[:, None]) ** 2
    return errors, errors.mean(axis=0)


# %% mistake="mse_table" hint="With five examples and five weights both sums have five entries. Which one adds the errors of one weight over all examples?"
def mse_table(x, targets, weights):
    errors = 0.5 * (x[:, None] * weights + 1 - targets[:, None]) ** 2
    return errors, errors.sum(axis=1)


# %% mistake="mse_table" hint="Your table is the transpose of the one that was asked for. What do its rows count?"
def mse_table(x, targets, weights):
    errors = 0.5 * (weights[:, None] * x + 1 - targets) ** 2
    return errors, errors.sum(axis=1)


# %% mistake="mse_table" hint="What does your network predict for x = 0? The + 1 is not multiplied by w."
def mse_table(x, targets, weights):
    errors = 0.5 * ((x[:, None] + 1) * weights - targets[:, None]) ** 2
    return errors, errors.sum(axis=0)


# %% mistake="mse_table" hint="Where is the bias of the prediction x·w + 1?"
def mse_table(x, targets, weights):
    errors = 0.5 * (np.outer(x, weights) - targets[:, None]) ** 2
    return errors, errors.sum(axis=0)


# %% mistake="mse_table" hint="The numbers are right, but Python computes them one by one. What happens when an array of shape (n, 1) meets one of shape (k,)?"
def mse_table(x, targets, weights):
    errors = np.zeros((len(x), len(weights)))
    for i in range(len(x)):
        for j in range(len(weights)):
            errors[i, j] = 0.5 * (x[i] * weights[j] + 1 - targets[i]) ** 2
    return errors, errors.sum(axis=0)


# %% alternative="mse_table"
def mse_table(x, targets, weights):
    difference = np.outer(x, weights) + 1 - np.reshape(targets, (-1, 1))
    errors = np.square(difference) / 2
    return errors, np.einsum("ij->j", errors)


# %% demo=true
x = np.arange(1.0, 6.0)
y = 3 * x + 1
if is_written(mse_table, x, y, x):
    _, totals = mse_table(x, y, x)
    grid = np.linspace(0.6, 5.4, 200)
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(grid, mse_table(x, y, grid)[1], color=VERMILION)
    axes.scatter(x, totals, s=60, color="black", zorder=3)
    for weight, total in zip(x, totals, strict=True):
        place = {"xytext": (10 * np.sign(weight - 3), -14 if weight != 3 else 10), "textcoords": "offset points"}
        axes.annotate(
            f"{total:g}", (weight, total), ha={-1: "right", 0: "center", 1: "left"}[np.sign(weight - 3)], **place
        )
    tangent = np.array([1.5, 2.5])
    axes.plot(tangent, 27.5 - 55 * (tangent - 2), color=BLUE, linestyle="--", linewidth=1.8)
    axes.text(2.0, 52, "slope −55:\nmove to the right", color=BLUE)
    axes.set(title="Five columns of the table, five points of one curve", ylim=(-12, 165), xticks=x)
    axes.set(xlabel="weight $w$", ylabel="cost  ½ Σ (error²)")
    plt.show()

# %% [markdown]
# *The figure:* a parabola with its lowest point, 0, at $w=3$; the table's totals 110, 27.5, 0,
# 27.5, 110 lie on it. At $w=2$ the curve falls steeply to the right.
#
# The table tried five weights. The **slope** says where to go without trying: here
# $\frac{d}{dw}\,\tfrac12\sum_i (x_i w + 1 - y_i)^2 = \sum_i x_i^2\,(w - 3) = 55\,(w-3)$, so $-55$
# at $w=2$.

# %% [markdown]
# > **Where the sources differ: what is "MSE"?**
# >
# > Korea University's last row is called MSE and is half a *sum*. Jiang's $Q_\text{MSE}$ and
# > Lepetit's equation (4), "the mean squared error", are sums without the half. A mean divides by
# > $n$. All of them have their minimum at $w=3$; the slopes differ, and with them the learning rate
# > that works.
# >
# > One slide even steps by the whole slope, $w \leftarrow w - \frac{d\mathcal L}{dw}$: from $w=2$
# > that lands at $w = 57$. The next slide brings the learning rate $\eta$.

# %% [markdown]
# In this course a cost is a **mean over the examples**, so that it does not grow with the batch.
# The cell below puts the three in numbers.

# %% demo=true
curvature = np.sum(x**2)  # 55, the second derivative of ½ Σ (x w + 1 − y)²
print("at w = 2                             cost    slope   descent converges for")
for name, factor in (
    ("½ Σ error²   (Korea University)", 1),
    ("Σ error²     (Jiang, Lepetit)", 2),
    ("mean error²  (this course)", 2 / 5),
):
    limit = 2 / (factor * curvature)
    print(f"{name:34s} {factor * 27.5:6.1f}  {-factor * curvature:7.1f}   learning rates below {limit:.3f}")

# %% [markdown]
# ## 2 · Who chooses the cost? The likelihood does
#
# Why square the error, and not take its absolute value? Say what you believe about the noise, and
# the cost follows.
#
# Let the network's output describe a **distribution** $p(y \mid x; \theta)$ of the target, with
# parameters $\theta$. Good parameters make the $N$ observed targets probable. The product of
# probabilities becomes a sum under the logarithm, and a sum to minimize under a minus sign:
#
# $$J(\theta) = -\frac1N \log \prod_{i=1}^{N} p(y_i \mid x_i;\theta) = -\frac1N\sum_{i=1}^{N} \log p(y_i\mid x_i;\theta)$$
#
# This is **maximum likelihood** (*Deep Learning* 6.2.1.1; Lepetit's eq. 2, without $1/N$). It is
# also called the *cross-entropy* between data and model.

# %% [markdown]
# ### A bell becomes a bowl
#
# Let targets scatter around the output $o$ like a Gaussian with standard deviation $\sigma$:
#
# $$-\log \frac{1}{\sqrt{2\pi}\,\sigma}\, e^{-\frac{(y-o)^2}{2\sigma^2}} = \frac{(y-o)^2}{2\sigma^2} + \text{const}$$
#
# Neither the constant nor the factor moves the minimum (Lepetit, eq. 3): what is left is the
# **squared error**.
#
# Let them scatter like a Laplace distribution, $\frac{1}{2b} e^{-|y-o|/b}$, which gives large
# errors more probability:
#
# $$-\log \frac{1}{2b}\, e^{-|y-o|/b} = \frac{|y-o|}{b} + \text{const}$$
#
# Now it is the **absolute error**. The figure takes $\sigma = b = 1$.

# %% demo=true
error = np.linspace(-5, 5, 401)
gaussian, laplace = np.exp(-(error**2) / 2) / np.sqrt(2 * np.pi), np.exp(-np.abs(error)) / 2
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.7), layout="constrained")
for density, colour in ((gaussian, VERMILION), (laplace, BLUE)):
    left.plot(error, density, color=colour)
    right.plot(error, -np.log(density), color=colour)
left.text(1.2, 0.28, "Gaussian", color=VERMILION)
left.text(0.4, 0.46, "Laplace", color=BLUE)
right.text(0, 10.8, "bowl: an error of 5\ncosts 13.4", color=VERMILION, ha="center")
right.text(0, 3.7, "V: an error of 5\ncosts 5.7", color=BLUE, ha="center")
left.set(title="What you believe about the noise …", ylabel="density $p(y \\mid x)$", ylim=(0, 0.55))
right.set(title="… is the cost that you get", ylabel="cost  $-\\log\\,p(y \\mid x)$", ylim=(0, 14.2))
for axes in (left, right):
    axes.set(xlabel="error $o - y$", xticks=[-5, 0, 5])
plt.show()

# %% [markdown]
# *The figure:* on the left a round bell (Gaussian) and a pointed tent with thicker tails (Laplace).
# On the right the negative logarithms of both: the bell has become a parabola, the tent a V. An
# error of 5 is next to impossible under the Gaussian, so it costs more than twice as much.
#
# | the target is | model | cost of one example |
# |---|---|---|
# | a number, light-tailed noise | Gaussian around $o$ | $(y-o)^2$ |
# | a number, some wild outliers | Laplace around $o$ | $\lvert y-o\rvert$ |
# | 0 or 1 | Bernoulli | binary cross-entropy |
# | one of $k$ classes | categorical | cross-entropy |

# %% [markdown]
# ## 3 · Yes or no: binary cross-entropy
#
# Now the target $y$ is 0 or 1. The network gives a **logit** $z$, any real number, and the sigmoid
# makes a probability of it: $p = \sigma(z) = \frac{1}{1+e^{-z}}$ for $y=1$, and $1-p$ for $y=0$.
# The negative log-likelihood of $n$ examples is
#
# $$J = -\frac1n \sum_{i=1}^n \big[\,y_i \log p_i + (1-y_i)\log(1-p_i)\,\big].$$
#
# (The Korea University slides write the sum without $\frac1n$; `log` is the natural logarithm.)
#
# On paper that is all. A computer has 16 digits, and there is a trap: run the next cell.


# %%
def sigmoid(z):
    """Return 1 / (1 + exp(-z)) for each entry of z (any shape)."""
    return 0.5 * (1 + np.tanh(0.5 * z))


# %% demo=true
print("   z   p = sigmoid(z)         −log(1 − p), computed      the truth")
with np.errstate(divide="ignore"):
    for z in (2.0, 20.0, 40.0):
        print(f"{z:4.0f}   {sigmoid(z):.17f}   {-np.log(1 - sigmoid(z)):20.10f}  {z + np.log1p(np.exp(-z)):13.10f}")

# %% [markdown]
# At $z = 40$ the probability is *rounded* to exactly 1, and the cost to infinity. The gradient of
# such a cost is no better.
#
# The way out is to simplify before computing. With the *softplus* $\zeta(z) = \log(1+e^{z})$, the
# cost of a target 1 is
#
# $$-\log\sigma(z) = \log(1 + e^{-z}) = \zeta(-z).$$
#
# What is $-\log(1-\sigma(z))$, the cost of a target 0? (Use $1-\sigma(z) = \sigma(-z)$.) NumPy
# computes `np.logaddexp(a, b)` $= \log(e^a + e^b)$ without overflow.
#
# The logarithm has undone the exponential (*Deep Learning* 6.2.2.2): far from 0 the cost is a
# straight line in $z$.

# %% [markdown]
# ### Exercise 2: `binary_cross_entropy`
#
# *In:* logits $z$ and targets $y$, both of shape `(n,)`. A target is 0, 1, or a probability in
# between.
#
# *Out:* two functions. One returns the mean cost $J$, a number; the other its gradient
# $\big(\frac{\partial J}{\partial z_1},\dots,\frac{\partial J}{\partial z_n}\big)$, shape `(n,)`.
# Differentiate $\zeta$ with pen and paper first: you will meet an old friend.
#
# *By hand*, for $z = (2, -1, 0)$ and $y = (1, 0, 1)$: the costs are $\zeta(-2) = 0.127$,
# $\zeta(-1) = 0.313$ and $\zeta(0) = \log 2 = 0.693$; their mean is $0.378$. The first entry of the
# gradient is $-0.040$: a larger $z_1$ would lower the cost, but little, since the answer is
# already right.


# %% exercise="binary_cross_entropy" points=5
def binary_cross_entropy(logits, targets):
    """Return the mean binary cross-entropy of sigmoid(logits), finite for any finite logits.

    Parameters
    ----------
    logits : array, shape (n,)
    targets : array, shape (n,), entries from 0 to 1

    Returns
    -------
    float
    """
    ### BEGIN SOLUTION
    costs = targets * np.logaddexp(0, -logits) + (1 - targets) * np.logaddexp(0, logits)
    return costs.mean()
    ### END SOLUTION


def binary_cross_entropy_gradient(logits, targets):
    """Return the gradient of ``binary_cross_entropy`` with respect to the logits.

    Parameters
    ----------
    logits : array, shape (n,)
    targets : array, shape (n,), entries from 0 to 1

    Returns
    -------
    array, shape (n,)
    """
    ### BEGIN SOLUTION
    return (sigmoid(logits) - targets) / len(logits)
    ### END SOLUTION


# %% check="binary_cross_entropy"
def test_worked_example():
    "Do you get the mean cost 0.378 that was found by hand?"
    assert_allclose(binary_cross_entropy(np.array([2.0, -1.0, 0.0]), np.array([1.0, 0.0, 1.0])), 0.377779, atol=2e-6)


def test_undecided_costs_log_2():
    "A logit of 0 means fifty-fifty: log 2 = 0.693 for one example, and the same for the mean of many."
    assert_allclose(binary_cross_entropy(np.zeros(1), np.ones(1)), np.log(2))
    assert_allclose(binary_cross_entropy(np.zeros(5), np.array([0.0, 1.0, 1.0, 0.0, 1.0])), np.log(2))


def test_targets_between_0_and_1():
    "A target of 0.25 weighs the cost of a 1 by 0.25. What weighs the cost of a 0?"
    assert_allclose(
        binary_cross_entropy(np.array([3.0]), np.array([0.25])),
        0.25 * np.log1p(np.exp(-3)) + 0.75 * np.log1p(np.exp(3)),
    )


def test_certain_and_wrong():
    "A logit of 1000 for a target of 0 costs 1000: not infinity, not NaN, not a clipped value. Does a probability occur in your cost?"
    assert_allclose(binary_cross_entropy(np.array([1000.0, -1000.0]), np.array([0.0, 1.0])), 1000.0)


def test_worked_example_of_the_gradient():
    "The gradient of the mean: which sign must it have where a larger logit lowers the cost? And what became of 1/n?"
    gradient = binary_cross_entropy_gradient(np.array([2.0, -1.0, 0.0]), np.array([1.0, 0.0, 1.0]))
    assert_allclose(gradient, [-0.0397343, 0.0896471, -0.1666667], rtol=1e-5)


def test_gradient_is_the_slope_of_your_cost(rng):
    "Nudge each logit a little: does your cost change as your gradient says?"
    targets = np.array([0.0, 1.0, 1.0, 0.3])
    assert_gradient(
        lambda z: binary_cross_entropy(z, targets),
        lambda z: binary_cross_entropy_gradient(z, targets),
        rng.normal(size=4),
    )


### BEGIN HIDDEN TESTS
def test_random_batches(rng, reference):
    "Does the cost hold for any logits, and for any targets from 0 to 1?"
    for n in (1, 9, 40):
        logits, targets = 3 * rng.normal(size=n), rng.uniform(size=n)
        assert_allclose(binary_cross_entropy(logits, targets), reference.binary_cross_entropy(logits, targets))


def test_gradient_of_random_batches(rng, reference):
    "Does the gradient hold for any logits, and for any targets from 0 to 1?"
    for n in (1, 9, 40):
        logits, targets = 3 * rng.normal(size=n), rng.uniform(size=n)
        expected = reference.binary_cross_entropy_gradient(logits, targets)
        assert_allclose(binary_cross_entropy_gradient(logits, targets), expected)


def test_gradient_stays_finite():
    "What is your gradient at logits of 1000 and of −1000?"
    logits, targets = np.array([1000.0, -1000.0, 1000.0, -1000.0]), np.array([0.0, 1.0, 1.0, 0.0])
    assert_finite(binary_cross_entropy_gradient(logits, targets))
    assert_allclose(binary_cross_entropy_gradient(logits, targets), [0.25, -0.25, 0.0, 0.0])


def test_certain_and_right():
    "Certain and right costs nothing: is 0 · ∞ hidden in your formula?"
    assert_allclose(binary_cross_entropy(np.array([1000.0, -1000.0]), np.array([1.0, 0.0])), 0.0)


def test_no_loop_over_examples(rng):
    "Is there a loop over the examples? One expression can handle all of them."
    small, large = (rng.normal(size=4), np.ones(4)), (rng.normal(size=500), np.ones(500))
    assert_vectorized(binary_cross_entropy, small, large)
    assert_vectorized(binary_cross_entropy_gradient, small, large)


def test_inputs_are_left_alone(rng):
    "Does one of your functions write into the arrays that it was given?"
    assert_inputs_unchanged(binary_cross_entropy, rng.normal(size=5), rng.uniform(size=5))
    assert_inputs_unchanged(binary_cross_entropy_gradient, rng.normal(size=5), rng.uniform(size=5))


### END HIDDEN TESTS


# %% mistake="binary_cross_entropy" hint="At z = 1000 your probability is exactly 1 and its log(1 − p) is −∞. Can you write the cost with ζ(z) and ζ(−z), so that no probability occurs?"
def binary_cross_entropy(logits, targets):
    p = sigmoid(logits)
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))


def binary_cross_entropy_gradient(logits, targets):
    return (sigmoid(logits) - targets) / len(logits)


# %% mistake="binary_cross_entropy" hint="Clipping hides the infinity: a logit of 1000 and one of 20 then cost the same, and the slope between them is 0. Which form of the cost needs no clipping?"
def binary_cross_entropy(logits, targets):
    p = np.clip(sigmoid(logits), 1e-7, 1 - 1e-7)
    return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))


def binary_cross_entropy_gradient(logits, targets):
    return (sigmoid(logits) - targets) / len(logits)


# %% mistake="binary_cross_entropy" hint="Your cost and your gradient grow with the number of examples. What did this notebook agree on, sum or mean?"
def binary_cross_entropy(logits, targets):
    return np.sum(targets * np.logaddexp(0, -logits) + (1 - targets) * np.logaddexp(0, logits))


def binary_cross_entropy_gradient(logits, targets):
    return sigmoid(logits) - targets


# %% mistake="binary_cross_entropy" hint="Your cost is a mean. By how much does a mean over n examples change when only one of them changes?"
def binary_cross_entropy(logits, targets):
    return np.mean(targets * np.logaddexp(0, -logits) + (1 - targets) * np.logaddexp(0, logits))


def binary_cross_entropy_gradient(logits, targets):
    return sigmoid(logits) - targets


# %% mistake="binary_cross_entropy" hint="Your gradient points the wrong way: for z = 2 and target 1, would a larger z raise or lower the cost?"
def binary_cross_entropy(logits, targets):
    return np.mean(np.logaddexp(0, logits) - targets * logits)


def binary_cross_entropy_gradient(logits, targets):
    return (targets - sigmoid(logits)) / len(logits)


# %% mistake="binary_cross_entropy" hint="A target of 0 costs you nothing, whatever the logit. Where is the second term of the sum?"
def binary_cross_entropy(logits, targets):
    return np.mean(targets * np.logaddexp(0, -logits))


def binary_cross_entropy_gradient(logits, targets):
    return targets * (sigmoid(logits) - 1) / len(logits)


# %% mistake="binary_cross_entropy" hint="Your costs are negative. The logarithm of a probability is at most 0: which sign makes a cost of it?"
def binary_cross_entropy(logits, targets):
    return -np.mean(targets * np.logaddexp(0, -logits) + (1 - targets) * np.logaddexp(0, logits))


def binary_cross_entropy_gradient(logits, targets):
    return (targets - sigmoid(logits)) / len(logits)


# %% mistake="binary_cross_entropy" hint="ζ((1 − 2y) z) is right for y = 0 and y = 1. What does it say for y = ½, and what should it say?"
def binary_cross_entropy(logits, targets):
    return np.mean(np.logaddexp(0, (1 - 2 * targets) * logits))


def binary_cross_entropy_gradient(logits, targets):
    return (sigmoid(logits) - targets) / len(logits)


# %% mistake="binary_cross_entropy" hint="That is the gradient of the squared error through a sigmoid. Is there a factor p(1 − p) left when you differentiate ζ(z)?"
def binary_cross_entropy(logits, targets):
    return np.mean(np.logaddexp(0, logits) - targets * logits)


def binary_cross_entropy_gradient(logits, targets):
    p = sigmoid(logits)
    return (p - targets) * p * (1 - p) / len(logits)


# %% alternative="binary_cross_entropy"
def binary_cross_entropy(logits, targets):
    softplus = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    return np.mean(softplus - targets * logits)


def binary_cross_entropy_gradient(logits, targets):
    small = np.exp(-np.abs(logits))  # never overflows
    p = np.where(logits >= 0, 1, small) / (1 + small)
    return np.divide(p - targets, np.size(logits))


# %% [markdown]
# ### Why not the squared error of the probability?
#
# One could also minimize $(\sigma(z) - y)^2$. It is 0 when the answer is right and 1 when it is
# certain and wrong: what is the matter with it? Compare the slopes for a target $y = 1$. The chain
# rule brings the sigmoid's derivative $p(1-p)$ into the squared error's slope,
#
# $$\frac{d}{dz}(p-1)^2 = 2\,(p-1)\,p\,(1-p), \qquad p = \sigma(z),$$
#
# and this factor is almost 0 wherever the sigmoid is flat, that is, also where the network is
# **certain and wrong**. The next figure draws it beside the gradient that you wrote.

# %% demo=true
if is_written(binary_cross_entropy, np.zeros(1), np.ones(1)) and is_written(
    binary_cross_entropy_gradient, np.zeros(1), np.ones(1)
):
    z = np.linspace(-8, 8, 321)
    p = sigmoid(z)
    costs = [binary_cross_entropy(one, np.ones(1)) for one in z[:, None]]
    slopes = [binary_cross_entropy_gradient(one, np.ones(1))[0] for one in z[:, None]]
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
    left.plot(z, costs, color=BLUE)
    left.plot(z, (p - 1) ** 2, color=VERMILION)
    left.text(-3.6, 5.4, "cross-entropy", color=BLUE)
    left.text(-7.9, 0.3, "squared error", color=VERMILION)
    left.set(title="The cost for target 1 …", xlabel="logit $z$", ylabel="cost")
    right.plot(z, np.abs(slopes), color=BLUE)
    right.plot(z, np.abs(2 * (p - 1) * p * (1 - p)), color=VERMILION)
    right.text(0.4, 0.7, "cross-entropy", color=BLUE)
    right.text(-7.9, 0.3, "squared error", color=VERMILION)
    right.set(title="… and what drives learning", xlabel="logit $z$", ylabel="steepness  |d cost / d$z$|")
    for axes, height in ((left, 9.2), (right, 1.18)):
        axes.axvspan(-8, -3, color="0.92", linewidth=0, zorder=0)
        axes.text(-5.5, height, "certain\nand wrong", color=GREY, ha="center", va="center", fontsize=11)
        axes.set(ylim=(-0.03 * height, 1.1 * height))
    plt.show()

# %% [markdown]
# *The figure:* left, for very negative logits the cross-entropy is a straight line that keeps
# rising, the squared error a plateau at height 1. Right, the steepness: in the grey zone, where the
# answer is certain and wrong, the cross-entropy's is 1 and the squared error's is almost 0.
#
# On a plateau gradient descent stands still. The sigmoid is flat because of its $e^{-z}$; the
# logarithm in the cross-entropy undoes it, and the gradient is small only where the answer is
# **right** (*Deep Learning* 6.2.2.2).

# %% [markdown]
# ## 4 · One of many: cross-entropy
#
# For $k$ classes the network gives a row of $k$ logits $z$, and the **softmax** makes probabilities
# of them:
#
# $$p_j = \frac{e^{z_j}}{\sum_{l} e^{z_l}}, \qquad -\log p_c = \log\sum_l e^{z_l} - z_c$$
#
# where $c$ is the right class (Lepetit, eqs. 5 and 7; Jiang: $-\ln[\mathbf y]_r$). The Korea
# University slides write $-\sum_j y_j \log p_j$ with a *one-hot* row $y$: a 1 at place $c$, else 0.
# It is the same number, since only one term of the sum survives.

# %% [markdown]
# The slides' example, $z = (2.8,\ 1.1,\ -0.5)$, gives $p = (0.82,\ 0.15,\ 0.03)$. If the first
# class is the right one, the cost is $-\log 0.82 = 0.1985$. If the logits come in the opposite
# order it is $-\log 0.03 = 3.5066$.

# %% demo=true
logits = np.array([2.8, 1.1, -0.5])
p = np.exp(logits) / np.exp(logits).sum()
print("the right class has                 p = 0.82     p = 0.03")
print(f"cost from the rounded probability   {-np.log(0.82):.4f}       {-np.log(0.03):.4f}    (as on the slides)")
print(f"cost without rounding               {-np.log(p[0]):.4f}       {-np.log(p[2]):.4f}")
print(f"in base 10 instead of base e        {-np.log10(p[0]):.4f}       {-np.log10(p[2]):.4f}")

# %% [markdown]
# > **Where the sources differ: rounding, counting, adding**
# >
# > * The slides round first. For 0.82 that is harmless, for 0.03 it changes the third digit: 3.5066
# >   instead of 3.4985. A logarithm magnifies the rounding of small probabilities.
# > * Lepetit counts classes from 1 to $C$. NumPy, and this course, count from 0 to $k-1$.
# > * Korea University, Jiang and Lepetit add the costs of all examples, *Deep Learning* takes the
# >   expectation, a mean. Here, the two examples together cost $3.7051$ as a sum and $1.8526$ as a
# >   mean (rounded probabilities).

# %% [markdown]
# ### Exercise 3: `cross_entropy`
#
# *In:* logits of shape `(n, k)`, one row for each example; the index of the right class of each
# example, integers from 0 to $k-1$, shape `(n,)`.
#
# *Out:* the mean of $\log\sum_l e^{z_l} - z_c$ over the examples, a number.
#
# *By hand:* the logits $(0, 0, 0)$ cost $\log 3 = 1.0986$ whatever the class. The two rows of the
# slides, $(2.8, 1.1, -0.5)$ and $(-0.5, 1.1, 2.8)$, both with class 0, cost $0.1985$ and $3.4985$,
# so $1.8485$ in the mean.
#
# $e^{1000}$ overflows. But adding a constant to a row changes no probability, so you may choose it
# well (*Deep Learning* 6.2.2.3).


# %% exercise="cross_entropy" points=4
def cross_entropy(logits, targets):
    """Return the mean cross-entropy of softmax(logits), finite for any finite logits.

    Parameters
    ----------
    logits : array, shape (n, k)
    targets : array of integers, shape (n,)
        The right class of each row, from 0 to k - 1.

    Returns
    -------
    float
    """
    ### BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(shifted).sum(axis=1))
    return np.mean(log_sums - shifted[np.arange(len(targets)), targets])
    ### END SOLUTION


# %% check="cross_entropy"
def test_first_example_of_the_slides():
    "Probabilities 0.82, 0.15, 0.03 (given as their logarithms, which are logits) and class 0 cost −log 0.82 = 0.1985."
    assert_allclose(cross_entropy(np.log([[0.82, 0.15, 0.03]]), np.array([0])), 0.1985, atol=5e-5)


def test_second_example_of_the_slides():
    "The right class has probability 0.03: the cost is 3.5066 when it is exactly 0.03, and 3.4985 from the logits."
    assert_allclose(cross_entropy(np.log([[0.03, 0.15, 0.82]]), np.array([0])), 3.5066, atol=5e-5)
    assert_allclose(cross_entropy(np.array([[-0.5, 1.1, 2.8]]), np.array([0])), 3.4985, atol=5e-5)


def test_mean_over_the_batch():
    "Two rows, each with a right class of its own, of costs 0.1985 and 3.4985: what is their mean?"
    logits = np.array([[2.8, 1.1, -0.5], [1.1, 2.8, -0.5]])
    assert_allclose(cross_entropy(logits, np.array([0, 2])), 1.8485, atol=5e-5)


def test_equal_logits_cost_log_k():
    "Equal logits spread the probability evenly over k classes: each example costs log k."
    assert_allclose(cross_entropy(np.zeros((2, 5)), np.array([4, 1])), np.log(5))


def test_large_logits():
    "Adding 1000 to all logits of a row must change nothing. Which constant can you subtract so that no exponential overflows?"
    assert_allclose(cross_entropy(1000 + np.array([[2.8, 1.1, -0.5]]), np.array([1])), 1.8985, atol=5e-5)


### BEGIN HIDDEN TESTS
def test_random_batches(rng, reference):
    "Does it hold for any number of examples and classes?"
    for n, k in [(1, 2), (6, 3), (4, 4), (30, 10)]:
        logits, targets = 2 * rng.normal(size=(n, k)), rng.integers(k, size=n)
        assert_allclose(cross_entropy(logits, targets), reference.cross_entropy(logits, targets))


def test_certain_and_wrong():
    "A class that is 2000 behind costs 2000. Does a probability of exactly 0 occur on the way, and then its logarithm?"
    assert_allclose(cross_entropy(np.array([[1000.0, -1000.0], [0.0, 700.0]]), np.array([1, 0])), 1350.0)


def test_certain_and_right():
    "Certain and right costs nothing, although the other classes have probability 0: is 0 · log 0 in your sum?"
    assert_allclose(cross_entropy(np.array([[1000.0, -1000.0, 0.0]]), np.array([0])), 0.0)


def test_rows_do_not_mix(rng):
    "Each row is shifted by its own constant: what if one row is 2000 above the other?"
    logits = rng.normal(size=(2, 3))
    far = logits + np.array([[1000.0], [-1000.0]])
    expected = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[[0, 1], [2, 0]])
    assert_allclose(cross_entropy(far, np.array([2, 0])), expected, rtol=1e-9)


def test_no_loop_over_examples(rng):
    "Is there a loop over the examples? An array of row numbers beside the targets picks one entry of each row."
    small = (rng.normal(size=(4, 3)), rng.integers(3, size=4))
    assert_vectorized(cross_entropy, small, (rng.normal(size=(400, 3)), rng.integers(3, size=400)))


def test_inputs_are_left_alone(rng):
    "Does your function write into the arrays that it was given, perhaps with -= ?"
    assert_inputs_unchanged(cross_entropy, rng.normal(size=(4, 3)), rng.integers(3, size=4))


### END HIDDEN TESTS


# %% mistake="cross_entropy" hint="e^1000 is infinite, and ∞/∞ is NaN. What may you subtract from a row without changing its probabilities?"
def cross_entropy(logits, targets):
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(len(targets)), targets]).mean()


# %% mistake="cross_entropy" hint="Print the shape of logits[:, targets]. You want one entry of each row, so each row number must be paired with one class."
def cross_entropy(logits, targets):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[:, targets].mean()


# %% mistake="cross_entropy" hint="Your cost of two examples is the sum of their costs. What did this notebook agree on?"
def cross_entropy(logits, targets):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.sum(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(targets)), targets])


# %% mistake="cross_entropy" hint="You averaged over all n·k entries, of which only n are not 0. By what do you have to divide?"
def cross_entropy(logits, targets):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.mean(np.eye(logits.shape[1])[targets] * log_p)


# %% mistake="cross_entropy" hint="The probabilities of one example, a row, must add up to 1. Along which axis did you add?"
def cross_entropy(logits, targets):
    shifted = logits - logits.max(axis=0)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=0))
    return -log_p[np.arange(len(targets)), targets].mean()


# %% mistake="cross_entropy" hint="Your classes begin at 1. Which column does class 0 pick then?"
def cross_entropy(logits, targets):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(targets)), targets - 1].mean()


# %% mistake="cross_entropy" hint="The small number inside the logarithm limits every cost to 27.6. Can you simplify log(e^z / Σ e^z) before you compute it?"
def cross_entropy(logits, targets):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(targets)), targets] + 1e-12).mean()


# %% mistake="cross_entropy" hint="You applied the softmax twice, once to the logits and once to the probabilities. Which of them does the formula ask for?"
def cross_entropy(logits, targets):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    log_p = p - np.log(np.exp(p).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(targets)), targets].mean()


# %% mistake="cross_entropy" hint="The numbers are right, but Python walks through the rows. Which index arrays pick one entry of every row at once?"
def cross_entropy(logits, targets):
    costs = []
    for row, target in zip(logits, targets, strict=True):
        shifted = row - np.max(row)
        costs.append(np.log(np.sum(np.exp(shifted))) - shifted[target])
    return np.mean(costs)


# %% alternative="cross_entropy"
def cross_entropy(logits, targets):
    picked = np.take_along_axis(logits, targets[:, None], axis=1)[:, 0]
    return (np.logaddexp.reduce(logits, axis=1) - picked).mean()


# %% [markdown]
# ### Two classes are a special case
#
# What has the sigmoid to do with the softmax? Give the first of two classes the logit 0 and the
# second the logit $z$:
#
# $$\operatorname{softmax}(0, z)_1 = \frac{e^{z}}{e^{0} + e^{z}} = \frac{1}{1 + e^{-z}} = \sigma(z)$$
#
# (classes counted from 0). So your two functions must agree. Do they?

# %% demo=true
z, y = np.array([2.0, -1.0, 0.0, 30.0]), np.array([1, 0, 1, 0])
if is_written(binary_cross_entropy, z, y) and is_written(cross_entropy, np.zeros((1, 2)), np.zeros(1, dtype=int)):
    print(f"binary_cross_entropy(z, y)      = {binary_cross_entropy(z, y):.10f}")
    print(f"cross_entropy([[0, z], …], y)   = {cross_entropy(np.stack([np.zeros(4), z], axis=1), y):.10f}")

# %% [markdown]
# ## 5 · Back to the journeys: mean and median
#
# With no inputs to look at, the best a network can do is a constant $c$. Write down both costs of
# $n$ targets $y_1,\dots,y_n$ and their slopes:
#
# $$\frac{d}{dc}\,\frac1n\sum_i (c-y_i)^2 = \frac2n\sum_i (c-y_i), \qquad
# \frac{d}{dc}\,\frac1n\sum_i |c-y_i| = \frac1n\sum_i \operatorname{sign}(c-y_i)$$
#
# The first is 0 when $c$ is the **mean**. The second is 0 when as many targets lie below $c$ as
# above it: the **median**. Where the late train lies exactly plays no part; it counts as one target
# above.
#
# With inputs, the same holds at each $x$: the squared error learns the mean of $y$ given $x$, the
# absolute error its median (*Deep Learning* 6.2.1.2).

# %% [markdown]
# ### A slope for a corner
#
# $|c-y|$ has a corner at $c=y$: no derivative there, so it is not among Lepetit's "virtually any
# function that is differentiable". But every line through the corner with a slope from $-1$ to $1$
# stays below the V; each such slope is called a **subgradient**. We take 0, `np.sign(0.0)`.
#
# The descent $c \leftarrow c - \eta\,\cdot$ slope then behaves differently. The squared error's slope
# shrinks on the way, and with it the steps. The absolute error's slope is a count divided by $n$:
# the steps stay of one size until $c$ passes a target, and near the median the path may hop to and
# fro, by at most the learning rate $\eta$.

# %% [markdown]
# ### Exercise 4: `constant_predictors`
#
# *In:* targets $y$ of shape `(n,)`, the starting value $c_0$, the learning rate $\eta$, the number
# of steps $T$.
#
# *Out:* two paths $c_0, c_1, \dots, c_T$, arrays of shape `(T + 1,)`: gradient descent on the mean
# squared error, and subgradient descent on the mean absolute error.
#
# *By hand*, $y = (1, 2, 6)$, $c_0 = 0$, $\eta = 0.1$. Squared error: the slope at 0 is
# $\frac23(-1-2-6) = -6$, so $c_1 = 0.6$; there it is $2\,(0.6-3) = -4.8$, so $c_2 = 1.08$. Absolute
# error: all three targets lie above, the slope is $-1$, so $c_1 = 0.1$ and $c_2 = 0.2$.
#
# A loop over the steps is fine; one over the targets is not.


# %% exercise="constant_predictors" points=4
def constant_predictors(targets, *, start=0.0, learning_rate=0.1, steps=400):
    """Return the paths of a constant that descends the mean squared and the mean absolute error.

    Parameters
    ----------
    targets : array, shape (n,)
    start : float
        The constant before the first step.
    learning_rate : float
    steps : int

    Returns
    -------
    mse_path, mae_path : arrays, shape (steps + 1,)
        The constant before the first and after each step.
    """
    ### BEGIN SOLUTION
    mse_path, mae_path = np.full(steps + 1, float(start)), np.full(steps + 1, float(start))
    for t in range(steps):
        mse_path[t + 1] = mse_path[t] - learning_rate * 2 * np.mean(mse_path[t] - targets)
        mae_path[t + 1] = mae_path[t] - learning_rate * np.mean(np.sign(mae_path[t] - targets))
    return mse_path, mae_path
    ### END SOLUTION


# %% check="constant_predictors"
def test_first_steps_on_the_squared_error():
    "From 0 to 0.6 to 1.08, as found by hand: which sign and which factor has the slope of the mean of (c − y)²?"
    mse_path, _ = constant_predictors(np.array([1.0, 2.0, 6.0]), start=0.0, learning_rate=0.1, steps=2)
    assert_allclose(mse_path, [0.0, 0.6, 1.08])


def test_first_steps_on_the_absolute_error():
    "From 5 the slope counts two targets below and one above, (2 − 1)/3: the first step leads to 5 − 0.1/3."
    _, mae_path = constant_predictors(np.array([1.0, 2.0, 6.0]), start=5.0, learning_rate=0.1, steps=2)
    assert_allclose(mae_path, [5.0, 5.0 - 0.1 / 3, 5.0 - 0.2 / 3])


def test_paths_begin_at_the_start():
    "Three steps make four points: the start, and one after each step."
    mse_path, mae_path = constant_predictors(np.array([1.0, 2.0, 6.0]), start=4.0, learning_rate=0.1, steps=3)
    assert_shape(mse_path, (4,))
    assert_shape(mae_path, (4,))
    assert_allclose([mse_path[0], mae_path[0]], [4.0, 4.0])


def test_whole_number_start():
    "Does a start of 0 (a whole number) cut off the decimals of your paths?"
    mse_path, mae_path = constant_predictors(np.array([1, 2, 6]), start=0, learning_rate=0.1, steps=2)
    assert_allclose(mse_path, [0.0, 0.6, 1.08])
    assert_allclose(mae_path, [0.0, 0.1, 0.2])


def test_journeys():
    "The journeys' mean is 32 minutes, their median 23: does each path end at its own (within the learning rate)?"
    mse_path, mae_path = constant_predictors(journeys, start=0.0, learning_rate=0.4, steps=150)
    assert_allclose(mse_path[-1], 32.0)
    assert_allclose(mae_path[-1], 23.0, atol=0.4)


### BEGIN HIDDEN TESTS
def test_random_targets(rng, reference):
    "Do both paths hold step by step, for other targets, starts and learning rates?"
    for n in (1, 4, 11):
        targets, start, rate = 3 * rng.normal(size=n), rng.normal(), rng.uniform(0.05, 0.3)
        paths = constant_predictors(targets, start=start, learning_rate=rate, steps=30)
        expected = reference.constant_predictors(targets, start=start, learning_rate=rate, steps=30)
        assert_allclose(paths[0], expected[0])
        assert_allclose(paths[1], expected[1])


def test_without_options(rng, reference):
    "Called with the targets alone, the paths begin at 0 and take 400 steps of learning rate 0.1."
    targets = rng.normal(size=6)
    paths, expected = constant_predictors(targets), reference.constant_predictors(targets)
    assert_allclose(paths[0], expected[0])
    assert_allclose(paths[1], expected[1], atol=1e-6)


def test_an_outlier_moves_only_one(rng):
    "Move the largest target far away: one of the two paths must not notice."
    targets = np.sort(rng.normal(size=9))
    moved = targets + np.array([0.0] * 8 + [1000.0])
    before = constant_predictors(targets, start=targets[3], learning_rate=0.05, steps=60)
    after = constant_predictors(moved, start=targets[3], learning_rate=0.05, steps=60)
    assert_allclose(after[1], before[1])
    assert_allclose(after[0][1] - before[0][1], 0.05 * 2 * 1000.0 / 9)


def test_rests_at_the_median():
    "At the median itself, with as many targets below as above, the slope is 0: does your path stay?"
    _, mae_path = constant_predictors(np.array([1.0, 2.0, 7.0]), start=2.0, learning_rate=0.5, steps=3)
    assert_allclose(mae_path, [2.0, 2.0, 2.0, 2.0])


def test_no_loop_over_targets(rng):
    "Is there a loop over the targets? A mean over an array handles all of them."
    assert_vectorized(constant_predictors, (rng.normal(size=4),), (rng.normal(size=60),))


def test_inputs_are_left_alone(rng):
    "Does your function write into the targets?"
    assert_inputs_unchanged(constant_predictors, rng.normal(size=6))


### END HIDDEN TESTS


# %% mistake="constant_predictors" hint="Your steps grow with the number of targets. Is the cost a sum or a mean?"
def constant_predictors(targets, *, start=0.0, learning_rate=0.1, steps=400):
    mse_path, mae_path = np.full(steps + 1, float(start)), np.full(steps + 1, float(start))
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps):
            mse_path[t + 1] = mse_path[t] - learning_rate * 2 * np.sum(mse_path[t] - targets)
            mae_path[t + 1] = mae_path[t] - learning_rate * np.sum(np.sign(mae_path[t] - targets))
    return mse_path, mae_path


# %% mistake="constant_predictors" hint="Your first step on the squared error is half of the one found by hand. What is the derivative of (c − y)², without a ½ in front?"
def constant_predictors(targets, *, start=0.0, learning_rate=0.1, steps=400):
    mse_path, mae_path = np.full(steps + 1, float(start)), np.full(steps + 1, float(start))
    for t in range(steps):
        mse_path[t + 1] = mse_path[t] - learning_rate * np.mean(mse_path[t] - targets)
        mae_path[t + 1] = mae_path[t] - learning_rate * np.mean(np.sign(mae_path[t] - targets))
    return mse_path, mae_path


# %% mistake="constant_predictors" hint="Your paths climb away from the targets. Which sign has c − y when c is too small, and where must the step lead?"
def constant_predictors(targets, *, start=0.0, learning_rate=0.1, steps=400):
    mse_path, mae_path = np.full(steps + 1, float(start)), np.full(steps + 1, float(start))
    for t in range(steps):
        mse_path[t + 1] = mse_path[t] - learning_rate * 2 * np.mean(targets - mse_path[t])
        mae_path[t + 1] = mae_path[t] - learning_rate * np.mean(np.sign(targets - mae_path[t]))
    return mse_path, mae_path


# %% mistake="constant_predictors" hint="Both of your paths end at the mean. Does your absolute error take the sign of each difference, or the sign of their mean?"
def constant_predictors(targets, *, start=0.0, learning_rate=0.1, steps=400):
    mse_path, mae_path = np.full(steps + 1, float(start)), np.full(steps + 1, float(start))
    for t in range(steps):
        mse_path[t + 1] = mse_path[t] - learning_rate * 2 * np.mean(mse_path[t] - targets)
        mae_path[t + 1] = mae_path[t] - learning_rate * np.sign(np.mean(mae_path[t] - targets))
    return mse_path, mae_path


# %% mistake="constant_predictors" hint="Your paths have one point too few. Where is the constant before the first step?"
def constant_predictors(targets, *, start=0.0, learning_rate=0.1, steps=400):
    mse_constant = mae_constant = start
    mse_path, mae_path = [], []
    for _ in range(steps):
        mse_constant = mse_constant - learning_rate * 2 * np.mean(mse_constant - targets)
        mae_constant = mae_constant - learning_rate * np.mean(np.sign(mae_constant - targets))
        mse_path.append(mse_constant)
        mae_path.append(mae_constant)
    return np.array(mse_path), np.array(mae_path)


# %% mistake="constant_predictors" hint="You know where the paths end, but they have to walk there. Which step does the slope at c₀ ask for?"
def constant_predictors(targets, *, start=0.0, learning_rate=0.1, steps=400):
    return np.full(steps + 1, np.mean(targets)), np.full(steps + 1, np.median(targets))


# %% mistake="constant_predictors" hint="Two numbers came back, two paths are wanted. Where do you keep the constants on the way?"
def constant_predictors(targets, *, start=0.0, learning_rate=0.1, steps=400):
    mse_constant = mae_constant = float(start)
    for _ in range(steps):
        mse_constant -= learning_rate * 2 * np.mean(mse_constant - targets)
        mae_constant -= learning_rate * np.mean(np.sign(mae_constant - targets))
    return mse_constant, mae_constant


# %% mistake="constant_predictors" hint="Your arrays are made of whole numbers when the start is one, and drop every decimal that you put into them. Which dtype does np.full choose?"
def constant_predictors(targets, *, start=0.0, learning_rate=0.1, steps=400):
    mse_path, mae_path = np.full(steps + 1, start), np.full(steps + 1, start)
    for t in range(steps):
        mse_path[t + 1] = mse_path[t] - learning_rate * 2 * np.mean(mse_path[t] - targets)
        mae_path[t + 1] = mae_path[t] - learning_rate * np.mean(np.sign(mae_path[t] - targets))
    return mse_path, mae_path


# %% mistake="constant_predictors" hint="Your values are right, but a Python loop walks over the targets in every step. Which NumPy function adds them all at once?"
def constant_predictors(targets, *, start=0.0, learning_rate=0.1, steps=400):
    mse_path, mae_path = [float(start)], [float(start)]
    for _ in range(steps):
        mse_slope = mae_slope = 0.0
        for y in targets:
            mse_slope += 2 * (mse_path[-1] - y) / len(targets)
            mae_slope += np.sign(mae_path[-1] - y) / len(targets)
        mse_path.append(mse_path[-1] - learning_rate * mse_slope)
        mae_path.append(mae_path[-1] - learning_rate * mae_slope)
    return np.array(mse_path), np.array(mae_path)


# %% alternative="constant_predictors"
def constant_predictors(targets, *, start=0.0, learning_rate=0.1, steps=400):
    def descend(slope):
        path = [float(start)]
        while len(path) <= steps:
            path.append(path[-1] - learning_rate * slope(path[-1]))
        return np.array(path)

    center, n = np.mean(targets), len(targets)
    below_minus_above = lambda c: (np.sum(targets < c) - np.sum(targets > c)) / n  # noqa: E731
    return descend(lambda c: 2 * (c - center)), descend(below_minus_above)


# %% demo=true
if is_written(constant_predictors, journeys):
    mse_path, mae_path = constant_predictors(journeys, start=60.0, learning_rate=0.4, steps=150)
    c = np.linspace(8, 66, 300)[:, None]
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
    for axes, power, path, every, colour in ((left, 2, mse_path, 1, VERMILION), (right, 1, mae_path, 5, BLUE)):
        axes.plot(c, np.mean(np.abs(c - journeys[:8]) ** power, axis=1), color="0.6", linestyle="--", linewidth=1.8)
        axes.plot(c, np.mean(np.abs(c - journeys) ** power, axis=1), color=colour, linewidth=1.8)
        heights = np.mean(np.abs(path[:, None] - journeys) ** power, axis=1)
        axes.plot(path[::every], heights[::every], "o", color=colour, markersize=6)
        axes.plot(path[-1], heights[-1], "*", color="black", markersize=15, zorder=5)
        axes.text(path[-1], 1.12 * heights[0], f"ends at {path[-1]:.3g}", ha="center", weight="bold")
        axes.plot([path[-1]] * 2, [heights[-1], 1.1 * heights[0]], color="black", linestyle=":", linewidth=1.2)
        axes.set(xlabel="constant prediction $c$ (minutes)", ylim=(0, 1.25 * heights[0]), xlim=(8, 66))
    left.set(title="Squared error: a dot a step", ylabel="mean cost (minutes²)")
    right.set(title="Absolute error: a dot every 5 steps", ylabel="mean cost (minutes)")
    left.text(42, 60, "without the\nlate train", color=GREY, fontsize=11)
    plt.show()

# %% [markdown]
# *The figure:* dots are the steps of your descent from 60 minutes to the star. The dashed curves
# leave the late train out. With it, the squared error's bowl is lifted and shifted, and its lowest
# point moves from 22.5 to 32; the absolute error's curve is lifted, but its lowest point hardly
# moves: from 22.5 to 23. The squared error's steps are large far away and shrink; the absolute
# error's are all alike until $c$ has come among the journeys.
#
# Which one is *right*? Neither: 32 is what you need to predict the **total** time of many journeys,
# 23 is what you will meet on a **typical** day.

# %% [markdown]
# ## 6 · Your costs at work on real data
#
# Time to let your code learn. scikit-learn ships 569 biopsies with 30 measurements each, shape
# `(569, 30)`, and the question: is the tumour benign ($y=1$) or malignant ($y=0$)? The model is the
# simplest network there is, a logit that is linear in the inputs (*logistic regression*):
#
# $$z = X w + b, \qquad w \text{ of shape } (30,),\ b \text{ a number.}$$

# %% [markdown]
# With $g$, shape `(n,)`, the gradient that **you** wrote, the chain rule gives
#
# $$\nabla_{w} J = X^\top g, \qquad \frac{\partial J}{\partial b} = \sum_i g_i .$$
#
# For comparison: a constant that ignores the inputs. For targets 0 and 1 the best probability is
# their mean, the share of benign cases, and **your** `constant_predictors` finds it.


# %% demo=true
def binary_cost():
    """Return your binary cross-entropy and its gradient, or mlcore's until yours are written."""
    if is_written(binary_cross_entropy, np.zeros(1), np.ones(1)) and is_written(
        binary_cross_entropy_gradient, np.zeros(1), np.ones(1)
    ):
        return binary_cross_entropy, binary_cross_entropy_gradient
    print("Until then mlcore's version takes its place.")
    mlcore_cost = functions.binary_cross_entropy
    return (
        lambda logits, targets: mlcore_cost(Tensor(logits), targets).item(),
        lambda logits, targets: grad(lambda z: mlcore_cost(z, targets))(logits).numpy(),
    )


def descend(x, y, gradient, *, bias=0.0, learning_rate=0.5, steps=300):
    """Descend from w = 0; return all weights (steps + 1, d) and biases (steps + 1,)."""
    weights, biases = np.zeros((steps + 1, x.shape[1])), np.full(steps + 1, bias)
    for t in range(steps):
        g = gradient(x @ weights[t] + biases[t], y)
        weights[t + 1] = weights[t] - learning_rate * x.T @ g
        biases[t + 1] = biases[t] - learning_rate * g.sum()
    return weights, biases


try:
    from sklearn.datasets import load_breast_cancer
except ImportError:
    biopsies = None
    print("This part needs scikit-learn: pip install scikit-learn")
else:
    biopsies = load_breast_cancer()
    order = np.random.default_rng(7).permutation(569)
    x, y = biopsies.data[order], biopsies.target[order].astype(float)
    x = (x - x[:400].mean(axis=0)) / x[:400].std(axis=0)  # each measurement: mean 0, deviation 1
    x_train, y_train, x_test, y_test = x[:400], y[:400], x[400:], y[400:]
    print(f"{len(y_train)} biopsies to learn from, {len(y_test)} to test on; {y_train.mean():.1%} are benign")

# %% demo=true
if biopsies is not None:
    cost, gradient = binary_cost()
    weights, biases = descend(x_train, y_train, gradient)
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, colour, inputs, targets, shift in (
        ("test", VERMILION, x_test, y_test, 7),
        ("training", BLUE, x_train, y_train, -7),
    ):
        curve = [cost(inputs @ w + b, targets) for w, b in zip(weights, biases, strict=True)]
        axes.plot(curve, color=colour)
        place = {"xytext": (6, shift), "textcoords": "offset points", "va": "center"}
        axes.annotate(f"{name} {curve[-1]:.3f}", (300, curve[-1]), color=colour, **place)
    if is_written(constant_predictors, y_train):
        share = constant_predictors(y_train)[0][-1]
        best = cost(np.full(400, np.log(share / (1 - share))), y_train)  # the logit whose sigmoid is the share
        axes.axhline(best, color=GREY, linestyle="--", linewidth=1.5)
        axes.text(
            150, best - 0.02, f"best constant, p = {share:.3f}: cost {best:.3f}", color=GREY, va="top", ha="center"
        )
    logits = x_test @ weights[-1] + biases[-1]
    correct = np.mean((logits > 0) == y_test)
    axes.set(title=f"Your cost, your gradient: {correct:.1%} of the test cases right", ylim=(0, 0.75))
    axes.set(xlabel="step of gradient descent", ylabel="binary cross-entropy")
    plt.show()

    if is_written(cross_entropy, np.zeros((1, 2)), np.zeros(1, dtype=int)):
        two_logits = np.stack([np.zeros(len(logits)), logits], axis=1)
        print(f"cost on the test cases, binary_cross_entropy of z:   {cost(logits, y_test):.6f}")
        print(
            f"                        cross_entropy of (0, z):     {cross_entropy(two_logits, y_test.astype(int)):.6f}"
        )

# %% [markdown]
# *The figure:* both curves fall steeply from $\log 2 = 0.693$, undecided about everything, and stay
# far below the dashed line, the best that can be done without looking at the patient. Test and
# training curve run close together and part slowly: the beginning of overfitting, the subject of
# chapter 7.

# %% [markdown]
# ### The same network from a bad start
#
# Now the experiment that section 3 predicts. Begin with the bias $b=-10$: the network is *certain*
# that every tumour is malignant ($p = 0.00005$), and wrong about most. Descend once on the
# cross-entropy with your gradient, once on the squared error $\frac1n\sum_i(\sigma(z_i)-y_i)^2$.
# Before you run the cell: what will happen?

# %% demo=true
if biopsies is not None:
    runs = (
        ("cross-entropy", BLUE, binary_cost()[1]),
        ("squared error", VERMILION, lambda z, y: 2 * (sigmoid(z) - y) * sigmoid(z) * sigmoid(-z) / len(y)),
    )
    figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
    for name, colour, gradient in runs:
        weights, biases = descend(x_train, y_train, gradient, bias=-10.0)
        wrong = 100 * np.mean((x_test @ weights.T + biases > 0) != y_test[:, None], axis=0)
        axes.plot(wrong, color=colour)
        axes.text(300, wrong[-1] + 2, f"{name}: {wrong[-1]:.1f} % wrong", color=colour, ha="right")
    axes.set(title="Certain and wrong: one cost gets out, the other does not", ylim=(0, 80))
    axes.set(xlabel="step of gradient descent", ylabel="test cases wrong (%)")
    plt.show()

# %% [markdown]
# *The figure:* at first both networks get 62 % of the test cases wrong. On the cross-entropy the
# error drops to a few per cent within some dozen steps; on the squared error nothing moves in 300
# steps.
#
# *Deep Learning* 6.2.1.2 warns that squared and absolute error often give poor results with
# gradient descent. The reason is this figure, and it concerns output units that **saturate**. A
# linear output with squared error, as in section 5, learns very well.

# %% [markdown]
# ## What to take along
#
# * Say how the target scatters around the output; $-\log$ of that density **is** the cost.
# * Squared error finds means, absolute error medians, cross-entropy probabilities.
# * Compute costs from logits: the logarithm and the exponential cancel on paper, not in 16 digits.
# * Sum, mean or ½: the minimum is the same, the learning rate is not.
#
# **Go further** (not graded). Train the classifier for 100,000 steps instead of 300. The weights
# keep growing: why has the cross-entropy no minimum when a plane separates the training data? *Deep
# Learning* 6.2.1.1 calls this an unusual property; what could you add to the cost to stop the
# growth?

# %% [markdown]
# **Sources.** I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, sections 6.2.1 and 6.2.2
# · V. Lepetit, *Optimization for Deep Learning* (2021), "Loss Function", "Regression Problems",
# "Classification Problems", equations 2–7 · Korea University, *Neural Network Optimization*,
# "Error/Loss Function", "Cross-Entropy Loss" · H. Jiang, *Machine Learning Fundamentals* (2020),
# chapter 8, "Loss Function" · Data: Breast Cancer Wisconsin (Diagnostic), as shipped with
# scikit-learn.
