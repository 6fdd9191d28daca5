# %% [markdown]
# # 6.5 How can a program know its own derivative?
#
# Take $f(x_1, x_2) = \ln x_1 + x_1 x_2 - \sin x_2$ at the point $(2, 5)$. There
# $\frac{\partial f}{\partial x_1} = \frac1{x_1} + x_2$ is exactly **5.5**. By definition it is the
# limit of $\bigl(f(2 + h,\, 5) - f(2, 5)\bigr) / h$ for small $h$. So let a computer go to the
# limit:
#
# | $h$ | $10^{-1}$ | $10^{-4}$ | $10^{-8}$ | $10^{-12}$ | $10^{-15}$ | $10^{-16}$ |
# |:-:|:-:|:-:|:-:|:-:|:-:|:-:|
# | quotient | 5.487902 | 5.499988 | 5.500000 | 5.499601 | 3.552714 | **0** |
#
# It comes close, goes astray, and ends at zero. Yet `mlcore` answers 5.5 to all 16 digits, for
# programs whose formula nobody ever wrote down, and for thousands of inputs at once.
#
# **How can a program know its own derivative?**

# %%
import time
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from grading.checks import assert_allclose, assert_inputs_unchanged, count_operations, report
from mlcore import grad, layers
from mlcore.functions import softmax_cross_entropy
from mlcore.optimizers import SGD

BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#595959"
plt.rcParams.update({"font.size": 12, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})
plt.rcParams.update({"lines.linewidth": 2.2})


def f(x):
    """Compute ln x₁ + x₁x₂ − sin x₂, one operation a line. x: (2,), or two of whatever can be added and multiplied."""
    x1, x2 = x
    v1 = np.log(x1)
    v2 = x1 * x2
    v3 = np.sin(x2)
    v4 = v1 + v2
    return v4 - v3


def is_written(name, attempt):
    """Try an exercise. While it is still a stub, say so and return False, so that a figure can wait for it."""
    try:
        attempt()
    except NotImplementedError:
        print(f"This cell waits for your `{name}`. Write it above, then run this cell again.")
        return False
    return True


# %% [markdown]
# **What you will build**
#
# 1. the quotient above, done well, and the curve of its error: you will see how well it can be
#    done;
# 2. a kind of number that carries its derivative along (*forward mode*), and a *tape* that records
#    a program and plays it backwards (*reverse mode*), both exact to the last digit;
# 3. whole Jacobians and second derivatives with them; and in the end your tape trains a network on
#    handwritten digits, side by side with `mlcore`.
#
# It takes 60 minutes.

# %% [markdown]
# ## 1 · The limit that a computer cannot take
#
# For a function of $\boldsymbol x$, shape (n,), let $\boldsymbol e_i$ be the vector with a 1 at
# place $i$ and zeros elsewhere. Two quotients come close to the partial derivative by $x_i$: the
# *forward* and the *central difference*,
#
# $$\frac{f(\boldsymbol x + h\boldsymbol e_i) - f(\boldsymbol x)}{h}
# \qquad\text{and}\qquad
# \frac{f(\boldsymbol x + h\boldsymbol e_i) - f(\boldsymbol x - h\boldsymbol e_i)}{2h}.$$
#
# Taylor's series tells what they get wrong: about $\frac h2 f''$ for the first,
# $\frac{h^2}6 f'''$ for the second. This *truncation error* vanishes with $h$.

# %% [markdown]
# ### Exercise 1: `finite_difference`
#
# *In:* a `function` of an array (n,) that returns a number; the point `x` (n,); the `step` $h$; and
# whether to take the `central` difference. *Out:* the approximate gradient, shape (n,).
#
# *By hand*, $f(x_1, x_2) = x_1^2 + x_1x_2$ at $(3, 2)$ with $h = 0.1$. Only $x_1$ moves:
#
# $$f(3.1, 2) = 15.81,\quad f(3, 2) = 15,\quad f(2.9, 2) = 14.21,$$
#
# forward $0.81/0.1 = 8.1$, central $1.6/0.2 = 8$. Only $x_2$ moves: $15.3$, $15$, $14.7$; both give
# $3$. The gradient is $(8, 3)$. Here a loop over $i$ is right: `function` takes one point at a
# time.


# %% exercise="finite_difference" points=3
def finite_difference(function, x, step=1e-6, *, central=True):
    """Approximate the gradient of a function by difference quotients.

    Parameters
    ----------
    function : callable
        Takes an array of shape (n,), returns a number.
    x : array, shape (n,)
        The point; whole numbers are allowed. It stays as it is.
    step : float
        By how much one entry of x is moved, the h of the formulas.
    central : bool
        Whether to take the central difference instead of the forward difference.

    Returns
    -------
    array, shape (n,)
    """
    ### BEGIN SOLUTION
    gradient = np.zeros(len(x))
    for i in range(len(x)):
        move = np.zeros(len(x))
        move[i] = step
        if central:
            gradient[i] = (function(x + move) - function(x - move)) / (2 * step)
        else:
            gradient[i] = (function(x + move) - function(x)) / step
    return gradient
    ### END SOLUTION


# %% check="finite_difference"
def test_forward_difference_by_hand():
    "The worked example, forward: 8.1 and 3. Does only one entry move at a time?"
    found = finite_difference(lambda x: x[0] ** 2 + x[0] * x[1], np.array([3.0, 2.0]), 0.1, central=False)
    assert_allclose(found, [8.1, 3.0], rtol=1e-9)


def test_central_difference_by_hand():
    "The worked example, central: 8 and 3. How far apart are the two points?"
    found = finite_difference(lambda x: x[0] ** 2 + x[0] * x[1], np.array([3.0, 2.0]), 0.1, central=True)
    assert_allclose(found, [8.0, 3.0], rtol=1e-9)


def test_the_function_of_the_title():
    "At (2, 5) the gradient is (5.5, 1.716). How close do you come with the step that is the default?"
    assert_allclose(finite_difference(f, np.array([2.0, 5.0])), [5.5, 2 - np.cos(5.0)], rtol=1e-8)


### BEGIN HIDDEN TESTS
def test_random_points_and_steps(rng, reference):
    "Does it hold for any number of entries, any step, both kinds of quotient?"
    for n in (1, 3, 6):
        weight = rng.normal(size=n)
        x, step = rng.normal(size=n), float(rng.uniform(0.01, 0.5))
        for central in (False, True):
            found = finite_difference(lambda x: np.sum(weight * x**3), x, step, central=central)  # noqa: B023
            expected = reference.finite_difference(lambda x: np.sum(weight * x**3), x, step, central=central)  # noqa: B023
            assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


def test_a_point_of_whole_numbers():
    "The point (3, 2) in whole numbers: what becomes of 3 + 0.1 in an array of integers?"
    assert_allclose(finite_difference(lambda x: x[0] * x[1], np.array([3, 2]), 0.1), [2.0, 3.0], rtol=1e-9)
    assert_allclose(
        finite_difference(lambda x: x[0] * x[1], np.array([4, 7]), 0.1, central=False), [7.0, 4.0], rtol=1e-9
    )


def test_the_point_stays_as_it_is(rng):
    "Is x, bit for bit, what it was? Move a copy."
    x = rng.normal(size=4) * np.array([1.0, 1e3, 1e-3, 1e8])
    for central in (True, False):
        assert_inputs_unchanged(lambda x: finite_difference(lambda z: np.sum(z), x, 0.1, central=central), x)  # noqa: B023


### END HIDDEN TESTS


# %% mistake="finite_difference" hint="Your second entry is wrong. Is the first entry back at its place when the second moves?"
def finite_difference(function, x, step=1e-6, *, central=True):
    gradient = np.zeros(len(x))
    ahead, behind = np.array(x, dtype=float), np.array(x, dtype=float)
    for i in range(len(x)):
        ahead[i] += step
        behind[i] -= step
        if central:
            gradient[i] = (function(ahead) - function(behind)) / (2 * step)
        else:
            gradient[i] = (function(ahead) - function(x)) / step
    return gradient


# %% mistake="finite_difference" hint="Your central difference is twice too large. How far is it from x − h to x + h?"
def finite_difference(function, x, step=1e-6, *, central=True):
    gradient = np.zeros(len(x))
    for i in range(len(x)):
        move = step * np.eye(len(x))[i]
        behind = x - move if central else x
        gradient[i] = (function(x + move) - function(behind)) / step
    return gradient


# %% mistake="finite_difference" hint="Every entry of your gradient is the same. Which entries of x does x + h move?"
def finite_difference(function, x, step=1e-6, *, central=True):
    if central:
        slope = (function(x + step) - function(x - step)) / (2 * step)
    else:
        slope = (function(x + step) - function(x)) / step
    return np.full(len(x), slope)


# %% mistake="finite_difference" hint="An array of whole numbers rounds what you put into it. Which dtype has your copy of x?"
def finite_difference(function, x, step=1e-6, *, central=True):
    gradient = np.zeros(len(x))
    for i in range(len(x)):
        ahead, behind = x.copy(), x.copy()
        ahead[i] = x[i] + step
        if central:
            behind[i] = x[i] - step
        gradient[i] = (function(ahead) - function(behind)) / (2 * step if central else step)
    return gradient


# %% mistake="finite_difference" hint="After x += h and x −= h, is x exactly what it was? Rounding happens in both steps, and x belongs to the caller."
def finite_difference(function, x, step=1e-6, *, central=True):
    gradient = np.zeros(len(x))
    if x.dtype.kind == "i":
        x = x.astype(float)
    for i in range(len(x)):
        x[i] += step
        ahead = function(x)
        x[i] -= 2 * step if central else step
        behind = function(x)
        gradient[i] = (ahead - behind) / (2 * step if central else step)
        if central:
            x[i] += step
    return gradient


# %% mistake="finite_difference" hint="Both of your quotients are the same. What does `central` change?"
def finite_difference(function, x, step=1e-6, *, central=True):
    at_x = function(x)
    return np.array([(function(x + move) - at_x) / step for move in step * np.eye(len(x))])


# %% alternative="finite_difference"
def finite_difference(function, x, step=1e-6, *, central=True):
    x = np.asarray(x, dtype=float)
    moves = step * np.eye(x.size)
    ahead = np.array([function(x + move) for move in moves])
    behind = np.array([function(x - move) for move in moves]) if central else function(x)
    return (ahead - behind) / (step + central * step)


# %% [markdown]
# ### The other error
#
# Then take the smallest $h$ there is? A `float64` keeps 16 digits: every stored result is off by up
# to $\frac12\varepsilon = 1.1 \cdot 10^{-16}$ of its size. For $h = 10^{-12}$ the values
# $f(2 + h,\,5)$ and $f(2,\,5)$, both 11.652…, agree in their first 12 digits. The difference
# *cancels* these and keeps the 4 uncertain ones; dividing by $h$ makes them large. This *rounding
# error* is about $\varepsilon\,|f| / h$. It **grows** as $h$ shrinks.
#
# One error wants a small $h$, the other a large one. Before you run the next cell: for $f$ at
# $(2, 5)$, which $h$ is best, and how many digits are right there?

# %% demo=true
if is_written("finite_difference", lambda: finite_difference(f, np.array([2.0, 5.0]))):
    steps = np.logspace(-16, 0, 321)
    figure, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
    theory = (False, VERMILION, "o", steps * 0.25 / 2), (True, BLUE, "s", steps**2 * 0.25 / 6)
    for central, colour, marker, truncation in theory:
        errors = [abs(finite_difference(f, np.array([2.0, 5.0]), h, central=central)[0] - 5.5) for h in steps]
        axes.loglog(steps, np.maximum(errors, 2e-16), marker, color=colour, markersize=3.5, alpha=0.45, mew=0)
        axes.loglog(steps, truncation, color=colour, linewidth=1.8)
    rounding = np.finfo(float).eps * 11.652 / steps
    axes.loglog(steps, rounding, color="black", linewidth=1.8, linestyle="--")
    axes.axhline(5.5 * np.finfo(float).eps / 2, color=GREEN, linewidth=1.8)
    axes.text(6e-14, 9e-16, "exercises 2 and 3: exact", color=GREEN)
    axes.text(1e-14, 3, "rounding\n$\\varepsilon\\,|f|\\,/\\,h$", va="center")
    axes.text(3e-4, 2e-3, "forward: truncation\n$\\frac{h}{2}|f''|$", color=VERMILION, ha="center")
    axes.text(3e-2, 2e-8, "central:\ntruncation\n$\\frac{h^2}{6}|f'''|$", color=BLUE)
    axes.set(title="A step that is too small is as bad as one that is too large", ylim=(2e-16, 60))
    axes.set(xlabel="step $h$", ylabel="error of $\\partial f/\\partial x_1$", xlim=(1e-16, 1))
    plt.show()

# %% [markdown]
# *The figure:* the error of your two quotients against the step, both axes logarithmic: two letters
# V with a common left arm. From the right the errors fall along the truncation lines, with slope 1
# (forward) and 2 (central); then scattered dots climb along the dashed rounding line. The forward V
# ends near $h = 10^{-7}$ with 8 digits, the central near $3 \cdot 10^{-5}$ with 11. The green line
# below all is where we are going.

# %% [markdown]
# Finite differences have a second defect. For $n$ inputs they evaluate the function $n+1$ or $2n$
# times: a network with 4,810 weights must run 4,811 times *for one step* of gradient descent. As a
# **check** of other people's gradients they are perfect, and *Deep Learning* 11.5 recommends them
# for that. To train, we need something else.
#
# The way out: we know the derivative of $\ln$, of $\times$, of $\sin$ exactly. A program is nothing
# but a long sequence of such steps. Let the chain rule connect them, **while the program runs**,
# with numbers and not with formulas.

# %% [markdown]
# ## 2 · A program is a graph
#
# Lepetit's slides (eq. 50) write our $f$ as one elementary operation after the other. Each result
# gets a name, the inputs are $v_{-1}$ and $v_0$:
#
# $$\begin{aligned}
# v_{-1} &= x_1 = 2 & v_1 &= \ln v_{-1} = 0.693 & v_4 &= v_1 + v_2 = 10.693\\
# v_0 &= x_2 = 5 & v_2 &= v_{-1} \times v_0 = 10 & v_5 &= v_4 - v_3 = 11.652\\
# & & v_3 &= \sin v_0 = -0.959 & f &= v_5
# \end{aligned}$$
#
# These are the five lines of the Python function `f` above. Drawn as points with arrows from each
# operand to its result, they are the **computational graph**.


# %%
GRAPH = (  # name, symbol, place in the picture, operands: Lepetit's v₋₁, v₀, v₁ … v₅
    ("v_{-1}", "$x_1$", (0.0, 1.0), ()),
    ("v_0", "$x_2$", (0.0, -1.0), ()),
    ("v_1", "ln", (2.3, 2.0), (0,)),
    ("v_2", "×", (2.3, 0.0), (0, 1)),
    ("v_3", "sin", (2.3, -2.0), (1,)),
    ("v_4", "+", (4.6, 1.0), (2, 3)),
    ("v_5", "−", (6.9, 0.0), (5, 4)),
)


def draw_graph(axes, values, adjoints=None, partials=None):
    """Draw the graph of f. values, adjoints: 7 numbers each; partials: for each node those by its operands."""
    for i, (_, _, place, operands) in enumerate(GRAPH):
        for k, j in enumerate(operands):
            start, end = np.array(GRAPH[j][2]), np.array(place)
            arrow = {"arrowstyle": "-|>", "color": "0.55", "linewidth": 1.6, "shrinkA": 19, "shrinkB": 19}
            axes.annotate("", end, start, arrowprops=arrow)
            if partials is not None:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
                text = f"{partials[i][k]:.3g}".replace("-", "−")
                axes.text(*(0.5 * (start + end)), text, ha="center", va="center", color=GREY, fontsize=11, bbox=box)
    for i, (name, symbol, (x, y), operands) in enumerate(GRAPH):
        axes.plot(x, y, "o", markersize=33, color="#DCEBF5" if operands else "#EEEEEE", mec=BLUE, mew=1.5)
        axes.text(x, y, symbol, ha="center", va="center", fontsize=14)
        axes.text(x, y + 0.52, f"${name} = {values[i]:.3f}$", ha="center", va="bottom", color=BLUE)
        if adjoints is not None:
            text = f"$\\bar{{v}}{name[1:]} = {adjoints[i]:.3f}$"
            axes.text(x, y - 0.54, text, ha="center", va="top", color=VERMILION)
    axes.set(xlim=(-0.95, 7.85), ylim=(-3.0, 2.95), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


# %% demo=true
figure, axes = plt.subplots(figsize=(8, 4.3), layout="constrained")
v1, v2, v3 = np.log(2), 2 * 5, np.sin(5)
draw_graph(axes, [2, 5, v1, v2, v3, v1 + v2, v1 + v2 - v3])
axes.set_title("Five operations, from the inputs to $f(2, 5) = 11.652$")
plt.show()

# %% [markdown]
# *The figure:* from left to right the inputs 2 and 5, then the circles ln, × and sin, then +, then
# −. Both inputs have two arrows leaving them. Values flow along the arrows and arrive as 11.652.
#
# There are two ways to send derivatives through this picture: **along** the arrows and **against**
# them.

# %% [markdown]
# ### Along the arrows: forward mode
#
# Choose an input, say $x_1$. Beside every value $v_i$ compute its *tangent*
# $\dot v_i = \frac{\partial v_i}{\partial x_1}$. The inputs have $\dot v_{-1} = 1$ and
# $\dot v_0 = 0$; each operation gives the tangent of its result from those of its operands:
#
# | value | | tangent | |
# |---|---|---|---|
# | $v_1 = \ln v_{-1}$ | 0.693 | $\dot v_1 = \dot v_{-1} / v_{-1}$ | 0.5 |
# | $v_2 = v_{-1} v_0$ | 10 | $\dot v_2 = \dot v_{-1} v_0 + v_{-1} \dot v_0$ | 5 |
# | $v_3 = \sin v_0$ | −0.959 | $\dot v_3 = \dot v_0 \cos v_0$ | 0 |
# | $v_4 = v_1 + v_2$ | 10.693 | $\dot v_4 = \dot v_1 + \dot v_2$ | 5.5 |
# | $v_5 = v_4 - v_3$ | 11.652 | $\dot v_5 = \dot v_4 - \dot v_3$ | **5.5** |

# %% [markdown]
# ### Numbers with a tangent
#
# A pair $(v, \dot v)$ can be written as one number $v + \dot v\varepsilon$, a **dual number**, with
# the rule $\varepsilon^2 = 0$ (Lepetit, eq. 53). Multiply as at school and drop $\varepsilon^2$:
#
# $$(v + \dot v\varepsilon)(u + \dot u\varepsilon) = vu + (\dot v u + v\dot u)\,\varepsilon .$$
#
# The product rule, for free. A function $g$ of a dual number is its Taylor series, of which two
# terms are left: $g(v + \dot v\varepsilon) = g(v) + g'(v)\,\dot v\,\varepsilon$. The factor
# $\dot v$ is the chain rule.
#
# No real number but 0 has the square 0. The matrix $\begin{bmatrix} 0&1\\ 0&0 \end{bmatrix}$ has:
# write $\begin{bmatrix} v&\dot v\\ 0&v \end{bmatrix}$ for a dual number, and matrix arithmetic does
# the same.

# %% [markdown]
# In Python `a * b` calls `a.__mul__(b)`, and `np.sin(a)` calls `a.sin()` if `a` is an object
# that NumPy does not know. So a class with these methods can go **through our unchanged `f`**.
#
# What `Dual`, and `Variable` later on, have in common stands in the next cell: `lift` turns a
# plain number into one of them (a constant: its tangent is 0), and the rest leads `2.0 * a`,
# `1.0 - a`, `-a`, `a**3` and `a < b` back to the methods that you will write.


# %%
class Arithmetic:
    """What a number that is not a plain one needs beside +, −, × and ÷."""

    def lift(self, other):
        """Return ``other`` as one of our kind."""
        return other if isinstance(other, type(self)) else type(self)(other)

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return self.lift(other) - self

    def __rtruediv__(self, other):
        return self.lift(other) / self

    def __neg__(self):
        return self * -1.0

    def __pow__(self, exponent):
        """A whole power, 1 or more, is a product."""
        result = self
        for _ in range(exponent - 1):
            result = result * self
        return result

    def __lt__(self, other):  # a branch of a program looks at values only
        return self.value < getattr(other, "value", other)

    def __gt__(self, other):
        return self.value > getattr(other, "value", other)


# %% [markdown]
# ### Exercise 2: `Dual`
#
# Write what the eight methods return: for two duals $v + \dot v\varepsilon$ (`self`) and
# $u + \dot u\varepsilon$ (`other`, already lifted) a new `Dual` with value and tangent.
#
# *By hand:* for $a = 3 + 1\varepsilon$ and $b = 2 + 5\varepsilon$,
#
# $$a b = 6 + (1\cdot2 + 3\cdot5)\varepsilon = 6 + 17\varepsilon, \qquad
# \frac ab = 1.5 + \frac{1\cdot2 - 3\cdot5}{2^2}\varepsilon = 1.5 - 3.25\varepsilon .$$
#
# Use `np.exp(self.value)`, not `math.exp`: `value` may itself be a `Dual`, and then your class
# computes *second* derivatives without a further line.


# %% exercise="Dual" points=5
class Dual(Arithmetic):
    """A number v + v̇ε with ε² = 0: a value and its tangent.

    Parameters
    ----------
    value : number
    tangent : number
        The derivative of the value along the direction that was chosen at the inputs; a constant has 0.

    Every method returns a new Dual and leaves its operands as they are.
    """

    def __init__(self, value, tangent=0.0):
        self.value, self.tangent = value, tangent

    def __repr__(self):
        return f"({self.value} + {self.tangent} ε)"

    def __add__(self, other):
        """Return self + other."""
        other = self.lift(other)
        ### BEGIN SOLUTION
        return Dual(self.value + other.value, self.tangent + other.tangent)
        ### END SOLUTION

    def __sub__(self, other):
        """Return self - other."""
        other = self.lift(other)
        ### BEGIN SOLUTION
        return Dual(self.value - other.value, self.tangent - other.tangent)
        ### END SOLUTION

    def __mul__(self, other):
        """Return self * other."""
        other = self.lift(other)
        ### BEGIN SOLUTION
        return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)
        ### END SOLUTION

    def __truediv__(self, other):
        """Return self / other."""
        other = self.lift(other)
        ### BEGIN SOLUTION
        quotient = self.value / other.value
        return Dual(quotient, (self.tangent - quotient * other.tangent) / other.value)
        ### END SOLUTION

    def exp(self):
        """Return the exponential of self."""
        ### BEGIN SOLUTION
        value = np.exp(self.value)
        return Dual(value, value * self.tangent)
        ### END SOLUTION

    def log(self):
        """Return the natural logarithm of self."""
        ### BEGIN SOLUTION
        return Dual(np.log(self.value), self.tangent / self.value)
        ### END SOLUTION

    def sin(self):
        """Return the sine of self."""
        ### BEGIN SOLUTION
        return Dual(np.sin(self.value), np.cos(self.value) * self.tangent)
        ### END SOLUTION

    def cos(self):
        """Return the cosine of self."""
        ### BEGIN SOLUTION
        return Dual(np.cos(self.value), -np.sin(self.value) * self.tangent)
        ### END SOLUTION


# %% check="Dual"
def test_product_and_quotient_by_hand():
    "The worked example: 6 + 17ε and 1.5 − 3.25ε. Which terms of the product rule and of the quotient rule do you have?"
    a, b = Dual(3.0, 1.0), Dual(2.0, 5.0)
    product, quotient = a * b, a / b
    assert_allclose([product.value, product.tangent], [6.0, 17.0])
    assert_allclose([quotient.value, quotient.tangent], [1.5, -3.25])


def test_forward_trace_of_the_slides():
    "With tangents 1 and 0 at the inputs, the slides have 0.5, 5, 0, 5.5, 5.5. Where does your trace leave theirs?"
    x1, x2 = Dual(2.0, 1.0), Dual(5.0, 0.0)
    v1, v2, v3 = x1.log(), x1 * x2, x2.sin()
    v4 = v1 + v2
    v5 = v4 - v3
    assert_allclose([v.tangent for v in (v1, v2, v3, v4, v5)], [0.5, 5.0, 0.0, 5.5, 5.5])
    assert_allclose(v5.value, 11.652, atol=5e-4)


def test_the_other_input():
    "With tangents 0 and 1 at the inputs the trace must end at 2 − cos 5 = 1.716."
    x1, x2 = Dual(2.0, 0.0), Dual(5.0, 1.0)
    y = x1.log() + x1 * x2 - x2.sin()
    assert_allclose(y.tangent, 1.7163378, rtol=1e-6)


def test_the_chain_rule():
    "sin(exp(x)) for x = 0 + 3ε is sin 1 + 3 cos(1) ε. Where does the incoming tangent enter?"
    y = Dual(0.0, 3.0).exp().sin()
    assert_allclose([y.value, y.tangent], [np.sin(1.0), 3 * np.cos(1.0)])


### BEGIN HIDDEN TESTS
def test_plain_numbers_on_either_side(rng):
    "A plain number is a constant, left or right of the sign. What is its tangent?"
    v, t, c = float(rng.uniform(1, 2)), float(rng.normal()), float(rng.uniform(2, 3))
    for result, value, slope in (
        (Dual(v, t) + c, v + c, 1.0),
        (c - Dual(v, t), c - v, -1.0),
        (Dual(v, t) - c, v - c, 1.0),
        (c * Dual(v, t), c * v, c),
        (Dual(v, t) / c, v / c, 1 / c),
        (c / Dual(v, t), c / v, -c / v**2),
        (Dual(v, t) ** 3, v**3, 3 * v**2),
    ):
        assert_allclose([result.value, result.tangent], [value, slope * t])


def test_random_operands(rng):
    "Both operands vary: is each of the four rules right in value and tangent, whatever the signs?"
    v, t, u, s = (float(z) for z in rng.normal(size=4))
    u += float(np.sign(u))
    a, b = Dual(v, t), Dual(u, s)
    for result, value, tangent in (
        (a + b, v + u, t + s),
        (a - b, v - u, t - s),
        (a * b, v * u, t * u + v * s),
        (a / b, v / u, (t * u - v * s) / u**2),
    ):
        assert_allclose([result.value, result.tangent], [value, tangent])


def test_random_functions(rng):
    "g(v + v̇ε) = g(v) + g′(v) v̇ ε. Is your g′ right for exp, log, sin and cos?"
    v, t = float(rng.uniform(0.5, 3.0)), float(rng.normal())
    a = Dual(v, t)
    for result, value, slope in (
        (a.exp(), np.exp(v), np.exp(v)),
        (a.log(), np.log(v), 1 / v),
        (a.sin(), np.sin(v), np.cos(v)),
        (a.cos(), np.cos(v), -np.sin(v)),
    ):
        assert_allclose([result.value, result.tangent], [value, slope * t])


def test_duals_of_duals(rng):
    "Value and tangent may be Duals themselves; the tangent's tangent is the second derivative. Does every method allow it?"
    v = float(rng.uniform(0.5, 1.5))
    for name, second in (("exp", np.exp(v)), ("log", -1 / v**2), ("sin", -np.sin(v)), ("cos", -np.cos(v))):
        result = getattr(Dual(Dual(v, 1.0), 1.0), name)()
        assert_allclose(result.tangent.tangent, second)
    x = Dual(Dual(v, 1.0), 1.0)
    result = 1.0 / x + x * x * x
    assert_allclose(result.tangent.tangent, 2 / v**3 + 6 * v)


def test_operands_stay_as_they_are(rng):
    "Are a and b still the same after they were used? Each result is a new Dual."
    v, t, u, s = (float(z) for z in rng.uniform(1, 2, size=4))
    a, b = Dual(v, t), Dual(u, s)
    _ = a + b, a - b, a * b, a / b, a.exp(), a.log(), a.sin(), a.cos()
    assert_allclose([a.value, a.tangent, b.value, b.tangent], [v, t, u, s])


### END HIDDEN TESTS


# %% mistake="Dual" hint="You multiplied the tangents. Multiply (v + v̇ε)(u + u̇ε) out: which two terms contain ε once?"
class Dual(Arithmetic):
    def __init__(self, value, tangent=0.0):
        self.value, self.tangent = value, tangent

    def __add__(self, other):
        other = self.lift(other)
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __sub__(self, other):
        other = self.lift(other)
        return Dual(self.value - other.value, self.tangent - other.tangent)

    def __mul__(self, other):
        other = self.lift(other)
        return Dual(self.value * other.value, self.tangent * other.tangent)

    def __truediv__(self, other):
        other = self.lift(other)
        return Dual(self.value / other.value, self.tangent / other.tangent if other.tangent else 0.0)

    def exp(self):
        return Dual(np.exp(self.value), np.exp(self.value) * self.tangent)

    def log(self):
        return Dual(np.log(self.value), self.tangent / self.value)

    def sin(self):
        return Dual(np.sin(self.value), np.cos(self.value) * self.tangent)

    def cos(self):
        return Dual(np.cos(self.value), -np.sin(self.value) * self.tangent)


# %% mistake="Dual" hint="Your functions return g′(v). If the operand changes three times as fast, how fast does the result change?"
class Dual(Arithmetic):
    def __init__(self, value, tangent=0.0):
        self.value, self.tangent = value, tangent

    def __add__(self, other):
        other = self.lift(other)
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __sub__(self, other):
        other = self.lift(other)
        return Dual(self.value - other.value, self.tangent - other.tangent)

    def __mul__(self, other):
        other = self.lift(other)
        return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)

    def __truediv__(self, other):
        other = self.lift(other)
        return Dual(
            self.value / other.value,
            (self.tangent * other.value - self.value * other.tangent) / (other.value * other.value),
        )

    def exp(self):
        return Dual(np.exp(self.value), np.exp(self.value))

    def log(self):
        return Dual(np.log(self.value), 1.0 / self.value)

    def sin(self):
        return Dual(np.sin(self.value), np.cos(self.value))

    def cos(self):
        return Dual(np.cos(self.value), -np.sin(self.value))


# %% mistake="Dual" hint="Your quotient has the wrong sign. When the numerator grows, does the quotient grow or shrink?"
class Dual(Arithmetic):
    def __init__(self, value, tangent=0.0):
        self.value, self.tangent = value, tangent

    def __add__(self, other):
        other = self.lift(other)
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __sub__(self, other):
        other = self.lift(other)
        return Dual(self.value - other.value, self.tangent - other.tangent)

    def __mul__(self, other):
        other = self.lift(other)
        return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)

    def __truediv__(self, other):
        other = self.lift(other)
        tangent = (self.value * other.tangent - self.tangent * other.value) / other.value**2
        return Dual(self.value / other.value, tangent)

    def exp(self):
        return Dual(np.exp(self.value), np.exp(self.value) * self.tangent)

    def log(self):
        return Dual(np.log(self.value), self.tangent / self.value)

    def sin(self):
        return Dual(np.sin(self.value), np.cos(self.value) * self.tangent)

    def cos(self):
        return Dual(np.cos(self.value), -np.sin(self.value) * self.tangent)


# %% mistake="Dual" hint="In a quotient you divide the tangents. The quotient rule needs all four numbers: what if only the denominator changes?"
class Dual(Arithmetic):
    def __init__(self, value, tangent=0.0):
        self.value, self.tangent = value, tangent

    def __add__(self, other):
        other = self.lift(other)
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __sub__(self, other):
        other = self.lift(other)
        return Dual(self.value - other.value, self.tangent - other.tangent)

    def __mul__(self, other):
        other = self.lift(other)
        return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)

    def __truediv__(self, other):
        other = self.lift(other)
        return Dual(self.value / other.value, self.tangent / other.value)

    def exp(self):
        return Dual(np.exp(self.value), np.exp(self.value) * self.tangent)

    def log(self):
        return Dual(np.log(self.value), self.tangent / self.value)

    def sin(self):
        return Dual(np.sin(self.value), np.cos(self.value) * self.tangent)

    def cos(self):
        return Dual(np.cos(self.value), -np.sin(self.value) * self.tangent)


# %% mistake="Dual" hint="Which way does the cosine go when its argument grows a little above 0? Mind its sign."
class Dual(Arithmetic):
    def __init__(self, value, tangent=0.0):
        self.value, self.tangent = value, tangent

    def __add__(self, other):
        other = self.lift(other)
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __sub__(self, other):
        other = self.lift(other)
        return Dual(self.value - other.value, self.tangent - other.tangent)

    def __mul__(self, other):
        other = self.lift(other)
        return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)

    def __truediv__(self, other):
        other = self.lift(other)
        tangent = (self.tangent * other.value - self.value * other.tangent) / other.value**2
        return Dual(self.value / other.value, tangent)

    def exp(self):
        return Dual(np.exp(self.value), np.exp(self.value) * self.tangent)

    def log(self):
        return Dual(np.log(self.value), self.tangent / self.value)

    def sin(self):
        return Dual(np.sin(self.value), np.cos(self.value) * self.tangent)

    def cos(self):
        return Dual(np.cos(self.value), np.sin(self.value) * self.tangent)


# %% mistake="Dual" hint="A difference of two changing numbers: if both grow equally fast, how fast does their difference grow?"
class Dual(Arithmetic):
    def __init__(self, value, tangent=0.0):
        self.value, self.tangent = value, tangent

    def __add__(self, other):
        other = self.lift(other)
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __sub__(self, other):
        other = self.lift(other)
        return Dual(self.value - other.value, self.tangent + other.tangent)

    def __mul__(self, other):
        other = self.lift(other)
        return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)

    def __truediv__(self, other):
        other = self.lift(other)
        tangent = (self.tangent * other.value - self.value * other.tangent) / other.value**2
        return Dual(self.value / other.value, tangent)

    def exp(self):
        return Dual(np.exp(self.value), np.exp(self.value) * self.tangent)

    def log(self):
        return Dual(np.log(self.value), self.tangent / self.value)

    def sin(self):
        return Dual(np.sin(self.value), np.cos(self.value) * self.tangent)

    def cos(self):
        return Dual(np.cos(self.value), -np.sin(self.value) * self.tangent)


# %% mistake="Dual" hint="The functions of the math module take plain numbers only. Which ones also work when the value is itself a Dual?"
class Dual(Arithmetic):
    def __init__(self, value, tangent=0.0):
        self.value, self.tangent = value, tangent

    def __add__(self, other):
        other = self.lift(other)
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __sub__(self, other):
        other = self.lift(other)
        return Dual(self.value - other.value, self.tangent - other.tangent)

    def __mul__(self, other):
        other = self.lift(other)
        return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)

    def __truediv__(self, other):
        other = self.lift(other)
        tangent = (self.tangent * other.value - self.value * other.tangent) / other.value**2
        return Dual(self.value / other.value, tangent)

    def exp(self):
        import math

        return Dual(math.exp(self.value), math.exp(self.value) * self.tangent)

    def log(self):
        import math

        return Dual(math.log(self.value), self.tangent / self.value)

    def sin(self):
        import math

        return Dual(math.sin(self.value), math.cos(self.value) * self.tangent)

    def cos(self):
        import math

        return Dual(math.cos(self.value), -math.sin(self.value) * self.tangent)


# %% mistake="Dual" hint="After a + b, what is a? The sum must be a new number: a may be needed again."
class Dual(Arithmetic):
    def __init__(self, value, tangent=0.0):
        self.value, self.tangent = value, tangent

    def __add__(self, other):
        other = self.lift(other)
        self.value = self.value + other.value
        self.tangent = self.tangent + other.tangent
        return self

    def __sub__(self, other):
        other = self.lift(other)
        self.value = self.value - other.value
        self.tangent = self.tangent - other.tangent
        return self

    def __mul__(self, other):
        other = self.lift(other)
        return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)

    def __truediv__(self, other):
        other = self.lift(other)
        tangent = (self.tangent * other.value - self.value * other.tangent) / other.value**2
        return Dual(self.value / other.value, tangent)

    def exp(self):
        return Dual(np.exp(self.value), np.exp(self.value) * self.tangent)

    def log(self):
        return Dual(np.log(self.value), self.tangent / self.value)

    def sin(self):
        return Dual(np.sin(self.value), np.cos(self.value) * self.tangent)

    def cos(self):
        return Dual(np.cos(self.value), -np.sin(self.value) * self.tangent)


# %% alternative="Dual"
class Dual(Arithmetic):
    def __init__(self, value, tangent=0.0):
        self.value = value
        self.tangent = tangent

    def _combine(self, other, value, by_self, by_other):
        return Dual(value, by_self * self.tangent + by_other * other.tangent)

    def __add__(self, other):
        other = self.lift(other)
        return self._combine(other, self.value + other.value, 1.0, 1.0)

    def __sub__(self, other):
        other = self.lift(other)
        return self._combine(other, self.value - other.value, 1.0, -1.0)

    def __mul__(self, other):
        other = self.lift(other)
        return self._combine(other, self.value * other.value, other.value, self.value)

    def __truediv__(self, other):
        other = self.lift(other)
        inverse = 1.0 / other.value
        return self._combine(other, self.value * inverse, inverse, self.value * inverse * inverse * -1.0)

    def exp(self):
        value = np.exp(self.value)
        return Dual(value, self.tangent * value)

    def log(self):
        return Dual(np.log(self.value), (1.0 / self.value) * self.tangent)

    def sin(self):
        return Dual(np.sin(self.value), self.tangent * np.cos(self.value))

    def cos(self):
        return Dual(np.cos(self.value), np.sin(self.value) * self.tangent * -1.0)


# %% [markdown]
# ### Your numbers in somebody else's program
#
# `f` was written for plain numbers. Give it yours. And since only numbers flow, the program may be
# anything: here also Heron's rule for $\sqrt a$, a *loop* that improves a guess $y$ again and
# again, $y \leftarrow \frac12(y + a/y)$. Nobody tells it that
# $\frac{d}{da}\sqrt a = \frac1{2\sqrt a}$.


# %%
def heron(a, rounds):
    """Compute the square root of a by Heron's rule; return the guess after each round, the first one included."""
    guesses = [a]
    for _ in range(rounds):
        y = guesses[-1]
        guesses.append((y + a / y) * 0.5)
    return guesses


# %% demo=true
if is_written("Dual", lambda: f([Dual(2.0), Dual(5.0) / 1.0])):
    print("f(2 + 1ε, 5 + 0ε) =", f([Dual(2.0, 1.0), Dual(5.0, 0.0)]))
    print("f(2 + 0ε, 5 + 1ε) =", f([Dual(2.0, 0.0), Dual(5.0, 1.0)]))
    print("mlcore, the same f:  ", grad(f)(np.array([2.0, 5.0])).numpy())
    print("\nround   guess of √2          its derivative by a")
    for k, y in enumerate(heron(Dual(2.0, 1.0), 5)):
        print(f"{k:5d}   {y.value:<18.15f}   {y.tangent:.15f}")
    print(f"exact   {np.sqrt(2):.15f}    {1 / (2 * np.sqrt(2)):.15f}")

# %% [markdown]
# The derivative of the *algorithm* converges together with the algorithm, to $0.35355\ldots$, each
# round doubling the number of right digits. There is no step size and no truncation: this is the
# green line of the figure above.
#
# But note the price. One run of the program gave the derivative by **one** input; for the second
# input we had to run again. A network has thousands of weights and **one** loss. Turn the arrows
# around.

# %% [markdown]
# ## 3 · Against the arrows: reverse mode
#
# Now choose the **output** $y$ and ask of every value on the way: what would $y$ do if *this*
# number were a little larger? The answer is its *adjoint*
# $\bar v_i = \frac{\partial y}{\partial v_i}$ (Lepetit, eq. 55). At the output $\bar v_5 = 1$. Walk
# back: an operation with result $v_i$ and operand $v_j$ hands on
#
# $$\bar v_j \;\leftarrow\; \bar v_j + \bar v_i\, \frac{\partial v_i}{\partial v_j}.$$
#
# The plus is essential: $x_1$ reaches the output by two ways, through ln and through ×, and the
# chain rule **adds** what comes back on each. $\frac{\partial v_i}{\partial v_j}$ is called a
# *local partial*: it concerns one operation, and is a number as soon as the program has run.

# %% [markdown]
# ### The reverse trace at (2, 5)
#
# | operation, last one first | hands back | adjoint so far |
# |---|---|---|
# | $v_5 = v_4 - v_3$ | $\bar v_4 = 1 \cdot 1$ | 1 |
# | | $\bar v_3 = 1 \cdot (-1)$ | −1 |
# | $v_4 = v_1 + v_2$ | $\bar v_1 = 1\cdot 1,\ \ \bar v_2 = 1 \cdot 1$ | 1, 1 |
# | $v_3 = \sin v_0$ | $\bar v_0 = \bar v_3 \cos v_0 = -1 \cdot 0.284$ | −0.284 |
# | $v_2 = v_{-1} v_0$ | $\bar v_{-1} = \bar v_2\, v_0$ | 5 |
# | | $\bar v_0$ **+=** $\bar v_2\, v_{-1} = 2$ | **1.716** |
# | $v_1 = \ln v_{-1}$ | $\bar v_{-1}$ **+=** $\bar v_1 / v_{-1} = 0.5$ | **5.5** |
#
# One walk, *both* derivatives. With a million inputs it would still be one.

# %% [markdown]
# ### Record, then play backwards
#
# To walk back we must know what happened. So let the program, while it runs, write a **tape**: for
# each operation its value, the places of its operands on the tape (its *parents*), and the local
# partials. For $v_2 = v_{-1} v_0$ this is the entry with index 3: `(10.0, (0, 1), (5.0, 2.0))`.
#
# The numbers that flow through the program are `Variable`s: a value, its `index` on the tape, and
# arithmetic that calls `tape.record` with the same partials that you used in `Dual`. Read the
# cell: `__mul__` is the entry just shown.


# %%
class Variable(Arithmetic):
    """A number on a tape: ``tape`` holds at place ``index`` how the ``value`` came about."""

    def __init__(self, value, tape, index):
        self.value, self.tape, self.index = value, tape, index

    def lift(self, other):
        """Return ``other`` as a Variable; a plain number becomes an entry without parents."""
        return other if isinstance(other, Variable) else self.tape.record(other)

    def __add__(self, other):
        other = self.lift(other)
        return self.tape.record(self.value + other.value, (self.index, other.index), (1.0, 1.0))

    def __sub__(self, other):
        other = self.lift(other)
        return self.tape.record(self.value - other.value, (self.index, other.index), (1.0, -1.0))

    def __mul__(self, other):
        other = self.lift(other)
        return self.tape.record(self.value * other.value, (self.index, other.index), (other.value, self.value))

    def __truediv__(self, other):
        other = self.lift(other)
        value = self.value / other.value
        return self.tape.record(value, (self.index, other.index), (1.0 / other.value, -value / other.value))

    def exp(self):
        """Return the exponential."""
        value = np.exp(self.value)
        return self.tape.record(value, (self.index,), (value,))

    def log(self):
        """Return the natural logarithm."""
        return self.tape.record(np.log(self.value), (self.index,), (1.0 / self.value,))

    def sin(self):
        """Return the sine."""
        return self.tape.record(np.sin(self.value), (self.index,), (np.cos(self.value),))

    def cos(self):
        """Return the cosine."""
        return self.tape.record(np.cos(self.value), (self.index,), (-np.sin(self.value),))


def tape_is_written():
    """Return whether the next exercise is more than a stub; if not, say so."""
    return is_written("Tape", lambda: (tape := Tape()).adjoints(tape.record(1.0)))


# %% [markdown]
# ### Exercise 3: `Tape`
#
# `record(value, parents, partials)` appends these three to `entries` and returns the `Variable`
# with its index. `adjoints(output)` returns a list with one adjoint for each entry.
#
# *By hand:* $y = x \cdot x + x$ at 3. The tape is
#
# | index | value | parents | partials |
# |:-:|:-:|:-:|:-:|
# | 0 | 3 | () | () |
# | 1 | 9 | (0, 0) | (3, 3) |
# | 2 | 12 | (1, 0) | (1, 1) |
#
# Start with $\bar v = (0, 0, 1)$. Entry 2 gives 1 to entries 1 and 0; entry 1 gives $3$ and once
# more $3$ to entry 0. The result is $(7, 1, 1)$, and $2x + 1 = 7$.
#
# Keep adjoints in a *list*: later they will be Duals and arrays.


# %% exercise="Tape" points=5
class Tape:
    """A record of a program, entry by entry, in the order in which the program ran.

    Attributes
    ----------
    entries : list of (value, parents, partials)
        ``parents`` are the indices of the operands, ``partials`` the derivatives of ``value`` by them.
    """

    def __init__(self):
        self.entries = []

    def record(self, value, parents=(), partials=()):
        """Append an entry; return the Variable that stands for it. An input has no parents."""
        ### BEGIN SOLUTION
        self.entries.append((value, parents, partials))
        return Variable(value, self, len(self.entries) - 1)
        ### END SOLUTION

    def adjoints(self, output):
        """Return the derivatives of the Variable ``output`` by every entry: a list, one for each entry.

        The tape stays as it is, so that it can be played backwards from several outputs, one after the other.
        """
        ### BEGIN SOLUTION
        adjoints = [0.0] * len(self.entries)
        adjoints[output.index] = 1.0
        for i in range(output.index, -1, -1):
            _, parents, partials = self.entries[i]
            for parent, partial in zip(parents, partials, strict=True):
                adjoints[parent] = adjoints[parent] + partial * adjoints[i]
        return adjoints
        ### END SOLUTION


# %% check="Tape"
def test_worked_example():
    "x·x + x at 3: adjoints 7, 1, 1. What happens where a number was used three times?"
    tape = Tape()
    x = tape.record(3.0)
    y = x * x + x
    assert_allclose(y.value, 12.0)
    assert_allclose(tape.adjoints(y), [7.0, 1.0, 1.0])


def test_reverse_trace_of_the_slides():
    "At (2, 5) the slides have 5.5, 1.716, 1, 1, −1, 1, 1 for v₋₁, v₀, v₁ … v₅. Which of them do you have?"
    tape = Tape()
    x1, x2 = tape.record(2.0), tape.record(5.0)
    v1, v2, v3 = x1.log(), x1 * x2, x2.sin()
    v4 = v1 + v2
    v5 = v4 - v3
    assert_allclose(v5.value, 11.652, atol=5e-4)
    assert_allclose(tape.adjoints(v5), [5.5, 2 - np.cos(5.0), 1.0, 1.0, -1.0, 1.0, 1.0])


def test_what_is_on_the_tape():
    "After 4 · 2 the third entry is (8, (0, 1), (2, 4)), and its Variable has index 2. What does record append?"
    tape = Tape()
    product = tape.record(4.0) * tape.record(2.0)
    assert product.index == 2, f"expected index 2; got {product.index}"
    assert len(tape.entries) == 3, f"expected 3 entries; got {len(tape.entries)}"
    value, parents, partials = tape.entries[2]
    assert_allclose(value, 8.0)
    assert_allclose(list(parents), [0, 1])
    assert_allclose(list(partials), [2.0, 4.0])


def test_an_output_in_the_middle():
    "The output need not be the last entry. What do later entries do to it?"
    tape = Tape()
    x = tape.record(2.0)
    y = x * x
    _ = y.sin()
    assert_allclose(tape.adjoints(y), [4.0, 1.0, 0.0])


### BEGIN HIDDEN TESTS
def random_program(tape, rng, length=14):
    """Let random operations loose on a tape, the same ones for the same generator; return its Variables."""
    variables = [tape.record(float(z)) for z in rng.uniform(0.5, 1.5, size=3)]
    for operation in rng.integers(7, size=length):
        a, b = (variables[i] for i in rng.integers(len(variables), size=2))
        c = float(rng.uniform(1, 2))
        step = (
            lambda a, b, c: a + b,
            lambda a, b, c: a - c * b,
            lambda a, b, c: a.cos() * b.sin(),
            lambda a, b, c: a / (b.sin() + 2.0 * c),
            lambda a, b, c: (b.cos() * c).exp(),
            lambda a, b, c: (a.sin() + 2.0 * c).log(),
            lambda a, b, c: a.sin() * a.sin() + b,
        )[operation]
        variables.append(step(a, b, c))
    return [*variables, variables[-1] * variables[-1]]


def test_random_programs(rng, reference):
    "Programs of many operations, in which numbers are used once, often, or never: is every adjoint right?"
    for seed in rng.integers(10**6, size=2):
        theirs, ours = Tape(), reference.Tape()
        results = random_program(theirs, np.random.default_rng(seed))
        expected = random_program(ours, np.random.default_rng(seed))
        for k in (-1, -4):
            found = theirs.adjoints(results[k])
            assert_allclose([float(a) for a in found], ours.adjoints(expected[k]), rtol=1e-8, atol=1e-10)


def test_two_walks_over_one_tape(rng):
    "Ask twice, from two outputs: does the first walk leave anything behind?"
    a, b = (float(z) for z in rng.uniform(1, 2, size=2))
    tape = Tape()
    x, z = tape.record(a), tape.record(b)
    product = x * z
    y = product * x
    assert_allclose(tape.adjoints(product), [b, a, 1.0, 0.0])
    assert_allclose(tape.adjoints(y), [2 * a * b, a * a, a, 1.0])
    assert_allclose(tape.adjoints(y), [2 * a * b, a * a, a, 1.0])


def test_values_may_be_arrays(rng):
    "Values and adjoints may be arrays, entry by entry. Where do you keep the adjoints?"
    start = rng.uniform(1, 2, size=3)
    tape = Tape()
    x = tape.record(start)
    y = (x * x).sin()
    found = tape.adjoints(y)
    assert_allclose(found[0], 2 * start * np.cos(start**2))
    assert_allclose(found[1], np.cos(start**2))


def test_two_tapes_do_not_meet(rng):
    "Two tapes run side by side. Does each of them keep its own entries?"
    a = float(rng.uniform(1, 2))
    first, second = Tape(), Tape()
    x, z = first.record(a), second.record(2 * a)
    y = x * x
    _ = z * z * z
    assert len(first.entries) == 2
    assert_allclose(first.adjoints(y), [2 * a, 1.0])


### END HIDDEN TESTS


# %% mistake="Tape" hint="Your adjoint of a number that was used twice has one of its two parts. What does = do to the part that came before?"
class Tape:
    def __init__(self):
        self.entries = []

    def record(self, value, parents=(), partials=()):
        self.entries.append((value, parents, partials))
        return Variable(value, self, len(self.entries) - 1)

    def adjoints(self, output):
        adjoints = [0.0] * len(self.entries)
        adjoints[output.index] = 1.0
        for i in range(output.index, -1, -1):
            _, parents, partials = self.entries[i]
            for parent, partial in zip(parents, partials, strict=True):
                adjoints[parent] = partial * adjoints[i]
        return adjoints


# %% mistake="Tape" hint="Your walk starts at the last entry of the tape. Which adjoint is 1 to begin with, if the output came earlier?"
class Tape:
    def __init__(self):
        self.entries = []

    def record(self, value, parents=(), partials=()):
        self.entries.append((value, parents, partials))
        return Variable(value, self, len(self.entries) - 1)

    def adjoints(self, output):
        adjoints = [0.0] * len(self.entries)
        adjoints[-1] = 1.0
        for i in range(len(self.entries) - 1, -1, -1):
            _, parents, partials = self.entries[i]
            for parent, partial in zip(parents, partials, strict=True):
                adjoints[parent] = adjoints[parent] + partial * adjoints[i]
        return adjoints


# %% mistake="Tape" hint="In x·x both parents are the same entry. How often does a dict hold one key?"
class Tape:
    def __init__(self):
        self.entries = []

    def record(self, value, parents=(), partials=()):
        self.entries.append((value, parents, partials))
        return Variable(value, self, len(self.entries) - 1)

    def adjoints(self, output):
        adjoints = [0.0] * len(self.entries)
        adjoints[output.index] = 1.0
        for i in range(output.index, -1, -1):
            _, parents, partials = self.entries[i]
            for parent, partial in dict(zip(parents, partials, strict=True)).items():
                adjoints[parent] = adjoints[parent] + partial * adjoints[i]
        return adjoints


# %% mistake="Tape" hint="You go through the tape from its beginning. When an entry hands its adjoint back, must its own be complete?"
class Tape:
    def __init__(self):
        self.entries = []

    def record(self, value, parents=(), partials=()):
        self.entries.append((value, parents, partials))
        return Variable(value, self, len(self.entries) - 1)

    def adjoints(self, output):
        adjoints = [0.0] * len(self.entries)
        adjoints[output.index] = 1.0
        for i in range(output.index + 1):
            _, parents, partials = self.entries[i]
            for parent, partial in zip(parents, partials, strict=True):
                adjoints[parent] = adjoints[parent] + partial * adjoints[i]
        return adjoints


# %% mistake="Tape" hint="You add up local partials. By what does the chain rule multiply the partial of an operation, before it hands it back?"
class Tape:
    def __init__(self):
        self.entries = []

    def record(self, value, parents=(), partials=()):
        self.entries.append((value, parents, partials))
        return Variable(value, self, len(self.entries) - 1)

    def adjoints(self, output):
        adjoints = [0.0] * len(self.entries)
        adjoints[output.index] = 1.0
        for i in range(output.index, -1, -1):
            _, parents, partials = self.entries[i]
            for parent, partial in zip(parents, partials, strict=True):
                adjoints[parent] = adjoints[parent] + partial
        return adjoints


# %% mistake="Tape" hint="The second walk begins with what the first one left. Where is the place for adjoints that belong to one walk only?"
class Tape:
    def __init__(self):
        self.entries, self.sums = [], []

    def record(self, value, parents=(), partials=()):
        self.entries.append((value, parents, partials))
        self.sums.append(0.0)
        return Variable(value, self, len(self.entries) - 1)

    def adjoints(self, output):
        self.sums[output.index] = 1.0
        for i in range(output.index, -1, -1):
            _, parents, partials = self.entries[i]
            for parent, partial in zip(parents, partials, strict=True):
                self.sums[parent] = self.sums[parent] + partial * self.sums[i]
        return list(self.sums)


# %% mistake="Tape" hint="An array of floats holds floats and nothing else. What can a list hold?"
class Tape:
    def __init__(self):
        self.entries = []

    def record(self, value, parents=(), partials=()):
        self.entries.append((value, parents, partials))
        return Variable(value, self, len(self.entries) - 1)

    def adjoints(self, output):
        adjoints = np.zeros(len(self.entries))
        adjoints[output.index] = 1.0
        for i in range(output.index, -1, -1):
            _, parents, partials = self.entries[i]
            for parent, partial in zip(parents, partials, strict=True):
                adjoints[parent] += partial * adjoints[i]
        return adjoints


# %% mistake="Tape" hint="The first entry has index 0. Which index has the entry that you have just appended?"
class Tape:
    def __init__(self):
        self.entries = []

    def record(self, value, parents=(), partials=()):
        self.entries.append((value, parents, partials))
        return Variable(value, self, len(self.entries))

    def adjoints(self, output):
        adjoints = [0.0] * (len(self.entries) + 1)
        adjoints[output.index] = 1.0
        for i in range(output.index, 0, -1):
            _, parents, partials = self.entries[i - 1]
            for parent, partial in zip(parents, partials, strict=True):
                adjoints[parent] = adjoints[parent] + partial * adjoints[i]
        return adjoints[1:]


# %% alternative="Tape"
class Tape:
    def __init__(self):
        self.entries = []

    def record(self, value, parents=(), partials=()):
        index = len(self.entries)
        self.entries.append((value, tuple(parents), tuple(partials)))
        return Variable(value, self, index)

    def adjoints(self, output):
        found = {output.index: 1.0}
        for i in reversed(range(output.index + 1)):
            if i in found:
                for parent, partial in zip(*self.entries[i][1:], strict=True):
                    found[parent] = found.get(parent, 0.0) + found[i] * partial
        return [found.get(i, 0.0) for i in range(len(self.entries))]


# %% alternative="Tape"
class Tape:
    def __init__(self):
        self.entries = []

    def record(self, value, parents=(), partials=()):
        self.entries.append((value, parents, partials))
        return Variable(value, self, len(self.entries) - 1)

    def adjoints(self, output):
        uses = [[] for _ in self.entries]  # by whom an entry was used, and with which partial
        for i, (_, parents, partials) in enumerate(self.entries):
            for parent, partial in zip(parents, partials, strict=True):
                uses[parent].append((i, partial))
        adjoints = [0.0] * len(self.entries)
        for j in range(output.index, -1, -1):
            collected = (partial * adjoints[i] for i, partial in uses[j])
            adjoints[j] = 1.0 if j == output.index else sum(collected, start=0.0)
        return adjoints


# %% demo=true
def show_adjoints(x1=2.0, x2=5.0):
    """Run f on your tape and draw what is on it."""
    tape = Tape()
    y = f([tape.record(x1), tape.record(x2)])
    values, _, partials = zip(*tape.entries, strict=True)
    _, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
    draw_graph(axes, values, tape.adjoints(y), partials)
    axes.set_title("Your tape: values forward (blue), adjoints backward (orange)")
    plt.show()


if tape_is_written():
    show_adjoints()

# %% [markdown]
# *The figure:* the graph of $f$ with the values above the circles and the adjoints below. The
# grey numbers on the arrows are the local partials. Check one: $\bar v_0 = 1.716$ is the sum over
# the two arrows that leave $x_2$: $2 \cdot 1$ by way of ×, and $0.284 \cdot (-1)$ by way of sin.
#
# The next cell has sliders, where `ipywidgets` is installed. For which $x_2$ does $f$ not respond
# to $x_2$ at all? (Look for $\bar v_0 = 0$ at $x_1 = 1$.)

# %% demo=true
if tape_is_written():
    try:
        from ipywidgets import FloatSlider, interact
    except ImportError:
        show_adjoints(1.0, 6.28)  # try other numbers here
    else:
        interact(
            show_adjoints,
            x1=FloatSlider(value=1.0, min=0.2, max=6, step=0.1, continuous_update=False),
            x2=FloatSlider(value=5.0, min=-6, max=6.3, step=0.1, continuous_update=False),
        )

# %% [markdown]
# > **Where the sources differ**
# >
# > - *Which line is which.* In our text of Lepetit's reverse table the lines have slipped: beside
# >   $v_3 = \sin v_0$ stands $\bar v_{-1} = 5$, which belongs to $v_2$. The numbers agree with
# >   ours.
# > - *What a library does.* The notes on 6.5.5 count Torch among the programs that return *numbers*
# >   (like your tape), TensorFlow among those that return a new *graph*. Lepetit, years later,
# >   names PyTorch and TensorFlow 2 together: both record while the program runs.
# > - *"Only a small constant factor of overhead"* (Lepetit): you will measure 20, and later 3.

# %% [markdown]
# ## 4 · Without a tape: put the graph in order
#
# A tape keeps everything that was ever computed, needed or not. Many libraries (`mlcore`, too) have
# none: each result just knows its parents. Who asks for derivatives holds the *output* only, and
# has to find **an order** in which to walk: every entry after all of its parents. This is
# called a *topological order*; the backward walk takes it in reverse.
#
# Why not simply go from each result to its parents, and on to theirs? In our graph $x_1$ is a
# parent of $v_1$ *and* of $v_2$. If $x_1$ were itself a result, it could hand nothing back before
# **both** have given their share.

# %% [markdown]
# ### Exercise 4: `topological_order`
#
# *In:* the name of the `output`, and a dict `parents` from each name to a tuple of names. *Out:* a
# list of all names that the output depends on, itself included, each **once**, each after its
# parents.
#
# *By hand,* `parents = {"x": (), "a": ("x",), "y": ("a", "x"), "z": ("y",)}` and output `"y"`:
# the only right answer is `["x", "a", "y"]`. The name `z` is not needed for `y`.
#
# A function that calls itself for each parent is short, but Python gives up after 1,000 nested
# calls, and a program with a loop of 10,000 rounds has a longer chain. So keep a list of what is
# still to be done: a *stack* of your own.


# %% exercise="topological_order" points=4 forbid=["sys.setrecursionlimit"]
def topological_order(output, parents):
    """Put everything that an output depends on into an order in which it can be computed.

    Parameters
    ----------
    output : str or int
        The name of the last result.
    parents : dict
        For each name the tuple of the names of its operands; inputs have an empty one.

    Returns
    -------
    list
        The names that ``output`` depends on, each once and after all of its parents; the last is ``output``.
    """
    ### BEGIN SOLUTION
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        name, parents_are_done = stack.pop()
        if parents_are_done:
            order.append(name)
        elif name not in seen:
            seen.add(name)
            stack.append((name, True))
            stack.extend((parent, False) for parent in parents[name])
    return order
    ### END SOLUTION


# %% check="topological_order"
def test_worked_example():
    "The worked example: x, a, y. Is z in your list? Does x stand in it twice?"
    parents = {"x": (), "a": ("x",), "y": ("a", "x"), "z": ("y",)}
    assert list(topological_order("y", parents)) == ["x", "a", "y"]


def test_the_graph_of_the_slides():
    "The graph of f: is every operation after both of its operands, and v5 last?"
    parents = {"v5": ("v4", "v3"), "v4": ("v1", "v2"), "v3": ("x2",), "v2": ("x1", "x2"), "v1": ("x1",)}
    parents |= {"x1": (), "x2": ()}
    order = list(topological_order("v5", parents))
    assert sorted(order) == sorted(parents), f"expected each name once; got {order}"
    for name in order:
        late = [p for p in parents[name] if order.index(p) > order.index(name)]
        assert not late, f"{name} stands before its operand {late[0]} in {order}"


def test_a_long_chain():
    "A chain of 6,000 operations: who keeps track of what is still to be done, Python's calls or a list of your own?"
    parents = {i: (i - 1,) if i else () for i in range(6000)}
    assert list(topological_order(5999, parents)) == list(range(6000))


### BEGIN HIDDEN TESTS
def test_random_graphs(rng):
    "Random graphs: is every name after its parents, each once, and only what is needed?"
    for n, tries in ((6, 8), (40, 4)):
        for _ in range(tries):
            names = [int(i) for i in rng.permutation(n)]
            parents = {}
            for i, name in enumerate(names):
                count = int(rng.integers(min(i, 3) + 1))
                parents[name] = tuple(names[int(k)] for k in rng.choice(i, size=count, replace=False)) if i else ()
            output = names[int(rng.integers(n // 2, n))]
            needed, todo = {output}, [output]
            while todo:
                new = set(parents[todo.pop()]) - needed
                needed |= new
                todo += new
            order = list(topological_order(output, parents))
            assert len(order) == len(set(order)), "a name stands in your list more than once"
            assert set(order) == needed, "your list holds other names than those that the output depends on"
            place = {name: i for i, name in enumerate(order)}
            for name in order:
                assert all(place[p] < place[name] for p in parents[name]), "a name stands before one of its parents"


def test_a_long_way_and_a_short_one(rng):
    "One input is reached at once and also by a long way. Does it wait for the longer one?"
    length = int(rng.integers(5, 9))
    parents = {"x": (), "y": ("x", f"a{length}"), "a1": ("x",)}
    parents |= {f"a{i}": (f"a{i - 1}",) for i in range(2, length + 1)}
    expected = ["x", *(f"a{i}" for i in range(1, length + 1)), "y"]
    assert list(topological_order("y", parents)) == expected
    assert list(topological_order("y", parents | {"y": (f"a{length}", "x")})) == expected


def test_one_parent_twice(rng):
    "In x·x one name is a parent twice. How often should it be in the list?"
    a, b = (int(z) for z in rng.choice(100, size=2, replace=False))
    assert list(topological_order(a, {a: (b, b), b: ()})) == [b, a]


def test_an_input_alone(rng):
    "An output without parents depends on itself only."
    name = int(rng.integers(100))
    assert list(topological_order(name, {name: (), 100: (name,)})) == [name]


def test_many_ways(rng):
    "After forty rounds of y = y + y there are 2⁴⁰ ways back. Do you go each way, or to each name once?"
    n = int(rng.integers(11, 13))  # more rounds would try the patience of the wrong answers
    parents = {i: (i - 1, i - 1) if i else () for i in range(n)}
    work = count_operations(topological_order, n - 1, parents)
    assert work < 10_000, "the work grows with the number of ways; what do you remember of the names you have seen?"


def test_the_graph_stays_as_it_is(rng):
    "Is the dict still the same afterwards? Ask twice, get the same."
    n = int(rng.integers(5, 9))
    parents = {i: tuple(range(max(0, i - 2), i)) for i in range(n)}
    assert list(topological_order(n - 1, parents)) == list(range(n))
    assert list(topological_order(n - 1, parents)) == list(range(n))


### END HIDDEN TESTS


# %% mistake="topological_order" hint="Each call of yours waits for the next one to end, and Python allows about 1,000 of them. Where else could you note what is still to be done?"
def topological_order(output, parents):
    order, seen = [], set()

    def visit(name):
        if name not in seen:
            seen.add(name)
            for parent in parents[name]:
                visit(parent)
            order.append(name)

    visit(output)
    return order


# %% mistake="topological_order" hint="You go back level by level, and note a name when you first meet it. What if a longer way leads to it, too?"
def topological_order(output, parents):
    order, seen = [output], {output}
    for name in order:
        for parent in parents[name]:
            if parent not in seen:
                seen.add(parent)
                order.append(parent)
    return order[::-1]


# %% mistake="topological_order" hint="You note a name when you take it from the stack. Are its parents in the list by then?"
def topological_order(output, parents):
    order, seen, stack = [], set(), [output]
    while stack:
        name = stack.pop()
        if name not in seen:
            seen.add(name)
            order.append(name)
            stack.extend(parents[name])
    return order[::-1]


# %% mistake="topological_order" hint="Your list begins with the output. From which end does a program run?"
def topological_order(output, parents):
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        name, done = stack.pop()
        if done:
            order.append(name)
        elif name not in seen:
            seen.add(name)
            stack.append((name, True))
            stack.extend((parent, False) for parent in parents[name])
    return order[::-1]


# %% mistake="topological_order" hint="All names of the graph are in your list. Which of them does the output depend on?"
def topological_order(output, parents):
    order, placed = [], set()
    while len(order) < len(parents):
        for name in parents:
            if name not in placed and placed.issuperset(parents[name]):
                placed.add(name)
                order.append(name)
    return order


# %% mistake="topological_order" hint="Your list is right, but you walk along every way back, and there may be 2⁴⁰ of them. When you meet a name again, is there anything left to do?"
def topological_order(output, parents):
    order, stack = [], [(output, False)]
    while stack:
        name, done = stack.pop()
        if done:
            order.append(name)
        else:
            stack.append((name, True))
            stack.extend((parent, False) for parent in parents[name])
    return list(dict.fromkeys(order))


# %% mistake="topological_order" hint="Some names stand in your list twice. What do you remember of the names that you have met?"
def topological_order(output, parents):
    order, stack = [], [(output, False)]
    while stack:
        name, done = stack.pop()
        if done:
            order.append(name)
        else:
            stack.append((name, True))
            stack.extend((parent, False) for parent in parents[name])
    return order


# %% alternative="topological_order"
def topological_order(output, parents):
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        name, done = stack.pop()
        if done:
            order.append(name)
            seen.add(name)
        elif name not in seen:
            stack.append((name, True))
            stack.extend((parent, False) for parent in parents[name])
    return order


# %% alternative="topological_order"
def topological_order(output, parents):
    waiting = {output: 0}  # how many results still need this one
    todo = [output]
    while todo:
        for parent in parents[todo.pop()]:
            if parent not in waiting:
                waiting[parent] = 0
                todo.append(parent)
            waiting[parent] += 1
    order, ready = [], [output]
    while ready:
        order.append(ready.pop())
        for parent in parents[order[-1]]:
            waiting[parent] -= 1
            if waiting[parent] == 0:
                ready.append(parent)
    return order[::-1]


# %% alternative="topological_order"
def topological_order(output, parents):
    order, seen = [], {output}
    path = [(output, iter(parents[output]))]
    while path:
        name, rest = path[-1]
        parent = next((p for p in rest if p not in seen), None)
        if parent is None:
            order.append(name)
            path.pop()
        else:
            seen.add(parent)
            path.append((parent, iter(parents[parent])))
    return order


# %% [markdown]
# The next cell takes two rounds of Heron's rule, and after them two operations that the result
# $y_2$ does not use, and draws the graph. The number in a circle is its place in **your** list.

# %% demo=true
HERON = {  # two rounds of q = a / y, s = y + q, y = s / 2 that begin with y = 1; then a look at the error
    "a": (), "1": (), "q₁": ("a", "1"), "s₁": ("1", "q₁"), "y₁": ("s₁",), "q₂": ("a", "y₁"), "s₂": ("y₁", "q₂"),
    "y₂": ("s₂",), "y₂²": ("y₂", "y₂"), "y₂² − a": ("y₂²", "a"),
}  # fmt: skip
if is_written("topological_order", lambda: topological_order("a", HERON)):
    order = topological_order("y₂", HERON)
    column = {}
    for name in [*order, *(n for n in HERON if n not in order)]:
        column[name] = 1 + max((column[p] for p in HERON[name]), default=-1)
    height = {"a": 2, "q₁": 1, "q₂": 1, "y₂²": 1, "y₂² − a": 2}
    _, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
    for name in HERON:
        end, used = (column[name], height.get(name, 0)), name in order
        colour = BLUE if used else "0.65"
        for parent in set(HERON[name]):
            start = column[parent], height.get(parent, 0)
            bend = "arc3,rad=0.28" if start[1] == end[1] == 0 and end[0] - start[0] > 1 else "arc3"
            arrow = {"arrowstyle": "-|>", "color": "0.6", "shrinkA": 15, "shrinkB": 15, "connectionstyle": bend}
            axes.annotate("", end, start, arrowprops=arrow | {"linestyle": "-" if used else ":"})
        axes.plot(*end, "o", markersize=25, color=colour if used else "white", mec=colour, mew=1.5)
        number, ink = (order.index(name) + 1, "white") if used else ("–", GREY)
        axes.text(*end, number, ha="center", va="center", color=ink)
        side = -1 if end[1] == 0 else 1
        axes.text(end[0], end[1] + 0.34 * side, name, ha="center", va="top" if side < 0 else "bottom", color=colour)
    axes.set(xlim=(-0.5, 8.6), ylim=(-0.95, 2.85), xticks=[], yticks=[])
    axes.set_title(f"{len(order)} of {len(HERON)} results are needed for $y_2$, in this order")
    axes.spines[:].set_visible(False)
    plt.show()

# %% [markdown]
# *The figure:* ten circles; eight are filled and carry the numbers 1 to 8 of your list. All arrows
# lead from a smaller number to a larger one, also that from $a$, needed at the beginning, to $q_2$
# in the second round. The two circles at the right, $y_2^2$ and $y_2^2 - a$, are empty: $y_2$ does
# not depend on them. Whoever walks over the graph never meets them; a tape keeps them.

# %% [markdown]
# ## 5 · Columns or rows?
#
# A function with n inputs *and* m outputs has a **Jacobian** $J$, shape (m, n), with
# $J_{ij} = \frac{\partial y_i}{\partial x_j}$.
#
# - A forward sweep with tangents $\dot{\boldsymbol x}$ at the inputs ends with
#   $\dot{\boldsymbol y} = J\,\dot{\boldsymbol x}$. With the tangents $\boldsymbol e_j$ it gives
#   **column** $j$. All of $J$ takes n sweeps, and each runs the program again.
# - A reverse sweep from output $i$ gives $\bar{\boldsymbol x} = \boldsymbol e_i J$, **row** $i$.
#   All of $J$ takes m sweeps over *one* tape.
#
# So the cheaper mode is the one with fewer sweeps. A loss has $m = 1$: one row, one sweep. That
# sweep is what notebook 6 called back-propagation.

# %% [markdown]
# ### Exercise 5: `jacobian_by_modes`
#
# *In:* a `function` that takes a list of n numbers and returns a list of m; the point `x`, shape
# (n,). *Out:* $J$ built from columns with your `Dual`; $J$ built from rows with your `Tape`; and
# the name of the mode with fewer sweeps, `"forward"` or `"reverse"` (on a tie `"forward"`, which
# needs no tape).
#
# *By hand:* $(x_1, x_2) \mapsto (x_1x_2,\; x_1 + 3x_2,\; x_2^2)$ at $(2, 3)$:
#
# $$J = \begin{bmatrix} x_2 & x_1\\ 1 & 3\\ 0 & 2x_2 \end{bmatrix}
#     = \begin{bmatrix} 3 & 2\\ 1 & 3\\ 0 & 6 \end{bmatrix}.$$
#
# Two columns, three rows: forward. With the tangents $(1, 0)$ the three outputs have the tangents
# $(3, 1, 0)$, the first column. Every output is computed from the inputs.


# %% exercise="jacobian_by_modes" points=4
def jacobian_by_modes(function, x):
    """Compute a Jacobian twice, by forward and by reverse mode, and say which takes fewer sweeps.

    Parameters
    ----------
    function : callable
        Takes a list of n numbers (or Duals, or Variables), returns a list of m.
    x : array, shape (n,)

    Returns
    -------
    by_columns : array, shape (m, n)
        From n forward sweeps, one for each input.
    by_rows : array, shape (m, n)
        From m reverse sweeps over one tape, one for each output.
    cheaper : str
        "forward" if n <= m, else "reverse".
    """
    ### BEGIN SOLUTION
    columns = []
    for direction in np.eye(len(x)):
        outputs = function([Dual(value, tangent) for value, tangent in zip(x, direction, strict=True)])
        columns.append([y.tangent for y in outputs])
    tape = Tape()
    inputs = [tape.record(value) for value in x]
    outputs = function(inputs)
    rows = [tape.adjoints(y)[: len(x)] for y in outputs]
    return np.array(columns).T, np.array(rows), "forward" if len(x) <= len(outputs) else "reverse"
    ### END SOLUTION


# %% check="jacobian_by_modes"
def test_worked_example():
    "The worked example, three outputs of two inputs. Is column 1 what comes of the tangents (1, 0)?"
    function = lambda x: [x[0] * x[1], x[0] + 3.0 * x[1], x[1] ** 2]  # noqa: E731
    by_columns, by_rows, cheaper = jacobian_by_modes(function, np.array([2.0, 3.0]))
    assert_allclose(by_columns, [[3.0, 2.0], [1.0, 3.0], [0.0, 6.0]])
    assert_allclose(by_rows, [[3.0, 2.0], [1.0, 3.0], [0.0, 6.0]])
    assert cheaper == "forward", "two columns or three rows: which are fewer?"


def test_one_output():
    "Our f at (2, 5): one row with 5.5 and 1.716. How many sweeps does each mode take?"
    by_columns, by_rows, cheaper = jacobian_by_modes(
        lambda x: [np.log(x[0]) + x[0] * x[1] - np.sin(x[1])], np.array([2.0, 5.0])
    )
    assert_allclose(by_columns, [[5.5, 2 - np.cos(5.0)]])
    assert_allclose(by_rows, [[5.5, 2 - np.cos(5.0)]])
    assert cheaper == "reverse", "two columns or one row: which are fewer?"


def test_one_input():
    "One input, three outputs: the Jacobian has the shape (3, 1)."
    by_columns, by_rows, _ = jacobian_by_modes(lambda x: [x[0], x[0] ** 2, x[0] ** 3], np.array([2.0]))
    assert_allclose(by_columns, [[1.0], [4.0], [12.0]])
    assert_allclose(by_rows, [[1.0], [4.0], [12.0]])


### BEGIN HIDDEN TESTS
def test_random_networks(rng):
    "A small network of sines with random weights: do both ways agree with the formula?"
    for n, m, mode in ((2, 4, "forward"), (5, 2, "reverse"), (3, 3, "forward")):
        W, x = rng.normal(size=(n, m)), rng.normal(size=n)
        weights = W.tolist()

        def network(x):
            return [np.sin(sum(x[j] * weights[j][i] for j in range(n))) for i in range(m)]  # noqa: B023

        by_columns, by_rows, cheaper = jacobian_by_modes(network, x)
        expected = np.cos(x @ W)[:, None] * W.T
        assert_allclose(by_columns, expected, rtol=1e-9, atol=1e-12)
        assert_allclose(by_rows, expected, rtol=1e-9, atol=1e-12)
        assert cheaper == mode, f"{n} inputs, {m} outputs: which mode takes fewer sweeps?"


def test_each_mode_with_its_own_numbers(rng):
    "Do the columns come from your Duals, and the rows from your Tape?"
    x = rng.normal(size=2)
    function = lambda x: [x[0] * (2.0 if hasattr(x[0], "tangent") else 3.0 if hasattr(x[0], "tape") else 4.0) + x[1]]  # noqa: E731
    by_columns, by_rows, _ = jacobian_by_modes(function, x)
    assert_allclose(by_columns, [[2.0, 1.0]])
    assert_allclose(by_rows, [[3.0, 1.0]])


def test_a_program_with_a_loop_and_a_branch(rng):
    "A loop of 2,000 rounds with a branch in it: do both ways get through?"
    x = rng.uniform(0.2, 0.4, size=1)

    def program(x):
        y = x[0]
        for _ in range(2000):
            y = 1.25 * y if y < 1.0 else y / 2.0
        return [y]

    by_columns, by_rows, _ = jacobian_by_modes(program, x)
    expected = program(x)[0] / x[0]  # each round multiplies by a constant
    assert_allclose(by_columns, [[expected]])
    assert_allclose(by_rows, [[expected]])


def test_an_output_that_others_use(rng):
    "One output is an operand of the next, another is an input itself. Does each row begin with adjoints of its own?"
    a, b = (float(z) for z in rng.uniform(1, 2, size=2))
    by_columns, by_rows, _ = jacobian_by_modes(lambda x: [x[1], x[0] * x[1], x[0] * x[1] * x[0]], np.array([a, b]))
    expected = [[0.0, 1.0], [b, a], [2 * a * b, a * a]]
    assert_allclose(by_columns, expected)
    assert_allclose(by_rows, expected)


def test_the_point_stays_as_it_is(rng):
    "Is x what it was?"
    x = rng.normal(size=3)
    assert_inputs_unchanged(lambda x: jacobian_by_modes(lambda z: [z[0] * z[1], z[2] * z[2]], x), x)


### END HIDDEN TESTS


# %% mistake="jacobian_by_modes" hint="All your columns are alike, or you have one only. Which inputs move when column j is computed?"
def jacobian_by_modes(function, x):
    outputs = function([Dual(value, 1.0) for value in x])
    columns = [[y.tangent for y in outputs] for _ in x]
    tape = Tape()
    outputs = function([tape.record(value) for value in x])
    rows = [tape.adjoints(y)[: len(x)] for y in outputs]
    return np.array(columns).T, np.array(rows), "forward" if len(x) <= len(outputs) else "reverse"


# %% mistake="jacobian_by_modes" hint="Your array of columns has one row for each input. Which way must it be turned?"
def jacobian_by_modes(function, x):
    columns = []
    for direction in np.eye(len(x)):
        outputs = function([Dual(value, tangent) for value, tangent in zip(x, direction, strict=True)])
        columns.append([y.tangent for y in outputs])
    tape = Tape()
    outputs = function([tape.record(value) for value in x])
    rows = [tape.adjoints(y)[: len(x)] for y in outputs]
    return np.array(columns), np.array(rows), "forward" if len(x) <= len(outputs) else "reverse"


# %% mistake="jacobian_by_modes" hint="Both matrices are right. A network with a million weights and one loss: how many sweeps does each mode take?"
def jacobian_by_modes(function, x):
    columns = []
    for direction in np.eye(len(x)):
        outputs = function([Dual(value, tangent) for value, tangent in zip(x, direction, strict=True)])
        columns.append([y.tangent for y in outputs])
    tape = Tape()
    outputs = function([tape.record(value) for value in x])
    rows = [tape.adjoints(y)[: len(x)] for y in outputs]
    return np.array(columns).T, np.array(rows), "reverse" if len(x) <= len(outputs) else "forward"


# %% mistake="jacobian_by_modes" hint="Your rows have too many entries. What else is on the tape beside the n inputs?"
def jacobian_by_modes(function, x):
    columns = []
    for direction in np.eye(len(x)):
        outputs = function([Dual(value, tangent) for value, tangent in zip(x, direction, strict=True)])
        columns.append([y.tangent for y in outputs])
    tape = Tape()
    outputs = function([tape.record(value) for value in x])
    rows = [tape.adjoints(y) for y in outputs]
    return np.array(columns).T, np.array(rows), "forward" if len(x) <= len(outputs) else "reverse"


# %% mistake="jacobian_by_modes" hint="All your rows are alike: the sum of the outputs' gradients. Where does a reverse sweep begin?"
def jacobian_by_modes(function, x):
    columns = []
    for direction in np.eye(len(x)):
        outputs = function([Dual(value, tangent) for value, tangent in zip(x, direction, strict=True)])
        columns.append([y.tangent for y in outputs])
    tape = Tape()
    outputs = function([tape.record(value) for value in x])
    total = sum(outputs[1:], start=outputs[0])
    rows = [tape.adjoints(total)[: len(x)] for _ in outputs]
    return np.array(columns).T, np.array(rows), "forward" if len(x) <= len(outputs) else "reverse"


# %% mistake="jacobian_by_modes" hint="Your rows come from the same sweeps as your columns. What does one sweep over a tape give?"
def jacobian_by_modes(function, x):
    columns = []
    for direction in np.eye(len(x)):
        outputs = function([Dual(value, tangent) for value, tangent in zip(x, direction, strict=True)])
        columns.append([y.tangent for y in outputs])
    jacobian = np.array(columns).T
    return jacobian, jacobian, "forward" if len(x) <= len(outputs) else "reverse"


# %% alternative="jacobian_by_modes"
def jacobian_by_modes(function, x):
    n = len(x)

    def column(j):
        return [y.tangent for y in function([Dual(x[k], float(k == j)) for k in range(n)])]

    tape = Tape()
    inputs = [tape.record(float(value)) for value in x]
    outputs = function(inputs)

    def row(y):
        adjoints = tape.adjoints(y)
        return [adjoints[z.index] for z in inputs]

    by_columns = np.stack([column(j) for j in range(n)], axis=1)
    by_rows = np.stack([row(y) for y in outputs], axis=0)
    return by_columns, by_rows, "reverse" if len(outputs) < n else "forward"


# %% [markdown]
# ### What does a gradient cost?
#
# Let us measure. The program is a sum of $n$ terms, $y = \sum_i \sin(x_i)\, x_{i+1}$,
# with one output. Three ways to its gradient, all of your own making: your
# `finite_difference`, n forward sweeps with `Dual`, one reverse sweep with `Tape`. We divide each
# time by that of one plain run of the program. **Guess the three curves first.**

# %% demo=true


def terms(x):
    """Compute the sum of sin(xᵢ) xᵢ₊₁. x: n numbers of any kind."""
    return sum((np.sin(a) * b for a, b in pairwise(x[1:])), start=np.sin(x[0]) * x[1])


def seconds(call, repeats=3, clock=time.process_time):
    """Return the shortest of a few times (of the processor, or by another clock), each over enough calls to tell."""
    times = []
    for _ in range(repeats):
        start, calls, spent = clock(), 0, 0.0
        while spent < 1e-3:
            call()
            calls, spent = calls + 1, clock() - start
        times.append(spent / calls)
    return min(times)


def by_forward(x):
    """Compute the gradient by n forward sweeps."""
    return [terms([Dual(a, float(i == j)) for i, a in enumerate(x)]).tangent for j in range(len(x))]


def by_reverse(x):
    """Compute the gradient by one reverse sweep."""
    tape = Tape()
    return tape.adjoints(terms([tape.record(a) for a in x]))[: len(x)]


ways = [
    ("finite differences", "s", GREY, "finite_difference", lambda x: finite_difference(lambda z: terms(z.tolist()), x)),
    ("forward mode", "o", VERMILION, "Dual", lambda x: by_forward(x.tolist())),
    ("reverse mode", "D", BLUE, "Tape", lambda x: by_reverse(x.tolist())),
]
ways = [way for way in ways if is_written(way[3], lambda way=way: way[4](np.array([1.0, 2.0])))]
if ways:
    sizes = [2, 4, 8, 16, 32, 64, 128, 256]
    points = [np.linspace(0.1, 1.0, n) for n in sizes]
    once = [seconds(lambda x=x: terms(x.tolist()), repeats=20) for x in points]
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    for name, marker, colour, _, gradient in ways:
        costs = [seconds(lambda x=x, g=gradient: g(x)) / t for x, t in zip(points, once, strict=True)]
        axes.loglog(sizes, costs, marker=marker, color=colour, markersize=7)
        axes.annotate(name, (256, costs[-1]), (8, 0), textcoords="offset points", va="center", color=colour)
    axes.axhline(1, color="black", linewidth=1.2, linestyle=":")
    axes.text(2, 1.12, "one run of the program", va="bottom")
    axes.set(title="Reverse mode hardly notices the number of inputs", xlim=(1.8, 1200))
    axes.set(xlabel="number of inputs n", ylabel="time of a gradient\n(in runs of the program)")
    axes.set_xticks(sizes, sizes)
    axes.minorticks_off()
    plt.show()

# %% [markdown]
# *The figure:* time against the number of inputs, both logarithmic. Finite differences and forward
# mode rise in parallel with slope 1: twice the inputs, twice the runs. Reverse mode is almost a
# level line: ten to twenty plain runs, be it for 8 inputs or for 256. Lepetit calls such a factor
# "small" and "constant". Constant it is; it will be small, too, once an entry is a whole array and
# Python's bookkeeping no longer counts.
#
# There is a price: the tape must keep every intermediate value until the walk back. Forward mode
# forgets them at once.

# %% [markdown]
# ## 6 · Second derivatives
#
# The gradient $\boldsymbol g(\boldsymbol x)$, shape (n,), has a Jacobian of its own: the
# **Hessian** $H$, shape (n, n), $H_{ij} = \frac{\partial^2 f}{\partial x_i\,\partial x_j}$. For a
# network with 4,810 weights it has 23 million entries: too many to compute, or even to keep (*Deep
# Learning* 6.5.10). But methods that use curvature seldom want $H$; they want its product with a
# vector $\boldsymbol v$, shape (n,):
#
# $$H\boldsymbol v = \frac{d}{dt}\, \boldsymbol g(\boldsymbol x + t\boldsymbol v)\Big|_{t=0},$$
#
# the derivative of the gradient along *one* direction. One direction: that is forward mode. Of a
# gradient: that is reverse mode. **So run the reverse mode on Duals.**

# %% [markdown]
# ### Exercise 6: `hessian_vector_product`
#
# *In:* a `function` of a list of n numbers that returns one; `x` and `v`, both (n,). *Out:*
# $H\boldsymbol v$, shape (n,), from **one** run of the program and one walk back.
#
# Nothing new needs to be invented: `tape.record(...)` takes any value, also a `Dual`. Then every
# adjoint is a `Dual` $\bar x_i + \dot{\bar x}_i\,\varepsilon$: its value is $g_i$. What is its
# tangent?
#
# *By hand:* $f = x_1^2 x_2$ at $(3, 2)$, $\boldsymbol v = (1, 10)$:
#
# $$H = \begin{bmatrix} 2x_2 & 2x_1\\ 2x_1 & 0 \end{bmatrix}
# = \begin{bmatrix} 4 & 6\\ 6 & 0 \end{bmatrix},\qquad H\boldsymbol v = (64,\ 6).$$
#
# An adjoint can also be a plain number (of $x_1$ in $3x_1$ it is 3). `tangent_of` knows what to do.


# %%
def tangent_of(number):
    """Return the tangent of a Dual; a plain number is a constant and has 0."""
    return getattr(number, "tangent", 0.0)


# %% exercise="hessian_vector_product" points=4
def hessian_vector_product(function, x, v):
    """Multiply the Hessian of a function by a vector without computing the Hessian.

    Parameters
    ----------
    function : callable
        Takes a list of n numbers (of any kind that has arithmetic), returns one.
    x : array, shape (n,)
        The point.
    v : array, shape (n,)
        The vector.

    Returns
    -------
    array, shape (n,)
        The derivative of the gradient at x along v, exact up to rounding.
    """
    ### BEGIN SOLUTION
    tape = Tape()
    inputs = [tape.record(Dual(value, tangent)) for value, tangent in zip(x, v, strict=True)]
    adjoints = tape.adjoints(function(inputs))
    return np.array([tangent_of(adjoints[z.index]) for z in inputs])
    ### END SOLUTION


# %% check="hessian_vector_product"
def test_worked_example():
    "The worked example: (64, 6). Which tangents do the inputs have, and which tangent do you read in the end?"
    found = hessian_vector_product(lambda x: x[0] ** 2 * x[1], np.array([3.0, 2.0]), np.array([1.0, 10.0]))
    assert_allclose(found, [64.0, 6.0])


def test_the_function_of_the_title():
    "At (2, 5) the Hessian of f is [[−1/4, 1], [1, sin 5]]. What are its products with (1, 0) and with (0, 1)?"
    point = np.array([2.0, 5.0])
    assert_allclose(hessian_vector_product(f, point, np.array([1.0, 0.0])), [-0.25, 1.0])
    assert_allclose(hessian_vector_product(f, point, np.array([0.0, 1.0])), [1.0, np.sin(5.0)])


def test_a_straight_part():
    "In 3x₁ + x₂² nothing bends along x₁. What is the tangent of an adjoint that is constant?"
    found = hessian_vector_product(lambda x: 3.0 * x[0] + x[1] ** 2, np.array([1.0, 2.0]), np.array([5.0, 7.0]))
    assert_allclose(found, [0.0, 14.0])


### BEGIN HIDDEN TESTS
def test_quadratic_forms(rng):
    "For ½ xᵀAx the Hessian is the symmetric part of A, whatever x. Is yours?"
    for n in (1, 4):
        A, x, v = rng.normal(size=(n, n)), rng.normal(size=n), rng.normal(size=n)
        a = A.tolist()
        found = hessian_vector_product(
            lambda x: sum(x[i] * x[j] * (0.5 * a[i][j]) for i in range(n) for j in range(n)),  # noqa: B023
            x,
            v,
        )
        assert_allclose(found, 0.5 * (A + A.T) @ v, rtol=1e-6, atol=1e-8)


def test_random_functions(rng):
    "A sum of ratios, waves, exponentials and logarithms: does the product agree with the formula?"
    x, v = rng.uniform(0.5, 1.5, size=3), rng.normal(size=3)
    found = hessian_vector_product(lambda x: np.exp(x[0] * x[1]) + np.log(x[2]) / x[0] + np.cos(x[1]) * x[2], x, v)
    a, b, c = x
    e, bend = np.exp(a * b), 2 * np.log(c) / a**3
    hessian = [
        [b * b * e + bend, e + a * b * e, -1 / (a * a * c)],
        [e + a * b * e, a * a * e - c * np.cos(b), -np.sin(b)],
        [-1 / (a * a * c), -np.sin(b), -1 / (a * c * c)],
    ]
    assert_allclose(found, np.array(hessian) @ v, rtol=1e-6, atol=1e-8)


def test_steep_and_hardly_bent(rng):
    "A function with a huge slope that hardly bends: a difference of gradients would drown in rounding. Is yours exact?"
    slope, bend = float(rng.uniform(1e6, 2e6)), float(rng.uniform(1, 2))
    x, v = rng.uniform(1, 2, size=2), rng.normal(size=2)
    found = hessian_vector_product(lambda x: (x[0] + x[1]) * slope + x[0] * x[1] * bend, x, v)
    assert_allclose(found, bend * v[::-1], rtol=1e-9)


def test_one_run_is_enough(rng):
    "Four times the inputs may cost four times the work, not sixteen times. How often do you run the program?"
    work = []
    for n in (6, 24):
        x, v = rng.normal(size=n), rng.normal(size=n)
        work.append(
            count_operations(
                hessian_vector_product,
                lambda x: sum((x[i] * x[i - 1] * x[i] for i in range(1, len(x))), start=x[0] * x[0]),
                x,
                v,
            )
        )
    assert work[1] < 8 * work[0], "the work grows with the square of the number of inputs; one run must be enough"


def test_with_your_own_numbers(rng):
    "Does the function see your Variables and your Duals?"
    x, v = rng.normal(size=2), rng.normal(size=2)
    found = hessian_vector_product(lambda x: x[0] * x[1] * (2.0 if hasattr(x[0], "lift") else 3.0), x, v)
    assert_allclose(found, 2 * v[::-1])


def test_x_and_v_stay_as_they_are(rng):
    "Are x and v what they were?"
    x, v = rng.normal(size=2), rng.normal(size=2)
    assert_inputs_unchanged(lambda x, v: hessian_vector_product(lambda z: z[0] * z[1], x, v), x, v)


### END HIDDEN TESTS


# %% mistake="hessian_vector_product" hint="A difference of two gradients is an old friend with an old weakness (the letter V). Which of your numbers carries a derivative without a step?"
def hessian_vector_product(function, x, v):
    def gradient(at):
        tape = Tape()
        inputs = [tape.record(value) for value in at]
        return np.array(tape.adjoints(function(inputs))[: len(at)])

    h = 1e-5
    return (gradient(x + h * v) - gradient(x - h * v)) / (2 * h)


# %% mistake="hessian_vector_product" hint="You return H times a vector of ones. Where does v enter?"
def hessian_vector_product(function, x, v):
    tape = Tape()
    inputs = [tape.record(Dual(value, 1.0)) for value in x]
    adjoints = tape.adjoints(function(inputs))
    return np.array([tangent_of(adjoints[z.index]) for z in inputs])


# %% mistake="hessian_vector_product" hint="You return the gradient. An adjoint is now a Dual: which of its two parts tells how it changes along v?"
def hessian_vector_product(function, x, v):
    tape = Tape()
    inputs = [tape.record(Dual(value, tangent)) for value, tangent in zip(x, v, strict=True)]
    adjoints = tape.adjoints(function(inputs))
    return np.array([getattr(adjoints[z.index], "value", adjoints[z.index]) for z in inputs])


# %% mistake="hessian_vector_product" hint="Of 3x₁ the adjoint is the plain number 3. What is its tangent, and who can tell you?"
def hessian_vector_product(function, x, v):
    tape = Tape()
    inputs = [tape.record(Dual(value, tangent)) for value, tangent in zip(x, v, strict=True)]
    adjoints = tape.adjoints(function(inputs))
    return np.array([adjoints[z.index].tangent for z in inputs])


# %% mistake="hessian_vector_product" hint="The numbers are right, but you compute all of H, row after row. In which single direction is its derivative wanted?"
def hessian_vector_product(function, x, v):
    columns = []
    for direction in np.eye(len(x)):
        tape = Tape()
        inputs = [tape.record(Dual(a, b)) for a, b in zip(x, direction, strict=True)]
        adjoints = tape.adjoints(function(inputs))
        columns.append([tangent_of(adjoints[z.index]) for z in inputs])
    return np.array(columns).T @ v


# %% mistake="hessian_vector_product" hint="Your answer uses the diagonal of H only. What happens to g₁ when x₂ moves?"
def hessian_vector_product(function, x, v):
    product = []
    for i in range(len(x)):
        inputs = [Dual(Dual(x[k], float(k == i)), float(k == i)) for k in range(len(x))]
        product.append(tangent_of(tangent_of(function(inputs))) * v[i])
    return np.array(product)


# %% alternative="hessian_vector_product"
def hessian_vector_product(function, x, v):
    outer, inner = Tape(), Tape()  # reverse over reverse: the walk back is itself recorded, on another tape
    points = [outer.record(value) for value in x]
    inputs = [inner.record(point) for point in points]
    adjoints = inner.adjoints(function(inputs))
    along = outer.record(0.0)
    for z, component in zip(inputs, v, strict=True):
        along = along + adjoints[z.index] * float(component)
    second = outer.adjoints(along)
    return np.array([second[point.index] for point in points])


# %% alternative="hessian_vector_product"
def hessian_vector_product(function, x, v):
    tape = Tape()
    inputs = [tape.record(Dual(x[i], v[i])) for i in range(len(x))]
    output = function(inputs)
    adjoints = tape.adjoints(output)[: len(x)]
    return np.array([a.tangent if isinstance(a, Dual) else 0.0 for a in adjoints])


# %% [markdown]
# ### The steepest curvature, without a Hessian
#
# *Deep Learning* 6.5.10 names methods that find eigenvalues "using only matrix-vector products".
# The simplest: multiply a vector by $H$, scale it to length 1, and repeat. The largest eigenvalue
# takes over. It is the strongest curvature in any direction, and it limits the learning rate
# (chapter 8).
#
# Our function is Rosenbrock's valley,
# $\sum_i 100\,(x_{i+1} - x_i^2)^2 + (1 - x_i)^2$, with 30 inputs.


# %%
def rosenbrock(x):
    """Compute Rosenbrock's function of n numbers of any kind."""
    terms = [(b - a * a) ** 2 * 100.0 + (1.0 - a) ** 2 for a, b in pairwise(x)]
    return sum(terms[1:], start=terms[0])


# %% demo=true
if is_written("hessian_vector_product", lambda: hessian_vector_product(f, [2.0, 5.0], [1.0, 0.0])):
    point = np.linspace(-1.0, 1.0, 30)
    exact = np.linalg.eigvalsh(np.array([hessian_vector_product(rosenbrock, point, e) for e in np.eye(30)]))[-1]
    v = np.random.default_rng(0).normal(size=30)
    v /= np.linalg.norm(v)
    for k in range(1, 26):
        product = hessian_vector_product(rosenbrock, point, v)
        if k in (1, 2, 5, 10, 25):
            print(f"after {k:2d} products   largest eigenvalue ≈ {v @ product:9.4f}")
        v = product / np.linalg.norm(product)
    print(f"from the whole Hessian (30 products)   {exact:9.4f}")

# %% [markdown]
# ## 7 · The end of the chapter: your tape reads digits
#
# scikit-learn ships 1,797 handwritten digits of $8\times8$ pixels. The network has 64 inputs, 64
# ReLU units and 10 logits: 4,810 weights. Number by number, your tape can already do it, and the
# next cell lets it: one digit, the loss, all 4,810 derivatives. (Objects may stand in NumPy arrays;
# `@` then multiplies and adds *them*.)

# %% demo=true
try:
    from sklearn.datasets import load_digits
except ImportError:
    digits = None
    print("This part needs scikit-learn: pip install scikit-learn")
else:
    digits = load_digits()
    shuffled = np.random.default_rng(0).permutation(len(digits.data))
    X, Y = digits.data[shuffled] / 16.0, digits.target[shuffled]  # pixels from 0 to 1, shape (1797, 64)
    X_train, Y_train, X_test, Y_test = X[:1500], Y[:1500], X[1500:], Y[1500:]
    rng = np.random.default_rng(1)
    START = [
        rng.normal(scale=np.sqrt(2 / 64), size=(64, 64)), np.zeros(64),
        rng.normal(scale=np.sqrt(2 / 64), size=(64, 10)), np.zeros(10),
    ]  # fmt: skip


def number_by_number(pixels, label, parameters):
    """Compute the loss of one digit with a Variable for every weight; return all derivatives, the loss and the tape."""
    tape = Tape()
    record = np.frompyfunc(tape.record, 1, 1)
    W1, b1, W2, b2 = (record(p) for p in parameters)
    hidden = [z if z > 0 else 0.0 for z in pixels.astype(object) @ W1 + b1]
    logits = np.array(hidden, dtype=object) @ W2 + b2
    loss = np.log(sum(np.exp(z) for z in logits)) - logits[label]
    return np.array(tape.adjoints(loss)[:4810], dtype=float), loss.value, tape


if digits is not None and tape_is_written():
    begin = time.process_time()
    by_numbers, loss, tape = number_by_number(X_train[0], Y_train[0], START)
    print(f"one digit: loss {loss:.6f}, {len(tape.entries):,} entries on the tape,", end=" ")
    print(f"{1e3 * (time.process_time() - begin):.0f} ms for {len(by_numbers):,} derivatives")

# %% [markdown]
# ### Arrays on the tape
#
# It works, but at this pace 30 rounds through 1,500 digits take the better part of an hour. Let one
# entry hold a whole **layer**. What is the local partial of an array by an array? A Jacobian, and
# no one writes it down: notebook 6 taught to *apply* it. For $Z = XW + \boldsymbol b$ the adjoint
# $\bar Z$, shape (n, k), hands back $\bar Z W^\top$, $X^\top \bar Z$ and the sum of its rows.
#
# Your `Tape` multiplies a partial with an adjoint. So we let `LinearMap * adjoint` *mean* apply,
# and **your class need not change by a single letter**. Entry by entry, as in ReLU, a partial is
# just an array.


# %%
class LinearMap:
    """A partial of an array by an array: to multiply it with an adjoint is to apply ``pull``."""

    __array_ufunc__ = None  # array * LinearMap: let this class do it, not NumPy

    def __init__(self, pull):
        self.pull = pull

    def __mul__(self, adjoint):
        return self.pull(adjoint) if np.ndim(adjoint) else 0.0  # no adjoint arrived: hand nothing back

    __rmul__ = __mul__


def dense(x, W, b):
    """Return x W + b on the tape. x: (n, d), W: (d, k), b: (k,), all Variables."""
    pulls = lambda g: g @ W.value.T, lambda g: x.value.T @ g, lambda g: g.sum(axis=0)
    value = x.value @ W.value + b.value
    return W.tape.record(value, (x.index, W.index, b.index), tuple(LinearMap(pull) for pull in pulls))


def relu(z):
    """Return max(0, z) on the tape, entry by entry."""
    return z.tape.record(np.maximum(z.value, 0.0), (z.index,), ((z.value > 0) * 1.0,))


def cross_entropy(logits, labels):
    """Return the mean cross-entropy on the tape. logits: (n, k); labels: (n,)."""
    shifted = logits.value - logits.value.max(axis=1, keepdims=True)
    rows, exponentials = np.arange(len(labels)), np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(sums[:, 0]) - shifted[rows, labels])
    slope = exponentials / sums  # softmax(logits) − one-hot labels, over n: see notebooks 2 and 6
    slope[rows, labels] -= 1.0
    return logits.tape.record(loss, (logits.index,), (slope / len(labels),))


# %% demo=true
def network_on_tape(x, labels, parameters):
    """Run the network on a new tape; return the loss and the four gradients."""
    tape = Tape()
    W1, b1, W2, b2 = variables = [tape.record(p) for p in parameters]
    hidden = relu(dense(tape.record(x), W1, b1))
    loss = cross_entropy(dense(hidden, W2, b2), labels)
    adjoints = tape.adjoints(loss)
    return loss.value, [adjoints[v.index] for v in variables]


if digits is not None and tape_is_written():
    one = X_train[:1], Y_train[:1], START
    _, gradients = network_on_tape(*one)
    by_arrays = np.concatenate([g.ravel() for g in gradients])
    print(f"largest difference from number by number: {np.abs(by_arrays - by_numbers).max():.1e}")
    ratio = seconds(lambda: number_by_number(X_train[0], Y_train[0], START), 1) / seconds(lambda: network_on_tape(*one))
    print(f"the same 4,810 derivatives, {ratio:.0f} times as fast, from a tape of 9 entries")

    def loss_alone(x, labels, parameters):
        """Compute the loss in plain NumPy."""
        W1, b1, W2, b2 = parameters
        logits = np.maximum(x @ W1 + b1, 0.0) @ W2 + b2
        top = logits.max(axis=1)
        return np.mean(np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top - logits[np.arange(len(x)), labels])

    batch = X_train[:50], Y_train[:50], START
    ratio = seconds(lambda: network_on_tape(*batch), 200) / seconds(lambda: loss_alone(*batch), 200)
    print(f"for 50 digits at once, loss and gradient cost {ratio:.1f} times the loss alone")

# %% [markdown]
# ### Side by side with `mlcore`
#
# Now both train: your tape in the left lane, `mlcore` in the right. They get the same start, the
# same batches of 50 digits in the same order, the same learning rate, 30 rounds through the
# training digits. `mlcore` has no tape; it is the graph with a topological order. But if both are
# right, the losses must agree: not roughly, but digit by digit, step by step.

# %% demo=true
RATE, ROUNDS = 0.2, 30


def in_batches(rounds=ROUNDS, size=50):
    """Yield the rows of each batch; the order is always the same."""
    rng = np.random.default_rng(2)
    for _ in range(rounds):
        yield from np.split(rng.permutation(1500), 1500 // size)


def train_yours():
    """Train on your tape; return the losses and the parameters."""
    parameters, losses = START, []
    for rows in in_batches():
        loss, gradients = network_on_tape(X_train[rows], Y_train[rows], parameters)
        parameters = [p - RATE * g for p, g in zip(parameters, gradients, strict=True)]
        losses.append(loss)
    return np.array(losses), parameters


def train_mlcore():
    """Train the same network with mlcore; return the losses and the parameters."""
    draw = np.random.default_rng(0)
    model = layers.Sequential(layers.Dense(64, 64, rng=draw), layers.ReLU(), layers.Dense(64, 10, rng=draw))
    for parameter, start in zip(model.parameters(), START, strict=True):
        parameter.data = start.copy()
    optimizer, losses = SGD(model.parameters(), learning_rate=RATE), []
    for rows in in_batches():
        loss = softmax_cross_entropy(model(X_train[rows]), Y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses), [p.numpy() for p in model.parameters()]


def accuracy(parameters):
    """Return the share of test digits that are recognised."""
    W1, b1, W2, b2 = parameters
    return np.mean(np.argmax(np.maximum(X_test @ W1 + b1, 0) @ W2 + b2, axis=1) == Y_test)


if digits is not None:
    lanes = [("your tape", VERMILION, train_yours)] if tape_is_written() else []
    lanes += [("mlcore", BLUE, train_mlcore)]
    results = []
    for name, colour, train in lanes:
        losses, parameters = train()
        results.append((name, colour, losses, seconds(train, 3, time.perf_counter), accuracy(parameters)))
        print(f"{name:10s} loss {losses[-1]:.12f}   test digits right: {results[-1][4]:.1%}   {results[-1][3]:.2f} s")
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 4), layout="constrained", width_ratios=(2.3, 1))
    for (name, colour, losses, _, _), width, style in zip(results, (5.0, 1.6), ("-", "--"), strict=False):
        mean = losses.reshape(ROUNDS, -1).mean(axis=1)
        left.semilogy(np.arange(1, ROUNDS + 1), mean, style, color=colour, linewidth=width, label=name)
    left.set(title="Loss in each round through the digits", xlabel="round", ylabel="mean cross-entropy")
    left.legend(frameon=False, handlelength=3)
    if len(results) == 2:
        gap = np.abs(results[0][2] - results[1][2]).max()
        left.text(0.3, 0.55, f"largest difference in {len(results[0][2])} steps:\n{gap:.0e}", transform=left.transAxes)
    for row, (_, colour, _, duration, _) in enumerate(results):
        right.bar(row, duration, color=colour, width=0.65)
        right.text(row, duration, f"{duration:.2f} s", ha="center", va="bottom")
    right.set_xticks(range(len(results)), [r[0] for r in results])
    right.set(title="Time for all steps", ylabel="seconds", ylim=(0, 1.15 * max(r[3] for r in results)))
    plt.show()

# %% [markdown]
# *The figure:* on the left two loss curves, your broad orange one and mlcore's dashed blue one on
# top of it, fall together over 30 rounds by a factor of 25; after 900 steps they differ in the last
# stored digits only. On the right the time of both: less than a second or so, mlcore somewhat
# ahead. (Your tape also computes the adjoint of the pixels, which nobody asked for.) With arrays as
# entries most of the time goes into NumPy's products, whoever keeps the books.
#
# 96 % of the 297 test digits are right. Nobody wrote down the gradient of this network: your tape
# put it together from the partials of three operations.

# %% [markdown]
# ## What to take along
#
# * A program is a graph of elementary operations; the chain rule works on *numbers* along its
#   arrows.
# * Finite differences: 8 to 11 digits at best, and n+1 runs. A check, not a method.
# * Forward mode: one sweep for each input, nothing to remember. Reverse mode: one sweep for each
#   output, everything to remember.
# * Adjoints **add up** where a value was used more than once.
# * Modes can be stacked: reverse over forward numbers gives $H\boldsymbol v$ for the price of a
#   gradient.
#
# This was chapter 6: costs, units, depth, derivatives. Chapter 7 asks why a network that knows its
# examples so well should be trusted with new ones.

# %% [markdown]
# ## Go further
#
# Ungraded, and open. A program takes 100 inputs to **one** number and makes 100 outputs of it. Its
# Jacobian has 10,000 entries. Forward mode takes 100 sweeps, reverse mode 100 as well. **Can you
# get all 10,000 with two sweeps, one of each?** (Where would you meet in the middle?) The general
# question, in which order to multiply all the local partials, is NP-complete: the notes on *Deep
# Learning* 6.5.9 mention it, and nobody expects a fast answer.

# %% [markdown]
# *Sources:* V. Lepetit, *Optimization for Deep Learning* (2021), "Automatic Differentiation",
# equations 49–55, from whom we have the function, its traces at (2, 5) and the dual numbers;
# Goodfellow, Bengio and Courville, *Deep Learning*, sections 6.5.3–6.5.10 and 11.5, and notes on
# them. More: A. G. Baydin et al., *Automatic Differentiation in Machine Learning: A Survey* (2018).
