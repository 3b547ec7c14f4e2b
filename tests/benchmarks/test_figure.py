"""Figures: ratios, targets, limits, and the Markdown table."""

from pathlib import Path

import pytest

from experiments.benchmarks.figure import Figure, read_figures, shown, table, write_result


@pytest.mark.parametrize(
    ("ours", "peer", "better", "ratio"),
    [
        (2.0, 4.0, "lower", 2.0),
        (4.0, 2.0, "lower", 0.5),
        (4.0, 2.0, "higher", 2.0),
        (2.0, None, "lower", None),
        (2.0, 0.0, "lower", None),
        (-0.1, 2.0, "lower", None),
        (0.0, 2.0, "lower", None),
        (0.0, 2.0, "higher", None),
        (2.0, -1.0, "lower", None),
    ],
)
def test_ratio_is_how_many_times_better_ours_is(
    ours: float, peer: float | None, better: str, ratio: float
) -> None:
    assert Figure("speed", "s", ours, peer, better=better).ratio == ratio


@pytest.mark.parametrize(
    ("aim", "limit", "peer", "met"),
    [
        (2.0, None, 4.0, True),
        (2.0, None, 3.9, False),
        (None, 1.5, 1.5, True),
        (None, 1.5, 1.0, False),
        (2.0, None, None, None),
        (None, None, 4.0, None),
    ],
)
def test_aim_is_a_minimum_ratio_and_limit_a_maximum_cost(
    aim: float | None, limit: float | None, peer: float | None, met: bool | None
) -> None:
    assert Figure("time", "s", 2.0, peer, aim=aim, limit=limit).met is met


@pytest.mark.parametrize(
    ("ours", "peer", "better", "goal", "met"),
    [
        (-0.1, 2.0, "lower", {"limit": 1.5}, True),
        (-0.1, 2.0, "lower", {"aim": 20.0}, True),
        (0.0, 2.0, "lower", {"limit": 1.5}, True),
        (0.0, 2.0, "lower", {"aim": 2.0}, True),
        (0.0, 2.0, "higher", {"aim": 2.0}, False),
        (-0.1, 2.0, "lower", {}, None),
        (-0.1, None, "lower", {"limit": 1.5}, None),
        (-0.1, -0.2, "lower", {"limit": 1.5}, None),
    ],
)
def test_a_cost_too_small_to_measure_meets_its_target(
    ours: float, peer: float | None, better: str, goal: dict[str, float], met: bool | None
) -> None:
    figure = Figure("turn", "s", ours, peer, better=better, **goal)  # type: ignore[arg-type]
    assert figure.met is met
    assert ("missed" in "".join(figure.row)) is (met is False)


def test_row_shows_a_missed_target() -> None:
    row = Figure("time", "s", 2.0, 3.0, "the peer", aim=2, note="twice").row
    assert row == ("time (twice)", "2 s", "3 s", "1.50 x", "≥ 2 x (missed)", "the peer")


@pytest.mark.parametrize(("value", "text"), [(0.001234, "0.00123"), (12.345, "12.3"), (12345.6, "12,346")])
def test_numbers_have_three_significant_digits(value: float, text: str) -> None:
    assert shown(value) == text


def test_results_round_trip(tmp_path: Path) -> None:
    import json

    figures = [Figure("a", "s", 1.0, 2.0, "peer", aim=1.5), Figure("b", "images/s", 3.0, better="higher")]
    write_result(tmp_path / "results" / "x.json", figures, {"commit": "abc"})
    result = json.loads((tmp_path / "results" / "x.json").read_text())
    assert read_figures(result) == figures
    assert result["commit"] == "abc"
    assert [row["met"] for row in result["figures"]] == [True, None]


def test_table_has_one_line_per_figure() -> None:
    lines = table([Figure("a", "s", 1.0), Figure("b", "s", 2.0)]).strip().splitlines()
    assert len(lines) == 4
    assert all(line.startswith("| ") and line.endswith(" |") for line in lines)
    assert len({line.count("|") for line in lines}) == 1
