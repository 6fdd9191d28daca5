"""Drawings of graphs: which nodes, where, and what is written in them."""

import shutil
import subprocess
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from mlcore import Tensor, functions
from mlcore.layers import Dense, Sequential, Tanh
from mlcore.plotting import draw_graph, graph_drawing, to_dot
from mlcore.plotting.graph import read_graph
from mlcore.plotting.graph_layout import layered_layout


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.skipif(not shutil.which("dot"), reason="no dot"))])
def _each_layout(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(graph_drawing.shutil, "which", lambda _: None)


def lepetit():
    x1, x2 = Tensor(2.0, requires_grad=True), Tensor(5.0, requires_grad=True)
    return np.log(x1) + x1 * x2 - np.sin(x2), {"x1": x1, "x2": x2}


# ---- what is in the graph -----------------------------------------------------------------------------------------


def test_lepetits_function_has_seven_nodes_with_his_values_and_adjoints():
    y, names = lepetit()
    nodes = {node.label: node for node in read_graph(y, names=names, adjoints=True)}
    assert {label: (node.value, node.adjoint) for label, node in nodes.items()} == {
        "x1": ("2", "∂ 5.5"),
        "x2": ("5", "∂ 1.716"),
        "log": ("0.6931", "∂ 1"),
        "×": ("10", "∂ 1"),
        "sin": ("−0.9589", "∂ −1"),
        "+": ("10.69", "∂ 1"),
        "−": ("11.65", "∂ 1"),
    }
    assert [nodes[label].kind for label in ("x1", "x2", "−")] == ["variable", "variable", "operation"]


def test_operands_are_in_order_and_a_square_has_two_edges():
    x = Tensor(3.0, requires_grad=True)
    nodes = read_graph(1.0 - x * x, names={}, adjoints=False)
    assert [(node.kind, node.value) for node in nodes] == [
        ("variable", "3"),
        ("operation", "9"),
        ("constant", "1"),
        ("operation", "−8"),
    ]
    assert [node.inputs for node in nodes] == [(), (0, 0), (), (2, 1)]


def test_arrays_show_their_shape_and_the_norm_of_their_adjoint():
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    names = {"x": x, "s": (s := 2.0 * x)}
    nodes = {node.label: node for node in read_graph(s.sum(), names=names, adjoints=True)}
    assert (nodes["x"].value, nodes["x"].adjoint) == ("(2, 3)", "∂ norm 4.899")
    assert nodes["s: ×"].adjoint == "∂ norm 2.449"


def test_every_adjoint_is_the_gradient_that_backward_leaves():
    rng = np.random.default_rng(0)
    model = Sequential(Dense(2, 3, rng=rng), Tanh(), Dense(3, 1, rng=rng))
    loss = functions.mean_squared_error(model(np.ones((4, 2), np.float32)), np.ones((4, 1), np.float32))
    nodes = {node.label: node for node in read_graph(loss, names=dict(model.named_parameters()), adjoints=True)}
    loss.backward()  # the drawing left the graph as it was
    weight = model[0].weight
    assert nodes["layers.0.weight"].adjoint == f"∂ norm {np.linalg.norm(weight.grad):.4g}"
    assert sum(node.kind == "variable" for node in nodes.values()) == 4


def test_a_graph_that_is_gone_or_has_no_single_result_or_is_too_large_is_refused():
    y, _ = lepetit()
    y.backward()
    with pytest.raises(RuntimeError, match="freed"):
        draw_graph(y)
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="one number"):
        draw_graph(x * 2.0, adjoints=True)
    for _ in range(250):
        x = x + 1.0
    with pytest.raises(ValueError, match="at most 200"):
        draw_graph(x)


# ---- the picture --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_each_layout")
def test_the_picture_has_a_box_for_each_node_and_an_arrow_for_each_edge():
    y, names = lepetit()
    ax = draw_graph(y, names=names, adjoints=True)
    boxes = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    arrows = [p for p in ax.patches if isinstance(p, FancyArrowPatch)]
    assert (len(boxes), len(arrows)) == (7, 8)
    assert [t.get_text() for t in ax.texts].count("∂ 5.5") == 1
    assert len(ax.texts) == 21
    for arrow in arrows:  # every one begins at the right side of a box and ends at the left of one
        start, end = arrow._path_original.vertices[[0, -1]]
        assert any(np.hypot(*(start - (b.get_x() + b.get_width(), start[1]))) < 0.1 for b in boxes)
        assert any(np.hypot(*(end - (b.get_x(), end[1]))) < 0.1 for b in boxes)


@pytest.mark.usefixtures("_each_layout")
def test_text_stays_within_its_box():
    y, names = lepetit()
    ax = draw_graph(y * 1e-7, names={"a_long_name": names["x1"], "result": y}, adjoints=True)
    renderer = ax.figure.canvas.get_renderer()
    ax.figure.canvas.draw()
    boxes = [p.get_window_extent(renderer) for p in ax.patches if isinstance(p, FancyBboxPatch)]
    for text in ax.texts:
        extent = text.get_window_extent(renderer)
        assert any(b.x0 <= extent.x0 and extent.x1 <= b.x1 and b.y0 <= extent.y0 and extent.y1 <= b.y1 for b in boxes)


# ---- the layout ---------------------------------------------------------------------------------------------------


@st.composite
def graphs(draw):
    inputs = []
    for i in range(draw(st.integers(1, 14))):
        inputs.append(draw(st.lists(st.integers(0, i - 1), max_size=3)) if i else [])
    sizes = draw(
        st.lists(st.tuples(st.floats(0.3, 2), st.floats(0.2, 0.8)), min_size=len(inputs), max_size=len(inputs))
    )
    return inputs, np.array(sizes)


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_boxes_never_overlap_and_every_edge_goes_right(graph):
    inputs, sizes = graph
    layout = layered_layout(inputs, sizes)
    low, high = layout.centers - sizes / 2, layout.centers + sizes / 2
    for i in range(len(inputs)):
        for j in range(i):
            assert np.any(low[i] > high[j] - 1e-9) or np.any(low[j] > high[i] - 1e-9)
    edges = [(source, target) for target, sources in enumerate(inputs) for source in sources]
    assert len(layout.curves) == len(edges)
    for (source, target), curve in zip(edges, layout.curves, strict=True):
        assert len(curve) % 3 == 1
        assert curve[0, 0] == pytest.approx(high[source, 0])
        assert curve[-1, 0] == pytest.approx(low[target, 0])
        assert np.all(np.diff(curve[:, 0]) >= -1e-9)


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_no_edge_runs_through_a_box(graph):
    inputs, sizes = graph
    layout = layered_layout(inputs, sizes)
    low, high = layout.centers - sizes / 2, layout.centers + sizes / 2
    for curve in layout.curves:
        for start, end in pairwise(curve[::3]):
            beside = (low[:, 0] + 1e-6 < end[0]) & (start[0] < high[:, 0] - 1e-6)
            if start[1] == end[1]:
                assert not np.any(beside & (low[:, 1] < start[1]) & (start[1] < high[:, 1]))
            else:  # it bends between the columns only
                assert not np.any(beside)


def test_a_leaf_stands_right_before_its_first_use():
    centers = layered_layout([[], [0], [], [1, 2]], np.full((4, 2), 0.5)).centers
    assert centers[2, 0] == centers[1, 0] > centers[0, 0]


def test_the_two_edges_of_a_square_can_be_told_apart():
    layout = layered_layout([[], [0, 0]], np.array([[0.5, 0.5], [0.5, 0.5]]))
    assert abs(layout.curves[0][0, 1] - layout.curves[1][0, 1]) > 0.1


# ---- Graphviz -----------------------------------------------------------------------------------------------------


def test_the_dot_text_quotes_names():
    x = Tensor(3.0, requires_grad=True)
    text = to_dot(x * 2.0, names={'a "b" \\': x})
    assert r'0 [label="a \"b\" \\\n3"' in text
    assert text.count("->") == 2


def test_places_and_curves_come_from_dot(monkeypatch):
    plain = (
        "graph 1 2 1\nnode 0 0.25 0.5 0.4 0.4 x solid box black grey\nnode 1 1.75 0.5 0.4 0.4 y solid box black grey\n"
        "edge 0 1 4 0.45 0.5 0.8 0.6 1.2 0.6 1.55 0.5 solid black\nstop\n"
    )
    calls = []

    def run(command, **options):
        calls.append((command[0], options["input"]))
        return subprocess.CompletedProcess(command, 0, stdout=plain)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(graph_drawing.shutil, "which", lambda name: f"/usr/bin/{name}")
    x = Tensor(1.0, requires_grad=True)
    ax = draw_graph(np.exp(x))
    assert calls == [("dot", to_dot(np.exp(x)))]
    boxes = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    assert [box.get_x() + box.get_width() / 2 for box in boxes] == pytest.approx([0.25, 1.75])
    arrow = next(p for p in ax.patches if isinstance(p, FancyArrowPatch))
    assert arrow._path_original.vertices.tolist() == [[0.45, 0.5], [0.8, 0.6], [1.2, 0.6], [1.55, 0.5]]
