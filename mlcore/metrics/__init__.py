"""Metrics: how good predictions are, in numbers.

They take arrays or Tensors, predictions first, and return plain floats (or arrays where there is a number for each
class or threshold). Nothing is differentiated here: what to minimize is in ``mlcore.functions``.

- decisions: `accuracy`, `top_k_accuracy`, `confusion_matrix`, `precision`, `recall`, `f_score`
- rankings: `precision_recall_curve`, `average_precision`, `roc_curve`, `roc_auc`
- confidence: `coverage_curve`, `coverage_at_accuracy`, `calibration_error`
- numbers: `mean_absolute_error`, `root_mean_squared_error`, `r2_score`
- language: `perplexity`
"""

from mlcore.metrics.classification import accuracy, confusion_matrix, f_score, precision, recall, top_k_accuracy
from mlcore.metrics.confidence import calibration_error, coverage_at_accuracy, coverage_curve
from mlcore.metrics.language import perplexity
from mlcore.metrics.ranking import average_precision, precision_recall_curve, roc_auc, roc_curve
from mlcore.metrics.regression import mean_absolute_error, r2_score, root_mean_squared_error

__all__ = [
    "accuracy",
    "average_precision",
    "calibration_error",
    "confusion_matrix",
    "coverage_at_accuracy",
    "coverage_curve",
    "f_score",
    "mean_absolute_error",
    "perplexity",
    "precision",
    "precision_recall_curve",
    "r2_score",
    "recall",
    "roc_auc",
    "roc_curve",
    "root_mean_squared_error",
    "top_k_accuracy",
]
