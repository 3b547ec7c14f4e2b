"""`sweepbox train`: train one detector."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from detection.core.errors import UsageError
from scripts.cli import run

if TYPE_CHECKING:
    from rich.console import Console

    from detection.model.precision import Precision
    from detection.runner import RunSettings


def command(
    config: Annotated[Path, Argument(help="The pipeline.config to train.")],
    *,
    out: Annotated[Path, Option(help="Folder of the run; new, or with --resume that of an interrupted one.")],
    data: Annotated[
        Path | None,
        Option(
            help="Folder that `sweepbox prepare` wrote; without it the config's own input readers are used."
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        Option("--set", metavar="PATH=VALUE", help="Change a field of the config; may be given several times."),
    ] = None,
    seed: Annotated[int, Option(help="The same seed gives the same weights and data order.")] = 0,
    precision: Annotated[str, Option(help="float32 or bfloat16.")] = "float32",
    evaluate_every: Annotated[
        int | None, Option(help="Steps from one evaluation to the next; a tenth of the run by default.")
    ] = None,
    metric: Annotated[
        str, Option(help="The reported metric that decides which checkpoint is the best.")
    ] = "mAP@.50",
    initial_weights: Annotated[
        str | None, Option(help="File of backbone weights, Object Detection API checkpoint, or imagenet.")
    ] = None,
    cache: Annotated[
        Path | None, Option(help="Folder for decoded images; beside the records by default.")
    ] = None,
    profile: Annotated[
        bool,
        Option(
            "--profile",
            help="Measure where a step's time goes, on some twenty steps, which take longer; print a table and "
            "write traces for Perfetto (profile/trace.json) and TensorBoard (tensorboard/).",
        ),
    ] = False,
    resume: Annotated[bool, Option("--resume", help="Go on with the interrupted run in --out.")] = False,
) -> None:
    """Train one detector from a pipeline.config and keep the checkpoint with the best metric.

    --out gets pipeline.config, label_map.pbtxt, best/ (what `sweepbox export` reads), last/ (what --resume
    reads), metrics.jsonl and tensorboard/.
    """
    from rich.console import Console

    from detection.config.edits import parse_edit
    from detection.runner import RunSettings
    from detection.runner.inputs import run_inputs

    console = Console()
    inputs = run_inputs(config, data, edits=[parse_edit(text) for text in set_ or ()])
    for note in inputs.notes:
        console.print(note, highlight=False, soft_wrap=True)
    settings = RunSettings(
        config=inputs.config,
        train_records=inputs.train_records,
        validation_records=inputs.validation_records,
        label_map=inputs.label_map,
        directory=out,
        seed=seed,
        precision=_precision(precision),
        evaluate_every=evaluate_every,
        metric=metric,
        initial_weights=initial_weights,
        cache_directory=cache,
    )
    _train(settings, console, resume=resume, profile=profile)


def _train(settings: "RunSettings", console: "Console", *, resume: bool, profile: bool) -> None:
    """Train, show how it goes, and tell how to resume where Ctrl-C ends it."""
    from detection.runner import train
    from scripts.train_display import TrainDisplay, print_result
    from scripts.train_profile import print_profile

    try:
        with TrainDisplay(console, total_steps=settings.total_steps, metric=settings.metric) as display:
            result = train(settings, resume=resume, profile=profile, progress=display.show)
    except KeyboardInterrupt:
        last = settings.directory / "last"
        line = f"interrupted; the same command with --resume goes on from {last}"
        console.print(line, highlight=False, soft_wrap=True)
        raise
    print_result(console, result, metric=settings.metric, label_map=settings.label_map)
    if result.profile is not None:
        print_profile(console, result.profile)


def _precision(text: str) -> "Precision":
    """Return the precision of that name; UsageError lists the names."""
    from detection.model.precision import Precision

    try:
        return Precision(text)
    except ValueError:
        names = " or ".join(choice.value for choice in Precision)
        raise UsageError(f"--precision {text}: there is no such precision; give {names}") from None


if __name__ == "__main__":
    run(command)
