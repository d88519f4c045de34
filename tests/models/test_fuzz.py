"""Random inputs and configurations: finite numbers or one clear sentence, never a crash somewhere below."""

import math
import traceback
from inspect import signature
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import amsdff_hf
from amsdff_hf.models import ARCHITECTURES
from amsdff_hf.models.configuration_amsdff import POOLING_MEMBERS
from tests.conftest import BACKBONE_CONFIGS, SIZES, random_model


PACKAGE = str(Path(amsdff_hf.__file__).parent)
LONGEST = SIZES["max_position_embeddings"]
# The positions of RoBERTa start after the padding id; those of the last two have no end.
POSITIONS = {"bert": LONGEST, "distilbert": LONGEST, "roberta": LONGEST - 1}
DTYPES = [torch.float32, torch.float16, torch.bfloat16]
QUICK = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
THOROUGH = settings(QUICK, max_examples=5000)
MODELS = {}


def cached_model(config_class, name, dtype):
    key = config_class, name, dtype
    if key not in MODELS:
        MODELS[key] = random_model(config_class(backbone_config=BACKBONE_CONFIGS[name](), num_labels=3)).to(dtype)
    return MODELS[key]


def expect_our_own_sentence(error, allowed=True):
    """The error has to come from a line of this package, and to be a sentence."""
    assert allowed, error
    raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
    assert raised_in.startswith(PACKAGE), f"{type(error).__name__} in {raised_in}: {error}"
    assert len(str(error)) > 40


def mostly(*usual, rarely):
    """One of the usual values, in one case of ten one of the others."""
    return st.integers(0, 9).flatmap(lambda die: st.sampled_from(usual if die else rarely))


# --- inputs ------------------------------------------------------------------------------------------------------


@st.composite
def inputs(draw):
    """Ids or embeddings with a mask, all of them valid but for the length and, rarely, an id or the mask's shape."""
    rows, length = draw(mostly(1, 2, 3, 4, 5, rarely=[0])), draw(mostly(*range(1, LONGEST), rarely=[0, LONGEST, 99]))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    kind = draw(mostly("ids", "special", "embeddings", rarely=["wrong ids"]))
    if kind == "embeddings":
        scale = draw(st.sampled_from([0.0, 1e-30, 1e-4, 1.0, 1e4]))
        width = draw(mostly(SIZES["hidden_size"], rarely=[1, SIZES["hidden_size"] + 1]))
        made = {"inputs_embeds": scale * torch.randn(rows, length, width, generator=generator)}
    else:
        low, high = {"ids": (0, SIZES["vocab_size"]), "special": (0, 5), "wrong ids": (-2, SIZES["vocab_size"] + 2)}[
            kind
        ]
        made = {"input_ids": torch.randint(low, high, (rows, length), generator=generator)}
    share = draw(st.sampled_from([None, 0.0, 0.1, 0.5, 0.9, 1.0]))
    if share is not None:
        shape = draw(
            mostly((rows, length), rarely=[(rows, length + 1), (rows + 1, length), (rows, 1, length), (length,)])
        )
        mask = torch.rand(shape, generator=generator) < share
        made["attention_mask"] = mask.to(draw(st.sampled_from([torch.bool, torch.int32, torch.int64, torch.float32])))
    if draw(st.booleans()):
        low, high = draw(mostly((0, 2), rarely=[(-1, 3)]))
        made["token_type_ids"] = torch.randint(low, high, (rows, length), generator=generator)
    if draw(st.booleans()):
        low, high = draw(mostly((0, LONGEST), rarely=[(-1, LONGEST), (0, 200)]))
        made["position_ids"] = torch.randint(low, high, (rows, length), generator=generator)
    return made


@st.composite
def labels(draw, rows):
    """Labels for three classes: fitting, left out, or of a wrong shape, dtype or value."""
    low, high = draw(mostly((0, 3), (-100, -99), rarely=[(-2, 5)]))
    made = torch.randint(low, high, (rows,), generator=torch.Generator().manual_seed(draw(st.integers(0, 99))))
    made = made.to(draw(mostly(torch.int64, torch.int32, rarely=[torch.float32])))
    return draw(mostly(made, rarely=[made[:-1], made[:, None].expand(-1, 3)]))


def are_ids(values, size):
    return values is None or values.numel() == 0 or bool(0 <= values.min() <= values.max() < size)


def check_inputs(config_class, name, dtype, made, wanted):
    model = cached_model(config_class, name, dtype)
    made = {key: value.to(dtype) if key == "inputs_embeds" else value for key, value in made.items()}
    rows, length = next(iter(made.values())).shape[:2]
    asked = {"return_explanations": True} if "return_explanations" in signature(model.forward).parameters else {}
    valid = (
        made.get("attention_mask", torch.ones(rows, length)).shape == (rows, length)
        and are_ids(made.get("input_ids"), SIZES["vocab_size"])
        # The other backbones know no token types, and these are left out.
        and (name != "bert" or are_ids(made.get("token_type_ids"), 2))
        # T5 takes none, and those of the last two have no end.
        and (name not in POSITIONS or are_ids(made.get("position_ids"), LONGEST))
        and made.get("inputs_embeds", torch.zeros(1, SIZES["hidden_size"])).shape[-1] == SIZES["hidden_size"]
    )
    fits = rows > 0 and 1 <= length <= POSITIONS.get(name, math.inf)
    try:
        with torch.no_grad():
            outputs = model(**made, **asked)
    except ValueError as error:
        return expect_our_own_sentence(error, allowed=not (fits and valid))
    assert fits
    assert valid
    assert outputs.logits.shape == (rows, 3)
    for field, value in outputs.items():
        assert value.isfinite().all(), field
    try:
        loss = model.loss_function(outputs.logits, wanted)
    except ValueError as error:
        return expect_our_own_sentence(error)
    assert loss.isfinite()
    return None


def fuzz_inputs(data):
    config_class = data.draw(st.sampled_from([classes[0] for classes in ARCHITECTURES]))
    name, dtype = data.draw(st.sampled_from(list(BACKBONE_CONFIGS))), data.draw(st.sampled_from(DTYPES))
    made = data.draw(inputs())
    check_inputs(config_class, name, dtype, made, data.draw(labels(next(iter(made.values())).shape[0])))


# --- configurations ----------------------------------------------------------------------------------------------


PROBLEM_TYPES = ["regression", "multi_label_classification", "single_label_classification", None]


SHARES = st.sampled_from([0.0, 1e-30, 0.1, 0.5, 0.999])
DEPTH = SIZES["num_hidden_layers"]


def amsdff_fields(draw):
    """Fields of AMSDFF's head at random values that fit each other."""
    widths = draw(st.lists(st.integers(1, 40), max_size=3))
    return {
        "scales": st.lists(st.sampled_from(range(1, 32, 2)), min_size=1, max_size=4, unique=True),
        "num_fusion_heads": st.integers(1, 40),
        "num_experts": st.none() | st.integers(1, 5),
        "fusion_residual": st.none() | st.booleans(),
        "expert_hidden_size": st.none() | st.integers(1, 40),
        "pooling": st.lists(st.sampled_from(POOLING_MEMBERS), min_size=1, max_size=4, unique=True),
        "pooling_hidden_size": st.none() | st.integers(1, 40),
        "num_pooling_heads": st.integers(1, 40),
        "classifier_hidden_sizes": st.just(widths),
        "classifier_dropouts": st.lists(SHARES, min_size=len(widths), max_size=len(widths)),
        "head_dropout": SHARES,
        "head_attention_dropout": SHARES,
    }


def pyramid_graph_fields(draw):
    """Fields of the pyramid graph's head at random values."""
    levels = st.lists(st.integers(0, DEPTH), min_size=1, max_size=3, unique=True).map(sorted)
    return {
        "levels": st.just("auto") | levels,
        "graph_hidden_size": st.none() | st.integers(1, 40),
        "smoothing_width": st.sampled_from([1, 3, 31]),
        "node_spans": st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True).map(sorted),
        "window_size": st.integers(0, 9),
        "num_neighbors": st.integers(0, 40),
        "graph_layer": st.sampled_from(["gat", "gatv2", "gcn"]),
        "num_graph_layers": st.integers(1, 3),
        "num_graph_heads": st.integers(1, 40),
        "graph_backend": st.sampled_from(["auto", "dense", "sparse"]),
        "max_dense_nodes": st.integers(1, 20),
        "head_dropout": SHARES,
        "head_attention_dropout": SHARES,
    }


def cnn_bilstm_fields(draw):
    """Fields of the CNN-BiLSTM's head at random values."""
    return {
        "lstm_hidden_size": st.integers(1, 20),
        "num_lstm_heads": st.integers(1, 40),
        "conv_kernel_sizes": st.lists(st.integers(1, 31), min_size=1, max_size=4, unique=True),
        "num_filters": st.integers(1, 20),
        "conv_norm": st.sampled_from(["layer", "batch"]),
        "num_pooling_heads": st.integers(1, 9),
        "classifier_hidden_size": st.integers(1, 40),
        "input_dropout": SHARES,
        "lstm_dropout": SHARES,
        "conv_dropout": SHARES,
        "head_attention_dropout": SHARES,
        "classifier_dropout": SHARES,
    }


def amccl_fields(draw):
    """Fields of AMCCL's head at random values."""
    return {
        "audio_size": st.none() | st.integers(1, 9),
        "vision_size": st.none() | st.integers(1, 9),
        "text_pooling": st.sampled_from(["cls", "mean", "last"]),
        "fusion_size": st.integers(5, 20),
        "post_fusion_size": st.integers(1, 20),
        "num_encoder_layers": st.integers(1, 2),
        "encoder_hidden_size": st.integers(1, 20),
        "num_audio_heads": st.integers(1, 9),
        "num_vision_heads": st.integers(1, 9),
        "skip_reduction": st.integers(1, 99),
        "view_kernel_sizes": st.lists(st.sampled_from(range(1, 32, 2)), min_size=1, max_size=5, unique=True),
        "squeeze_reduction": st.integers(1, 99),
        "modality_dropout": SHARES,
        "encoder_dropout": SHARES,
        "fusion_dropout": SHARES,
        "inter_weight": st.sampled_from([0.0, 0.2, 5.0]),
        "intra_weight": st.sampled_from([0.0, 1.0]),
        "contrastive_margin": st.sampled_from([0.0, 0.8]),
    }


HEAD_FIELDS = {
    "amccl": amccl_fields,
    "amsdff": amsdff_fields,
    "cnn_bilstm": cnn_bilstm_fields,
    "pyramid_graph": pyramid_graph_fields,
}


def fitting_fields(draw, config_class):
    """Fields of a configuration that all fit each other, each at a random value."""
    num_labels, weights = draw(st.integers(1, 4)), st.sampled_from([0, 1e-30, 0.3, 1.0, 1e6])
    fields = {
        **HEAD_FIELDS[config_class.model_type](draw),
        "loss_weights": st.tuples(weights, weights, st.sampled_from([0.1, 1.0])),
        "focal_gamma": st.sampled_from([0, 1e-30, 0.5, 2.0, 5, 1e6]),
        "label_smoothing": SHARES,
        "class_weights": st.none() | st.lists(weights, min_size=num_labels, max_size=num_labels),
        "regression_loss": st.sampled_from(["l1", "mse", "huber"]),
        "huber_delta": st.sampled_from([1e-30, 0.5, 1.0, 1e6]),
        "thresholds": st.none() | st.lists(SHARES, min_size=num_labels, max_size=num_labels),
        "contrastive_weight": st.sampled_from([0.0, 0.01, 1.0]),
        "contrastive_form": st.sampled_from(["infonce", "published"]),
        "contrastive_temperature": st.sampled_from([0.01, 0.1, 9.0]),
        "contrastive_threshold": st.sampled_from([0.05, 0.5, 3.0]),
        "contrastive_gain": st.sampled_from([0.1, 1.5]),
        "refine_weight": st.sampled_from([0.0, 4.0]),
        "label_range": st.sampled_from([1.0, 3.0]),
        "initializer_range": st.sampled_from([0.0, 1e-30, 0.02, 1.0]),
        "labels": st.just([f"label {index}" for index in range(num_labels)]),
        "problem_type": st.sampled_from(PROBLEM_TYPES[:2] if num_labels == 1 else PROBLEM_TYPES),
    }
    drawn = {name: draw(strategy) for name, strategy in fields.items()}
    fits = {"class_weights": drawn["problem_type"] != "regression"}
    fits["thresholds"] = drawn["problem_type"] in (None, "multi_label_classification")
    return drawn | {name: None for name, fitting in fits.items() if not fitting}


WRONG_IN_HEAD = {
    "amsdff": {
        "scales": [[], [2], [1, 1], [-1], [33], ["1"], list(range(1, 81, 2)), 3],
        "num_fusion_heads": [0, -1, 2.5, "8", None],
        "num_experts": [0, -3, "2"],
        "expert_hidden_size": [0, -1, 1.5],
        "pooling": [[], ["sum"], ["max", "max"], "max", None],
        "pooling_hidden_size": [0, "half"],
        "num_pooling_heads": [0, -1],
        "classifier_hidden_sizes": [[0], [-4, 3], ["3"], 64],
        "classifier_dropouts": [[1.0], [-0.1], [math.nan], [0.1] * 7, 0.1],
        "head_dropout": [1, -0.5, math.inf, math.nan, "0.1"],
        "head_attention_dropout": [1, -0.5, math.nan],
    },
    "pyramid_graph": {
        "levels": [[], [0, DEPTH + 1], [-1], [1, 1], [2, 1], "top", ["1"], 2, None],
        "graph_hidden_size": [0, -1, "wide"],
        "smoothing_width": [0, 2, -1, 2.5],
        "node_spans": [[], [0], [4, 2], [1, 1], [513], ["1"], 2],
        "window_size": [-1, 0.5, None],
        "num_neighbors": [-1, None],
        "graph_layer": ["sage", None],
        "num_graph_layers": [0, -1],
        "num_graph_heads": [0, "2"],
        "graph_backend": ["gpu", None],
        "max_dense_nodes": [0, None],
        "head_dropout": [1, -0.5, math.nan, "0.1"],
        "head_attention_dropout": [1, math.inf],
    },
    "amccl": {
        "audio_size": [0, "5"],
        "vision_size": [-1, 1.5],
        "text_pooling": ["max", None],
        "fusion_size": [0, "64"],
        "post_fusion_size": [0],
        "num_encoder_layers": [0],
        "encoder_hidden_size": [0, None],
        "num_audio_heads": [0],
        "num_vision_heads": [-4],
        "skip_reduction": [0],
        "view_kernel_sizes": [[], [2], [3, 3], [33], 3],
        "squeeze_reduction": [0, 0.5],
        "modality_dropout": [1, -0.1],
        "encoder_dropout": [1.5],
        "fusion_dropout": [1, math.nan],
        "inter_weight": [-1, math.inf],
        "intra_weight": [-1],
        "contrastive_margin": [-0.1, math.nan],
    },
    "cnn_bilstm": {
        "lstm_hidden_size": [0, "128"],
        "num_lstm_heads": [0, None],
        "conv_kernel_sizes": [[], [0], [3, 3], [32], ["3"], 3],
        "num_filters": [0, -1],
        "conv_norm": ["group", None],
        "num_pooling_heads": [0],
        "classifier_hidden_size": [0, 1.5],
        "input_dropout": [1, -0.1, "0.6"],
        "lstm_dropout": [1, math.nan],
        "conv_dropout": [1, -1],
        "head_attention_dropout": [1, math.inf],
        "classifier_dropout": [1, -0.5],
    },
}
WRONG = {
    "loss_weights": [(0, 0, 0), (1, 0), (-1, 1, 1), (math.inf, 0, 0), (math.nan, 1, 1)],
    "focal_gamma": [-1, math.inf, math.nan],
    "label_smoothing": [1, -0.1, math.nan],
    "class_weights": [[1.0] * 9, [-1.0], [math.nan], [math.inf], []],
    "regression_loss": ["cosine", None],
    "huber_delta": [0, -1, math.inf, math.nan],
    "thresholds": [[0.5] * 9, [1.5], [-1.0], [math.nan], []],
    "contrastive_weight": [-1, math.inf, math.nan],
    "contrastive_form": ["triplet", None],
    "contrastive_temperature": [0, -1, math.nan],
    "contrastive_threshold": [0, math.inf],
    "contrastive_gain": [0, -1.5],
    "refine_weight": [-1, math.nan],
    "label_range": [0, -3],
    "initializer_range": [-0.1, math.inf, math.nan],
    "labels": [[], ["a", "a"], [""], "yes", [1, 1]],
    "problem_type": ["ranking", ""],
}


def expect_named_field(error, wrong):
    """The message has to name one of the wrong fields."""
    assert any(name in str(error) for name in wrong), error


def fuzz_config(data):
    config_class = data.draw(st.sampled_from([classes[0] for classes in ARCHITECTURES]))
    fields = data.draw(st.composite(fitting_fields)(config_class))
    values = WRONG | WRONG_IN_HEAD[config_class.model_type]
    wrong = data.draw(st.lists(st.sampled_from(list(values)), max_size=2, unique=True))
    fields |= {name: data.draw(st.sampled_from(values[name])) for name in wrong}
    try:
        config = config_class(backbone_config=BACKBONE_CONFIGS["bert"](), **fields)
    except Exception as error:
        # transformers wraps what a check raises in errors of its own; the sentence is there all the same.
        return expect_named_field(error, wrong)
    assert not wrong
    model = random_model(config).train()
    ids = torch.randint(5, SIZES["vocab_size"], (4, 7), generator=torch.Generator().manual_seed(0))
    wanted = {
        "regression": torch.rand(4, config.num_labels),
        "multi_label_classification": torch.ones(4, config.num_labels),
    }.get(config.problem_type, torch.zeros(4, dtype=torch.long))
    outputs = model(ids, labels=wanted)
    assert outputs.logits.shape == (4, config.num_labels)
    assert outputs.logits.isfinite().all()
    assert outputs.loss.isfinite(), fields
    outputs.loss.backward()
    assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in model.parameters())
    return None


both = pytest.mark.parametrize("fuzz", [fuzz_inputs, fuzz_config])


@both
@QUICK
@given(data=st.data())
def test_random_cases(fuzz, data):
    fuzz(data)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@both
@THOROUGH
@given(data=st.data())
def test_ten_thousand_random_cases(fuzz, data):
    fuzz(data)
