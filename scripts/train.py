"""`sweepbox train`: train one detector."""

from typing import TYPE_CHECKING

from sweepbox.detection.runner.request import DEFAULT_METRIC, TrainRequest
from sweepbox.scripts import train_options as options
from sweepbox.scripts.cli import run

if TYPE_CHECKING:
    from rich.console import Console

    from sweepbox.detection.runner import RunSettings


def command(
    config: options.Config,
    *,
    out: options.Out,
    data: options.Data = None,
    set_: options.Edits = None,
    seed: options.Seed = 0,
    precision: options.PrecisionName = "float32",
    backend: options.BackendName = None,
    evaluate_every: options.EvaluateEvery = None,
    metric: options.Metric = DEFAULT_METRIC,
    initial_weights: options.InitialWeights = None,
    cache: options.Cache = None,
    profile: options.Profile = False,
    resume: options.Resume = False,
) -> None:
    """Train one detector from a pipeline.config and keep the checkpoint with the best metric.

    --out gets pipeline.config, label_map.pbtxt, run.json, best/ (what `sweepbox export` reads), last/ (what
    --resume reads), metrics.jsonl and tensorboard/.
    """
    from sweepbox.detection.config.edits import parse_edit
    from sweepbox.scripts.console import plain_console

    console = plain_console()
    request = TrainRequest(
        config=config,
        out=out,
        data=data,
        edits=tuple(parse_edit(text) for text in set_ or ()),
        seed=seed,
        precision=precision,
        backend=backend,
        evaluate_every=evaluate_every,
        metric=metric,
        initial_weights=initial_weights,
        cache_directory=cache,
        resume=resume,
    )
    request.choose_backend()
    settings = request.settings(lambda note: console.print(note, highlight=False, soft_wrap=True))
    _train(settings, console, resume=resume, profile=profile)


def _train(settings: "RunSettings", console: "Console", *, resume: bool, profile: bool) -> None:
    """Train with a progress display, and print how to resume after Ctrl-C."""
    from sweepbox.detection.runner import train
    from sweepbox.scripts.train_display import TrainDisplay, print_result
    from sweepbox.scripts.train_profile import print_profile

    try:
        with TrainDisplay(console, total_steps=settings.total_steps, metric=settings.metric) as display:
            result = train(settings, resume=resume, profile=profile, progress=display.show)
    except KeyboardInterrupt:
        last = settings.directory / "last"
        line = f"interrupted; the same command with --resume continues from {last}"
        console.print(line, highlight=False, soft_wrap=True)
        raise
    print_result(console, result, metric=settings.metric, label_map=settings.label_map)
    if result.profile is not None:
        print_profile(console, result.profile)


if __name__ == "__main__":
    run(command)
