"""Whether a sweep's trials can run: what all of them need is there, and its folder can be written."""

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError, SweepError
from sweepbox.detection.core.files import atomic_path
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.dataset import open_unchanged_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.metadata import check_unchanged
from sweepbox.tuning.trial.settings import check_weights

PROBE_BYTES = 64 * 2**10


def check_ready(folder: SweepFolder, spec: SweepSpec) -> None:
    """Check what lies outside the trials.

    Raises:
        SweepError: The folder's config or classes are damaged, or records or weights are not there.
        DataError: The records are damaged.
        OSError: The folder cannot be written.
    """
    base = load_base(folder)
    if not folder.label_map.is_file():
        raise SweepError(f"{folder.label_map}: the sweep's classes are missing; restore the file")
    load_label_map(folder.label_map)
    check_unchanged(folder, folder.label_map)
    if folder.start.is_file():  # without, all trials are suggested
        check_unchanged(folder, folder.start)
    open_unchanged_data(folder, spec)
    check_weights(folder, spec, base)
    check_writable(folder)


def load_base(folder: SweepFolder) -> pb.TrainEvalPipelineConfig:
    """Return the config that all trials start from; SweepError where it is missing or damaged."""
    if not folder.base_config.is_file():
        raise SweepError(f"{folder.base_config}: the sweep's config is missing; restore the file")
    try:
        base = load_config(folder.base_config)
        check_supported(base)
    except ConfigError as error:
        first = str(error).splitlines()[0]
        raise SweepError(f"{folder.base_config}: damaged ({first}); restore the file") from error
    check_unchanged(folder, folder.base_config)
    return base


def check_writable(folder: SweepFolder) -> None:
    """Write a small file into the folder and remove it; OSError where that fails."""
    probe = folder.path / ".probe"
    with atomic_path(probe, makes_folder=False) as temporary:
        temporary.write_bytes(bytes(PROBE_BYTES))
    probe.unlink()
