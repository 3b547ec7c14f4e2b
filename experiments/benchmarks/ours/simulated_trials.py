"""Run a sweep of many pretended trials without Ray, on a virtual clock; print what its driver takes.

    python -m experiments.benchmarks.ours.simulated_trials --records RECORDS --out RUN --trials 2000

Trial manager, sampler, rule, records, monitor and study writer are those of a sweep; see `pretended_trials.py`
for the trials. Prints one JSON line: `hundreds` has a row for each hundred ended trials, in CPU milliseconds.
"""

import argparse
import heapq
import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import yaml

from experiments.benchmarks.generated_sweep import SPEC
from experiments.benchmarks.ours.pretended_trials import PretendedWorker
from sweepbox.tuning.monitor.monitor import SweepMonitor
from sweepbox.tuning.schedule.rule import Action
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import evaluation_text, parse_evaluation
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.stopping import ScheduledTrials, restore_rule

EVALUATION_S = 15.0
"""How long an evaluation takes on the virtual clock; the monitor polls once a second of it."""


class Costs:
    """The CPU time of the parts of a driver since the last row."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self._spent: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()

    def of(self, part: str, call: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a call returns, and count its time."""
        began = time.process_time()  # the study is written by a thread
        result = call(*arguments)
        self._spent[part] += time.process_time() - began  # type: ignore[assignment]
        self._calls[part] += 1
        return result

    def end_row(self, ended: int) -> None:
        """Add a row of milliseconds: for one poll, and of all other parts for one trial of the last hundred."""
        parts = {f"{part}_ms": 1000 * spent / 100 for part, spent in self._spent.items() if part != "poll"}
        poll = 1000 * self._spent["poll"] / max(self._calls["poll"], 1)
        memory = psutil.Process().memory_info().rss / 2**20
        row = {"ended": ended, **parts, "poll_ms": poll, "trial_ms": sum(parts.values()), "mib": memory}
        self.rows.append(row)
        self._spent.clear()
        self._calls.clear()


class SimulatedSweep:
    """Runs the trials of a sweep in this process, those of all workers side by side on a virtual clock."""

    def __init__(self, folder: SweepFolder, *, workers: int) -> None:
        spec = load_spec(folder.spec)
        rule = restore_rule(folder, spec, ())
        self._folder, self._spec, self._free = folder, spec, workers
        self._manager = TrialManager(folder, spec, num_workers=workers)
        self._trials = ScheduledTrials(self._manager, rule)
        snapshot = self._manager.records.snapshot
        self._monitor = SweepMonitor(folder, snapshot, listener=None, num_workers=workers, time_budget_s=None)
        self._running: list[tuple[float, str, PretendedWorker]] = []
        self._clock, self._next_poll, self._ended = 0.0, 0.0, 0
        self.costs = Costs()

    def run(self) -> None:
        """Run all trials."""
        self._start()
        while self._running:
            self._clock, trial, worker = heapq.heappop(self._running)
            outcome = worker.next_evaluation()
            evaluation = parse_evaluation(evaluation_text(outcome.evaluation))  # type: ignore[arg-type]
            self.costs.of("record", self._manager.record_evaluation, trial, evaluation)
            action = self.costs.of("rule", self._trials.report, trial, evaluation)
            if action is Action.CONTINUE and outcome.is_running:
                self._continue(trial, worker)
            else:
                self.costs.of("close", self._trials.close, trial)
                self._free += 1
                self._ended += 1
                self._start()
                if self._ended % 100 == 0:
                    self.costs.end_row(self._ended)
            if self._clock >= self._next_poll:
                self.costs.of("poll", self._monitor.poll)
                self.costs.of("study", self._manager.write_study)
                self._next_poll = self._clock + 1
        self._manager.write_study()

    def _start(self) -> None:
        while self._free and (trial := self.costs.of("next_trial", self._trials.next_trial)) is not None:
            self._free -= 1
            self._continue(trial, PretendedWorker(self._folder, trial, self._spec, seconds=0.0))

    def _continue(self, trial: str, worker: PretendedWorker) -> None:
        """Have a trial report about `EVALUATION_S` later; the number in its id decides when exactly."""
        heapq.heappush(
            self._running, (self._clock + EVALUATION_S * (0.7 + int(trial) % 61 / 100), trial, worker)
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trials", type=int, required=True)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--sampler", default="tpe")
    options = parser.parse_args()
    file = options.out.with_suffix(".yaml")
    changes = {"data": str(options.records), "trials": options.trials, "sampler": {"type": options.sampler}}
    file.write_text(yaml.safe_dump({**SPEC, **changes, "scheduler": {"type": "asha"}}))
    sweep = SimulatedSweep(create_sweep(SweepRequest(file, out=options.out)), workers=options.workers)
    sweep.run()
    print(json.dumps({"hundreds": sweep.costs.rows}))


if __name__ == "__main__":
    main()
