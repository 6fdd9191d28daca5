"""Metrics: how good predictions are, in numbers."""

__all__: list[str] = []
