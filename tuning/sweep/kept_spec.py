"""The sweep file that a sweep's folder keeps."""

import os

from sweepbox.detection.checkpoint.source import KERAS_WEIGHTS
from sweepbox.detection.core.remote.uri import is_uri
from sweepbox.tuning.schedule.table import with_rule_options
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.layout import DATA
from sweepbox.tuning.storage.remote.place import place_of


def kept_spec(spec: SweepSpec, folder: SweepFolder, *, prepared_here: bool) -> SweepSpec:
    """Return the spec as the folder keeps it: paths relative to the folder, all options given.

    Those of a sweep on a URI are absolute: its folder is elsewhere on each machine.
    """
    place = place_of(folder.path)

    def relative(path: str) -> str:
        if place is not None:
            return path
        return path if is_uri(path) else os.path.relpath(path, folder.path.resolve())

    own_data = folder.data.name if place is None else str(place.location.join(DATA))

    weights = spec.initial_weights
    return spec.model_copy(
        update={
            "base_config": folder.base_config.name,
            "data": own_data if prepared_here else relative(str(spec.data)),
            "initial_weights": weights if weights in (None, KERAS_WEIGHTS) else relative(str(weights)),
            "start_from": [relative(str(path)) for path in spec.start_from],
            "scheduler": with_rule_options(spec.scheduler),
        }
    )
