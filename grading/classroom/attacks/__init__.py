"""The corpus of hostile code, a family a file."""
