"""Nested lists, tuples and dicts of anything: mapped, flattened, packed again."""

from trimtab.ir.tree import assert_same_structure as assert_same_structure
from trimtab.ir.tree import flatten as flatten
from trimtab.ir.tree import is_nested as is_nested
from trimtab.ir.tree import map_structure as map_structure
from trimtab.ir.tree import pack_sequence_as as pack_sequence_as
