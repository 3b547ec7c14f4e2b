"""What a run reads: the config with its edits, the records, the classes."""

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
"""What published configs hold where a path belongs."""


@dataclass(frozen=True)
class RunInputs:
    """What a run reads; `notes` are lines that tell the user what was set without being asked for."""

    config: pb.TrainEvalPipelineConfig
    train_records: tuple[Path, ...]
    validation_records: tuple[Path, ...]
    label_map: LabelMap
    notes: tuple[str, ...] = ()


def run_inputs(config_path: Path, data: Path | None, *, edits: Iterable[Edit] = ()) -> RunInputs:
    """Load and edit a config, find its records and classes, and check that all of it can be trained.

    With `data`, a folder that `prepare` wrote, the number of classes follows its label map. Without, the
    config's own input readers are followed: every file, folder or glob pattern of their `input_path`, in that
    order; relative paths start at the config's folder. A file named twice is trained on twice as often, but
    evaluated once. Raises ConfigError or DataError.
    """
    config = apply_edits(load_config(config_path), edits)
    inputs = _from_readers(config, config_path.parent) if data is None else _from_folder(config, data)
    check_supported(inputs.config)
    return inputs


def _from_folder(config: pb.TrainEvalPipelineConfig, data: Path) -> RunInputs:
    """Return the records of a prepared data set, and the config with its number of classes."""
    dataset = open_dataset(data)
    notes: tuple[str, ...] = ()
    stated, found = config.model.ssd.num_classes, dataset.label_map.num_classes
    if config.model.WhichOneof("model") == "ssd" and stated != found:
        config = apply_edits(config, [Edit("model.ssd.num_classes", found)])
        notes = (f"model.ssd.num_classes: {stated} in the config, {found} in {data}; trains {found}",)
    return RunInputs(config, dataset.train, dataset.validation, dataset.label_map, notes)


def _from_readers(config: pb.TrainEvalPipelineConfig, folder: Path) -> RunInputs:
    """Return the records and classes that a config's input readers name; ConfigError lists all that lacks."""
    if len(config.eval_input_reader) != 1:
        raise ConfigError(
            f"eval_input_reader stands {len(config.eval_input_reader)} times; give one, or name prepared "
            "records (--data)"
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
            f"eval_input_reader.label_map_path: the classes in {validation.message.label_map_path} are not "
            f"those in {train.message.label_map_path}, which are trained; name the same label map"
        )
    return RunInputs(config, train_records, tuple(dict.fromkeys(validation_records)), label_map)


@dataclass(frozen=True)
class _Reader:
    """An input reader and the files that it names; what is wrong with them is added to `problems`."""

    name: str
    message: pb.InputReader
    folder: Path
    problems: list[str]

    def records(self) -> tuple[Path, ...]:
        """Return the files, pattern after pattern, those of a pattern sorted; one named twice comes twice."""
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
        """Return the classes; None where the file cannot be read."""
        field = f"{self.name}.label_map_path"
        if not self._is_set(field, self.message.label_map_path):
            return None
        path = self.folder / self.message.label_map_path
        if not path.is_file():
            self._add(f"{field}: there is no file {str(path)!r}; correct it")
            return None
        return load_label_map(path)

    def _is_set(self, field: str, path: str) -> bool:
        """Tell whether a path was filled in; a problem is added where not."""
        if not path:
            self._add(f"{field} is empty; set it")
        elif PLACEHOLDER in path:
            self._add(f"{field} is {path!r}, a placeholder; set it")
        return bool(path) and PLACEHOLDER not in path

    def _add(self, problem: str) -> None:
        self.problems.append(f"{problem}, or name prepared records (--data)")
