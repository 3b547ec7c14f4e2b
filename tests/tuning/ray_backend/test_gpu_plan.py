"""The plan of a sweep on GPUs, on a machine that only pretends to have them."""

from pathlib import Path
from typing import Any

import pytest
import ray
import yaml

from sweepbox.tuning.ray_backend.launch import RayConfig, run_sweep
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.state import SweepState

ROOT = Path(__file__).parents[3]
GPUS = 2
NETWORK = "model.ssd.feature_extractor"
TINY = {
    "model.ssd.image_resizer.fixed_shape_resizer": "{height: 96 width: 96}",
    f"{NETWORK}.type": "ssd_mobilenet_v1_fpn_keras",
    f"{NETWORK}.use_depthwise": True,
    f"{NETWORK}.depth_multiplier": 0.25,
    f"{NETWORK}.fpn.additional_layer_depth": 16,
    "model.ssd.box_predictor.weight_shared_convolutional_box_predictor.depth": 16,
    "model.ssd.box_predictor.weight_shared_convolutional_box_predictor.use_depthwise": True,
}


class Meter:
    """Notes how much of the GPUs is free while the sweep runs."""

    def __init__(self) -> None:
        self.free: list[float] = []

    def show(self, state: SweepState, time_left_s: float | None) -> None:
        if ray.is_initialized():
            self.free.append(ray.available_resources().get("GPU", 0.0))


@pytest.mark.slow
@pytest.mark.usefixtures("no_shared_ray")
@pytest.mark.parametrize("path", [ROOT / "experiments" / "face_mask_gpu.yaml"], ids=lambda path: path.stem)
def test_fractions_of_gpus_share_them(path: Path, records: Path, tmp_path: Path) -> None:
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    written: dict[str, Any] = yaml.safe_load(path.read_text())
    share = load_spec(path).resources_per_trial
    expected = GPUS * round(1 / share.gpu)
    tiny = {
        **written,
        "base_config": str(path.parent / written["base_config"]),
        "set": TINY,
        "initial_weights": None,
        "trials": expected,
        "training": {"steps": 1, "evaluate_every": 1, "precision": "float32"},
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(tiny))
    folder = create_sweep(SweepRequest(tmp_path / "tiny.yaml", data=records, out=tmp_path / "run"))
    meter = Meter()
    place = RayConfig(cpus=round(expected * share.cpu), gpus=GPUS)
    state = run_sweep(folder, ray_config=place, listener=meter).state

    assert f"{expected} trials at a time" in folder.log.read_text()
    assert state.ended == expected
    assert state.count(TrialState.FAILED) == 0, [trial.status.error for trial in state.trials]
    gpus = [trial.status.gpus for trial in state.trials]
    assert sorted(map(str, gpus)) == sorted([str(number) for number in range(GPUS)] * (expected // GPUS))
    assert min(meter.free) == 0, "all shares were taken at the same time"
