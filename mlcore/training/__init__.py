"""Training: a loop, and what may happen in it."""

__all__: list[str] = []
