"""The cache of initial weights."""

import logging
import os
import resource
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.checkpoint.mapped import read_mapped, write_mapped
from sweepbox.detection.checkpoint.weights import save_weights, weight_arrays
from sweepbox.detection.model.ssd import SsdDetector, build_detector
from sweepbox.detection.runner import RunSettings
from sweepbox.detection.runner.initial_weights_cache import KEPT_FILES, PATTERN, InitialWeightsCache

SettingsOf = Callable[..., RunSettings]
DROPOUT = "model.ssd.box_predictor.weight_shared_convolutional_box_predictor.use_dropout=true"


@pytest.fixture(scope="module")
def detector(settings_of: SettingsOf) -> Iterator[SsdDetector]:
    yield build_detector(settings_of(DROPOUT).config.model.ssd)


@pytest.fixture
def settings(settings_of: SettingsOf, tmp_path: Path) -> RunSettings:
    return settings_of(DROPOUT, cache_directory=tmp_path / "cache", seed=3)


def values(detector: SsdDetector) -> list[np.ndarray]:
    return [variable.numpy() for variable in detector.network.variables]


def cached(detector: SsdDetector, settings: RunSettings) -> list[np.ndarray]:
    """Return the initial values that another process would get from the cache."""
    detector.initialise(99)
    InitialWeightsCache().initialise(detector, settings)
    return values(detector)


def initialised(detector: SsdDetector, seed: int) -> list[np.ndarray]:
    detector.initialise(seed)
    return values(detector)


def assert_same(first: list[np.ndarray], second: list[np.ndarray]) -> None:
    for ours, theirs in zip(first, second, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def only_file(settings: RunSettings) -> Path:
    assert settings.cache_directory is not None
    (path,) = settings.cache_directory.glob(PATTERN)
    return path


def test_the_second_run_copies_the_weights_that_the_first_one_cached(
    detector: SsdDetector, settings: RunSettings
) -> None:
    expected = initialised(detector, 3)
    assert_same(cached(detector, settings), expected)
    path = only_file(settings)
    assert_same(cached(detector, settings), expected)
    assert len(detector.network.variables) > len(detector.network.weights), (
        "dropout has a state, which is cached too"
    )

    found = read_mapped(path)
    assert found is not None
    write_mapped({name: array + 1 for name, array in found.arrays.items()}, path, metadata=found.metadata)
    assert_same(cached(detector, settings), [array + 1 for array in expected])

    other = build_detector(settings.config.model.ssd)
    assert_same(cached(other, settings), [array + 1 for array in expected])
    assert only_file(settings) == path, "a network built later in the process has the same key"


@pytest.mark.parametrize("damage", ["truncated", "another key", "changed"])
def test_a_damaged_file_is_written_again(detector: SsdDetector, settings: RunSettings, damage: str) -> None:
    expected = cached(detector, settings)
    path = only_file(settings)
    intact = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(intact[:-100])
    elif damage == "another key":
        write_mapped({"a": np.zeros(3)}, path, metadata={"key": "another"})
    else:
        path.write_bytes(intact[:-1000] + bytes([intact[-1000] ^ 1]) + intact[-999:])
    assert_same(cached(detector, settings), expected)
    assert path.read_bytes() == intact


def test_another_seed_or_another_content_of_the_source_has_another_key(
    detector: SsdDetector, settings: RunSettings, tmp_path: Path
) -> None:
    source = tmp_path / "source.npz"
    settings = replace(settings, initial_weights=str(source))
    backbone = {weight.path for weight in detector.backbone.weights}
    for seed in (1, 2):
        detector.initialise(seed)
        stored = weight_arrays(detector.network)
        save_weights(detector.network, source)
        os.utime(source, ns=(seed, seed))
        for own_seed in (3, 4):
            detector.initialise(own_seed)
            fresh = weight_arrays(detector.network)
            lines = []
            for _ in range(2):
                detector.initialise(99)
                report = InitialWeightsCache().initialise(detector, replace(settings, seed=own_seed))
                lines.append(str(report))
                for path, array in weight_arrays(detector.network).items():
                    if path in backbone:
                        np.testing.assert_array_equal(array, stored[path])
                    elif path.startswith("class_head"):
                        np.testing.assert_array_equal(array, fresh[path])
            assert lines[0] == lines[1]
            assert lines[0].startswith(f"{source}: ")


def test_only_the_most_recently_used_files_are_kept(detector: SsdDetector, settings: RunSettings) -> None:
    cached(detector, settings)
    first = only_file(settings)
    for seed in range(10, 10 + KEPT_FILES):
        cached(detector, settings)
        cached(detector, replace(settings, seed=seed))
    assert settings.cache_directory is not None
    kept = list(settings.cache_directory.glob(PATTERN))
    assert len(kept) == KEPT_FILES
    assert first in kept


def test_a_run_starts_if_the_cache_cannot_be_written(
    detector: SsdDetector, settings: RunSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    expected = initialised(detector, 3)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        with caplog.at_level(logging.WARNING):
            assert_same(cached(detector, settings), expected)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "could not be cached" in caplog.text
    assert settings.cache_directory is not None
    assert [path.name for path in settings.cache_directory.iterdir()] == ["weights.lock"]

    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        assert_same(cached(detector, replace(settings, cache_directory=tmp_path / "file")), expected)
    assert "cannot be locked" in caplog.text
