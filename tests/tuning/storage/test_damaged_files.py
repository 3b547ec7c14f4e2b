"""Damage to the files of a sweep's folder: named with the remedy, never passed over."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import optuna
import pytest

from sweepbox.detection.core.errors import SweepboxError, SweepError
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.checksum import KEY
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.trial_record import Evaluation, TrialState, read_evaluations, write_evaluations
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.resume import resume_sweep
from sweepbox.tuning.trial.precision import sweep_precision

Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]
LINES = 3

GARBAGE = {
    "empty": b"",
    "torn": b'{"state": "finished", "par',
    "zeros of a power cut": b"\0" * 64,
    "not text": b"\xff\xfe\x00garbage",
    "another program's text": b"<html>404</html>",
    "a number": b"7",
    "null": b"null",
    "a list of numbers": b"[1, 2]",
    "an empty mapping": b"{}",
    "deeply nested": b"[" * 100_000,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tiny_spec: dict[str, object], live_once: Live) -> Path:
    """A sweep of two trials: one finished, one interrupted; do not write into it."""
    import yaml

    home = tmp_path_factory.mktemp("whole")
    (home / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, "objective": {"metric": "mAP"}}))
    folder = create_sweep(SweepRequest(home / "sweep.yaml", out=home / "run"))
    manager = TrialManager(folder, load_spec(folder.spec))
    for _ in range(2):
        manager.next_trial()
    live_once(folder, "0000", [0.2, 0.6, 0.5], TrialState.FINISHED)
    live_once(folder, "0001", [0.3], TrialState.RUNNING)
    manager.close("0000")
    return folder.path


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> SweepFolder:
    """A copy of it to damage."""
    return SweepFolder(Path(shutil.copytree(whole, tmp_path / "run")))


def lines_of(trial: TrialFolder) -> list[bytes]:
    return trial.metrics.read_bytes().splitlines(keepends=True)


def replaced(name: str, value: object) -> Callable[[bytes], bytes]:
    return lambda line: json.dumps({**json.loads(line), name: value}).encode() + b"\n"


BAD_LINES: dict[str, Callable[[bytes], bytes]] = {
    **{kind: (lambda _line, text=text: text + b"\n") for kind, text in GARBAGE.items()},
    "cut in the middle": lambda line: line[:40] + b"\n",
    "two in one line": lambda line: line[:-1] + line,
    "given twice": lambda line: line + line,
    "a field less": lambda line: line.replace(b'"step"', b'"stop"'),
    "the metrics gone": replaced("metrics", None),
    "a metric as text": replaced("metrics", {"mAP": "0.9"}),
    "a metric that is no number": lambda line: line.replace(b'"mAP": 0', b'"mAP": NaN, "x": 0'),
    "a metric beyond all numbers": lambda line: line.replace(b'"mAP": 0', b'"mAP": 1e999, "x": 0'),
    "a number as text": replaced("evaluation", "1"),
    "another number": replaced("evaluation", 9),
    "a negative step": replaced("step", -2),
    "a step and a half": replaced("step", 1.5),
    "removed": lambda _line: b"",
}


@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize("kind", BAD_LINES)
def test_a_damaged_line_of_the_evaluations_is_named(folder: SweepFolder, kind: str, place: str) -> None:
    trial = folder.trial("0000")
    lines = lines_of(trial)
    index = {"first": 0, "middle": 1, "last": LINES - 1}[place]
    lines[index] = BAD_LINES[kind](lines[index])
    trial.metrics.write_bytes(b"".join(lines))
    with pytest.raises(SweepError, match=r"0000/metrics\.jsonl.*; restore the file, or delete .*0000 to drop"):
        load_sweep(folder.path)
    with pytest.raises(SweepError, match=r"0000/metrics\.jsonl"):
        TrialManager(folder, load_spec(folder.spec))


def test_the_number_of_the_damaged_line_is_told(folder: SweepFolder) -> None:
    trial = folder.trial("0000")
    first, _, third = lines_of(trial)
    trial.metrics.write_bytes(first + b"garbage\n" + third)
    with pytest.raises(SweepError, match=r"metrics\.jsonl:2: damaged \(") as error:
        load_sweep(folder.path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kept", [0, 1, 5, 15, 16, 40, -2, -1])
def test_only_a_last_line_that_was_cut_is_forgiven(tmp_path: Path, kept: int) -> None:
    trial = TrialFolder(tmp_path)
    evaluations = [Evaluation(n, 2 * n, 1.5, 2.5, {"mAP": 0.25}) for n in (1, 2, 3)]
    write_evaluations(trial, evaluations)
    *before, last = lines_of(trial)
    trial.metrics.write_bytes(b"".join(before) + last[:kept])
    whole = kept == -1  # the end of the line alone is missing
    assert read_evaluations(trial) == tuple(evaluations if whole else evaluations[:2])


@pytest.mark.parametrize("tail", [b"garbage", b"\0\0\0\0", b"{}", b'{"other": 1', b"\n", b"  "])
def test_a_tail_that_no_crash_leaves_is_named(tmp_path: Path, tail: bytes) -> None:
    trial = TrialFolder(tmp_path)
    write_evaluations(trial, [Evaluation(1, 2, 1.5, 2.5, {"mAP": 0.25})])
    trial.metrics.write_bytes(trial.metrics.read_bytes() + tail)
    with pytest.raises(SweepError, match=r"metrics\.jsonl:2: damaged"):
        read_evaluations(trial)


def test_a_finished_trial_has_all_its_evaluations(folder: SweepFolder) -> None:
    trial = folder.trial("0000")
    trial.metrics.write_bytes(b"".join(lines_of(trial))[:-9])
    with pytest.raises(SweepError, match="the evaluations end at step 4, the trial has finished at step 6"):
        load_sweep(folder.path)
    trial.metrics.unlink()
    with pytest.raises(SweepError, match="the evaluations end at step 0, the trial has finished at step 6"):
        load_sweep(folder.path)


JSON_FILES = ["trials/0000/state.json", "trials/0000/changes.json", "sweep.json", "precision.json"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, kind) for name in JSON_FILES for kind in (*GARBAGE, "a folder")),
        *((name, "missing") for name in JSON_FILES[:2]),  # the others are not in every folder
    ],
)
def test_a_damaged_json_file_is_named(folder: SweepFolder, name: str, kind: str) -> None:
    path = folder.path / name
    path.unlink(missing_ok=True)
    if kind == "a folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(GARBAGE[kind])
    with pytest.raises(SweepError, match=rf"{path}: .*; restore (it|the file), or delete") as error:
        load_sweep(folder.path)
        sweep_precision(folder, None)  # type: ignore[arg-type]  # not looked at where the file is there
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parameters", None),
        ("parameters", []),
        ("parameters", {"learning_rate": None}),
        ("parameters", {"learning_rate": [1]}),
        ("state", "done"),
        ("state", 3),
        ("seed", "5"),
        ("seed", 1.5),
        ("total_steps", -1),
        ("total_evaluations", None),
        ("step", "2"),
        ("seconds", "long"),
        ("seconds", -1.0),
        ("started", "yesterday"),
        ("sampler_attributes", {"trial": 1}),
        ("origin", "mars"),
        ("duplicate_of", 0),
        ("fingerprint", None),
        ("error", ["a"]),
        ("unheard_of", 1),
    ],
)
def test_a_field_of_another_type_is_named(folder: SweepFolder, field: str, value: object) -> None:
    rewrite(folder.trial("0001").status, **{field: value})
    with pytest.raises(
        SweepError, match=rf"0001/state\.json: damaged \({field}.*\); restore the file"
    ) as error:
        load_sweep(folder.path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", [kind for kind in GARBAGE if kind != "deeply nested"] + ["missing"])
@pytest.mark.parametrize("name", ["sweep.yaml", "base.config"])
def test_a_damaged_text_file_is_named_when_the_sweep_is_resumed(
    whole: Path, folder: SweepFolder, name: str, kind: str
) -> None:
    request = SweepRequest(whole.parent / "sweep.yaml", out=folder.path)
    (folder.path / name).unlink()
    if kind != "missing":
        (folder.path / name).write_bytes(GARBAGE[kind])
    with pytest.raises((SweepboxError, OSError), match=name):
        resume_sweep(request)


STRAYS = ["notes.txt", ".DS_Store", "0000.bak", "0000 (copy)", "latest", "00002", "٣٣٣٣", "12", "Thumbs.db"]


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("name", STRAYS)
def test_a_stray_file_among_the_trials_is_left_aside(folder: SweepFolder, name: str, kind: str) -> None:
    stray = folder.trials / name
    if kind == "file":
        stray.write_text("mine")
    else:
        stray.mkdir()
    assert [trial.id for trial in load_sweep(folder.path).trials] == ["0000", "0001"]
    manager = TrialManager(folder, load_spec(folder.spec))
    given = []
    while (trial := manager.next_trial()) is not None:
        given.append(trial)
    assert given == ["0001", "0002"]
    assert stray.exists()


def garbage_after_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100] + b"\xaa" * 5000)


def another_database(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE trials (mine TEXT)")
    database.close()


STUDIES: dict[str, Callable[[Path], object]] = {
    **{kind: (lambda path, text=text: path.write_bytes(text)) for kind, text in GARBAGE.items()},
    "cut": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "garbage after the header": garbage_after_the_header,
    "another database": another_database,
    "a journal of garbage": lambda path: Path(f"{path}-journal").write_bytes(b"\xff" * 2000),
    "a log of garbage": lambda path: Path(f"{path}-wal").write_bytes(b"\xff" * 2000),
    "missing": lambda path: path.unlink(),
}


@pytest.mark.parametrize("kind", STUDIES)
def test_a_study_file_of_garbage_is_rebuilt_from_the_trials(folder: SweepFolder, kind: str) -> None:
    TrialManager(folder, load_spec(folder.spec)).write_study()
    STUDIES[kind](folder.study)
    assert load_sweep(folder.path).ended == 1, "the state does not depend on it"
    TrialManager(folder, load_spec(folder.spec)).write_study()
    study = optuna.load_study(study_name="tiny", storage=f"sqlite:///{folder.study}")
    assert [trial.user_attrs["trial"] for trial in study.trials] == ["0000", "0001"]
    assert study.trials[0].value == 0.6


def test_a_trial_can_be_dropped_as_the_message_says(folder: SweepFolder) -> None:
    shutil.rmtree(folder.trial("0000").path)
    manager = TrialManager(folder, load_spec(folder.spec))
    assert manager.next_trial() == "0001"
    assert [trial.id for trial in load_sweep(folder.path).trials] == ["0001"]


def test_a_trial_that_waits_for_a_dropped_one_is_run_itself(folder: SweepFolder) -> None:
    status = folder.trial("0001").status
    for original in ("0000", "0001", "0007", "none"):
        rewrite(status, duplicate_of=original)
        shutil.rmtree(folder.trial("0000").path, ignore_errors=True)
        assert TrialManager(folder, load_spec(folder.spec)).next_trial() == "0001"


def rewrite(path: Path, **changes: object) -> None:
    """Change fields of a record by hand, and drop its checksum."""
    kept = {key: value for key, value in json.loads(path.read_text()).items() if key != KEY}
    path.write_text(json.dumps({**kept, **changes}))


@pytest.mark.parametrize("text", [b"", b"\n", b"\xff\xfe", b"lunch\n"])
def test_any_stop_file_is_a_request(folder: SweepFolder, text: bytes) -> None:
    assert folder.stop_reason() is None
    folder.stop_request.write_bytes(text)
    assert folder.stop_reason()
