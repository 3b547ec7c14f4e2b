"""What the tests of several rooms need: a small trained checkpoint and the model exported from it."""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner, Result

from sweepbox.detection.core.labels import LabelMap

from .distribution import ByModule, rank_of

if TYPE_CHECKING:
    from sweepbox.detection.inference.detector import Detector

# The goldens come from processors on which TensorFlow computes with oneDNN of its own accord. Its other kernels
# round so differently that random weights make more of it than the tolerances allow.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

GOLDEN_MODEL = Path(__file__).parent / "golden" / "model_mobilenet_v2_fpnlite_small"
LIGHT_MODEL = Path(__file__).parent / "golden" / "model_mobilenet_v1_ssd_small"
MASKS = LabelMap.of(("with_mask", "without_mask", "mask_weared_incorrect"))
METRICS = {
    "mAP": 0.25,
    "mAP@.50": 0.5,
    "AP/with_mask": 0.2,
    "AP@.50/with_mask": 0.4,
    "AP/without_mask": 0.3,
    "AP@.50/without_mask": 0.6,
    "AP/mask_weared_incorrect": -1.0,
    "AP@.50/mask_weared_incorrect": -1.0,
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModule:
    """Keep the tests of a module in one process, which makes the module's fixtures once."""
    return ByModule(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Start the longest modules first where several processes share the tests."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank_of(item.nodeid))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Count no coverage in slow tests: it costs time, and much of what they run is in other processes."""
    plugin = item.config.pluginmanager.get_plugin("_cov")
    coverage = getattr(plugin, "cov_controller", None)
    if coverage is None or item.get_closest_marker("slow") is None:
        return (yield)
    coverage.pause()
    try:
        return (yield)
    finally:
        coverage.resume()


@pytest.fixture(scope="session")
def golden_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder with the weights of the small FPNLite model of the goldens; do not write into it."""
    return _checkpoint_of(GOLDEN_MODEL, tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="session")
def golden_export(golden_checkpoint: Path) -> Path:
    """The folder of the exported golden model; do not write into it."""
    from sweepbox.detection.export.saved_model import export_detector

    return export_detector(golden_checkpoint, golden_checkpoint.parent / "export").directory


@pytest.fixture(scope="session")
def golden_detector(golden_export: Path) -> "Detector":
    """The detector on the exported golden model."""
    from sweepbox.detection.inference.detector import Detector

    return Detector(golden_export)


@pytest.fixture(scope="session")
def light_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder of the golden model that is exported and loaded soonest; do not write into it."""
    return _checkpoint_of(LIGHT_MODEL, tmp_path_factory.mktemp("light"))


@pytest.fixture(scope="session")
def light_export(light_checkpoint: Path) -> Path:
    """The folder of that model, exported; do not write into it."""
    from sweepbox.detection.export.saved_model import export_detector

    return export_detector(light_checkpoint, light_checkpoint.parent / "export").directory


def _checkpoint_of(golden: Path, folder: Path) -> Path:
    """Write a checkpoint folder with the weights of a small golden model."""
    from sweepbox.detection.checkpoint.folder import CheckpointMetadata, write_checkpoint
    from sweepbox.detection.checkpoint.object_based import load_object_based
    from sweepbox.detection.config.load import load_config
    from sweepbox.detection.model.ssd import build_detector

    config = load_config(golden / "pipeline.config")
    detector = build_detector(config.model.ssd)
    load_object_based(detector.network, golden / "ckpt-0", config.model.ssd)
    metadata = CheckpointMetadata(step=40, metrics=METRICS, seed=7, precision="float32")
    checkpoint = folder / "checkpoint"
    write_checkpoint(checkpoint, network=detector.network, config=config, label_map=MASKS, metadata=metadata)
    return checkpoint


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of annotated pictures."""
    from sweepbox.detection.data.sample import draw_sample

    folder = tmp_path_factory.mktemp("sample") / "scenes"
    draw_sample(folder, images=16, size=128, seed=3)
    return folder


@pytest.fixture(scope="session")
def records(photographs: Path) -> Path:
    """The same pictures as prepared records."""
    from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare

    out = photographs.parent / "records"
    prepare(photographs, out, PrepareSettings(validation_fraction=0.3, test_fraction=0, seed=1))
    return out


@pytest.fixture(scope="session")
def _ray_until_the_end() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def shared_ray(_ray_until_the_end: ExitStack) -> None:
    """A Ray with two CPUs that this process is connected to; all modules that ask for it share it."""
    from sweepbox.tuning.ray_backend.cluster import arrange_environment, ray_session

    arrange_environment(None)
    import ray

    if not ray.is_initialized():
        _ray_until_the_end.enter_context(ray_session(address=None, cpus=2))


@pytest.fixture
def no_shared_ray(_ray_until_the_end: ExitStack) -> None:
    """No Ray that this process is connected to, for a test that starts one with other resources."""
    _ray_until_the_end.close()


@pytest.fixture(scope="session")
def jax_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of processes on JAX: they compile soon, and only what no process before has compiled."""
    return {
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",  # what it computes is not timed
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.mktemp("jax_programs")),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


Invoke = Callable[..., Result]


@pytest.fixture
def invoke() -> Invoke:
    """A function that runs a command's function in this process as Typer does; errors end up in the result."""

    def call(command: Callable[..., Any], *arguments: object) -> Result:
        app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
        app.command()(command)
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return call


@pytest.fixture
def export_copy(light_export: Path, tmp_path: Path) -> Path:
    """A copy of the exported light model to write into."""
    return Path(shutil.copytree(light_export, tmp_path / "model"))
