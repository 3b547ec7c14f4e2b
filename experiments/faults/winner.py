"""Evaluating the winner's checkpoint again, in this process: it loads, and has the metrics that it claims."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.faults.scene import BrokenPromiseError

TOLERANCE = 1e-6
"""The most by which a metric may differ: this process may use other numbers of threads."""


class WinnerCheck:
    """Evaluates winners of sweeps of one program, which is compiled once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Prepare this process for JAX, as those of the sweeps are."""
        from sweepbox.detection.core.backends import Backend
        from sweepbox.tuning.trial.process import prepare_process

        os.environ.update({key: value for key, value in environment.items() if key != "PATH"})
        prepare_process(cpus=1, gpus=0, backend=Backend.JAX)
        self._runs: Any = None

    def check(self, run: Path) -> None:
        """Raise BrokenPromiseError where the checkpoint has other metrics than `winner.json` claims."""
        from sweepbox.tuning.spec.file import load_spec
        from sweepbox.tuning.storage.folder import SweepFolder
        from sweepbox.tuning.trial.evaluation import Part, TrialEvaluator

        folder = SweepFolder(run)
        evaluator = TrialEvaluator(folder, load_spec(folder.spec))
        if self._runs is not None:
            evaluator._compiled_runs = self._runs
        self._runs = evaluator._compiled_runs
        claimed = json.loads(folder.winner.read_text())
        found = evaluator.evaluate(claimed["trial"], Part.VALIDATION)
        other = {
            name: (value, found.get(name))
            for name, value in claimed["metrics"].items()
            if abs(found.get(name, float("inf")) - value) > TOLERANCE
        }
        if other:
            raise BrokenPromiseError(f"the winner's checkpoint has other metrics than it claims: {other}")
