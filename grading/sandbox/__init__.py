"""Student code runs here, and nowhere else: a warm process behind bubblewrap that forks one child a submission."""
