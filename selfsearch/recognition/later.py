"""Modules that somebody else imports and we do not need: loaded when one of their names is used, if ever.

importlib.util.LazyLoader would be the standard way; before Python 3.12 its modules load at the next
`import` of them.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands in sys.modules for a module until one of its names is asked for."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def postpone(name: str) -> None:
    """Put off loading a module. Nothing happens when it is loaded already, or not installed."""
    if name in sys.modules or (spec := importlib.util.find_spec(name)) is None:
        return
    module = _Later(name)
    module.__spec__ = spec
    sys.modules[name] = module
