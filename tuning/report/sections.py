"""The sections of a report that take more than a moment: search, data, paired comparisons, detections."""

import logging

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.tuning.objective.goal import Mode
from sweepbox.tuning.report.data import data_model
from sweepbox.tuning.report.detector.section import detector_section
from sweepbox.tuning.report.model.sections import PairedModel, ReportSections, SearchModel
from sweepbox.tuning.report.paired import paired_models
from sweepbox.tuning.search.suggestions import Direction
from sweepbox.tuning.sweep.state import SweepState

logger = logging.getLogger(__name__)


def report_sections(state: SweepState) -> ReportSections:
    """Compute the sections, in a few seconds; Optuna is loaded.

    A section that cannot be computed, because files are missing or damaged, is left out and logged.
    """
    return ReportSections(
        search=search_model(state),
        data=data_model(state),
        detector=detector_section(state),
        paired=_paired(state),
    )


def search_model(state: SweepState) -> SearchModel:
    """Return what the search tells about the parameters."""
    from sweepbox.tuning.search.importance import LEAST_TRIALS, ScoredTrial, parameter_importance
    from sweepbox.tuning.search.space import Space

    objective = state.objective
    scored = [
        ScoredTrial(trial.status.parameters, objective.value(trial.best.metrics))
        for trial in state.searched
        if trial.best is not None and trial.state.has_ended and trial.status.duplicate_of is None
    ]
    direction: Direction = "minimize" if objective.mode is Mode.MIN else "maximize"
    found = parameter_importance(Space.of(state.spec), scored, direction)
    if not found.shares:
        return SearchModel({}, f"Not computed: it takes {LEAST_TRIALS} ended trials with different values.")
    rough = "; with so few trials it is rough" if found.trials < 50 else ""
    note = (
        f"PED-ANOVA: which parameters tell the best {found.good} of {found.trials} ended trials from all of "
        f"them{rough}. A trial that was stopped early counts with its best value."
    )
    return SearchModel(found.shares, note)


def _paired(state: SweepState) -> tuple[PairedModel, ...]:
    try:
        return paired_models(state)
    except (OSError, SweepboxError) as error:
        logger.warning("no paired comparisons in the report: %s", error)
        return ()
