import pytest

from trimtab.callbacks import History


def recorded():
    history = History()
    history.epoch = [0, 1, 2]
    history.history = {"loss": [3.0, 2.0, 1.0], "val_loss": [4.0, 3.0, 2.0], "acc": [0, 1, 1]}
    return history


def test_training_and_validation_share_a_picture():
    figure = recorded().plot()
    titles = [axes.get_title() for axes in figure.axes]
    lines = [[line.get_label() for line in axes.lines] for axes in figure.axes]
    assert titles == ["loss", "acc"]
    assert lines == [["training", "validation"], ["training"]]


def test_epochs_are_counted_from_one():
    line = recorded().plot("loss").axes[0].lines[0]
    assert list(line.get_xdata()) == [1, 2, 3]
    assert list(line.get_ydata()) == [3.0, 2.0, 1.0]


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match='Did you mean "loss"'):
        recorded().plot(["los"])


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="call fit first"):
        History().plot()
