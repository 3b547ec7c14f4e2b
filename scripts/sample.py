"""`sweepbox sample`: draw the sample data set."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from sweepbox.scripts.cli import run


def command(
    out: Annotated[Path, Argument(help="Folder to make; it must not exist or be empty.")],
    images: Annotated[int, Option(help="Number of scenes.")] = 96,
    size: Annotated[int, Option(help="Width and height of a scene in pixels.")] = 320,
    seed: Annotated[int, Option(help="The same seed draws the same images.")] = 0,
) -> None:
    """Draw scenes of people with and without face masks, annotated in Pascal VOC form.

    OUT gets images/, annotations/ and label_map.pbtxt, ready for `sweepbox doctor` and `sweepbox prepare`.
    """
    from sweepbox.detection.data.sample import draw_sample
    from sweepbox.scripts.console import plain_console
    from sweepbox.scripts.progress import progress_bar

    with progress_bar("drawing", total=images) as on_progress:
        draw_sample(out, images=images, size=size, seed=seed, on_progress=on_progress)
    plain_console().print(f"drew {images} scenes into {out}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    run(command)
