"""Plots: the numbers in the artists, and what holds for every plot."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from mlcore import Tensor, plotting
from mlcore.layers import BatchNorm, Dense, Dropout, ReLU, Sequential, Tanh
from mlcore.plotting import (
    plot_activations,
    plot_attention,
    plot_confusion_matrix,
    plot_decision_regions,
    plot_filters,
    plot_gradients,
    plot_images,
    plot_learning_curves,
    plot_loss_landscape,
    plot_precision_recall,
    random_direction,
)
from mlcore.training import History


def network(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(Dense(2, 8, rng=rng), ReLU(), Dense(8, 1, rng=rng))


def with_gradients():
    model = network()
    (model(np.ones((4, 2), np.float32)) ** 2).mean().backward()
    return model


def landscape(model, ax):
    return plot_loss_landscape(
        lambda: (model(POINTS) ** 2).mean(), model, rng=np.random.default_rng(0), steps=3, log=True, ax=ax
    )


POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], np.float32)
PLOTS = {
    "draw_graph": lambda ax: plotting.draw_graph(Tensor(2.0, requires_grad=True) * 3.0, ax=ax),
    "plot_activations": lambda ax: plot_activations(network(), POINTS, ax=ax),
    "plot_attention": lambda ax: plot_attention(np.eye(3), ax=ax),
    "plot_confusion_matrix": lambda ax: plot_confusion_matrix(np.eye(3, dtype=int), ax=ax),
    "plot_decision_regions": lambda ax: plot_decision_regions(network(), POINTS, [0, 1, 1, 0], steps=9, ax=ax),
    "plot_filters": lambda ax: plot_filters(np.ones((3, 3, 1, 4)), ax=ax),
    "plot_gradients": lambda ax: plot_gradients(with_gradients(), ax=ax),
    "plot_images": lambda ax: plot_images(np.ones((3, 4, 4)), ax=ax),
    "plot_learning_curves": lambda ax: plot_learning_curves({"loss": [2.0, 1.0]}, ax=ax),
    "plot_loss_landscape": lambda ax: landscape(network(), ax),
    "plot_precision_recall": lambda ax: plot_precision_recall([1.0, 0.5], [0.5, 1.0], ax=ax),
}


# ---- every plot ---------------------------------------------------------------------------------------------------


def test_every_plot_is_tested():
    assert set(PLOTS) == set(plotting.__all__) - {"random_direction", "to_dot"}


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_it_draws_into_the_axes_given_and_opens_no_figure(plot):
    figure, (left, right) = plt.subplots(1, 2)
    assert plot(left) is left
    assert plt.get_fignums() == [figure.number]
    assert left.has_data() or left.texts
    assert not right.has_data()
    assert left.get_title() or plot is PLOTS["plot_images"]


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_without_axes_it_makes_one_figure_that_can_be_drawn(plot):
    ax = plot(None)
    assert isinstance(ax, Axes)
    assert len(plt.get_fignums()) == 1
    ax.figure.canvas.draw()


def test_importing_the_package_imports_no_matplotlib():
    code = "import mlcore.plotting, sys; print('matplotlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


# ---- curves -------------------------------------------------------------------------------------------------------


def test_learning_curves_show_the_training_set_and_all_others_from_epoch_1():
    history = History()
    for row in ((1.0, 1.5, 0.1), (0.5, 1.0, 0.1), (0.25, 1.25, 0.1)):
        history.append(dict(zip(("loss", "validation_loss", "learning_rate"), row, strict=True)))
    ax = plot_learning_curves(history, log=True)
    curves = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert curves == {"training": [[1, 1], [2, 0.5], [3, 0.25]], "validation": [[1, 1.5], [2, 1.0], [3, 1.25]]}
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")
    assert [t for t in ax.get_xticks() if t % 1] == []


def test_learning_curves_of_steps_and_of_another_metric():
    ax = plot_learning_curves({"loss": [1.0], "accuracy": [0.5, 0.75]}, "accuracy", unit="step")
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.5, 0.75]]
    assert ax.get_title() == "Accuracy after each step"
    with pytest.raises(ValueError, match=r"no values of 'f1'; it has loss"):
        plot_learning_curves({"loss": [1.0]}, "f1")


@pytest.mark.parametrize("order", [1, -1])
def test_precision_is_drawn_against_recall_in_steps(order):
    precision, recall = np.array([1.0, 1.0, 2 / 3, 0.5]), np.array([0.0, 0.5, 1.0, 1.0])
    ax = plot_precision_recall(precision[::order], recall[::order], positives=0.5)
    curve, guess = ax.lines
    assert curve.get_drawstyle() == "steps-pre"  # at a recall in between one gets the precision of the next point
    assert sorted(curve.get_xdata()) == list(curve.get_xdata())
    assert curve.get_ydata()[1] == 1.0
    assert guess.get_ydata() == [0.5, 0.5]
    with pytest.raises(ValueError, match=r"\(3,\) and \(2,\)"):
        plot_precision_recall([1, 1, 1], [0, 1])


# ---- distributions ------------------------------------------------------------------------------------------------


def bars(ax):
    """The heights of each histogram above its baseline, the first row first, as shares of its total."""
    heights = [patch.get_data().values - patch.get_data().baseline for patch in ax.patches]
    return [h / h.sum() for h in heights]


def test_activations_are_those_of_each_layer_without_zeros():
    x = np.random.default_rng(1).standard_normal((500, 2)).astype(np.float32)
    model = network()
    ax = plot_activations(model, x, bins=20)
    hidden = model[0](x).numpy()
    values = [hidden, np.maximum(hidden, 0), model(x).numpy()]
    edges = ax.patches[0].get_data().edges
    for share, value in zip(bars(ax), values, strict=True):
        counts, _ = np.histogram(value[value != 0], bins=edges)
        np.testing.assert_allclose(share, counts / counts.sum(), atol=1e-9)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["layers.0 Dense", "layers.1 ReLU", "layers.2 Dense"]
    assert f"{np.mean(hidden <= 0):.0%} zeros" in ax.texts[1].get_text()
    assert ax.patches[0].get_data().baseline > ax.patches[1].get_data().baseline  # the first layer is on top


def test_plotting_activations_leaves_the_model_as_it_was():
    rng = np.random.default_rng(0)
    model = Sequential(Dense(2, 4, rng=rng), BatchNorm(4), Dropout(0.5, rng=rng), Tanh())
    model[1].eval()
    before, modes = model.state_dict(), [m.training for m in model.modules()]
    plot_activations(model, POINTS)
    assert [m.training for m in model.modules()] == modes
    assert all("forward" not in vars(m) for m in model.modules())
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_a_layer_used_twice_has_one_histogram_and_values_that_are_not_finite_are_counted():
    shared = Tanh()
    ax = plot_activations(Sequential(shared, shared), np.array([[0.5, np.nan]]))
    assert len(ax.patches) == 1
    assert "50% not finite" in ax.texts[0].get_text()
    with pytest.raises(ValueError, match="no layer returned"):
        plot_activations(network(), np.full((2, 2), np.nan))


def test_gradients_are_those_of_each_parameter_by_size():
    model = with_gradients()
    ax = plot_gradients(model, bins=30)
    edges = ax.patches[0].get_data().edges
    for share, (_, parameter) in zip(bars(ax), model.named_parameters(), strict=True):
        sizes = np.abs(parameter.grad[parameter.grad != 0])
        np.testing.assert_allclose(share, np.histogram(sizes, bins=edges)[0] / len(sizes), atol=1e-9)
    assert ax.get_xscale() == "log"
    weight = model[0].weight
    ratio = np.linalg.norm(weight.grad) / np.linalg.norm(weight.data)
    assert f"{ratio:.1e}" in ax.texts[0].get_text()


def test_gradients_need_a_backward_pass():
    with pytest.raises(ValueError, match=r"loss\.backward\(\) first"):
        plot_gradients(network())


# ---- regions and landscape ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        lambda p: p[:, 0] - 0.5,
        lambda p: np.stack([0.5 - p[:, 0], p[:, 0] - 0.5], axis=1),
        lambda p: Tensor(p[:, :1] - 0.5),
        lambda p: (p[:, 0] > 0.5).astype(int),
    ],
    ids=["one score", "a score for each class", "a column", "classes"],
)
def test_regions_are_where_the_model_says(model):
    ax = plot_decision_regions(model, POINTS, [0, 0, 1, 0], steps=11)
    regions = np.asarray(ax.images[0].get_array())
    left, right, bottom, top = ax.images[0].get_extent()
    assert np.array_equal(regions, np.broadcast_to(np.linspace(left, right, 11) > 0.5, (11, 11)))
    assert bottom < 0 < 1 < top
    assert ax.get_title() == "Decision regions: 3 of 4 examples right"
    assert ax.collections[1].get_offsets().tolist() == [[1.0, 0.0]]


def test_the_second_coordinate_goes_up():
    ax = plot_decision_regions(lambda p: p[:, 1] - 0.5, POINTS, [0, 1, 0, 1], steps=5)
    assert np.asarray(ax.images[0].get_array())[:, 0].tolist() == [0, 0, 0, 1, 1]
    assert ax.images[0].origin == "lower"


def test_a_threshold_of_a_half_is_for_probabilities():
    for threshold, share in ((0.0, 1.0), (0.5, 0.0)):
        ax = plot_decision_regions(lambda p: np.full(len(p), 0.25), POINTS, [0, 1, 1, 0], threshold=threshold)
        assert np.mean(ax.images[0].get_array()) == share


def test_regions_name_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"\(4, 3\) and \(4,\)"):
        plot_decision_regions(network(), np.zeros((4, 3)), np.zeros(4))
    with pytest.raises(ValueError, match=r"got \(3,\)"):
        plot_decision_regions(lambda p: np.zeros(3), POINTS, np.zeros(4))


def test_the_landscape_is_the_loss_at_each_point_and_parameters_come_back():
    model = Dense(2, 1, rng=np.random.default_rng(0))
    before = model.state_dict()
    seen = []

    def loss():
        value = float(model.weight.data[0, 0] ** 2 + 3 * model.bias.data[0])
        seen.append(value)
        return value

    u = [np.array([[1.0], [0.0]]), np.zeros(1)]
    v = [np.zeros((2, 1)), np.ones(1)]
    plot_loss_landscape(loss, model, directions=(u, v), span=2.0, steps=5)
    steps, w, b = np.linspace(-2, 2, 5), before["weight"][0, 0], before["bias"][0]
    expected = (w + steps[None, :]) ** 2 + 3 * (b + steps[:, None])  # a to the right, b up
    np.testing.assert_allclose(np.reshape(seen, (5, 5)), expected, rtol=1e-5)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_the_second_direction_goes_up():
    model = Dense(2, 1, rng=np.random.default_rng(0))
    u, v = [np.zeros((2, 1)), np.zeros(1)], [np.zeros((2, 1)), np.ones(1)]
    ax = plot_loss_landscape(lambda: float(model.bias.data[0]), model, directions=(u, v), steps=5)
    lines = [line for level in ax.collections[1].allsegs for line in level if len(line)]
    assert len(lines) > 5
    for line in lines:
        assert np.ptp(line[:, 1]) < 1e-6 < np.ptp(line[:, 0])


def test_parameters_come_back_also_when_the_loss_fails():
    model = network()
    before = model.state_dict()
    with pytest.raises(ZeroDivisionError):
        plot_loss_landscape(lambda: 1 / 0, model, rng=np.random.default_rng(0))
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_random_directions_are_as_long_as_the_weights_of_each_unit():
    model = network()
    direction = random_direction(model, np.random.default_rng(3))
    for d, parameter in zip(direction, model.parameters(), strict=True):
        assert d.dtype == parameter.dtype
        if parameter.ndim == 2:
            np.testing.assert_allclose(np.linalg.norm(d, axis=0), np.linalg.norm(parameter.data, axis=0), rtol=1e-5)
        else:
            assert not d.any()


def test_the_landscape_needs_directions_that_fit():
    with pytest.raises(ValueError, match="default_rng"):
        plot_loss_landscape(lambda: 0.0, network())
    with pytest.raises(ValueError, match="directions of shapes"):
        plot_loss_landscape(lambda: 0.0, network(), directions=([np.ones(2)], [np.ones(2)]))


# ---- images and matrices ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 4, 3, 1)])
def test_images_lie_in_rows(shape):
    images = np.random.default_rng(0).random(shape)
    ax = plot_images(images, columns=3)
    tiles = np.ma.filled(ax.images[0].get_array(), np.nan)
    assert tiles.shape == (2 * 5 + 1, 3 * 4 + 1)
    np.testing.assert_array_equal(tiles[6:10, 5:8], images[4].reshape(4, 3))
    assert np.isnan(tiles[6:, 9:]).all()


def test_integer_colours_go_to_255():
    ax = plot_images(np.full((1, 2, 2, 3), 255, np.uint8))
    assert np.asarray(ax.images[0].get_array()).max() == 1


def test_captions_stand_over_their_images_and_mistakes_stand_out():
    ax = plot_images(np.zeros((4, 10, 10)), labels=[1, 2, 3, 4], predictions=[1, 2, 9, 4], columns=2)
    assert [t.get_text() for t in ax.texts] == ["1", "2", "9 ≠ 3", "4"]
    colors = [t.get_color() for t in ax.texts]
    assert colors[0] == colors[1] == colors[3] != colors[2]
    places = np.array([t.get_position() for t in ax.texts])
    assert places[0, 0] == places[2, 0] < places[1, 0]
    assert places[0, 1] == places[1, 1] < places[2, 1]
    assert ax.get_title().startswith("3 of 4 right")


def test_images_name_what_does_not_fit():
    with pytest.raises(ValueError, match=r"got \(2, 3, 3, 2\)"):
        plot_images(np.zeros((2, 3, 3, 2)))
    with pytest.raises(ValueError, match="expected labels for 2 images; got 3"):
        plot_images(np.zeros((2, 3, 3)), labels=[1, 2, 3])


def test_filters_of_one_channel_share_a_symmetric_scale():
    weight = np.random.default_rng(0).standard_normal((3, 2, 1, 5))
    image = plot_filters(Tensor(weight), columns=5).images[0]
    np.testing.assert_array_equal(image.get_array()[1:4, 4:6], weight[:, :, 0, 1])
    assert image.norm.vmax == -image.norm.vmin == np.abs(weight).max()


def test_filters_of_several_channels_are_rows():
    weight = np.random.default_rng(0).standard_normal((3, 3, 2, 4))
    tiles = plot_filters(weight).images[0].get_array()
    assert tiles.shape == (4 * 4 + 1, 2 * 4 + 1)
    np.testing.assert_array_equal(tiles[9:12, 5:8], weight[:, :, 1, 2])


def test_filters_of_colours_are_grey_where_the_weight_is_zero():
    tiles = plot_filters(np.zeros((3, 3, 3, 2))).images[0].get_array()
    assert tiles.shape == (5, 9, 3)
    assert np.all(tiles[1:4, 1:4] == 0.5)
    with pytest.raises(ValueError, match="reshape"):
        plot_filters(np.zeros((784, 10)))


def test_a_confusion_matrix_shows_counts_and_shares_of_rows():
    ax = plot_confusion_matrix([[6, 2, 0], [0, 0, 0], [1, 0, 3]], labels=["a", "b", "c"])
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.75, 0.25, 0], [0, 0, 0], [0.25, 0, 0.75]])
    assert {t.get_position(): t.get_text() for t in ax.texts} == {(0, 0): "6", (1, 0): "2", (0, 2): "1", (2, 2): "3"}
    assert ax.get_title() == "Accuracy 75.0 % of 12 examples"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")


def test_an_attention_map_has_queries_at_its_rows():
    weights = np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]], np.float32)
    ax = plot_attention(Tensor(weights), queries=["le", "chat"], keys=["the", "black", "cat"])
    np.testing.assert_array_equal(ax.images[0].get_array(), weights)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["le", "chat"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["the", "black", "cat"]


def test_matrices_name_what_does_not_fit():
    with pytest.raises(ValueError, match=r"got \(2, 3\)"):
        plot_confusion_matrix(np.ones((2, 3)))
    with pytest.raises(ValueError, match="expected 2 keys; got 1"):
        plot_attention(np.eye(2), keys=["a"])
    with pytest.raises(ValueError, match=r"weights\[example, head\]"):
        plot_attention(np.ones((4, 2, 2)))
