from trimtab import initializers, layers
from trimtab.core import sharing
from trimtab.core.config import deserialize_with_sharing, serialize_with_sharing


def numbers(config):
    return [part[sharing.KEY] for part in sharing._numbered(config)]


def test_an_object_that_occurs_twice_has_one_number():
    shared = initializers.GlorotUniform()
    assert numbers(serialize_with_sharing([shared, initializers.Zeros(), shared])) == [1, 1]


def test_an_object_that_occurs_once_has_none():
    assert numbers(serialize_with_sharing([initializers.Zeros(), initializers.Zeros()])) == []


def test_objects_of_one_number_are_made_once():
    shared = layers.Dense(2)
    first, other, again = deserialize_with_sharing(
        serialize_with_sharing([shared, layers.Dense(2), shared])
    )
    assert first is again
    assert first is not other


def test_outside_the_block_nothing_is_numbered():
    config = {}
    sharing.mark(object(), config)
    assert config == {}
