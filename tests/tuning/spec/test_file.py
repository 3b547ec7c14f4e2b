from pathlib import Path

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.file import load_spec, parse_spec, save_spec

ROOT = Path(__file__).parents[3]
SHORT = "name: a\nbase_config: b.config\nspace: {learning_rate: {log_uniform: [1e-4, 1e-2]}}\n"


@pytest.mark.parametrize("path", sorted((ROOT / "experiments").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_sweep_files_of_the_house_are_read_and_survive_a_round_trip(path: Path, tmp_path: Path) -> None:
    spec = load_spec(path)
    save_spec(spec, tmp_path / "again.yaml")
    assert load_spec(tmp_path / "again.yaml") == spec


@pytest.mark.parametrize(
    "keys",
    [
        "objective: {worst_class: AP@.50}",
        "objective: {weights: {AP/a: 2.0, AP/b: 1.0}, mode: max}",
        "objective: {metric: [mAP, loss/total], constraints: [AP/a >= 0.1], floors: {AP/b: 0.2}}",
        "preset: finetune",
        "require: [warmup_steps <= 0.1 * num_steps]",
        "start_from: [points.yaml, ../earlier]",
        "augmentations: {random_adjust_hue: {enabled: [true], max_delta: {uniform: [0.0, 0.1], step: 0.02}}}",
        "set: {train_config.fine_tune_checkpoint: null}",
        "sampler: {type: nsga2, population_size: 4}",
        "scheduler: {type: top_k, keep: 2}",
        "stop: {gain_below: 0.002, for: 8}",
        "cost: {per_gpu_hour: 2.5, limit: 40}",
        "gpu_hours: 12.5",
    ],
)
def test_every_form_survives_a_round_trip(keys: str, tmp_path: Path) -> None:
    spec = parse_spec(SHORT + keys)
    save_spec(spec, tmp_path / "again.yaml")
    assert load_spec(tmp_path / "again.yaml") == spec


def test_numbers_with_an_exponent_are_numbers() -> None:
    assert parse_spec(SHORT).space["learning_rate"].log_uniform == [1e-4, 1e-2]


def test_a_fixed_parameter_of_an_augmentation_is_its_only_choice() -> None:
    text = SHORT + "augmentations: {random_adjust_hue: {enabled: true, max_delta: 0.02}}\n"
    hue = parse_spec(text).augmentations["random_adjust_hue"]
    assert hue.enabled == [True]
    assert hue.parameters["max_delta"].choice == [0.02]


CASES = {
    "space.gamma.unifrom: unknown key; did you mean 'uniform'?": "space: {gamma: {unifrom: [1, 2]}}",
    "space.a: give exactly one of log_uniform, uniform, integer, log_integer, choice, got none": (
        "space: {a: {}}"
    ),
    "space.a: give exactly one of log_uniform, uniform, integer, log_integer, choice, got uniform and choice": (
        "space: {a: {uniform: [1, 2], choice: [1]}}"
    ),
    "space.a: uniform [2.0, 1.0] must rise: write [low, high]": "space: {a: {uniform: [2, 1]}}",
    "space.a: log_uniform [0.0, 1.0] must be above 0; use uniform": "space: {a: {log_uniform: [0, 1]}}",
    "space.a: step belongs to integer or uniform, not to choice": "space: {a: {choice: [0, 1], step: 2}}",
    "space.a: choice [1, 1] lists a value twice": "space: {a: {choice: [1, 1]}}",
    "set.x: must be a number, a text, true or false (got [1])": "set: {x: [1]}",
    "trials: input should be greater than or equal to 1 (got 0)": "trials: 0",
    "trials: input should be a valid integer (got '8')": "trials: '8'",
    "time_budget: 'soon' is no duration": "time_budget: soon",
    "objective.metrik: unknown key; did you mean 'metric'?": "objective: {metrik: mAP}",
    "objective.mode: input should be 'max' or 'min' (got 'up')": "objective: {mode: up}",
    "sampler.type: input should be a valid string (got 3)": "sampler: {type: 3}",
    "the sweep file: sampler and searcher are both given, the same key by two names; keep sampler": (
        "sampler: {type: tpe}\nsearcher: {type: tpe}"
    ),
    "training.stepz: unknown key; did you mean 'steps'?": "training: {stepz: 5}",
    "resources_per_trial: cpu 1.5 must be a whole number or below 1": "resources_per_trial: {cpu: 1.5}",
    "resources_per_trial: gpu 2 is not supported: a trial uses one GPU; give 1 or a fraction": (
        "resources_per_trial: {gpu: 2}"
    ),
    "resources_per_trial.cpu: input should be greater than 0 (got 0)": "resources_per_trial: {cpu: 0}",
    "augmentations.random_adjust_hue.enabled.0: input should be a valid boolean": (
        "augmentations: {random_adjust_hue: {enabled: maybe}}"
    ),
    "trails: unknown key; did you mean 'trials'?": "trails: 5",
    "prepare.validation_fraction: input should be less than 1 (got 1.5)": "prepare: {validation_fraction: 1.5}",
    "objective.floors.mAP: input should be a finite number (got nan)": "objective: {floors: {mAP: .nan}}",
}


@pytest.mark.parametrize(("message", "text"), CASES.items(), ids=CASES)
def test_each_problem_names_file_key_and_remedy(message: str, text: str) -> None:
    base = SHORT if not text.startswith("space") else "name: a\nbase_config: b.config\n"
    with pytest.raises(SweepError) as refused:
        parse_spec(base + text, source="my.yaml")
    assert f"my.yaml: {message}" in str(refused.value)


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ("{type: tpe, startup_trials: 4}", "{type: tpe, startup_trials: 4}"),
        ("{type: random, startup_trials: 8}", "{type: random}"),
    ],
)
def test_searcher_is_read_and_written_as_sampler(earlier: str, now: str, tmp_path: Path) -> None:
    spec = parse_spec(SHORT + f"searcher: {earlier}\n")
    assert spec == parse_spec(SHORT + f"sampler: {now}\n")
    save_spec(spec, tmp_path / "again.yaml")
    text = (tmp_path / "again.yaml").read_text()
    assert "sampler:" in text
    assert "searcher" not in text
    assert load_spec(tmp_path / "again.yaml") == spec


def test_all_problems_are_reported_together() -> None:
    with pytest.raises(SweepError) as refused:
        parse_spec("name: a b\nspace: {x: {uniform: [2, 1]}}\ntrials: 0\nunknown: 1", source="my.yaml")
    lines = str(refused.value).splitlines()
    assert len(lines) == 5
    assert all(line.startswith("my.yaml: ") for line in lines)
    assert any("base_config: is missing" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2", r"my.yaml:2:\d+: "),
        ("name: a\nname: b", r"my.yaml:2:1: the key 'name' is given a second time"),
        ("- 1", "my.yaml: a sweep file is a mapping of keys to values, got list"),
        ("", "my.yaml: a sweep file is a mapping of keys to values, got NoneType"),
        ("name: a\nbase_config: b", "there is nothing to search; give `space` or `augmentations`"),
    ],
)
def test_what_is_no_sweep_file_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(SweepError, match=message):
        parse_spec(text, source="my.yaml")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SweepError, match="not a text file in UTF-8"):
        load_spec(tmp_path / "x.yaml")
