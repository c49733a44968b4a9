"""Drawings of models: their boxes, arrows, places and files."""

import xml.etree.ElementTree as ElementTree

import matplotlib.image
import pytest

import trimtab
from trimtab import layers
from trimtab.models.plotting.diagram import Details, diagram_of
from trimtab.models.plotting.layout import layout_of
from trimtab.utils import model_to_dot, plot_model

SVG = "{http://www.w3.org/2000/svg}"


def branched():
    inputs, other = trimtab.Input((4,), name="a"), trimtab.Input((3,), name="b")
    hidden = layers.Dense(4, activation="relu", name="d")(inputs)
    block = trimtab.Sequential(
        [trimtab.Input((4,)), layers.Dense(4, name="e"), layers.BatchNormalization(name="n")],
        name="block",
    )
    joined = layers.Add(name="s")([block(hidden), inputs])
    return trimtab.Model([inputs, other], layers.Concatenate(name="c")([joined, other]))


def arrows(model, **details):
    diagram = diagram_of(model, Details(names=True, **details))
    names = [box.lines[0].split(" ")[0] for box in diagram.boxes]
    return sorted(f"{names[start]}-{names[end]}" for start, end in diagram.arrows)


def overlap(first, second):
    return (
        first.x < second.x + second.width
        and second.x < first.x + first.width
        and first.y < second.y + second.height
        and second.y < first.y + first.height
    )


def test_every_connection_is_an_arrow():
    assert arrows(branched()) == ["a-d", "a-s", "b-c", "block-s", "d-block", "s-c"]


def test_a_model_within_is_opened_if_wished():
    found = arrows(branched(), expand_nested=True)
    assert found == ["a-d", "a-s", "b-c", "d-e", "e-n", "n-s", "s-c"]


def test_a_shared_layer_is_one_box():
    left, right = trimtab.Input((2,), name="l"), trimtab.Input((2,), name="r")
    shared = layers.Dense(2, name="d")
    model = trimtab.Model([left, right], layers.Add(name="s")([shared(left), shared(right)]))
    assert arrows(model) == ["d-s", "l-d", "r-d"]


def test_the_boxes_say_what_is_asked():
    details = Details(True, True, True, True, True)
    lines = diagram_of(branched(), details).boxes[1].lines
    assert lines == [
        "d (Dense)",
        "Activation: relu",
        "Output dtype: float32",
        "Input shape: (None, 4)",
        "Output shape: (None, 4)",
        "Trainable",
    ]


@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_no_box_lies_over_another(rankdir):
    layout = layout_of(diagram_of(branched(), Details(expand_nested=True)), rankdir)
    pairs = [(a, b) for i, a in enumerate(layout.boxes) for b in layout.boxes[:i]]
    assert not any(overlap(a, b) for a, b in pairs)
    assert all(p.x >= 0 and p.x + p.width <= layout.width for p in layout.boxes)
    assert all(p.y >= 0 and p.y + p.height <= layout.height for p in layout.boxes)


def test_layers_lie_below_what_feeds_them():
    diagram = diagram_of(branched(), Details())
    places = layout_of(diagram).boxes
    assert all(places[start].y < places[end].y for start, end in diagram.arrows)


def test_svg_has_a_box_a_layer_and_a_line_an_arrow(tmp_path):
    drawing = plot_model(branched(), tmp_path / "m.svg", show_shapes=True)
    root = ElementTree.parse(tmp_path / "m.svg").getroot()
    assert len(root.findall(f"{SVG}polyline")) == 6
    assert len(root.findall(f"{SVG}rect")) == 6 + 1
    assert drawing._repr_svg_() == (tmp_path / "m.svg").read_text()
    assert list(tmp_path.iterdir()) == [tmp_path / "m.svg"]


def test_png_has_the_size_of_the_drawing(tmp_path):
    plot_model(branched(), tmp_path / "m.png", dpi=96)
    layout = layout_of(diagram_of(branched(), Details()))
    height, width, _ = matplotlib.image.imread(tmp_path / "m.png").shape
    assert (height, width) == (pytest.approx(layout.height, 2), pytest.approx(layout.width, 2))


def test_text_is_escaped():
    model = trimtab.Sequential([trimtab.Input((1,)), layers.Dense(1, name="a<b")])
    ElementTree.fromstring(plot_model(model, None, show_layer_names=True).svg)


def test_a_subclassed_model_is_one_box():
    class Net(trimtab.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, x):
            return self.dense(x)

    model = Net()
    model.build((None, 2))
    assert arrows(model) == []


def test_a_model_without_shapes_is_refused():
    with pytest.raises(ValueError, match="'sequential.*' is not built"):
        plot_model(trimtab.Sequential([layers.Dense(1)]), None)


def test_an_unknown_direction_is_refused():
    with pytest.raises(ValueError, match="got 'up'"):
        plot_model(branched(), None, rankdir="up")


def test_graphviz_gets_the_same_graph(tmp_path):
    dot = model_to_dot(branched(), expand_nested=True)
    text = dot.to_string()
    assert text.count("->") == 7
    assert 'subgraph "cluster_block"' in text
    dot.write(tmp_path / "m.dot")
    assert (tmp_path / "m.dot").read_text() == text
