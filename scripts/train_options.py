"""The options of `sweepbox train`, with their help."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from sweepbox.scripts.data_option import local_data

Config = Annotated[Path | None, Argument(help="The pipeline.config to train.")]
FromTrial = Annotated[
    str | None,
    Option(metavar="RUN:ID", help="Start from a trial's best weights, with its config and the sweep's data."),
]
Out = Annotated[Path, Option(help="Folder of the run; new, or with --resume that of an interrupted one.")]
Data = Annotated[
    Path | None,
    Option(
        parser=local_data,
        metavar="PATH|URI",
        help="What `sweepbox prepare` wrote; without it the config's own input readers are used.",
    ),
]
Edits = Annotated[
    list[str] | None,
    Option("--set", metavar="PATH=VALUE", help="Change a field of the config; may be given several times."),
]
Seed = Annotated[int, Option(help="The same seed gives the same weights and data order.")]
PrecisionName = Annotated[
    str, Option(help="float32, bfloat16, or auto: the faster one here, found with a few steps of each.")
]
BackendName = Annotated[
    str | None, Option(help="tensorflow (the default) or jax; with --resume the one that the run began with.")
]
EvaluateEvery = Annotated[
    int | None, Option(help="Steps from one evaluation to the next; ten evaluations by default.")
]
Metric = Annotated[str, Option(help="The reported metric that decides which checkpoint is the best.")]
InitialWeights = Annotated[
    str | None,
    Option(
        help="File of backbone weights, checkpoint of Sweepbox or the Object Detection API (path or URI), or "
        "imagenet."
    ),
]
Cache = Annotated[
    Path | None, Option(help="Folder for decoded images and initial weights; beside the records by default.")
]
Profile = Annotated[
    bool,
    Option(
        "--profile",
        help="Measure where a step's time goes, on some twenty steps, which take longer; print a table and "
        "write traces for Perfetto (profile/trace.json) and TensorBoard (tensorboard/).",
    ),
]
Resume = Annotated[
    bool,
    Option("--resume", help="Go on with the run in --out; with --set num_steps=N to another length."),
]
LogImages = Annotated[
    int,
    Option(min=0, max=64, help="How many validation images each evaluation draws for TensorBoard."),
]
