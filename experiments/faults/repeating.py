"""`sweepbox sweep` in which messages of trials come twice where a file in the folder above asks for it."""

import os
import runpy
from collections import deque
from pathlib import Path
from typing import Any

from experiments.faults.kinds.others import TWICE

EARLIER = 8
"""How many reports are remembered."""


def repeat_reports(home: Path) -> None:
    """Pass a report of a trial, or an earlier one, to the real callback and scheduler once more."""
    from sweepbox.tuning.ray_backend.cluster import arrange_environment

    arrange_environment(None)  # before Ray is imported, as the command does it
    from sweepbox.tuning.ray_backend.callback import ManagerCallback
    from sweepbox.tuning.ray_backend.stopping import RuleScheduler

    record, decide = ManagerCallback.on_trial_result, RuleScheduler.on_trial_result
    seen: deque[tuple[Any, dict[str, Any]]] = deque(maxlen=EARLIER)
    repeated: list[tuple[Any, dict[str, Any]]] = []

    def record_twice(self: Any, *, trial: Any, result: dict[str, Any], **info: Any) -> None:
        record(self, trial=trial, result=result, **info)
        seen.append((trial, dict(result)))
        asked = home / TWICE
        if asked.exists():
            back = int(asked.read_text() or 0)
            asked.unlink()
            again = seen[max(0, len(seen) - 1 - back)]
            record(self, trial=again[0], result=again[1], **info)
            repeated.append(again)

    def decide_twice(self: Any, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        decision = decide(self, tune_controller, trial, result)
        while repeated:
            decide(self, tune_controller, *repeated.pop())
        return decision

    ManagerCallback.on_trial_result = record_twice
    RuleScheduler.on_trial_result = decide_twice


if __name__ == "__main__":
    repeat_reports(Path(os.environ["HOME"]))
    runpy.run_module("sweepbox.scripts.sweep", run_name="__main__", alter_sys=True)
