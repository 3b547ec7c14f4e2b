"""Sweep files that nobody means to write are refused in one short line each, at once."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.durations import parse_duration
from sweepbox.tuning.spec.file import load_spec, parse_spec
from sweepbox.tuning.spec.yaml_text import LARGEST_BYTES

HEAD = "name: a\nbase_config: b.config\n"
SHORT = HEAD + "space: {x: {uniform: [1, 2]}}\n"
QUICK_S = 8.0
"""Far below what any of these took while the time grew with the square of the size; machines differ."""


def refusal(text: str) -> str:
    with pytest.raises(SweepError) as refused:
        parse_spec(text, source="my.yaml")
    return str(refused.value)


def _nested(count: int, opening: str) -> Callable[[], str]:
    return lambda: SHORT + "set: " + opening * count


LARGE: dict[str, Callable[[], str]] = {
    "unknown keys": lambda: SHORT + "".join(f"key{number}: 1\n" for number in range(10_000)),
    "keys under set": lambda: SHORT + "set:\n" + "".join(f"  key{number}: 1\n" for number in range(10_000)),
    "parameters": lambda: HEAD + "space:\n" + "".join(f"  k{n}: {{uniform: [1, 2]}}\n" for n in range(10_000)),
    "misspelt kinds": lambda: HEAD + "space:\n" + "".join(f"  k{n}: {{unifrom: [1]}}\n" for n in range(10_000)),
    "augmentations": lambda: SHORT + "augmentations:\n" + "".join(f"  k{n}: {{}}\n" for n in range(10_000)),
    "floors": lambda: SHORT + "objective:\n  floors:\n" + "".join(f"    k{n}: x\n" for n in range(10_000)),
    "choices": lambda: HEAD + f"space: {{x: {{choice: [{','.join(map(str, range(100_000)))}]}}}}\n",
    "equal choices": lambda: HEAD + f"space: {{x: {{choice: [{'1,' * 900}]}}}}\n",
    "a million choices": lambda: HEAD + f"space: {{x: {{choice: [{','.join(map(str, range(1_000_000)))}]}}}}\n",
    "a long range": lambda: HEAD + f"space: {{x: {{uniform: [{'1,' * 100_000}]}}}}\n",
    "a long value": lambda: SHORT + "trials: " + "x" * 500_000,
    "a long text in quotes": lambda: SHORT + f'trials: "{"x" * 500_000}"',
    "a long number": lambda: SHORT + "trials: " + "9" * 5_000,
    "a long key": lambda: SHORT + "? " + "x" * 500_000 + "\n: 1",
    "a long key twice": lambda: SHORT + ("? " + "x" * 200_000 + "\n: 1\n") * 2,
    "a long name": lambda: SHORT.replace("name: a", "name: " + "a" * 5_000),
    "a long type": lambda: SHORT + "sampler: {type: 3, " + "y" * 100_000 + ": 1}",
    "a long tag": lambda: SHORT + "trials: !!" + "x" * 100_000 + " 1",
    "a long token": lambda: SHORT + "trials: " + "x" * 10_000_000,
    "aliases of aliases": lambda: (
        SHORT
        + "objective:\n"
        + "".join(
            f"  a{level}: &a{level} [{', '.join([f'*a{level - 1}' if level else 'x'] * 9)}]\n"
            for level in range(9)
        )
    ),
    "open braces": _nested(2_000, "{"),
    "open brackets": _nested(2_000, "["),
    "a megabyte of braces": _nested(1_000_000, "{"),
    "mappings in each other": _nested(2_000, "{a: "),
    "lists in each other": lambda: SHORT + "set:\n" + "".join(f"{' ' * n}-\n" for n in range(1, 1_000)),
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_a_large_file_is_refused_soon_in_few_short_lines(text: Callable[[], str]) -> None:
    written = text()
    began = time.process_time()
    lines = refusal(written).splitlines()
    assert time.process_time() - began < QUICK_S
    assert len(lines) <= 11
    assert all(len(line) < 700 for line in lines)
    assert all(line.startswith("my.yaml") for line in lines)


def test_of_many_mistakes_ten_are_shown_and_the_others_counted() -> None:
    lines = refusal(SHORT + "".join(f"key{number}: 1\n" for number in range(25))).splitlines()
    assert [line.split(":")[1] for line in lines[:10]] == [f" key{number}" for number in range(10)]
    assert lines[10:] == ["my.yaml: … and 15 more"]


TAGS = {
    "trials: !!int abc": "my.yaml:4:9: 'abc' is no int as YAML has it; give another value",
    "trials: !!int ''": "my.yaml:4:9: '' is no int",
    "trials: !!int 1e400": "my.yaml:4:9: '1e400' is no int",
    "trials: !!int [1]": "my.yaml:4:9: ",
    "trials: 0b_": "my.yaml:4:9: '0b_' is no int",
    "trials: 0x_": "my.yaml:4:9: '0x_' is no int",
    "trials: !!float abc": "my.yaml:4:9: 'abc' is no float",
    "trials: !!float ''": "my.yaml:4:9: '' is no float",
    "trials: !!bool abc": "my.yaml:4:9: 'abc' is no bool",
    "trials: !!timestamp abc": "my.yaml:4:9: 'abc' is no timestamp",
    "trials: 2024-13-45": "my.yaml:4:9: '2024-13-45' is no timestamp",
    "trials: 2001-01-01T99:99:99": "is no timestamp",
    "trials: !!map 3": "my.yaml:4:9: expected a mapping, but found a scalar",
    "trials: !!seq 3": "my.yaml:4:9: ",
    "trials: !!set [1]": "my.yaml:4:9: ",
    "trials: !!omap [1]": "my.yaml:4:",
    "trials: !!pairs [1]": "my.yaml:4:",
    "trials: !!python/object:os.system x": "could not determine a constructor for the tag",
    "!!int x: 3": "my.yaml:4:1: 'x' is no int",
    "<<: 1": "my.yaml:4:",
    "? [1]\n: 2": "found unhashable key",
    "? {a: 1}\n: 2": "found unhashable key",
    "trials: *x": "undefined alias",
    "set: &a {x: *a}": "recursive",
    "---\na: 1": "another document",
}


@pytest.mark.parametrize(("text", "message"), TAGS.items(), ids=TAGS)
def test_what_a_tag_does_not_fit_is_named_with_line_and_column(text: str, message: str) -> None:
    refused = refusal(SHORT + text)
    assert message in refused
    assert len(refused.splitlines()) == 1


BEYOND = {
    f"seed: {2**70}": "seed: whole numbers are at most 9223372036854775807; give less (got 11805916207174113",
    f"seed: {-(2**70)}": "seed: whole numbers are at most",
    f"prepare: {{seed: {2**64}}}": "prepare.seed: whole numbers are at most",
    f"trials: {10**30}": "trials: whole numbers are at most",
    "trials: 1000001": "trials: input should be less than or equal to 1000000",
    f"training: {{steps: {2**32}}}": "training.steps: input should be less than or equal to 4294967295",
    f"training: {{evaluate_every: {2**40}}}": "training.evaluate_every: input should be less than or equal to",
    f"max_concurrent: {10**30}": "max_concurrent: whole numbers are at most",
    f"keep_checkpoints: {10**30}": "keep_checkpoints: whole numbers are at most",
    f"set: {{batch_size: {10**30}}}": "set: batch_size: whole numbers are at most",
    "resources_per_trial: {cpu: 1.0e-300}": "resources_per_trial: cpu 1e-300 is less than can be shared; give",
    "resources_per_trial: {gpu: 1.0e-300}": "resources_per_trial: gpu 1e-300 is less than can be shared; give",
    "resources_per_trial: {cpu: .inf}": "resources_per_trial.cpu: input should be a finite number",
    f"time_budget: {'9' * 400}d": "time_budget: ",
    "time_budget: 36501d": "time_budget: '36501d' is longer than",
}
RANGES = {
    f"integer: [0, {10**30}]": "space.x.integer: whole numbers are at most",
    f"integer: [0, {2**60}]": "space.x: integer [0, 1152921504606846976] must lie within ±9007199254740992",
    f"integer: [{-(2**60)}, 0]": "must lie within",
    f"{{integer: [0, 9], step: {10**30}}}": "space.x.step: whole numbers are at most",
    f"choice: [1, {10**30}]": "space.x.choice: whole numbers are at most",
    "uniform: [-1.7e+308, 1.7e+308]": "space.x: uniform [-1.7e+308, 1.7e+308] is too wide to draw from",
    "uniform: [0, .inf]": "input should be a finite number",
    "log_uniform: [.nan, 1]": "input should be a finite number",
}


@pytest.mark.parametrize(("text", "message"), BEYOND.items(), ids=[text[:40] for text in BEYOND])
def test_a_value_out_of_all_bounds_is_refused_by_its_key(text: str, message: str) -> None:
    assert f"my.yaml: {message}" in refusal(SHORT + text)


@pytest.mark.parametrize(("text", "message"), RANGES.items(), ids=[text[:40] for text in RANGES])
def test_a_range_out_of_all_bounds_is_refused_by_its_key(text: str, message: str) -> None:
    assert message in refusal(HEAD + f"space: {{x: {text if text.startswith('{') else f'{{{text}}}'}}}")


@pytest.mark.parametrize(
    "text",
    [
        "a\x1b[31m: 1",
        "a\x00: 1",
        "trials: \x07",
        r'"a\e[31m": 1',
        r'"a\nb": 1',
        r'"a\0b": 1',
        r'trials: "\0\e[2J"',
        r'name: "a\e[2J"',
        r'sampler: {type: "\e[2J\n"}',
        r'sampler: {"\e[2J": 1}',
        r'set: {"\e[2J": [1]}',
        r'set: {x: ["\e[2J"]}',
        r'objective: {floors: {"\e[2J\n": x}}',
        r'time_budget: "\e[2J"',
        r'trials: !!int "\e[2J"',
        r'? "\u202e"' + "\n: 1",
        '"a\\e": 1\n"a\\e": 2',
    ],
)
def test_control_characters_never_reach_the_terminal(text: str) -> None:
    try:
        parse_spec(SHORT.replace("name: a\n", "" if text.startswith("name") else "name: a\n") + text)
    except SweepError as refused:
        assert all(line.isprintable() for line in str(refused).splitlines())
        assert all(line.startswith("<text>") for line in str(refused).splitlines())


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("ä".encode() * LARGEST_BYTES)
    with pytest.raises(SweepError, match=r"a\.yaml: has more than 1048576 bytes"):
        load_spec(tmp_path / "a.yaml")


def test_a_pipe_is_no_sweep_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    with pytest.raises(SweepError, match=r"a\.yaml: is not a regular file"):
        load_spec(tmp_path / "a.yaml")


@pytest.mark.parametrize("text", ["36501d", "876001h", "9" * 30, "1" + "0" * 400])
def test_a_duration_of_more_than_a_hundred_years_is_refused(text: str) -> None:
    with pytest.raises(SweepError, match="is longer than 36500d 00h; give less"):
        parse_duration(text)
