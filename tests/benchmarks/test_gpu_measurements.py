"""What the measurements on a GPU compute themselves: the clock of the steps, results kept piece by piece."""

import sys
import time
from pathlib import Path

import pytest

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.gpu_profile import fastest_batch
from experiments.benchmarks.gpu_sweep import steps_per_s
from experiments.benchmarks.gpu_training import SSD_RESNET, training_name
from experiments.benchmarks.kept import figure_of, keep, kept_fact
from experiments.gpu.measure import LOG, Session, Step


def step(name: str, code: str, *, least_s: float = 0, most_s: float = 20, vital: bool = False) -> Step:
    return Step(name, least_s, most_s, (sys.executable, "-c", code), vital=vital)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "work", tmp_path / "out"


def test_results_are_there_after_every_step(folders: tuple[Path, Path]) -> None:
    work, out = folders
    session = Session(work, out, limit_s=60, begun=time.time())
    write = f"open({str(work / 'results' / 'a.json')!r}, 'w').write('1')"
    assert session.run(iter([step("first", write), step("second", "raise SystemExit(3)")])) == 0
    assert (out / "a.json").read_text() == "1"
    log = (out / LOG).read_text()
    assert "first: 0 s, done" in log
    assert "second: 0 s, status 3" in log


def test_a_later_call_does_what_is_not_done(folders: tuple[Path, Path]) -> None:
    work, out = folders
    count = f"open({str(work / 'count')!r}, 'a').write('x')"
    for _ in range(2):
        Session(work, out, limit_s=60, begun=time.time()).run(iter([step("done once", count)]))
    assert (work / "count").read_text() == "x"


def test_a_step_is_stopped_at_its_limit_and_left_out_where_time_is_short(folders: tuple[Path, Path]) -> None:
    work, out = folders
    session = Session(work, out, limit_s=60, begun=time.time())
    begun = time.monotonic()
    steps = [
        step("long", "import time; time.sleep(30)", most_s=0.5),
        step("too long", "raise SystemExit(1)", least_s=100),
    ]
    assert session.run(iter(steps)) == 0
    assert time.monotonic() - begun < 10
    log = (out / LOG).read_text()
    assert "long: 0 s, stopped at its limit" in log or "long: 1 s, stopped at its limit" in log
    assert "too long: left out" in log


def test_nothing_follows_a_vital_step_that_failed(folders: tuple[Path, Path]) -> None:
    work, out = folders
    session = Session(work, out, limit_s=60, begun=time.time())
    steps = [step("vital", "raise SystemExit(1)", vital=True), step("next", "")]
    assert session.run(iter(steps)) == 1
    assert "next" not in (out / LOG).read_text()


def test_figures_are_kept_beside_earlier_ones(tmp_path: Path) -> None:
    path = tmp_path / "gpu_training.json"
    slow, fast = (training_name(SSD_RESNET, "bfloat16", size) for size in (8, 16))
    keep(path, [Figure(slow, "images/s", 100.0)], seconds=2.0, device="D")
    keep(path, [Figure(fast, "images/s", 300.0), Figure(slow, "images/s", 200.0)], seconds=3.0)
    assert (figure_of(path, slow), figure_of(path, fast), figure_of(path, "other")) == (200.0, 300.0, None)
    assert (kept_fact(path, "device"), kept_fact(path, "seconds")) == ("D", 5.0)
    assert fastest_batch(path) == 16


@pytest.mark.parametrize(
    ("at_a_time", "rate"),
    [
        (1, (10 + 20) / 30),  # all but the stretch that compiled
        (2, 20 / 20),  # from the later of both first evaluations: what began before it does not count
    ],
)
def test_steps_a_second_leave_compilation_out(at_a_time: int, rate: float) -> None:
    def lines(*times: float) -> list[dict[str, float]]:
        return [{"time": time, "step": 10 * number} for number, time in enumerate(times, start=1)]

    evaluated = {"a": lines(10.0, 20.0), "b": lines(20.0, 40.0)}
    begun = {"a": 0.0, "b": 10.0} if at_a_time == 1 else {"a": 0.0, "b": 0.0}
    if at_a_time == 2:
        evaluated["a"] = lines(10.0, 30.0)
        evaluated["c"] = lines(40.0)
        begun["c"] = 30.0
    assert steps_per_s(evaluated, begun, at_a_time=at_a_time) == pytest.approx(rate)
