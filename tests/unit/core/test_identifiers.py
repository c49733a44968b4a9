"""What the `get` of a kind of object accepts."""

import pytest

from trimtab.core.config import Configurable, CustomObjectScope
from trimtab.core.identifiers import Identifiers, class_names


class BigThing(Configurable):
    def __init__(self, size=1):
        self.size = size

    def __call__(self):
        return self.size


class OtherThing(BigThing):
    pass


def double(x):
    return 2 * x


THINGS = Identifiers("thing", {**class_names([BigThing]), "double": double})


@pytest.mark.parametrize("name", ["BigThing", "big_thing"])
def test_class_is_found_under_both_spellings_and_called(name):
    assert THINGS.get(name).size == 1


def test_function_is_found_by_name():
    assert THINGS.get("double") is double


def test_none_stays_none():
    assert THINGS.get(None) is None


def test_class_is_called():
    assert isinstance(THINGS.get(OtherThing), OtherThing)


def test_object_is_kept():
    thing = BigThing(3)
    assert THINGS.get(thing) is thing


@pytest.mark.parametrize("module", [None, "keras.things", "keras.src.things.big"])
def test_configuration_of_a_known_class_is_read(module):
    config = {"module": module, "class_name": "BigThing", "config": {"size": 4}}
    assert THINGS.get(config).size == 4


def test_custom_class_goes_before_a_known_one():
    config = {"class_name": "BigThing", "config": {"size": 4}}
    assert isinstance(THINGS.deserialize(config, {"BigThing": OtherThing}), OtherThing)


def test_class_of_a_scope_goes_before_a_known_one():
    with CustomObjectScope({"BigThing": OtherThing}):
        assert isinstance(THINGS.get("BigThing"), OtherThing)


def test_function_configuration_is_read():
    assert THINGS.get({"class_name": "function", "config": "double"}) is double


def test_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="thing: unknown name 'dubble'. Did you mean \"double\"?"):
        THINGS.get("dubble")


def test_what_cannot_be_called_is_refused():
    with pytest.raises(ValueError, match="thing: must be a name, .* got 3"):
        THINGS.get(3)


def test_dictionary_without_class_is_refused():
    with pytest.raises(
        TypeError, match='thing: must be a name or a dictionary with a "class_name"'
    ):
        THINGS.get({"size": 3})
