"""Figures are drawn in memory, nothing global changes, and what a test opens is closed after it."""

import matplotlib
import pytest

matplotlib.use("Agg")

from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def _leave_no_trace():
    before = matplotlib.rcParams.copy()
    yield
    plt.close("all")
    assert matplotlib.rcParams == before
