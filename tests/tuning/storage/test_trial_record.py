"""A trial's record: what it costs to hold many of them."""

from pathlib import Path

from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.storage.trial_record import (
    CopiedFrom,
    Evaluation,
    TrialState,
    TrialStatus,
    append_evaluation,
    read_evaluations,
    read_status,
    write_status,
)


def test_evaluations_hold_the_names_of_metrics_once(tmp_path: Path) -> None:
    folders = [TrialFolder(tmp_path / name) for name in ("0000", "0001")]
    written = Evaluation(1, 20, 1.5, 2.5, {"mAP": 0.25, "AP@.50/with mask": 0.5}, evaluation_s=0.5)
    for folder in folders:
        folder.path.mkdir()
        append_evaluation(folder, written)
    (one,), (other,) = (read_evaluations(folder) for folder in folders)
    assert one == other == written
    assert all(name is again for name, again in zip(one.metrics, other.metrics, strict=True))


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    folder = TrialFolder(tmp_path)
    append_evaluation(folder, Evaluation(1, 20, 1.5, 2.5, {"mAP": 0.25}))
    whole = folder.metrics.read_text()
    folder.metrics.write_text(whole + whole[:-20])
    assert [evaluation.evaluation for evaluation in read_evaluations(folder)] == [1]


def test_a_copy_says_what_it_continues_and_what_it_replaces(tmp_path: Path) -> None:
    folder = TrialFolder(tmp_path)
    written = TrialStatus(
        TrialState.PENDING, 1, "f", 6, 3, copied_from=CopiedFrom("0002", 1), replaces="0001", step=2
    )
    write_status(folder, written)
    assert read_status(folder) == written
