"""The benchmark's opponent: each training step written by hand in NumPy, forward and backward, without autodiff.

As fast as its author could make it, with what a library cannot know: the whole network, its shapes, and that nobody
will look at what lies between. Every array is made once. Float32 throughout.
"""

from .convolution import cnn
from .dense import bn_dropout, mlp, tiny
from .derivatives import hvp, jvp
from .recurrent import lstm
from .transformer import transformer

_STEPS = {f.__name__: f for f in (mlp, cnn, lstm, transformer, bn_dropout, tiny, hvp, jvp)}


def build(problem):
    """Return ``step()`` for a problem of `workloads`: one training step, which returns the loss as a float."""
    return _STEPS[problem.name](problem)
