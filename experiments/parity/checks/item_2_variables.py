"""The ten published configs: the variables of a model of ours against those of a fresh one of the OD API."""

import json
from collections.abc import Iterator
from pathlib import Path

from experiments.parity import families, product
from experiments.parity.context import Context
from experiments.parity.finding import Finding
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.support import problems_of
from sweepbox.detection.model.ssd import build_detector

SCRIPT = "variable_tables.py"
EFFICIENTDET = "ssd_efficientnet-b0_bifpn_keras"
PUBLISHED_FOLDER = "zoo_configs"
SMALLEST_FPN_INPUT = 320


def begin(context: Context) -> None:
    """Queue the tables of the oracle's variables."""
    context.begin(SCRIPT, "--configs", _configs(context), out="tables.json")


def check(context: Context) -> Iterator[Finding]:
    """Compare keys and shapes of every config's model, and the generated configs with the published ones."""
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
    """Return whether a config with an EfficientDet extractor is refused under that name."""
    config = families.published_config(*families.RESNETS[0])
    config.model.ssd.feature_extractor.type = EFFICIENTDET
    told = [problem for problem in problems_of(config) if "EfficientDet" in problem and EFFICIENTDET in problem]
    return Finding.exact(item=2, name="EfficientDet is refused by name", equal=bool(told), note="; ".join(told))


def _configs(context: Context) -> Path:
    return families.write_configs(context.folder / "data" / "published")


def _table(path: Path) -> dict[str, list[int]]:
    """Return the shape of every variable by checkpoint key, of a smaller picture where that changes none."""
    ssd = load_config(path).model.ssd
    if ssd.anchor_generator.HasField("multiscale_anchor_generator"):
        resizer = ssd.image_resizer.fixed_shape_resizer
        resizer.height = resizer.width = SMALLEST_FPN_INPUT
    variables = product.variables_by_key(build_detector(ssd))
    return {key: list(variable.shape) for key, variable in variables.items()}


def _published(context: Context, configs: Path) -> Iterator[Finding]:
    """Hold the generated configs to the published ones where these are there."""
    folder = context.shared / PUBLISHED_FOLDER if context.shared else None
    if folder is None or not folder.is_dir():
        context.notes.append("The published configs are not beside the checkout: theirs were generated.")
        return
    context.notes.append("The generated configs were compared with the published files as well.")
    names = sorted(path.stem for path in configs.glob("*.config"))
    differing = [
        name
        for name in names
        if load_config(configs / f"{name}.config").model != load_config(folder / f"{name}.config").model
    ]
    yield Finding.count(
        item=2,
        name="the generated configs' models are those of the published files",
        differing=len(differing),
        note=", ".join(differing) or f"{len(names)} files",
    )
