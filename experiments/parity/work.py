"""Runs of the oracle's scripts, each kept by the hash of what went into it."""

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
    """A script of the oracle failed; the message holds the end of its log."""


@dataclass(frozen=True)
class OracleRun:
    """A script with its arguments. `out` is the file to write in the run's folder, or empty for that folder."""

    script: Path
    arguments: "tuple[Argument, ...]"
    out: str

    def made(self, name: str = "") -> "Made":
        """Return what the run writes under a name (empty: its folder), as an argument of another run."""
        return Made(self, name)

    @property
    def key(self) -> str:
        """The hash of the script, of what it imports beside it, of the arguments and the files they name."""
        digest = hashlib.sha256()
        for path in sources_of(self.script):
            digest.update(path.name.encode() + path.read_bytes())
        digest.update((self.script.parent / "requirements.txt").read_bytes() + self.out.encode())
        for argument in self.arguments:
            digest.update(b"\0" + _content(argument))
        return digest.hexdigest()[:16]

    @property
    def name(self) -> str:
        """The folder's name."""
        return f"{self.script.stem}-{self.key}"


@dataclass(frozen=True)
class Made:
    """A file, folder or checkpoint that another run writes."""

    run: OracleRun
    name: str


Argument = str | Path | Made
"""A word, a path that counts with its content, or what another run makes."""


def sources_of(script: Path) -> list[Path]:
    """Return a script and the scripts beside it that it imports, at any depth, sorted."""
    found, waiting = set(), [script]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            waiting += [beside for name in names if (beside := path.parent / f"{name}.py").is_file()]
    return sorted(found)


def _content(argument: Argument) -> bytes:
    """Return what counts of an argument: its text, or the content of the file, folder or checkpoint."""
    if isinstance(argument, Made):
        return f"{argument.run.key}/{argument.name}".encode()
    if not isinstance(argument, Path):
        return argument.encode()
    beside = sorted(argument.parent.glob(argument.name + ".*")) if not argument.exists() else []
    files = sorted(argument.rglob("*")) if argument.is_dir() else ([argument] if argument.is_file() else beside)
    if not files:
        raise FileNotFoundError(f"{argument}: no such file, folder or checkpoint")
    parts = []
    for path in files:
        if path.is_file() and path.name != LOG:
            with path.open("rb") as file:
                parts.append(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return hashlib.sha256(b"".join(parts)).digest()


class OracleRuns:
    """Runs scripts one after another in a thread of its own, in the order in which they were begun.

    A run whose result is asked for before its turn runs at once, in the thread that asks.
    """

    def __init__(self, python: Path, folder: Path) -> None:
        self._python = python
        self._folder = folder
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="oracle")
        self._begun: dict[OracleRun, Future[Path]] = {}
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def begin(self, run: OracleRun) -> None:
        """Queue a run, once."""
        if run not in self._begun:
            self._begun[run] = self._executor.submit(self._finish, run)

    def result(self, run: OracleRun) -> Path:
        """Return the folder with what the script wrote; OracleFailedError where it failed."""
        begun = self._begun.get(run)
        return self._finish(run) if begun is None or begun.cancel() else begun.result()

    def _resolved(self, argument: Argument) -> str | Path:
        """Return an argument with the path of what another run made, which is run first if need be."""
        return self._finish(argument.run) / argument.name if isinstance(argument, Made) else argument

    def close(self) -> None:
        """Drop what is still waiting."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _finish(self, run: OracleRun) -> Path:
        """Return the kept folder of a run, or run the script now; another thread that wants it waits."""
        folder = self._folder / run.name
        with self._locks[run.name]:
            if not folder.is_dir():
                self._run(run, folder)
        return folder

    def _run(self, run: OracleRun, folder: Path) -> None:
        """Run a script and keep what it wrote."""
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
    """Return the variables of a script's process: no GPU, and nothing of our own environment's Python."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "KERAS_BACKEND")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONWARNINGS": "ignore"}


def _shown(arguments: Sequence[Argument]) -> str:
    words = (argument if isinstance(argument, str) else argument.name for argument in arguments)
    return " ".join(word for word in words if word)


def _tail(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[-3:])[-600:]
