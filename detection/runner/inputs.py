"""The inputs of a run: the config with its edits, the records, the classes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from sweepbox.detection.checkpoint.source import initial_source
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.reading import ReadConfig, read_with_edits
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError, DataError, SweepboxError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.printable import acting_characters, shortened
from sweepbox.detection.core.problems import raise_together
from sweepbox.detection.data.dataset.prepared import open_dataset
from sweepbox.detection.data.records import find_records

PLACEHOLDER = "PATH_TO_BE_CONFIGURED"
"""The placeholder for paths in published configs."""

_ESCAPED = "in quotes \\t is a tab and \\n a new line: write paths with / or \\\\"

FPN = "model.ssd.feature_extractor.fpn"


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


def run_inputs(
    config_path: Path,
    data: Path | None,
    *,
    edits: Iterable[Edit] = (),
    initial_weights: str | None = None,
    all_fields_count: bool = False,
) -> RunInputs:
    """Load and edit a config, find its records and classes, and check that it is supported.

    Args:
        config_path: The config.
        data: A folder that `prepare` wrote; the number of classes is set to that of its label map. Without it,
            the config's input readers are used: every file, folder or glob pattern of `input_path`, in this
            order. Relative paths are relative to the folder of the config. A file that is named twice is
            trained on twice as often, but evaluated once.
        edits: Edits of the config.
        initial_weights: The source of the initial weights, instead of the config's checkpoint.
        all_fields_count: See `read_with_edits`.

    Raises:
        ConfigError: The config is invalid or unsupported, or a file that it names is missing; all problems are
            listed.
        DataError: The data folder is missing or damaged.
    """
    read = read_with_edits(load_config(config_path), edits, all_fields_count=all_fields_count)
    found: list[RunInputs] = []

    def find() -> None:
        inputs = (
            _from_readers(read.config, config_path.parent) if data is None else _from_folder(read.config, data)
        )
        found.append(inputs)

    def check() -> None:
        check_supported(found[0].config if found else read.config)

    checks = [find, check, lambda: _check_weights(read.config, initial_weights)]
    try:
        raise_together(checks, kind=ConfigError)
    except SweepboxError as error:
        raise type(error)("\n".join([str(error), *_needed_notes(read, str(error))])) from None
    return replace(found[0], adjustments=(*read.notes, *found[0].adjustments))


def _needed_notes(read: ReadConfig, problems: str) -> tuple[str, ...]:
    """Return the notes on the config if a problem is about a field that is not read as it is written."""
    return read.notes if f"{FPN}.m" in problems else ()


def _check_weights(config: pb.TrainEvalPipelineConfig, initial_weights: str | None) -> None:
    """Check that the initial weights exist."""
    named = config.train_config.fine_tune_checkpoint
    if initial_weights is None and acting_characters(named):
        raise ConfigError(
            f"train_config.fine_tune_checkpoint is '{shortened(named)}', with a control character; {_ESCAPED}"
        )
    if initial_weights is None and PLACEHOLDER in named:
        raise ConfigError(
            f"train_config.fine_tune_checkpoint is {named!r}, a placeholder; set it, name initial weights "
            "(--initial-weights), or clear it (--set train_config.fine_tune_checkpoint=none)"
        )
    initial_source(config, initial_weights)


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
    readers = config.eval_input_reader
    problems: list[str] = []
    if len(readers) != 1:
        problems.append(
            f"the config has {len(readers)} eval_input_reader fields; use exactly one, or name prepared "
            "records (--data)"
        )
    train = _Reader("train_input_reader", config.train_input_reader, folder, problems)
    train_records, label_map = train.records(), train.label_map()
    validation_records, other = train_records, label_map
    if len(readers) == 1:
        validation = _Reader("eval_input_reader", readers[0], folder, problems)
        validation_records = validation.records()
        other = validation.label_map() if validation.message.label_map_path else label_map
    if label_map is None or problems:
        raise ConfigError("\n".join(problems))
    if other != label_map:
        raise ConfigError(
            f"eval_input_reader.label_map_path: the classes in {readers[0].label_map_path} differ from those "
            f"in {train.message.label_map_path}, which are trained; name the same label map"
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
                path = self.folder / pattern
                try:
                    found += find_records(path)
                except DataError:
                    self._add(f"{field}: no file matches {str(path)!r}; correct it")
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
        """Return whether a path is set and has no control character; if not, add a problem."""
        if not path:
            self._add(f"{field} is empty; set it")
        elif acting_characters(path):
            self._add(f"{field} is '{shortened(path)}', with a control character; {_ESCAPED}")
        elif PLACEHOLDER in path:
            self._add(f"{field} is {path!r}, a placeholder; set it")
        return bool(path) and PLACEHOLDER not in path and not acting_characters(path)

    def _add(self, problem: str) -> None:
        self.problems.append(f"{problem}, or name prepared records (--data)")
