"""Doctor: is everything as it should be, and if not, how is it mended?

Every check yields findings and none stops another. Nothing is changed unless `fix` is asked for, and then
only what loses nothing: permissions, left-over files, and vectors or chips that can be made again.
"""

from __future__ import annotations

from .examine import examine
from .finding import Finding

__all__ = ["Finding", "examine"]
