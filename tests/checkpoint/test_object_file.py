import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from sweepbox.detection.checkpoint.object_file import find_prefix, open_checkpoint
from sweepbox.detection.core.errors import ModelError

GOLDEN = Path(__file__).parents[1] / "golden" / "model_mobilenet_v2_fpnlite_small"


def _write(prefix: Path, value: float = 1.0) -> Path:
    """A checkpoint of one variable."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    root = tf.train.Checkpoint(model=tf.train.Checkpoint(kernel=tf.Variable([value, value])))
    return Path(root.write(str(prefix)))


def _state(folder: Path, text: str) -> None:
    (folder / "checkpoint").write_text(
        f'model_checkpoint_path: "{text}"\nall_model_checkpoint_paths: "{text}"\n'
    )


@pytest.mark.parametrize(
    "named", ["ckpt-3", "ckpt-3.index", "ckpt-3.data-00000-of-00001", "", "../export", "../single"]
)
def test_a_checkpoint_is_found_by_prefix_file_or_folder(tmp_path: Path, named: str) -> None:
    _write(tmp_path / "run" / "ckpt-2")
    _write(tmp_path / "run" / "ckpt-3")
    _state(tmp_path / "run", "/where/it/was/trained/ckpt-3")
    shutil.copytree(tmp_path / "run", tmp_path / "export" / "checkpoint")
    _write(tmp_path / "single" / "ckpt-3")
    found = find_prefix(tmp_path / "run" / named)
    assert found.name == "ckpt-3"
    assert open_checkpoint(found).shapes == {"model/kernel": (2,)}


def test_a_path_that_is_not_a_checkpoint_is_refused_with_a_remedy(tmp_path: Path) -> None:
    _write(tmp_path / "several" / "ckpt-1")
    _write(tmp_path / "several" / "ckpt-2")
    _write(tmp_path / "stale" / "ckpt-1")
    _state(tmp_path / "stale", "ckpt-9")
    (tmp_path / "export" / "saved_model").mkdir(parents=True)
    (tmp_path / "saved_model.pb").touch()
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "weights.npz").touch()
    (tmp_path / "empty").mkdir()
    for named, words in (
        ("several/ckpt-7", r"no such checkpoint \(in its folder there are: ckpt-1, ckpt-2\)"),
        ("several", r"several checkpoints \(ckpt-1, ckpt-2\); name one of them"),
        ("stale", "names ckpt-9, which does not exist"),
        ("export", "a SavedModel.*name the checkpoint that was exported with it"),
        ("saved_model.pb", "not a checkpoint; name the path of one without .index"),
        ("", "a SavedModel"),
        (
            "ours",
            "Sweepbox .*; name its weights.npz .*or convert it with `sweepbox export --format checkpoint`",
        ),
        ("empty", r"has no checkpoint; name the folder of ckpt-\*\.index"),
        ("nowhere/ckpt-0", "there is no such checkpoint; correct the path"),
    ):
        with pytest.raises(ModelError, match=words):
            find_prefix(tmp_path / named)


def test_a_tensorflow_1_checkpoint_is_refused(tmp_path: Path) -> None:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("FeatureExtractor/Conv/weights", initializer=np.ones(2, np.float32))
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver().save(session, str(tmp_path / "model.ckpt"), write_meta_graph=False)
    with pytest.raises(ModelError, match=r"TensorFlow 1 checkpoint; use a TensorFlow 2 checkpoint"):
        open_checkpoint(tmp_path / "model.ckpt")


def test_a_truncated_checkpoint_is_refused(tmp_path: Path) -> None:
    for name in ("data", "index"):
        _write(tmp_path / name / "ckpt-0")
    opened = open_checkpoint(tmp_path / "data" / "ckpt-0")
    assert opened.read(["model/kernel"])["model/kernel"].tolist() == [1.0, 1.0]
    (tmp_path / "data" / "ckpt-0.data-00000-of-00001").write_bytes(b"")
    with pytest.raises(ModelError, match=r"ckpt-0: damaged .*; download it again"):
        open_checkpoint(tmp_path / "data" / "ckpt-0").read(["model/kernel"])
    index = tmp_path / "index" / "ckpt-0.index"
    index.write_bytes(index.read_bytes()[:40])
    with pytest.raises(ModelError, match=r"ckpt-0: damaged .*; download it again"):
        open_checkpoint(tmp_path / "index" / "ckpt-0")
