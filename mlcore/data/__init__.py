"""Data: small sets, and minibatches."""

from mlcore.data.batches import batches
from mlcore.data.generators import xor

__all__ = ["batches", "xor"]
