"""`sweepbox train`: train one detector."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.runner.request import DEFAULT_METRIC, TrainRequest
from sweepbox.scripts import train_options as options
from sweepbox.scripts.cli import run

if TYPE_CHECKING:
    from rich.console import Console

    from sweepbox.detection.runner import RunSettings


def command(
    config: options.Config = None,
    *,
    out: options.Out,
    from_trial: options.FromTrial = None,
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
    log_images: options.LogImages = 0,
) -> None:
    """Train one detector from a pipeline.config and keep the checkpoint with the best metric.

    With --from-trial the config, the initial weights and, unless given, the data are those of a sweep's trial.
    --out gets pipeline.config, label_map.pbtxt, run.json, best/ (what `sweepbox export` reads), last/ (what
    --resume reads), metrics.jsonl and tensorboard/.
    """
    from sweepbox.detection.config.edits import parse_edit
    from sweepbox.scripts.console import plain_console
    from sweepbox.tuning.storage.opening import check_no_trial

    console = plain_console()
    check_no_trial(out)
    start = _start(config, data, from_trial=from_trial, initial_weights=initial_weights)
    request = TrainRequest(
        config=start.config,
        out=out,
        data=start.data,
        edits=tuple(parse_edit(text) for text in set_ or ()),
        seed=seed,
        precision=precision,
        backend=backend,
        evaluate_every=evaluate_every,
        metric=metric,
        initial_weights=start.initial_weights,
        cache_directory=cache,
        resume=resume,
        log_images=log_images,
    )
    request.choose_backend()
    settings = request.settings(lambda note: console.print(note, highlight=False, soft_wrap=True))
    _train(settings, console, resume=resume, profile=profile)


class _Start(NamedTuple):
    """What a run starts from."""

    config: Path
    data: Path | None
    initial_weights: str | None


def _start(
    config: Path | None, data: Path | None, *, from_trial: str | None, initial_weights: str | None
) -> _Start:
    """Return what the run starts from; UsageError where the options contradict each other."""
    if from_trial is None:
        if config is None:
            raise UsageError("give the pipeline.config to train, or a trial of a sweep: --from-trial RUN:ID")
        return _Start(config, data, initial_weights)
    if config is not None or initial_weights is not None:
        other = "a pipeline.config" if config is not None else "--initial-weights"
        raise UsageError(f"--from-trial and {other} contradict each other; give one of them")

    from sweepbox.tuning.sweep.trial_start import trial_start

    start = trial_start(from_trial, needs_data=data is None)
    return _Start(start.config, data or start.data, str(start.checkpoint))


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
