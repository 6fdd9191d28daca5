# %% [markdown]
# # 6.2.2 What should the last layer say?
#
# A tree stands in the middle of a path. A camera has written down 400 positions of passing
# cyclists: how far along the path, and how far to the left of its middle. More than half pass the
# tree on the left, the others on the right. None comes nearer than 1.2 m to its centre.
#
# From these data a network learns, by the squared error, to predict where the next cyclist will be.
# The training succeeds: the cost is about as low as one number can make it. And the prediction beside
# the tree? **Straight into the trunk.**
#
# More data, more units or more steps change nothing. What is wrong?

# %%
from decimal import Decimal, localcontext

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.patches import Ellipse

from grading.checks import (
    assert_allclose,
    assert_finite,
    assert_gradient,
    assert_inputs_unchanged,
    assert_shape,
    assert_vectorized,
    report,
)
from mlcore import Tensor, functions
from mlcore.layers import Dense, ReLU, Sequential, Tanh
from mlcore.optimizers import Adam

BLUE, VERMILION, GREEN, ORANGE, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#595959"
BLUES = LinearSegmentedColormap.from_list("white to blue", ["#FFFFFF", "#9CC9E3", BLUE, "#003B5C"])
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


# %%
def watch_cyclists(n, rng):
    """Draw n positions: metres along the path (the tree stands at 0), and metres to the left of its middle."""
    along = rng.uniform(-20, 20, n)
    side = np.where(rng.uniform(size=n) < 0.6, 1, -1)
    return along, side * 1.5 * np.exp(-((along / 8) ** 2)) + rng.normal(0, 0.2, n)


along, across = watch_cyclists(400, np.random.default_rng(3))  # each of shape (400,)


def draw_cyclists(axes, colour="0.45"):
    """Draw the path, its tree and the 400 positions."""
    axes.scatter(along, across, s=9, color=colour, linewidth=0, zorder=2)
    axes.add_patch(Ellipse((0, 0), 1, 1, facecolor="#7A5230", edgecolor="black", zorder=4))
    axes.set(xlabel="way along the path (m)", ylabel="left of the middle (m)", xlim=(-20, 20), ylim=(-2.5, 2.5))


# %% demo=true
places = np.linspace(-20, 20, 161)
nearness = np.exp(-(((along - places[:, None]) / 3) ** 2))  # (161, 400): 1 where a cyclist is, 0 some metres away
mean = nearness @ across / nearness.sum(axis=1)
figure, axes = plt.subplots(figsize=(7.6, 3.6), layout="constrained")
draw_cyclists(axes)
axes.plot(places, mean, color=VERMILION, linewidth=3, zorder=5)
pointer = {"arrowstyle": "->", "color": VERMILION}
axes.annotate("least squared error", (13, 0.06), (9.5, -1.35), color=VERMILION, arrowprops=pointer)
axes.annotate("tree", (0.4, -0.35), (3, -0.75), color="#7A5230", arrowprops={"arrowstyle": "->"})
axes.set(title="Nobody rides where the mean is")
plt.show()

# %% [markdown]
# *The figure:* the dots, seen from above, part into two arcs around the tree. The line of least
# squared error (here the mean of the dots nearby) runs between the arcs, where there is no dot at
# all, and through the trunk.
#
# **What you will build**
#
# 1. the sigmoid, the softplus and the log-softmax, so that they survive any number;
# 2. an output that says how *uncertain* it is, and one that can say *"left or right, but not
#    straight on"*;
# 3. with them, a network that rides around the tree.
#
# It takes 50 minutes.

# %% [markdown]
# ## 1 · The last layer describes a distribution
#
# The network did what it was asked: notebook 2 showed that squared error finds the **mean**. One
# number cannot say more. So let the last layer say more: not the target $y$, but the parameters
# $\omega$ of a distribution of $y$. They depend on the input $x$ and on the weights $\theta$,
#
# $$\omega = f(x; \theta), \qquad \text{cost of an example} = -\log p\bigl(y \mid \omega(x)\bigr)$$
#
# (*Deep Learning* 6.2.2.4). The cost follows from the distribution. What remains for you to choose
# is how a plain number $o$, which may be anything, becomes a legal parameter.

# %% [markdown]
# ### Output units
#
# | parameter | must be | output unit |
# |---|---|---|
# | a mean $\mu$ | any number | **linear**: $\mu = o$ |
# | a probability $p$ | between 0 and 1 | **sigmoid**: $p = \sigma(o)$ |
# | $k$ probabilities $p_j$ | positive, with sum 1 | **softmax**: $p_j = e^{o_j} / \sum_l e^{o_l}$ |
# | a variance $v$ | positive | **exponential**: $v = e^{o}$, or **softplus**: $v = \zeta(o)$ |
#
# Here $\zeta(o) = \log(1 + e^o)$, as in notebook 2. The first three share a property. Each with the
# cost that its own distribution brings, their slopes are
#
# $$\frac{\partial}{\partial o}\,\tfrac12(o - y)^2 = o - y, \qquad p - y, \qquad p_j - [\,j = c\,]$$
#
# ($[\,j=c\,]$ is 1 for the right class $c$, else 0): always *what the layer says minus what is
# true*.

# %% [markdown]
# ## 2 · One probability: the sigmoid at ±1000
#
# A linear unit cannot go wrong. A sigmoid can, on a computer. On paper these are the same:
#
# $$\sigma(z) = \frac{e^z}{1 + e^z} = \frac{1}{1 + e^{-z}} = \frac{1 + \tanh(z/2)}{2}$$
#
# A 64-bit number has about 16 digits and ends at $1.8\cdot10^{308}$, near $e^{709}$. So $e^{1000}$
# is infinite, $\infty/\infty$ is NaN (not a number), and $1 + e^{-40}$ is exactly 1.
#
# Why should that matter? Because a logarithm follows: if $p = 4\cdot10^{-18}$ is rounded to 0, a cost
# of 40 becomes infinite. And because graphics cards like to compute with 16 bits: three digits, and
# already $e^{12}$ is infinite.

# %% demo=true
places = np.arange(-1000, 1001, 10)
with localcontext() as context:
    context.prec = 460  # digits, enough to add 1 and e^(-1000); 16 are not
    powers = [Decimal(int(z)).exp() for z in places]
    true_sigmoid = np.array([float(p / (1 + p)) for p in powers])
    true_softplus = np.array([float((1 + p).ln()) for p in powers])


def draw_where_formulas_break(formulas, title):
    """Draw a bar for each formula: where on the axis of z its value is right, has lost its digits, or is no number."""
    state = np.zeros((len(formulas), len(places)), dtype=int)
    with np.errstate(all="ignore"):
        for row, (_, formula, truth) in zip(state, formulas, strict=True):
            values = np.asarray(formula(places.astype(float)))
            row[np.abs(values - truth) > 1e-6 * truth] = 1
            row[~np.isfinite(values)] = 2
    _, axes = plt.subplots(figsize=(8, 1.1 + 0.5 * len(formulas)), layout="constrained")
    colours = ListedColormap(["#BFE3D6", ORANGE, VERMILION])
    axes.imshow(state, cmap=colours, vmin=0, vmax=2, aspect="auto", extent=(-1005, 1005, len(formulas), 0))
    for y, row in enumerate(state):
        for run in np.split(np.arange(len(row)), np.flatnonzero(np.diff(row)) + 1):  # stretches of one colour
            kind = row[run[0]]
            if len(run) > 15:
                word = ("right", "digits lost", "∞ or NaN")[kind]
                ink = "white" if kind == 2 else "black"
                axes.text(places[run].mean(), y + 0.5, word, ha="center", va="center", color=ink)
    axes.set_yticks(np.arange(len(formulas)) + 0.5, [name for name, _, _ in formulas])
    axes.hlines(range(1, len(formulas)), -1005, 1005, color="white", linewidth=4)
    axes.tick_params(axis="y", length=0)
    axes.set(title=title, xlabel="$z$", xlim=(-1005, 1005))
    plt.show()


draw_where_formulas_break(
    [
        ("$e^z \\,/\\, (1 + e^z)$", lambda z: np.exp(z) / (1 + np.exp(z)), true_sigmoid),
        ("$(1 + \\tanh(z/2)) \\,/\\, 2$", lambda z: (1 + np.tanh(z / 2)) / 2, true_sigmoid),
        ("$1 \\,/\\, (1 + e^{-z})$", lambda z: 1 / (1 + np.exp(-z)), true_sigmoid),
        ("$\\log(1 + e^z)$", lambda z: np.log(1 + np.exp(z)), true_softplus),
        ("$\\mathrm{log1p}(e^z)$", lambda z: np.log1p(np.exp(z)), true_softplus),
    ],
    "Right on paper: three sigmoids, two softpluses",
)

# %% [markdown]
# *The figure:* a bar for each formula, from $z = -1000$ to 1000; the truth was computed with 460
# digits. Four of the five are no number right of 709, or have lost all their digits somewhere on
# the left. The third, $1/(1+e^{-z})$, has one small hole near $-720$, where $e^{720}$ overflows
# though $e^{-720}$ is still a number.
#
# `np.log1p(x)` computes $\log(1+x)$ without forming $1 + x$, so tiny $x$ keep their digits.

# %% [markdown]
# ### Exercise 1: `stable_sigmoid_softplus`
#
# *In:* `z`, an array of any shape. *Out:* $\sigma(z)$, and in a second function $\zeta(z)$, of the
# same shape, with at least six right digits for every $z$ of 64 bits.
#
# *By hand:* $e^{-2} = 0.1353$ is all that you need for $z = 2$ **and** for $z = -2$:
#
# $$\sigma(2) = \frac{1}{1.1353} = 0.8808, \qquad \sigma(-2) = \frac{0.1353}{1.1353} = 0.1192,$$
#
# $$\zeta(2) = 2 + \log 1.1353 = 2.1269, \qquad \zeta(-2) = \log 1.1353 = 0.1269.$$
#
# $e^{-|z|}$ is never above 1. Notebook 2's `np.logaddexp` is switched off here: you are
# writing it.


# %% exercise="stable_sigmoid_softplus" points=4 forbid=["numpy.logaddexp", "mlcore.functions.sigmoid", "mlcore.functions.softplus"]
def sigmoid(z):
    """Return 1 / (1 + exp(-z)), right to six digits for any z.

    Parameters
    ----------
    z : array, any shape

    Returns
    -------
    array, shape of z
    """
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)
    ### END SOLUTION


def softplus(z):
    """Return log(1 + exp(z)), right to six digits for any z.

    Parameters
    ----------
    z : array, any shape

    Returns
    -------
    array, shape of z
    """
    ### BEGIN SOLUTION
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    ### END SOLUTION


# %% check="stable_sigmoid_softplus"
def test_sigmoid_by_hand():
    "σ(2) = 0.8808, σ(−2) = 0.1192 and σ(0) = ½. Which of the two signs of z needs e^(−|z|) in the numerator?"
    assert_allclose(sigmoid(np.array([2.0, -2.0, 0.0])), [0.8807970780, 0.1192029220, 0.5])


def test_softplus_by_hand():
    "ζ(2) = 2.1269, ζ(−2) = 0.1269 and ζ(0) = log 2. What is added to log(1 + e^(−|z|)) when z is positive?"
    assert_allclose(softplus(np.array([2.0, -2.0, 0.0])), [2.1269280110, 0.1269280110, np.log(2)])


def test_far_to_the_right():
    "At z = 1000 the sigmoid is 1 and the softplus 1000. Which exponential of yours is infinite there?"
    assert_allclose(sigmoid(np.array([40.0, 800.0, 1000.0])), [1.0, 1.0, 1.0])
    assert_allclose(softplus(np.array([40.0, 800.0, 1000.0])), [40.0, 800.0, 1000.0])


def test_small_but_not_zero():
    "At z = −40 both are 4.248e-18, not 0. Where do you add so small a number to 1?"
    assert_allclose(sigmoid(np.array([-40.0])), [4.248354255e-18], atol=0.0)
    assert_allclose(softplus(np.array([-40.0])), [4.248354255e-18], atol=0.0)


def test_far_to_the_left():
    "At z = −1000 both are 0 (e^−1000 is too small for 64 bits). Is something of yours infinite or NaN?"
    assert_allclose(sigmoid(np.array([-1000.0, -2000.0])), [0.0, 0.0])
    assert_allclose(softplus(np.array([-1000.0, -2000.0])), [0.0, 0.0])


### BEGIN HIDDEN TESTS
def test_sigmoid_of_random_numbers(rng, reference):
    "Has your sigmoid six right digits everywhere, also where it is tiny?"
    z = 40 * rng.normal(size=(30, 7))
    assert_allclose(sigmoid(z), reference.sigmoid(z), atol=0.0)


def test_softplus_of_random_numbers(rng, reference):
    "Has your softplus six right digits everywhere, also where it is tiny?"
    z = 40 * rng.normal(size=(30, 7))
    assert_allclose(softplus(z), reference.softplus(z), atol=0.0)


def test_the_last_numbers_before_zero():
    "e^720 is infinite, but e^−720 = 2e-313 is still a number. Which of the two do you compute for z = −720?"
    z = np.array([-720.0, -735.0])
    assert_allclose(sigmoid(z), np.exp(z), atol=0.0)
    assert_allclose(softplus(z), np.exp(z), atol=0.0)


def test_sixteen_bits():
    "With 16 bits e^12 is infinite, and 1 + e^−8 is 1. Do your functions still have two digits for z = −8 and z = 12?"
    z = np.array([-8.0, 12.0], dtype=np.float16)
    assert_allclose(sigmoid(z), [3.3535e-4, 1.0], rtol=5e-3)
    assert_allclose(softplus(z), [3.3541e-4, 12.0], rtol=5e-3)


def test_any_shape(rng):
    "Do your functions work on each entry, whatever the shape of z (one number, three axes, no entry at all)?"
    for shape in ((), (1,), (2, 3, 4), (0, 5)):
        z = np.asarray(rng.normal(size=shape))
        assert_allclose(sigmoid(z), 1 / (1 + np.exp(-z)))
        assert_allclose(softplus(z), np.log(1 + np.exp(z)))


def test_whole_numbers():
    "If z holds whole numbers, are your results cut off to whole numbers?"
    assert_allclose(sigmoid(np.array([2, -2, 0])), [0.8807970780, 0.1192029220, 0.5])
    assert_allclose(softplus(np.array([2, -2, 0])), [2.1269280110, 0.1269280110, np.log(2)])


def test_no_loop_over_entries(rng):
    "Is there a loop over the entries of z? NumPy applies a formula to all of them."
    small, large = rng.normal(size=10), rng.normal(size=1000)
    assert_vectorized(sigmoid, (small,), (large,))
    assert_vectorized(softplus, (small,), (large,))


def test_z_stays_as_it_is(rng):
    "Does one of your functions write into z?"
    assert_inputs_unchanged(sigmoid, 3 * rng.normal(size=(4, 3)))
    assert_inputs_unchanged(softplus, 3 * rng.normal(size=(4, 3)))


### END HIDDEN TESTS


# %% mistake="stable_sigmoid_softplus" hint="At z = 1000 numerator and denominator are both infinite, and ∞/∞ is NaN. By what can you divide both when z is positive?"
def sigmoid(z):
    with np.errstate(over="ignore", invalid="ignore"):
        return np.exp(z) / (1 + np.exp(z))


def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


# %% mistake="stable_sigmoid_softplus" hint="You wrote both formulas as on paper. Look at them in the figure: where is each bar not green, and which exponential is to blame?"
def sigmoid(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def softplus(z):
    with np.errstate(over="ignore"):
        return np.log(1 + np.exp(z))


# %% mistake="stable_sigmoid_softplus" hint="log1p saves the small numbers, but e^1000 is still infinite. What is ζ(z) − ζ(−z), and how does that help for positive z?"
def sigmoid(z):
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def softplus(z):
    with np.errstate(over="ignore"):
        return np.log1p(np.exp(z))


# %% mistake="stable_sigmoid_softplus" hint="Clipping z makes everything beyond the limit alike: your softplus of 1000 is that of the limit. Which formula has no large exponential in the first place?"
def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


def softplus(z):
    return np.log1p(np.exp(np.clip(z, -500, 500)))


# %% mistake="stable_sigmoid_softplus" hint="Your softplus is infinite at −1000. The exponent must be negative for both signs of z: what is missing in it?"
def sigmoid(z):
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def softplus(z):
    with np.errstate(over="ignore"):
        return np.maximum(z, 0) + np.log1p(np.exp(-z))


# %% mistake="stable_sigmoid_softplus" hint="Your softplus of −40 is 0, for 1 + 4e-18 is rounded to 1. Which NumPy function computes log(1 + x) without that sum?"
def sigmoid(z):
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def softplus(z):
    return np.maximum(z, 0) + np.log(1 + np.exp(-np.abs(z)))


# %% mistake="stable_sigmoid_softplus" hint="tanh(−20) is rounded to −1, so your sigmoid of −40 is 0. What could you multiply e^z by instead of taking a difference?"
def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


# %% mistake="stable_sigmoid_softplus" hint="For z = −40 you subtract from 1 a number that is rounded to 1. Can you find σ(−z) without a difference?"
def sigmoid(z):
    right = 1 / (1 + np.exp(-np.abs(z)))
    return np.where(z >= 0, right, 1 - right)


def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


# %% mistake="stable_sigmoid_softplus" hint="Your sigmoid is the same for 2 and for −2. What did the worked example put into the numerator for z = −2?"
def sigmoid(z):
    return 1 / (1 + np.exp(-np.abs(z)))


def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


# %% mistake="stable_sigmoid_softplus" hint="An `if` wants one yes or no, but z has many entries. Which NumPy function chooses entry by entry?"
def sigmoid(z):
    if z >= 0:
        return 1 / (1 + np.exp(-z))
    return np.exp(z) / (1 + np.exp(z))


def softplus(z):
    if z >= 0:
        return z + np.log1p(np.exp(-z))
    return np.log1p(np.exp(z))


# %% mistake="stable_sigmoid_softplus" hint="np.empty_like(z) is an array of whole numbers when z is one. Which dtype do your results need?"
def sigmoid(z):
    out = np.empty_like(z)
    out[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    out[z < 0] = np.exp(z[z < 0]) / (1 + np.exp(z[z < 0]))
    return out


def softplus(z):
    out = np.empty_like(z)
    out[z >= 0] = z[z >= 0] + np.log1p(np.exp(-z[z >= 0]))
    out[z < 0] = np.log1p(np.exp(z[z < 0]))
    return out


# %% mistake="stable_sigmoid_softplus" hint="The numbers are right, but np.vectorize is a Python loop in disguise. Can NumPy's own functions do it for all entries at once?"
def sigmoid(z):
    def one(value):
        return 1 / (1 + np.exp(-value)) if value >= 0 else np.exp(value) / (1 + np.exp(value))

    return np.vectorize(one, otypes=[float])(z)


def softplus(z):
    def one(value):
        return max(value, 0) + np.log1p(np.exp(-abs(value)))

    return np.vectorize(one, otypes=[float])(z)


# %% alternative="stable_sigmoid_softplus"
def sigmoid(z):
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))


def softplus(z):
    return 0.5 * (z + np.abs(z)) + np.log1p(np.exp(-np.abs(z)))


# %% alternative="stable_sigmoid_softplus"
def softplus(z):
    out = np.array(z, dtype=float)
    right = out > 0
    out[right] += np.log1p(np.exp(-out[right]))
    out[~right] = np.log1p(np.exp(out[~right]))
    return out


def sigmoid(z):
    return np.exp(-softplus(-z))


# %% demo=true
if is_written(sigmoid, np.zeros(1)) and is_written(softplus, np.zeros(1)):
    draw_where_formulas_break(
        [("your sigmoid", sigmoid, true_sigmoid), ("your softplus", softplus, true_softplus)],
        "The same test for yours",
    )

# %% [markdown]
# *The figure:* two bars that should be green from end to end.
#
# What the softplus is good for: the cost of a target $y \in \{0, 1\}$ is $\zeta\bigl((1-2y)z\bigr)$
# (*Deep Learning* 6.2.2.2), one formula for both targets. Its slope with respect to
# $u = (1-2y)\,z$ is $\sigma(u)$: near 1 when the unit is certain and **wrong** ($u \gg 0$), near 0
# when it is certain and **right** ($u \ll 0$). It stops learning only where nothing is left to
# learn.

# %% [markdown]
# > **Where the sources differ: where does the softplus let go?**
# >
# > The notes on section 6.2.2.2 say that the softplus does not shrink the gradient for extremely
# > *correct* $z$. It is the extremely **in**correct ones: the slope of $\zeta(u)$, $u = (1-2y)z$, is 1
# > at $u = 20$ and $2\cdot10^{-9}$ at $u = -20$.

# %% [markdown]
# ## 3 · One of many: the softmax
#
# For $k$ classes the layer gives a row of logits $z$, shape (k,). What every cost needs is the
# **logarithm** of the probabilities, and there the softmax's exponential is undone:
#
# $$\log p_j = \log\frac{e^{z_j}}{\sum_l e^{z_l}} = z_j - \log\sum_l e^{z_l}$$
#
# (*Deep Learning* 6.2.2.3). The first term is plainly the logit: it never saturates, so the right
# class can always be pushed up. The second is close to $\max_l z_l$: it pushes the strongest rival
# down.
#
# Adding a constant to the whole row changes both terms alike. In notebook 2 you used this for one
# entry of each row; now you want all of them, for arrays of any shape.

# %% [markdown]
# ### Exercise 2: `log_softmax`
#
# *In:* logits whose **last axis** holds the classes: shape (k,), (n, k) or (batch, time, k). *Out:*
# the log-probabilities, of the same shape.
#
# *By hand*, the Korea University slides' logits $z = (2.8,\ 1.1,\ -0.5)$:
# $\sum_l e^{z_l} = 16.445 + 3.004 + 0.607 = 20.055$, whose logarithm is $2.9985$. So
#
# $$\log p = (-0.1985,\ -1.8985,\ -3.4985), \qquad p = (0.82,\ 0.15,\ 0.03).$$
#
# And $z = (0,\ 1000)$? The second class is certain, and $\log p = (-1000,\ 0)$: do not lose the
# $-1000$. A logit of $-\infty$ is allowed, too; it means "this class is impossible".


# %% exercise="log_softmax" points=3 forbid=["mlcore.functions.log_softmax"]
def log_softmax(logits):
    """Return the logarithm of the softmax along the last axis, finite for any finite logits.

    Parameters
    ----------
    logits : array, shape (..., k)
        An entry may be minus infinity, but not a whole row.

    Returns
    -------
    array, shape (..., k)
    """
    ### BEGIN SOLUTION
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    ### END SOLUTION


# %% check="log_softmax"
def test_example_of_the_slides():
    "The logits (2.8, 1.1, −0.5) become (−0.1985, −1.8985, −3.4985), a row of the same length."
    assert_allclose(log_softmax(np.array([2.8, 1.1, -0.5])), [-0.1984956, -1.8984956, -3.4984956], atol=1e-6)


def test_each_row_is_a_distribution():
    "Two rows: do the probabilities of each row add up to 1?"
    log_p = log_softmax(np.array([[2.8, 1.1, -0.5], [0.0, 0.0, 0.0]]))
    assert_shape(log_p, (2, 3))
    assert_allclose(np.exp(np.asarray(log_p)).sum(axis=1), [1.0, 1.0])


def test_certain():
    "(0, 1000) becomes (−1000, 0). Does a probability of exactly 0 occur on the way, or an infinite exponential?"
    assert_allclose(log_softmax(np.array([[0.0, 1000.0], [1000.0, 1000.0]])), [[-1000.0, 0.0], [-np.log(2)] * 2])


def test_rows_far_apart():
    "Each row has its own largest logit. Is there one that was shifted by another row's?"
    logits = np.array([[1000.0, 1001.0], [-1000.0, -999.0]])
    assert_allclose(log_softmax(logits), [[-1.3132617, -0.3132617]] * 2, atol=1e-6)


### BEGIN HIDDEN TESTS
def test_random_rows(rng, reference):
    "Does it hold for any number of rows and classes (also as many rows as classes, also one class)?"
    for shape in ((6, 3), (4, 4), (1, 5), (5, 1)):
        logits = rng.normal(size=shape)  # none far behind
        assert_allclose(log_softmax(logits), reference.log_softmax(logits))


def test_any_number_of_axes(rng, reference):
    "Are the classes on the last axis, whether there are one, three or four axes?"
    for shape in ((4,), (2, 3, 4), (3, 3, 3), (2, 1, 2, 3)):
        logits = rng.normal(size=shape)  # none far behind
        assert_allclose(log_softmax(logits), reference.log_softmax(logits))


def test_an_impossible_class():
    "A logit of −∞ is a class with probability 0: the others share the rest. Is there a NaN?"
    logits = np.array([[0.0, -np.inf, 0.0], [-np.inf, -np.inf, 5.0]])
    expected = [[-np.log(2), -np.inf, -np.log(2)], [-np.inf, -np.inf, 0.0]]
    assert_allclose(log_softmax(logits), expected)


def test_very_small_probabilities(rng):
    "Classes that are thousands behind: are the differences between their log-probabilities kept?"
    behind = rng.uniform(2000.0, 9000.0, size=4)
    logits = np.append(-behind, 0.0)
    assert_allclose(log_softmax(logits), logits)


def test_no_loop_over_rows(rng):
    "Is there a loop over the rows? Reduce along an axis, and keep that axis."
    assert_vectorized(log_softmax, (rng.normal(size=(4, 3)),), (rng.normal(size=(400, 3)),))


def test_logits_stay_as_they_are(rng):
    "Does your function write into the logits, perhaps with -= ?"
    assert_inputs_unchanged(log_softmax, rng.normal(size=(4, 3)))


### END HIDDEN TESTS


# %% mistake="log_softmax" hint="e^1000 is infinite, and ∞/∞ is NaN. What may you subtract from a row without changing its probabilities?"
def log_softmax(logits):
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        e = np.exp(logits)
        return np.log(e / e.sum(axis=-1, keepdims=True))


# %% mistake="log_softmax" hint="You simplified the logarithm, but e^1000 is still infinite. What may you subtract from a row first?"
def log_softmax(logits):
    with np.errstate(over="ignore"):
        return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


# %% mistake="log_softmax" hint="A probability of e^−1000 is rounded to 0 before you take its logarithm. Can log and exp meet on paper?"
def log_softmax(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    with np.errstate(divide="ignore"):
        return np.log(e / e.sum(axis=-1, keepdims=True))


# %% mistake="log_softmax" hint="The small number in your logarithm makes all unlikely classes equally unlikely. Which form of log p needs no rescue?"
def log_softmax(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.log(e / e.sum(axis=-1, keepdims=True) + 1e-12)


# %% mistake="log_softmax" hint="You subtracted the largest logit of the whole array. What happens to a row that lies 2000 below it?"
def log_softmax(logits):
    shifted = logits - logits.max()
    with np.errstate(divide="ignore"):
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


# %% mistake="log_softmax" hint="The maximum that you subtracted inside the logarithm is still in the first term. Do both terms use the same shifted logits?"
def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


# %% mistake="log_softmax" hint="You put the classes on the first axis. Over which axis should the probabilities add up to 1?"
def log_softmax(logits):
    shifted = logits - logits.max(axis=0)
    return shifted - np.log(np.exp(shifted).sum(axis=0))


# %% mistake="log_softmax" hint="axis=1 is the last axis of a matrix only. Which number means the last axis of any array?"
def log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


# %% mistake="log_softmax" hint="After the sum along the last axis that axis is gone, and (n, k) meets (n,). Which option keeps it?"
def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1))


# %% mistake="log_softmax" hint="Your entries add up to 1: they are probabilities. What was asked for?"
def log_softmax(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# %% mistake="log_softmax" hint="Call your function twice with the same array and print the array. Does -= make a new one?"
def log_softmax(logits):
    logits -= logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


# %% mistake="log_softmax" hint="The numbers are right, but Python walks through the rows. Which option of max and sum lets them broadcast against all rows at once?"
def log_softmax(logits):
    rows = logits.reshape(-1, logits.shape[-1])
    out = []
    for row in rows:
        shifted = row - row.max()
        out.append(shifted - np.log(np.exp(shifted).sum()))
    return np.array(out).reshape(logits.shape)


# %% alternative="log_softmax"
def log_softmax(logits):
    return logits - np.logaddexp.reduce(logits, axis=-1)[..., None]


# %% alternative="log_softmax"
def log_softmax(logits):
    top = np.expand_dims(logits.max(-1), -1)
    log_total = top + np.log(np.einsum("...k->...", np.exp(logits - top)))[..., None]
    return logits - log_total


# %% [markdown]
# ### Where does a softmax stand still?
#
# It saturates when one logit leads by far: then $p$ is nearly a row of zeros and a single one,
# whatever small change is made ("winner takes all"). Whether *learning* stands still depends on the
# cost. Take three classes, the first one right. With respect to the logits, the cross-entropy
# $-\log p_0$ has the gradient $g_j = p_j - [\,j=0\,]$, shape (3,). The squared error
# $\sum_j (p_j - [\,j=0\,])^2$ has, by the chain rule,
#
# $$2\,p_j\Bigl(g_j - \sum_l p_l\, g_l\Bigr).$$
#
# The figure draws the length of both. One logit is fixed, $z_2 = 0$.

# %% demo=true
if is_written(log_softmax, np.zeros((1, 3))):
    span = np.linspace(-10, 10, 201)
    z0, z1 = np.meshgrid(span, span)
    p = np.exp(log_softmax(np.stack([z0, z1, np.zeros_like(z0)], axis=-1)))
    g = p - np.array([1.0, 0.0, 0.0])
    through_squares = 2 * p * (g - (p * g).sum(axis=-1, keepdims=True))
    figure, panels = plt.subplots(1, 2, figsize=(8, 4.1), layout="constrained", sharey=True)
    for axes, slope, title in zip(panels, (g, through_squares), ("cross-entropy", "squared error"), strict=True):
        steepness = np.linalg.norm(slope, axis=-1)
        image = axes.imshow(steepness, origin="lower", extent=(-10, 10, -10, 10), cmap="cividis", vmin=0, vmax=1.42)
        axes.plot([-10, 0, 10], [0, 0, 10], color="white", linewidth=1.5, linestyle="--")
        axes.plot([0, 0], [-10, 0], color="white", linewidth=1.5, linestyle="--")
        for x, y, text in ((5, -3, "right\nclass leads"), (-4, 5.5, "class 1\nleads"), (-5, -5.5, "class 2\nleads")):
            ink = "black" if title == "cross-entropy" and x < 0 else "white"
            axes.text(x, y, text, ha="center", va="center", color=ink)
        axes.set(title=title, xlabel="logit $z_0$ of the right class", xticks=[-10, 0, 10], yticks=[-10, 0, 10])
    panels[0].set_ylabel("logit $z_1$")
    figure.colorbar(image, ax=panels, label="length of the gradient", shrink=0.8, ticks=[0, 0.7, 1.4])
    plt.show()

# %% [markdown]
# *The figure:* two maps, bright where the network learns. Dashed lines part the regions in which
# one class leads. Under cross-entropy only the region of the right class is dark: no gradient,
# since there is nothing to correct. Under squared error all three regions are dark; only along
# their borders is there any slope. A network that is certain of a wrong class stays there.

# %% [markdown]
# ### "Be careful with predicted distributions!"
#
# So we have probabilities. May we believe them? Lepetit warns under this title: for an input $x$
# that belongs to no class one would expect equal probabilities, "which is not the case in
# practice".
#
# Let us see. Three clouds of points are three classes. A ReLU network learns them; the slope of the
# cost at its outputs, $(p - [\,j = c\,])/n$, is made from **your** `log_softmax`, and `mlcore`
# carries it on to the weights. Then we ask the network about places where no point has ever been.


# %%
def train(network, x, cost_and_slope, *, learning_rate, steps):
    """Train a network in place; return the cost before each step, shape (steps,).

    ``cost_and_slope`` takes the network's outputs, shape (n, m), and returns the cost and its gradient, (n, m).
    """
    optimizer = Adam(network.parameters(), learning_rate=learning_rate)
    costs = np.empty(steps)
    for t in range(steps):
        outputs = network(x)
        costs[t], slope = cost_and_slope(outputs.numpy().astype(float))
        optimizer.zero_grad()
        outputs.backward(slope)  # the chain rule from the outputs back to the weights
        optimizer.step()
    return costs


def outputs_of(network, x):
    """Return a network's outputs as an array."""
    return network(x).numpy().astype(float)


def your_log_softmax():
    """Return your log_softmax, or mlcore's until yours is written."""
    if is_written(log_softmax, np.zeros((1, 3))):
        return log_softmax
    print("Until then mlcore's version takes its place.")
    return lambda logits: functions.log_softmax(Tensor(logits)).numpy()


# %% demo=true
rng = np.random.default_rng(0)
corners = 1.5 * np.stack([np.cos([0.5, 2.6, 4.7]), np.sin([0.5, 2.6, 4.7])], axis=1)
classes = rng.integers(3, size=300)
points = corners[classes] + 0.5 * rng.normal(size=(300, 2))
log_probabilities = your_log_softmax()


def classification(logits):
    """Return the cross-entropy of the three clouds and its slope at the logits, (300, 3)."""
    log_p = log_probabilities(logits)
    return -log_p[np.arange(300), classes].mean(), (np.exp(log_p) - np.eye(3)[classes]) / 300


classifier = Sequential(Dense(2, 32, rng=rng), ReLU(), Dense(32, 32, rng=rng), ReLU(), Dense(32, 3, rng=rng))
costs = train(classifier, points, classification, learning_rate=0.01, steps=300)
right = np.mean(outputs_of(classifier, points).argmax(axis=1) == classes)
print(f"cross-entropy {costs[0]:.2f} → {costs[-1]:.4f}; {right:.1%} of the points are classified correctly")


# %% demo=true
def confidence(places):
    """Return the largest probability that the classifier gives at places of shape (..., 2)."""
    logits = outputs_of(classifier, places.reshape(-1, 2))
    return np.exp(log_probabilities(logits)).max(axis=1).reshape(places.shape[:-1])


span = np.linspace(-12, 12, 241)
surface = confidence(np.stack(np.meshgrid(span, span), axis=-1))
distances = np.geomspace(0.3, 300, 60)
angles = np.linspace(0, 2 * np.pi, 360, endpoint=False)
circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
far = confidence(distances[:, None, None] * circle)  # (60, 360)

figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 4.6), layout="constrained")
image = left.imshow(surface, origin="lower", extent=(-12, 12, -12, 12), cmap=BLUES, vmin=1 / 3, vmax=1)
for c, (colour, marker) in enumerate(((ORANGE, "o"), (VERMILION, "s"), ("white", "^"))):
    left.scatter(*points[classes == c].T, s=12, color=colour, marker=marker, edgecolor="black", linewidth=0.3)
left.set(title="Certain of places it has never seen", xlabel="$x_1$", ylabel="$x_2$", xticks=[-10, 0, 10])
left.set(yticks=[-10, 0, 10])
bar = {"location": "bottom", "shrink": 0.8, "ticks": [1 / 3, 2 / 3, 1], "format": "%.2f"}
figure.colorbar(image, ax=left, label="largest probability", **bar)
right.semilogx(distances, 100 * np.mean(far > 0.99, axis=1), color=BLUE)
right.axvspan(0.3, 3, color="0.92", linewidth=0, zorder=0)
right.text(0.95, 8, "the data", color=GREY, ha="center")
right.text(250, 90, "certain in almost\nevery direction", color=BLUE, ha="right", va="top")
right.set(title="The farther, the surer", xlabel="distance from the middle", ylim=(0, 103), xlim=(0.3, 300))
right.set(ylabel="directions with p > 0.99 (%)", xticks=[1, 10, 100], xticklabels=[1, 10, 100])
plt.show()

# %% [markdown]
# *The figure:* left, the three small clouds in a wide plane. The plane is dark blue (certain) almost
# everywhere, pale only along three thin spokes where two classes meet. Right, the share of
# directions in which the network is more than 99 % certain: it grows with the distance from the
# data, toward 100 %.

# %% [markdown]
# Why? A ReLU network is made of linear pieces. Walk away in one direction: from some distance on
# you stay in one piece, so the logits grow like $a\,t + b$ with the distance $t$, and so do their
# differences. The largest *slope* wins, with a probability that tends to 1, in almost every
# direction. Hein, Andriushchenko and Bitterwolf proved it (2019).
#
# A softmax says which of the known classes fits best, not whether one fits.

# %% [markdown]
# ## 4 · A spread that depends on $x$
#
# A car at $u$ m/s stops after $u\,t + u^2/(2a)$ metres. Drivers need a time $t$ of about
# $1.0 \pm 0.25$ s to react; brakes and roads give about $a = 7 \pm 1$ m/s². At 30 km/h all stop within
# a few metres of each other; at 130 km/h they differ by tens of metres.
#
# Squared error assumes a Gaussian with the **same** variance everywhere. Let the network say the
# variance, too (*Deep Learning* 6.2.2.4 calls such a model *heteroscedastic*):
#
# $$p(y \mid \mu, v) = \frac{1}{\sqrt{2\pi v}}\; e^{-\frac{(y-\mu)^2}{2v}}$$
#
# Two outputs for each example: the mean $\mu$, a linear unit, and the **log variance**
# $s = \log v$, so that $v = e^s$ is positive whatever the network says.


# %%
def stop_cars(n, rng, slowest=20.0, fastest=130.0):
    """Draw n speeds in km/h and the distances in metres in which the cars stop."""
    speed = rng.uniform(slowest, fastest, n)
    reaction, braking = np.abs(rng.normal(1.0, 0.25, n)), np.clip(rng.normal(7.0, 1.0, n), 3.5, None)
    return speed, speed / 3.6 * reaction + (speed / 3.6) ** 2 / (2 * braking)


# %% [markdown]
# ### Exercise 3: `gaussian_nll`
#
# Take $-\log$ of the density with $v = e^s$, with pen and paper: three terms. Squared error keeps
# only one of them, since the others are constant when $v$ is.
#
# *In:* means $\mu$, log variances $s$ and targets $y$, each of shape `(n,)`. *Out:* the mean of
# $-\log p$ over the examples; and, in a second function, its gradients with respect to $\mu$ and to
# $s$, two arrays of shape `(n,)`.
#
# *By hand* for one example, $\mu = 1$, $s = \log 4$, $y = 3$: the error is 2, the variance 4, so
#
# $$\tfrac12 \log 4 + \frac{2^2}{2 \cdot 4} + \tfrac12 \log 2\pi = 0.693 + 0.5 + 0.919 = 2.112 .$$
#
# The slopes there are $-0.5$ for $\mu$ and $0$ for $s$: the variance is already equal to the squared
# error, and nothing is gained by changing it.


# %% exercise="gaussian_nll" points=4
def gaussian_nll(means, log_variances, targets):
    """Return the mean negative log-likelihood of targets under Gaussians.

    Parameters
    ----------
    means, log_variances, targets : array, shape (n,)
        The variance of example i is ``exp(log_variances[i])``.

    Returns
    -------
    float
        With its constant, log(2π)/2.
    """
    ### BEGIN SOLUTION
    squares = (targets - means) ** 2 * np.exp(-log_variances)
    return 0.5 * np.mean(log_variances + squares + np.log(2 * np.pi))
    ### END SOLUTION


def gaussian_nll_gradient(means, log_variances, targets):
    """Return the gradients of ``gaussian_nll`` with respect to the means and to the log variances.

    Parameters
    ----------
    means, log_variances, targets : array, shape (n,)

    Returns
    -------
    g_means, g_log_variances : arrays, shape (n,)
    """
    ### BEGIN SOLUTION
    errors, precisions = means - targets, np.exp(-log_variances)
    return errors * precisions / len(targets), 0.5 * (1 - errors**2 * precisions) / len(targets)
    ### END SOLUTION


# %% check="gaussian_nll"
def test_worked_example():
    "Three terms: 0.693 + 0.5 + 0.919. Which one is missing or has another factor?"
    assert_allclose(gaussian_nll(np.array([1.0]), np.log([4.0]), np.array([3.0])), 2.1120857, atol=1e-6)


def test_mean_over_the_examples():
    "Two examples, standard Gaussians with errors 0 and 2, cost 0.919 and 2.919: what is their mean?"
    assert_allclose(gaussian_nll(np.zeros(2), np.zeros(2), np.array([0.0, 2.0])), 1.9189385, atol=1e-6)


def test_worked_example_of_the_gradient():
    "μ = 1, s = log 4, y = 3: the slopes are −0.5 and 0. Would a larger mean raise or lower the cost?"
    g_means, g_log_variances = gaussian_nll_gradient(np.array([1.0]), np.log([4.0]), np.array([3.0]))
    assert_allclose(g_means, [-0.5])
    assert_allclose(g_log_variances, [0.0])


def test_gradients_are_the_slopes_of_your_cost(rng):
    "Nudge each mean and each log variance a little: does your cost change as your gradients say?"
    means, log_variances, targets = rng.normal(size=4), rng.normal(size=4), 2 * rng.normal(size=4)
    assert_gradient(
        lambda m: gaussian_nll(m, log_variances, targets),
        lambda m: gaussian_nll_gradient(m, log_variances, targets)[0],
        means,
    )
    assert_gradient(
        lambda s: gaussian_nll(means, s, targets),
        lambda s: gaussian_nll_gradient(means, s, targets)[1],
        log_variances,
    )


### BEGIN HIDDEN TESTS
def test_random_examples(rng, reference):
    "Does the cost hold for any means, log variances and targets?"
    for n in (1, 6, 50):
        means, log_variances, targets = rng.normal(size=n), 2 * rng.normal(size=n), 2 * rng.normal(size=n)
        expected = reference.gaussian_nll(means, log_variances, targets)
        assert_allclose(gaussian_nll(means, log_variances, targets), expected)


def test_gradients_of_random_examples(rng, reference):
    "Do the gradients hold for any number of examples? Each is that of a mean over them."
    for n in (1, 6, 50):
        means, log_variances, targets = rng.normal(size=n), 2 * rng.normal(size=n), 2 * rng.normal(size=n)
        g_means, g_log_variances = gaussian_nll_gradient(means, log_variances, targets)
        expected = reference.gaussian_nll_gradient(means, log_variances, targets)
        assert_allclose(g_means, expected[0])
        assert_allclose(g_log_variances, expected[1])


def test_a_sure_and_right_network_has_a_negative_cost():
    "A density may be larger than 1, so its −log may be negative. What does a variance of e^−6 cost at the mean?"
    cost = gaussian_nll(np.array([2.0, -1.0]), np.array([-6.0, -6.0]), np.array([2.0, -1.0]))
    assert_allclose(cost, 0.5 * np.log(2 * np.pi) - 3.0)


def test_one_variance_for_all_is_squared_error(rng):
    "With s = 0 everywhere the slopes of the means are those of the mean of ½(μ − y)². Are yours?"
    means, targets = rng.normal(size=9), rng.normal(size=9)
    g_means, _ = gaussian_nll_gradient(means, np.zeros(9), targets)
    assert_allclose(g_means, (means - targets) / 9)


def test_very_sure_and_very_unsure():
    "Variances of e^40 and of e^−40 are legal. Is your cost right for both?"
    cost = gaussian_nll(np.zeros(2), np.array([40.0, -40.0]), np.array([3.0, 1e-9]))
    assert_allclose(cost, 0.25 * (9 * np.exp(-40.0) + 1e-18 * np.exp(40.0)) + 0.5 * np.log(2 * np.pi))


def test_no_loop_over_examples(rng):
    "Is there a loop over the examples? One expression can handle all of them."
    small, large = rng.normal(size=(3, 4)), rng.normal(size=(3, 500))
    assert_vectorized(gaussian_nll, tuple(small), tuple(large))
    assert_vectorized(gaussian_nll_gradient, tuple(small), tuple(large))


def test_inputs_are_left_alone(rng):
    "Does one of your functions write into the arrays that it was given?"
    assert_inputs_unchanged(gaussian_nll, *rng.normal(size=(3, 5)))
    assert_inputs_unchanged(gaussian_nll_gradient, *rng.normal(size=(3, 5)))


### END HIDDEN TESTS


# %% mistake="gaussian_nll" hint="Your cost falls without end when the network says a larger variance. Which factor of the density makes a wide bell flat, and what is its −log?"
def gaussian_nll(means, log_variances, targets):
    squares = (targets - means) ** 2 * np.exp(-log_variances)
    return 0.5 * np.mean(squares + np.log(2 * np.pi))


def gaussian_nll_gradient(means, log_variances, targets):
    errors, precisions = means - targets, np.exp(-log_variances)
    return errors * precisions / len(targets), -0.5 * errors**2 * precisions / len(targets)


# %% mistake="gaussian_nll" hint="The network says s = log v. Which function makes the variance of it, and can s itself be one when s is negative?"
def gaussian_nll(means, log_variances, targets):
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = (targets - means) ** 2 / log_variances
        return 0.5 * np.mean(np.log(log_variances) + squares + np.log(2 * np.pi))


def gaussian_nll_gradient(means, log_variances, targets):
    with np.errstate(divide="ignore", invalid="ignore"):
        errors, n = means - targets, len(targets)
        return errors / log_variances / n, 0.5 * (1 / log_variances - (errors / log_variances) ** 2) / n


# %% mistake="gaussian_nll" hint="You took s for the log of the standard deviation. What is the variance when s = log 4: 4, or 16?"
def gaussian_nll(means, log_variances, targets):
    squares = (targets - means) ** 2 * np.exp(-2 * log_variances)
    return np.mean(log_variances + 0.5 * squares + 0.5 * np.log(2 * np.pi))


def gaussian_nll_gradient(means, log_variances, targets):
    errors, precisions = means - targets, np.exp(-2 * log_variances)
    return errors * precisions / len(targets), (1 - errors**2 * precisions) / len(targets)


# %% mistake="gaussian_nll" hint="Your cost punishes an error more, the larger the variance. Is 1/v equal to e^s or to e^−s?"
def gaussian_nll(means, log_variances, targets):
    squares = (targets - means) ** 2 * np.exp(log_variances)
    return 0.5 * np.mean(log_variances + squares + np.log(2 * np.pi))


def gaussian_nll_gradient(means, log_variances, targets):
    errors, variances = means - targets, np.exp(log_variances)
    return errors * variances / len(targets), 0.5 * (1 + errors**2 * variances) / len(targets)


# %% mistake="gaussian_nll" hint="The root in √v has become a factor in front of log v. Which one?"
def gaussian_nll(means, log_variances, targets):
    squares = (targets - means) ** 2 * np.exp(-log_variances)
    return np.mean(log_variances + 0.5 * squares + 0.5 * np.log(2 * np.pi))


def gaussian_nll_gradient(means, log_variances, targets):
    errors, precisions = means - targets, np.exp(-log_variances)
    return errors * precisions / len(targets), (1 - 0.5 * errors**2 * precisions) / len(targets)


# %% mistake="gaussian_nll" hint="Your slopes are right, but each cost is 0.919 too small. Which constant of the density did you drop? (It moves no minimum, but without it this is not −log p.)"
def gaussian_nll(means, log_variances, targets):
    return 0.5 * np.mean(log_variances + (targets - means) ** 2 * np.exp(-log_variances))


def gaussian_nll_gradient(means, log_variances, targets):
    errors, precisions = means - targets, np.exp(-log_variances)
    return errors * precisions / len(targets), 0.5 * (1 - errors**2 * precisions) / len(targets)


# %% mistake="gaussian_nll" hint="Your cost and your gradients grow with the number of examples. Sum or mean?"
def gaussian_nll(means, log_variances, targets):
    return 0.5 * np.sum(log_variances + (targets - means) ** 2 * np.exp(-log_variances) + np.log(2 * np.pi))


def gaussian_nll_gradient(means, log_variances, targets):
    errors, precisions = means - targets, np.exp(-log_variances)
    return errors * precisions, 0.5 * (1 - errors**2 * precisions)


# %% mistake="gaussian_nll" hint="Your cost is a mean. By how much does a mean over n examples change when only one of them changes?"
def gaussian_nll(means, log_variances, targets):
    return 0.5 * np.mean(log_variances + (targets - means) ** 2 * np.exp(-log_variances) + np.log(2 * np.pi))


def gaussian_nll_gradient(means, log_variances, targets):
    errors, precisions = means - targets, np.exp(-log_variances)
    return errors * precisions, 0.5 * (1 - errors**2 * precisions)


# %% mistake="gaussian_nll" hint="μ = 1 and y = 3: a larger mean lowers the cost. Which sign must its slope have?"
def gaussian_nll(means, log_variances, targets):
    return 0.5 * np.mean(log_variances + (targets - means) ** 2 * np.exp(-log_variances) + np.log(2 * np.pi))


def gaussian_nll_gradient(means, log_variances, targets):
    errors, precisions = targets - means, np.exp(-log_variances)
    return errors * precisions / len(targets), 0.5 * (1 - errors**2 * precisions) / len(targets)


# %% mistake="gaussian_nll" hint="You differentiated with respect to the variance v. The network says s, and v = e^s: what does the chain rule add?"
def gaussian_nll(means, log_variances, targets):
    return 0.5 * np.mean(log_variances + (targets - means) ** 2 * np.exp(-log_variances) + np.log(2 * np.pi))


def gaussian_nll_gradient(means, log_variances, targets):
    errors, variances, n = means - targets, np.exp(log_variances), len(targets)
    return errors / variances / n, 0.5 * (1 / variances - errors**2 / variances**2) / n


# %% mistake="gaussian_nll" hint="The slope with respect to s has two parts: one from the error's term, one from log v. Where is the second?"
def gaussian_nll(means, log_variances, targets):
    return 0.5 * np.mean(log_variances + (targets - means) ** 2 * np.exp(-log_variances) + np.log(2 * np.pi))


def gaussian_nll_gradient(means, log_variances, targets):
    errors, precisions = means - targets, np.exp(-log_variances)
    return errors * precisions / len(targets), -0.5 * errors**2 * precisions / len(targets)


# %% mistake="gaussian_nll" hint="The numbers are right, but Python walks through the examples. Can one expression handle all of them?"
def gaussian_nll(means, log_variances, targets):
    total = 0.0
    for m, s, y in zip(means, log_variances, targets, strict=True):
        total += 0.5 * (s + (y - m) ** 2 * np.exp(-s) + np.log(2 * np.pi))
    return total / len(targets)


def gaussian_nll_gradient(means, log_variances, targets):
    g_means, g_log_variances = [], []
    for m, s, y in zip(means, log_variances, targets, strict=True):
        g_means.append((m - y) * np.exp(-s) / len(targets))
        g_log_variances.append(0.5 * (1 - (m - y) ** 2 * np.exp(-s)) / len(targets))
    return np.array(g_means), np.array(g_log_variances)


# %% alternative="gaussian_nll"
def gaussian_nll(means, log_variances, targets):
    deviations = np.exp(log_variances / 2)
    scores = (targets - means) / deviations
    return np.mean(np.log(deviations) + scores**2 / 2) + np.log(2 * np.pi) / 2


def gaussian_nll_gradient(means, log_variances, targets):
    n, deviations = np.size(targets), np.exp(log_variances / 2)
    scores = (targets - means) / deviations
    return [-scores / deviations / n, (1 - scores) * (1 + scores) / (2 * n)]


# %% [markdown]
# ### Can the network cheat?
#
# It chooses its own variance. Could it not always say "I am very unsure", and be excused? Or "I am
# very sure", and collect a high density? Draw the cost of one example against the variance that
# the network says, for three sizes of the error. (A *standard deviation* is $\sqrt v$, in the units of
# $y$.)

# %% demo=true
if is_written(gaussian_nll, np.zeros(1), np.zeros(1), np.zeros(1)):
    deviations = np.geomspace(0.03, 300, 400)
    figure, axes = plt.subplots(figsize=(7.4, 4), layout="constrained")
    for error, colour in ((0.3, GREEN), (3.0, BLUE), (30.0, VERMILION)):
        costs = [gaussian_nll(np.zeros(1), np.array([2 * np.log(d)]), np.array([error])) for d in deviations]
        lowest = 0.5 + np.log(error) + 0.5 * np.log(2 * np.pi)
        axes.semilogx(deviations, costs, color=colour)
        axes.plot(error, lowest, "o", color=colour, markersize=9, zorder=5)
        axes.annotate(
            f"error {error:g}", (error, lowest), (0, 12), textcoords="offset points", ha="center", color=colour
        )
    axes.text(0.95, 7.4, "too sure:\nsteep", color=GREY)
    axes.text(130, 7.4, "too unsure:\ngentle", color=GREY, ha="center")
    axes.set(title="The cheapest answer is the honest one", xlabel="standard deviation that the network says")
    axes.set(ylabel="cost  $-\\log\\,p(y \\mid \\mu, v)$", ylim=(-1.5, 9), xlim=(0.03, 300))
    axes.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    plt.show()

# %% [markdown]
# *The figure:* three curves, for errors of 0.3, 3 and 30, each with one lowest point, exactly where
# the standard deviation equals the error. To the left (too sure) the cost shoots up like $e^{-s}$;
# to the right (too unsure) it climbs slowly, like $\tfrac12 s$. So it pays to be honest, and false
# certainty costs more than false modesty.
#
# Over many examples with like $x$ the errors differ, and the lowest point is at their mean square:
# the variance.

# %% [markdown]
# ### Two answers to "how far do I stay behind?"
#
# One network with 16 tanh units learns 500 stops twice from the same start. First with $s$ the same
# for all: your gradient for the means then is that of squared error, and the best common variance is
# the mean squared error. Then with a second output unit for $s$. We draw the bands
# $\mu \pm 1.96\sqrt v$, in which a Gaussian puts 95 % of its targets, and test on 20,000 new stops.

# %% demo=true
if is_written(gaussian_nll, *np.zeros((3, 1))) and is_written(gaussian_nll_gradient, *np.zeros((3, 1))):
    speed, distance = stop_cars(500, np.random.default_rng(5))
    unit = 50.0  # metres: a network learns best from numbers near 1

    def standardized(speed):
        """Return speeds as inputs of the network, shape (n, 1), with mean near 0 and deviation near 1."""
        return (speed[:, None] - 75) / 32

    def one_spread(outputs):
        """Return the cost and its slope for an output (n, 1): the mean."""
        level = np.zeros(len(outputs))
        cost = gaussian_nll(outputs[:, 0], level, distance / unit)
        return cost, gaussian_nll_gradient(outputs[:, 0], level, distance / unit)[0][:, None]

    def own_spread(outputs):
        """Return the cost and its slope for outputs (n, 2): mean and log variance."""
        cost = gaussian_nll(outputs[:, 0], outputs[:, 1], distance / unit)
        return cost, np.stack(gaussian_nll_gradient(outputs[:, 0], outputs[:, 1], distance / unit), axis=1)

    def band(network, speed, common):
        """Return mean and standard deviation in metres at each speed; the latter may be the same for all."""
        outputs = outputs_of(network, standardized(speed))
        deviation = unit * np.exp(outputs[:, 1] / 2) if common is None else common
        return unit * outputs[:, 0], deviation

    figure, panels = plt.subplots(1, 2, figsize=(8.4, 4.2), layout="constrained", sharey=True)
    names = ("One spread misjudges both ends", "A spread for each speed")
    for axes, cost_and_slope, size, colour, name in zip(
        panels, (one_spread, own_spread), (1, 2), (VERMILION, BLUE), names, strict=True
    ):
        rng = np.random.default_rng(0)
        network = Sequential(Dense(1, 16, rng=rng), Tanh(), Dense(16, size, rng=rng))
        train(network, standardized(speed), cost_and_slope, learning_rate=0.02, steps=800)
        common = None
        if size == 1:
            common = np.sqrt(np.mean((distance - unit * outputs_of(network, standardized(speed))[:, 0]) ** 2))
        grid = np.linspace(20, 130, 111)
        mean, deviation = band(network, grid, common)
        axes.fill_between(grid, mean - 1.96 * deviation, mean + 1.96 * deviation, color=colour, alpha=0.25, linewidth=0)
        axes.plot(grid, mean, color=colour)
        axes.scatter(speed, distance, s=8, color="0.25", linewidth=0, zorder=3)
        for slowest, fastest, height in ((20, 40, 70), (110, 130, 20)):
            new_speed, new_distance = stop_cars(20000, np.random.default_rng(1), slowest, fastest)
            mean, deviation = band(network, new_speed, common)
            late = np.mean(new_distance > mean + 1.96 * deviation)
            axes.text((slowest + fastest) / 2, height, f"{late:.1%}\nabove", ha="center", weight="bold", color=colour)
        axes.axhline(0, color="0.6", linewidth=1)
        axes.set(title=name, xlabel="speed (km/h)", xticks=[20, 75, 130], ylim=(-30, 200), xlim=(15, 135))
    panels[0].set_ylabel("stopping distance (m)")
    plt.show()

# %% [markdown]
# *The figure:* stopping distances against speed, with bands. Left, one spread: at 30 km/h the band
# reaches below zero metres and not one new stop in a thousand lies above it; at 120 km/h one in nine
# does. Right, the band opens with the speed: 1.6 % and 3.5 % lie above, near the 2.5 % that were
# promised. The means are almost the same curve. But who keeps the distance of the upper edge is safe
# only on the right.

# %% [markdown]
# > **Where the sources differ: which spread?**
# >
# > * Lepetit's equation (3) writes $\mathcal N(e;\, o, \sigma I)$ with the factor
# >   $e^{-\lVert e-o\rVert^2/c_2}$. If $\sigma$ is a standard deviation, the covariance is $\sigma^2 I$
# >   and $c_2 = 2\sigma^2$; as written, $c_2 = 2\sigma$. For $\sigma = 10$ that is 200 or 20. While
# >   $\sigma$ is constant nobody notices; once the network says it, it matters.
# > * *Deep Learning* 6.2.2.4 prefers the **precision** $1/v$ (no division in the cost) made by a
# >   softplus; here it is the log variance. For $v = 4$ the unit must say $1.386$ here, $-1.259$
# >   there. Where a network is far too sure, the slopes differ by orders of magnitude: next cell.

# %% demo=true
print("slope of the cost at the unit o, for an error of 1 and a variance far too small")
print("                           v = 0.01   v = 0.0001")
v = np.array([0.01, 0.0001])
for name, slopes in (
    ("v = exp(o), here", 0.5 * (1 - 1 / v)),
    ("v = softplus(o)", 0.5 * (1 / v - 1 / v**2) * -np.expm1(-v)),
    ("1/v = softplus(o)", 0.5 * (1 - v) * -np.expm1(-1 / v)),
):
    print(f"  {name:20s}  {slopes[0]:10.2f}  {slopes[1]:10.2f}")

# %% [markdown]
# ## 5 · Left or right, but not straight on
#
# Back to the tree. A Gaussian has one hill, whatever its mean and variance. For two hills, **mix**
# $k$ Gaussians: with probability $\pi_j$ the $j$-th one is chosen, then $y$ is drawn from it:
#
# $$p(y \mid x) = \sum_{j=1}^{k} \pi_j(x)\; \mathcal N\bigl(y;\ \mu_j(x),\, v_j(x)\bigr)$$
#
# All of it depends on $x$, so the last layer has $3k$ units: $k$ logits with a softmax for the
# $\pi_j$, $k$ linear units for the $\mu_j$, $k$ log variances $s_j$ for the $v_j = e^{s_j}$. Every
# output unit of this notebook in one layer: a **mixture density network** (Bishop, 1994; *Deep
# Learning* 6.2.2.4).

# %% [markdown]
# ### Who is responsible?
#
# Two quantities follow from the $k$ numbers $a_j = \log\bigl(\pi_j\,\mathcal N(y;\mu_j,v_j)\bigr)$ of
# an example. Its cost is $-\log p = -\log\sum_j e^{a_j}$. And given that $y$ was seen, Bayes' rule
# tells how probable it is that component $j$ made it, its **responsibility**
#
# $$\gamma_j = \frac{\pi_j\,\mathcal N(y;\mu_j,v_j)}{\sum_l \pi_l\,\mathcal N(y;\mu_l,v_l)}
# = \frac{e^{a_j}}{\sum_l e^{a_l}} .$$
#
# You have seen both shapes before. Far from all components every density is rounded to 0: stay with
# the logarithms $a_j$.

# %% [markdown]
# ### Exercise 4: `mixture_density_nll`
#
# *In:* logits, means and log variances, each `(n, k)`; targets `(n,)`. *Out*, of three functions:
#
# 1. `log_joint`: the $a_j$ of each example, `(n, k)`;
# 2. `mixture_density_nll`: the mean cost, a number;
# 3. `responsibilities`: the $\gamma_j$, `(n, k)`.
#
# *By hand:* $n=1$, $k=2$, logits $(0, 0)$, means $(-1, 1)$, log variances $(0, 0)$, $y = 1$. So
# $\pi = (\tfrac12, \tfrac12)$, and with the densities $\mathcal N(1; -1, 1) = 0.0540$ and
# $\mathcal N(1; 1, 1) = 0.3989$
#
# $$a = (\log 0.0270,\ \log 0.1995) = (-3.612,\ -1.612),$$
#
# $$-\log(0.0270 + 0.1995) = 1.485, \qquad \gamma = (0.119,\ 0.881).$$
#
# `log_softmax` may help twice. (Still without? `functions.log_softmax(Tensor(z)).numpy()`.)


# %% exercise="mixture_density_nll" points=5
def log_joint(logits, means, log_variances, targets):
    """Return log of weight times density, for each example and component.

    Parameters
    ----------
    logits, means, log_variances : array, shape (n, k)
        The weights are the softmax of each row of logits.
    targets : array, shape (n,)

    Returns
    -------
    array, shape (n, k)
    """
    ### BEGIN SOLUTION
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))
    ### END SOLUTION


def mixture_density_nll(logits, means, log_variances, targets):
    """Return the mean negative log-likelihood of targets under mixtures of k Gaussians, finite also far from all.

    Parameters
    ----------
    logits, means, log_variances : array, shape (n, k)
    targets : array, shape (n,)

    Returns
    -------
    float
    """
    ### BEGIN SOLUTION
    return -np.mean(np.logaddexp.reduce(log_joint(logits, means, log_variances, targets), axis=1))
    ### END SOLUTION


def responsibilities(logits, means, log_variances, targets):
    """Return the probability of each component, given the target.

    Parameters
    ----------
    logits, means, log_variances : array, shape (n, k)
    targets : array, shape (n,)

    Returns
    -------
    array, shape (n, k)
        Each row sums to 1.
    """
    ### BEGIN SOLUTION
    return np.exp(log_softmax(log_joint(logits, means, log_variances, targets)))
    ### END SOLUTION


# %% check="mixture_density_nll"
def test_worked_example_of_the_log_joint():
    "a = (−3.612, −1.612). Is the logarithm of the weight ½ in it, and are all three terms of the log density?"
    a = log_joint(np.zeros((1, 2)), np.array([[-1.0, 1.0]]), np.zeros((1, 2)), np.array([1.0]))
    assert_allclose(a, [[-3.6120857, -1.6120857]], atol=1e-6)


def test_worked_example():
    "The two densities, weighted, add up to 0.2265. Do you add before you take the logarithm?"
    cost = mixture_density_nll(np.zeros((1, 2)), np.array([[-1.0, 1.0]]), np.zeros((1, 2)), np.array([1.0]))
    assert_allclose(cost, 1.4851577, atol=1e-6)


def test_worked_example_of_the_responsibilities():
    "The second component explains y = 1 better: 0.881 to 0.119."
    gamma = responsibilities(np.zeros((1, 2)), np.array([[-1.0, 1.0]]), np.zeros((1, 2)), np.array([1.0]))
    assert_allclose(gamma, [[0.1192029, 0.8807971]], atol=1e-6)


def test_weights_are_a_softmax():
    "Logits (log 3, 0) and the same plus 5 are the same weights, ¾ and ¼. With equal components, who is responsible?"
    logits = np.array([[np.log(3), 0.0], [np.log(3) + 5, 5.0]])
    same = np.ones((2, 2))
    gamma = responsibilities(logits, same, same, np.array([0.3, -2.0]))
    assert_allclose(gamma, [[0.75, 0.25], [0.75, 0.25]])
    assert_allclose(mixture_density_nll(logits, same, same, np.ones(2)), 0.5 + 0.5 * np.log(2 * np.pi))


def test_far_from_all_components():
    "At y = 1001 both densities are rounded to 0. What is the logarithm of the sum of two numbers of which you know the logarithms?"
    args = np.zeros((1, 2)), np.array([[-1.0, 1.0]]), np.zeros((1, 2)), np.array([1001.0])
    assert_allclose(mixture_density_nll(*args), 500000.0 + np.log(2) + 0.5 * np.log(2 * np.pi))
    assert_allclose(responsibilities(*args), [[0.0, 1.0]])


### BEGIN HIDDEN TESTS
def random_mixture(rng, n, k):
    """Return logits, means, log variances and targets, the first of them far from all components."""
    logits, means, log_variances = 2 * rng.normal(size=(n, k)), 2 * rng.normal(size=(n, k)), rng.normal(size=(n, k))
    targets = 2 * rng.normal(size=n)
    targets[0] = means[0].max() + 15 * np.exp(log_variances[0].max() / 2)
    return logits, means, log_variances, targets


def test_log_joint_of_random_mixtures(rng, reference):
    "Does log_joint hold for any number of examples and components (also for as many of one as of the other)?"
    for n, k in ((6, 3), (4, 4), (1, 5)):
        args = random_mixture(rng, n, k)
        assert_allclose(log_joint(*args), reference.log_joint(*args))


def test_cost_of_random_mixtures(rng, reference):
    "Does the cost hold for any number of examples and components? It is a mean over the examples."
    for n, k in ((6, 3), (4, 4), (1, 5)):
        args = random_mixture(rng, n, k)
        assert_allclose(mixture_density_nll(*args), reference.mixture_density_nll(*args))


def test_responsibilities_in_random_mixtures(rng, reference):
    "Do the responsibilities hold for any number of examples and components, with row sums of 1?"
    for n, k in ((6, 3), (4, 4), (1, 5)):
        args = random_mixture(rng, n, k)
        assert_allclose(responsibilities(*args), reference.responsibilities(*args))


def test_one_component_is_a_gaussian(rng):
    "With k = 1 the mixture is one Gaussian, whatever its logit: the cost is that of exercise 3."
    logits, means, log_variances, targets = random_mixture(rng, 7, 1)
    m, s = means[:, 0], log_variances[:, 0]
    expected = np.mean(0.5 * (s + (targets - m) ** 2 * np.exp(-s) + np.log(2 * np.pi)))
    assert_allclose(mixture_density_nll(logits, means, log_variances, targets), expected)
    assert_allclose(responsibilities(logits, means, log_variances, targets), np.ones((7, 1)))


def test_the_slope_of_the_logits(rng):
    "With respect to the logits, the gradient of the cost is (π − γ)/n. Do your cost and your responsibilities agree on it?"
    logits, means, log_variances, _ = random_mixture(rng, 3, 2)
    targets = means[:, 0] + np.exp(log_variances[:, 0] / 2)
    weights = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert_gradient(
        lambda z: mixture_density_nll(z, means, log_variances, targets),
        lambda z: (weights - np.asarray(responsibilities(z, means, log_variances, targets))) / 3,
        logits,
    )


def test_certain_weights_and_narrow_components():
    "Logits of ±1000 and variances of e^±30 are legal. Is everything finite?"
    logits, means = np.array([[1000.0, -1000.0], [0.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    args = logits, means, np.array([[0.0, 0.0], [30.0, -30.0]]), np.array([1.0, 0.5])
    assert_finite(mixture_density_nll(*args))
    assert_allclose(responsibilities(*args), [[1.0, 0.0], [1.0, 0.0]])


def test_no_loop_over_examples(rng):
    "Is there a loop over the examples? Targets of shape (n, 1) meet means of shape (n, k)."
    small, large = random_mixture(rng, 4, 3), random_mixture(rng, 300, 3)
    for function in (log_joint, mixture_density_nll, responsibilities):
        assert_vectorized(function, small, large)


def test_inputs_are_left_alone(rng):
    "Does one of your functions write into the arrays that it was given?"
    for function in (log_joint, mixture_density_nll, responsibilities):
        assert_inputs_unchanged(function, *random_mixture(rng, 4, 3))


### END HIDDEN TESTS


# %% mistake="mixture_density_nll" hint="You averaged the logarithms of the densities. Is the logarithm of a sum the sum of the logarithms?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    log_weights = log_softmax(logits)
    log_densities = log_joint(logits, means, log_variances, targets) - log_weights
    return -np.mean(np.sum(np.exp(log_weights) * log_densities, axis=1))


def responsibilities(logits, means, log_variances, targets):
    return np.exp(log_softmax(log_joint(logits, means, log_variances, targets)))


# %% mistake="mixture_density_nll" hint="You added the a of an example. They are logarithms: what do you add to get p(y | x)?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    return -np.mean(np.sum(log_joint(logits, means, log_variances, targets), axis=1))


def responsibilities(logits, means, log_variances, targets):
    return np.exp(log_softmax(log_joint(logits, means, log_variances, targets)))


# %% mistake="mixture_density_nll" hint="Your sums are right until all densities are rounded to 0; then log 0 and 0/0 come. What did you subtract before the exponential in log_softmax?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.exp(log_joint(logits, means, log_variances, targets)).sum(axis=1)))


def responsibilities(logits, means, log_variances, targets):
    joint = np.exp(log_joint(logits, means, log_variances, targets))
    with np.errstate(invalid="ignore"):
        return joint / joint.sum(axis=1, keepdims=True)


# %% mistake="mixture_density_nll" hint="The small number in your logarithm caps the cost: at y = 1001 and at y = 101 the network gets the same, and no slope. Can the logarithms be added without leaving them?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    return -np.mean(np.log(np.exp(log_joint(logits, means, log_variances, targets)).sum(axis=1) + 1e-12))


def responsibilities(logits, means, log_variances, targets):
    joint = np.exp(log_joint(logits, means, log_variances, targets))
    return joint / (joint.sum(axis=1, keepdims=True) + 1e-12)


# %% mistake="mixture_density_nll" hint="Add 5 to all logits: your cost changes, the weights should not. Which function makes weights of logits?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return logits - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    return -np.mean(np.logaddexp.reduce(log_joint(logits, means, log_variances, targets), axis=1))


def responsibilities(logits, means, log_variances, targets):
    return np.exp(log_softmax(log_joint(logits, means, log_variances, targets)))


# %% mistake="mixture_density_nll" hint="Your weights do not add up to 1. Are logits probabilities, or is there one unit still missing between them?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.log(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    with np.errstate(invalid="ignore"):
        return -np.mean(np.logaddexp.reduce(log_joint(logits, means, log_variances, targets), axis=1))


def responsibilities(logits, means, log_variances, targets):
    with np.errstate(invalid="ignore"):
        return np.exp(log_softmax(log_joint(logits, means, log_variances, targets)))


# %% mistake="mixture_density_nll" hint="Every component of yours may be as narrow as it likes for nothing. Which of the three terms of exercise 3 depends on s alone?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    return -np.mean(np.logaddexp.reduce(log_joint(logits, means, log_variances, targets), axis=1))


def responsibilities(logits, means, log_variances, targets):
    return np.exp(log_softmax(log_joint(logits, means, log_variances, targets)))


# %% mistake="mixture_density_nll" hint="With four examples and four components your targets meet the wrong axis. Which shape must the targets have beside means of shape (n, k)?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    return -np.mean(np.logaddexp.reduce(log_joint(logits, means, log_variances, targets), axis=1))


def responsibilities(logits, means, log_variances, targets):
    return np.exp(log_softmax(log_joint(logits, means, log_variances, targets)))


# %% mistake="mixture_density_nll" hint="Your responsibilities do not look at y: they are the weights. What does Bayes' rule multiply them by?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    return -np.mean(np.logaddexp.reduce(log_joint(logits, means, log_variances, targets), axis=1))


def responsibilities(logits, means, log_variances, targets):
    return np.exp(log_softmax(logits))


# %% mistake="mixture_density_nll" hint="Your responsibilities compare the densities only. If a component is rarely chosen, can it be responsible as often as the others?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    return -np.mean(np.logaddexp.reduce(log_joint(logits, means, log_variances, targets), axis=1))


def responsibilities(logits, means, log_variances, targets):
    return np.exp(log_softmax(log_joint(logits, means, log_variances, targets) - log_softmax(logits)))


# %% mistake="mixture_density_nll" hint="The rows of your responsibilities do not add up to 1: they are weight times density. By what does Bayes' rule divide?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    return -np.mean(np.logaddexp.reduce(log_joint(logits, means, log_variances, targets), axis=1))


def responsibilities(logits, means, log_variances, targets):
    return np.exp(log_joint(logits, means, log_variances, targets))


# %% mistake="mixture_density_nll" hint="Your cost grows with the number of examples. Sum or mean?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    return -np.sum(np.logaddexp.reduce(log_joint(logits, means, log_variances, targets), axis=1))


def responsibilities(logits, means, log_variances, targets):
    return np.exp(log_softmax(log_joint(logits, means, log_variances, targets)))


# %% mistake="mixture_density_nll" hint="You mixed over the examples instead of the components. Which axis of an (n, k) array holds the k components?"
def log_joint(logits, means, log_variances, targets):
    squares = (targets[:, None] - means) ** 2 * np.exp(-log_variances)
    return log_softmax(logits) - 0.5 * (log_variances + squares + np.log(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    return -np.mean(np.logaddexp.reduce(log_joint(logits, means, log_variances, targets), axis=0))


def responsibilities(logits, means, log_variances, targets):
    a = log_joint(logits, means, log_variances, targets)
    return np.exp(a - np.logaddexp.reduce(a, axis=0))


# %% mistake="mixture_density_nll" hint="The numbers are right, but Python walks through the examples. Along which axis can NumPy reduce all rows at once?"
def log_joint(logits, means, log_variances, targets):
    rows = []
    for z, m, s, y in zip(logits, means, log_variances, targets, strict=True):
        rows.append(log_softmax(z) - 0.5 * (s + (y - m) ** 2 * np.exp(-s) + np.log(2 * np.pi)))
    return np.array(rows)


def mixture_density_nll(logits, means, log_variances, targets):
    return -np.mean([np.logaddexp.reduce(a) for a in log_joint(logits, means, log_variances, targets)])


def responsibilities(logits, means, log_variances, targets):
    return np.array([np.exp(log_softmax(a)) for a in log_joint(logits, means, log_variances, targets)])


# %% alternative="mixture_density_nll"
def log_joint(logits, means, log_variances, targets):
    deviations = np.exp(0.5 * log_variances)
    scores = (np.reshape(targets, (-1, 1)) - means) / deviations
    log_weights = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return log_weights - scores**2 / 2 - log_variances / 2 - np.log(np.sqrt(2 * np.pi))


def mixture_density_nll(logits, means, log_variances, targets):
    a = log_joint(logits, means, log_variances, targets)
    top = a.max(axis=1)
    return -(top + np.log(np.exp(a - top[:, None]).sum(axis=1))).mean()


def responsibilities(logits, means, log_variances, targets):
    a = log_joint(logits, means, log_variances, targets)
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# %% [markdown]
# ### The gradient of a mixture
#
# Differentiate $-\log\sum_j e^{a_j}$ with respect to any output unit $o$: the chain rule makes it
# $-\sum_j \gamma_j\, \partial a_j/\partial o$. With slopes that you know already,
#
# $$\frac{\partial}{\partial\,\text{logit}_j} = \pi_j - \gamma_j, \qquad
# \frac{\partial}{\partial \mu_j},\ \frac{\partial}{\partial s_j} =
# \gamma_j \times (\text{the slopes of exercise 3, with } \mu_j, s_j)$$
#
# for one example, and divided by $n$ for the mean over all. The first is again *said minus true*. The
# others say: **each component learns from the examples for which it is responsible**. A component
# that is responsible for none learns nothing; so let the two start apart, one with its mean to the
# left and one to the right.

# %% [markdown]
# ## 6 · Around the tree
#
# Now everything together. Three networks, each with the same 20 tanh units, differ in the last layer
# only:
#
# 1. one output, a mean, and one variance for all (squared error);
# 2. two outputs, mean and log variance: **your** `gaussian_nll`;
# 3. six outputs, a mixture of two Gaussians: **your** `mixture_density_nll`, `responsibilities` and,
#    for the slopes, once more your `gaussian_nll_gradient`.
#
# Which cost will they reach? All three costs are $-\log p$ of the same targets, in the same units, so
# they may be compared.

# %% demo=true
x = along[:, None] / 10  # (400, 1), in tens of metres


def new_network(outputs):
    """Return a network with 20 tanh units, from the same start each time."""
    rng = np.random.default_rng(0)
    return Sequential(Dense(1, 20, rng=rng), Tanh(), Dense(20, outputs, rng=rng))


curves, mixture = {}, None
if is_written(gaussian_nll, *np.zeros((3, 1))) and is_written(gaussian_nll_gradient, *np.zeros((3, 1))):

    def mean_only(outputs):
        """Return the cost with the best common variance, and the slope of half the squared error."""
        common = np.full(400, np.log(np.mean((outputs[:, 0] - across) ** 2)))
        slope = gaussian_nll_gradient(outputs[:, 0], np.zeros(400), across)[0]
        return gaussian_nll(outputs[:, 0], common, across), slope[:, None]

    def mean_and_variance(outputs):
        """Return the cost of a Gaussian with its own variance, and the slope."""
        cost = gaussian_nll(outputs[:, 0], outputs[:, 1], across)
        return cost, np.stack(gaussian_nll_gradient(outputs[:, 0], outputs[:, 1], across), axis=1)

    straight = new_network(1)
    curves["one mean"] = train(straight, x, mean_only, learning_rate=0.02, steps=600)
    gaussian = new_network(2)
    curves["mean and variance"] = train(gaussian, x, mean_and_variance, learning_rate=0.02, steps=600)

stubs = [np.zeros((1, 2))] * 3 + [np.zeros(1)]
if curves and is_written(mixture_density_nll, *stubs) and is_written(responsibilities, *stubs):

    def two_gaussians(outputs):
        """Return the cost of a mixture, outputs (400, 6), and its slope."""
        logits, means, log_variances = np.split(outputs, 3, axis=1)
        cost = mixture_density_nll(logits, means, log_variances, across)
        gamma = responsibilities(logits, means, log_variances, across)
        pairs = [gaussian_nll_gradient(means[:, j], log_variances[:, j], across) for j in range(2)]
        g_means, g_log_variances = np.stack(pairs, axis=-1)  # each (400, 2)
        g_logits = (np.exp(log_probabilities(logits)) - gamma) / len(across)
        return cost, np.concatenate([g_logits, gamma * g_means, gamma * g_log_variances], axis=1)

    mixture = new_network(6)
    last = mixture[2]
    last.bias.data[:] = [0, 0, -1, 1, -1, -1]  # equal weights, means 1 m to each side, variances e^(-1)
    curves["two Gaussians"] = train(mixture, x, two_gaussians, learning_rate=0.02, steps=600)

# %% demo=true
if mixture is not None:
    grid, heights = np.linspace(-20, 20, 161), np.linspace(-2.5, 2.5, 161)
    logits, means, log_variances = np.split(outputs_of(mixture, grid[:, None] / 10), 3, axis=1)
    weights = np.exp(log_probabilities(logits))
    spread = np.exp(log_variances[:, None] / 2)
    bells = np.exp(-(((heights[:, None] - means[:, None]) / spread) ** 2) / 2) / (np.sqrt(2 * np.pi) * spread)
    density = (weights[:, None] * bells).sum(axis=2).T  # (161, 161): height, way
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 4), layout="constrained", width_ratios=[1, 1.35])
    colours = {"one mean": VERMILION, "mean and variance": GREEN, "two Gaussians": BLUE}
    for name, curve in curves.items():
        left.plot(curve, color=colours[name])
        label = f"{name}\n{curve[-1]:.2f}"
        left.text(600, curve[-1] + 0.04, label, color=colours[name], ha="right", va="bottom", linespacing=1.1)
    left.set(title="Your costs, falling", xlabel="step", ylabel="cost  $-\\log\\,p(y \\mid x)$", ylim=(0, 1.65))
    image = right.imshow(density, origin="lower", extent=(-20, 20, -2.5, 2.5), aspect="auto", cmap=BLUES, vmax=1.2)
    draw_cyclists(right, VERMILION)
    right.set_title("Your network rides around the tree")
    figure.colorbar(image, ax=right, label="density $p(y \\mid x)$ (1/m)", ticks=[0, 0.5, 1])
    plt.show()

# %% [markdown]
# *The figure:* left, three falling curves. The single mean comes to rest at 1.15, the single
# Gaussian at 0.65 (it has learned to be unsure near the tree), the mixture at 0.18: its observed
# positions are $e^{1.15-0.18} = 2.6$ times as probable, in the (geometric) mean. Right, the density
# that your mixture gives to each position: a dark band that parts in front of the tree, runs around
# it on both sides, and closes behind it. Between the branches the density is practically 0.

# %% [markdown]
# ### Ride along
#
# What the network says at one place is a whole curve. Here it is at three places; where `ipywidgets`
# is installed, a slider takes you along the path.


# %% demo=true
def show_places(*places):
    """Draw the network's density over the width of the path, at one or more places along it."""
    size = (8, 3) if len(places) > 1 else (5, 3)
    _, panels = plt.subplots(1, len(places), figsize=size, layout="constrained", sharey=True, squeeze=False)
    across_path = np.linspace(-2.5, 2.5, 301)
    for axes, place in zip(panels[0], places, strict=True):
        logits, means, log_variances = np.split(outputs_of(mixture, np.array([[place / 10]])), 3, axis=1)
        spread = np.exp(log_variances / 2)
        bells = np.exp(-(((across_path[:, None] - means) / spread) ** 2) / 2) / (np.sqrt(2 * np.pi) * spread)
        density = bells @ np.exp(log_probabilities(logits))[0]
        axes.fill_between(across_path, density, color=BLUE, alpha=0.25, linewidth=0)
        axes.plot(across_path, density, color=BLUE)
        if abs(place) < 0.5:
            axes.axvspan(-0.5, 0.5, color="#7A5230", alpha=0.8, linewidth=0)
        side = "before" if place < 0 else "behind"
        where = "at" if abs(place) < 0.5 else f"{abs(place):.0f} m {side}"
        axes.set(title=f"{where} the tree", xlabel="left of the middle (m)", ylim=(0, 2.3))
    panels[0, 0].set_ylabel("density (1/m)")
    plt.show()


if mixture is not None:
    show_places(-15.0, -6.0, 0.0)
    try:
        from ipywidgets import FloatSlider, interact
    except ImportError:
        pass  # the three places say it, too
    else:
        interact(lambda place: show_places(place), place=FloatSlider(value=3, min=-20, max=20, continuous_update=False))

# %% [markdown]
# *The figure:* three densities over the width of the path. Fifteen metres before the tree there is
# one hill in the middle; six metres before it there are two, the left one larger; at the tree they
# stand at about 1.5 m to either side, and the trunk (brown) lies in the empty valley.
#
# Now let 10,000 cyclists ride by: draw their positions beside the tree from each network's
# distribution, and count who hits the trunk. What do you expect?

# %% demo=true
if mixture is not None:
    rng = np.random.default_rng(2)
    mean, log_variance = outputs_of(gaussian, np.zeros((1, 1)))[0]
    logits, means, log_variances = np.split(outputs_of(mixture, np.zeros((1, 1)))[0], 3)
    weights = np.exp(log_probabilities(logits))
    chosen = rng.choice(2, size=10000, p=weights / weights.sum())
    one_hill = mean + np.exp(log_variance / 2) * rng.normal(size=10000)
    two_hills = means[chosen] + np.exp(log_variances[chosen] / 2) * rng.normal(size=10000)
    print(f"the network with one mean rides {outputs_of(straight, np.zeros((1, 1))).item():+.2f} m from the centre")
    print("of 10,000 drawn cyclists, these come nearer than 0.5 m and hit the trunk:")
    for name, positions in (("mean and variance", one_hill), ("two Gaussians", two_hills)):
        print(f"  {name:18s} {np.mean(np.abs(positions) < 0.5):7.2%}")
    print("weights:", ", ".join(f"{w:.0%} around {m:+.2f} m" for w, m in zip(weights, means, strict=True)))

# %% [markdown]
# The single mean still rides into the trunk, and so does a quarter of the single Gaussian's cyclists,
# although that network *knows* that it is unsure: a hill cannot have a hole. Of the mixture's cyclists
# none does, and its softmax has counted who passes on which side.

# %% [markdown]
# ## What to take along
#
# * The last layer says the parameters of a distribution; $-\log p$ is the cost. Linear units for
#   means, sigmoid and softmax for probabilities, an exponential or a softplus for spreads.
# * With its own likelihood an output unit stands still only where it is right.
# * Compute in logarithms: $e^{-|z|}$, `log1p`, the largest logit first.
# * A probability is a statement about the known classes and the known region, no more.

# %% [markdown]
# **Go further** (not graded). Start the mixture without the line that sets its biases, from twenty
# seeds. How often does one component win everything? What does its rival's $\gamma$ look like then,
# and can you rescue it: more components, a wider start, a penalty? And then: a mixture far away
# from the path, at $x = 1000$ m. Does it know that it does not know?

# %% [markdown]
# **Sources.** I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, sections 6.2.2.1–6.2.2.4,
# and notes on them · V. Lepetit, *Optimization for Deep Learning* (2021), "Regression Problems"
# (equation 3), "Classification Problems" (5–7), "Be Careful with Predicted Distributions!" · Korea
# University, *Neural Network Optimization*, "Softmax Activation" · M. Hein, M. Andriushchenko and J.
# Bitterwolf, "Why ReLU networks yield high-confidence predictions far away from the training data and
# how to mitigate the problem", CVPR 2019 · C. M. Bishop, "Mixture density networks" (1994).
