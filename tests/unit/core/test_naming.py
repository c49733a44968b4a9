import pytest

import trimtab
from trimtab.core import naming


@pytest.fixture(autouse=True)
def fresh_names():
    naming.reset()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("BatchNormalization", "batch_normalization"),
        ("Conv2D", "conv2d"),
        ("ReLU", "re_lu"),
        ("PReLU", "p_re_lu"),
        ("RMSprop", "rm_sprop"),
        ("GlobalAveragePooling2D", "global_average_pooling2d"),
    ],
)
def test_classes_become_snake_case(name, wanted):
    assert naming.to_snake_case(name) == wanted


def test_names_are_numbered_a_class():
    assert [naming.auto_name(n) for n in ("Dense", "Dense", "ReLU")] == [
        "dense",
        "dense_1",
        "re_lu",
    ]


def test_clear_session_starts_anew():
    naming.auto_name("Dense")
    trimtab.utils.clear_session()
    assert naming.auto_name("Dense") == "dense"


def test_scopes_are_joined_to_paths():
    with trimtab.name_scope("a"), trimtab.name_scope("b"):
        assert trimtab.Variable([1.0], name="v").path == "a/b/v"
    assert naming.current_path() == ""


def test_an_owner_opens_its_scope_once():
    owner = object()
    with naming.name_scope("a", owner), naming.name_scope("a", owner):
        assert naming.current_path() == "a"


@pytest.mark.parametrize("name", ["a/b", 3])
def test_a_scope_needs_a_plain_name(name):
    with pytest.raises(ValueError, match="without '/'"):
        trimtab.name_scope(name)
