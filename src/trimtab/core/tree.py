"""Nested lists, tuples and dicts of anything: mapped, flattened, packed again."""

from trimtab.ir.tree import assert_same_structure as assert_same_structure
from trimtab.ir.tree import flatten as flatten
from trimtab.ir.tree import is_nested as is_nested
from trimtab.ir.tree import keys_of as keys_of
from trimtab.ir.tree import like_dict as like_dict
from trimtab.ir.tree import like_sequence as like_sequence
from trimtab.ir.tree import map_structure as map_structure
from trimtab.ir.tree import pack_sequence_as as pack_sequence_as
