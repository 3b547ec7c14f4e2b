from pathlib import Path

import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import format_config, load_config, parse_config, save_config
from sweepbox.detection.core.errors import ConfigError

SHARED = Path(__file__).parents[3] / "shared"
PUBLISHED = [
    *sorted((SHARED / "zoo_configs").glob("*.config")),
    *sorted((SHARED / "face_mask").glob("*.config")),
]


def test_round_trip(config: pb.TrainEvalPipelineConfig, tmp_path: Path) -> None:
    save_config(config, tmp_path / "saved.config")
    assert load_config(tmp_path / "saved.config") == config
    assert [path.name for path in tmp_path.iterdir()] == ["saved.config"]


def test_floats_are_written_in_shortest_form(config: pb.TrainEvalPipelineConfig) -> None:
    text = format_config(config)
    assert "weight: 0.0004\n" in text
    assert "stddev: 0.01\n" in text
    assert "00000" not in text


@pytest.mark.skipif(not PUBLISHED, reason="the published configs are not beside the repository")
def test_published_configs_are_complete() -> None:
    assert len(PUBLISHED) == 19


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_published_config_round_trips(path: Path) -> None:
    config = load_config(path)
    assert config.model.ssd.num_classes > 0
    assert parse_config(format_config(config)) == config


SSD = "model { ssd { "
SYNTAX_ERRORS = [
    (
        "train_config {\n  batchsize: 3\n}",
        "train_config.batchsize: TrainConfig has no field 'batchsize'; did you mean 'batch_size'?",
        "2:3",
    ),
    ("train_config { batch_size: -1 }", "batch_size takes an integer from 0 to 4294967295, found '-1'", "1:28"),
    ("train_config { batch_size: many }", "found 'many'", "1:28"),
    ("train_config { batch_size: 1.5 }", "found '1.5'", "1:28"),
    ("train_config { batch_size: 4294967296 }", "found '4294967296'", "1:28"),
    ("train_config { use_bfloat16: 3 }", "use_bfloat16 takes true or false, found '3'", "1:30"),
    ("train_config { use_bfloat16 {} }", "use_bfloat16 takes true or false, not a block", "1:29"),
    ("train_config { fine_tune_checkpoint: 3 }", "takes a string in quotes, found '3'", "1:38"),
    (
        "train_config { fine_tune_checkpoint_version: V3 }",
        "takes one of UNKNOWN, V1, V2, found 'V3'",
        "1:46",
    ),
    ("train_config { gradient_clipping_by_norm: 'x' }", "takes a number, found 'x'", "1:43"),
    ("train_config { gradient_clipping_by_norm: [1] }", "takes one value, not a list", "1:43"),
    ("train_config { optimizer: 3 }", "takes a message of type Optimizer, found '3'", "1:27"),
    ("train_config { batch_size 3 }", "expected ':', found '3'", "1:27"),
    ("train_config\n", "expected '{', found the end of the text", "2:1"),
    ("train_config {\n batch_size: 3\n", "opened here and never closed", "1:14"),
    ("train_config { }\n}", "expected a field of TrainEvalPipelineConfig, found '}'", "2:1"),
    ('train_config { fine_tune_checkpoint: "a\n}', "the quotes opened here are not closed", "1:38"),
    (
        "train_config { batch_size: 3 }\ntrain_config { num_steps: 3 }",
        "train_config is set twice",
        "2:1",
    ),
    (
        SSD + "image_resizer { fixed_shape_resizer {} identity_resizer {} } } }",
        "identity_resizer contradicts model.ssd.image_resizer.fixed_shape_resizer",
        "1:54",
    ),
    (
        "model { faster_rcnn {\n num_classes: 3 } }",
        "not supported: model.faster_rcnn; Sweepbox trains SSD",
        "1:21",
    ),
    ("model { center_net { a { b: [{}] } } }", "not supported: model.center_net", "1:20"),
    (
        SSD + "box_predictor { mask_rcnn_box_predictor { a: 1 } } } }",
        "not supported: model.ssd.box_predictor.mask_rcnn_box_predictor; use weight_shared",
        "1:55",
    ),
    (
        "graph_rewriter { [a.b] { c: 1 } }",
        "graph_rewriter: the extension [a.b] is not known",
        "1:18",
    ),
    (
        SSD + "anchor_generator { multiscale_anchor_generator { aspect_ratios: [1, 'x'] } } } }",
        "aspect_ratios takes a number, found 'x'",
        "1:83",
    ),
]


@pytest.mark.parametrize(("text", "message", "position"), SYNTAX_ERRORS)
def test_syntax_error_reports_position_and_field(text: str, message: str, position: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, source="my.config")
    assert message in str(caught.value)
    assert f"my.config:{position}: " in str(caught.value)


def test_all_syntax_errors_are_reported_together(tmp_path: Path) -> None:
    path = tmp_path / "bad.config"
    path.write_text(
        "# first line\ntrain_config {\n\tbatchsize: 3 # why\n  num_step: 'a'\n  num_steps: 'b' }\nmodels {}"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    lines = str(caught.value).splitlines()
    assert [line.removeprefix(str(path)).split(": ")[0] for line in lines] == [":3:2", ":4:3", ":5:14", ":6:1"]


def test_binary_file_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "model.config"
    path.write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(ConfigError, match=r"model\.config: is a picture; name the text file"):
        load_config(path)


def test_missing_file_is_rejected() -> None:
    with pytest.raises(FileNotFoundError):
        load_config(Path("nowhere.config"))
