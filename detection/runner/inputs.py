"""The inputs of a run: the config with its edits, the records, the classes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError, DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.prepared import open_dataset
from sweepbox.detection.data.records import find_records

PLACEHOLDER = "PATH_TO_BE_CONFIGURED"
"""The placeholder for paths in published configs."""


@dataclass(frozen=True)
class RunInputs:
    """The inputs of a run.

    Attributes:
        config: The config, with all edits.
        train_records: The TFRecord files to train on.
        validation_records: The TFRecord files to evaluate on.
        label_map: The classes.
        adjustments: Messages for the user about fields that were set automatically.
    """

    config: pb.TrainEvalPipelineConfig
    train_records: tuple[Path, ...]
    validation_records: tuple[Path, ...]
    label_map: LabelMap
    adjustments: tuple[str, ...] = ()


def run_inputs(config_path: Path, data: Path | None, *, edits: Iterable[Edit] = ()) -> RunInputs:
    """Load and edit a config, find its records and classes, and check that it is supported.

    Args:
        config_path: The config.
        data: A folder that `prepare` wrote; the number of classes is set to that of its label map. Without it,
            the config's input readers are used: every file, folder or glob pattern of `input_path`, in this
            order. Relative paths are relative to the folder of the config. A file that is named twice is
            trained on twice as often, but evaluated once.
        edits: Edits of the config.

    Raises:
        ConfigError: The config is invalid or unsupported, or a file that it names is missing.
        DataError: The data folder is missing or damaged.
    """
    config = apply_edits(load_config(config_path), edits)
    inputs = _from_readers(config, config_path.parent) if data is None else _from_folder(config, data)
    check_supported(inputs.config)
    return inputs


def _from_folder(config: pb.TrainEvalPipelineConfig, data: Path) -> RunInputs:
    """Return the inputs from a prepared data set; the config gets its number of classes."""
    dataset = open_dataset(data)
    adjustments: tuple[str, ...] = ()
    configured, found = config.model.ssd.num_classes, dataset.label_map.num_classes
    if config.model.WhichOneof("model") == "ssd" and configured != found:
        config = apply_edits(config, [Edit("model.ssd.num_classes", found)])
        adjustments = (f"model.ssd.num_classes: {configured} in the config, {found} in {data}; using {found}",)
    return RunInputs(config, dataset.train, dataset.validation, dataset.label_map, adjustments)


def _from_readers(config: pb.TrainEvalPipelineConfig, folder: Path) -> RunInputs:
    """Return the inputs that the config's input readers name; ConfigError lists all problems."""
    if len(config.eval_input_reader) != 1:
        raise ConfigError(
            f"the config has {len(config.eval_input_reader)} eval_input_reader fields; use exactly one, or "
            "name prepared records (--data)"
        )
    problems: list[str] = []
    train = _Reader("train_input_reader", config.train_input_reader, folder, problems)
    validation = _Reader("eval_input_reader", config.eval_input_reader[0], folder, problems)
    train_records, validation_records = train.records(), validation.records()
    label_map = train.label_map()
    other = validation.label_map() if validation.message.label_map_path else label_map
    if label_map is None or problems:
        raise ConfigError("\n".join(problems))
    if other != label_map:
        raise ConfigError(
            f"eval_input_reader.label_map_path: the classes in {validation.message.label_map_path} differ from "
            f"those in {train.message.label_map_path}, which are trained; name the same label map"
        )
    return RunInputs(config, train_records, tuple(dict.fromkeys(validation_records)), label_map)


@dataclass(frozen=True)
class _Reader:
    """An input reader and the files that it names; errors are added to `problems`."""

    name: str
    message: pb.InputReader
    folder: Path
    problems: list[str]

    def records(self) -> tuple[Path, ...]:
        """Return the files in the order of the patterns, sorted within a pattern, with duplicates."""
        field = f"{self.name}.tf_record_input_reader.input_path"
        patterns = self.message.tf_record_input_reader.input_path
        found: list[Path] = []
        for pattern in patterns or [""]:
            if self._is_set(field, pattern):
                try:
                    found += find_records(str(self.folder / pattern))
                except DataError:
                    self._add(f"{field}: no file matches {str(self.folder / pattern)!r}; correct it")
        return tuple(found)

    def label_map(self) -> LabelMap | None:
        """Return the classes; None if the path is unset or there is no such file."""
        field = f"{self.name}.label_map_path"
        if not self._is_set(field, self.message.label_map_path):
            return None
        path = self.folder / self.message.label_map_path
        if not path.is_file():
            self._add(f"{field}: there is no file {str(path)!r}; correct it")
            return None
        return load_label_map(path)

    def _is_set(self, field: str, path: str) -> bool:
        """Return whether a path is set; if not, add a problem."""
        if not path:
            self._add(f"{field} is empty; set it")
        elif PLACEHOLDER in path:
            self._add(f"{field} is {path!r}, a placeholder; set it")
        return bool(path) and PLACEHOLDER not in path

    def _add(self, problem: str) -> None:
        self.problems.append(f"{problem}, or name prepared records (--data)")
