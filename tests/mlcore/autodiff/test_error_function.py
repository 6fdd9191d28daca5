"""The error function against SciPy's, to the last digits of each type."""

import numpy as np
import pytest
import scipy.special

from mlcore.autodiff import elementwise as e

WIDE = np.concatenate(
    [np.linspace(-7, 7, 20_001), 10.0 ** np.linspace(-300, 1.4, 500), -(10.0 ** np.linspace(-9, 1, 99))]
)


@pytest.mark.parametrize(
    ("ours", "reference", "digits"), [(e.erf, scipy.special.erf, 1e-15), (e.erfc, scipy.special.erfc, 1e-13)]
)
def test_float64_to_its_last_digits(ours, reference, digits):
    np.testing.assert_allclose(ours(WIDE), reference(WIDE), rtol=digits, atol=0)


@pytest.mark.parametrize(("ours", "reference"), [(e.erf, scipy.special.erf), (e.erfc, scipy.special.erfc)])
def test_float32_to_its_last_digits(ours, reference):
    x = WIDE[np.abs(WIDE) > 1e-37].astype(np.float32)
    out, expected = ours(x), reference(x.astype(np.float64))
    assert out.dtype == np.float32
    normal = expected > 1e-37
    np.testing.assert_allclose(out[normal], expected[normal], rtol=4e-7)
    assert np.abs(out).max() <= (1 if ours is e.erf else 2)


def test_inverse():
    x = np.concatenate(
        [np.linspace(-1, 1, 2001)[1:-1], 1 - 10.0 ** -np.linspace(1, 15.9, 50), 10.0 ** -np.linspace(1, 300, 50)]
    )
    np.testing.assert_allclose(e.erfinv(x), scipy.special.erfinv(x), rtol=2e-15)
    np.testing.assert_allclose(e.erf(e.erfinv(x)), x, rtol=1e-14)
    np.testing.assert_array_equal(
        e.erfinv(np.array([-1.0, 0.0, 1.0, 1.5, np.nan])), [-np.inf, 0, np.inf, np.nan, np.nan]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_ends_and_shapes(dtype):
    x = np.array([np.inf, -np.inf, np.nan, 0.0], dtype)
    np.testing.assert_array_equal(e.erf(x), [1, -1, np.nan, 0])
    np.testing.assert_array_equal(e.erfc(x), [0, 2, np.nan, 1])
    for shape in [(), (0,), (2, 0), (3, 1, 2)]:
        for function in (e.erf, e.erfc, e.erfinv):
            out = function(np.full(shape, 0.5, dtype))
            assert np.shape(out) == shape
            assert out.dtype == dtype
    assert e.erf(np.arange(20_000, dtype=np.float32).reshape(2, -1)[:, ::2]).shape == (2, 5000)
    assert e.erf(np.array([1, 2])).dtype == np.float64


def test_the_far_tail_is_exact():
    """To 20 digits by arithmetic of any precision; SciPy's own error is a hundred times the rounding error there."""
    exact = np.array([3.0577097964381651988e-6, 3.9712599756985401515e-72, 1.0202833184732667196e-293])
    np.testing.assert_allclose(e.erfc(np.array([3.3, 12.7, 25.9])), exact, rtol=2e-15)
