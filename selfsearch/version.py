"""The version, in the one place from which the build, the package and the command line take it."""

__version__ = "0.1.0"
