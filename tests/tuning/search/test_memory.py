"""Spaces whose trials do not fit into the machine's memory are refused before the sweep starts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep

BATCH = {"batch_size": {"choice": [2, 4]}}
LARGE = {"batch_size": {"choice": [2, 60000]}}
RATE = {"learning_rate": {"log_uniform": [1e-4, 1e-2]}}
SIZE = "model.ssd.image_resizer.fixed_shape_resizer"


@pytest.fixture(autouse=True)
def _small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweepbox.detection.config.memory.machine_memory", lambda: 10**8)


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"space": LARGE}, ["space.batch_size"]),
        ({"space": {"batch_size": {"integer": [2, 60000]}}}, ["space.batch_size"]),
        ({"space": {**RATE, f"{SIZE}.width": {"choice": [96, 16384]}, "batch_size": {"choice": [2, 60000]}}},
         [f"space.{SIZE}.width", "space.batch_size"]),
        ({"set": {"batch_size": 60000}}, ["base_config"]),
        ({"set": {"batch_size": 60000}, "space": {"batch_size": {"choice": [50000, 65000]}}}, ["base_config"]),
        ({"set": {"batch_size": 60000}, "space": {**RATE, **LARGE}}, []),
        ({"space": {**RATE, **BATCH}}, []),
    ],
)  # fmt: skip
def test_what_does_not_fit_into_the_memory_is_named_by_its_key(
    write_spec: Callable[..., Path], tiny_spec: dict[str, Any], tmp_path: Path, changes: Any, keys: list[str]
) -> None:
    changed = {**changes, "set": {**tiny_spec["set"], **changes.get("set", {})}}
    request = SweepRequest(write_spec(**changed), out=tmp_path / "run")
    if not keys:
        create_sweep(request)
        return
    with pytest.raises(SweepboxError) as refused:
        create_sweep(request)
    lines = str(refused.value).splitlines()
    assert [line.partition(": training takes about ")[0].rpartition(": ")[2] for line in lines] == keys
    assert all("and the machine has 0.1 GB; lower train_config.batch_size" in line for line in lines)
    assert not (tmp_path / "run").exists()


def test_trials_of_a_cluster_need_not_fit_into_this_machine(
    write_spec: Callable[..., Path], tmp_path: Path
) -> None:
    create_sweep(SweepRequest(write_spec(space=LARGE), out=tmp_path / "run", runs_here=False))
