"""What `winner.json` says of a winner's worth, in sentences for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sweepbox.tuning.storage.winner_record import WinnerRecord

ORDINALS = ("first", "second", "third", "fourth", "fifth")


def evidence_texts(winner: WinnerRecord) -> list[str]:
    """Return the sentences: validation, test, verdict, ties, by how much validation flatters, looks.

    There are none of a record that an earlier version wrote.
    """
    return list(_texts(winner)) if "verdict" in winner.content else []


def verdict_of(winner: WinnerRecord | None) -> str | None:
    """Return the verdict; None where there is no winner, or an earlier version wrote it."""
    return None if winner is None else winner.content.get("verdict")


def _texts(winner: WinnerRecord) -> Iterator[str]:
    content = winner.content
    metric = content["metric"]
    folds = content.get("folds")
    seeds = [entry["seed"] for entry in folds or content["seeds"]]
    what = f"{len(folds[0]['folds'])}-fold cross-validation" if folds else "mean"
    yield _figure(f"Validation: {metric}", content["validation"], content["interval"], seeds, what=what)
    test = content["test"]
    if test is not None:
        seeds = [entry["seed"] for entry in content["seeds"]]
        yield _figure(f"Test: {metric}", test, test["interval"], seeds)
        own = test.get("own_suppression")
        if own is not None:
            yield (
                f"That is with the suppression of the export. With the suppression of its config: {metric} "
                f"{own['value']:.4f}" + ("" if own["mean"] is None else f", mean {own['mean']:.4f}") + "."
            )
    yield f"Verdict: {content['verdict']}."
    if content["tie_with"]:
        yield (
            f"The data do not tell it from {', '.join(content['tie_with'])}: the 90 % interval of the "
            "difference contains 0. Of these the cheapest is chosen, by latency, then parameters; at equal "
            "costs the best mean."
        )
    yield from _differences(content)
    yield from _looks(winner.test_looks)


def _figure(
    name: str,
    figure: Mapping[str, Any],
    interval: Sequence[float] | None,
    seeds: Sequence[int],
    *,
    what: str = "mean",
) -> str:
    parts = [f"{name} {figure['value']:.4f} of the exported weights"]
    if figure["mean"] is not None:
        deviation = "" if figure["sd"] is None else f", standard deviation {figure['sd']:.4f}"
        named = ("with seed " if len(seeds) == 1 else "over the seeds ") + ", ".join(map(str, seeds))
        parts.append(f"{what} {figure['mean']:.4f}{deviation} {named}")
    if interval is not None:
        parts.append(f"90 % interval {interval[0]:.4f} to {interval[1]:.4f}")
    return "; ".join(parts) + "."


def _differences(content: Mapping[str, Any]) -> Iterator[str]:
    against = content["against_base"] or {}
    shown = against.get("test") or against.get("validation")
    if shown is not None:
        yield (
            f"The smallest difference from the base config that {shown['images']} images could have shown is "
            f"{shown['smallest_difference']:.3f}."
        )
    flattery = content["flattery"]
    if flattery is not None:
        low, high = flattery["interval"]
        yield (
            f"The validation figure flatters by {flattery['difference']:+.4f} against the test part (90 % "
            f"interval {low:+.4f} to {high:+.4f}); choosing among the finalists alone flatters by "
            f"{flattery['expected']:.4f} on average."
        )


def _looks(looks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(looks) < 2:
        return
    number = ORDINALS[len(looks) - 1] if len(looks) <= len(ORDINALS) else f"{len(looks)}th"
    yield (
        f"This is the {number} look at the test part. Each look after the first makes its figures a little "
        "less independent of the search."
    )
