"""Hyperparameter search for SSD object detectors.

`import sweepbox as sb` gives the names in `__all__`. Each is imported on first access, so that the import loads
nothing heavy. Paths are given as text or as `pathlib.Path`.

Example:
    >>> import sweepbox as sb
    >>> sb.__version__.count(".")
    2
"""

from typing import TYPE_CHECKING, Any

from sweepbox.detection.core.lazy import lazy_names

if TYPE_CHECKING:
    from sweepbox.detection.api.dataset import check_dataset, draw_sample, prepare
    from sweepbox.detection.api.evaluation import evaluate
    from sweepbox.detection.api.post_training import tune_post_processing
    from sweepbox.detection.api.training import train
    from sweepbox.detection.core.detections import Detections
    from sweepbox.detection.core.errors import SweepboxError
    from sweepbox.detection.inference.detector import Detector
    from sweepbox.detection.inference.draw import draw_detections
    from sweepbox.tuning.api.export import export
    from sweepbox.tuning.api.space import choice, integer, log_integer, log_uniform, uniform, when
    from sweepbox.tuning.api.sweep import Sweep
    from sweepbox.tuning.api.trials import Trials
    from sweepbox.tuning.ray_backend.launch import RayConfig
    from sweepbox.tuning.spec.confirm import ConfirmSpec
    from sweepbox.tuning.spec.limits import CostSpec, StopSpec
    from sweepbox.tuning.spec.resources import Resources
    from sweepbox.tuning.spec.schema import (
        Augmentation,
        Distribution,
        ObjectiveSpec,
        PrepareSpec,
        SamplerSpec,
        SchedulerSpec,
        SweepSpec,
        TrainingSpec,
    )

    __version__: str

_HOMES = {
    "check_dataset": "detection.api.dataset",
    "draw_sample": "detection.api.dataset",
    "prepare": "detection.api.dataset",
    "evaluate": "detection.api.evaluation",
    "tune_post_processing": "detection.api.post_training",
    "train": "detection.api.training",
    "Detections": "detection.core.detections",
    "SweepboxError": "detection.core.errors",
    "Detector": "detection.inference.detector",
    "draw_detections": "detection.inference.draw",
    "export": "tuning.api.export",
    "choice": "tuning.api.space",
    "integer": "tuning.api.space",
    "log_integer": "tuning.api.space",
    "log_uniform": "tuning.api.space",
    "uniform": "tuning.api.space",
    "when": "tuning.api.space",
    "Sweep": "tuning.api.sweep",
    "Trials": "tuning.api.trials",
    "RayConfig": "tuning.ray_backend.launch",
    "Augmentation": "tuning.spec.schema",
    "ConfirmSpec": "tuning.spec.confirm",
    "CostSpec": "tuning.spec.limits",
    "Distribution": "tuning.spec.schema",
    "ObjectiveSpec": "tuning.spec.schema",
    "PrepareSpec": "tuning.spec.schema",
    "Resources": "tuning.spec.resources",
    "SamplerSpec": "tuning.spec.schema",
    "SchedulerSpec": "tuning.spec.schema",
    "StopSpec": "tuning.spec.limits",
    "SweepSpec": "tuning.spec.schema",
    "TrainingSpec": "tuning.spec.schema",
}
__all__ = [
    "Augmentation",
    "ConfirmSpec",
    "CostSpec",
    "Detections",
    "Detector",
    "Distribution",
    "ObjectiveSpec",
    "PrepareSpec",
    "RayConfig",
    "Resources",
    "SamplerSpec",
    "SchedulerSpec",
    "StopSpec",
    "Sweep",
    "SweepSpec",
    "SweepboxError",
    "TrainingSpec",
    "Trials",
    "__version__",
    "check_dataset",
    "choice",
    "draw_detections",
    "draw_sample",
    "evaluate",
    "export",
    "integer",
    "log_integer",
    "log_uniform",
    "prepare",
    "train",
    "tune_post_processing",
    "uniform",
    "when",
]

_load = lazy_names(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("sweepbox")
    return _load(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
