"""What a sweep leaves for people and programs when it ends: the winner and a short report."""

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sweepbox.detection.core.files import write_json, write_text
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.report.budget import budget_lines
from sweepbox.tuning.report.evidence import evidence_lines
from sweepbox.tuning.report.markdown_text import code, plain, table
from sweepbox.tuning.report.objective import base_lines, constraint_lines, front_lines, latency_lines
from sweepbox.tuning.report.post_processing import post_processing_lines
from sweepbox.tuning.report.pruned import pruned_lines
from sweepbox.tuning.report.segments import segment_lines
from sweepbox.tuning.search.samplers.modelled import drawn_at_random
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import MOST_REDRAWS
from sweepbox.tuning.spec.durations import format_duration
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.storage.winner_record import WinnerRecord
from sweepbox.tuning.sweep.best import Best
from sweepbox.tuning.sweep.formatting import origin_text, settings_text, value_text
from sweepbox.tuning.sweep.results_table import write_results
from sweepbox.tuning.sweep.share_lines import share_lines
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult
from sweepbox.tuning.trial.throughput import weighted_mean
from sweepbox.tuning.winner.document import by_class, unconfirmed_winner
from sweepbox.tuning.winner.post_processing import KEY

logger = logging.getLogger(__name__)

THROUGHPUT = ("images/s", "waiting for input", "evaluating")
"""The columns of a trial's training speed and of the shares of its time."""


def write_outcome(state: SweepState) -> None:
    """Write `results.parquet`, `report.md` and `report.html`, and `winner.json` where a trial was evaluated.

    A winner that was confirmed among all trials of the search stands as it is. A page that cannot be written is
    logged: the sweep's results do not depend on it.
    """
    write_results(state)
    if state.best is not None and state.confirmed_winner is None:
        content = unconfirmed_winner(state, state.best)
        write_json(state.folder.winner, content, makes_folder=False)
        state = replace(state, winner=WinnerRecord(content))
    write_text(state.folder.report, report_text(state), makes_folder=False)
    _write_page(state)


def _write_page(state: SweepState) -> None:
    from sweepbox.tuning.report.html.write import write_page

    try:
        write_page(state, state.folder.page)
    except Exception as error:  # noqa: BLE001 - whatever it is, the results are written
        logger.warning(
            "%s: not written (%s: %s); `sweepbox report %s` writes it",
            state.folder.page,
            type(error).__name__,
            error,
            state.folder.path,
        )


def report_text(state: SweepState) -> str:
    """Return the report in Markdown: winner, AP by class, changes, trials, how to reproduce."""
    metric = state.objective.metric
    lines = [f"# Sweep {plain(state.spec.name)}", "", _summary(state), "", _sampler_line(state), ""]
    lines += pruned_lines(state.folder)
    if state.ended_by is not None:
        lines += [f"Ended by {plain(state.ended_by)}.", ""]
    best = state.shown_winner
    if best is not None:
        lines += _winner_lines(state, best)
    lines += [*front_lines(state), *latency_lines(state)]
    header = [
        "trial",
        "origin",
        "state",
        "evaluations",
        plain(f"best {metric}"),
        plain(f"last {metric}"),
        "settings",
        "time",
        *THROUGHPUT,
    ]
    lines += [
        "## Trials",
        "",
        *table(header, (_trial_cells(trial, state.objective) for trial in state.trials)),
        "",
        "Images a second and the wait for input are those of training, without compilation; a high wait means",
        "that reading images holds the trial up.",
        "",
    ]
    lines += budget_lines(state.spending)
    for text in share_lines(state):
        lines += [plain(text[0].upper() + text[1:]) + ".", ""]
    failures = [
        f"* {plain(trial.id)}: {plain(str(trial.status.error))}"
        for trial in state.trials
        if trial.state is TrialState.FAILED
    ]
    if failures:
        lines += ["## Failures", "", *failures, ""]
    return "\n".join([*lines, *_reproduction_lines(state)]) + "\n"


def _summary(state: SweepState) -> str:
    counts = [f"{state.count(kind)} {kind.replace('_', ' ')}" for kind in TrialState if state.count(kind)]
    spent = format_duration(sum(trial.seconds for trial in state.trials))
    written = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    copies = sum(trial.status.replaces is not None for trial in state.trials)
    confirming = len(state.trials) - len(state.searched)
    added = len(state.searched) - state.population - copies
    more = (f" and {copies} copies" if copies else "") + (f" and {added} added by request" if added else "")
    more += f" and {confirming} that confirm the winner" if confirming else ""
    trials = f"{state.population} of {state.spec.trials} trials{more} ({', '.join(counts)})"
    return f"{trials}, {spent} in trials{_shares(state)}. {written} UTC."


def _sampler_line(state: SweepState) -> str:
    at_random = drawn_at_random(state.spec.sampler, Space.of(state.spec))
    line = f"Sampler {state.spec.sampler.type}" + (f"; {at_random}." if at_random else ".")
    redraws = [trial.status.redraws for trial in state.trials]
    if not any(redraws):
        return line
    randomly = sum(count >= MOST_REDRAWS for count in redraws)
    return (
        f"{line} {sum(redraws)} suggestions for {sum(map(bool, redraws))} trials did not meet the requirements "
        f"and were redrawn; {randomly} of these trials were drawn at random in the end."
    )


def _shares(state: SweepState) -> str:
    """Return where the time of all trials went, empty where it was not recorded."""
    own = [trial for trial in state.trials if trial.status.duplicate_of is None]
    evaluating = weighted_mean((trial.throughput.evaluation_fraction, trial.seconds) for trial in own)
    return "" if evaluating is None else f", {percent_text(evaluating)} of it evaluating"


def percent_text(share: float | None) -> str:
    """Return a share from 0 to 1 in percent, empty where it is not known."""
    return "" if share is None else f"{share:.0%}"


def _winner_lines(state: SweepState, best: Best) -> list[str]:
    trial = state.trial(best.trial)
    note = "" if best.constraints_met else " It does not meet all constraints; no checkpoint does."
    ap, ap50 = (by_class(state, best.metrics, kind) for kind in ("AP", "AP@.50"))
    classes = table(
        ["class", "AP", "AP@.50"],
        ([plain(name), value_text(ap[name]), value_text(ap50.get(name))] for name in ap),
    )
    changes = table(
        ["field", "base", "winner"],
        (
            [code(item.path), plain(value_text(item.before)), plain(value_text(item.after))]
            for item in trial.changes
        ),
    )
    where = f"Trial {best.trial}, evaluation {best.evaluation} (step {best.step})"
    return [
        "## Winner",
        "",
        f"{where}: **{plain(best.metric)} {best.value:.4f}**.{note}",
        "",
        *(base_lines(state, best) if state.confirmed_winner is None else ()),
        *evidence_lines(state),
        *constraint_lines(state, best),
        *post_processing_lines(_chosen_after_training(state, best), state.folder.trial(best.trial).config),
        *classes,
        "",
        *segment_lines(state, trial),
        "Changes from the base config (`base.config`):",
        "",
        *changes,
        "",
    ]


def _chosen_after_training(state: SweepState, best: Best) -> Mapping[str, Any] | None:
    winner = state.winner
    return None if winner is None or winner.trial != best.trial else winner.content.get(KEY)


def _trial_cells(trial: TrialResult, objective: Objective) -> list[str]:
    last = trial.evaluations[-1] if trial.evaluations else None
    same = f" (as {trial.status.duplicate_of})" if trial.status.duplicate_of else ""
    pace = trial.throughput
    return [
        plain(trial.id),
        origin_text(trial),
        trial.state.replace("_", " ") + same,
        f"{len(trial.evaluations)}/{trial.status.total_evaluations}",
        value_text(objective.value(trial.best.metrics)) if trial.best else "",
        value_text(objective.value_or_none(last.metrics)) if last else "",
        plain(settings_text(trial)),
        format_duration(trial.seconds),
        value_text(pace.images_per_s) if pace.images_per_s is not None else "",
        percent_text(pace.input_wait_fraction),
        percent_text(pace.evaluation_fraction),
    ]


def _reproduction_lines(state: SweepState) -> list[str]:
    return [
        "## How to reproduce",
        "",
        "```",
        "sweepbox sweep sweep.yaml --out AGAIN    # in this folder: the same search",
        "sweepbox export . EXPORT                 # the winner as a SavedModel",
        "```",
        "",
        f"Seed {state.spec.seed}. Every trial's full config is `trials/ID/pipeline.config`.",
        "All evaluations are in `results.parquet`; `optuna-dashboard sqlite:///study.sqlite3` shows the study.",
    ]
