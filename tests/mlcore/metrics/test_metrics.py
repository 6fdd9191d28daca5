"""Metrics: against scikit-learn, on examples worked by hand, and on what does not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore import Tensor, functions, metrics


def generator(seed=0):
    return np.random.default_rng(seed)


def decisions(seed, classes, n=60):
    """Predictions and targets that agree more often than not."""
    rng = generator(seed)
    targets = rng.integers(0, classes, n)
    return np.where(rng.random(n) < 0.6, targets, rng.integers(0, classes, n)), targets


def scores(seed, n=60):
    """Scores for two classes, many of them equal."""
    rng = generator(seed)
    targets = rng.integers(0, 2, n)
    return (targets + rng.normal(size=n)).round(1).astype(np.float32), targets


each_seed = pytest.mark.parametrize("seed", range(4))


# ---- decisions --------------------------------------------------------------------------------------------------


def test_accuracy_of_every_kind_of_prediction():
    targets = np.array([0, 1, 2, 1])
    assert metrics.accuracy([0, 1, 1, 1], targets) == 0.75
    logits = np.array([[2.0, 1, 0], [0, 1, 0], [0, 0, 1], [3, 2, 1]], np.float32)
    assert metrics.accuracy(Tensor(logits, requires_grad=True), targets) == 0.75
    assert metrics.accuracy(logits.reshape(2, 2, 3), targets.reshape(2, 2)) == 0.75
    column = np.array([[-1.0], [0.3], [0.6]])
    assert metrics.accuracy(column, [[0], [1], [1]], threshold=0.0) == 1
    assert metrics.accuracy(column, np.array([[0.0], [1.0], [1.0]]), threshold=0.5) == pytest.approx(2 / 3)
    assert metrics.accuracy([0.0, 1.0], [0, 1], threshold=0.0) == 1
    assert metrics.accuracy([True, False], [1, 1]) == 0.5
    assert type(metrics.accuracy([1], [1])) is float


@pytest.mark.parametrize(
    ("predictions", "targets", "message"),
    [
        ([], [], "at least one prediction"),
        ([0, 1], [0, 1, 1], r"shape \(3,\).* got \(2,\)"),
        (np.zeros((3, 1)), [0, 1, 1], r"two or more classes; got \(3, 1\)"),
        (np.zeros(3), [[0], [1], [1]], r"got \(3,\)"),
        ([0.2, 0.8], [0, 1], "threshold=0.0 for logits, or 0.5 for probabilities"),
        ([0, 1], [0.5, 1], "class numbers"),
        ([0, 1], [-1, 1], "class numbers"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(predictions, targets, message):
    for metric in (metrics.accuracy, metrics.confusion_matrix, metrics.f_score):
        with pytest.raises(ValueError, match=message):
            metric(predictions, targets)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_top_k_accuracy_agrees_with_scikit_learn(k):
    sklearn = pytest.importorskip("sklearn.metrics")
    logits, targets = generator().normal(size=(80, 5)), generator(1).integers(0, 5, 80)
    expected = sklearn.top_k_accuracy_score(targets, logits, k=k) if k < 5 else 1
    assert metrics.top_k_accuracy(logits, targets, k=k) == pytest.approx(expected)
    assert metrics.top_k_accuracy(np.zeros_like(logits), targets, k=1) == metrics.accuracy(np.zeros((80, 5)), targets)


def test_top_k_needs_scores_for_k_classes():
    for k in (0, 4):
        with pytest.raises(ValueError, match="at least k"):
            metrics.top_k_accuracy(np.zeros((2, 3)), [0, 1], k=k)
    with pytest.raises(ValueError, match="expected scores"):
        metrics.top_k_accuracy([0, 1], [0, 1], k=1)


@each_seed
@pytest.mark.parametrize("classes", [2, 4])
def test_confusion_matrix_agrees_with_scikit_learn(seed, classes):
    sklearn = pytest.importorskip("sklearn.metrics")
    predictions, targets = decisions(seed, classes)
    np.testing.assert_array_equal(
        metrics.confusion_matrix(predictions, targets), sklearn.confusion_matrix(targets, predictions)
    )


def test_confusion_matrix_has_a_row_for_every_class():
    assert metrics.confusion_matrix([0, 0], [0, 0]).tolist() == [[2, 0], [0, 0]]
    assert metrics.confusion_matrix(np.eye(4)[[0, 1]], [0, 2]).shape == (4, 4)
    assert metrics.confusion_matrix([[0, 1]], [[1, 2]], classes=5).sum() == 2
    with pytest.raises(ValueError, match="class numbers from 0 to 1; got 0 to 2"):
        metrics.confusion_matrix([0, 2], [0, 1], classes=2)
    with pytest.raises(ValueError, match="got -1 to 1"):
        metrics.confusion_matrix([0, -1], [0, 1])


@each_seed
@pytest.mark.parametrize(
    ("average", "classes"), [("binary", 2), ("macro", 4), ("micro", 4), ("weighted", 4), (None, 4)]
)
def test_precision_recall_and_f_agree_with_scikit_learn(seed, average, classes):
    sklearn = pytest.importorskip("sklearn.metrics")
    predictions, targets = decisions(seed, classes)
    options = {"average": average, "zero_division": 0}
    for ours, theirs in [
        (metrics.precision(predictions, targets, average=average), sklearn.precision_score),
        (metrics.recall(predictions, targets, average=average), sklearn.recall_score),
        (metrics.f_score(predictions, targets, average=average), sklearn.f1_score),
    ]:
        np.testing.assert_allclose(ours, theirs(targets, predictions, **options))
    np.testing.assert_allclose(
        metrics.f_score(predictions, targets, beta=2.0, average=average),
        sklearn.fbeta_score(targets, predictions, beta=2.0, **options),
    )


def test_classes_that_do_not_occur_do_not_lower_the_mean():
    sklearn = pytest.importorskip("sklearn.metrics")
    predictions, targets = [0, 0, 3, 5], [0, 3, 3, 3]  # 5 is reported and never present; 1, 2 and 4 are neither
    for average in ("macro", "weighted", "micro"):
        expected = sklearn.f1_score(targets, predictions, average=average)
        assert metrics.f_score(predictions, targets, average=average) == pytest.approx(expected)
    assert metrics.recall(predictions, targets, average=None).tolist() == [1, 0, 0, pytest.approx(1 / 3), 0, 0]


def test_nothing_reported_counts_as_zero():
    assert metrics.precision([0, 0], [1, 1]) == metrics.recall([1, 1], [0, 0]) == 0
    assert metrics.f_score([0, 0], [0, 0]) == 0


def test_averages_are_checked():
    with pytest.raises(ValueError, match="classes 0 and 1; for 3"):
        metrics.precision([0, 1, 2], [0, 1, 2])
    with pytest.raises(ValueError, match="got 'mean'"):
        metrics.recall([0, 1], [0, 1], average="mean")


# ---- rankings ---------------------------------------------------------------------------------------------------


@each_seed
def test_curves_and_areas_agree_with_scikit_learn(seed):
    sklearn = pytest.importorskip("sklearn.metrics")
    z, y = scores(seed)
    for ours, theirs in [
        (metrics.precision_recall_curve(z, y), sklearn.precision_recall_curve(y, z)),
        (metrics.roc_curve(z, y), sklearn.roc_curve(y, z, drop_intermediate=False)),
    ]:
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b)
    assert metrics.average_precision(Tensor(z), y) == pytest.approx(sklearn.average_precision_score(y, z))
    assert metrics.roc_auc(z, y) == pytest.approx(sklearn.roc_auc_score(y, z))


@given(z=st.lists(st.integers(-3, 3), min_size=2, max_size=12), ones=st.lists(st.booleans(), min_size=12, max_size=12))
def test_the_area_under_the_roc_curve_counts_pairs_in_order(z, ones):
    z, y = np.array(z, float), np.array(ones[: len(z)], int)
    y[:2] = 0, 1
    difference = z[y == 1][:, None] - z[y == 0]
    assert metrics.roc_auc(z, y) == pytest.approx(np.mean((difference > 0) + 0.5 * (difference == 0)))


def test_a_point_of_the_curve_is_what_its_threshold_gives():
    z, y = scores(0)
    for p, r, threshold in zip(*metrics.precision_recall_curve(z, y), strict=False):
        reported = (z >= threshold).astype(int)
        assert metrics.precision(reported, y) == pytest.approx(p)
        assert metrics.recall(reported, y) == pytest.approx(r)


@pytest.mark.parametrize(
    ("z", "y", "message"),
    [
        ([0.1, 0.2], [0, 0], "there are none"),
        ([0.1, 0.2], [0, 2], "0 or 1"),
        ([np.nan, 0.2], [0, 1], "that are numbers"),
        ([0.1], [0, 1], "one shape"),
        ([], [], "one shape"),
        ([[0.1, 0.9]], [[0, 1]], "one shape"),
    ],
)
def test_scores_that_give_no_curve_are_refused(z, y, message):
    with pytest.raises(ValueError, match=message):
        metrics.average_precision(z, y)
    if message != "there are none":
        with pytest.raises(ValueError, match=message):
            metrics.roc_auc(z, y)


def test_a_roc_curve_needs_both_classes():
    for y in ([0, 0], [1, 1]):
        with pytest.raises(ValueError, match="one of them has none"):
            metrics.roc_auc([0.1, 0.2], y)


# ---- confidence -------------------------------------------------------------------------------------------------


def test_coverage_at_98_percent():
    """Of 100 answers in the order of their confidence the 50th and the 51st are wrong."""
    confidence = np.linspace(1, 0, 100)
    correct = ~np.isin(np.arange(100), [49, 50])
    shuffled = generator().permutation(100)
    confidence, correct = confidence[shuffled], correct[shuffled]
    assert metrics.coverage_at_accuracy(confidence, correct, accuracy=1.0) == 0.49
    assert metrics.coverage_at_accuracy(confidence, correct, accuracy=0.98) == 1.0
    assert metrics.coverage_at_accuracy(confidence, correct, accuracy=0.985) == 0.49
    assert metrics.coverage_at_accuracy(confidence, ~correct, accuracy=0.5) == 0.0


def test_answers_of_equal_confidence_are_given_together():
    coverage, accuracy, thresholds = metrics.coverage_curve([0.5, 0.9, 0.5, 0.5], [True, True, False, True])
    assert (coverage.tolist(), accuracy.tolist(), thresholds.tolist()) == ([0.25, 1.0], [1.0, 0.75], [0.9, 0.5])


def test_calibration_error_equals_its_definition():
    rng = generator()
    confidence, bins = rng.random(60), 8  # few in each bin, so that some have too many right answers, some too few
    confidence[:3] = 0.0, 1.0, 0.25
    correct = rng.random(60) < confidence
    expected = 0.0
    for b in range(bins):
        low, high = b / bins, (b + 1) / bins
        inside = (confidence > low) & (confidence <= high) if b else confidence <= high
        expected += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    assert metrics.calibration_error(confidence, correct, bins=bins) == pytest.approx(expected)
    assert metrics.calibration_error(confidence, correct, bins=1) == pytest.approx(abs(np.mean(correct - confidence)))


def test_calibration_error_of_the_best_and_the_worst():
    assert metrics.calibration_error(np.ones(4), np.ones(4, bool)) == 0
    assert metrics.calibration_error(np.ones(4), np.zeros(4, bool)) == 1


@pytest.mark.parametrize(
    ("confidence", "correct", "message"),
    [
        ([0.5], [True, False], "one shape"),
        ([], [], "one shape"),
        ([np.nan], [True], "numbers"),
        ([0.5], [2], "True or False"),
    ],
)
def test_confidences_that_do_not_fit_are_refused(confidence, correct, message):
    for metric in (metrics.coverage_curve, metrics.calibration_error):
        with pytest.raises(ValueError, match=message):
            metric(confidence, correct)


def test_options_of_confidence_are_checked():
    with pytest.raises(ValueError, match="accuracy from 0 to 1; got 98"):
        metrics.coverage_at_accuracy([0.5], [True], accuracy=98)
    with pytest.raises(ValueError, match="confidences from 0 to 1"):
        metrics.calibration_error([1.5], [True])
    with pytest.raises(ValueError, match="at least one bin"):
        metrics.calibration_error([0.5], [True], bins=0)


# ---- numbers and language ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(30,), (30, 2)])
def test_regression_agrees_with_scikit_learn(shape):
    sklearn = pytest.importorskip("sklearn.metrics")
    y = generator().normal(5, 2, shape)
    p = y + generator(1).normal(size=shape)
    assert metrics.mean_absolute_error(p, y) == pytest.approx(sklearn.mean_absolute_error(y, p))
    assert metrics.root_mean_squared_error(p, y) == pytest.approx(np.sqrt(sklearn.mean_squared_error(y, p)))
    assert metrics.r2_score(p, y) == pytest.approx(sklearn.r2_score(y, p))
    assert type(metrics.r2_score(Tensor(p), Tensor(y))) is float


def test_predicting_the_mean_explains_nothing():
    y = np.array([1.0, 2.0, 6.0])
    assert metrics.r2_score(np.full(3, y.mean()), y) == 0
    with pytest.raises(ValueError, match="no variance to explain"):
        metrics.r2_score(y, np.ones(3))


def test_a_column_is_not_compared_with_a_row():
    for metric in (metrics.mean_absolute_error, metrics.root_mean_squared_error, metrics.r2_score):
        for p, y in [(np.zeros((3, 1)), np.zeros(3)), (np.zeros(0), np.zeros(0))]:
            with pytest.raises(ValueError, match="of one shape"):
                metric(p, y)


def test_perplexity_is_the_exponential_of_the_cross_entropy():
    logits, targets = generator().normal(size=(4, 6, 9)), generator(1).integers(0, 9, (4, 6))
    expected = np.exp(functions.softmax_cross_entropy(logits, targets))
    assert metrics.perplexity(logits, targets) == pytest.approx(float(expected))
    targets[0, 3:] = targets[2, 5] = 0
    expected = np.exp(functions.softmax_cross_entropy(logits, targets, ignored=0))
    assert metrics.perplexity(Tensor(logits), targets, ignored=0) == pytest.approx(float(expected))


def test_perplexity_of_large_logits_and_of_certainty():
    assert metrics.perplexity([[1e4, 0.0]], [0]) == 1
    assert metrics.perplexity(np.full((3, 7), 1e4), [1, 2, 3]) == pytest.approx(7)


@pytest.mark.parametrize(
    ("targets", "ignored", "message"),
    [
        ([0], None, r"shape \(2,\)"),
        ([0, 3], None, "from 0 to 2"),
        ([0, -1], None, "from 0 to 2"),
        ([1, 1], 1, "counts"),
    ],
)
def test_symbols_that_do_not_fit_are_refused(targets, ignored, message):
    with pytest.raises(ValueError, match=message):
        metrics.perplexity(np.zeros((2, 3)), targets, ignored=ignored)
