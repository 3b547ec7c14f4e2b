"""The cache of decoded images: each machine decodes a record set once into an Arrow file and maps it."""

from typing import TYPE_CHECKING

from sweepbox.detection.core.lazy import lazy_names

if TYPE_CHECKING:
    from sweepbox.detection.data.cache.export import export_record_set
    from sweepbox.detection.data.cache.open import CACHE_FOLDER, open_record_set
    from sweepbox.detection.data.cache.record_set import RecordSet

__all__ = ["CACHE_FOLDER", "RecordSet", "export_record_set", "open_record_set"]

__getattr__ = lazy_names(
    __name__,
    {
        "CACHE_FOLDER": "open",
        "RecordSet": "record_set",
        "export_record_set": "export",
        "open_record_set": "open",
    },
)
