import pytest

from trimtab import tree

NESTED = {"b": [1, (2, 3)], "a": None}


def test_leaves_come_with_their_paths():
    assert tree.flatten_with_path(NESTED) == [
        (("a",), None),
        (("b", 0), 1),
        (("b", 1, 0), 2),
        (("b", 1, 1), 3),
    ]


def test_lists_become_tuples():
    assert tree.lists_to_tuples([1, {"a": [2]}]) == (1, {"a": (2,)})


def test_shapes_are_mapped_whole():
    shapes = {"a": [None, 3], "b": [(1, 2), (4,)]}
    assert tree.map_shape_structure(len, shapes) == {"a": 2, "b": [2, 1]}


def test_parts_are_mapped_up_to_a_structure():
    assert tree.map_structure_up_to([0, 0], lambda a, b: (a, b), [[1], 2], [3, [4]]) == [
        ([1], 3),
        (2, [4]),
    ]


def test_paths_that_differ_are_refused():
    tree.assert_same_paths([1, {"a": 2}], [3, {"a": 4}])
    with pytest.raises(ValueError, match="paths"):
        tree.assert_same_paths([1], [1, 2])


def test_traversal_replaces_what_is_answered():
    doubled = tree.traverse(lambda x: 2 * x if isinstance(x, int) else None, [1, (2, "a")])
    assert doubled == [2, (4, "a")]


def test_traversal_stops_below_what_it_replaced():
    assert tree.traverse(lambda x: "t" if isinstance(x, tuple) else None, [(1, 2)]) == ["t"]


def test_traversal_may_put_none():
    none = tree.traverse(lambda x: tree.MAP_TO_NONE if x == 1 else None, [1, 2])
    assert none == [None, 2]


def test_traversal_from_below_sees_what_it_replaced():
    seen = tree.traverse(
        lambda x: len(x) if isinstance(x, list) else None, [[1, 2], [3]], top_down=False
    )
    assert seen == 2
