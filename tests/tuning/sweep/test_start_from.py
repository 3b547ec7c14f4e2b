from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.start_file import Start, read_start
from sweepbox.tuning.storage.trial_record import Origin, TrialState, read_changes, read_status
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager
from tests.earlier_sweeps import without_start

Write = Callable[..., Path]
BRIGHTNESS = {"random_adjust_brightness": {"enabled": True, "max_delta": {"uniform": [0.05, 0.25]}}}


def begin(spec: Path, out: Path) -> tuple[SweepFolder, list[str]]:
    """Create a sweep; return its folder and the notes."""
    notes: list[str] = []
    return create_sweep(SweepRequest(spec, out=out), notify=notes.append), notes


def hand_out_all(folder: SweepFolder) -> list[str]:
    manager = TrialManager(folder, load_spec(folder.spec))
    return list(iter(manager.next_trial, None))


def test_the_first_trial_is_the_base_config(write_spec: Write, tmp_path: Path) -> None:
    folder, _ = begin(write_spec(), tmp_path / "run")
    assert hand_out_all(folder) == ["0000", "0001", "0002"]
    first = folder.trial("0000")
    assert read_status(first).origin is Origin.BASE
    assert read_changes(first) == ()
    assert load_config(first.config) == load_config(folder.base_config)
    assert [read_status(folder.trial(name)).origin for name in ("0001", "0002")] == [Origin.SAMPLED] * 2


def test_given_points_follow_and_keep_the_other_settings_of_the_base(write_spec: Write, tmp_path: Path) -> None:
    points = tmp_path / "points.yaml"
    points.write_text("- {learning_rate: 0.002, random_adjust_brightness.max_delta: 0.1}\n- {batch_size: 1}\n")
    spec = write_spec(start_from=[str(points)], augmentations=BRIGHTNESS, trials=4)
    folder, notes = begin(spec, tmp_path / "run")
    assert notes == [f"{points}: 2 points are trials of this sweep"]
    assert hand_out_all(folder) == ["0000", "0001", "0002", "0003"]
    statuses = [read_status(trial) for trial in folder.trial_folders()]
    assert [status.origin for status in statuses] == ["base", "point", "point", "sampled"]
    assert statuses[1].parameters["learning_rate"] == pytest.approx(0.002)
    assert statuses[1].parameters["random_adjust_brightness.max_delta"] == pytest.approx(0.1)
    assert [change.path for change in read_changes(folder.trial("0002"))] == ["train_config.batch_size"]


def test_a_resumed_sweep_goes_on_with_the_given_trials(write_spec: Write, tmp_path: Path) -> None:
    points = tmp_path / "points.yaml"
    points.write_text("- {learning_rate: 0.002}\n")
    folder, _ = begin(write_spec(start_from=[str(points)]), tmp_path / "run")
    spec = load_spec(folder.spec)
    assert TrialManager(folder, spec).next_trial() == "0000"
    points.unlink()
    assert hand_out_all(folder) == ["0000", "0001", "0002"]
    assert [read_status(trial).origin for trial in folder.trial_folders()] == ["base", "point", "sampled"]


def test_results_of_an_earlier_sweep_are_known_where_they_fit(
    write_spec: Write, tmp_path: Path, live: Callable[..., None]
) -> None:
    earlier, _ = begin(write_spec(trials=5), tmp_path / "earlier")
    names = hand_out_all(earlier)
    for name, values in zip(names, [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.2], [0.3], []], strict=True):
        live(earlier, name, values, TrialState.FINISHED if values else TrialState.FAILED)
    narrower = {"learning_rate": {"log_uniform": [1e-5, 1e-2]}, "focal_gamma": {"uniform": [1.0, 2.0]}}
    folder, notes = begin(write_spec(space=narrower, start_from=[str(earlier.path)]), tmp_path / "run")
    start = read_start(folder)
    assert start is not None
    known = [dict(item.parameters) for item in start.earlier]
    expected = [dict(read_status(earlier.trial(name)).parameters) for name in names[1:4]]
    assert known == expected
    assert "the sampler knows 3 of its trials" in notes[0]
    assert "1 left out: no evaluation by this objective" in notes[0]

    other, notes = begin(
        write_spec(training={"steps": 8, "evaluate_every": 2}, start_from=[str(earlier.path)]),
        tmp_path / "other",
    )
    assert read_start(other) == Start()
    assert "4 left out: another length or evaluation interval" in notes[0]
    assert "its base config differs in" in notes[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("learning_rate: 0.1\n", "give a list of points"),
        ("- 3\n", "give a list of points"),
        ("- {}\n", "give a list of points"),
        ("- {learning_rat: 0.1}\n- {batch_size: 0}\n", "points.yaml: point 2: .*batch_size"),
        ("- {learning_rat: 0.1}\n", "points.yaml: point 1: .*learning_rate"),
        ("- {batch_size: [1]}\n", "points.yaml: point 1"),
        ("- {batch_size: {a: 1}}\n", "points.yaml: point 1"),
        ("- [\n", "points.yaml:2:1"),
    ],
)
def test_points_that_cannot_be_read_are_refused(
    text: str, message: str, write_spec: Write, tmp_path: Path
) -> None:
    (tmp_path / "points.yaml").write_text(text)
    with pytest.raises(SweepError, match=message):
        begin(write_spec(start_from=["points.yaml"]), tmp_path / "run")
    assert not (tmp_path / "run" / "sweep.yaml").exists()


@pytest.mark.parametrize("name", ["nothing.yaml", "nowhere"])
def test_a_source_that_is_not_there_is_refused(name: str, write_spec: Write, tmp_path: Path) -> None:
    with pytest.raises(SweepError, match=rf"start_from\[0\]: .*{name}"):
        begin(write_spec(start_from=[name]), tmp_path / "run")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"points": 1, "earlier": []}', '{"points": [], "earlier": [{"number": 1}]}']
)
def test_a_damaged_start_is_named(text: str, write_spec: Write, tmp_path: Path) -> None:
    folder, _ = begin(write_spec(), tmp_path / "run")
    folder.start.write_text(text)
    with pytest.raises(SweepError, match=r"start\.json: damaged"):
        read_start(folder)


def test_a_sweep_of_an_earlier_format_starts_with_suggestions(write_spec: Write, tmp_path: Path) -> None:
    folder, _ = begin(write_spec(), tmp_path / "run")
    without_start(folder)
    hand_out_all(folder)
    assert [read_status(trial).origin for trial in folder.trial_folders()] == [Origin.SAMPLED] * 3


def test_objectives_may_differ_from_the_earlier_sweeps(
    write_spec: Write, tmp_path: Path, live: Callable[..., None]
) -> None:
    earlier, _ = begin(write_spec(trials=2), tmp_path / "earlier")
    live(earlier, hand_out_all(earlier)[1], [0.1, 0.6, 0.3], TrialState.FINISHED)
    spec: dict[str, Any] = {"objective": {"metric": "mAP"}, "start_from": [str(earlier.path)]}
    folder, _ = begin(write_spec(**spec), tmp_path / "run")
    start = read_start(folder)
    assert start is not None
    assert [item.scores for item in start.earlier] == [(0.6,)]
