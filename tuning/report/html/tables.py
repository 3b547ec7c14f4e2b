"""The tables that the page shows where JavaScript is off."""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sweepbox.tuning.sweep.formatting import value_text


def static_tables(model: Mapping[str, Any]) -> str:
    """Return the verdict, the trials and their failures as HTML, in which all text is escaped."""
    return "\n".join([*_verdict(model), *_trials(model), *_failures(model), *_commands(model)])


def _verdict(model: Mapping[str, Any]) -> Iterable[str]:
    verdict = model["verdict"]
    if verdict is None:
        yield "<p>No trial has been evaluated yet.</p>"
        return
    where = f"Trial {verdict['trial']}, evaluation {verdict['evaluation']} (step {verdict['step']})"
    interval = verdict["interval"]
    between = "" if interval is None else f", 90 % interval {interval[0]:.4f} to {interval[1]:.4f}"
    yield "<h2>Verdict</h2>"
    yield f"<p>{_text(where)}: {_text(verdict['metric'])} {verdict['value']:.4f}{between}</p>"
    yield from (f"<p>{_text(sentence)}</p>" for sentence in verdict["text"])
    yield _table(
        "Changes of the base config",
        ("field", "base", "winner"),
        ((change["path"], change["before"], change["after"]) for change in verdict["changes"]),
    )
    yield _table(
        "AP by class",
        ("class", "AP", "AP@.50"),
        ((item["name"], item["ap"], item["ap50"]) for item in verdict["classes"]),
    )


def _trials(model: Mapping[str, Any]) -> Iterable[str]:
    metric = model["objective"][0]["label"]
    yield "<h2>Trials</h2>"
    yield _table(
        "Trials",
        ("trial", "state", "origin", "evaluations", f"best {metric}", "seconds", "settings"),
        (
            (
                trial["id"],
                trial["state"].replace("_", " "),
                trial["origin"],
                f"{trial['evaluations']}/{trial['total_evaluations']}",
                trial["value"],
                trial["seconds"],
                trial["settings"],
            )
            for trial in model["trials"]
        ),
    )


def _failures(model: Mapping[str, Any]) -> Iterable[str]:
    failed = [trial for trial in model["trials"] if trial["state"] == "failed"]
    if failed:
        yield "<h2>Failed trials</h2>"
        yield _table("Failed trials", ("trial", "error"), ((trial["id"], trial["error"]) for trial in failed))


def _commands(model: Mapping[str, Any]) -> Iterable[str]:
    yield "<h2>Commands</h2>"
    yield _table(
        "Commands", ("purpose", "command"), ((item["label"], item["command"]) for item in model["commands"])
    )


def _table(caption: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f"<th scope=col>{_text(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{_text(value)}</td>" for value in row) + "</tr>" for row in rows)
    return (
        f"<div class=scroll><table><caption>{_text(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _text(value: Any) -> str:
    return "" if value is None else html.escape(value_text(value))
