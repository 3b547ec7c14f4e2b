import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.config.label_map import save_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepboxError, SweepError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache import export_record_set, open_record_set
from sweepbox.detection.data.dataset.prepare import open_dataset
from sweepbox.tuning.search.endpoints import max_evaluations
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.dataset import open_sweep_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep

Write = Callable[..., Path]


def refused(write_spec: Write, tmp_path: Path, **changes: object) -> str:
    request = SweepRequest(write_spec(**changes), out=tmp_path / "run")
    with pytest.raises(SweepboxError) as error:
        create_sweep(request)
    assert not (tmp_path / "run").exists(), "nothing is left half written"
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.yaml"]
    return str(error.value)


def test_a_new_sweep_has_everything_resolved(write_spec: Write, tmp_path: Path, records: Path) -> None:
    request = SweepRequest(write_spec(), out=tmp_path / "run", trials=7, time_budget="5m")
    folder = create_sweep(request)
    spec = load_spec(folder.spec)
    assert (spec.trials, spec.time_budget) == (7, "5m")
    assert not Path(str(spec.data)).is_absolute(), "the folder can be moved with its data"
    assert open_sweep_data(folder, spec).directory.samefile(records)
    base = load_config(folder.base_config)
    assert base.model.ssd.num_classes == 3
    assert base.train_config.num_steps == 6
    assert base.train_config.batch_size == 2


def test_photographs_are_prepared_into_the_sweep(write_spec: Write, tmp_path: Path, photographs: Path) -> None:
    folder = create_sweep(SweepRequest(write_spec(), data=photographs, out=tmp_path / "run"))
    assert load_spec(folder.spec).data == "data"
    dataset = open_sweep_data(folder, load_spec(folder.spec))
    assert (len(dataset.train), len(dataset.test)) == (1, 1)


def test_the_request_may_give_the_test_part_another_size(
    write_spec: Write, tmp_path: Path, photographs: Path
) -> None:
    request = SweepRequest(write_spec(), data=photographs, out=tmp_path / "run", test_fraction=0)
    spec = load_spec(create_sweep(request).spec)
    assert (spec.prepare.test_fraction, spec.prepare.validation_fraction) == (0, 0.3)
    assert open_sweep_data(SweepFolder(tmp_path / "run"), spec).test == ()


@pytest.mark.parametrize("is_prepared", [True, False])
def test_dropped_objects_are_told(
    write_spec: Write, tmp_path: Path, records: Path, photographs: Path, *, is_prepared: bool
) -> None:
    data = tmp_path / "data"
    shutil.copytree(records if is_prepared else photographs, data)
    first, *_, lost = open_dataset(records).label_map.names
    save_label_map(LabelMap.of([first]), data / "label_map.pbtxt")
    lines: list[str] = []
    folder = create_sweep(SweepRequest(write_spec(data=str(data)), out=tmp_path / "run"), notify=lines.append)
    if is_prepared:
        assert [line for line in lines if line.startswith(f"{data}: train records: ") and repr(lost) in line]
        assert [line for line in lines if line.startswith(f"{data}: validation records: ")]
    else:
        [line] = [line for line in lines if "dropped" in line]
        assert re.fullmatch(rf"{folder.data}/dataset\.json lists \d+ boxes that are dropped", line)


def test_the_folder_of_a_sweep_is_not_taken_again(write_spec: Write, tmp_path: Path) -> None:
    request = SweepRequest(write_spec(), out=tmp_path / "run")
    create_sweep(request)
    with pytest.raises(SweepError, match="a sweep is here already; resume it with --resume"):
        create_sweep(request)


def test_a_folder_with_other_things_is_not_taken(write_spec: Write, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").touch()
    with pytest.raises(SweepError, match="is not empty"):
        create_sweep(SweepRequest(write_spec(), out=tmp_path / "run"))
    assert (tmp_path / "run" / "thesis.tex").exists()


def test_all_that_does_not_fit_is_told_at_once(write_spec: Write, tmp_path: Path) -> None:
    message = refused(
        write_spec,
        tmp_path,
        initial_weights="nowhere.npz",
        space={"learning_rat": {"uniform": [0.1, 0.2]}, "batch_size": {"choice": [4, 2.5]}},
        augmentations={"random_adjust_hue": {"max_dleta": 0.2}},
    )
    lines = message.splitlines()
    assert all(line.startswith(str(tmp_path / "sweep.yaml")) for line in lines)
    assert "initial_weights: " in message
    assert "space.learning_rat: " in message
    assert "learning_rate" in message
    assert "space.batch_size: " in message
    assert "augmentations.random_adjust_hue.max_dleta: " in message
    assert "max_delta" in message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": "nowhere"}, "nowhere: no such folder"),
        ({"base_config": "nowhere.config"}, "nowhere.config is not there"),
        ({"set": {"train_config.batch_sizes": 3}}, "set: "),
        ({"objective": {"metric": "AP/with_masc"}}, "objective.metric: no evaluation reports 'AP/with_masc'"),
        ({"augmentations": {"autoaugment_image": {}}}, "augmentations.autoaugment_image: "),
        (
            {"scheduler": {"type": "pbt"}, "space": {"batch_size": {"choice": [2, 4]}}},
            "space.batch_size: changes the compiled program, and pbt continues trials from others; fix it",
        ),
        (
            {"scheduler": {"type": "pbt"}, "space": {"num_steps": {"integer": [4, 9]}}},
            "space.num_steps: changes the length of a trial, and pbt continues trials from others; fix it",
        ),
        (
            {"scheduler": {"type": "pbt"}, "augmentations": {"random_adjust_brightness": {}}},
            "augmentations.random_adjust_brightness: changes the compiled program, and pbt",
        ),
    ],
)
def test_each_misfit_names_its_key(
    write_spec: Write, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    assert message in refused(write_spec, tmp_path, **changes)


def test_without_data_it_is_asked_for(write_spec: Write, tmp_path: Path) -> None:
    path = write_spec()
    path.write_text("\n".join(line for line in path.read_text().splitlines() if not line.startswith("data:")))
    with pytest.raises(SweepError, match="no data: give `data` in the sweep file or --data"):
        create_sweep(SweepRequest(path, out=tmp_path / "run"))


def test_the_longest_trial_is_found_at_the_ends_of_the_space(write_spec: Write, tmp_path: Path) -> None:
    path = write_spec(space={"num_steps": {"integer": [4, 9]}}, training={"steps": 6, "evaluate_every": 2})
    folder = create_sweep(SweepRequest(path, out=tmp_path / "run"))
    assert max_evaluations(load_config(folder.base_config), load_spec(folder.spec)) == 5


def test_a_sweep_is_held_by_one_process(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path)
    assert not folder.is_running()
    with folder.held():
        assert folder.is_running()
        with pytest.raises(SweepError, match="another process runs this sweep"), folder.held():
            pass
        assert folder.is_running()
    assert not folder.is_running()


def test_a_checkpoint_can_give_the_initial_weights(
    write_spec: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden = Path(__file__).parents[2] / "golden" / "model_mobilenet_v2_fpnlite_small"
    spec = load_spec(
        create_sweep(SweepRequest(write_spec(initial_weights=str(golden / "ckpt-0")), out=tmp_path / "a")).spec
    )
    assert (tmp_path / "a" / str(spec.initial_weights)).with_suffix(".index").is_file()
    monkeypatch.chdir(golden)
    request = SweepRequest(write_spec(set={"train_config.fine_tune_checkpoint": "ckpt-0"}), out=tmp_path / "b")
    base = load_config(create_sweep(request).base_config)
    assert base.train_config.fine_tune_checkpoint == str(golden / "ckpt-0"), "trials run in other folders"


def test_a_checkpoint_that_is_not_there_is_refused_before_any_trial(write_spec: Write, tmp_path: Path) -> None:
    message = refused(write_spec, tmp_path, set={"train_config.fine_tune_checkpoint": "nowhere/ckpt-0"})
    assert "train_config.fine_tune_checkpoint: nowhere/ckpt-0: there is no such checkpoint" in message


def test_decoded_images_serve_as_data(write_spec: Write, tmp_path: Path, records: Path) -> None:
    dataset = open_dataset(records)
    decoded = tmp_path / "decoded"
    decoded.mkdir()
    for name, paths in (("train", dataset.train), ("validation", dataset.validation)):
        export_record_set(paths, dataset.label_map, decoded / f"{name}.arrow")
    save_label_map(dataset.label_map, decoded / "label_map.pbtxt")
    spec = write_spec(data=str(decoded))
    folder = create_sweep(SweepRequest(spec, out=tmp_path / "sweep"))
    for _ in range(2):  # also with the notes that opening the files leaves beside them
        data = open_sweep_data(folder, load_spec(folder.spec))
        assert data.train == (decoded / "train.arrow",)
        assert data.validation == (decoded / "validation.arrow",)
        for path in (*data.train, *data.validation):
            open_record_set([path], data.label_map)
