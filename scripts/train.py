"""`sweepbox train`: train one detector."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from sweepbox.detection.core.backends import VARIABLE, Backend, backend_of, choose_kernels, use_backend
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.runner.run_facts import RunFacts, read_run_facts
from sweepbox.scripts import train_options as options
from sweepbox.scripts.cli import run

if TYPE_CHECKING:
    from rich.console import Console

    from sweepbox.detection.model.precision import Precision
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
    metric: options.Metric = "mAP@.50",
    initial_weights: options.InitialWeights = None,
    cache: options.Cache = None,
    profile: options.Profile = False,
    resume: options.Resume = False,
) -> None:
    """Train one detector from a pipeline.config and keep the checkpoint with the best metric.

    --out gets pipeline.config, label_map.pbtxt, run.json, best/ (what `sweepbox export` reads), last/ (what
    --resume reads), metrics.jsonl and tensorboard/.
    """
    choose_kernels()
    use_backend(_backend(backend, read_run_facts(out) if resume else None))
    from rich.console import Console

    from sweepbox.detection.config.edits import parse_edit
    from sweepbox.detection.runner import RunSettings
    from sweepbox.detection.runner.inputs import run_inputs

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
        evaluate_every=evaluate_every,
        metric=metric,
        initial_weights=initial_weights,
        cache_directory=cache,
    )
    settings = _with_precision(settings, precision, console, resume=resume)
    _train(settings, console, resume=resume, profile=profile)


def _train(settings: "RunSettings", console: "Console", *, resume: bool, profile: bool) -> None:
    """Train, show how it goes, and tell how to resume where Ctrl-C ends it."""
    from sweepbox.detection.runner import train
    from sweepbox.scripts.train_display import TrainDisplay, print_result
    from sweepbox.scripts.train_profile import print_profile

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


def _backend(name: str | None, facts: RunFacts | None) -> Backend:
    """Return the backend of that name or else that of the run to resume; the environment's for a new run."""
    if name is not None:
        return backend_of(name)
    return backend_of(facts.backend if facts else os.environ.get(VARIABLE, Backend.TENSORFLOW.value))


def _with_precision(settings: "RunSettings", asked: str, console: "Console", *, resume: bool) -> "RunSettings":
    """Return the settings with the precision of that name; `auto` is measured once in the life of a run."""
    from sweepbox.detection.model.precision import AUTOMATIC
    from sweepbox.detection.runner.folder import RunFolder
    from sweepbox.detection.runner.precision_choice import choose_precision

    if asked != AUTOMATIC:
        return replace(settings, precision=_precision(asked))
    folder = RunFolder(settings.directory)
    if resume:
        facts = folder.facts
        return settings if facts is None else replace(settings, precision=_precision(facts.precision))
    folder.check_new()
    choice = choose_precision(settings)
    console.print(str(choice), highlight=False, soft_wrap=True)
    return replace(settings, precision=choice.precision)


def _precision(text: str) -> "Precision":
    """Return the precision of that name; UsageError lists the names."""
    from sweepbox.detection.model.precision import Precision

    try:
        return Precision(text)
    except ValueError:
        names = ", ".join(choice.value for choice in Precision)
        raise UsageError(f"--precision {text}: there is no such precision; give {names} or auto") from None


if __name__ == "__main__":
    run(command)
