import logging

import numpy as np
import pytest

import trimtab
from trimtab import layers
from trimtab.models.table import column_widths, wrapped


def net():
    return trimtab.Sequential(
        [
            trimtab.Input((3,)),
            layers.Dense(4, name="a"),
            layers.BatchNormalization(name="first", momentum=0.5),
            layers.Dense(2, name="b"),
            layers.BatchNormalization(name="second", momentum=0.5),
        ],
        name="net",
    )


def text_of(model, **options):
    lines = []
    model.summary(print_fn=lines.append, **options)
    return lines[0]


def test_a_summary_goes_to_standard_output(capsys):
    net().summary()
    assert capsys.readouterr().out.startswith('Model: "net"\n┏━━')


def test_a_summary_goes_to_the_log_if_asked(caplog, capsys):
    trimtab.config.disable_interactive_logging()
    try:
        with caplog.at_level(logging.INFO):
            net().summary()
    finally:
        trimtab.config.enable_interactive_logging()
    assert 'Model: "net"' in caplog.text
    assert capsys.readouterr().out == ""


def test_statistics_are_told_apart_with_their_updates():
    model = net()
    model(np.ones((2, 3)), training=True)
    block = text_of(model).split("Batch normalization statistics")[1]
    assert block == (
        " (counted above, not trained by the optimizer):\n"
        "   first to second (2 layers): 12 statistics, 1 updates seen, 50 % of the initial ones "
        "left; trains\n"
    )


def test_frozen_layers_are_told_from_those_that_train():
    model = net()
    model.layers[1].trainable = False
    lines = text_of(model).splitlines()
    assert lines[-2].startswith("   first: 8 statistics, 0 updates seen")
    assert lines[-2].endswith("frozen: uses its moving statistics in training too")
    assert lines[-1].endswith("trains")


def test_a_model_without_batch_normalization_has_no_such_block():
    model = trimtab.Sequential([trimtab.Input((3,)), layers.Dense(4)])
    assert text_of(model).endswith("Non-trainable params: 0 (0.00 B)\n")


def test_an_unbuilt_model_has_no_shapes():
    text = text_of(trimtab.Sequential([layers.Dense(4)]))
    assert "│ ? " in text
    assert "0 (unbuilt)" in text


def test_the_optimizers_variables_are_counted_in_the_total():
    model = net()
    model.compile("sgd", "mse")
    model.optimizer.build(model.trainable_variables)
    text = text_of(model)
    slots = sum(v.size for v in model.optimizer.variables)
    assert f" Total params: {model.count_params() + slots} " in text
    assert f" Optimizer params: {slots} " in text


def test_a_range_of_layers_can_be_chosen():
    text = text_of(net(), layer_range=["first", "b"])
    assert "a (Dense)" not in text
    assert "b (Dense)" in text


def test_a_range_that_names_no_layer_is_refused():
    with pytest.raises(ValueError, match="no layers match"):
        text_of(net(), layer_range=["first", "nothing"])


def test_columns_that_are_too_narrow_are_refused():
    with pytest.raises(ValueError, match="too few for 3 columns"):
        column_widths([0.45, 0.8, 1.0], 10)


def test_columns_fill_the_line():
    widths = column_widths([0.45, 0.80, 1.0], 76)
    assert widths == [33, 24, 15]
    assert sum(widths) + 4 == 76


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("abc def", ["abc ", "def"]),
        ("abcdefgh", ["abcd…"]),
        ("ab cd", ["ab cd"]),
        ("   └ a b", ["   └ ", "a b"]),
    ],
)
def test_text_is_broken_at_spaces_and_cut_where_it_must_be(text, wanted):
    assert wrapped(text, 5) == wanted


def test_a_notebook_shows_the_table():
    model = trimtab.Sequential([trimtab.Input((2,)), trimtab.layers.Dense(3, name="a<b")])
    model.add(trimtab.layers.BatchNormalization(name="bn"))
    text = model._repr_html_()
    assert ">a&lt;b (Dense)</td>" in text
    assert text.count("<tr>") == 3
    assert "Total params: 21" in text
    assert "bn: " in text
