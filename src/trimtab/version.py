"""The version of this package."""

__version__ = "0.1.0"


def version() -> str:
    """The version as text, such as "0.1.0"."""
    return __version__
