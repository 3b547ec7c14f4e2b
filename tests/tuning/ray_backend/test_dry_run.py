"""Dry runs on a real Ray: what they find, and that nothing is left."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from sweepbox.detection.core.errors import SweepError
from sweepbox.scripts.dry_run_table import print_dry_run
from sweepbox.tuning.ray_backend.dry_run import dry_run
from sweepbox.tuning.ray_backend.launch import RayConfig
from sweepbox.tuning.sweep.create import SweepRequest

Write = Callable[..., Path]


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.slow
def test_a_dry_run_times_the_programs_and_leaves_nothing(
    write_spec: Write, tmp_path: Path, shared_ray: None, tiny_spec: dict[str, Any]
) -> None:
    spec = write_spec(
        trials=6,
        time_budget="1s",
        max_concurrent=1,
        space={"batch_size": {"choice": [2, 3]}},
        augmentations={},
    )
    before = files(tmp_path), files(Path(tiny_spec["data"]))
    said: list[str] = []
    found = dry_run(
        SweepRequest(spec, out=tmp_path / "new" / "run"), ray_config=RayConfig(cpus=2), notify=said.append
    )
    assert (files(tmp_path), files(Path(tiny_spec["data"]))) == before
    assert list(found.programs) == ["base config", "batch_size=3"]
    assert found.other_programs == 0
    assert sum(line.startswith("warm-up: ") for line in said) == len(found.programs)
    for measured in found.programs.values():
        assert measured.compile_s > measured.step_s > 0
        assert measured.is_whole_evaluation
        assert 0 < measured.weights_bytes < measured.state_bytes
        assert measured.memory is not None
        assert measured.memory.device_bytes == measured.memory.host_bytes > 10 * measured.state_bytes
    assert found.forecast.ends_by == "time budget"
    console = Console(width=100, record=True, quiet=False)
    print_dry_run(found, console)
    shown = console.export_text()
    assert "base config" in shown
    assert "6 of 6 steps with 3 evaluations" in shown
    assert "time budget, before all trials have ended" in shown


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space": {"learning_rte": {"uniform": [0.1, 0.2]}}}, "learning_rte"),
        ({"objective": {"metric": "mAPP"}}, "no evaluation reports 'mAPP'"),
        ({"gpu_hours": 2.0}, "gpu_hours: 2 limits nothing"),
    ],
)
def test_what_a_sweep_refuses_a_dry_run_refuses(
    write_spec: Write, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    spec = write_spec(**changes)
    before = files(tmp_path)
    with pytest.raises(SweepError, match=message):
        dry_run(SweepRequest(spec, out=tmp_path / "run"), notify=print)
    assert files(tmp_path) == before
