import json

from tests.conftest import ROOT
from tests.examples.test_run_classification import frame


SCRIPT = ROOT / "examples" / "benchmark_accuracy.py"


def test_runs_are_done_once_and_reported(run_python, bert_folder, tmp_path):
    for role, count in {"train": 48, "validation": 16, "test": 16}.items():
        frame(count, seed=count).to_csv(tmp_path / f"{role}.csv", index=False)
    files = {f"{role}_file": f"{role}.csv" for role in ("train", "validation", "test")}
    (tmp_path / "suite.json").write_text(json.dumps({"films": files}))
    options = ["suite.json", "--model_name_or_path", bert_folder, "--output_dir", "out", "--freeze_backbone"]
    options += ["--states_folder", "states", "--epochs", "2", "--learning_rates", "1e-3", "1e-2", "--seeds", "1", "2"]
    options += ["--recipe", '{"average_weights": 0.5, "r_drop_weight": 1.0}']
    first = run_python(SCRIPT, *options, "--heads", "linear-mean", "bigru", "amsdff")
    runs = [json.loads(line) for line in (tmp_path / "out" / "runs.jsonl").read_text().splitlines()]
    assert len(runs) == 3 * 3
    assert {run["head"] for run in runs} == {"linear-mean", "bigru", "amsdff"}
    for head in {run["head"] for run in runs}:
        tried = {run["learning_rate"]: run["validation"] for run in runs if (run["head"], run["seed"]) == (head, 1)}
        best = max(tried, key=lambda rate: (tried[rate]["accuracy"], -tried[rate]["nll"]))
        assert [run["learning_rate"] for run in runs if (run["head"], run["seed"]) == (head, 2)] == [best]
    assert "films: 2 labels" in first.stdout
    again = run_python(SCRIPT, *options, "--heads", "linear-mean", "amsdff")
    assert len((tmp_path / "out" / "runs.jsonl").read_text().splitlines()) == 9
    assert "films: 2 labels" not in again.stdout
    assert "errors saved" in again.stdout
