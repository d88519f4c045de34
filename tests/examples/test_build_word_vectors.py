from datasets import Dataset
from transformers import AutoConfig

from tests.conftest import ROOT


SCRIPT = ROOT / "examples" / "build_word_vectors.py"


def test_vectors_from_a_file_and_from_scratch(run_python, tmp_path):
    Dataset.from_dict({"title": ["a dog", "a cat"], "abstract": ["a dog ran", None]}).to_parquet(
        tmp_path / "t.parquet"
    )
    (tmp_path / "vectors.txt").write_text("dog 1 2\nrun 3 4\n")
    common = ["--train_file", "t.parquet", "--text_column_names", "title,abstract"]
    output = run_python(SCRIPT, *common, "--vectors_file", "vectors.txt", "--output_dir", "glove").stdout
    assert "1 of 2 words (50.0%) have vectors from the file, 28.6% of the running words" in output
    assert AutoConfig.from_pretrained(tmp_path / "glove").hidden_size == 2
    run_python(SCRIPT, *common, "--hidden_size", 7, "--min_count", 1, "--output_dir", "scratch")
    assert AutoConfig.from_pretrained(tmp_path / "scratch").vocab_size == 3 + 4
    failed = run_python(SCRIPT, *common, "--output_dir", "glove", check=False)
    assert "is not empty" in failed.stderr
    failed = run_python(SCRIPT, *common, "--vectors_file", "none", "--output_dir", "x", check=False)
    assert "error: There is no file 'none'" in failed.stderr
