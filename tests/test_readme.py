import re

from amsdff_hf.models import ARCHITECTURES
from tests.conftest import ROOT


# The help of all examples by one process, since most of its time goes into imports.
HELPS = """
import runpy, sys
folder, *names = sys.argv[1:]
sys.path.insert(0, folder)
for name in names:
    sys.argv = [name, "--help"]
    try:
        runpy.run_path(f"{folder}/{name}.py", run_name="__main__")
    except SystemExit:
        pass
"""
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_python_runs(run_python, bert_folder):
    code = "".join(re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL))
    code = code.replace('"distilbert-base-uncased"', repr(bert_folder))
    code = code.replace('TrainingArguments("runs/readme"', 'TrainingArguments(use_cpu=True, output_dir="runs/readme"')
    lines = run_python("-c", code).stdout.splitlines()
    assert any(line.startswith("[{'label': ") for line in lines)
    assert any("WordWeight(word='good'" in line for line in lines)
    # Two of a column, one of a pair.
    assert [line[:11] for line in lines].count("{'label': '") == 3
    assert float(re.search(r"tensor\(([\d.]+)", "".join(lines)).group(1)) > 0
    assert lines[-1] == "{1: 0.0}"


def test_every_option_and_file_it_names_exists(run_python):
    files = {path: (ROOT / path).read_text() for path in re.findall(r"examples/\w+\.py", README)}
    # The others are shown, and not run.
    named = sorted(path.split("/")[1].removesuffix(".py") for path, text in files.items() if "__main__" in text)
    usage = run_python("-c", HELPS, ROOT / "examples", *named).stdout
    assert usage.count("usage: ") == len(named)
    # Options of the launchers; tests/examples/test_processes.py runs those commands.
    launchers = {"--cpu", "--multi_gpu", "--num_processes", "--nproc_per_node"}
    launchers |= {"--nnodes", "--node_rank", "--rdzv_backend", "--rdzv_endpoint"}
    options = set(re.findall(r"--[a-z_]+", README)) - launchers
    assert not [option for option in options if not re.search(rf"{option}\b", usage)]
    helps = dict(zip(named, usage.split("usage: ")[1:], strict=True))
    # It hands on what it does not know.
    helps["hybrid_attention"] += helps["run_classification"]
    blocks = re.findall(r"```bash\n(.*?)```", README, flags=re.DOTALL)
    commands = re.findall(r"examples/(\w+)\.py(.*)", "".join(blocks).replace("\\\n", " "))
    assert len(commands) > 20
    for name, rest in commands:
        missing = [option for option in re.findall(r"--[a-z_]+", rest) if not re.search(rf"{option}\b", helps[name])]
        assert not missing, f"{name}: {missing}"
    for path in re.findall(r"\b(?:examples|amsdff_hf)/[\w/]+\.py", README):
        assert (ROOT / path).is_file(), path


def test_every_command_it_names_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text()
    for text in (README, (ROOT / "CONTRIBUTING.md").read_text()):
        for line in re.findall(r"(?:^|`)make ([a-z -]+)", text, flags=re.MULTILINE):
            for target in line.split():
                assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_the_table_of_the_config_is_complete():
    from dataclasses import fields

    from transformers import PreTrainedConfig

    tables = README[README.index("## Configuration") : README.index("## What is promised")]
    inherited = {field.name for field in fields(PreTrainedConfig)} | {"backbone_config"}
    for config_class, _, _ in ARCHITECTURES:
        own = {field.name for field in fields(config_class)} - inherited
        assert own <= set(re.findall(r"`(\w+)`", tables))
