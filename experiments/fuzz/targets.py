"""What reads files, with good files to damage: a target for each kind of file that comes from elsewhere."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "experiments" / "configs"
SWEEP = ROOT / "tests" / "tuning" / "storage" / "formats" / "format_2"
"""A small sweep that was interrupted."""

Read = Callable[[Path], object]


@dataclass(frozen=True)
class Target:
    """What reads a kind of file.

    Attributes:
        name: The kind of file.
        seeds: The contents of good files.
        prepare: Makes what else is needed in an empty folder; returns the reader, and where the file goes.
    """

    name: str
    seeds: tuple[bytes, ...]
    prepare: Callable[[Path], tuple[Read, Path]]


def targets() -> Mapping[str, Target]:
    """Return all targets by name."""
    made = (
        _config(),
        _label_map(),
        _annotation(),
        _image(),
        _record_file(),
        _record(),
        _sweep_file(),
        _dataset_description(),
        _weights(),
        *(_sweep_folder(name) for name in SWEEP_FILES),
    )
    return {target.name: target for target in made}


def _file(name: str, seeds: tuple[bytes, ...], file_name: str, read: Read) -> Target:
    return Target(name, seeds, lambda folder: (read, folder / file_name))


def _config() -> Target:
    def read(path: Path) -> None:
        from sweepbox.detection.config.load import load_config
        from sweepbox.detection.config.support.check import problems_of

        problems_of(load_config(path))

    seeds = tuple(path.read_bytes() for path in sorted(CONFIGS.glob("*.config")))
    return _file("pipeline.config", seeds, "pipeline.config", read)


def _label_map() -> Target:
    def read(path: Path) -> None:
        from sweepbox.detection.config.label_map import load_label_map

        load_label_map(path)

    seed = (SWEEP / "label_map.pbtxt").read_bytes()
    return _file("label map", (seed, seed.replace(b"name", b"display_name")), "label_map.pbtxt", read)


@cache
def _drawn() -> Mapping[str, tuple[bytes, ...]]:
    """Return annotations and images of drawn scenes, and records of them, by kind."""
    from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
    from sweepbox.detection.data.records import serialised_records
    from sweepbox.detection.data.sample import draw_sample

    with TemporaryDirectory() as home:
        scenes, records = Path(home, "scenes"), Path(home, "records")
        draw_sample(scenes, images=8, size=64, seed=1)
        prepare(scenes, records, PrepareSettings(validation_fraction=0.3, test_fraction=0, seed=1))
        [file] = records.glob("train*record*")
        return {
            "annotations": tuple(path.read_bytes() for path in sorted(scenes.rglob("*.xml"))),
            "images": _images(scenes),
            "file": (file.read_bytes(),),
            "records": tuple(serialised_records(file)),
        }


def _images(scenes: Path) -> tuple[bytes, ...]:
    """Return the scenes, and the first of them in other formats."""
    import io

    from PIL import Image

    made = [path.read_bytes() for path in sorted(scenes.rglob("*.jpg"))]
    with Image.open(min(scenes.rglob("*.jpg"))) as image:
        for kind in ("PNG", "GIF", "BMP"):
            buffer = io.BytesIO()
            image.save(buffer, kind)
            made.append(buffer.getvalue())
    return tuple(made)


def _annotation() -> Target:
    def read(path: Path) -> None:
        from sweepbox.detection.data.dataset.voc import read_annotation

        read_annotation(path)

    return _file("Pascal VOC annotation", _drawn()["annotations"], "scene.xml", read)


def _image() -> Target:
    def read(path: Path) -> None:
        from sweepbox.detection.data.dataset.images import inspect_image
        from sweepbox.detection.inference.images import read_image

        inspect_image(path)
        read_image(path)

    return _file("image", _drawn()["images"], "picture.jpg", read)


def _record_file() -> Target:
    def read(path: Path) -> None:
        from sweepbox.detection.data.records import read_records

        for _ in read_records([path], None):
            pass

    return _file("TFRecord file", _drawn()["file"], "train.tfrecord", read)


def _record() -> Target:
    def read(path: Path) -> None:
        from sweepbox.detection.data.examples import decode_example
        from sweepbox.detection.data.pixels import decode_pixels

        record = decode_example(path.read_bytes(), None, place=str(path))
        decode_pixels(record.encoded, str(path))

    return _file("record", _drawn()["records"], "record.pb", read)


def _sweep_file() -> Target:
    def read(path: Path) -> None:
        from sweepbox.tuning.spec.file import load_spec

        load_spec(path)

    seeds = tuple(path.read_bytes() for path in sorted((ROOT / "experiments").glob("*.yaml")))
    return _file("sweep file", seeds, "sweep.yaml", read)


def _dataset_description() -> Target:
    def read(path: Path) -> None:
        from sweepbox.detection.data.dataset.prepared import open_dataset

        open_dataset(path.parent).content_sha256()

    def prepare(folder: Path) -> tuple[Read, Path]:
        shutil.copytree(SWEEP / "data", folder / "data")
        return read, folder / "data" / "dataset.json"

    return Target("dataset.json", ((SWEEP / "data" / "dataset.json").read_bytes(),), prepare)


def _weights() -> Target:
    def read(path: Path) -> None:
        from sweepbox.detection.checkpoint.arrays import load_arrays

        for array in load_arrays(path).values():
            array.sum()

    return _file("weights", (_small_weights(),), "weights.npz", read)


@cache
def _small_weights() -> bytes:
    """Return a file of three arrays; a network's has hundreds of the same kind."""
    import numpy as np

    from sweepbox.detection.checkpoint.arrays import save_arrays

    kernel = np.arange(54, dtype=np.float32).reshape(3, 3, 2, 3)
    with TemporaryDirectory() as home:
        path = Path(home, "weights.npz")
        save_arrays({"backbone/conv/kernel": kernel, "head/bias": kernel[0, 0, 0], "step": np.array(7)}, path)
        return path.read_bytes()


SWEEP_FILES = (
    "sweep.yaml",
    "sweep.json",
    "winner.json",
    "trials/0000/state.json",
    "trials/0000/metrics.jsonl",
    "trials/0000/changes.json",
)


@cache
def _whole_sweep() -> Mapping[str, bytes]:
    """Return the content of the files of a sweep with results."""
    from sweepbox.tuning.report.markdown import write_outcome
    from sweepbox.tuning.sweep.reader import load_sweep

    with TemporaryDirectory() as home:
        path = Path(home, "run")
        shutil.copytree(SWEEP, path)
        write_outcome(load_sweep(path))
        return {name: (path / name).read_bytes() for name in SWEEP_FILES}


def _sweep_folder(name: str) -> Target:
    def prepare(folder: Path) -> tuple[Read, Path]:
        home = folder / "run"
        shutil.copytree(SWEEP, home)
        for other, content in _whole_sweep().items():
            (home / other).write_bytes(content)
        return read, home / name

    def read(path: Path) -> None:
        from sweepbox.tuning.sweep.export_source import export_source
        from sweepbox.tuning.sweep.reader import load_sweep

        home = path.parents[name.count("/")]
        state = load_sweep(home)
        if state.best is not None:
            export_source(home)

    return Target(f"sweep's {name}", (_whole_sweep()[name],), prepare)
