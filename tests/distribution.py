"""How the tests spread over the processes of pytest-xdist (`make test` starts two)."""

from typing import TYPE_CHECKING, Any

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest

SHARED = {
    "tests/data/cache/": "cache",
    "tests/export/": "exports",
    "tests/inference/": "exports",
    "tests/model_evaluation/": "exports",
    "tests/scripts/test_detect.py": "exports",
    "tests/scripts/test_evaluate.py": "exports",
    "tests/scripts/test_export.py": "exports",
    "tests/runner/test_decoded_cache.py": "jax",
    "tests/runner/test_initial_run.py": "runs",
    "tests/runner/test_jax_losses.py": "jax",
    "tests/runner/test_profile.py": "runs",
    "tests/runner/test_run.py": "runs",
    "tests/runner/test_train.py": "runs",
    "tests/scripts/test_special_files.py": "exports",
    "tests/scripts/test_train_choices.py": "jax",
    "tests/tuning/trial/test_compiled_runs_jax.py": "jax",
    "tests/test_public_names.py": "ray",
    "tests/tuning/ray_backend/": "ray",
    "tests/tuning/storage/test_formats.py": "ray",
}
"""Modules and folders that share what is made once: a process, exports, compiled programs, a Ray."""
LONGEST = ("jax", "ray", "exports", "runs", "tests/runner/", "tests/scripts/")
"""What starts first, so that no process is left with a long module at the end."""


def scope_of(nodeid: str) -> str:
    """Return what a test shares its process with: its module, or the group that its module belongs to."""
    path = nodeid.partition("::")[0]
    return next((group for start, group in SHARED.items() if path.startswith(start)), path)


def rank_of(nodeid: str) -> int:
    """Return when a test starts among the others: 0 is first."""
    scope = scope_of(nodeid)
    return next((rank for rank, start in enumerate(LONGEST) if scope.startswith(start)), len(LONGEST))


class ByModule(LoadScopeScheduling):
    """Gives each module, or group of modules, to one process, in the order of collection."""

    def __init__(self, config: "pytest.Config", log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)
