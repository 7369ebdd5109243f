"""The version of the package, once: that of the attune that it belongs to."""

__version__ = "0.1.0"
