"""Runs several checks and reports everything that they object to together."""

from collections.abc import Callable, Iterable

from sweepbox.detection.core.errors import SweepboxError


def raise_together(
    checks: Iterable[Callable[[], object]], *, kind: type[SweepboxError], source: str | None = None
) -> None:
    """Run all checks, and raise the lines of all their errors as one error, each line once.

    Args:
        checks: Functions that raise a SweepboxError, one line for each problem.
        kind: The class of the error where several checks fail, or where `source` is given.
        source: The name to put before each line.

    Raises:
        SweepboxError: At least one check failed; if only one did and there is no `source`, its own error.
    """
    errors: list[SweepboxError] = []
    for check in checks:
        try:
            check()
        except SweepboxError as error:
            errors.append(error)
    if not errors:
        return
    if len(errors) == 1 and source is None:
        raise errors[0]
    lines = dict.fromkeys(line for error in errors for line in str(error).splitlines())
    start = "" if source is None else f"{source}: "
    raise kind("\n".join(start + line for line in lines))
