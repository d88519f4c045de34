"""Tiny backbones and tokenizers, built once per session; nothing here needs the network."""

import os
import tempfile


os.environ["HF_HUB_OFFLINE"] = "1"
_HF_HOME = tempfile.TemporaryDirectory(prefix="amsdff_hf_tests_", ignore_cleanup_errors=True)
os.environ["HF_HOME"] = _HF_HOME.name
os.environ["TOKENIZERS_PARALLELISM"] = "false"
if "PYTEST_XDIST_WORKER" in os.environ:
    # The cores are taken by the other workers; before torch counts them.
    os.environ["OMP_NUM_THREADS"] = "1"

import subprocess  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402
import torch  # noqa: E402
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors  # noqa: E402
from transformers import (  # noqa: E402
    AutoModel,
    BertConfig,
    DistilBertConfig,
    LlamaConfig,
    ModernBertConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    T5Config,
)

from amsdff_hf.models import ARCHITECTURES  # noqa: E402


ROOT = Path(__file__).parent.parent
TEXT = "the a good bad great poor film book plot actor sport team game market bank share price not very was is"
WORDS = TEXT.split()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = ["##s", "##ing", "##ed", ".", ","]
VOCABULARY = [*SPECIAL, *WORDS, *PIECES]

SIZES = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 37,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
}
BACKBONE_CONFIGS = {
    "bert": lambda: BertConfig(**SIZES),
    "distilbert": lambda: DistilBertConfig(
        vocab_size=len(VOCABULARY),
        dim=32,
        n_layers=2,
        n_heads=4,
        hidden_dim=37,
        max_position_embeddings=64,
        pad_token_id=0,
    ),
    "roberta": lambda: RobertaConfig(**{**SIZES, "type_vocab_size": 1, "bos_token_id": 2, "eos_token_id": 3}),
    "modernbert": lambda: ModernBertConfig(
        **{**SIZES, "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
    ),
    "llama": lambda: LlamaConfig(**{**SIZES, "num_key_value_heads": 2, "bos_token_id": 2, "eos_token_id": 3}),
    "t5": lambda: T5Config(
        vocab_size=len(VOCABULARY), d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4, pad_token_id=0
    ),
}


def make_tokenizer() -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer like BERT's, with a vocabulary of a few dozen words."""
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def padded_texts(length: int = 9, rows: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Random ids and their mask, padded on the right; the second text has one token."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(5, SIZES["vocab_size"], (rows, length), generator=generator)
    lengths = torch.tensor([length, 1, length // 2, length - 1])[:rows]
    mask = (torch.arange(length) < lengths[:, None]).long()
    return ids * mask, mask


def random_model(config, **kwargs) -> PreTrainedModel:
    """A classifier of the config's architecture, in evaluation mode, whose logits are not all close to zero."""
    torch.manual_seed(0)
    classifier_class = {config_class: classifier for config_class, _, classifier in ARCHITECTURES}[type(config)]
    model = classifier_class(config, **kwargs).eval()
    scores = model.classifier.label_scores
    torch.nn.init.normal_(scores.weight, std=(scores.in_features / 8) ** -0.5)
    return model


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what takes long as slow for the architectures that its `quick_for` does not name."""
    for item in items:
        marker = item.get_closest_marker("quick_for")
        if marker is not None and item.callspec.params["config_class"][0].model_type not in marker.args:
            item.add_marker("slow")


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    return make_tokenizer()


@pytest.fixture(scope="session", params=list(BACKBONE_CONFIGS))
def backbone_name(request) -> str:
    return request.param


@pytest.fixture
def backbone_config(backbone_name):
    return BACKBONE_CONFIGS[backbone_name]()


@pytest.fixture(scope="session", params=ARCHITECTURES, ids=[classes[0].model_type for classes in ARCHITECTURES])
def config_class(request):
    """The configuration class of every architecture, for what all of them promise."""
    return request.param[0]


@pytest.fixture(scope="session")
def model_class(config_class):
    """The class without labels of the same architecture."""
    return next(model_class for other, model_class, _ in ARCHITECTURES if other is config_class)


@pytest.fixture(scope="session")
def classifier_class(config_class):
    """The class with labels of the same architecture."""
    return next(classifier for other, _, classifier in ARCHITECTURES if other is config_class)


@pytest.fixture
def bert_config() -> BertConfig:
    return BACKBONE_CONFIGS["bert"]()


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory, tokenizer) -> str:
    """A saved random BERT with its tokenizer."""
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    model = AutoModel.from_config(BACKBONE_CONFIGS["bert"]())
    # Words stand out against positions, as in a trained model, so that a head learns in seconds.
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(50)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture
def run_python(tmp_path):
    """Run a command line of Python in an empty folder; returns the finished process, output as text."""

    def run(*command: object, check: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [sys.executable, *map(str, command)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            timeout=240,
        )
        assert not check or done.returncode == 0, done.stderr[-3000:]
        return done

    return run
