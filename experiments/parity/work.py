"""Run the oracle's scripts and cache each result by the hash of its inputs."""

import ast
import hashlib
import os
import shutil
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

LOG = "log.txt"


class OracleFailedError(Exception):
    """A script of the oracle failed; the message contains the end of its log."""


@dataclass(frozen=True)
class OracleRun:
    """A script with its arguments; `out` is the output file in the run's folder, empty for that folder."""

    script: Path
    arguments: "tuple[Argument, ...]"
    out: str

    def output(self, name: str = "") -> "RunOutput":
        """Return an output of the run by name (empty: its folder), for use as an argument of another run."""
        return RunOutput(self, name)

    @property
    def key(self) -> str:
        """The hash of the script, the modules of its folder that it imports, its arguments and their files."""
        digest = hashlib.sha256()
        for path in sources_of(self.script):
            digest.update(path.name.encode() + path.read_bytes())
        digest.update((self.script.parent / "requirements.txt").read_bytes() + self.out.encode())
        for argument in self.arguments:
            digest.update(b"\0" + _content(argument))
        return digest.hexdigest()[:16]

    @property
    def name(self) -> str:
        """The name of the run's folder."""
        return f"{self.script.stem}-{self.key}"


@dataclass(frozen=True)
class RunOutput:
    """A file, folder or checkpoint written by another run."""

    run: OracleRun
    name: str


Argument = str | Path | RunOutput
"""A text, a path (hashed by content), or the output of another run."""


def sources_of(script: Path) -> list[Path]:
    """Return a script and all modules of its folder that it imports, directly or indirectly, sorted."""
    found, waiting = set(), [script]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            waiting += [module for name in names if (module := path.parent / f"{name}.py").is_file()]
    return sorted(found)


def _content(argument: Argument) -> bytes:
    """Return the hashed content of an argument: its text, or that of the file, folder or checkpoint."""
    if isinstance(argument, RunOutput):
        return f"{argument.run.key}/{argument.name}".encode()
    if not isinstance(argument, Path):
        return argument.encode()
    shards = sorted(argument.parent.glob(argument.name + ".*")) if not argument.exists() else []
    files = sorted(argument.rglob("*")) if argument.is_dir() else ([argument] if argument.is_file() else shards)
    if not files:
        raise FileNotFoundError(f"{argument}: no such file, folder or checkpoint")
    parts = []
    for path in files:
        if path.is_file() and path.name != LOG:
            with path.open("rb") as file:
                parts.append(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return hashlib.sha256(b"".join(parts)).digest()


class OracleRuns:
    """Runs scripts one at a time in a background thread, in the order of submission.

    If a result is requested before its run has started, the run starts immediately in the calling thread.
    """

    def __init__(self, python: Path, folder: Path) -> None:
        self._python = python
        self._folder = folder
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="oracle")
        self._submitted: dict[OracleRun, Future[Path]] = {}
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def submit(self, run: OracleRun) -> None:
        """Queue a run unless it is already queued."""
        if run not in self._submitted:
            self._submitted[run] = self._executor.submit(self._finish, run)

    def result(self, run: OracleRun) -> Path:
        """Return the folder with the script's output. Raises OracleFailedError if the script failed."""
        future = self._submitted.get(run)
        return self._finish(run) if future is None or future.cancel() else future.result()

    def _resolved(self, argument: Argument) -> str | Path:
        """Return an argument, with the output of another run replaced by its path after executing that run."""
        return self._finish(argument.run) / argument.name if isinstance(argument, RunOutput) else argument

    def close(self) -> None:
        """Cancel the runs that have not started."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _finish(self, run: OracleRun) -> Path:
        """Return the cached folder of a run, or run the script now; concurrent callers wait for it."""
        folder = self._folder / run.name
        with self._locks[run.name]:
            if not folder.is_dir():
                self._run(run, folder)
        return folder

    def _run(self, run: OracleRun, folder: Path) -> None:
        """Run a script and move its output to `folder`."""
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        out = partial / run.out if run.out else partial
        words = [str(self._resolved(argument)) for argument in run.arguments]
        command = [str(self._python), str(run.script), *words, "--out", str(out)]
        started = time.monotonic()
        with (partial / LOG).open("w") as log:
            done = subprocess.run(
                command, stdout=log, stderr=subprocess.STDOUT, check=False, env=_environment()
            )
        if done.returncode:
            tail = _tail(partial / LOG)
            raise OracleFailedError(f"{run.script.name} ended with status {done.returncode}: {tail}")
        partial.rename(folder)
        seconds = time.monotonic() - started
        print(f"  oracle: {run.script.name} {_shown(run.arguments)} {seconds:.0f} s", flush=True)


def _environment() -> dict[str, str]:
    """Return the environment variables of a script: no GPU, and none of this environment's Python settings."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "KERAS_BACKEND")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONWARNINGS": "ignore"}


def _shown(arguments: Sequence[Argument]) -> str:
    words = (argument if isinstance(argument, str) else argument.name for argument in arguments)
    return " ".join(word for word in words if word)


def _tail(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[-3:])[-600:]
