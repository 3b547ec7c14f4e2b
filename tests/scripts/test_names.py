"""Names of classes, files, folders and trials are shown as they are: brackets and colons are no markup."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from sweepbox.detection.core.labels import LabelMap
from sweepbox.scripts import console as console_module
from sweepbox.scripts.class_table import class_table
from sweepbox.scripts.console import plain_console
from sweepbox.scripts.detect import _print_table
from sweepbox.scripts.doctor import _print_report
from sweepbox.scripts.prepare import _print_summary
from sweepbox.scripts.progress import progress_columns
from sweepbox.tuning.monitor import terminal
from sweepbox.tuning.report.markdown_text import code, plain

NAMES = [
    "light [off]",
    "photo [copy].jpg",
    "[bold]",
    "[red]cat",
    "[/]",
    "[/red]",
    "a[b",
    "[link=x]y[/link]",
    ":cat:",
    "\\[x]",
    "x\\",
    "[]",
    "[0]",
]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the consoles of commands print."""
    screen = io.StringIO()

    def on_screen(**options: Any) -> Console:
        return Console(**{**options, "file": screen, "width": 200, "stderr": False})

    monkeypatch.setattr(console_module, "Console", on_screen)
    return screen


@pytest.mark.parametrize("name", NAMES)
def test_a_line(screen: io.StringIO, name: str) -> None:
    plain_console().print(name)
    assert screen.getvalue() == f"{name}\n"


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_average_precision(screen: io.StringIO, name: str) -> None:
    plain_console().print(class_table({f"AP/{name}": 0.5}, LabelMap.of([name]), title=f"model {name}"))
    assert f" {name} " in screen.getvalue()
    assert f"model {name}" in screen.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_detections(screen: io.StringIO, name: str) -> None:
    picture: Any = SimpleNamespace(
        source=Path(name.replace("/", "|")),
        detections=SimpleNamespace(scores=np.array([0.5]), class_ids=np.array([1])),
    )
    _print_table([picture], LabelMap.of([name]), Path("out") / name)
    assert f" {picture.source.name} " in screen.getvalue()
    assert f" {name} 1 " in screen.getvalue()
    assert f"are in {Path('out') / name}\n" in screen.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_prepared_records(screen: io.StringIO, name: str) -> None:
    split = {"images": 1, "images_without_objects": 0}
    defect = {"file": f"{name}.xml", "object_index": 0, "kind": "clipped", "message": f"class {name}"}
    description = {
        "classes": [{"id": 1, "name": name, "train": 1, "validation": 1}],
        "splits": {"train": split, "validation": split},
        "clipped": {"count": 1, "list": [defect]},
        "dropped": {"count": 0, "list": []},
        "left_out": {"count": 0, "list": []},
        "image_folders": [name],
        "notes": {"count": 0, "list": []},
    }
    _print_summary(plain_console(), Path(name), description)
    assert f" {name} " in screen.getvalue()
    assert f"  {name}.xml: object 0: clipped: class {name}\n" in screen.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_the_report_of_doctor(screen: io.StringIO, name: str) -> None:
    report: Any = SimpleNamespace(
        folder=name,
        images=1,
        annotations=1,
        images_without_objects=0,
        image_width=None,
        image_height=None,
        class_counts={name: 1},
        class_images={name: 3},
        box_sizes={},
        defects=[Defect(name)],
        breaks_training=True,
    )
    _print_report(plain_console(), report)
    assert screen.getvalue().startswith(f"{name}: 1 images")
    assert f" {name} " in screen.getvalue()
    assert f"breaks   {name}: broken\n" in screen.getvalue()


class Defect:
    """A defect of a file with a name of its own."""

    kind = SimpleNamespace(value="broken")
    breaking = True

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return f"{self.name}: broken"


def test_progress_bars_take_no_markup() -> None:
    columns = [column for column in progress_columns() if hasattr(column, "markup")]
    assert columns
    assert not any(column.markup for column in columns)


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_a_sweep(name: str) -> None:
    trial: Any = SimpleNamespace(
        id=name,
        evaluations=(),
        best=None,
        state=terminal.TrialState.FAILED,
        seconds=1.0,
        status=SimpleNamespace(
            duplicate_of=name, step=1, total_steps=2, error=f"no file {name}", parameters={name: name}
        ),
    )
    best: Any = SimpleNamespace(trial="")
    state: Any = SimpleNamespace(
        objective=SimpleNamespace(metric=f"AP/{name}", mode="max"), trials=[trial], best=best
    )
    screen = io.StringIO()
    Console(file=screen, width=200).print(terminal.sweep_table(state))
    for shown in (f"best AP/{name}", f"failed = {name}", f"no file {name}"):
        assert shown in screen.getvalue()
    assert screen.getvalue().splitlines()[1].startswith(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("light [off]", r"light \[off\]"),
        ("a|b", r"a\|b"),
        ("<script>", r"\<script\>"),
        ("*bold*", r"\*bold\*"),
        ("_slanted_", r"\_slanted\_"),
        ("with_mask", "with_mask"),
        ("mAP@.50", "mAP@.50"),
        ("a_", r"a\_"),
        ("`x`", r"\`x\`"),
        ("~~x~~", r"\~\~x\~\~"),
        ("\\", r"\\"),
        ("R&amp;D", r"R\&amp;D"),
        ("R&D", "R&D"),
        ("[a](b)", r"\[a\](b)"),
        ("a\nb", "a b"),
        ("\x1b[2J", r"\x1b\[2J"),
    ],
)
def test_a_name_in_markdown(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a[b].c", "`a[b].c`"), ("a|b", r"`a\|b`"), ("a`b", "``a`b``"), ("`a`", "`` `a` ``"), ("a\nb", r"`a\nb`")],
)
def test_code_in_markdown(text: str, shown: str) -> None:
    assert code(text) == shown
