"""Augmented images and softened targets."""

import numpy as np
import pytest
import scipy.ndimage

from mlcore import Tensor, functions, optimizers
from mlcore import regularization as r


def rng(seed=0):
    return np.random.default_rng(seed)


def images(n=3, height=7, width=5, channels=2, dtype=np.float32):
    return rng(1).random((n, height, width, channels)).astype(dtype)


ALL = {
    "random_flip": lambda x, g: r.random_flip(x, rng=g),
    "random_shift": lambda x, g: r.random_shift(x, pixels=2, rng=g),
    "random_transform": lambda x, g: r.random_transform(x, degrees=20, scale=(0.8, 1.2), shift=1.5, rng=g),
    "jitter_colors": lambda x, g: r.jitter_colors(x, brightness=0.3, contrast=0.3, saturation=0.3, color=0.3, rng=g),
    "cutout": lambda x, g: r.cutout(x, size=3, rng=g),
    "mixup": lambda x, g: r.mixup(x, x[:, 0, 0], rng=g)[0],
}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_and_type_stay_the_input_is_left_alone_and_the_seed_decides(name, dtype):
    x = images(8, dtype=dtype)
    before = x.copy()
    out = ALL[name](x, rng(0))
    assert out.shape == x.shape
    assert out.dtype == dtype
    np.testing.assert_array_equal(x, before)
    assert not np.shares_memory(out, x)
    np.testing.assert_array_equal(out, ALL[name](x, rng(0)))
    assert not np.array_equal(out, ALL[name](x, rng(1)))
    assert ALL[name](x[:0], rng(0)).shape == (0, 7, 5, 2)


@pytest.mark.parametrize("name", [n for n in ALL if n != "mixup"])
def test_images_have_four_axes(name):
    with pytest.raises(
        ValueError, match=r"expected images of shape \(batch, height, width, channels\); got \(3, 7, 5\)"
    ):
        ALL[name](images()[..., 0], rng())


@pytest.mark.parametrize("name", ["random_transform", "jitter_colors"])
def test_what_computes_wants_floats(name):
    with pytest.raises(TypeError, match="expected images of floats; got uint8"):
        ALL[name](np.zeros((1, 4, 4, 1), np.uint8), rng())


@pytest.mark.parametrize("name", ["random_flip", "random_shift", "cutout"])
def test_what_only_moves_takes_bytes(name):
    assert ALL[name](np.ones((2, 4, 4, 1), np.uint8), rng()).dtype == np.uint8


def test_flips_are_left_to_right_and_as_frequent_as_asked():
    x = images(2000, 2, 3, 1)
    out = r.random_flip(x, probability=0.3, rng=rng())
    flipped = np.array([np.array_equal(a[:, ::-1], b) for a, b in zip(x, out, strict=True)])
    np.testing.assert_array_equal(out[~flipped], x[~flipped])
    assert flipped.mean() == pytest.approx(0.3, abs=0.04)


def test_every_shift_is_as_likely_as_any_other():
    x = np.zeros((5000, 5, 7, 1), np.float32)
    x[:, 2, 3] = 1.0
    out = r.random_shift(x, pixels=2, rng=rng())
    _, rows, columns, _ = np.nonzero(out)
    assert len(rows) == 5000
    counts = np.histogram2d(rows - 2, columns - 3, bins=(np.arange(-2.5, 3), np.arange(-2.5, 3)))[0]
    assert counts.sum() == 5000
    assert counts.min() > 130  # of 200 expected
    filled = r.random_shift(np.zeros((50, 3, 3, 1)), pixels=1, fill=0.5, rng=rng())
    assert set(np.unique(filled)) == {0.0, 0.5}


@pytest.mark.parametrize("turns", [0, 1, 2, 3, -1])
def test_right_angles_are_exact(turns):
    x = images(2, 6, 6)
    out = r.transform_images(x, degrees=90.0 * turns)
    np.testing.assert_allclose(out, np.rot90(x, turns, axes=(1, 2)), atol=1e-6)


@pytest.mark.parametrize(("height", "width"), [(7, 5), (6, 8)])
def test_transformations_agree_with_scipy(height, width):
    x = images(4, height, width, dtype=np.float64)
    degrees, scale = np.array([0.0, 25.0, -70.0, 160.0]), np.array([1.0, 1.3, 0.7, 0.9])
    down, right = np.array([0.5, 1.0, -0.25, 0.0]), np.array([0.0, -1.5, 2.0, 0.75])
    out = r.transform_images(x, degrees=degrees, scale=scale, shift=(down, right), fill=0.3)
    center = np.array([(height - 1) / 2, (width - 1) / 2])
    for i in range(4):
        c, s = np.cos(np.deg2rad(degrees[i])), np.sin(np.deg2rad(degrees[i]))
        back = np.array([[c, s], [-s, c]]) / scale[i]
        offset = center - back @ (center + [down[i], right[i]])
        for k in range(2):
            # one more frame of the fill: SciPy does not blend with what is outside
            framed = np.pad(x[i, ..., k], 3, constant_values=0.3)
            expected = scipy.ndimage.affine_transform(
                framed, back, offset + 3 - back @ [3, 3], framed.shape, order=1, cval=0.3
            )[3:-3, 3:-3]
            np.testing.assert_allclose(out[i, ..., k], expected, atol=1e-12)


def test_random_transformations_stay_in_their_ranges():
    x = np.zeros((300, 21, 21, 1))
    x[:, 10, 16] = 1.0
    place = np.arange(21) - 10

    def where(out):
        mass = out.sum(axis=(1, 2, 3))
        return (out[..., 0] * place[:, None]).sum((1, 2)) / mass, (out[..., 0] * place).sum((1, 2)) / mass

    rows, columns = where(r.random_transform(x, shift=3.0, rng=rng()))
    turned_rows, turned_columns = where(r.random_transform(x, degrees=60, rng=rng()))
    near, _ = where(r.random_transform(x.swapaxes(1, 2), scale=(0.5, 1.5), rng=rng()))
    for drawn, middle, reach in [
        (rows, 0, 3),
        (columns, 6, 3),
        (np.rad2deg(np.arctan2(-turned_rows, turned_columns)), 0, 60),
        (near / 6, 1, 0.5),
    ]:
        assert np.abs(drawn - middle).max() < 1.06 * reach
        assert drawn.std() == pytest.approx(reach / np.sqrt(3), rel=0.15)
    with pytest.raises(ValueError, match="scales above 0"):
        r.transform_images(x, scale=0.0)


def test_each_color_option_keeps_what_it_says():
    x = (0.3 + 0.2 * rng().random((6, 4, 5, 3))).astype(np.float64)
    brighter = r.jitter_colors(x, brightness=0.5, rng=rng())
    ratio = brighter / x
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:, :1, :1, :1], x.shape), rtol=1e-12)
    assert 0.5 <= ratio.min() < ratio.max() <= 1.5
    contrasted = r.jitter_colors(x, contrast=0.5, rng=rng())
    np.testing.assert_allclose(contrasted.mean(axis=(1, 2, 3)), x.mean(axis=(1, 2, 3)), rtol=1e-12)
    assert np.std(contrasted.std(axis=(1, 2, 3)) / x.std(axis=(1, 2, 3))) > 0.05
    saturated = r.jitter_colors(x, saturation=1.0, rng=rng())
    np.testing.assert_allclose(saturated.mean(axis=3), x.mean(axis=3), rtol=1e-12)
    assert not np.allclose(saturated, x, atol=0.01)
    tinted = r.jitter_colors(x, color=0.5, rng=rng()) / x
    np.testing.assert_allclose(tinted, np.broadcast_to(tinted[:, :1, :1], x.shape), rtol=1e-12)
    assert tinted[0, 0, 0].std() > 0.01
    assert r.jitter_colors(np.ones((20, 1, 1, 1)), brightness=1.0, rng=rng()).max() == 1.0
    with pytest.raises(ValueError, match=r"from 0 to 1; got 1\.5"):
        r.jitter_colors(x, contrast=1.5, rng=rng())


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_cutout_hides_a_square(size):
    x = np.ones((500, 9, 8, 2), np.float32)
    out = r.cutout(x, size=size, fill=0.25, rng=rng())
    np.testing.assert_array_equal(out[..., 0], out[..., 1])
    hidden = out[..., 0] == 0.25
    assert (hidden | (out[..., 0] == 1.0)).all()
    sides = hidden.any(axis=2).sum(axis=1), hidden.any(axis=1).sum(axis=1)
    np.testing.assert_array_equal(hidden.sum(axis=(1, 2)), sides[0] * sides[1])
    assert max(sides[0].max(), sides[1].max()) == size
    if size:
        assert hidden.any(axis=0).all()


# ---- targets ----------------------------------------------------------------------------------------------------


def test_smooth_labels_follow_the_source():
    """D 7.5.1: 1 - epsilon, and epsilon / (k - 1) for the others."""
    targets = r.smooth_labels(np.array([[0], [3]]), classes=4, amount=np.float64(0.3))
    np.testing.assert_allclose(targets, [[[0.7, 0.1, 0.1, 0.1]], [[0.1, 0.1, 0.1, 0.7]]], rtol=1e-6)
    assert targets.dtype == np.float32
    z, y = Tensor(rng().standard_normal((6, 4))), rng().integers(0, 4, 6)
    by_option = functions.softmax_cross_entropy(z, y, label_smoothing=0.2)
    by_targets = functions.softmax_cross_entropy(z, r.smooth_labels(y, classes=4, amount=0.2 * 3 / 4))
    assert by_targets.item() == pytest.approx(by_option.item(), rel=1e-6)
    for options, error, match in [
        ({"classes": 1, "amount": 0.1}, ValueError, "at least 2 classes"),
        ({"classes": 4, "amount": 1.1}, ValueError, "amount from 0 to 1"),
        ({"classes": 3, "amount": 0.1}, ValueError, "0 to 2"),
    ]:
        with pytest.raises(error, match=match):
            r.smooth_labels([3], **options)


def test_a_smoothed_classifier_stops_where_theory_says():
    """The logit of the class is above the others by log((1 - a)(k - 1) / a)."""
    z = Tensor(np.zeros((1, 3)), requires_grad=True)
    targets = r.smooth_labels([1], classes=3, amount=0.1)
    optimizer = optimizers.SGD([z], learning_rate=1.0)
    for _ in range(300):
        optimizer.zero_grad()
        functions.softmax_cross_entropy(z, targets).backward()
        optimizer.step()
    np.testing.assert_allclose(z.data - z.data[0, 0], [[0, np.log(0.9 * 2 / 0.1), 0]], atol=1e-3)


def test_mixup_blends_inputs_and_targets_by_the_same_shares():
    y = np.eye(200, dtype=np.float32)
    x = 3 * np.eye(200).reshape(200, 20, 10)
    blended, targets = r.mixup(x, y, alpha=0.5, rng=rng())
    assert targets.dtype == np.float32
    np.testing.assert_allclose(blended.reshape(200, 200), 3 * targets, atol=1e-6)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
    shares = np.diag(targets)
    partners = targets * (1 - np.eye(200))
    assert ((partners > 0).sum(axis=1) <= 1).all()
    other = r.mixup(x, y, alpha=0.5, rng=rng(1))[1] * (1 - np.eye(200))
    assert np.mean(partners.argmax(axis=1) == other.argmax(axis=1)) < 0.2
    assert shares.mean() == pytest.approx(0.5, abs=0.1)
    assert np.var(shares) == pytest.approx(1 / 8, abs=0.03)  # of Beta(1/2, 1/2)


def test_mixup_refuses_class_numbers_and_unequal_lengths():
    with pytest.raises(TypeError, match="expected targets to be floating-point, to be blended; got int64"):
        r.mixup(np.ones((2, 2)), np.array([0, 1]), rng=rng())
    with pytest.raises(ValueError, match="one target for each of 2 examples; got 3"):
        r.mixup(np.ones((2, 2)), np.ones(3), rng=rng())
    with pytest.raises(ValueError, match="alpha above 0"):
        r.mixup(np.ones((2, 2)), np.ones(2), alpha=0.0, rng=rng())
