"""Search for hyperparameters."""

__all__: list[str] = []
