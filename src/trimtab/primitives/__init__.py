"""The closed set of primitives that every engine runs; importing this package registers them."""

from trimtab.primitives import bits as bits
from trimtab.primitives import contraction as contraction
from trimtab.primitives import convolution as convolution
from trimtab.primitives import elementwise as elementwise
from trimtab.primitives import factorization as factorization
from trimtab.primitives import fused as fused
from trimtab.primitives import host as host
from trimtab.primitives import indexing as indexing
from trimtab.primitives import layout as layout
from trimtab.primitives import markers as markers
from trimtab.primitives import pooling as pooling
from trimtab.primitives import reduction as reduction
from trimtab.primitives import source as source
from trimtab.primitives import updates as updates
