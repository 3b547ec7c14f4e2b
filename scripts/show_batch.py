"""`sweepbox show-batch`: draw what the network gets in training."""

from pathlib import Path
from typing import Annotated

import typer

from sweepbox.detection.runner.request import TrainRequest
from sweepbox.scripts import train_options as options
from sweepbox.scripts.cli import run


def command(
    config: Annotated[Path, typer.Argument(help="The pipeline.config.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder for the pictures: image-000.png … and sheet.png.")],
    data: options.Data = None,
    set_: options.Edits = None,
    seed: options.Seed = 0,
    step: Annotated[int, typer.Option(min=0, help="The training step whose batch is drawn, from 0.")] = 0,
    cache: options.Cache = None,
) -> None:
    """Draw a training batch as the network gets it, after augmentation and resizing, with boxes and classes.

    The images, the random draws and the code are those of `sweepbox train` with the same seed. An
    object's weight is written behind its class where it is not 1.
    """
    from sweepbox.detection.config.edits import parse_edit
    from sweepbox.scripts.console import plain_console

    console = plain_console()
    edits = tuple(parse_edit(text) for text in set_ or ())
    request = TrainRequest(config=config, out=out, data=data, edits=edits, seed=seed, cache_directory=cache)
    request.choose_backend()
    settings = request.settings(lambda note: console.print(note, highlight=False, soft_wrap=True))

    from sweepbox.detection.runner.shown_batch import draw_batch, training_images

    images = training_images(settings, step)
    *_, sheet = draw_batch(images, settings.label_map, out)
    objects = sum(len(image.class_ids) for image in images)
    line = f"step {step}: {len(images)} images with {objects} objects in {sheet}"
    console.print(line, highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    run(command)
