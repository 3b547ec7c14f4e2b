"""How values of trials are shown to people."""

from sweepbox.tuning.sweep.trial_result import TrialResult


def settings_text(trial: TrialResult) -> str:
    """Return the parameters that a trial was given, on one line."""
    return ", ".join(f"{name}={value_text(value)}" for name, value in trial.status.parameters.items())


def value_text(value: object) -> str:
    """Return a value as people read it: numbers with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else "none" if value is None else str(value)
