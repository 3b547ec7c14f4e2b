"""What a run reads: the config with its edits, the records, the classes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from detection.config import pipeline_pb2 as pb
from detection.config.edits import Edit, apply_edits
from detection.config.label_map import load_label_map
from detection.config.load import load_config
from detection.config.support import check_supported
from detection.core.errors import ConfigError
from detection.core.labels import LabelMap
from detection.data.prepared import open_dataset
from detection.data.records import find_records


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
    config's own input readers are followed; their relative paths start at the config's folder. Raises
    ConfigError or DataError.
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
    """Return the records that a config's input readers name."""
    if len(config.eval_input_reader) != 1:
        raise ConfigError(
            f"eval_input_reader stands {len(config.eval_input_reader)} times; give one, or name prepared "
            "records (--data)"
        )
    label_map_path = config.train_input_reader.label_map_path
    if not label_map_path:
        raise ConfigError(
            "train_input_reader.label_map_path is empty; set it, or name prepared records (--data)"
        )
    train, validation = config.train_input_reader, config.eval_input_reader[0]
    return RunInputs(
        config,
        _records(train.tf_record_input_reader.input_path, folder, "train_input_reader"),
        _records(validation.tf_record_input_reader.input_path, folder, "eval_input_reader"),
        load_label_map(folder / label_map_path),
    )


def _records(patterns: Sequence[str], folder: Path, reader: str) -> tuple[Path, ...]:
    """Return the files that the patterns of a reader name, sorted."""
    if not patterns:
        raise ConfigError(
            f"{reader}.tf_record_input_reader.input_path is empty; set it, or name prepared records (--data)"
        )
    found = {path for pattern in patterns for path in find_records(str(folder / pattern))}
    return tuple(sorted(found))
