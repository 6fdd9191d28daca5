"""Regularization: what keeps a model from learning the training set by heart."""

__all__: list[str] = []
