"""Which function of this library answers for which of NumPy's, with NumPy's own arguments.

NumPy takes options by position as well as by name, and has more of them; the adapters here take those that make sense
for a Tensor. An option that is missing, such as ``out``, is refused by Python itself.
"""

from mlcore.autodiff.numpy_functions import (  # noqa: F401  (each fills the table)
    elementwise,
    matrices,
    quantiles,
    samples,
    selection,
    shapes,
    statistics,
)
from mlcore.autodiff.numpy_functions.table import FUNCTIONS

__all__ = ["FUNCTIONS"]
