"""A training run, from a config and records to the best checkpoint."""

from typing import TYPE_CHECKING

from sweepbox.detection.core.lazy import lazy_names

if TYPE_CHECKING:
    from sweepbox.detection.runner.decoded_cache import export_decoded_cache
    from sweepbox.detection.runner.loop import TrainResult, train
    from sweepbox.detection.runner.run import TrainingRun
    from sweepbox.detection.runner.settings import RunSettings

__all__ = ["RunSettings", "TrainResult", "TrainingRun", "export_decoded_cache", "train"]

__getattr__ = lazy_names(
    __name__,
    {
        "RunSettings": "settings",
        "TrainingRun": "run",
        "TrainResult": "loop",
        "train": "loop",
        "export_decoded_cache": "decoded_cache",
    },
)
