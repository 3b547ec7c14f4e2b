"""Confirms the winner of a search: trains the finalists again, chooses, and then reads the test part once."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_json
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.storage.dataset import open_unchanged_data
from sweepbox.tuning.storage.winner_record import WinnerRecord, read_winner
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.running import RunnableTrials
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.trial.evaluation import Part
from sweepbox.tuning.winner.choice import Choice, Contender, choose
from sweepbox.tuning.winner.confirmation import ConfirmationTrials
from sweepbox.tuning.winner.confirmed_document import TestResults, frozen_winner, look_of, tested_winner
from sweepbox.tuning.winner.contenders import contenders_of, trials_of, with_scores
from sweepbox.tuning.winner.finalists import unfinished_runs
from sweepbox.tuning.winner.post_processing import adopted_suppression

logger = logging.getLogger(__name__)

RunTrials = Callable[[RunnableTrials], None]
Evaluate = Callable[[Sequence[str], Part], dict[str, dict[str, float]] | None]
"""Returns the metrics of trials' best weights on a part; None where the sweep was asked to stop."""
EvaluateAsExported = Callable[[Sequence[str], Mapping[str, Any]], dict[str, dict[str, float]] | None]
"""Returns the same on the test part, with the suppression that the export gets."""
Tune = Callable[[str], tuple[dict[str, Any] | None, str] | None]
"""Returns a trial's post-processing, or None and why there is none; None where the sweep was asked to stop."""


def confirm_winner(
    manager: TrialManager,
    confirm: ConfirmSpec,
    *,
    run_trials: RunTrials,
    evaluate: Evaluate,
    evaluate_as_exported: EvaluateAsExported,
    tune: Tune,
) -> None:
    """Do what is left of the confirmation, and write `winner.json`; return early where a stop is requested.

    The choice is written before the test part is read, and stands when a process that was killed goes on.

    Args:
        manager: The trials of the sweep, whose search is over.
        confirm: How many finalists are trained with how many seeds.
        run_trials: Runs trials on Ray.
        evaluate: Evaluates trials on Ray.
        evaluate_as_exported: Evaluates trials with the chosen suppression on Ray.
        tune: Chooses the post-processing of a trial on Ray.

    Raises:
        SweepError: No training of a finalist came to a result, or weights cannot be evaluated.
    """
    folder = manager.records.folder
    trials = ConfirmationTrials(manager, confirm)
    if len(trials):
        logger.info("%d trials confirm the winner", len(trials))
        run_trials(trials)
    state = manager.records.snapshot()
    if folder.stop_request.exists() or unfinished_runs(state, confirm):
        return
    contenders = _evaluated(state, confirm, evaluate)
    if contenders is None:
        return
    choice = choose(with_scores(contenders, state), state.objective)
    record = _freeze(state, confirm, choice, tune)
    if record is None:
        return
    logger.info("trial %s is chosen: %s", record.trial, record.content["verdict"])
    if not record.is_complete_for(confirm, state.searched_count):
        _test(state, choice, record, evaluate, evaluate_as_exported)


def _evaluated(state: SweepState, confirm: ConfirmSpec, evaluate: Evaluate) -> tuple[Contender, ...] | None:
    """Return the finalists, whose matches on the validation part or its folds are in their trials' folders."""
    contenders = contenders_of(state, confirm)
    if not contenders:
        raise SweepError(
            f"{state.folder.path}: no training of a finalist came to a result, so no winner is confirmed; "
            "report.md has the errors"
        )
    wanted = trials_of(contenders, Part.VALIDATION)
    missing = [name for name in wanted if not _has_matches(state, name)]
    if missing and evaluate(missing, Part.VALIDATION) is None:
        return None
    return contenders


def _has_matches(state: SweepState, trial_id: str) -> bool:
    return state.folder.trial(trial_id).matches(Part.VALIDATION).is_file()


def _freeze(state: SweepState, confirm: ConfirmSpec, choice: Choice, tune: Tune) -> WinnerRecord | None:
    """Return the choice as `winner.json` has it; it is written where it was not made before.

    None where the sweep was asked to stop before.
    """
    before = read_winner(state.folder)
    if before is not None and before.is_choice_of(confirm, state.searched_count):
        return before
    _, run = choice.winner.best_run(state.objective)
    tuned = tune(run.id)
    if tuned is None:
        return None
    post_processing, reason = tuned
    if post_processing is None:
        logger.warning("suppression and thresholds are not tuned: %s", reason)
    content = frozen_winner(
        state,
        confirm,
        choice,
        has_test=bool(open_unchanged_data(state.folder, state.spec).test),
        looks=() if before is None else before.test_looks,
        post_processing=post_processing,
    )
    write_json(state.folder.winner, content, makes_folder=False)
    return WinnerRecord(content)


def _test(
    state: SweepState,
    choice: Choice,
    record: WinnerRecord,
    evaluate: Evaluate,
    evaluate_as_exported: EvaluateAsExported,
) -> None:
    """Log that the test part is read, read it, and add its figures to `winner.json`.

    It is one look: all finalists with their own suppression, as they were compared, and the winner as exported.
    """
    looks = _with_look(record, look_of(state, choice.contenders))
    frozen = {**record.content, "test_looks": looks}
    write_json(state.folder.winner, frozen, makes_folder=False)
    metrics = evaluate(trials_of(choice.contenders), Part.TEST)
    if metrics is None:
        return
    exported, suppression = None, adopted_suppression(record.content)
    if suppression is not None:
        exported = evaluate_as_exported(trials_of([choice.winner]), suppression)
        if exported is None:
            return
    results = TestResults(metrics, exported)
    tested = tested_winner(frozen, state, choice, results)
    write_json(state.folder.winner, tested, makes_folder=False)


def _with_look(record: WinnerRecord, look: dict[str, object]) -> list[dict[str, object]]:
    """Return the looks with another one; a reading for this choice that was interrupted goes on."""
    looks = [dict(earlier) for earlier in record.test_looks]
    is_begun = bool(looks) and all(looks[-1].get(key) == look[key] for key in ("searched", "weights"))
    return looks if is_begun else [*looks, look]
