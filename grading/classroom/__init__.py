"""Realistic hand-ins, honest, damaged and hostile: for the tests and for the demonstration."""
