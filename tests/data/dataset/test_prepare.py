import hashlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.prepare import PreparedDataset, PrepareSettings, open_dataset, prepare
from sweepbox.detection.data.records import Record, read_records

FACE_MASK = Path(__file__).parents[4] / "shared" / "face_mask"
GOOD = ("face", (16.0, 12.0, 32.0, 24.0))


def records_of(dataset: PreparedDataset) -> dict[str, Record]:
    paths = (*dataset.train, *dataset.validation, *dataset.test)
    return {record.filename: record for record in read_records(paths, dataset.label_map)}


def many(count: int = 20) -> dict[str, list]:
    rare = ("rare", (1.0, 1.0, 30.0, 40.0))
    return {f"p{index:02d}": [GOOD, rare] if index < 2 else [GOOD] for index in range(count)}


def test_records_contain_the_original_bytes_and_normalised_boxes(
    make_voc: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_voc(many())
    dataset = prepare(folder, tmp_path / "out")
    assert (
        dataset.label_map == LabelMap.of(["face", "rare"]) == load_label_map(tmp_path / "out/label_map.pbtxt")
    )
    records = records_of(dataset)
    assert len(records) == 20
    record = records["p05.jpg"]
    assert record.encoded == (folder / "images" / "p05.jpg").read_bytes()
    assert (record.image_format, record.source_id, record.height, record.width) == ("jpeg", "p05.jpg", 48, 64)
    np.testing.assert_array_equal(record.ground_truth.boxes_yxyx, [[0.25, 0.25, 0.5, 0.5]])
    assert record.ground_truth.class_ids.tolist() == [1]


def test_rarest_class_is_in_both_splits_and_duplicates_in_one(
    make_voc: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_voc(many())
    for index in range(10, 20):
        (folder / "images" / f"p{index}.jpg").write_bytes((folder / "images" / "p10.jpg").read_bytes())
    for seed in range(3):
        dataset = prepare(folder, tmp_path / f"{seed}", PrepareSettings(seed=seed, validation_fraction=0.3))
        files = (dataset.train, dataset.validation, dataset.test)
        parts = [list(read_records(paths, dataset.label_map)) for paths in files]
        assert all(any(2 in record.ground_truth.class_ids for record in part) for part in parts[:2])
        hashes = [{hashlib.sha256(record.encoded).digest() for record in part} for part in parts]
        assert not hashes[0] & hashes[1]
        assert not hashes[2] & (hashes[0] | hashes[1])
        assert len(hashes[2]) > 0
    assert dataset.description["duplicate_images"] == 9


def test_description_contains_counts_hashes_and_seed(make_voc: Callable[..., Path], tmp_path: Path) -> None:
    dataset = prepare(make_voc(many()), tmp_path / "out", PrepareSettings(seed=5, validation_fraction=0.25))
    described = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert described == dataset.description
    assert (described["seed"], described["validation_fraction"], described["test_fraction"]) == (5, 0.25, 0.15)
    face, rare = described["classes"]
    assert (face["name"], face["train"] + face["validation"] + face["test"]) == ("face", 20)
    assert (rare["train"], rare["validation"], rare["test"]) == (1, 1, 0)
    assert described["image_sizes"]["width"] == {"min": 64, "median": 64.0, "max": 64}
    images = {name: split["images"] for name, split in described["splits"].items()}
    assert images == {"train": 12, "validation": 5, "test": 3}
    for split in described["splits"].values():
        for name, metadata in split["files"].items():
            data = (tmp_path / "out" / name).read_bytes()
            assert metadata == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_equal_seeds_write_equal_bytes(make_voc: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_voc(many())
    for name in ("a", "b"):
        prepare(folder, tmp_path / name, PrepareSettings(shards=3))
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("a", "b")
    )
    assert first == second
    assert sorted(first) == [
        "dataset.json", "label_map.pbtxt", "test-00000-of-00001.tfrecord", "train-00000-of-00003.tfrecord",
        "train-00001-of-00003.tfrecord", "train-00002-of-00003.tfrecord", "validation-00000-of-00001.tfrecord",
    ]  # fmt: skip


def test_defective_boxes_are_clipped_or_dropped_and_reported(
    make_voc: Callable[..., Path], tmp_path: Path
) -> None:
    contents = many(6)
    contents["p03"] = [
        GOOD, ("face", (-8.0, 0.0, 32.0, 60.0)), ("face", (9.0, 9.0, 9.0, 20.0)),
        ("face", (30.0, 9.0, 9.0, 20.0)), GOOD,
    ]  # fmt: skip
    dataset = prepare(make_voc(contents), tmp_path / "out")
    truth = records_of(dataset)["p03.jpg"].ground_truth
    np.testing.assert_array_equal(truth.boxes_yxyx, [[0.25, 0.25, 0.5, 0.5], [0, 0, 1, 0.5]])
    clipped, dropped = dataset.description["clipped"], dataset.description["dropped"]
    assert [(entry["object_index"], entry["kind"]) for entry in clipped["list"]] == [
        (1, "box outside the image")
    ]
    assert [(entry["object_index"], entry["kind"]) for entry in dropped["list"]] == [
        (2, "empty box"), (3, "inverted box"), (4, "duplicate object"),
    ]  # fmt: skip
    assert (clipped["count"], dropped["count"]) == (1, 3)


def test_given_label_map_is_kept_and_unknown_classes_are_dropped(
    make_voc: Callable[..., Path], tmp_path: Path
) -> None:
    label_map = LabelMap(((2, "unused"), (7, "face")))
    dataset = prepare(make_voc(many()), tmp_path / "out", PrepareSettings(label_map=label_map))
    assert dataset.label_map == label_map
    assert {entry["kind"] for entry in dataset.description["dropped"]["list"]} == {"unknown class"}
    assert dataset.description["dropped"]["count"] == 2
    assert {int(i) for record in records_of(dataset).values() for i in record.ground_truth.class_ids} == {7}


def test_label_map_of_the_data_is_used(make_voc: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_voc(many())
    (folder / "label_map.pbtxt").write_text('item { id: 1 name: "rare" } item { id: 2 name: "face" }')
    assert prepare(folder, tmp_path / "out").label_map == LabelMap.of(["rare", "face"])


def test_annotations_may_use_either_name_of_a_class(make_voc: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_voc({"a": [("/m/1", (1, 2, 30, 40))], "b": [("dog", (1, 2, 30, 40))]})
    (folder / "label_map.pbtxt").write_text('item { id: 3 name: "/m/1" display_name: "dog" }')
    settings = PrepareSettings(validation_fraction=0.5, test_fraction=0)
    dataset = prepare(folder, tmp_path / "out", settings)
    assert dataset.test == ()
    assert dataset.label_map == LabelMap(((3, "dog"),), ((3, "/m/1"),))
    assert dataset.description["classes"] == [{"id": 3, "name": "dog", "train": 1, "validation": 1}]
    for record in records_of(dataset).values():
        assert record.ground_truth.class_ids.tolist() == [3]


def test_other_formats_are_converted_and_pngs_kept(make_voc: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_voc(many(8))
    images, original = folder / "images", {}
    for index, (mode, name) in enumerate(
        [("RGB", "png"), ("P", "png"), ("RGB", "bmp"), ("RGBA", "png"), ("CMYK", "jpg"), ("L", "jpg")]
    ):
        stem = f"p{index:02d}"
        picture = Image.open(images / f"{stem}.jpg").convert(mode)
        (images / f"{stem}.jpg").unlink()
        picture.save(images / f"{stem}.{name}")
        original[f"{stem}.{name}"] = (mode, picture.convert("RGB"))
    records = records_of(prepare(folder, tmp_path / "out"))
    for name, (mode, picture) in original.items():
        decoded = Image.open(io.BytesIO(records[name].encoded))
        assert decoded.format == records[name].image_format.upper()
        assert decoded.mode == ("L" if mode == "L" else "RGB")
        unchanged = records[name].encoded == (images / name).read_bytes()
        assert unchanged == ((mode, name[-3:]) in [("RGB", "png"), ("L", "jpg")])
        tolerance = 0 if decoded.format == "PNG" else 60
        difference = np.abs(np.asarray(decoded.convert("RGB"), int) - np.asarray(picture, int))
        assert difference.max() <= tolerance


def test_boxes_are_scaled_to_the_annotated_size_of_rotated_and_resized_images(
    make_voc: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_voc(many(5))
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("p00", "p01"):
        path = folder / "images" / f"{name}.jpg"
        Image.open(path).save(path, exif=exif, quality=95)
    upright = folder / "annotations" / "p00.xml"
    text = upright.read_text().replace("<width>64<", "<width>48<").replace("<height>48<", "<height>64<")
    upright.write_text(text)
    resized = folder / "annotations" / "p02.xml"
    text = resized.read_text().replace("<width>64<", "<width>128<").replace("<height>48<", "<height>96<")
    resized.write_text(text)
    records = records_of(prepare(folder, tmp_path / "out"))
    assert (records["p00.jpg"].width, records["p00.jpg"].height) == (48, 64)
    turned = Image.open(io.BytesIO(records["p00.jpg"].encoded))
    assert turned.size == (48, 64)
    assert not turned.getexif()
    np.testing.assert_allclose(
        records["p00.jpg"].ground_truth.boxes_yxyx[0], [12 / 64, 16 / 48, 24 / 64, 32 / 48], rtol=1e-6
    )
    assert records["p01.jpg"].encoded == (folder / "images" / "p01.jpg").read_bytes()
    assert (records["p01.jpg"].width, records["p01.jpg"].height) == (64, 48)
    assert records["p02.jpg"].ground_truth.boxes_yxyx.tolist() == [[0.125, 0.125, 0.25, 0.25]]
    assert (records["p02.jpg"].width, records["p02.jpg"].height) == (64, 48)


def damage(folder: Path) -> None:
    (folder / "images" / "p03.jpg").write_bytes(b"no image")
    (folder / "images" / "p04.jpg").unlink()
    (folder / "annotations" / "p05.xml").write_text("<annotation>")


def test_damaged_files_are_rejected_by_name_and_no_output_remains(
    make_voc: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_voc(many())
    damage(folder)
    with pytest.raises(DataError) as caught:
        prepare(folder, tmp_path / "new" / "out")
    for part in ("3 files", "images/p03.jpg", "annotations/p04.xml", "annotations/p05.xml", "--skip-damaged"):
        assert part in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_damaged_files_are_skipped_on_request(make_voc: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_voc(many())
    damage(folder)
    dataset = prepare(folder, tmp_path / "out", PrepareSettings(skip_damaged=True))
    assert len(records_of(dataset)) == 17
    files = {entry["file"] for entry in dataset.description["left_out"]["list"]}
    assert files == {"images/p03.jpg", "annotations/p04.xml", "annotations/p05.xml", "images/p05.jpg"}


def test_no_output_remains_if_a_file_changes_during_the_run(
    make_voc: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_voc(many())

    def change(done: int, total: int) -> None:
        if done == total // 2:
            (folder / "images" / "p19.jpg").write_bytes((folder / "images" / "p18.jpg").read_bytes())

    with pytest.raises(DataError, match=r"p19\.jpg: the file changed"):
        prepare(folder, tmp_path / "place" / "out", on_progress=change)
    assert list((tmp_path / "place").iterdir()) == []


def test_progress_reaches_the_total(make_voc: Callable[..., Path], tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    prepare(make_voc(many(6)), tmp_path / "out", on_progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (12, 12)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize(
    ("settings", "message"),
    [(PrepareSettings(validation_fraction=1.5), "between 0 and 1"), (PrepareSettings(shards=0), "shards is 0")],
)
def test_settings_out_of_range_are_rejected(
    make_voc: Callable[..., Path], tmp_path: Path, settings: PrepareSettings, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        prepare(make_voc(many(3)), tmp_path / "out", settings)


def test_non_empty_output_folder_is_rejected(make_voc: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_voc(many(3))
    with pytest.raises(UsageError, match="not empty"):
        prepare(folder, folder)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="there is a file of this name"):
        prepare(folder, tmp_path / "file")


def test_data_without_a_usable_object_is_rejected(make_voc: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no usable object"):
        prepare(make_voc({"a": [], "b": [("face", (9.0, 9.0, 9.0, 9.0))]}), tmp_path / "out")


def test_open_dataset_detects_missing_and_truncated_files(
    make_voc: Callable[..., Path], tmp_path: Path
) -> None:
    dataset = prepare(make_voc(many()), tmp_path / "out")
    assert open_dataset(tmp_path / "out") == dataset
    whole = dataset.train[0].read_bytes()
    dataset.train[0].write_bytes(whole[:-1])
    with pytest.raises(DataError, match=r"train-00000-of-00001\.tfrecord: the file is missing or has not"):
        open_dataset(tmp_path / "out")
    dataset.train[0].write_bytes(whole)
    (tmp_path / "out" / "dataset.json").write_text("{")
    with pytest.raises(DataError, match=r"dataset\.json: the file is damaged"):
        open_dataset(tmp_path / "out")
    (tmp_path / "out" / "dataset.json").unlink()
    assert open_dataset(tmp_path / "out").train == dataset.train
    assert open_dataset(tmp_path / "out").test == dataset.test != ()
    (tmp_path / "out" / "label_map.pbtxt").unlink()
    with pytest.raises(DataError, match=r"label_map\.pbtxt is missing"):
        open_dataset(tmp_path / "out")


def test_two_part_records_of_an_earlier_version_are_read_with_their_hash(
    make_voc: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    prepare(make_voc(many()), out, PrepareSettings(test_fraction=0))
    described = json.loads((out / "dataset.json").read_text())
    del described["test_fraction"]  # which earlier versions did not write
    (out / "dataset.json").write_text(json.dumps(described))
    dataset = open_dataset(out)
    files = [
        f"{split} {file['sha256']}"
        for split in ("train", "validation")
        for _, file in sorted(described["splits"][split]["files"].items())
    ]
    assert dataset.content_sha256() == hashlib.sha256("\n".join(files).encode()).hexdigest()
    assert dataset.test == ()


@pytest.mark.skipif(not FACE_MASK.is_dir(), reason="the face-mask photographs are not beside the repository")
def test_photographs_pass(tmp_path: Path) -> None:
    dataset = prepare(FACE_MASK, tmp_path / "out")
    described: Mapping = dataset.description
    assert (described["clipped"]["count"], described["dropped"]["count"]) == (11, 0)
    assert sum(split["images"] for split in described["splits"].values()) == 767
    assert all(min(entry["validation"], entry["test"]) >= 10 for entry in described["classes"])
    boxes = np.concatenate([record.ground_truth.boxes_yxyx for record in records_of(dataset).values()])
    assert len(boxes) == 3701
    assert boxes.min() >= 0
    assert boxes.max() <= 1
