"""Maps a function over items with threads and bounded memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def worker_count() -> int:
    """Return the number of threads to use: one for each processor, at most 16."""
    return max(1, min(16, os.cpu_count() or 1))


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int | None = None, ahead: int = 4
) -> Iterator[Result]:
    """Yield `function(item)` for each item, in order; each thread computes up to `ahead` items in advance.

    The first error ends the iteration and cancels all work that has not started.
    """
    count = workers or worker_count()
    pending: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(count) as executor:
        try:
            for item in items:
                pending.append(executor.submit(function, item))
                if len(pending) > ahead * count:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
