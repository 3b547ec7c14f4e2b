"""Timings of each thread, written in the format that Perfetto and Chrome's tracing page read."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.core.files import write_json

MICROSECONDS = 1e6


@dataclass(frozen=True)
class Span:
    """One timed piece of work in a thread; `started_s` is a value of `time.perf_counter`."""

    name: str
    started_s: float
    seconds: float
    thread: str


class Timeline:
    """Collects spans from all threads; with `is_kept` False it discards them."""

    def __init__(self, *, is_kept: bool = True) -> None:
        self.spans: list[Span] = []
        self._is_kept = is_kept
        self._origin_s = time.perf_counter()

    def add(self, name: str, started_s: float) -> None:
        """Add a span of the current thread that ends now."""
        if self._is_kept:
            seconds = time.perf_counter() - started_s
            self.spans.append(Span(name, started_s, seconds, threading.current_thread().name))

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """Add the block as a span, even if it ends with an error."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, started_s)

    def write(self, path: Path) -> None:
        """Write all spans in Chrome's trace event format, nested by their times within each thread."""
        numbers = {
            name: number for number, name in enumerate(dict.fromkeys(span.thread for span in self.spans))
        }
        names = [
            {"ph": "M", "name": "thread_name", "pid": 1, "tid": number, "args": {"name": name}}
            for name, number in numbers.items()
        ]
        events = [
            {
                "ph": "X",
                "name": span.name,
                "pid": 1,
                "tid": numbers[span.thread],
                "ts": round((span.started_s - self._origin_s) * MICROSECONDS, 1),
                "dur": round(span.seconds * MICROSECONDS, 1),
            }
            for span in sorted(self.spans, key=lambda span: (span.started_s, -span.seconds))
        ]
        write_json(path, {"displayTimeUnit": "ms", "traceEvents": [*names, *events]})


SILENT = Timeline(is_kept=False)
"""A timeline that records nothing."""
