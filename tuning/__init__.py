"""The sweep: many trials, their scheduling, and the choice of the winner.

The names in `__all__` are what a notebook needs; each is loaded when it is first asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuning.plan import SweepRequest, create_sweep
    from tuning.ray_backend.launch import Place, run_sweep
    from tuning.ray_backend.resume import resume_sweep
    from tuning.results import best_checkpoint, load_sweep

_HOMES = {
    "SweepRequest": "plan",
    "create_sweep": "plan",
    "Place": "ray_backend.launch",
    "run_sweep": "ray_backend.launch",
    "resume_sweep": "ray_backend.resume",
    "best_checkpoint": "results",
    "load_sweep": "results",
}
__all__ = [
    "Place",
    "SweepRequest",
    "best_checkpoint",
    "create_sweep",
    "load_sweep",
    "resume_sweep",
    "run_sweep",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: importing the package alone loads nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
