"""A training in a process that cannot import anything but what is listed here.

    python exported_run.py FOLDER OUT

FOLDER holds `tiny.config` and what `export_decoded_cache` wrote. Prints one JSON line.
"""

import importlib.abc
import json
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

NEEDED = {"sweepbox", "google", "keras", "numpy", "PIL", "pyarrow", "filelock"}
"""What this package imports itself, besides the backend."""
OF_KERAS = {"absl", "h5py", "ml_dtypes", "namex", "optree", "packaging", "rich", "typing_extensions"}
OF_RICH = {"pygments"}
OF_JAX = {"jax", "jaxlib", "flatbuffers", "opt_einsum", "scipy"}
ALLOWED = NEEDED | OF_KERAS | OF_RICH | OF_JAX


class OnlyAllowed(importlib.abc.MetaPathFinder):
    """Stands for the finders of Python and finds no package but the allowed ones and those of Python itself."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self._finders = list(sys.meta_path)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        root = name.partition(".")[0]
        if not (root in ALLOWED or root in sys.stdlib_module_names or root.startswith("_")):
            self.refused.add(root)
            return None
        specs = (finder.find_spec(name, path, target) for finder in self._finders)
        return next((spec for spec in specs if spec is not None), None)


def main() -> None:
    finder = OnlyAllowed()
    sys.meta_path[:] = [finder]
    from sweepbox.detection.config.label_map import load_label_map
    from sweepbox.detection.config.load import load_config
    from sweepbox.detection.runner import RunSettings, train

    folder, out = map(Path, sys.argv[1:])
    settings = RunSettings(
        config=load_config(folder / "tiny.config"),
        train_records=(folder / "train.arrow",),
        validation_records=(folder / "validation.arrow",),
        label_map=load_label_map(folder / "label_map.pbtxt"),
        directory=out,
        metric="loss/total",
    )
    result = train(settings)
    loaded = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
    said = {
        "step": result.step,
        "best_step": result.best_step,
        "loaded": sorted(loaded & ALLOWED),
        "refused": sorted(finder.refused),
    }
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
