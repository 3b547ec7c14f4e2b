"""What a device's trace and the compiled program's text say together."""

import gzip
import json
from pathlib import Path

import pytest

from experiments.benchmarks.kernels import read_kernels, read_program, totals

PROGRAM = """HloModule jit__train, is_scheduled=true

FileNames
1 "/home/user/sweepbox/detection/runner/run.py"
2 "/site-packages/keras/src/ops/core.py"
3 "/home/user/sweepbox/detection/data/augment/view.py"
4 "/home/user/sweepbox/detection/training/optimizer.py"

FunctionNames
1 "TrainingRun.advance"

FileLocations
1 {file_name_id=1 function_name_id=1 line=1 end_line=1 column=0 end_column=1}
2 {file_name_id=3 function_name_id=1 line=2 end_line=2 column=0 end_column=1}
3 {file_name_id=2 function_name_id=1 line=3 end_line=3 column=0 end_column=1}
4 {file_name_id=4 function_name_id=1 line=4 end_line=4 column=0 end_column=1}

StackFrames
1 {file_location_id=1 parent_frame_id=1}
2 {file_location_id=2 parent_frame_id=1}
3 {file_location_id=3 parent_frame_id=2}
4 {file_location_id=4 parent_frame_id=1}

%fused_computation.7 (q: f32[2]) -> f32[2] {
  ROOT %scale = f32[2]{0} multiply(%q, %q), MUL
}

ENTRY %main (p: f32[2]) -> f32[2] {
  %p = f32[2]{0} parameter(0)
  %loop_fusion.12 = bf16[8,640,640,3]{3,2,1,0} fusion(%p), MUL
  %cudnn-conv.3 = (bf16[8,80,80,256]{3,2,1,0}, u8[0]{0}) custom-call(%p), FORWARD
  %wgrad = (f32[3,3,256,256]{3,2,1,0}, u8[0]{0}) custom-call(%p), BACKWARD
  %no_origin = f32[2]{0} fusion(%p), kind=kLoop, calls=%fused_computation.7
  ROOT %add.1 = f32[2]{0} fusion(%p), ADD
}
"""
CONV = "conv/conv_general_dilated"
ATTRIBUTES = {
    "MUL": 'kind=kLoop, metadata={op_name="jit(_train)/jvp()/mul" stack_frame_id=3}',
    "FORWARD": 'dim_labels=b01f_o01i->b01f, custom_call_target="__cudnn$convForward", '
    f'metadata={{op_name="jit(_train)/jvp(detector)/{CONV}" stack_frame_id=1}}',
    "BACKWARD": 'custom_call_target="__cudnn$convBackwardFilter", '
    f'metadata={{op_name="jit(_train)/transpose(jvp(detector))/{CONV}" stack_frame_id=1}}',
    "ADD": 'kind=kLoop, metadata={op_name="jit(_train)/add" stack_frame_id=4}',
}
for _name, _text in ATTRIBUTES.items():
    PROGRAM = PROGRAM.replace(_name, _text)


def trace_file(folder: Path, *, device: str) -> Path:
    def kernel(name: str, microseconds: float, *, pid: int = 7, tid: int = 1, **args: str) -> dict[str, object]:
        return {"ph": "X", "pid": pid, "tid": tid, "ts": 0, "dur": microseconds, "name": name, "args": args}

    events = [
        {"ph": "M", "pid": 7, "name": "process_name", "args": {"name": device}},
        {"ph": "M", "pid": 7, "tid": 1, "name": "thread_name", "args": {"name": "Stream #13(Compute)"}},
        {"ph": "M", "pid": 7, "tid": 2, "name": "thread_name", "args": {"name": "Steps"}},
        kernel("loop_fusion_12", 1000.0, hlo_op="loop_fusion.12"),
        kernel("sm90_fprop_bf16_nhwc", 3000.0, hlo_op="cudnn-conv.3"),
        kernel("sm90_fprop_bf16_nhwc", 3000.0, hlo_op="cudnn-conv.3"),
        kernel("sm90_wgrad_bf16_nhwc", 2000.0),
        kernel("add_1", 500.0, hlo_op="command_buffer_12"),
        kernel("step 1", 9000.0, tid=2),
        kernel("python", 9000.0, pid=8),
    ]
    path = folder / "host.trace.json.gz"
    with gzip.open(path, "wt") as file:
        json.dump({"traceEvents": events}, file)
    return path


def test_an_instruction_is_known_by_its_kernel_with_its_source_and_layout() -> None:
    program = read_program(PROGRAM)
    assert program["loop_fusion_12"].source == "data/augment/view.py"  # Keras' own file called by it
    assert program["loop_fusion_12"].phase == "augmentation"
    assert program["add_1"].phase == "update"
    convolution = program["cudnn_conv_3"]
    assert convolution.phase == "network, forward"
    assert convolution.kind == "__cudnn$convForward bf16 b01f_o01i->b01f"
    assert program["wgrad"].phase == "network, backward"
    assert program["no_origin"].phase == "augmentation"  # from inside the fusion


def test_kernels_are_summed_by_step_and_streams_alone_count(tmp_path: Path) -> None:
    kernels = read_kernels(trace_file(tmp_path, device="/device:GPU:0"), read_program(PROGRAM), steps=2)
    assert [(kernel.name, kernel.runs, kernel.milliseconds) for kernel in kernels[:2]] == [
        ("sm90_fprop_bf16_nhwc", 1.0, 3.0),
        ("sm90_wgrad_bf16_nhwc", 0.5, 1.0),
    ]
    assert totals(kernels, "phase") == pytest.approx(
        {"network, forward": 3.0, "network, backward": 1.0, "augmentation": 0.5, "update": 0.25}
    )


def test_without_a_gpu_the_events_of_instructions_count(tmp_path: Path) -> None:
    kernels = read_kernels(trace_file(tmp_path, device="/host:CPU"), read_program(PROGRAM), steps=1)
    assert {kernel.name for kernel in kernels} == {"loop_fusion_12", "sm90_fprop_bf16_nhwc", "add_1"}
