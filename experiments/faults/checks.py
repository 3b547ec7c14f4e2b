"""What is promised of a sweep that ends after faults: the results of an undisturbed one, and no remains."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.faults.scene import BrokenPromiseError, Scene
from experiments.faults.workload import evaluations

RESULT = ("state", "seed", "fingerprint", "parameters", "weights_fingerprint", "origin", "error")
"""What of a trial's status is the same whatever happened to its processes."""
OF_OTHERS = "wandb-"
"""In the names of temporary folders that `wandb` makes when Ray imports it, and leaves where it is killed."""
WINNER = ("trial", "evaluation", "step", "metric", "value", "metrics", "verdict")


def check_refusal(output: str, status: int, pattern: str) -> None:
    """Raise BrokenPromiseError unless the driver ended with status 2 and one message that has the pattern."""
    errors = re.findall(r"^error: .*$", output, re.MULTILINE)
    is_understood = "Traceback" not in output and "error: unexpected" not in output
    if status != 2 or not is_understood or len(errors) != 1:
        raise BrokenPromiseError(f"the driver ends with {status} and not with one message: {output[-3000:]}")
    told = output[output.index("error: ") :]
    if not re.search(pattern, told):
        raise BrokenPromiseError(f"the message has no {pattern!r}: {told[-3000:]}")


def check_end(scene: Scene) -> None:
    """Raise BrokenPromiseError where the ended sweep is not as promised."""
    try:
        problems = [*_trials(scene), *_winner(scene), *_tables(scene), *_remains(scene)]
    except (OSError, KeyError, ValueError) as error:
        raise BrokenPromiseError(f"{error!r}; the driver told {scene.now.output()[-3000:]}") from error
    problems += [f"traceback: {session.output()[-2000:]}" for session in scene.sessions if _raised(session)]
    if problems:
        raise BrokenPromiseError("; ".join(problems[:8]))


def _raised(session: Any) -> bool:
    return "Traceback" in session.output()


def _trials(scene: Scene) -> list[str]:
    """Return how the trials differ from those of the undisturbed sweep."""
    undisturbed = scene.reference / "run"
    expected, found = _ids(undisturbed), _ids(scene.run)
    if not scene.dropped and found != expected:
        return [f"the trials are {found}"]
    problems = []
    for trial in sorted(set(expected) - scene.dropped):
        if trial not in found:
            problems.append(f"trial {trial} is lost")
            continue
        before, now = _status(undisturbed, trial), _status(scene.run, trial)
        problems += _differences(f"trial {trial}", before, now, RESULT)
        problems += _evaluations(trial, evaluations(undisturbed, trial), evaluations(scene.run, trial))
    return problems


def _evaluations(trial: str, before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[str]:
    numbers = [[(item["evaluation"], item["step"]) for item in found] for found in (before, now)]
    if numbers[0] != numbers[1]:
        return [f"trial {trial}: its evaluations are {numbers[1]}"]
    pairs = zip(before, now, strict=True)
    other = [item["evaluation"] for item, found in pairs if item["metrics"] != found["metrics"]]
    return [f"trial {trial}: evaluations {other} have other metrics"] if other else []


def _differences(name: str, before: dict[str, Any], now: dict[str, Any], keys: Sequence[str]) -> list[str]:
    return [f"{name}: {key} is {now[key]!r}, not {before[key]!r}" for key in keys if now[key] != before[key]]


def _winner(scene: Scene) -> list[str]:
    """Return how the winner and the checkpoints that are kept differ from those of the undisturbed sweep."""
    if scene.dropped:
        return []
    runs = (scene.reference / "run", scene.run)
    before, now = (json.loads((run / "winner.json").read_text()) for run in runs)
    kept = [sorted(path.parent.name for path in run.glob("trials/*/best")) for run in runs]
    problems = _differences("winner", before, now, WINNER)
    return (
        problems if kept[0] == kept[1] else [*problems, f"checkpoints are kept of {kept[1]}, not of {kept[0]}"]
    )


def _tables(scene: Scene) -> list[str]:
    """Return what is wrong with the tables for others: the study and the results."""
    import optuna
    import pyarrow.parquet as pq

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name=None, storage=f"sqlite:///{scene.run / 'study.sqlite3'}")
    states = [_status(scene.run, trial)["state"] for trial in _ids(scene.run)]
    wanted = ["FAIL" if state == "failed" else "COMPLETE" for state in states]
    told = [trial.state.name for trial in study.trials]
    problems = [] if told == wanted else [f"the study has {told}"]
    rows = [pq.read_table(run / "results.parquet").num_rows for run in (scene.reference / "run", scene.run)]
    is_as_before = rows[0] == rows[1] or scene.dropped
    return problems if is_as_before else [*problems, f"results.parquet has {rows[1]} rows"]


def _remains(scene: Scene) -> list[str]:
    """Return the files that a sweep that has ended is not to leave."""
    folders = [scene.run, scene.home / "records"]
    left = [path for folder in folders for path in folder.rglob(".*.tmp")]
    left += [path for path in (scene.run / "stop", scene.run / "ray") if path.exists()]
    left += [path for path in scene.run.glob("trials/*/last") if path.parent.name not in scene.dropped]
    left += [path for path in sorted(scene.temporary.iterdir()) if OF_OTHERS not in path.name]
    return [f"left behind: {', '.join(map(str, left))}"] if left else []


def _ids(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "trials").iterdir())


def _status(run: Path, trial: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "trials" / trial / "state.json").read_text())
    return found
