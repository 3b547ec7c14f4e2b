"""The sweep: many trials, their scheduling, and the choice of the winner.

The names in `__all__` are what a notebook needs; each is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING

from sweepbox.detection.core.lazy import lazy_names

if TYPE_CHECKING:
    from sweepbox.tuning.ray_backend.launch import RayConfig, run_sweep
    from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
    from sweepbox.tuning.sweep.reader import best_checkpoint, load_sweep
    from sweepbox.tuning.sweep.resume import resume_sweep

_HOMES = {
    "SweepRequest": "sweep.create",
    "create_sweep": "sweep.create",
    "RayConfig": "ray_backend.launch",
    "run_sweep": "ray_backend.launch",
    "resume_sweep": "sweep.resume",
    "best_checkpoint": "sweep.reader",
    "load_sweep": "sweep.reader",
}
__all__ = [
    "RayConfig",
    "SweepRequest",
    "best_checkpoint",
    "create_sweep",
    "load_sweep",
    "resume_sweep",
    "run_sweep",
]

__getattr__ = lazy_names(__name__, _HOMES)
