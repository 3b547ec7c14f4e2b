"""How much time a sweep still needs."""


def estimate_work_left(
    *,
    seconds_per_evaluation: float | None,
    evaluations_per_trial: float,
    trials_to_start: int,
    evaluations_of_running: float,
) -> float | None:
    """Return the seconds that the rest of a sweep takes in trials, or None while nothing has been measured yet.

    `evaluations_per_trial` is what a trial is expected to take (less than the full length where trials are
    stopped early), `evaluations_of_running` what the running trials still need together.
    """
    if seconds_per_evaluation is None:
        return None
    return (trials_to_start * evaluations_per_trial + evaluations_of_running) * seconds_per_evaluation


def estimate_time_left(
    *, work_left_s: float | None, num_workers: int, budget_left_s: float | None = None
) -> float | None:
    """Return the seconds until a sweep ends, at most its time budget; None while nothing is known."""
    if work_left_s is None:
        return budget_left_s
    estimate = work_left_s / max(num_workers, 1)
    return estimate if budget_left_s is None else min(estimate, budget_left_s)
