"""What old Keras versions called things, as data: one row a callable, module or name."""

from trimtab.compat.tables.layers import LAYERS as LAYERS
from trimtab.compat.tables.rows import ERAS as ERAS
from trimtab.compat.tables.rows import Call as Call
from trimtab.compat.tables.rows import Default as Default
from trimtab.compat.tables.rows import Era as Era
from trimtab.compat.tables.rows import Order as Order
from trimtab.compat.tables.rows import version_of as version_of
from trimtab.compat.tables.training import CALLBACKS as CALLBACKS
from trimtab.compat.tables.training import FUNCTIONS as FUNCTIONS
from trimtab.compat.tables.training import IMAGES as IMAGES
from trimtab.compat.tables.training import LOAD_DATA as LOAD_DATA
from trimtab.compat.tables.training import METHODS as METHODS
from trimtab.compat.tables.training import OPTIMIZERS as OPTIMIZERS

# Every row by the name that scripts write.
CALLS: dict[str, Call] = {
    call.name: call for call in (*LAYERS, *OPTIMIZERS, *CALLBACKS, *FUNCTIONS, *METHODS)
}
