"""The sweep: many trials, their scheduling, and the choice of the winner.

The names in `__all__` are what a notebook needs; each is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING

from sweepbox.detection.core.lazy import lazy_names

if TYPE_CHECKING:
    from sweepbox.tuning.plan import SweepRequest, create_sweep
    from sweepbox.tuning.ray_backend.launch import Place, run_sweep
    from sweepbox.tuning.ray_backend.resume import resume_sweep
    from sweepbox.tuning.results import best_checkpoint, load_sweep

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

__getattr__ = lazy_names(__name__, _HOMES)
