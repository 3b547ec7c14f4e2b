"""Data sets: the drawn sample, the check for defects, the preparation."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sweepbox.detection.core.files import StrPath
from sweepbox.detection.core.labels import LabelMap

if TYPE_CHECKING:
    from sweepbox.detection.data.dataset.doctor import DoctorReport
    from sweepbox.detection.data.dataset.prepared import PreparedDataset

OnProgress = Callable[[int, int], None]
"""Takes the number of steps done and their total."""


def draw_sample(
    out: StrPath, *, images: int = 96, size: int = 320, seed: int = 0, on_progress: OnProgress | None = None
) -> Path:
    """Draw a data set to try things on: people with and without face masks, annotated in Pascal VOC form.

    Args:
        out: The folder to make; it must not exist or be empty.
        images: The number of scenes.
        size: Width and height of a scene in pixels, 64 to 2048.
        seed: The same seed draws the same pictures.
        on_progress: Called with the number of scenes drawn and their total.

    Returns:
        The folder, with images/, annotations/ and label_map.pbtxt.

    Raises:
        UsageError: An argument is out of range, or `out` is not empty.

    Example:
        >>> folder = sb.draw_sample("drawn", images=2, size=64)
        >>> sorted(path.name for path in folder.iterdir())
        ['annotations', 'images', 'label_map.pbtxt']
    """
    from sweepbox.detection.data.sample import draw_sample as draw

    draw(Path(out), images=images, size=size, seed=seed, on_progress=on_progress)
    return Path(out)


def check_dataset(
    data: StrPath, *, label_map: LabelMap | StrPath | None = None, on_progress: OnProgress | None = None
) -> "DoctorReport":
    """Check every file of a Pascal VOC data set: counts and sizes by class, and every defect.

    Args:
        data: The folder of images and Pascal VOC files, such as images/ and annotations/.
        label_map: The classes, or a label map's file; by default the data's own label_map.pbtxt, if any.
        on_progress: Called with the number of annotations checked and their total.

    Returns:
        The report; `breaks_training` tells whether a defect would break training, `defects` lists all.

    Raises:
        DataError: There is no data set in the folder.

    Example:
        >>> report = sb.check_dataset("scenes")
        >>> report.images, report.breaks_training
        (16, False)
        >>> sorted(report.class_counts)
        ['mask_weared_incorrect', 'with_mask', 'without_mask']
    """
    from sweepbox.detection.data.dataset.doctor import examine

    return examine(Path(data), label_map=_classes(label_map), on_progress=on_progress)


def prepare(
    data: StrPath,
    out: StrPath,
    *,
    validation_fraction: float = 0.15,
    test_fraction: float = 0.15,
    seed: int = 0,
    shards: int | None = None,
    label_map: LabelMap | StrPath | None = None,
    skip_damaged: bool = False,
    on_progress: OnProgress | None = None,
) -> "PreparedDataset":
    """Split a Pascal VOC data set into a training, a validation and a test part and write TFRecords.

    Args:
        data: The folder of images and Pascal VOC files, such as images/ and annotations/.
        out: The folder to make; it must not exist or be empty. It appears whole.
        validation_fraction: The share of the pictures kept for validation, between 0 and 1.
        test_fraction: The share kept for the test part, which neither training nor a search reads; 0 for no
            test part.
        seed: The same seed splits in the same way.
        shards: The number of training files; None for one for every 256 pictures.
        label_map: The classes, or a label map's file; by default the data's own label_map.pbtxt, or else the
            classes in order of frequency.
        skip_damaged: Leave damaged files out instead of refusing them.
        on_progress: Called with the number of steps done and their total.

    Returns:
        The data set; its `description` lists every box that was clipped or dropped.

    Raises:
        DataError: The data cannot be used; `check_dataset` lists all defects.
        UsageError: An argument is out of range, or `out` is not empty.

    Example:
        >>> dataset = sb.prepare("scenes", "split", validation_fraction=0.25, seed=1)
        >>> dataset.label_map.names
        ('with_mask', 'without_mask', 'mask_weared_incorrect')
        >>> {part: found["images"] for part, found in dataset.description["splits"].items()}
        {'train': 9, 'validation': 4, 'test': 3}
    """
    from sweepbox.detection.data.dataset.prepare import PrepareSettings
    from sweepbox.detection.data.dataset.prepare import prepare as prepare_data

    settings = PrepareSettings(
        validation_fraction=validation_fraction,
        test_fraction=test_fraction,
        seed=seed,
        shards=shards,
        label_map=_classes(label_map),
        skip_damaged=skip_damaged,
    )
    return prepare_data(Path(data), Path(out), settings, on_progress=on_progress)


def _classes(label_map: LabelMap | StrPath | None) -> LabelMap | None:
    """Return the classes, read from a label map's file where one is named."""
    from sweepbox.detection.config.label_map import as_label_map

    return None if label_map is None else as_label_map(label_map)
