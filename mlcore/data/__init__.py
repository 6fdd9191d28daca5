"""Data: small sets, real and made up, and what one does with data before learning from it.

- preparing: `batches`, `split`, `k_fold`, `Standardizer` (classes as rows of 0 and 1: `mlcore.functions.one_hot`)
- points in the plane, in classes: `xor`, `moons`, `circles`, `spirals`, `blobs`
- curves with noise: `noisy_sine`, `noisy_polynomial`
- sequences: `adding`, `copying`, `echo`, `parity`, `reber_strings`, `date_pairs`
- images: `bars`
- real data, with scikit-learn: `digits`, `iris`, `wine`, `breast_cancer`, `diabetes`
- files of your own: `read_idx`, `mnist`

Classes are integers of shape (n,), as `softmax_cross_entropy` takes them; numbers to predict are float32 of shape
(n, 1). All randomness comes from the generator that you hand in.
"""

from mlcore.data.batches import batches
from mlcore.data.curves import noisy_polynomial, noisy_sine
from mlcore.data.dates import date_pairs
from mlcore.data.grammar import is_reber_string, reber_strings
from mlcore.data.idx import mnist, read_idx
from mlcore.data.images import bars
from mlcore.data.points import blobs, circles, moons, spirals, xor
from mlcore.data.real import breast_cancer, diabetes, digits, iris, wine
from mlcore.data.scaling import Standardizer
from mlcore.data.sequences import adding, copying, echo, parity
from mlcore.data.splitting import k_fold, split

__all__ = [
    "Standardizer",
    "adding",
    "bars",
    "batches",
    "blobs",
    "breast_cancer",
    "circles",
    "copying",
    "date_pairs",
    "diabetes",
    "digits",
    "echo",
    "iris",
    "is_reber_string",
    "k_fold",
    "mnist",
    "moons",
    "noisy_polynomial",
    "noisy_sine",
    "parity",
    "read_idx",
    "reber_strings",
    "spirals",
    "split",
    "wine",
    "xor",
]
