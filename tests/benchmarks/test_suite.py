"""The computations of the benchmarks; every benchmark can be imported and has a description."""

import importlib
from pathlib import Path

import keras
import pytest

from experiments.benchmarks.__main__ import BEGIN, END, SUITE, update_readme
from experiments.benchmarks.figure import Figure, write_result
from experiments.benchmarks.ours.flops import training_flop_per_image
from experiments.benchmarks.suite.sweep import _makespan
from experiments.benchmarks.workspace import newest_checkpoint


@pytest.mark.parametrize("name", SUITE)
def test_every_benchmark_has_a_description(name: str) -> None:
    module = importlib.import_module(f"experiments.benchmarks.suite.{name}")
    assert module.__doc__
    assert callable(module.measure)


@pytest.mark.parametrize(
    ("seconds", "num_workers", "end"),
    [
        ([3.0, 1.0, 1.0], 1, 5.0),
        ([3.0, 1.0, 1.0], 2, 3.0),
        ([1.0, 3.0, 1.0], 2, 3.0),
        ([2.0, 2.0, 2.0], 2, 4.0),
    ],
)
def test_trials_start_on_the_first_free_worker(seconds: list[float], num_workers: int, end: float) -> None:
    assert _makespan(seconds, num_workers=num_workers) == end


def test_newest_checkpoint_has_the_highest_number(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path) is None
    for number in (2, 10, 9):
        (tmp_path / f"ckpt-{number}.index").touch()
    assert newest_checkpoint(tmp_path) == tmp_path / "ckpt-10"


def test_update_readme_keeps_the_text_around_the_figures(tmp_path: Path) -> None:
    readme, results = tmp_path / "README.md", tmp_path / "results"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    facts = {
        "packages": {"keras": "3"},
        "cores": 2,
        "processor": "P",
        "commit": "c",
        "measured": "d",
        "seconds": 1,
    }
    write_result(results / "records.json", [Figure("time of it", "s", 1.0)], facts)
    update_readme(readme, results)
    text = readme.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| time of it | 1 s |" in text
    assert "2 cores of P; keras 3; commit c; d; 1 s" in text


def test_operations_are_counted_each_time_a_layer_is_applied() -> None:
    small, large = keras.Input((4, 4, 3)), keras.Input((8, 8, 3))
    shared = keras.layers.Conv2D(5, 3, padding="same", use_bias=False)
    depthwise = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False)
    network = keras.Model([small, large], [shared(small), depthwise(shared(large))])
    convolutions = (4 * 4 + 8 * 8) * 3 * 3 * 3 * 5
    depthwise_ones = 8 * 8 * 3 * 3 * 5
    assert training_flop_per_image(network) == 6 * (convolutions + depthwise_ones)
