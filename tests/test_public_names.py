"""Every public name is there, and the example in its docstring runs."""

import contextlib
import doctest
import inspect
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import sweepbox as sb
from tests.tiny import QUICKSTART, TINY

SMALLER = {
    **TINY,
    "model.ssd.image_resizer.fixed_shape_resizer.height": 64,
    "model.ssd.image_resizer.fixed_shape_resizer.width": 64,
    "warmup_steps": 0,
}
SPEC = {
    "name": "tiny",
    "base_config": "pipeline.config",
    "data": "records",
    "space": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}, "focal_gamma": {"uniform": [1.0, 2.0]}},
    "objective": {"metric": "mAP@.50"},
    "scheduler": {"type": "none"},
    "trials": 2,
    "max_concurrent": 1,
    "training": {"steps": 2, "evaluate_every": 2},
}
WITH_METHODS = ("Detector", "Sweep", "Trials")
VALUES = ("__version__",)
"""Names of plain values, which have no docstring of their own; the package's has their example."""


def _documented() -> Iterator[tuple[str, object]]:
    """Yield everything that must have an example, by its dotted name."""
    yield "sweepbox", sb
    for name in sorted(set(sb.__all__) - set(VALUES)):
        public = getattr(sb, name)
        yield name, public
        if name in WITH_METHODS:
            for member, value in vars(public).items():
                if member == "__call__" or not member.startswith("_"):
                    yield f"{name}.{member}", value


DOCUMENTED = dict(_documented())
PREPARING = "Sweep.run"
"""Its example runs the sweep that the others read."""


def _run_example(name: str, folder: Path) -> str:
    """Run the example of a public name in a folder; return what went wrong, nothing where all went well."""
    docstring = inspect.getdoc(DOCUMENTED[name])
    assert docstring, f"{name} has no docstring"
    example = doctest.DocTestParser().get_doctest(docstring, {"sb": sb}, name, None, 0)
    assert example.examples, f"the docstring of {name} has no example"
    report: list[str] = []
    with contextlib.chdir(folder):
        doctest.DocTestRunner().run(example, out=report.append)
    return "".join(report)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, shared_ray: None) -> Path:
    """A folder that holds what the examples name: pictures, records, a config, a finished sweep, a model."""
    from sweepbox.detection.config.edits import Edit, apply_edits
    from sweepbox.detection.config.load import load_config, save_config

    home = tmp_path_factory.mktemp("examples")
    sb.draw_sample(home / "scenes", images=16, size=128, seed=3)
    sb.prepare(home / "scenes", home / "records", validation_fraction=0.2, seed=1)
    config = apply_edits(load_config(QUICKSTART), [Edit(path, value) for path, value in SMALLER.items()])
    save_config(config, home / "pipeline.config")
    (home / "sweep.yaml").write_text(yaml.safe_dump(SPEC, sort_keys=False))
    shutil.copy(next((home / "scenes" / "images").iterdir()), home / "picture.jpg")
    report = _run_example(PREPARING, home)
    assert report == "", report
    sb.export(home / "runs" / "tiny", home / "model")
    return home


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_example_in_the_docstring_runs(name: str, home: Path) -> None:
    report = "" if name == PREPARING else _run_example(name, home)
    assert report == "", report


def test_names_and_their_homes_agree() -> None:
    assert sorted(sb.__all__) == sorted([*sb._HOMES, *VALUES])
    assert set(sb.__all__) <= set(dir(sb))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        sb.trian  # noqa: B018


def test_the_package_is_typed_and_its_import_loads_nothing_heavy() -> None:
    code = (
        "import sys, pathlib, sweepbox; folder = pathlib.Path(sweepbox.__file__).parent; "
        "names = ('tensorflow', 'keras', 'ray', 'optuna', 'jax', 'torch', 'pandas', 'numpy', 'pydantic'); "
        "print((folder / 'py.typed').is_file(), [name for name in names if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "True []"
