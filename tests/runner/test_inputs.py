"""The records and classes that the input readers of a config name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.config.edits import parse_edit
from sweepbox.detection.config.label_map import save_label_map
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.prepared import PreparedDataset
from sweepbox.detection.runner.inputs import RunInputs, run_inputs

QUICKSTART = Path(__file__).parents[2] / "experiments" / "configs" / "quickstart.config"
Read = Callable[..., RunInputs]
TRAIN, EVALUATION = "train_input_reader", "eval_input_reader[0]"


@pytest.fixture
def read(dataset: PreparedDataset, tmp_path: Path) -> Read:
    """A function that reads an edited config; beside it are a label map and four small record files."""
    save_label_map(dataset.label_map, tmp_path / "label_map.pbtxt")
    for name in ("b.record", "a.record", "c.record", "validation.record"):
        (tmp_path / name).write_bytes(dataset.validation[0].read_bytes())
    config = tmp_path / "pipeline.config"
    config.write_text(QUICKSTART.read_text())
    paths = {
        f"{TRAIN}.label_map_path": "label_map.pbtxt",
        f"{TRAIN}.tf_record_input_reader.input_path[0]": "c.record",
        f"{TRAIN}.tf_record_input_reader.input_path[1]": "[ab].record",
        f"{EVALUATION}.label_map_path": "label_map.pbtxt",
        f"{EVALUATION}.tf_record_input_reader.input_path[0]": str(tmp_path / "validation.record"),
    }

    def make(**changes: str) -> RunInputs:
        edits = [f"{path}={value}" for path, value in (paths | changes).items()]
        return run_inputs(config, None, edits=[parse_edit(edit) for edit in edits])

    return make


def names(paths: tuple[Path, ...]) -> list[str]:
    return [path.name for path in paths]


def test_files_and_globs_in_the_order_of_the_config(read: Read, dataset: PreparedDataset) -> None:
    inputs = read()
    assert names(inputs.train_records) == ["c.record", "a.record", "b.record"]
    assert names(inputs.validation_records) == ["validation.record"]
    assert inputs.label_map == dataset.label_map


def test_a_file_named_twice_is_trained_on_twice_and_evaluated_once(read: Read) -> None:
    inputs = read(
        **{
            f"{TRAIN}.tf_record_input_reader.input_path[2]": "a.record",
            f"{EVALUATION}.tf_record_input_reader.input_path[1]": "val*.record",
        }
    )
    assert names(inputs.train_records) == ["c.record", "a.record", "b.record", "a.record"]
    assert names(inputs.validation_records) == ["validation.record"]


def test_all_problems_are_reported_together(read: Read) -> None:
    with pytest.raises(ConfigError) as caught:
        read(
            **{
                f"{TRAIN}.label_map_path": "PATH_TO_BE_CONFIGURED/label_map.txt",
                f"{TRAIN}.tf_record_input_reader.input_path[0]": "PATH_TO_BE_CONFIGURED/train-?.tfrecord",
                f"{TRAIN}.tf_record_input_reader.input_path[1]": "none*.record",
                f"{EVALUATION}.label_map_path": "absent.pbtxt",
            }
        )
    first, second, third, fourth = str(caught.value).splitlines()
    assert first.startswith(
        "train_input_reader.tf_record_input_reader.input_path is 'PATH_TO_BE_CONFIGURED/train-?.tfrecord', a "
        "placeholder; set it, or name prepared records (--data)"
    )
    assert "input_path: no file matches" in second
    assert "none*.record'; correct it" in second
    assert "train_input_reader.label_map_path is 'PATH_TO_BE_CONFIGURED/label_map.txt', a placeholder" in third
    assert "eval_input_reader.label_map_path: there is no file" in fourth


def test_an_empty_reader_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.config").write_text("train_input_reader {} eval_input_reader {}")
    with pytest.raises(ConfigError) as caught:
        run_inputs(tmp_path / "empty.config", None)
    for field in ("label_map_path", "tf_record_input_reader.input_path"):
        assert f"train_input_reader.{field} is empty; set it" in str(caught.value)


def test_both_readers_need_the_same_classes(read: Read, tmp_path: Path) -> None:
    save_label_map(LabelMap.of(["other"]), tmp_path / "other.pbtxt")
    with pytest.raises(ConfigError, match=r"the classes in other\.pbtxt differ from those in label_map\.pbtxt"):
        read(**{f"{EVALUATION}.label_map_path": "other.pbtxt"})


def test_placeholders_of_published_configs_are_refused(tmp_path: Path) -> None:
    text = 'model { ssd { num_classes: 1 } } train_input_reader { label_map_path: "PATH_TO_BE_CONFIGURED" } '
    (tmp_path / "zoo.config").write_text(text + "eval_input_reader {}")
    with pytest.raises(ConfigError, match=r"label_map_path is 'PATH_TO_BE_CONFIGURED', a placeholder; set it"):
        run_inputs(tmp_path / "zoo.config", None)
