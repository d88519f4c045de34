"""Load what `publish_all` published: `load_all.py with|without COMMITS_AS_JSON`; prints what it got as JSON."""

import json
import os
import sys


HAS_PACKAGE = sys.argv[1:2] == ["with"]
if HAS_PACKAGE:
    import amsdff_hf  # noqa: F401
elif __name__ == "__main__":
    # As if it were not installed: whoever imports it gets an ImportError.
    sys.modules["amsdff_hf"] = None

import torch  # noqa: E402
from huggingface_hub import snapshot_download  # noqa: E402
from transformers import (  # noqa: E402
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    AutoProcessor,
    AutoTokenizer,
    pipeline,
)


IDS = torch.tensor([[2, 5, 6, 7, 3]])
TEXT = "a good film"


def load(name: str, commit: str) -> dict:
    """Load one model in all ways."""
    pins = {} if HAS_PACKAGE else {"trust_remote_code": True, "revision": commit, "code_revision": commit}
    tokenizer_pins = {key: value for key, value in pins.items() if key != "code_revision"}
    model, told = AutoModelForSequenceClassification.from_pretrained(name, output_loading_info=True, **pins)
    features, features_told = AutoModel.from_pretrained(name, output_loading_info=True, **pins)
    tokenizer = AutoTokenizer.from_pretrained(name, **tokenizer_pins)
    classify = pipeline(
        "text-classification",
        model=name,
        revision=pins.get("revision"),
        trust_remote_code=pins.get("trust_remote_code"),
        tokenizer=tokenizer,
    )
    found = {
        "class": f"{type(model).__module__}.{type(model).__name__}",
        "config": type(AutoConfig.from_pretrained(name, **pins)).__name__,
        "problems": [
            sorted(map(str, keys))
            for one in (told, features_told)
            for keys in one.values()
            if not isinstance(keys, str)
        ],
        "tokens": tokenizer(TEXT)["input_ids"],
        "pipeline": classify(TEXT)[0]["label"],
        "files": os.listdir(snapshot_download(name, revision=pins.get("revision"))),
    }
    with torch.no_grad():
        found["logits"] = model(IDS).logits.tolist()
        found["vector"] = list(features(IDS).pooler_output.shape)
    if "amccl" in name:
        processor = AutoProcessor.from_pretrained(name, **tokenizer_pins)
        inputs = processor([TEXT], audio=[torch.zeros(4, 5).tolist()])
        found["processor"] = sorted(inputs)
        found["processed logits"] = model(**inputs).logits.shape[-1]
    return found


if __name__ == "__main__":
    commits = json.loads(sys.argv[2])
    print(json.dumps({name: load(f"org/{name}", commit) for name, commit in commits.items()}))
