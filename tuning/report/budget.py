"""The report's section on what a sweep used of its limits."""

from sweepbox.tuning.sweep.spending import Spending


def budget_lines(spending: Spending) -> list[str]:
    """Return the section in Markdown: what was spent, the forecast for all trials, the limits."""
    spent, forecast, limits = spending.spent, spending.forecast, spending.limits
    rows: list[tuple[str, float, float | None, float | None]] = [
        ("trials", spent.trials, None if forecast is None else forecast.trials, limits.trials),
        ("hours in trials", spent.trial_hours, None if forecast is None else forecast.trial_hours, None),
    ]
    if spent.gpu_hours > 0:
        gpu_hours = None if forecast is None else forecast.gpu_hours
        rows.append(("GPU-hours", spent.gpu_hours, gpu_hours, limits.gpu_hours))
    if spent.cost is not None:
        rows.append(("cost", spent.cost, None if forecast is None else forecast.cost, limits.cost))
    table = [f"| {name} | {_text(used)} | {_text(end)} | {_text(limit)} |" for name, used, end, limit in rows]
    return ["## Budget", "", "| | spent | forecast | limit |", "| --- | --- | --- | --- |", *table, ""]


def _text(amount: float | None) -> str:
    if amount is None:
        return ""
    return str(amount) if isinstance(amount, int) else f"{amount:.2f}"
