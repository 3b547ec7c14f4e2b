"""Annotated photographs as two Arrow files of their JPEGs, split as `sweepbox prepare --seed 1` splits them.

    python -m experiments.gpu.pack_photographs PHOTOGRAPHS FOLDER

PHOTOGRAPHS is a Pascal VOC folder with a label map. FOLDER gets `train.arrow`, `validation.arrow` and
`label_map.pbtxt`: about as many bytes as the photographs, a tenth of what they are decoded.
`unpack_photographs` decodes them where they are used. Needs TensorFlow, which writes the records in between.
Half a minute for 767 photographs on two cores.
"""

import argparse
import tempfile
from pathlib import Path

from sweepbox.detection.config.label_map import LABEL_MAP_FILE, save_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.data.cache import open_record_set
from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.detection.runner.decoded_cache import TRAIN_FILE, VALIDATION_FILE
from sweepbox.detection.runner.records import image_bound

CONFIG = Path(__file__).parents[1] / "configs" / "face_mask_resnet50_640.config"
SEED = 1
VALIDATION_FRACTION = 0.15
NO_ROOM_FOR_PIXELS = 0
"""The budget in bytes under which a record set keeps its encoded images."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    bound = image_bound(load_config(CONFIG))
    with tempfile.TemporaryDirectory() as temporary:
        settings = PrepareSettings(validation_fraction=VALIDATION_FRACTION, test_fraction=0, seed=SEED)
        dataset = prepare(options.photographs, Path(temporary) / "records", settings)
        for paths, name in ((dataset.train, TRAIN_FILE), (dataset.validation, VALIDATION_FILE)):
            records = open_record_set(
                paths, dataset.label_map, max_side=bound, disk_budget_bytes=NO_ROOM_FOR_PIXELS
            )
            (options.folder / name).write_bytes(records.path.read_bytes())
            print(f"{name}: {len(records)} photographs, {records.path.stat().st_size / 2**20:.1f} MiB")
        save_label_map(dataset.label_map, options.folder / LABEL_MAP_FILE)


if __name__ == "__main__":
    main()
