"""The public names, and where each is: read by type checkers, and by __init__.py when a name is used."""

from .api import Selfsearch as Selfsearch
from .api import open as open
from .consent.forget import Receipt as Receipt
from .consent.grants import ConsentRequest as ConsentRequest
from .consent.grants import Grant as Grant
from .errors import ConsentError as ConsentError
from .errors import InputError as InputError
from .errors import ItemError as ItemError
from .errors import KeyUnavailable as KeyUnavailable
from .errors import LibraryBusyError as LibraryBusyError
from .errors import LibraryError as LibraryError
from .errors import NetworkRefused as NetworkRefused
from .errors import PackError as PackError
from .errors import SelfsearchError as SelfsearchError
from .errors import UsageError as UsageError
from .library.changes import Change as Change
from .library.library import Library as Library
from .library.library import open_library as open_library
from .library.people import KeptProbe as KeptProbe
from .library.people import Person as Person
from .library.sources import SourceRow as SourceRow
from .packs.store import find_pack as find_pack
from .recognition.engine import Engine as Engine
from .recognition.model_pack import Pack as Pack
from .report.csv import to_csv as to_csv
from .report.json import to_json as to_json
from .settings import default_home as default_home
from .types import Answer as Answer
from .types import Appearance as Appearance
from .types import Audience as Audience
from .types import Detail as Detail
from .types import Exposure as Exposure
from .types import ExposureAssessment as ExposureAssessment
from .types import Link as Link
from .types import LinkOnly as LinkOnly
from .types import Location as Location
from .types import Outcome as Outcome
from .types import ProbeSummary as ProbeSummary
from .types import ProgressListener as ProgressListener
from .types import Provenance as Provenance
from .types import Sighting as Sighting
from .types import Timestamp as Timestamp
from .version import __version__ as __version__
from .workflows.index import IndexResult as IndexResult
from .workflows.query import Filters as Filters
from .workflows.rescan import RescanResult as RescanResult

# What `import *` brings: all but `open`, which would take the builtin's place.
__all__ = [
    "Answer",
    "Appearance",
    "Audience",
    "Change",
    "ConsentError",
    "ConsentRequest",
    "Detail",
    "Engine",
    "Exposure",
    "ExposureAssessment",
    "Filters",
    "Grant",
    "IndexResult",
    "InputError",
    "ItemError",
    "KeptProbe",
    "KeyUnavailable",
    "Library",
    "LibraryBusyError",
    "LibraryError",
    "Link",
    "LinkOnly",
    "Location",
    "NetworkRefused",
    "Outcome",
    "Pack",
    "PackError",
    "Person",
    "ProbeSummary",
    "ProgressListener",
    "Provenance",
    "Receipt",
    "RescanResult",
    "Selfsearch",
    "SelfsearchError",
    "Sighting",
    "SourceRow",
    "Timestamp",
    "UsageError",
    "__version__",
    "default_home",
    "find_pack",
    "open_library",
    "to_csv",
    "to_json",
]
