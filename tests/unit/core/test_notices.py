import traceback

import numpy as np
import pytest

import trimtab


def files_of(error):
    return [frame.filename for frame in traceback.extract_tb(error.__traceback__)]


def failing():
    model = trimtab.Sequential([trimtab.Input((2,)), trimtab.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="incompatible") as caught:
        model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    return files_of(caught.value)


def test_an_error_of_fit_shows_the_users_lines_and_where_it_arose():
    shown = failing()
    assert shown[0] == __file__
    assert sum("trimtab/" in name and name != __file__ for name in shown[1:]) <= 2


def test_all_lines_are_shown_if_wished():
    trimtab.config.disable_traceback_filtering()
    try:
        assert len(failing()) > 3
    finally:
        trimtab.config.enable_traceback_filtering()
    assert trimtab.config.is_traceback_filtering_enabled()
