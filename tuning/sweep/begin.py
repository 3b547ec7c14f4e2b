"""Beginning or resuming a sweep with its folder held, so that one process at a time does either."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.storage.dataset import Progress
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.storage.remote.driver import SweepDriver, is_free
from sweepbox.tuning.storage.remote.own_data import upload_own_data
from sweepbox.tuning.sweep.create import SweepRequest, check_request, new_sweep
from sweepbox.tuning.sweep.resume import resume_sweep

logger = logging.getLogger(__name__)


@contextmanager
def begun_sweep(
    request: SweepRequest,
    *,
    resume: bool,
    take_over: bool = False,
    on_progress: Progress | None = None,
    notify: Callable[[str], None] = logger.info,
) -> Iterator[SweepFolder]:
    """Create the sweep that is asked for, or resume it, and hold its folder in the block.

    Of a sweep on a URI this process is the driver in the block; its folder is a mirror, whose changes are
    published.

    Args:
        request: The sweep.
        resume: Whether it is there already.
        take_over: Take a sweep on a URI from a driver that seems to live.
        on_progress: Called while data are prepared.
        notify: Receives lines for the user.

    Raises:
        SweepError: Another process holds the folder; or as in `new_sweep` and `resume_sweep`.
    """
    if request.uri is not None:
        with _begun_on_store(
            request, request.uri, resume=resume, take_over=take_over, on_progress=on_progress, notify=notify
        ) as folder:
            yield folder
        return
    if not resume:
        with new_sweep(request, on_progress=on_progress, notify=notify) as folder:
            yield folder
        return
    with open_sweep(request.folder(request.load()).path).held():
        yield resume_sweep(request)


@contextmanager
def _begun_on_store(
    request: SweepRequest,
    uri: str,
    *,
    resume: bool,
    take_over: bool,
    on_progress: Progress | None,
    notify: Callable[[str], None],
) -> Iterator[SweepFolder]:
    driver = SweepDriver(uri, notify=notify)
    if resume:
        with driver.folder.held(), driver.driving(take_over=take_over):
            open_sweep(driver.folder.path)
            yield resume_sweep(request)
        return
    check_request(request)
    check_free_store(uri)
    with (
        driver.driving(take_over=take_over),
        new_sweep(request, on_progress=on_progress, notify=notify) as folder,
    ):
        upload_own_data(folder)
        driver.flush()
        yield folder


def check_free_store(uri: str) -> None:
    """Raise SweepError where a sweep is at a URI."""
    if not is_free(uri):
        raise SweepError(f"{uri}: a sweep is here already; resume it with --resume, or choose another --out")
