from pathlib import Path

import pytest

from sweepbox.detection.config.difference import fingerprint
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.storage.trial_record import Segment, TrialState, TrialStatus
from sweepbox.tuning.trial.config_steps import ConfigSteps
from tests.tiny import tiny_config


def status_of(*steps: int) -> TrialStatus:
    segments = tuple(Segment(step, f"{number:04d}", f"f{number}") for number, step in enumerate(steps))
    mark = fingerprint(tiny_config("learning_rate=0.3"))
    return TrialStatus(TrialState.PENDING, 1, mark, 30, 3, segments=segments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> TrialFolder:
    """A trial's folder with three configs."""
    folder = TrialFolder(tmp_path_factory.mktemp("0004"))
    for number, rate in enumerate((0.1, 0.2)):
        save_config(tiny_config(f"learning_rate={rate}"), folder.segment_config(number))
    save_config(tiny_config("learning_rate=0.3"), folder.config)
    return folder


def test_a_trial_of_one_config_trains_under_it_throughout(folder: TrialFolder) -> None:
    configs = ConfigSteps.read(folder, status_of())
    assert configs.first == configs.last == load_config(folder.config)
    for step in range(10):
        assert configs.index_at(step, target=10) == 0
    assert configs.end_of(0, target=10) == 10


def test_the_configs_are_those_of_the_folder_in_their_order(folder: TrialFolder) -> None:
    configs = ConfigSteps.read(folder, status_of(0, 10, 20))
    assert configs.steps == (0, 10, 20)
    assert configs.configs == tuple(tiny_config(f"learning_rate={rate}") for rate in (0.1, 0.2, 0.3))
    assert (configs.first, configs.last) == (configs.configs[0], configs.configs[-1])


@pytest.mark.parametrize(
    ("step", "target", "index", "end"),
    [
        (0, 10, 0, 10),
        (9, 10, 0, 10),
        (10, 10, 0, 10),  # trained to the evaluation, which is that of the config before
        (10, 20, 1, 13),
        (13, 20, 2, 20),  # a segment that begins between two evaluations
        (20, 20, 2, 20),
        (20, 30, 2, 30),
        (10, 13, 1, 13),
    ],
)
def test_which_config_trains_and_how_far(
    folder: TrialFolder, step: int, target: int, index: int, end: int
) -> None:
    configs = ConfigSteps.read(folder, status_of(0, 10, 13))
    assert configs.index_at(step, target=target) == index
    assert configs.end_of(index, target=target) == end


@pytest.mark.parametrize("steps", [(4, 10), (0, 10, 10), (0, 10, 4)])
def test_steps_that_make_no_training_are_refused(folder: TrialFolder, steps: tuple[int, ...]) -> None:
    with pytest.raises(SweepError, match=r"state\.json: damaged \(segments at the steps .* to drop the trial"):
        ConfigSteps.read(folder, status_of(*steps))


def test_a_config_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = TrialFolder(tmp_path)
    save_config(tiny_config("learning_rate=0.3"), folder.config)
    with pytest.raises(FileNotFoundError, match=r"segment-0\.config"):
        ConfigSteps.read(folder, status_of(0, 10))


def test_a_config_that_is_not_that_of_the_record_is_refused(folder: TrialFolder, tmp_path: Path) -> None:
    other = TrialFolder(tmp_path)
    text = folder.config.read_text()
    other.config.write_text(text.replace("0.3", "0.7"))
    assert other.config.read_text() != text
    with pytest.raises(SweepError, match=r"pipeline\.config: damaged .*restore the file, or delete"):
        ConfigSteps.read(other, status_of())
