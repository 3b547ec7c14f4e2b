"""What the GPU does in a training step: time by part of the step, kernels, layouts, what is left in float32.

    python -m experiments.benchmarks.gpu_profile --carried FOLDER [--batch-size 64] [--results FOLDER]

SSD ResNet50 V1 FPN at 640, bfloat16, by default at the batch size that `gpu_training.json` calls the fastest.
Three steps run under JAX's own trace. Writes `gpu_profile.json` with the milliseconds of a step by part, by
kind of kernel and for the 60 longest kernels, and beside it the trace (`gpu_profile.trace.json.gz`, for
Perfetto) and the optimised program (`gpu_profile.hlo.txt.gz`). Half a minute where `gpu_training` has filled
JAX's compilation cache before; then the turn to a program out of that cache goes into `gpu_turn.json`.
"""

import argparse
import gzip
import json
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from experiments.benchmarks.__main__ import RESULTS
from experiments.benchmarks.figure import Figure, read_figures
from experiments.benchmarks.gpu_training import SSD_RESNET, TRAINING, TURN
from experiments.benchmarks.kept import keep, kept_fact
from experiments.benchmarks.kernels import Kernel, read_kernels, read_program, totals
from experiments.benchmarks.ours.carried import add_options, carried_settings, on_gpu
from experiments.benchmarks.ours.gpu_training import WARM, cached_programs
from experiments.benchmarks.workspace import RESNET

RESULT, TRACE = "gpu_profile.json", "gpu_profile.trace.json.gz"
TRACED_STEPS = 3
SHOWN_KERNELS = 60
SHOWN_KINDS = 40
_NAME = re.compile(rf"training, {SSD_RESNET}, \w+, batch (\d+)")


def main() -> None:
    options = _arguments()
    on_gpu()
    started = time.perf_counter()
    batch_size = options.batch_size or fastest_batch(options.results / TRAINING)
    run, turn = _built(options, batch_size)
    keep(options.results / TURN, [turn], seconds=turn.ours)
    with tempfile.TemporaryDirectory() as folder:
        step_ms, trace = _traced(run, Path(folder))
        shutil.copyfile(trace, options.results / TRACE)
    program = _program_text(run)
    run.close()
    with gzip.open(options.results / "gpu_profile.hlo.txt.gz", "wt") as file:
        file.write(program)
    kernels = read_kernels(options.results / TRACE, read_program(program), steps=TRACED_STEPS)
    name = f"step of {SSD_RESNET}, {options.precision}, batch {batch_size}"
    tables = {
        "phases_ms": _rounded(totals(kernels, "phase")),
        "kinds_ms": dict(list(_rounded(totals(kernels, "kind")).items())[:SHOWN_KINDS]),
        "kernels": [_row(kernel) for kernel in kernels[:SHOWN_KERNELS]],
    }
    print(json.dumps(tables["phases_ms"], indent=1), flush=True)
    device = kept_fact(options.results / TRAINING, "device")
    more = {"device": device} if device else {}
    seconds = time.perf_counter() - started
    keep(options.results / RESULT, _figures(name, step_ms, kernels), seconds=seconds, **tables, **more)


def fastest_batch(result: Path) -> int:
    """Return the batch size with the most images/s among the kept figures."""
    figures = read_figures(json.loads(result.read_text()))
    rates = {int(match[1]): figure.ours for figure in figures if (match := _NAME.fullmatch(figure.name))}
    return max(rates, key=lambda size: rates[size])


def _built(options: argparse.Namespace, batch_size: int) -> tuple[Any, Figure]:
    """Return a run after its first step, and what it took to get there."""
    import jax

    from sweepbox.detection.runner import TrainingRun

    jax.numpy.zeros(1).block_until_ready()
    steps = 2 + 2 * WARM + TRACED_STEPS
    settings = carried_settings(options, Path("unused"), steps=steps, batch_size=batch_size)
    cached, started = cached_programs(), time.perf_counter()
    run = TrainingRun(settings)
    built_s = time.perf_counter() - started
    run.advance(1)
    seconds = time.perf_counter() - started
    hit = bool(cached) and cached_programs() == cached
    how = "from the compilation cache" if hit else "compiled"
    note = f"build {built_s:.1f} s, first step {seconds - built_s:.1f} s"
    return run, Figure(
        f"turn to another program, {SSD_RESNET}, batch {batch_size}, {how}", "s", seconds, note=note
    )


def _traced(run: Any, folder: Path) -> tuple[float, Path]:
    """Run steps under the trace; return the milliseconds of a step without the trace, and the trace."""
    import jax

    run.advance(WARM)
    started = time.perf_counter()
    run.advance(WARM)
    step_ms = 1e3 * (time.perf_counter() - started) / WARM
    with jax.profiler.trace(str(folder)):
        run.advance(TRACED_STEPS)
    [trace] = folder.rglob("*.trace.json.gz")
    return step_ms, trace


def _program_text(run: Any) -> str:
    """Run a step and return the optimised program that it ran, which is compiled already."""
    step = run._parts.step
    compiled, lowered = step._compiled_train, []

    def recorded(*arguments: Any) -> Any:
        lowered.append(compiled.lower(*arguments))
        return compiled(*arguments)

    step._compiled_train = recorded
    run.advance(1)
    step._compiled_train = compiled
    return str(lowered[0].compile().as_text())


def _figures(name: str, step_ms: float, kernels: list[Kernel]) -> list[Figure]:
    """Return what a step takes as a whole and by part."""
    busy = sum(kernel.milliseconds for kernel in kernels)
    wide = sum(kernel.milliseconds for kernel in kernels if _is_float32(kernel))
    return [
        Figure(f"{name}: wall time", "ms", step_ms),
        Figure(f"{name}: the device's kernels, summed", "ms", busy),
        Figure(f"{name}: kernels whose first result is float32", "ms", wide),
        *(
            Figure(f"{name}: {phase}", "ms", milliseconds)
            for phase, milliseconds in totals(kernels, "phase").items()
        ),
    ]


def _is_float32(kernel: Kernel) -> bool:
    return kernel.instruction is not None and kernel.instruction.shape.lstrip("(").startswith("f32[")


def _row(kernel: Kernel) -> dict[str, Any]:
    """Return a kernel as a row of the table."""
    row: dict[str, Any] = {
        "ms": round(kernel.milliseconds, 4),
        "runs": kernel.runs,
        "kernel": kernel.name[:120],
        "phase": kernel.phase,
    }
    if kernel.instruction is not None:
        row["shape"], row["kind"] = kernel.instruction.shape[:120], kernel.instruction.kind
        row["of"], row["source"] = kernel.instruction.op_name[:120], kernel.instruction.source
    return row


def _rounded(sums: dict[str, float]) -> dict[str, float]:
    return {name: round(milliseconds, 4) for name, milliseconds in sums.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, RESNET)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    main()
