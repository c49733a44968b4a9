"""Nested lists, tuples and dictionaries of anything."""

from trimtab.core.tree import assert_same_structure as assert_same_structure
from trimtab.core.tree import flatten as flatten
from trimtab.core.tree import is_nested as is_nested
from trimtab.core.tree import map_structure as map_structure
from trimtab.core.tree import pack_sequence_as as pack_sequence_as
