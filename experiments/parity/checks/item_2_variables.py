"""Compare the variables of our model with those of the OD API's for the ten published configs."""

import json
from collections.abc import Iterator
from pathlib import Path

from experiments.parity import engine, families
from experiments.parity.context import Context
from experiments.parity.finding import Finding
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.support import problems_of
from sweepbox.detection.model.ssd import build_detector

SCRIPT = "variable_tables.py"
EFFICIENTDET = "ssd_efficientnet-b0_bifpn_keras"
PUBLISHED_FOLDER = "zoo_configs"
SMALLEST_FPN_INPUT = 320


def submit_runs(context: Context) -> None:
    """Queue the table of the oracle's variables."""
    context.submit(SCRIPT, "--configs", _configs(context), out="tables.json")


def check(context: Context) -> Iterator[Finding]:
    """Compare keys and shapes for every config, and the generated configs with the published ones."""
    configs = _configs(context)
    yield from _published(context, configs)
    yield _efficientdet()
    tables = json.loads(
        (context.oracle(SCRIPT, "--configs", configs, out="tables.json") / "tables.json").read_text()
    )
    for name, theirs in tables.items():
        ours = _table(configs / f"{name}.config")
        differing = [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)]
        yield Finding.count(
            item=2,
            name=f"{name}: keys and shapes of the variables",
            differing=len(differing),
            note=f"{len(theirs)} variables" + (f", first {min(differing)}" if differing else ""),
        )


def _efficientdet() -> Finding:
    """Check that a config with an EfficientDet extractor is rejected under that name."""
    config = families.published_config(*families.RESNETS[0])
    config.model.ssd.feature_extractor.type = EFFICIENTDET
    named = [
        problem for problem in problems_of(config) if "EfficientDet" in problem and EFFICIENTDET in problem
    ]
    return Finding.exact(
        item=2, name="EfficientDet is rejected by name", equal=bool(named), note="; ".join(named)
    )


def _configs(context: Context) -> Path:
    return families.write_configs(context.folder / "data" / "published")


def _table(path: Path) -> dict[str, list[int]]:
    """Return the shape of every variable by checkpoint key, using smaller images where shapes do not change."""
    ssd = load_config(path).model.ssd
    if ssd.anchor_generator.HasField("multiscale_anchor_generator"):
        resizer = ssd.image_resizer.fixed_shape_resizer
        resizer.height = resizer.width = SMALLEST_FPN_INPUT
    variables = engine.variables_by_key(build_detector(ssd))
    return {key: list(variable.shape) for key, variable in variables.items()}


def _published(context: Context, configs: Path) -> Iterator[Finding]:
    """Compare the generated configs with the published ones if these are available."""
    folder = context.shared / PUBLISHED_FOLDER if context.shared else None
    if folder is None or not folder.is_dir():
        context.notes.append("The published configs were not available; generated ones were used.")
        return
    context.notes.append("The generated configs were also compared with the published files.")
    names = sorted(path.stem for path in configs.glob("*.config"))
    differing = [
        name
        for name in names
        if load_config(configs / f"{name}.config").model != load_config(folder / f"{name}.config").model
    ]
    yield Finding.count(
        item=2,
        name="models of the generated configs equal those of the published files",
        differing=len(differing),
        note=", ".join(differing) or f"{len(names)} files",
    )
