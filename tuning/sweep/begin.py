"""Beginning or resuming a sweep with its folder held, so that one process at a time does either."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sweepbox.tuning.storage.dataset import Progress
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.sweep.create import SweepRequest, new_sweep
from sweepbox.tuning.sweep.resume import resume_sweep

logger = logging.getLogger(__name__)


@contextmanager
def begun_sweep(
    request: SweepRequest,
    *,
    resume: bool,
    on_progress: Progress | None = None,
    notify: Callable[[str], None] = logger.info,
) -> Iterator[SweepFolder]:
    """Create the sweep that is asked for, or resume it, and hold its folder in the block.

    Raises:
        SweepError: Another process holds the folder; or as in `new_sweep` and `resume_sweep`.
    """
    if not resume:
        with new_sweep(request, on_progress=on_progress, notify=notify) as folder:
            yield folder
        return
    with open_sweep(request.folder(request.load()).path).held():
        yield resume_sweep(request)
