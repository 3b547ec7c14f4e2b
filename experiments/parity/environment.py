"""Find or create the oracle's environment."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ORACLE_SCRIPTS = Path(__file__).parent / "oracle"
REQUIREMENTS = ORACLE_SCRIPTS / "requirements.txt"
VARIABLE = "ORACLE_PYTHON"
PYTHON = "python3.11"
"""The newest Python for which the oracle's TensorFlow has wheels."""


class OracleMissingError(Exception):
    """The oracle's environment does not exist and cannot be created; the message states the remedy."""


def oracle_python(folder: Path) -> Path:
    """Return the interpreter of the oracle's environment, creating it in `folder` if necessary.

    The environment variable ORACLE_PYTHON names another interpreter to use instead. Raises OracleMissingError.
    """
    named = os.environ.get(VARIABLE)
    if named:
        python = Path(named).absolute()
        if not python.is_file():
            raise OracleMissingError(f"{VARIABLE}={named}: there is no such file")
        return python
    python, marker = folder / "bin" / "python", folder / ".requirements"
    if not (python.is_file() and marker.is_file() and marker.read_text() == requirements_hash()):
        _install(folder)
        marker.write_text(requirements_hash())
    return python


def requirements_hash() -> str:
    """Return the hash of the pinned packages."""
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def _install(folder: Path) -> None:
    """Create the environment, replacing an incomplete one."""
    base = shutil.which(PYTHON)
    if base is None:
        raise OracleMissingError(
            f"{PYTHON} is not on the PATH, and the oracle's TensorFlow 2.15 supports no newer Python; "
            f"install it, or set {VARIABLE} to the interpreter of an environment with {REQUIREMENTS}"
        )
    print(f"creating the oracle's environment in {folder} (once, about 2.3 GB)", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    commands = ([base, "-m", "venv", str(folder)], [*pip, "--no-deps", "--requirement", str(REQUIREMENTS)])
    for command in commands:
        done = subprocess.run(command, check=False, stdout=sys.stderr)
        if done.returncode:
            raise OracleMissingError(
                f"`{' '.join(command)}` ended with status {done.returncode}; create the environment where a "
                f"package index can be reached, or set {VARIABLE} to an interpreter"
            )


def describe(python: Path) -> str:
    """Return the versions of the oracle's main packages. Raises OracleMissingError if one is missing."""
    names = ("tf-models-research-object-detection", "tensorflow-cpu", "keras", "numpy")
    code = (
        f"from importlib.metadata import version; print(', '.join(f'{{n}} {{version(n)}}' for n in {names!r}))"
    )
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OracleMissingError(f"{python}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout.strip()
