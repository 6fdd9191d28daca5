# %% [markdown]
# # 6.3 Which bend should a hidden unit have?
#
# Two networks learn to read handwritten digits, one with a single hidden layer, one with ten. Both
# are trained three times, from the same random weights with the same learning rate. Only the
# function $g$ changes that each hidden unit applies to its number. Test digits read correctly:
#
# | hidden layers | $g$ = sigmoid | $g$ = tanh | $g$ = ReLU |
# |:-:|:-:|:-:|:-:|
# | 1 | 97 % | 98 % | 98 % |
# | 10 | **11 %** | 98 % | 97 % |
#
# Guessing gives 10 %. For one layer the choice hardly matters; for ten it decides everything.
# **What does a sigmoid do to a deep network, and could we have known before the training?**

# %%
import matplotlib.pyplot as plt
import numpy as np

from grading.checks import assert_allclose, assert_finite, assert_inputs_unchanged, assert_vectorized, report
from mlcore import Tensor, functions, grad
from mlcore.data import batches
from mlcore.optimizers import SGD

# %% [markdown]
# **What you will build**
#
# 1. six activation functions, each with its slope;
# 2. two units that *learn* their bend, the parametric rectifier and maxout;
# 3. an instrument that measures how much gradient reaches each layer, and, from all of these
#    pieces, the ten-layer networks of the table.
#
# It takes 50 minutes. As before a *row* is an example and the *last axis* holds the features.

# %%
BLUE, VERMILION, GREEN, ORANGE, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#595959"
plt.rcParams.update({"font.size": 12, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})
plt.rcParams.update({"lines.linewidth": 2.2})


def is_written(exercise, *arguments):
    """Try an exercise. While it is still a stub, say so and return False, so that a figure can wait for it."""
    try:
        exercise(*arguments)
    except NotImplementedError:
        print(f"This cell waits for your `{exercise.__name__}`. Write it above, then run this cell again.")
        return False
    return True


def yours_or_mlcores(activation, substitute):
    """Return your activation; while it is a stub, one of the same form made of mlcore's function."""
    if is_written(activation, np.zeros(1)):
        return activation
    print("Until then mlcore's version takes its place.")
    return lambda z: (substitute(Tensor(z)).numpy(), grad(lambda t: substitute(t).sum())(Tensor(z)).numpy())


# %% [markdown]
# ## 1 · A hidden unit has two jobs
#
# A layer of $m$ hidden units turns inputs $x$, shape (n, d), into $h$, shape (n, m):
#
# $$z = xW + c, \qquad h = g(z) \quad \text{entry by entry.}$$
#
# The **value** $g(z)$ goes up to the next layer. When the network learns, something comes back
# down: $\partial J/\partial h$, shape (n, m), how much the cost $J$ would change with each entry
# of $h$. The unit hands it on to its own input by the chain rule,
#
# $$\frac{\partial J}{\partial z} = g'(z) \odot \frac{\partial J}{\partial h}$$
#
# ($\odot$: entry times entry; Jiang, "Automatic Differentiation (III)"). So the second job is done
# by the **slope** $g'(z)$. Where it is 0, nothing comes through.

# %% [markdown]
# ### Six functions
#
# | unit | value $g(z)$ | |
# |---|---|---|
# | sigmoid $\sigma$ | $1/(1+e^{-z})$ | between 0 and 1 |
# | tanh | $2\,\sigma(2z) - 1$ | between −1 and 1 |
# | ReLU | $\max(0, z)$ | the default today |
# | softplus $\zeta$ | $\log(1 + e^z)$ | a smooth ReLU |
# | hard tanh | $\max(-1, \min(1, z))$ | tanh from three straight pieces |
# | radial basis (RBF) | $e^{-z^2}$ | here $z = \lVert x - w\rVert/s$, the distance from a centre $w$ in widths $s$ |
#
# Each one is a line of NumPy. Its slope is a line of calculus: that is your part.

# %% [markdown]
# ### What is the slope at a kink?
#
# ReLU has none at 0. Its left side has the slope 0, its right side 1. May gradient descent use a
# function that has no derivative somewhere? Yes: take **one of the two one-sided slopes** (*Deep
# Learning* 6.3). A computed $z$ that is exactly 0 was, most likely, rounded to it, and nobody knows
# from which side.
#
# We agree on the slope of the **flat** side: 0 for ReLU at 0 and for hard tanh at ±1.

# %% [markdown]
# ### Exercise 1: `activations_and_derivatives`
#
# Six functions. *In:* `z`, an array of any shape. *Out:* the pair $g(z)$, $g'(z)$, two arrays of
# that shape.
#
# *By hand* for the sigmoid at $z = \ln 3$: $e^{-z} = \tfrac13$, so $\sigma = 1/(1+\tfrac13) =
# \tfrac34$. Its slope is
#
# $$\sigma'(z) = \frac{e^{-z}}{(1 + e^{-z})^2} = \sigma(z)\,\bigl(1 - \sigma(z)\bigr) = \tfrac34\cdot\tfrac14 = \tfrac3{16}.$$
#
# And tanh at $\tfrac12 \ln 3$: $2\cdot\tfrac34 - 1 = \tfrac12$.
#
# Softplus you know from notebook 2: its value must survive $z = 1000$. Its slope is an old friend.


# %% exercise="activations_and_derivatives" points=5
def sigmoid(z):
    """Return σ(z) = 1 / (1 + exp(-z)) and its slope. z: any shape; both results: the same shape."""
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(z))  # never overflows
    value = np.where(z >= 0, 1, small) / (1 + small)
    return value, value * (1 - value)
    ### END SOLUTION


def tanh(z):
    """Return tanh(z) = 2 σ(2z) - 1 and its slope. z: any shape; both results: the same shape."""
    ### BEGIN SOLUTION
    value = 2 * sigmoid(2 * z)[0] - 1
    return value, 1 - value**2
    ### END SOLUTION


def relu(z):
    """Return max(0, z) and its slope, at the kink 0. z: any shape; both results: the same shape."""
    ### BEGIN SOLUTION
    return np.maximum(0.0, z), np.where(z > 0, 1.0, 0.0)
    ### END SOLUTION


def softplus(z):
    """Return log(1 + exp(z)), finite for any z, and its slope. z: any shape; both results: the same shape."""
    ### BEGIN SOLUTION
    return np.logaddexp(0, z), sigmoid(z)[0]
    ### END SOLUTION


def hard_tanh(z):
    """Return max(-1, min(1, z)) and its slope, at the kinks 0. z: any shape; both results: the same shape."""
    ### BEGIN SOLUTION
    return np.clip(z, -1.0, 1.0), np.where(np.abs(z) < 1, 1.0, 0.0)
    ### END SOLUTION


def rbf(z):
    """Return exp(-z²) and its slope. z: any shape; both results: the same shape."""
    ### BEGIN SOLUTION
    value = np.exp(-(z**2))
    return value, -2 * z * value
    ### END SOLUTION


# %% check="activations_and_derivatives"
def test_sigmoid():
    "At 0 the sigmoid is ½ with slope ¼, at ln 3 it is ¾ with slope 3/16. Is your slope made of the value σ, not of z?"
    value, slope = sigmoid(np.array([0.0, np.log(3), -np.log(3)]))
    assert_allclose(value, [0.5, 0.75, 0.25])
    assert_allclose(slope, [0.25, 0.1875, 0.1875])


def test_tanh():
    "At ½ ln 3 the tanh is ½. The chain rule through 2σ(2z) − 1 brings two factors of 2: what slope do you get?"
    value, slope = tanh(np.array([0.0, 0.5 * np.log(3), -0.5 * np.log(3)]))
    assert_allclose(value, [0.0, 0.5, -0.5])
    assert_allclose(slope, [1.0, 0.75, 0.75])


def test_relu():
    "For −2, 0 and 3: what comes out, and which slope did we agree on at the kink?"
    value, slope = relu(np.array([-2.0, 0.0, 3.0]))
    assert_allclose(value, [0.0, 0.0, 3.0])
    assert_allclose(slope, [0.0, 0.0, 1.0])


def test_softplus():
    "At 0 the softplus is log 2, at ln 3 it is log 4. Which function do you get when you differentiate log(1 + e^z)?"
    value, slope = softplus(np.array([0.0, np.log(3)]))
    assert_allclose(value, np.log([2.0, 4.0]))
    assert_allclose(slope, [0.5, 0.75])


def test_hard_tanh():
    "It follows z between −1 and 1 and is flat outside. What is its slope on each of the three pieces?"
    value, slope = hard_tanh(np.array([-3.0, -1.0, -0.25, 0.5, 1.0, 7.0]))
    assert_allclose(value, [-1.0, -1.0, -0.25, 0.5, 1.0, 1.0])
    assert_allclose(slope, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0])


def test_rbf():
    "At the centre, z = 0, the value is 1 and the slope 0. At z = 1: what does the chain rule make of −z²?"
    value, slope = rbf(np.array([0.0, 1.0, -1.0]))
    assert_allclose(value, [1.0, np.exp(-1), np.exp(-1)])
    assert_allclose(slope, [0.0, -2 * np.exp(-1), 2 * np.exp(-1)])


def test_slopes_by_nudging():
    "Nudge z a little to both sides: does the value change by your slope times the nudge?"
    z, nudge = np.array([-2.3, -0.7, 0.4, 1.9]), 1e-5
    for activation in (sigmoid, tanh, relu, softplus, hard_tanh, rbf):
        rise = np.asarray(activation(z + nudge)[0]) - np.asarray(activation(z - nudge)[0])
        assert_allclose(activation(z)[1], rise / (2 * nudge), rtol=1e-6, atol=1e-8)


def test_far_from_zero():
    "At z = ±1000 the sigmoid is 0 or 1 and the softplus 0 or 1000. Does e^1000 occur in a fraction or a logarithm?"
    z = np.array([1000.0, -1000.0])
    for activation, values, slopes in ((sigmoid, [1.0, 0.0], [0.0, 0.0]), (softplus, [1000.0, 0.0], [1.0, 0.0])):
        value, slope = activation(z)
        assert_allclose(value, values)
        assert_allclose(slope, slopes)


### BEGIN HIDDEN TESTS
def test_random_numbers_through_the_s_shapes(rng, reference):
    "Do sigmoid, tanh and hard tanh hold for any z, value and slope?"
    z = 3 * rng.normal(size=(20, 5))
    for mine, theirs in ((sigmoid, reference.sigmoid), (tanh, reference.tanh), (hard_tanh, reference.hard_tanh)):
        for actual, expected in zip(mine(z), theirs(z), strict=True):
            assert_allclose(actual, expected)


def test_random_numbers_through_the_others(rng, reference):
    "Do ReLU, softplus and RBF hold for any z, value and slope?"
    z = 2 * rng.normal(size=(20, 5))
    for mine, theirs in ((relu, reference.relu), (softplus, reference.softplus), (rbf, reference.rbf)):
        for actual, expected in zip(mine(z), theirs(z), strict=True):
            assert_allclose(actual, expected)


def test_everything_is_finite():
    "Is there a NaN or an infinity among your values or slopes when z is very large or very small?"
    z = np.array([-1e4, -800.0, -1e-9, 0.0, 1e-9, 800.0, 1e4])
    for activation in (sigmoid, tanh, relu, softplus, hard_tanh, rbf):
        value, slope = activation(z)
        assert_finite(value)
        assert_finite(slope)


def test_any_shape(rng):
    "Do your functions work on each entry, whatever the shape of z (also with three axes, also with no entry)?"
    for shape in ((2, 3, 4), (1,), (0, 5)):
        z = rng.normal(size=shape)
        for activation in (sigmoid, tanh, relu, softplus, hard_tanh, rbf):
            value, slope = activation(z)
            alone, _ = activation(z.ravel())
            assert_allclose(value, np.reshape(np.asarray(alone), shape))
            assert_allclose(slope, np.reshape(np.asarray(activation(z.ravel())[1]), shape))


def test_z_stays_as_it_is(rng):
    "Does one of your functions write into z?"
    for activation in (sigmoid, tanh, relu, softplus, hard_tanh, rbf):
        assert_inputs_unchanged(activation, 2 * rng.normal(size=(4, 3)))


def test_no_loop_over_entries(rng):
    "Is there a loop over the entries of z? NumPy applies a formula to all of them."
    small, large = rng.normal(size=10), rng.normal(size=2000)
    for activation in (sigmoid, tanh, relu, softplus, hard_tanh, rbf):
        assert_vectorized(activation, (small,), (large,))


### END HIDDEN TESTS


# %% mistake="activations_and_derivatives" hint="σ′ = σ(1 − σ) and tanh′ = 1 − tanh²: which number do you put in there, z or the value at z?"
def sigmoid(z):
    return 1 / (1 + np.exp(-z)), z * (1 - z)


def tanh(z):
    return np.tanh(z), 1 - z**2


def relu(z):
    return np.maximum(0.0, z), (z > 0) * 1.0


def softplus(z):
    return np.logaddexp(0, z), 1 / (1 + np.exp(-z))


def hard_tanh(z):
    return np.clip(z, -1, 1), (np.abs(z) < 1) * 1.0


def rbf(z):
    return np.exp(-(z**2)), -2 * z * np.exp(-(z**2))


# %% mistake="activations_and_derivatives" hint="Your tanh is too flat in the middle: its slope at 0 should be 1. What stands inside σ in 2σ(2z) − 1?"
def sigmoid(z):
    value = 1 / (1 + np.exp(-z))
    return value, value * (1 - value)


def tanh(z):
    value, slope = sigmoid(z)
    return 2 * value - 1, 2 * slope


def relu(z):
    return np.maximum(0.0, z), (z > 0) * 1.0


def softplus(z):
    return np.logaddexp(0, z), sigmoid(z)[0]


def hard_tanh(z):
    return np.clip(z, -1, 1), (np.abs(z) < 1) * 1.0


def rbf(z):
    return np.exp(-(z**2)), -2 * z * np.exp(-(z**2))


# %% mistake="activations_and_derivatives" hint="Your tanh has the right value but half the slope. How often does the chain rule bring a factor 2 in 2σ(2z) − 1?"
def sigmoid(z):
    value = 1 / (1 + np.exp(-z))
    return value, value * (1 - value)


def tanh(z):
    value, slope = sigmoid(2 * z)
    return 2 * value - 1, 2 * slope


def relu(z):
    return np.maximum(0.0, z), (z > 0) * 1.0


def softplus(z):
    return np.logaddexp(0, z), sigmoid(z)[0]


def hard_tanh(z):
    return np.clip(z, -1, 1), (np.abs(z) < 1) * 1.0


def rbf(z):
    return np.exp(-(z**2)), -2 * z * np.exp(-(z**2))


# %% mistake="activations_and_derivatives" hint="e^1000 is infinite, and ∞/∞ is NaN. For large z, which way of writing σ(z) has only e^(−z) in it?"
def sigmoid(z):
    with np.errstate(over="ignore", invalid="ignore"):
        value = np.exp(z) / (1 + np.exp(z))
    return value, value * (1 - value)


def tanh(z):
    return np.tanh(z), 1 - np.tanh(z) ** 2


def relu(z):
    return np.maximum(0.0, z), (z > 0) * 1.0


def softplus(z):
    return np.logaddexp(0, z), sigmoid(z)[0]


def hard_tanh(z):
    return np.clip(z, -1, 1), (np.abs(z) < 1) * 1.0


def rbf(z):
    return np.exp(-(z**2)), -2 * z * np.exp(-(z**2))


# %% mistake="activations_and_derivatives" hint="Your softplus of 1000 is infinite; it should be 1000. Which NumPy function computed log(e^a + e^b) safely in notebook 2?"
def sigmoid(z):
    value = 1 / (1 + np.exp(-z))
    return value, value * (1 - value)


def tanh(z):
    return np.tanh(z), 1 - np.tanh(z) ** 2


def relu(z):
    return np.maximum(0.0, z), (z > 0) * 1.0


def softplus(z):
    with np.errstate(over="ignore"):
        return np.log(1 + np.exp(z)), sigmoid(z)[0]


def hard_tanh(z):
    return np.clip(z, -1, 1), (np.abs(z) < 1) * 1.0


def rbf(z):
    return np.exp(-(z**2)), -2 * z * np.exp(-(z**2))


# %% mistake="activations_and_derivatives" hint="At the kinks you chose the slope of the steep side. Which side did we agree on?"
def sigmoid(z):
    value = 1 / (1 + np.exp(-z))
    return value, value * (1 - value)


def tanh(z):
    return np.tanh(z), 1 - np.tanh(z) ** 2


def relu(z):
    return np.maximum(0.0, z), (z >= 0) * 1.0


def softplus(z):
    return np.logaddexp(0, z), sigmoid(z)[0]


def hard_tanh(z):
    return np.clip(z, -1, 1), (np.abs(z) <= 1) * 1.0


def rbf(z):
    return np.exp(-(z**2)), -2 * z * np.exp(-(z**2))


# %% mistake="activations_and_derivatives" hint="Your hard tanh has the slope 1 everywhere. How much does its value change when z grows from 5 to 6?"
def sigmoid(z):
    value = 1 / (1 + np.exp(-z))
    return value, value * (1 - value)


def tanh(z):
    return np.tanh(z), 1 - np.tanh(z) ** 2


def relu(z):
    return np.maximum(0.0, z), (z > 0) * 1.0


def softplus(z):
    return np.logaddexp(0, z), sigmoid(z)[0]


def hard_tanh(z):
    return np.clip(z, -1, 1), np.ones(np.shape(z))


def rbf(z):
    return np.exp(-(z**2)), -2 * z * np.exp(-(z**2))


# %% mistake="activations_and_derivatives" hint="You differentiated e^u but not u = −z². Away from its centre, must the RBF rise or fall?"
def sigmoid(z):
    value = 1 / (1 + np.exp(-z))
    return value, value * (1 - value)


def tanh(z):
    return np.tanh(z), 1 - np.tanh(z) ** 2


def relu(z):
    return np.maximum(0.0, z), (z > 0) * 1.0


def softplus(z):
    return np.logaddexp(0, z), sigmoid(z)[0]


def hard_tanh(z):
    return np.clip(z, -1, 1), (np.abs(z) < 1) * 1.0


def rbf(z):
    return np.exp(-(z**2)), np.exp(-(z**2))


# %% mistake="activations_and_derivatives" hint="`h = z` gives the array a second name, not a copy. What has become of z after `h[z < 0] = 0`?"
def sigmoid(z):
    value = 1 / (1 + np.exp(-z))
    return value, value * (1 - value)


def tanh(z):
    return np.tanh(z), 1 - np.tanh(z) ** 2


def relu(z):
    slope = (z > 0) * 1.0
    h = z
    h[z < 0] = 0
    return h, slope


def softplus(z):
    return np.logaddexp(0, z), sigmoid(z)[0]


def hard_tanh(z):
    return np.clip(z, -1, 1), (np.abs(z) < 1) * 1.0


def rbf(z):
    return np.exp(-(z**2)), -2 * z * np.exp(-(z**2))


# %% mistake="activations_and_derivatives" hint="np.max looks for the largest entry of an array. Which function compares z with 0 entry by entry?"
def sigmoid(z):
    value = 1 / (1 + np.exp(-z))
    return value, value * (1 - value)


def tanh(z):
    return np.tanh(z), 1 - np.tanh(z) ** 2


def relu(z):
    return np.max(z, 0), (z > 0) * 1.0


def softplus(z):
    return np.logaddexp(0, z), sigmoid(z)[0]


def hard_tanh(z):
    return np.clip(z, -1, 1), (np.abs(z) < 1) * 1.0


def rbf(z):
    return np.exp(-(z**2)), -2 * z * np.exp(-(z**2))


# %% mistake="activations_and_derivatives" hint="Your numbers are right, but Python visits the entries one by one. Which NumPy function chooses between two arrays, entry by entry?"
def sigmoid(z):
    value = 1 / (1 + np.exp(-z))
    return value, value * (1 - value)


def tanh(z):
    return np.tanh(z), 1 - np.tanh(z) ** 2


def relu(z):
    value, slope = np.zeros(z.shape), np.zeros(z.shape)
    for i in np.ndindex(z.shape):
        if z[i] > 0:
            value[i], slope[i] = z[i], 1
    return value, slope


def softplus(z):
    return np.logaddexp(0, z), sigmoid(z)[0]


def hard_tanh(z):
    return np.clip(z, -1, 1), (np.abs(z) < 1) * 1.0


def rbf(z):
    return np.exp(-(z**2)), -2 * z * np.exp(-(z**2))


# %% alternative="activations_and_derivatives"
def sigmoid(z):
    t = np.tanh(z / 2)
    return (1 + t) / 2, (1 - t * t) / 4


def tanh(z):
    value = np.tanh(z)
    return value, (1 - value) * (1 + value)


def relu(z):
    active = z > 0
    return z * active, active


def softplus(z):
    value = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    return value, 1 - np.exp(-value)


def hard_tanh(z):
    value = np.minimum(1, np.maximum(-1, z))
    return value, (z > -1) & (z < 1)


def rbf(z):
    value = np.exp(-z * z)
    return value, -(z + z) * value


# %% demo=true
z = np.linspace(-4, 4, 401)
gallery = [("sigmoid", sigmoid), ("tanh", tanh), ("hard tanh", hard_tanh)]
gallery += [("ReLU", relu), ("softplus", softplus), ("RBF", rbf)]
if all([is_written(activation, z) for _, activation in gallery]):
    figure, panels = plt.subplots(2, 3, figsize=(8, 5), layout="constrained", sharex=True, sharey=True)
    for axes, (name, activation) in zip(panels.flat, gallery, strict=True):
        value, slope = activation(z)
        axes.axhline(0, color="0.8", linewidth=1)
        axes.fill_between(z, 0, slope, color=VERMILION, alpha=0.22, linewidth=0)
        axes.plot(z, slope, color=VERMILION, linewidth=1.4)
        axes.plot(z, value, color=BLUE)
        axes.set(title=name, ylim=(-1.3, 2.6), xticks=[-4, 0, 4], yticks=[-1, 0, 1, 2])
    panels[0, 0].text(-3.8, 2.1, "value $g(z)$", color=BLUE)
    panels[0, 0].text(-3.8, 1.55, "slope $g'(z)$", color=VERMILION)
    figure.supxlabel("input $z$ of the unit")
    plt.show()

# %% [markdown]
# *The figure:* your six functions in blue, the slopes filled in red. The red area is where a unit
# can learn. Sigmoid's is a low hill, nowhere above ¼, tanh's a hill of height 1; both units
# **saturate**: far from 0, on either side, they are flat. Hard tanh is flat exactly, RBF almost,
# everywhere but near its centre. ReLU and softplus are flat on one side only; on the other their
# slope stays 1, however large $z$ gets.
#
# Near 0 tanh has the slope 1, like the identity; that is why it serves better than the sigmoid
# where an S-shape is wanted (*Deep Learning* 6.3.2).

# %% [markdown]
# ## 2 · A rectifier that learns its bend
#
# ReLU gives all negative inputs the value 0 and the slope 0. One number $\alpha_i$ for each unit,
# $\alpha$ of shape (m,), generalizes it (*Deep Learning* 6.3.1):
#
# $$h_{ri} = \max(0, z_{ri}) + \alpha_i \min(0, z_{ri}) \qquad (\text{example } r,\ \text{unit } i).$$
#
# | $\alpha_i$ | unit |
# |:-:|---|
# | $0$ | ReLU |
# | $0.01$ or so, fixed | leaky ReLU: never quite silent |
# | $-1$ | absolute value $\lvert z\rvert$: the same answer to a pattern and to its negative |
# | learned | parametric ReLU, **PReLU** |

# %% [markdown]
# ### How does α learn?
#
# Two questions for the chain rule. With $G = \partial J/\partial h$, shape (n, m):
#
# - $\partial J/\partial z$, shape (n, m): what is the slope of $h$ in $z$, to the right of 0 and to
#   its left?
# - $\partial J/\partial\alpha$, shape (m,): what is the slope of $h_{ri}$ in $\alpha_i$? The same
#   $\alpha_i$ is at work in **every** example $r$. When one number acts in many places, its
#   derivative is the *sum* over all of them.
#
# At $z = 0$ take the slope of the left side, $\alpha_i$.

# %% [markdown]
# ### Exercise 2: `prelu_backward`
#
# *Two functions.* `prelu(z, alpha)` returns $h$. `prelu_backward(z, alpha, g)` takes $z$ (n, m),
# $\alpha$ (m,) and $G$ (n, m) and returns the pair $\partial J/\partial z$ (n, m),
# $\partial J/\partial\alpha$ (m,).
#
# *By hand,* two examples, two units:
#
# $$z = \begin{bmatrix} 1 & -2\\ -3 & 4 \end{bmatrix},\quad \alpha = (0.1,\ 0.5),\quad
# h = \begin{bmatrix} 1 & -1\\ -0.3 & 4 \end{bmatrix},\qquad
# G = \begin{bmatrix} 5 & 6\\ 7 & 8 \end{bmatrix}.$$
#
# The entry $z = -2$ belongs to unit 2: it hands on $0.5 \cdot 6 = 3$, and contributes
# $-2\cdot 6 = -12$ to $\partial J/\partial\alpha_2$.
# Altogether $\partial J/\partial z = \begin{bmatrix} 5 & 3\\ 0.7 & 8 \end{bmatrix}$ and
# $\partial J/\partial\alpha = (-21, -12)$.


# %% exercise="prelu_backward" points=4
def prelu(z, alpha):
    """Compute parametric rectified linear units, ``max(0, z) + alpha * min(0, z)``.

    Parameters
    ----------
    z : array, shape (n, m)
    alpha : array, shape (m,)
        The slope of each unit to the left of 0: any number, also negative or larger than 1.

    Returns
    -------
    array, shape (n, m)
    """
    ### BEGIN SOLUTION
    return np.maximum(0.0, z) + alpha * np.minimum(0.0, z)
    ### END SOLUTION


def prelu_backward(z, alpha, g):
    """Carry a gradient back through ``prelu``.

    Parameters
    ----------
    z : array, shape (n, m)
    alpha : array, shape (m,)
    g : array, shape (n, m)
        The derivatives of the cost with respect to ``prelu(z, alpha)``.

    Returns
    -------
    grad_z : array, shape (n, m)
        The derivatives of the cost with respect to z (where z is 0: with the slope alpha).
    grad_alpha : array, shape (m,)
        The derivatives of the cost with respect to alpha.
    """
    ### BEGIN SOLUTION
    grad_z = g * np.where(z > 0, 1.0, alpha)
    grad_alpha = np.sum(g * np.minimum(0.0, z), axis=0)
    return grad_z, grad_alpha
    ### END SOLUTION


# %% check="prelu_backward"
def test_values():
    "The worked example: does each column of z meet its own α?"
    h = prelu(np.array([[1.0, -2.0], [-3.0, 4.0]]), np.array([0.1, 0.5]))
    assert_allclose(h, [[1.0, -1.0], [-0.3, 4.0]])


def test_special_cases():
    "With α = 0 it is a ReLU, with α = −1 the absolute value, with α = 1 nothing happens at all. And with α = 2?"
    h = prelu(np.array([[-3.0] * 4, [2.0] * 4]), np.array([0.0, -1.0, 1.0, 2.0]))
    assert_allclose(h, [[0.0, 3.0, -3.0, -6.0], [2.0, 2.0, 2.0, 2.0]])


def test_gradient_of_z():
    "The worked example: which entries of g pass unchanged, which are multiplied by α?"
    z, alpha = np.array([[1.0, -2.0], [-3.0, 4.0]]), np.array([0.1, 0.5])
    grad_z, _ = prelu_backward(z, alpha, np.array([[5.0, 6.0], [7.0, 8.0]]))
    assert_allclose(grad_z, [[5.0, 3.0], [0.7, 8.0]])


def test_gradient_of_alpha():
    "The worked example: each unit has one α. Over which axis do the examples add up, and which of them take part?"
    z, alpha = np.array([[1.0, -2.0], [-3.0, 4.0]]), np.array([0.1, 0.5])
    _, grad_alpha = prelu_backward(z, alpha, np.array([[5.0, 6.0], [7.0, 8.0]]))
    assert_allclose(grad_alpha, [-21.0, -12.0])


def test_gradients_by_nudging(rng):
    "Nudge one entry of z, or one α: does the cost Σ g·h change as your gradients say?"
    z, alpha, g = rng.normal(size=(3, 2)) + 0.1, np.array([0.3, -0.8]), rng.normal(size=(3, 2))
    grad_z, grad_alpha = prelu_backward(z, alpha, g)
    nudge = np.zeros((3, 2))
    nudge[1, 0] = 1e-6
    rise = np.sum(g * (np.asarray(prelu(z + nudge, alpha)) - np.asarray(prelu(z - nudge, alpha))))
    assert_allclose(np.asarray(grad_z)[1, 0], rise / 2e-6, rtol=1e-4, atol=1e-6)
    rise = [np.sum(g * (np.asarray(prelu(z, alpha + e)) - np.asarray(prelu(z, alpha - e)))) / 2e-6 for e in nudge[[1]]]
    assert_allclose(np.asarray(grad_alpha)[0], rise[0], rtol=1e-4, atol=1e-6)


### BEGIN HIDDEN TESTS
def test_random_layers(rng, reference):
    "Does it hold for any numbers of examples and units, and for any α?"
    for n, m in ((8, 5), (4, 4), (1, 3)):
        z, alpha, g = rng.normal(size=(n, m)), rng.normal(size=m), rng.normal(size=(n, m))
        assert_allclose(prelu(z, alpha), reference.prelu(z, alpha))
        for actual, expected in zip(
            prelu_backward(z, alpha, g), reference.prelu_backward(z, alpha, g), strict=True
        ):
            assert_allclose(actual, expected)


def test_steep_and_folded_units(rng, reference):
    "Does the side depend on z alone, also when α is negative or larger than 1?"
    z, alpha, g = rng.normal(size=(6, 3)), np.array([-1.0, 1.7, -2.5]), rng.normal(size=(6, 3))
    assert_allclose(prelu(z, alpha), reference.prelu(z, alpha))
    for actual, expected in zip(prelu_backward(z, alpha, g), reference.prelu_backward(z, alpha, g), strict=True):
        assert_allclose(actual, expected)


def test_at_the_kink():
    "What does a unit with z exactly 0 hand on, and does α feel it?"
    grad_z, grad_alpha = prelu_backward(np.zeros((2, 2)), np.array([0.25, -1.0]), np.array([[4.0, 1.0], [8.0, 3.0]]))
    assert_allclose(grad_z, [[1.0, -1.0], [2.0, -3.0]])
    assert_allclose(grad_alpha, [0.0, 0.0])


def test_inputs_stay_as_they_are(rng):
    "Does one of your functions write into z, α or g?"
    z, alpha, g = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=(5, 3))
    assert_inputs_unchanged(prelu, z, alpha)
    assert_inputs_unchanged(prelu_backward, z, alpha, g)


def test_no_loop_over_examples(rng):
    "Can one expression serve all examples?"
    z, alpha, g = rng.normal(size=(300, 3)), rng.normal(size=3), rng.normal(size=(300, 3))
    assert_vectorized(prelu, (z[:5], alpha), (z, alpha))
    assert_vectorized(prelu_backward, (z[:5], alpha, g[:5]), (z, alpha, g))


### END HIDDEN TESTS


# %% mistake="prelu_backward" hint="Your gradient of α has a number for every example. There is only one α for each unit: what do its effects on all examples do?"
def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def prelu_backward(z, alpha, g):
    return g * np.where(z > 0, 1, alpha), g * np.where(z > 0, 0, z)


# %% mistake="prelu_backward" hint="The rows are examples, the columns are units. Over which of them did you add?"
def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def prelu_backward(z, alpha, g):
    return g * np.where(z > 0, 1, alpha), np.sum(g * np.where(z > 0, 0, z), axis=1)


# %% mistake="prelu_backward" hint="You divided by the number of examples. If the cost is a mean, where has that division already been made: here, or in g?"
def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def prelu_backward(z, alpha, g):
    return g * np.where(z > 0, 1, alpha), np.mean(g * np.where(z > 0, 0, z), axis=0)


# %% mistake="prelu_backward" hint="∂h/∂α says how fast h = α z changes with α. Is that 1?"
def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def prelu_backward(z, alpha, g):
    return g * np.where(z > 0, 1, alpha), np.sum(g * (z <= 0), axis=0)


# %% mistake="prelu_backward" hint="Where z is positive, h = z, whatever α is. Do those examples pull on your α?"
def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def prelu_backward(z, alpha, g):
    return g * np.where(z > 0, 1, alpha), np.sum(g * z, axis=0)


# %% mistake="prelu_backward" hint="Your gradient of α is the slope of h alone. What does the chain rule multiply it by?"
def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def prelu_backward(z, alpha, g):
    return g * np.where(z > 0, 1, alpha), np.sum(np.where(z > 0, 0, z), axis=0)


# %% mistake="prelu_backward" hint="You chose the side by the sign of g. On which side of the kink is a unit: what decides it?"
def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def prelu_backward(z, alpha, g):
    return np.where(g > 0, g, alpha * g), np.sum(np.where(g > 0, 0, z * g), axis=0)


# %% mistake="prelu_backward" hint="You looked at the sign of h. With α = −1, what sign has h when z is negative?"
def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def prelu_backward(z, alpha, g):
    h = prelu(z, alpha)
    return g * np.where(h > 0, 1, alpha), np.sum(g * np.where(h > 0, 0, z), axis=0)


# %% mistake="prelu_backward" hint="max(z, αz) is right for α up to 1. Which of −3 and 2·(−3) is the larger one?"
def prelu(z, alpha):
    return np.maximum(z, alpha * z)


def prelu_backward(z, alpha, g):
    return g * np.where(z > 0, 1, alpha), np.sum(g * np.where(z > 0, 0, z), axis=0)


# %% mistake="prelu_backward" hint="A negative z does not hand on 0 here: it is not a plain ReLU. What is the slope of αz in z?"
def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def prelu_backward(z, alpha, g):
    return g * (z > 0), np.sum(g * np.where(z > 0, 0, z), axis=0)


# %% mistake="prelu_backward" hint="Your numbers are right. What does NumPy do when `alpha`, shape (m,), meets `z`, shape (n, m)?"
def prelu(z, alpha):
    return np.array([np.where(row > 0, row, alpha * row) for row in z])


def prelu_backward(z, alpha, g):
    grad_z, grad_alpha = np.zeros(z.shape), np.zeros(alpha.shape)
    for r in range(len(z)):
        grad_z[r] = g[r] * np.where(z[r] > 0, 1, alpha)
        grad_alpha += g[r] * np.where(z[r] > 0, 0, z[r])
    return grad_z, grad_alpha


# %% alternative="prelu_backward"
def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def prelu_backward(z, alpha, g):
    left = z <= 0
    grad_z = np.array(g, dtype=float)
    grad_z[left] = (g * alpha)[left]
    return grad_z, np.einsum("nm,nm,nm->m", g, z, left.astype(float))


# %% alternative="prelu_backward"
def prelu(z, alpha):
    size = np.abs(z)
    return (z + size) / 2 + alpha * (z - size) / 2


def prelu_backward(z, alpha, g):
    right = (z > 0) * 1.0
    return g * right + alpha * g * (1 - right), np.diag(g.T @ (z * (1 - right)))


# %% demo=true
bends = [(-1.0, "|z|", VERMILION), (0.0, "max(0, z)", BLUE), (0.6, "a gentle bend", GREEN)]
if is_written(prelu, np.zeros((1, 1)), np.zeros(1)) and is_written(prelu_backward, *np.zeros((3, 1, 1))):
    z = np.linspace(-2, 2, 81)[:, None].repeat(3, axis=1)  # three units, the same inputs
    wanted = np.where(z > 0, z, z * [target for target, _, _ in bends])
    alphas = np.full((41, 3), 0.25)
    for t in range(40):
        error = prelu(z, alphas[t]) - wanted
        _, grad_alpha = prelu_backward(z, alphas[t], 2 * error / len(z))  # the mean squared error of each unit
        alphas[t + 1] = alphas[t] - 0.1 * grad_alpha

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.7), layout="constrained")
    for unit, (target, name, colour) in enumerate(bends):
        left.plot(alphas[:, unit], color=colour)
        left.axhline(target, color=colour, linestyle=":", linewidth=1.2)
        left.text(40, target + 0.06, f"data: {name}", color=colour, ha="right", va="bottom")
        right.plot(z[:, unit], prelu(z, alphas[-1])[:, unit], color=colour)
    left.set(title="α from 0.25 to where the data want it", xlabel="step", ylabel="learned slope $\\alpha$")
    left.set(ylim=(-1.2, 1.0))
    right.set(title="The units after 40 steps", xlabel="input $z$", ylabel="output $h$")
    plt.show()

# %% [markdown]
# *The figure:* three of your PReLUs start with α = 0.25 and see data from three different bends.
# Your gradient takes α to −1 (absolute value), to 0 (ReLU) and to 0.6. On the right, the units that
# have been learned: one V, one hinge, one gentle bend; to the right of 0 all three are the same
# line.

# %% [markdown]
# ## 3 · Units that die
#
# A ReLU with $z < 0$ passes no gradient, so that example teaches it nothing (*Deep Learning*
# 6.3.1). That is harmless while other examples make $z > 0$. But one large step can push the
# weights so far that $z < 0$ for **all** examples. From then on the gradient is 0, and the unit
# never moves again. It is **dead**.
#
# How often does this happen? We train one hidden layer of 100 ReLUs, starting with $c = 0$, on
# scikit-learn's 8 × 8 digits with three learning rates, and count after each step for how many
# units all 1200 training images give $z \le 0$.

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
    print(f"{len(labels)} digits of {pixels.shape[1]} pixels: the first 1200 to learn from, 597 to test on")


def count_dead_units(learning_rate, alpha=0.0, steps=300, units=100):
    """Train one hidden layer; return the share of dead units before each step (steps,) and the test accuracy."""
    rng = np.random.default_rng(0)
    x, y = pixels[:1200], labels[:1200]
    starts = rng.normal(size=(64, units)) * np.sqrt(2 / 64), np.zeros(units), rng.normal(size=(units, 10)) / 10
    W, c, V, b = parameters = [Tensor(p, requires_grad=True) for p in (*starts, np.zeros(10))]
    descent = SGD(parameters, learning_rate=learning_rate)
    dead = np.empty(steps)
    for t in range(steps):
        dead[t] = np.mean(np.all(x @ W.numpy() + c.numpy() <= 0, axis=0))
        batch = rng.integers(1200, size=30)
        z = x[batch] @ W + c
        h = functions.relu(z) - alpha * functions.relu(-z)
        descent.zero_grad()
        functions.softmax_cross_entropy(h @ V + b, y[batch]).backward()
        descent.step()
    z = pixels[1200:] @ W.numpy() + c.numpy()
    answers = np.argmax(np.where(z > 0, z, alpha * z) @ V.numpy() + b.numpy(), axis=1)
    return dead, np.mean(answers == labels[1200:])


# %% demo=true
if pixels is not None:
    figure, axes = plt.subplots(figsize=(8, 3.9), layout="constrained")
    for rate, colour in ((0.3, GREEN), (1.0, BLUE), (2.0, VERMILION)):
        dead, accuracy = count_dead_units(rate)
        axes.plot(100 * dead, color=colour)
        note = f"learning rate {rate:g}\n{accuracy:.0%} of the test right"
        height = {0.3: -3, 1.0: 16, 2.0: 94}[rate]
        axes.annotate(note, (300, height), (305, height), color=colour, va="center", annotation_clip=False, fontsize=11)
    axes.set(title="A step too large kills, and the dead stay dead", xlabel="training step")
    axes.set(ylabel="dead ReLUs (%)", xlim=(0, 300), ylim=(0, 102))
    plt.show()
    for rate in (1.0, 2.0):
        _, with_relu = count_dead_units(rate)
        _, with_leak = count_dead_units(rate, alpha=0.01)
        print(f"learning rate {rate:g}: test accuracy {with_relu:.0%} with ReLU, {with_leak:.0%} with leaky ReLU")

# %% [markdown]
# PLACEHOLDER dead
