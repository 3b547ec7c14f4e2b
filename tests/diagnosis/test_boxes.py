from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.config.label_map import load_label_map, save_label_map
from sweepbox.detection.data.cache import export_record_set
from sweepbox.detection.data.dataset.doctor import examine
from sweepbox.detection.data.dataset.prepared import open_dataset
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes, boxes_of_records, image_of_examined


@pytest.fixture(scope="module")
def decoded(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records as files of decoded images, without a test part."""
    folder, dataset = tmp_path_factory.mktemp("decoded"), open_dataset(records)
    for name, paths in (("train", dataset.train), ("validation", dataset.validation)):
        export_record_set(paths, dataset.label_map, folder / f"{name}.arrow")
    save_label_map(dataset.label_map, folder / "label_map.pbtxt")
    return folder


def test_records_have_the_boxes_of_their_photographs(photographs: Path, records: Path, decoded: Path) -> None:
    label_map = load_label_map(records / "label_map.pbtxt")
    examined = []
    examine(photographs, label_map=label_map, on_examined=examined.append)
    images = [image for item in examined if (image := image_of_examined(item, label_map)) is not None]
    whole, from_records = AnnotatedBoxes.of(images), boxes_of_records(records)
    described = open_dataset(records).description["splits"]
    read = sum(described[name]["images"] for name in ("train", "validation"))
    assert len(from_records.sizes) == read, "a part kept for tests is not read"
    known = {tuple(np.round(box, 5)) for box in whole.boxes_yxyx.tolist()}
    assert {tuple(np.round(box, 5)) for box in from_records.boxes_yxyx.tolist()} <= known
    assert set(from_records.names) <= set(whole.names)
    from_decoded = boxes_of_records(decoded)
    np.testing.assert_array_equal(from_decoded.boxes_yxyx, from_records.boxes_yxyx)
    np.testing.assert_array_equal(from_decoded.sizes, from_records.sizes)
    assert from_decoded.names == from_records.names


def test_the_first_images_of_each_part(records: Path, decoded: Path) -> None:
    for folder in (records, decoded):
        assert len(boxes_of_records(folder, most_images=1).sizes) == 2
