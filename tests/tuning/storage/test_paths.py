"""Characters that URLs, patterns and shells take for something else, in the path of a sweep's folder."""

import shlex
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import Result
from optuna.trial import TrialState, create_trial

from sweepbox.scripts import status
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.study_file import StudyFile, StudyTrial
from sweepbox.tuning.storage.trial_record import TrialState as OurState
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import best_checkpoint, load_sweep

Invoke = Callable[..., Result]
Live = Callable[[SweepFolder, str, Sequence[float], OurState], None]

NAMES = [
    *("feature%2Fsearch", "a%20b", "100%", "%", "ex [1]", "[v2]", "who?", "a*b", "nr #5", "a&b", "a;b", "it's"),
    *("two  blanks", " blank first", "a?mode=memory&cache=shared", "file:x", ":memory:", "sqlite:", "a@b:c"),
    *("-dash", "a=b", 'quo"ted', "$HOME", "ünï", "{a,b}", "a\\b", "~", "a(b)", "tab\there", "`x`", "a|b", "!a"),
]


@pytest.mark.parametrize("name", NAMES)
def test_the_study_is_a_file_at_its_path(tmp_path: Path, name: str) -> None:
    folder = SweepFolder(tmp_path / name)
    folder.path.mkdir()
    file = StudyFile(folder.study, "mine", ["mAP"], ["maximize"])
    first = create_trial(state=TrialState.COMPLETE, value=0.5)
    file.rewrite([StudyTrial(first, {"trial": "0000"})])
    file.update([StudyTrial(first, {"trial": "0000"})])
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert [path.name for path in folder.path.iterdir()] == ["study.sqlite3"]
    database = sqlite3.connect(folder.study)
    assert database.execute("SELECT count(*) FROM trials").fetchone() == (1,)
    database.close()


@pytest.mark.parametrize("name", NAMES)
def test_the_command_to_resume_is_quoted_for_a_shell(tmp_path: Path, name: str) -> None:
    folder = SweepFolder(tmp_path / name)
    expected = ["sweepbox", "sweep", str(folder.spec), "--out", str(folder.path), "--resume"]
    assert shlex.split(folder.resume_command) == expected


def test_a_sweep_lives_in_any_folder(
    write_spec: Callable[..., Path], tmp_path: Path, live: Live, invoke: Invoke
) -> None:
    spec = write_spec(objective={"metric": "mAP"})
    for name in NAMES[:12]:
        folder = create_sweep(SweepRequest(spec, out=tmp_path / "out" / name / "feature%2Fsearch"))
        manager = TrialManager(folder, load_spec(folder.spec))
        assert manager.next_trial() == "0000"
        live(folder, "0000", [0.5], OurState.FINISHED)
        manager.close("0000")
        manager.write_study()
        assert load_sweep(folder.path).ended == 1
        assert best_checkpoint(folder.path) == folder.trial("0000").best
        shown = invoke(status.command, folder.path)
        assert shown.exit_code == 0, shown.output
        assert folder.resume_command in shown.output
