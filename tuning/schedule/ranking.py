"""The comparison of reports at a rung, the only one that stopping rules make."""

from collections.abc import Iterable, Sequence

import numpy as np

from sweepbox.tuning.objective import order
from sweepbox.tuning.schedule.rule import Report


def merits(reports: Sequence[Report]) -> tuple[float, ...]:
    """Return a number for each report, of which more is better; it compares with the numbers of the others.

    It is the score where there is one and all constraints are met; see `objective.order` for other cases.
    """
    if not any(report.violations or report.more_scores for report in reports):
        return tuple([report.score for report in reports])  # the usual case: a rung may hold thousands
    return order.merits([report.merit for report in reports])


def best_first(reports: Iterable[Report]) -> list[Report]:
    """Return reports in the order of their merits, of equals that of the first trial first."""
    given = sorted(reports, key=lambda report: report.trial)
    ranked = sorted(zip(merits(given), given, strict=True), key=lambda item: -item[0])
    return [report for _, report in ranked]


def is_among_best(report: Report, earlier: Sequence[Report], share: float) -> bool:
    """Return whether a report is not worse than the best `share` of earlier ones; it is where there are none.

    The limit is interpolated between the merits of two reports.
    """
    own, *others = merits([report, *earlier])
    return not others or own >= float(np.percentile(others, (1 - share) * 100))


def is_below_median(report: Report, others: Sequence[Report]) -> bool:
    """Return whether a report is worse than the median of others, of which there is at least one."""
    own, *rest = merits([report, *others])
    return own < float(np.median(rest))


def mean_of(reports: Sequence[Report]) -> Report:
    """Return the mean of a trial's reports, as if it were reported with the last of them."""
    last = reports[-1]
    scores = np.mean([report.merit.scores for report in reports], axis=0)
    names = {name for report in reports for name in report.violations}
    violations = {
        name: float(np.mean([max(report.violations.get(name, 0.0), 0.0) for report in reports]))
        for name in names
    }
    first, *more = map(float, scores)
    return Report(last.trial, last.evaluation, first, tuple(more), violations)
