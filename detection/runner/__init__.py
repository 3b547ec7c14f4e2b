"""One training run, from a config and records to the best checkpoint."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detection.runner.loop import TrainResult, train
    from detection.runner.run import TrainingRun
    from detection.runner.settings import RunSettings

__all__ = ["RunSettings", "TrainResult", "TrainingRun", "train"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: importing the package alone loads no Keras."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    modules = {"RunSettings": "settings", "TrainingRun": "run"}
    return getattr(importlib.import_module(f"{__name__}.{modules.get(name, 'loop')}"), name)
