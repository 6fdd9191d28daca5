"""Pictures of learning, of networks and of what they compute."""

__all__: list[str] = []
