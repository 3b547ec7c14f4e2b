"""The `sweepbox` command: finds the verb, runs it, and turns errors into one line and an exit status."""

import errno
import importlib
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from sweepbox.scripts.quiet import filter_native_stderr

if TYPE_CHECKING:
    from rich.console import Console

COMMANDS = {
    "sample": "Draw the sample data set: scenes of masked and unmasked faces with Pascal VOC annotations.",
    "doctor": "Examine a Pascal VOC data set and list every defect.",
    "prepare": "Split a Pascal VOC data set and write TFRecords.",
    "init": "Write a commented sweep file that fits data and config.",
    "show-batch": "Draw a training batch as the network gets it.",
    "train": "Train one detector from a pipeline.config.",
    "sweep": "Search for the best settings in parallel trials.",
    "status": "Show the state of a sweep.",
    "dashboard": "Watch sweeps in a browser, while they run or afterwards.",
    "report": "Write the report of a sweep as a web page.",
    "stop": "Stop a running sweep, or end one of its trials early.",
    "add": "Have a sweep try settings of your choice.",
    "cluster": "Find out whether a sweep could run on a Ray cluster.",
    "clean": "Free disk space of a sweep or of decoded images.",
    "export": "Export the best checkpoint of a sweep or training run as a SavedModel or a checkpoint.",
    "evaluate": "Measure an exported model on annotated images.",
    "detect": "Detect objects in images with an exported model.",
}
"""Every verb with its line of help; its command is the function `command` in `scripts/VERB.py`, `_` for `-`."""

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
DEBUG_OPTION = "--debug"
PIPE_COLUMNS = 200
EPILOG = f"Any command takes {DEBUG_OPTION}: show the traceback of an error."


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `sweepbox VERB …`; `arguments` are those of the process by default. Always ends with SystemExit."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    verbs = [argument for argument in given if not argument.startswith("-")][:1]
    if verbs and given.index(verbs[0]) == sum(
        argument == DEBUG_OPTION for argument in given[: given.index(verbs[0])]
    ):
        verb = verbs[0]
        given.remove(verb)
        if verb in COMMANDS:
            run(_module_of(verb).command, given, name=f"sweepbox {verb}")
        _fail(f"there is no command {verb!r}; the commands are {', '.join(COMMANDS)}")
    if "--version" in given:
        from importlib.metadata import version

        _print(f"sweepbox {version('sweepbox')}")
        sys.exit(0)
    _print(_overview())
    sys.exit(0 if not given or {"--help", "-h"} & set(given) else EXIT_BAD_INPUT)


def _module_of(verb: str) -> Any:
    return importlib.import_module(f"sweepbox.scripts.{verb.replace('-', '_')}")


def run(
    command: Callable[..., Any], arguments: Sequence[str] | None = None, *, name: str | None = None
) -> None:
    """Run one command function as a program: Typer parses, errors become one line. Always ends with SystemExit.

    A `SweepboxError` or an error of the file system is printed without a traceback and ends with status 2; with
    `--debug` among the arguments the traceback is printed too.
    """
    import typer

    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = DEBUG_OPTION in given
    given = [argument for argument in given if argument != DEBUG_OPTION]
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if not debug:
        filter_native_stderr()
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command(epilog=EPILOG)(command)
    try:
        app(given, prog_name=name, standalone_mode=True)
    except SystemExit:
        raise
    except KeyboardInterrupt:
        _fail("interrupted", status=EXIT_INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last resort of the process: every error becomes a line
        if debug:
            traceback.print_exc()
        _fail(_line_of(error))


def command_line(*arguments: object) -> str:
    """Return a `sweepbox` command to print, quoted for a shell."""
    return shlex.join(["sweepbox", *map(str, arguments)])


def output_console() -> "Console":
    """Return the console for a command's results; a file or pipe gets long lines that are not cut."""
    from sweepbox.scripts.console import plain_console

    return plain_console(width=None if sys.stdout.isatty() else PIPE_COLUMNS)


def _line_of(error: Exception) -> str:
    """Return the error message for the user."""
    from sweepbox.detection.core.errors import SweepboxError

    if isinstance(error, SweepboxError):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        remedy = "; free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        return f"{error.filename}: {error.strerror or error}{remedy}"
    first_line = (str(error).splitlines() or [""])[0]
    return f"unexpected {type(error).__name__}: {first_line} (run again with {DEBUG_OPTION} for the traceback)"


def _fail(message: str, status: int = EXIT_BAD_INPUT) -> None:
    """Print an error to standard error, without characters that act on the terminal, and leave."""
    _write_error(message)
    sys.exit(status)


def fail_at_once(message: str) -> NoReturn:
    """Print an error and end the process without its exit handlers, where native code might block them."""
    sys.stdout.flush()
    _write_error(message)
    sys.stderr.flush()
    os._exit(EXIT_BAD_INPUT)


def _write_error(message: str) -> None:
    from sweepbox.detection.core.printable import LONGEST_LINE, shortened

    lines = [shortened(line, LONGEST_LINE) for line in message.split("\n")]
    sys.stderr.write("error: " + "\n".join(lines) + "\n")


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def _overview() -> str:
    """Return the help of the whole program."""
    width = max(map(len, COMMANDS))
    verbs = [f"  {verb.ljust(width)}  {line}" for verb, line in COMMANDS.items()]
    head = ["Usage: sweepbox COMMAND …", "", "Finds the best SSD detector for your images.", "", "Commands:"]
    return "\n".join([*head, *verbs, "", "sweepbox COMMAND --help lists the options of a command. " + EPILOG])
