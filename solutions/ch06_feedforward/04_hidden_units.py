# %% [markdown]
# # 6.3 Which bend should a hidden unit have?
#
# Two networks learn to read handwritten digits, one with a single hidden layer, one with ten. Both
# are trained three times, from the same random weights with the same learning rate. All that
# changes is the function $g$ that each hidden unit applies to its number. Test digits read
# correctly:
#
# | hidden layers | $g$ = sigmoid | $g$ = tanh | $g$ = ReLU |
# |:-:|:-:|:-:|:-:|
# | 1 | 95 % | 97 % | 97 % |
# | 10 | **9 %** | 98 % | 96 % |
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
    """Return 1 / (1 + exp(-z)) and its slope, two arrays of the shape of z."""
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(z))  # never overflows
    value = np.where(z >= 0, 1, small) / (1 + small)
    return value, value * (1 - value)
    ### END SOLUTION


def tanh(z):
    """Return 2 σ(2z) - 1 and its slope, two arrays of the shape of z."""
    ### BEGIN SOLUTION
    value = 2 * sigmoid(2 * z)[0] - 1
    return value, 1 - value**2
    ### END SOLUTION


def relu(z):
    """Return max(0, z) and its slope (at the kink: 0), two arrays of the shape of z."""
    ### BEGIN SOLUTION
    return np.maximum(0.0, z), np.where(z > 0, 1.0, 0.0)
    ### END SOLUTION


def softplus(z):
    """Return log(1 + exp(z)), safe for any z, and its slope, two arrays of the shape of z."""
    ### BEGIN SOLUTION
    return np.logaddexp(0, z), sigmoid(z)[0]
    ### END SOLUTION


def hard_tanh(z):
    """Return max(-1, min(1, z)) and its slope (at the kinks: 0), two arrays of the shape of z."""
    ### BEGIN SOLUTION
    return np.clip(z, -1.0, 1.0), np.where(np.abs(z) < 1, 1.0, 0.0)
    ### END SOLUTION


def rbf(z):
    """Return exp(-z²) and its slope, two arrays of the shape of z."""
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
if all(is_written(activation, z) for _, activation in gallery):
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
    cost = lambda z, alpha: np.sum(g * np.asarray(prelu(z, alpha)))  # noqa: E731
    nudge, small = np.zeros((3, 2)), np.array([1e-6, 0.0])
    nudge[1, 0] = 1e-6
    slope = (cost(z + nudge, alpha) - cost(z - nudge, alpha)) / 2e-6
    assert_allclose(np.asarray(grad_z)[1, 0], slope, rtol=1e-4, atol=1e-6)
    slope = (cost(z, alpha + small) - cost(z, alpha - small)) / 2e-6
    assert_allclose(np.asarray(grad_alpha)[0], slope, rtol=1e-4, atol=1e-6)


### BEGIN HIDDEN TESTS
def test_random_layers(rng, reference):
    "Does it hold for any numbers of examples and units, and for any α?"
    for n, m in ((8, 5), (4, 4), (1, 3)):
        z, alpha, g = rng.normal(size=(n, m)), rng.normal(size=m), rng.normal(size=(n, m))
        assert_allclose(prelu(z, alpha), reference.prelu(z, alpha))
        for actual, expected in zip(prelu_backward(z, alpha, g), reference.prelu_backward(z, alpha, g), strict=True):
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
# scikit-learn's 8 × 8 digits with three learning rates, and count on the way for how many
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


def count_dead_units(learning_rate, alpha=0.0, steps=240, units=100):
    """Train one hidden layer; return the share of dead units at every fourth step (steps / 4,) and the test accuracy."""
    rng = np.random.default_rng(0)
    x, y = pixels[:1200], labels[:1200]
    starts = rng.normal(size=(64, units)) * np.sqrt(2 / 64), np.zeros(units), rng.normal(size=(units, 10)) / 10
    W, c, V, b = parameters = [Tensor(p, requires_grad=True) for p in (*starts, np.zeros(10))]
    descent = SGD(parameters, learning_rate=learning_rate)
    dead = []
    for t in range(steps):
        if t % 4 == 0:
            dead.append(np.mean(np.all(x @ W.numpy() + c.numpy() <= 0, axis=0)))
        batch = rng.integers(1200, size=30)
        z = x[batch] @ W + c
        h = functions.relu(z) - alpha * functions.relu(-z)
        descent.zero_grad()
        functions.softmax_cross_entropy(h @ V + b, y[batch]).backward()
        descent.step()
    z = pixels[1200:] @ W.numpy() + c.numpy()
    answers = np.argmax(np.where(z > 0, z, alpha * z) @ V.numpy() + b.numpy(), axis=1)
    return np.array(dead), np.mean(answers == labels[1200:])


# %% demo=true
if pixels is not None:
    figure, axes = plt.subplots(figsize=(8, 3.9), layout="constrained")
    for rate, colour, height in ((0.3, GREEN, 4), (1.0, BLUE, 19), (2.0, VERMILION, 94)):
        dead, accuracy = count_dead_units(rate)
        axes.plot(np.arange(0, 240, 4), 100 * dead, color=colour)
        note = f"learning rate {rate:g}\n{accuracy:.0%} of the test right"
        axes.text(245, height, note, color=colour, va="center", fontsize=11)
    axes.set(title="A step too large kills, and the dead stay dead", xlabel="training step", xticks=range(0, 201, 50))
    axes.set(ylabel="dead ReLUs (%)", xlim=(0, 237), ylim=(0, 102))
    plt.show()
    _, with_leak = count_dead_units(2.0, alpha=0.01)
    print(f"learning rate 2: {accuracy:.0%} of the test right with ReLU, {with_leak:.0%} with leaky ReLU (α = 0.01)")

# %% [markdown]
# *The figure:* with the learning rate 0.3 six of the 100 units are dead; five were so before the
# first step. With 1 it is eleven, and no harm is done. With 2, two thirds
# die within twenty steps, and in the end 98 of 100: what is left guesses. No curve ever falls.
#
# The printed line shows what a leak does. Where $z<0$ a leaky unit still has the slope 0.01, so it
# can come back: of the wreck at learning rate 2, half the digits are saved. The better remedies are
# smaller steps, and biases that begin slightly above zero, like $c = 0.1$, so that no unit starts
# silent (*Deep Learning* 6.3.1).

# %% [markdown]
# ## 4 · Maxout: the bend itself is learned
#
# A *maxout* unit has no formula for its bend. It owns $k$ numbers and outputs the largest
# (*Deep Learning* 6.3.1). With $z = xW + c$ of shape (n, m·k), columns $1 \dots k$ belong to unit 1,
# the next $k$ to unit 2, and so on:
#
# $$h_{ri} = \max\bigl\{\, z_{rj} : j \text{ in group } i \,\bigr\}, \qquad h \text{ of shape } (n, m).$$
#
# Each $z_j$ is a straight line (or plane) in $x$. The largest of $k$ lines is a *convex* function
# with up to $k$ pieces, and where the pieces lie is learned. ReLU is the special case $k=2$ of the
# lines $0$ and $z$; the absolute value that of $-z$ and $z$.

# %% [markdown]
# ### Exercise 3: `maxout`
#
# *In:* `z` (n, m·k) and the size `k` of a group. *Out:* again value and slope: `h` (n, m), and an
# array of the shape of `z` with a 1 for the winner of each group and 0 for the others. (If the
# winner rises by a little, so does $h$. If a loser does, nothing happens.) Among equals the first
# one wins, so that each group has **one** 1.
#
# *By hand,* for $k=2$, so $m = 2$ units:
#
# $$z = \begin{bmatrix} 3&1&-2&-1\\ 0&4&-5&-5 \end{bmatrix}, \quad
# h = \begin{bmatrix} 3&-1\\ 4&-5 \end{bmatrix}, \quad
# \text{slope} = \begin{bmatrix} 1&0&0&1\\ 0&1&1&0 \end{bmatrix}.$$


# %% exercise="maxout" points=4
def maxout(z, k):
    """Return the largest number of each group of k neighbours, and which one it was.

    Parameters
    ----------
    z : array, shape (n, m * k)
        Columns 0 … k - 1 belong to unit 0, columns k … 2k - 1 to unit 1, and so on.
    k : int
        The size of a group.

    Returns
    -------
    value : array, shape (n, m)
    slope : array, shape (n, m * k)
        1 for the first largest number of each group, 0 for all others.
    """
    ### BEGIN SOLUTION
    groups = z.reshape(len(z), z.shape[1] // k, k)
    winners = groups.argmax(axis=2)
    slope = np.eye(k)[winners]  # row j of the identity has its 1 at place j
    return groups.max(axis=2), slope.reshape(z.shape)
    ### END SOLUTION


# %% check="maxout"
def test_value_of_the_worked_example():
    "Which two columns belong to the first unit, which to the second, and which of the two is larger?"
    value, _ = maxout(np.array([[3.0, 1.0, -2.0, -1.0], [0.0, 4.0, -5.0, -5.0]]), 2)
    assert_allclose(value, [[3.0, -1.0], [4.0, -5.0]])


def test_slope_of_the_worked_example():
    "A 1 where the winner of each group stands. What about two equals?"
    _, slope = maxout(np.array([[3.0, 1.0, -2.0, -1.0], [0.0, 4.0, -5.0, -5.0]]), 2)
    assert_allclose(slope, [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]])


def test_groups_of_three():
    "Six columns in groups of k = 3: how many units are there, and who are the neighbours?"
    value, slope = maxout(np.array([[1.0, 2.0, 3.0, 9.0, 8.0, 7.0]]), 3)
    assert_allclose(value, [[3.0, 9.0]])
    assert_allclose(slope, [[0.0, 0.0, 1.0, 1.0, 0.0, 0.0]])


def test_relu_and_absolute_value_are_special_cases():
    "The larger of 0 and z is the ReLU, the larger of −z and z is |z|: do you get both?"
    z = np.array([[-2.0], [0.5], [3.0]])
    value, _ = maxout(np.concatenate([0 * z, z, -z, z], axis=1), 2)
    assert_allclose(value, [[0.0, 2.0], [0.5, 0.5], [3.0, 3.0]])


### BEGIN HIDDEN TESTS
def test_random_layers(rng, reference):
    "Does it hold for any numbers of examples, units and lines?"
    for n, m, k in ((6, 5, 2), (4, 2, 5), (3, 3, 3), (1, 4, 3)):
        z = rng.normal(size=(n, m * k))
        value, slope = maxout(z, k)
        expected_value, expected_slope = reference.maxout(z, k)
        assert_allclose(value, expected_value)
        assert_allclose(slope, expected_slope)


def test_one_line_or_one_unit(rng):
    "With k = 1 nothing changes. With a single unit the largest number of the row is the answer. Is the axis still there?"
    z = rng.normal(size=(5, 4))
    value, slope = maxout(z, 1)
    assert_allclose(value, z)
    assert_allclose(slope, np.ones((5, 4)))
    value, slope = maxout(z, 4)
    assert_allclose(value, z.max(axis=1)[:, None])
    assert_allclose(slope, np.eye(4)[z.argmax(axis=1)])


def test_one_winner_for_each_group(rng):
    "Where many numbers are equal, does each group still have exactly one 1, the first?"
    z = rng.integers(0, 2, size=(8, 12)) * 1.5
    for k in (3, 4):
        _, slope = maxout(z, k)
        groups = np.asarray(slope).reshape(8, 12 // k, k)
        assert_allclose(groups.sum(axis=2), np.ones((8, 12 // k)))
        assert_allclose(groups.argmax(axis=2), z.reshape(8, 12 // k, k).argmax(axis=2))


def test_all_below_zero(rng):
    "May a maxout unit be negative?"
    z = -rng.uniform(1.0, 2.0, size=(40, 6))
    assert_allclose(maxout(z, 3)[0], z.reshape(40, 2, 3).max(axis=2))


def test_z_stays_as_it_is(rng):
    "Does your function write into z?"
    assert_inputs_unchanged(maxout, rng.normal(size=(4, 6)), 3)


def test_no_loop_over_examples_or_units(rng):
    "Is there a loop? An array of shape (n, m, k) holds each group in its last axis."
    assert_vectorized(maxout, (rng.normal(size=(5, 6)), 2), (rng.normal(size=(300, 60)), 2))


### END HIDDEN TESTS


# %% mistake="maxout" hint="Your groups take every m-th column. Which columns are neighbours, and which axis of the reshaped array must be the last?"
def maxout(z, k):
    groups = z.reshape(len(z), k, -1)
    slope = np.eye(k)[groups.argmax(axis=1)].transpose(0, 2, 1)
    return groups.max(axis=1), slope.reshape(z.shape)


# %% mistake="maxout" hint="k is the size of a group, not the number of groups. How many units do 12 columns make with k = 3?"
def maxout(z, k):
    groups = z.reshape(len(z), k, -1)
    slope = np.eye(groups.shape[2])[groups.argmax(axis=2)]
    return groups.max(axis=2), slope.reshape(z.shape)


# %% mistake="maxout" hint="Two equals both get a 1 from you. If both rose by 0.1, would h rise by 0.2?"
def maxout(z, k):
    groups = z.reshape(len(z), -1, k)
    value = groups.max(axis=2)
    return value, (groups == value[:, :, None]).reshape(z.shape) * 1.0


# %% mistake="maxout" hint="You have pooled the whole row. How many groups does it consist of?"
def maxout(z, k):
    winners = z.argmax(axis=1)
    return z.max(axis=1, keepdims=True), np.eye(z.shape[1])[winners]


# %% mistake="maxout" hint="The slope should say of every z whether it has won. You return the winner's position: how do you make a row of zeros with a single 1 of it?"
def maxout(z, k):
    groups = z.reshape(len(z), -1, k)
    return groups.max(axis=2), groups.argmax(axis=2)


# %% mistake="maxout" hint="Your unit is never negative. Nobody said that 0 takes part in the competition: what starts your comparison?"
def maxout(z, k):
    groups = z.reshape(len(z), -1, k)
    slope = np.eye(k)[groups.argmax(axis=2)]
    return np.maximum(0.0, groups.max(axis=2)), slope.reshape(z.shape)


# %% mistake="maxout" hint="Your 1s are where z is positive. Is that who has won in each group?"
def maxout(z, k):
    return z.reshape(len(z), -1, k).max(axis=2), (z > 0) * 1.0


# %% mistake="maxout" hint="Your slope still has an axis for the groups. Which shape has z, and who hands on to it?"
def maxout(z, k):
    groups = z.reshape(len(z), -1, k)
    return groups.max(axis=2), np.eye(k)[groups.argmax(axis=2)]


# %% mistake="maxout" hint="Your numbers are right. Can one `reshape` make the groups of all examples at once?"
def maxout(z, k):
    n, m = len(z), z.shape[1] // k
    value, slope = np.zeros((n, m)), np.zeros(z.shape)
    for r in range(n):
        for i in range(m):
            group = z[r, i * k : (i + 1) * k]
            value[r, i] = group.max()
            slope[r, i * k + group.argmax()] = 1
    return value, slope


# %% alternative="maxout"
def maxout(z, k):
    n, width = z.shape
    columns = [z[:, j::k] for j in range(k)]  # line j of every unit
    value, slope = columns[0], np.zeros((n, width))
    best = np.zeros(value.shape, dtype=int)
    for j in range(1, k):
        better = columns[j] > value
        value, best = np.where(better, columns[j], value), np.where(better, j, best)
    rows, units = np.indices(value.shape)
    slope[rows, units * k + best] = 1
    return value, slope


# %% alternative="maxout"
def maxout(z, k):
    groups = np.array(z).reshape(-1, k)
    slope = np.zeros_like(groups)
    np.put_along_axis(slope, np.argmax(groups, axis=1)[:, None], 1.0, axis=1)
    return np.max(groups, axis=1).reshape(z.shape[0], -1), slope.reshape(z.shape)


# %% [markdown]
# ### What can one unit learn?
#
# One input $x$, one maxout unit with $k$ lines $w_j x + c_j$, and a curve to imitate. The gradient
# $G = \partial J/\partial h$, shape (n, 1), is copied to all $k$ lines of the group, and the slope lets
# only the winner's copy through:
#
# $$\frac{\partial J}{\partial z} = \text{slope} \odot [\,G \;\; G \cdots G\,] .$$
#
# In NumPy: `slope * np.repeat(g, k, axis=1)`. So each line learns from those $x$ on which it is the
# highest. We train on 81 points of three curves. Guess first: which of $\lvert x\rvert$, $x^2$ and a
# sine can a *largest of lines* become?


# %% demo=true
def fit_with_maxout(target, k, seed=3, steps=4000, learning_rate=0.1):
    """Fit target(x) on [-2, 2] with one maxout unit; return x (81, 1), its k lines (81, k) and the root mean square error."""
    rng = np.random.default_rng(seed)
    x = np.linspace(-2, 2, 81)[:, None]
    w, c = rng.normal(size=(1, k)), 0.1 * rng.normal(size=k)
    for _ in range(steps):
        value, slope = maxout(x @ w + c, k)
        g = 2 * (value - target(x)) / len(x)
        delta = np.repeat(g, k, axis=1) * slope
        w, c = w - learning_rate * x.T @ delta, c - learning_rate * delta.sum(axis=0)
    z = x @ w + c
    return x, z, np.sqrt(np.mean((maxout(z, k)[0] - target(x)) ** 2))


if is_written(maxout, np.zeros((1, 2)), 2):
    cases = [("$|x|$ from 2 lines", np.abs, 2), ("$x^2$ from 5 lines", np.square, 5)]
    cases += [("sine from 5 lines: no", lambda x: 1 + np.sin(2 * x), 5)]
    figure, panels = plt.subplots(1, 3, figsize=(8, 3.6), layout="constrained", sharey=True)
    for axes, (title, target, k) in zip(panels, cases, strict=True):
        x, lines, error = fit_with_maxout(target, k)
        axes.plot(x, lines, color=BLUE, linewidth=1, alpha=0.6)
        axes.plot(x, target(x), color="black", linestyle=(0, (1, 1.2)), linewidth=3)
        axes.plot(x, maxout(lines, k)[0], color=VERMILION, linewidth=2.5, alpha=0.85)
        axes.set(title=title, xlabel="input $x$", xlim=(-2, 2), ylim=(-1.6, 4.4), xticks=[-2, 0, 2])
        axes.text(0, 3.9, f"error {error:.3f}", ha="center")
    panels[0].set_ylabel("output")
    panels[0].text(0, -1.35, "its lines", color=BLUE, ha="center")
    panels[0].text(0, 2.6, "the unit", color=VERMILION, ha="center")
    panels[0].text(0, 2.0, "the target", color="black", ha="center")
    plt.show()

# %% [markdown]
# *The figure:* thin lines are what the unit has learned, the thick line is the largest of them. Two
# lines make $\lvert x\rvert$ exactly; five follow the parabola closely; the sine defeats five lines,
# and would defeat five hundred. The largest of straight lines can only bend **upwards**: one maxout
# unit approximates any *convex* function, as closely as $k$ allows. A second layer that subtracts
# one unit from another gets all the rest.

# %% [markdown]
# In the third picture three lines lie below the others everywhere. They never win and never learn:
# maxout, too, has its dead. The price is $k$ times the weights, so more regularization; in return
# the spare lines help a network to remember an old task while it learns a new one (*Deep Learning*
# 6.3.1).

# %% [markdown]
# ## 5 · How much gradient arrives?
#
# Now stack $L$ layers and leave the biases out. With $h_0 = x$:
#
# $$z_l = h_{l-1} W_l, \qquad h_l = g(z_l), \qquad l = 1, \dots, L.$$
#
# Say we know $G_L = \partial J/\partial h_L$. The chain rule leads downwards, $l = L, \dots, 1$:
#
# $$\delta_l = \frac{\partial J}{\partial z_l} = g'(z_l) \odot G_l, \qquad
# G_{l-1} = \frac{\partial J}{\partial h_{l-1}} = \delta_l W_l^\top .$$
#
# Each $\delta_l$ has the shape of $z_l$, one row for each example. These are Lepetit's equations
# (47), with rows for columns. (Where the transpose comes from: notebook 6.) The derivative of $J$
# with respect to $W_l$ is $h_{l-1}^\top \delta_l$: **a layer with a tiny $\delta_l$ hardly learns**.

# %% [markdown]
# ### A product of many factors
#
# From the top to layer 1 the gradient is multiplied by $L$ slopes and $L - 1$ weight matrices (Lepetit,
# eq. 48). A product of many numbers below 1 *vanishes*, of many above 1 it *explodes*.
#
# The sigmoid's slope is at most ¼. Ten layers at their very best leave
#
# $$\left(\tfrac14\right)^{10} \approx 10^{-6}$$
#
# of the gradient, if the weights do not make up for it. A ReLU that is active has the slope 1:
# $1^{10} = 1$. That is an upper bound and a lucky path. What happens in a random network with real
# weights? We do not guess, we measure.

# %% [markdown]
# ### Exercise 4: `gradient_by_depth`
#
# *In:* `x`, shape $(n, d_0)$; `weights`, a list of $L$ arrays, $W_l$ of shape $(d_{l-1}, d_l)$;
# `activation`, a function from `z` to the pair value, slope; and `g`, the $G_L$ above, shape $(n, d_L)$.
#
# *Out:* for each layer, the first one first, $\lVert\delta_l\rVert = \sqrt{\sum \delta_l^2}$, the sum
# over all examples and units; shape (L,).
#
# *By hand,* one example, one unit a layer, and $g(z) = z^2$ with the slope $2z$. $x = 1$, $W_1 = 2$,
# $W_2 = \tfrac12$ and $\partial J/\partial h_2 = 1$. Up: $z_1 = 2$, $h_1 = 4$, $z_2 = 2$. Down:
# $\delta_2 = 2\cdot2 \cdot 1 = 4$, $\;\partial J/\partial h_1 = 4\cdot\tfrac12 = 2$,
# $\;\delta_1 = 2\cdot2\cdot2 = 8$. Answer: $(8, 4)$.


# %% exercise="gradient_by_depth" points=5
def gradient_by_depth(x, weights, activation, g):
    """Measure the gradient that arrives at each layer of a network without biases.

    Parameters
    ----------
    x : array, shape (n, d_0)
        The inputs, one example a row.
    weights : list of arrays, shapes (d_0, d_1), (d_1, d_2), …, (d_{L-1}, d_L)
    activation : function
        Takes z and returns the pair value, slope, both of the shape of z.
    g : array, shape (n, d_L)
        The derivatives of the cost with respect to the outputs of the last layer.

    Returns
    -------
    array, shape (L,)
        The norms (roots of the sums of squares) of the derivatives with respect to z_1, …, z_L, in this order.
    """
    ### BEGIN SOLUTION
    h, slopes = x, []
    for W in weights:
        h, slope = activation(h @ W)
        slopes.append(slope)
    norms = np.empty(len(weights))
    for layer in reversed(range(len(weights))):
        delta = slopes[layer] * g
        norms[layer] = np.sqrt(np.sum(delta**2))
        g = delta @ weights[layer].T
    return norms
    ### END SOLUTION


# %% check="gradient_by_depth"
def test_worked_example():
    "One unit a layer with g(z) = z²: do you get δ₂ = 4 and δ₁ = 8, the first layer first?"
    weights = [np.array([[2.0]]), np.array([[0.5]])]
    norms = gradient_by_depth(np.array([[1.0]]), weights, lambda z: (z**2, 2 * z), np.array([[1.0]]))
    assert_allclose(norms, [8.0, 4.0])


def test_one_layer():
    "With one layer there is only slope times g. Here these are 0.5·3 and 0.5·4: which norm has (1.5, 2)?"
    norms = gradient_by_depth(
        np.array([[1.0]]), [np.ones((1, 2))], lambda z: (z / 2, 0 * z + 0.5), np.array([[3.0, 4.0]])
    )
    assert_allclose(norms, [2.5])


def test_a_quarter_for_each_layer():
    "Weights 1 and slopes ¼: four layers below the top, what is left of a gradient of norm 5?"
    g = np.array([[3.0, 0.0], [0.0, 4.0]])
    norms = gradient_by_depth(np.ones((2, 2)), [np.eye(2)] * 5, lambda z: (z / 4, np.full(z.shape, 0.25)), g)
    assert_allclose(norms, 5 * 0.25 ** np.array([5, 4, 3, 2, 1]))


def test_layers_of_different_widths():
    "W_l has shape (d_{l−1}, d_l). Which way does its transpose carry δ?"
    weights = [np.array([[1.0, 2.0, 3.0]]), np.array([[1.0], [1.0], [2.0]])]
    norms = gradient_by_depth(np.array([[1.0]]), weights, lambda z: (z, np.ones(z.shape)), np.array([[2.0]]))
    assert_allclose(norms, [np.sqrt(24.0), 2.0])


### BEGIN HIDDEN TESTS
def test_random_networks(rng, reference):
    "Does it hold for any widths, weights and depth?"
    for sizes in ((3, 5, 4, 2), (4, 4, 4, 4, 4, 4), (6, 1, 3)):
        weights = [rng.normal(size=(sizes[i], sizes[i + 1])) for i in range(len(sizes) - 1)]
        x, g = rng.normal(size=(7, sizes[0])), rng.normal(size=(7, sizes[-1]))
        for activation in (lambda z: (np.tanh(z), 1 - np.tanh(z) ** 2), lambda z: (np.maximum(z, 0), z > 0)):
            norms = gradient_by_depth(x, weights, activation, g)
            assert_allclose(norms, reference.gradient_by_depth(x, weights, activation, g), rtol=1e-6)


def test_slopes_of_the_right_layer(rng, reference):
    "The slope of layer l is taken at z_l, not at h_l, not at the z of a neighbour. Is yours?"
    weights = [rng.uniform(0.5, 1.5, size=(3, 3)) / 3 for _ in range(4)]
    x, g = rng.uniform(0.5, 1.5, size=(5, 3)), rng.normal(size=(5, 3))
    activation = lambda z: (np.exp(-z), -np.exp(-z))  # noqa: E731
    expected = reference.gradient_by_depth(x, weights, activation, g)
    assert_allclose(gradient_by_depth(x, weights, activation, g), expected, rtol=1e-6)


def test_the_norm_is_the_slope_of_a_cost(rng):
    "For one example and one first unit, δ₁ is how fast the cost changes with z₁. Nudge z₁: does it?"
    W1, W2, g = np.ones((1, 1)), rng.normal(size=(1, 3)), rng.normal(size=(1, 3))
    cost = lambda z1: np.sum(g * np.sin(np.sin(z1) * W2))  # noqa: E731
    norms = gradient_by_depth(np.array([[0.4]]), [W1, W2], lambda z: (np.sin(z), np.cos(z)), g)
    assert_allclose(norms[0], abs(cost(0.4 + 1e-5) - cost(0.4 - 1e-5)) / 2e-5, rtol=1e-5)


def test_twice_the_gradient(rng):
    "If the gradient at the top is twice as large, what happens to all the others?"
    weights, x, g = [rng.normal(size=(4, 4)) for _ in range(3)], rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    activation = lambda z: (np.tanh(z), 1 - np.tanh(z) ** 2)  # noqa: E731
    once, twice = (np.asarray(gradient_by_depth(x, weights, activation, s * g)) for s in (1, 2))
    assert_allclose(twice, 2 * once, rtol=1e-9)


def test_inputs_stay_as_they_are(rng):
    "Does your function write into x or g?"
    weights = [rng.normal(size=(3, 3)) for _ in range(2)]
    measure = lambda x, first, second, g: gradient_by_depth(x, [first, second], lambda z: (2 * z, 0 * z + 2), g)  # noqa: E731
    assert_inputs_unchanged(measure, rng.normal(size=(4, 3)), *weights, rng.normal(size=(4, 3)))


def test_no_loop_over_examples(rng):
    "A loop over layers is right. Is there one over examples, too?"
    weights = [rng.normal(size=(3, 3)) for _ in range(3)]
    activation = lambda z: (np.tanh(z), 1 - np.tanh(z) ** 2)  # noqa: E731
    x, g = rng.normal(size=(300, 3)), rng.normal(size=(300, 3))
    assert_vectorized(gradient_by_depth, (x[:5], weights, activation, g[:5]), (x, weights, activation, g))


### END HIDDEN TESTS


# %% mistake="gradient_by_depth" hint="Your list begins with the last layer. On the way down you meet the layers in which order?"
def gradient_by_depth(x, weights, activation, g):
    h, slopes = x, []
    for W in weights:
        h, slope = activation(h @ W)
        slopes.append(slope)
    norms = []
    for W, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = slope * g
        norms.append(np.linalg.norm(delta))
        g = delta @ W.T
    return np.array(norms)


# %% mistake="gradient_by_depth" hint="Your gradient goes up through W, not down. Which shape must δW have, and which does it have?"
def gradient_by_depth(x, weights, activation, g):
    h, slopes = x, []
    for W in weights:
        h, slope = activation(h @ W)
        slopes.append(slope)
    norms = np.empty(len(weights))
    for layer in reversed(range(len(weights))):
        delta = slopes[layer] * g
        norms[layer] = np.linalg.norm(delta)
        g = delta @ weights[layer]
    return norms


# %% mistake="gradient_by_depth" hint="You measured ∂J/∂h of each layer. What is still between it and ∂J/∂z?"
def gradient_by_depth(x, weights, activation, g):
    h, slopes = x, []
    for W in weights:
        h, slope = activation(h @ W)
        slopes.append(slope)
    norms = np.empty(len(weights))
    for layer in reversed(range(len(weights))):
        norms[layer] = np.linalg.norm(g)
        g = (slopes[layer] * g) @ weights[layer].T
    return norms


# %% mistake="gradient_by_depth" hint="Your gradient passes the weights but no activation. Where do the slopes come in?"
def gradient_by_depth(x, weights, activation, g):
    norms = np.empty(len(weights))
    for layer in reversed(range(len(weights))):
        norms[layer] = np.linalg.norm(g)
        g = g @ weights[layer].T
    return norms


# %% mistake="gradient_by_depth" hint="You took the slopes at h, after the activation. At which number does the unit bend?"
def gradient_by_depth(x, weights, activation, g):
    h, slopes = x, []
    for W in weights:
        h = activation(h @ W)[0]
        slopes.append(activation(h)[1])
    norms = np.empty(len(weights))
    for layer in reversed(range(len(weights))):
        delta = slopes[layer] * g
        norms[layer] = np.linalg.norm(delta)
        g = delta @ weights[layer].T
    return norms


# %% mistake="gradient_by_depth" hint="On the way up you pass z on to the next layer. What should it get?"
def gradient_by_depth(x, weights, activation, g):
    z, slopes = x, []
    for W in weights:
        z = z @ W
        slopes.append(activation(z)[1])
    norms = np.empty(len(weights))
    for layer in reversed(range(len(weights))):
        delta = slopes[layer] * g
        norms[layer] = np.linalg.norm(delta)
        g = delta @ weights[layer].T
    return norms


# %% mistake="gradient_by_depth" hint="You add the squares. What turns a sum of squares into a length?"
def gradient_by_depth(x, weights, activation, g):
    h, slopes = x, []
    for W in weights:
        h, slope = activation(h @ W)
        slopes.append(slope)
    norms = np.empty(len(weights))
    for layer in reversed(range(len(weights))):
        delta = slopes[layer] * g
        norms[layer] = np.sum(delta**2)
        g = delta @ weights[layer].T
    return norms


# %% mistake="gradient_by_depth" hint="You took a mean of the squares. The norm is the root of their sum: does it grow with the number of examples?"
def gradient_by_depth(x, weights, activation, g):
    h, slopes = x, []
    for W in weights:
        h, slope = activation(h @ W)
        slopes.append(slope)
    norms = np.empty(len(weights))
    for layer in reversed(range(len(weights))):
        delta = slopes[layer] * g
        norms[layer] = np.sqrt(np.mean(delta**2))
        g = delta @ weights[layer].T
    return norms


# %% mistake="gradient_by_depth" hint="Every layer gets the g of the top from you. What does layer l − 1 receive from layer l?"
def gradient_by_depth(x, weights, activation, g):
    h, norms = x, []
    for W in weights:
        h, slope = activation(h @ W)
        norms.append(np.linalg.norm(slope * g))
    return np.array(norms)


# %% mistake="gradient_by_depth" hint="You carried G down through W but left δ behind: the slope of a layer must reach the layers below it, too. What is multiplied by the transpose?"
def gradient_by_depth(x, weights, activation, g):
    h, slopes = x, []
    for W in weights:
        h, slope = activation(h @ W)
        slopes.append(slope)
    norms = np.empty(len(weights))
    for layer in reversed(range(len(weights))):
        norms[layer] = np.linalg.norm(slopes[layer] * g)
        g = g @ weights[layer].T
    return norms


# %% mistake="gradient_by_depth" hint="Your numbers are right, and slow. A loop over layers there must be; what can a matrix product do for all examples at once?"
def gradient_by_depth(x, weights, activation, g):
    squares = np.zeros(len(weights))
    for row, top in zip(x, g, strict=True):
        h, slopes = row, []
        for W in weights:
            h, slope = activation(h @ W)
            slopes.append(slope)
        for layer in reversed(range(len(weights))):
            delta = slopes[layer] * top
            squares[layer] += np.sum(delta**2)
            top = weights[layer] @ delta
    return np.sqrt(squares)


# %% alternative="gradient_by_depth"
def gradient_by_depth(x, weights, activation, g):
    def descend(h, remaining):
        """Return ∂J/∂h and the norms of the layers above h."""
        if not remaining:
            return g, []
        above, slope = activation(np.einsum("nd,de->ne", h, remaining[0]))
        carried, norms = descend(above, remaining[1:])
        delta = carried * slope
        return np.einsum("ne,de->nd", delta, remaining[0]), [np.linalg.norm(delta), *norms]

    return descend(x, list(weights))[1]


# %% demo=true
units = {
    "sigmoid": (yours_or_mlcores(sigmoid, functions.sigmoid), VERMILION),
    "softplus": (yours_or_mlcores(softplus, functions.softplus), ORANGE),
    "ReLU": (yours_or_mlcores(relu, functions.relu), BLUE),
    "tanh": (yours_or_mlcores(tanh, functions.tanh), GREEN),
}
measured = is_written(gradient_by_depth, np.zeros((1, 1)), [np.zeros((1, 1))], lambda z: (z, z), np.zeros((1, 1)))
if measured:
    rng = np.random.default_rng(0)
    some_x, some_g = rng.normal(size=(2, 100, 64))
    some_weights = [rng.normal(size=(64, 64)) / 8 for _ in range(20)]  # variance 1/64: a sum of 64 keeps its size
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    for name, (activation, colour) in units.items():
        norms = gradient_by_depth(some_x, some_weights, activation, some_g)
        axes.semilogy(range(1, 21), norms / norms[-1], color=colour, marker="o", markersize=4)
        per_layer = (norms[0] / norms[-1]) ** (1 / 19)
        place = {"xytext": (-8, 0), "textcoords": "offset points", "ha": "right", "va": "center"}
        axes.annotate(f"{name}: × {per_layer:.2f} a layer", (1, norms[0] / norms[-1]), color=colour, **place)
    axes.semilogy([1, 20], [0.25**19, 1], color=GREY, linestyle=":", linewidth=1.5)
    axes.text(9, 0.25**11 / 30, "¼ a layer", color=GREY)
    axes.set(
        title="Your measurement: what is left of the gradient, going down", xlabel="layer (1 is next to the input)"
    )
    axes.set(ylabel="gradient norm / norm at the top", xlim=(-8, 20.5), xticks=[1, 5, 10, 15, 20])
    plt.show()

# %% [markdown]
# *The figure:* on a logarithmic axis four straight descents from the top layer on the right to the
# first on the left. The sigmoid keeps just below the dotted line of its bound, ¼ a layer; one part
# in $10^{12}$ arrives. Softplus loses almost half in each layer, tanh 8 %.
#
# **And ReLU loses, too:** × 0.71. On average half of its units are off, which halves the *squared*
# norm, and $\sqrt{1/2} = 0.71$. With weights $\sqrt2$ times as large the loss is made good. That is
# Kaiming initialization; chapter 8 has more of it.

# %% [markdown]
# ### Turn the knobs
#
# The weights are the other half of the product. Below you can choose the unit, the number of layers
# and a factor for all weights. Can you find a factor with which the sigmoid's gradient survives
# twenty layers? And one with which the ReLU's *explodes*? (Without `ipywidgets` the cell prints a
# few of the answers.)

# %% demo=true
try:
    from ipywidgets import FloatLogSlider, IntSlider, interact
except ImportError:
    interact = None


def arriving(activation, factor, layers):
    """Return the gradient norm at each layer, relative to the top, when all weights are multiplied by a factor."""
    norms = gradient_by_depth(some_x, [factor * W for W in some_weights[:layers]], activation, some_g)
    return norms / norms[-1]


def show_arriving(unit="sigmoid", factor=1.0, layers=20):
    """Draw the gradient by depth for one setting."""
    activation, colour = units[unit]
    left = arriving(activation, factor, layers)
    _, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
    axes.semilogy(range(1, layers + 1), left, color=colour, marker="o", markersize=5)
    axes.axhline(1, color=GREY, linestyle=":", linewidth=1.5)
    axes.set(
        title=f"{unit}, weights × {factor:.2f}: {left[0]:.1e} arrives at layer 1", xlabel="layer", ylim=(1e-13, 1e7)
    )
    axes.set(ylabel="gradient / top", xticks=[layer for layer in (1, 5, 10, 15, 20) if layer <= layers])
    plt.show()


if measured and interact is not None:
    interact(
        show_arriving,
        unit=list(units),
        factor=FloatLogSlider(value=1.0, base=2, min=-2, max=4, step=0.25, continuous_update=False),
        layers=IntSlider(value=20, min=2, max=20, continuous_update=False),
    )
elif measured:
    for unit, factor in (("sigmoid", 1.0), ("sigmoid", 8.0), ("ReLU", 1.0), ("ReLU", 2.0)):
        left = arriving(units[unit][0], factor, 20)
        print(f"{unit:8s} weights × {factor:g}: {left[0]:.1e} of the gradient arrives at layer 1")

# %% [markdown]
# ## Where the sources differ
#
# - *Who is to blame?* The Pennsylvania slides explain vanishing gradients by the product of the
#   slopes $g'$ alone. Lepetit (eq. 48) counts slopes, weights **and** inputs. The first two rows
#   below: eight times the weights bring the sigmoid's gradient back.
# - *Xavier's variance.* Pennsylvania prescribes $1/(d_\text{in} + d_\text{out})$ for tanh; Lepetit's
#   uniform distribution on $\pm\sqrt{6/(m+n)}$ has twice that, $2/(m+n)$. Over twenty layers
#   the first loses a factor of 200 more.
# - *ReLU at 0.* Pennsylvania calls the gradient positive for $z \ge 0$; *Deep Learning* allows
#   either one-sided slope; `mlcore` and you take 0. In a million random $z$, none is exactly 0.

# %% demo=true
if measured:
    print("unit     weights                                      arrives at layer 1 of 20")
    for name, factor, variance in (
        ("sigmoid", 1.0, "variance 1/64"),
        ("sigmoid", 8.0, "the same, times 8"),
        ("tanh", 1.0, "2/(m + n), Lepetit (77)"),
        ("tanh", np.sqrt(0.5), "1/(d_in + d_out), Pennsylvania"),
        ("ReLU", 1.0, "variance 1/64"),
        ("ReLU", np.sqrt(2.0), "2/d_in, Kaiming (Pennsylvania)"),
    ):
        print(f"{name:8s} {variance:36s} {arriving(units[name][0], factor, 20)[0]:>20.1e}")
    million = np.random.default_rng(1).normal(size=10**6)
    print(f"exact zeros among a million random z: {np.sum(million == 0)}")

# %% [markdown]
# ## 6 · Ten layers of your own
#
# Back to the digits, and to the question at the top. The network below is made of **your** units
# and of the two equations of section 5. All weights start with variance $1/d_\text{in}$, all biases
# at 0; plain minibatch descent with $\eta = 0.05$, batches of 30, 25 times through the 1200 digits.
# The top is a softmax with the cross-entropy of notebook 2, whose gradient with respect to the
# logits is $p - y$, divided by the size of the batch.


# %% demo=true
def pointwise(activation):
    """Make layers of units with the given value and slope: z → h, and a function that carries g back to z."""

    def unit(z):
        h, slope = activation(z)
        return h, lambda g: slope * g

    return lambda: unit


def largest_of(k):
    """Make layers of maxout units."""

    def unit(z):
        h, slope = maxout(z, k)
        return h, lambda g: slope * np.repeat(g, k, axis=1)

    return lambda: unit


def learned_rectifiers(learning_rate=0.05):
    """Make layers of PReLUs, each unit with an alpha of its own that begins at 0.25 and learns."""

    def layer():
        alpha = np.full(64, 0.25)

        def unit(z):
            def back(g):
                grad_z, grad_alpha = prelu_backward(z, alpha, g)
                alpha[:] = alpha - learning_rate * grad_alpha
                return grad_z

            return prelu(z, alpha), back

        return unit

    return layer


def train(make_layer, *, hidden=10, lines=1, factor=1.0, learning_rate=0.05, epochs=25, seed=1):
    """Train a network of 64 units a layer; return its test accuracy before the first epoch and after each."""
    rng = np.random.default_rng(seed)
    shapes = [(64, 64 * lines)] * hidden + [(64, 10)]
    weights, biases = [factor * rng.normal(size=s) / 8 for s in shapes], [np.zeros(s[1]) for s in shapes]
    layers = [make_layer() for _ in range(hidden)]

    def forward(x):
        hs, backs = [x], []
        for layer, W, c in zip(layers, weights, biases, strict=False):  # without the last, which has no bend
            h, back = layer(hs[-1] @ W + c)
            hs.append(h)
            backs.append(back)
        return hs, backs, hs[-1] @ weights[-1] + biases[-1]

    accuracy = [np.mean(forward(x_test)[2].argmax(axis=1) == y_test)]
    for _ in range(epochs):
        for x, y in batches(x_train, y_train, batch_size=30, rng=rng):
            hs, backs, logits = forward(x)
            delta = (functions.softmax(Tensor(logits)).numpy() - np.eye(10)[y]) / len(x)
            for level in reversed(range(hidden + 1)):
                grad_W, grad_c = hs[level].T @ delta, delta.sum(axis=0)
                if level > 0:
                    delta = backs[level - 1](delta @ weights[level].T)
                weights[level] -= learning_rate * grad_W
                biases[level] -= learning_rate * grad_c
        accuracy.append(np.mean(forward(x_test)[2].argmax(axis=1) == y_test))
    return np.array(accuracy)


if pixels is not None:
    scaled = (pixels - pixels[:1200].mean(axis=0)) / pixels[:1200].std()
    x_train, y_train, x_test, y_test = scaled[:1200], labels[:1200], scaled[1200:], labels[1200:]

# %% demo=true
accuracies = {}
if pixels is not None:
    figure, (shallow, deep) = plt.subplots(1, 2, figsize=(8, 4), layout="constrained", sharey=True)
    for name, (activation, colour) in units.items():
        layers = pointwise(activation)
        for axes, hidden in ((shallow, 1), (deep, 10)):
            curve = train(layers, hidden=hidden)
            axes.plot(100 * curve, color=colour)
            accuracies[name, hidden] = curve[-1]
    heights = {"tanh": 101, "ReLU": 93, "sigmoid": 14, "softplus": 6}
    for row, (name, (_, colour)) in enumerate(reversed(units.items())):
        shallow.text(25, 60 - 9 * row, f"{name} {accuracies[name, 1]:.0%}", color=colour, ha="right")
        deep.text(25.7, heights[name], f"{name} {accuracies[name, 10]:.0%}", color=colour, va="center")
    shallow.axhline(10, color=GREY, linestyle=":", linewidth=1.5)
    deep.axhline(10, color=GREY, linestyle=":", linewidth=1.5)
    shallow.text(25, 11.5, "guessing", color=GREY, ha="right")
    shallow.set(title="One hidden layer", ylabel="test digits read correctly (%)", ylim=(0, 103))
    deep.set(title="Ten hidden layers")
    for axes in (shallow, deep):
        axes.set(xlabel="epoch", xticks=[0, 5, 10, 15, 20, 25], xlim=(0, 25.4))
    plt.show()

# %% [markdown]
# *The figure:* on the left one hidden layer: four curves rise together, the sigmoid's a little later.
# On the right ten layers. Tanh learns as if nothing had happened. ReLU needs ten epochs until its
# first layers have got going, then it catches up. Sigmoid and softplus stay at guessing for all 25
# epochs: the gradient that reaches their lower layers is too small to change anything.
#
# All of this is your code: values and slopes from exercise 1 going up and down.

# %% [markdown]
# ### Could we have known?
#
# You have an instrument that costs no training: the factor per layer by which the gradient of a
# fresh random network shrinks. Does it tell which ten-layer networks will learn? The last
# experiment puts all your units to the test, also PReLU with an α of its own in each unit, the
# absolute value (α = −1, not learned) and maxout with two lines. (Maxout is not in the picture, only
# in the printed line: your instrument wants a slope of the shape of the value.)


# %% demo=true
def rectifier(alpha):
    """Return value and slope of your prelu with a fixed alpha, as one function of z."""
    return lambda z: (prelu(z, alpha), prelu_backward(z, alpha, np.ones(z.shape))[0])


def factor_per_layer(activation, seed=1):
    """Return by how much the gradient shrinks from layer to layer in a fresh network of ten layers."""
    rng = np.random.default_rng(seed)
    weights, top = [rng.normal(size=(64, 64)) / 8 for _ in range(10)], rng.normal(size=(1200, 64))
    norms = gradient_by_depth(x_train, weights, activation, top)
    return (norms[0] / norms[-1]) ** (1 / 9)


if pixels is not None and measured:
    tried = {name: (activation, pointwise(activation)) for name, (activation, _) in units.items()}
    if is_written(hard_tanh, np.zeros(1)) and is_written(rbf, np.zeros(1)):
        tried |= {"hard tanh": (hard_tanh, pointwise(hard_tanh)), "RBF": (rbf, pointwise(rbf))}
    if is_written(prelu, np.zeros((1, 1)), np.zeros(1)) and is_written(prelu_backward, *np.zeros((3, 1, 1))):
        tried |= {"PReLU": (rectifier(0.25), learned_rectifiers())}
        tried |= {"|z|": (rectifier(-1.0), pointwise(rectifier(-1.0)))}
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    places = {
        "ReLU": (-9, 0, "right"),
        "PReLU": (0, -17, "left"),
        "tanh": (0, -18, "center"),
        "hard tanh": (0, 9, "center"),
        "sigmoid": (0, 13, "center"),
        "softplus": (0, 13, "center"),
    }
    for name, (activation, layers) in tried.items():
        if (name, 10) not in accuracies:
            accuracies[name, 10] = train(layers)[-1]
        factor, percent = factor_per_layer(activation), 100 * accuracies[name, 10]
        axes.plot(factor, percent, "o", markersize=10, color=units.get(name, (None, PINK))[1])
        x, y, side = places.get(name, (10, 0, "left"))
        axes.annotate(name, (factor, percent), (x, y), textcoords="offset points", ha=side, va="center")
    axes.axhline(10, color=GREY, linestyle=":", linewidth=1.5)
    axes.text(1.08, 11.5, "guessing", color=GREY, ha="right")
    axes.set(title="Ten layers: the measurement before training, and the result after", xlim=(0.15, 1.1), ylim=(0, 108))
    axes.set(xlabel="gradient factor per layer, before training", ylabel="test digits right, after (%)")
    plt.show()
    if is_written(maxout, np.zeros((1, 2)), 2):
        print(
            f"ten layers of maxout units with 2 lines each: {train(largest_of(2), lines=2)[-1]:.0%} of the test right"
        )

# %% [markdown]
# *The figure:* each dot is one kind of unit; to the right, what your instrument said *before* the
# training, upwards, what came of it. Where less than 0.55 of the gradient survives a layer
# ($0.55^{10} \approx 0.003$) nothing was learned; from 0.7 on everything was. RBF lies between, on
# both axes. So yes: we could have known.
#
# But do not make a law of it. A gradient that arrives is needed; it is not enough. $\lvert z\rvert$
# hands on almost everything, and with $\eta = 0.1$ instead of $0.05$ it ends at guessing, while tanh
# does not mind. And one layer forgives any choice.

# %% [markdown]
# ### Which one, then?
#
# - **ReLU** to begin with; leaky ReLU, PReLU or maxout where units die.
# - **tanh** where an S-shape is wanted: it passes through 0 with the slope 1.
# - **sigmoid** in the output, with a cross-entropy that undoes its saturation (notebook 2), and as a
#   gate (chapter 10); rarely inside a deep stack.
# - **softplus** looks like a better ReLU, smooth and never silent. In a deep stack it is not: what
#   counts is the slope where most of the $z$ are.
# - **RBF** answers only near its centre and is silent elsewhere: hard to train.
#
# Nobody derives these rules; they come from trying (*Deep Learning* 6.3; Pennsylvania, "Activation
# Functions"). You now have the instrument.

# %% [markdown]
# ## Go further
#
# Ungraded, and open: **can you rescue the ten-layer sigmoid network without touching $g$?** You may
# change the size of the weights (`factor`), the learning rate, where the biases start:
# `train(pointwise(sigmoid), factor=…, learning_rate=…)`. Begin with the sliders of section 5. Why is
# the factor that lets the gradient flow best not the best one?

# %% [markdown]
# *Sources:* Goodfellow, Bengio and Courville, *Deep Learning*, section 6.3, and notes on it; H. Jiang,
# *Machine Learning Fundamentals*, chapter 8, "Nonlinear Activation Functions" and "Automatic
# Differentiation (III)"; University of Pennsylvania, CIS 4190/5190, lecture 12, "Vanishing Gradient
# Problem", "ReLU Activation", "Weight Initialization"; V. Lepetit, *Optimization for Deep Learning*,
# equations 47, 48 and 77.
