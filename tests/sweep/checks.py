# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What every model type has to do, as the plain model and under a head of this package."""

import copy
import inspect
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, PreTrainedConfig, PreTrainedModel

from amsdff_hf import convert_to_differential_attention
from amsdff_hf.models import ARCHITECTURES
from amsdff_hf.models.configuration_backbone import reading_config

from .facts import NOT_FOR_TEXTS, NOTES, WITHOUT_LEVELS
from .tiny_configs import tiny_config


# Multiples of 4, which reformer wants in training.
LENGTH, PADDING = 12, 4
MIXED_LENGTHS = (LENGTH, 8)
TOLERANCE = 1e-5
# Configuration, model without labels, model with labels.
Architecture = tuple[type[PreTrainedConfig], type[PreTrainedModel], type[PreTrainedModel]]
# A backbone counts as invariant below this relative difference.
INVARIANT = 1e-4


@dataclass
class Row:
    """What is known about one model type; `problems` is empty if all of it works."""

    model_type: str
    reads_right_padding: bool | None = None
    reads_left_padding: bool | None = None
    longest_text: int | None = None
    becomes_differential: bool | None = None
    unused_parameters: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    # Why the plain model cannot be built or run on texts.
    not_for_texts: str | None = None


def check(model_type: str) -> Row:
    """Run all checks on one model type; an exception becomes a problem that names its check."""
    row = Row(model_type, notes=[NOTES[model_type]] if model_type in NOTES else [])
    stage = "tiny configuration"
    try:
        config = tiny_config(model_type)
        stage = "plain model"
        plain = build_plain(config)
        check_plain(row, config, plain)
        stage = "differential attention"
        check_differential(row, copy.deepcopy(plain))
        for classes in ARCHITECTURES:
            refused = model_type in WITHOUT_LEVELS and reads_levels(config, classes)
            for name, checked in ({"refusal": check_refusal} if refused else CHECKS).items():
                stage = f"{classes[0].model_type}, {name}"
                torch.manual_seed(0)
                checked(row, config, classes)
    except Exception as error:
        row.problems.append(f"{stage}: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
    return compare_with_facts(row, stage)


def compare_with_facts(row: Row, last_stage: str) -> Row:
    """Replace the problem by the known reason if the plain model fails too, or tell that the reason is out of date."""
    reason = NOT_FOR_TEXTS.get(row.model_type)
    if reason is not None and last_stage == "plain model":
        return Row(row.model_type, not_for_texts=reason)
    expect(reason is None, row, "the plain model works, though facts.py says that it cannot")
    return row


def reads_levels(config: PreTrainedConfig, classes: Architecture) -> bool:
    """Whether the head, as it is by default on this backbone, reads other hidden states than the last."""
    try:
        return classes[0](backbone_config=config.to_dict()).hidden_levels is not None
    except ValueError:
        # `check_refusal` looks at the sentence.
        return True


def build_plain(config: PreTrainedConfig) -> nn.Module:
    """Build the model as `AutoModel` does, the encoder of an encoder-decoder."""
    torch.manual_seed(0)
    if config.architectures is None:
        config.architectures = []
    model = AutoModel.from_config(config).eval()
    return model.get_encoder() if config.is_encoder_decoder else model


def texts(rows: int = 2) -> torch.Tensor:
    """Random texts without padding, `(rows, LENGTH)`."""
    return torch.randint(10, 100, (rows, LENGTH), generator=torch.Generator().manual_seed(1))


def padding_id(config: PreTrainedConfig) -> int:
    """What a tokenizer would pad with; some embeddings of it are zero, and some models rely on that."""
    config = reading_config(config)
    pad, size = getattr(config, "pad_token_id", None), getattr(config, "vocab_size", None) or 2
    return pad if isinstance(pad, int) and 0 <= pad < size else 1


def padded(ids: torch.Tensor, side: str, pad: int) -> dict[str, torch.Tensor]:
    """Pad on one side, with a mask."""
    padding = ids.new_full((len(ids), PADDING), pad)
    parts = [(ids, torch.ones_like(ids)), (padding, torch.zeros_like(padding))]
    parts = parts if side == "right" else parts[::-1]
    return {
        "input_ids": torch.cat([part[0] for part in parts], dim=1),
        "attention_mask": torch.cat([part[1] for part in parts], dim=1),
    }


@torch.no_grad()
def check_plain(row: Row, config: PreTrainedConfig, plain: nn.Module) -> None:
    """Run the plain model, and see whether padding changes what it makes of the tokens."""
    alone = run_plain(plain, {"input_ids": texts(), "attention_mask": torch.ones_like(texts())})
    right = run_plain(plain, padded(texts(), "right", padding_id(config)))[:, :LENGTH]
    left = run_plain(plain, padded(texts(), "left", padding_id(config)))[:, -LENGTH:]
    row.reads_right_padding = differs(alone, right) > INVARIANT
    row.reads_left_padding = differs(alone, left) > INVARIANT


@torch.no_grad()
def check_differential(row: Row, plain: nn.Module) -> None:
    """Convert all of the plain model's attention: it computes what it did, or is refused by a sentence of ours."""
    inputs = {"input_ids": texts(), "attention_mask": torch.ones_like(texts())}
    expected = run_plain(plain, inputs)
    try:
        convert_to_differential_attention(plain, fraction=1.0)
    except ValueError as error:
        row.becomes_differential = False
        expect("choose" in str(error) or "differential" in str(error), row, f"refused without a reason: {error}")
        return
    row.becomes_differential = True
    difference = differs(expected, run_plain(plain, inputs))
    expect(difference <= TOLERANCE, row, f"differential attention starts with a difference of {difference:g}")


def run_plain(plain: nn.Module, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return the last hidden states, `(batch_size, sequence_length, hidden_size)`."""
    parameters = inspect.signature(type(plain).forward).parameters
    known = {name: value for name, value in inputs.items() if name in parameters}
    without_cache = {"use_cache": False} if "use_cache" in parameters else {}
    return plain(**known, **without_cache, return_dict=True)[0]


def differs(expected: torch.Tensor, actual: torch.Tensor) -> float:
    """Largest difference relative to the largest value; infinite where shapes differ or something is not finite."""
    if expected.shape != actual.shape or not actual.isfinite().all():
        return float("inf")
    return ((expected - actual).abs().max() / expected.abs().max().clamp(min=1e-9)).item()


def build(config: PreTrainedConfig, classes: Architecture) -> PreTrainedModel:
    """Put the head on a tiny backbone, with logits that are not all close to zero."""
    config_class, _, classifier_class = classes
    torch.manual_seed(0)
    model = classifier_class(config_class(backbone_config=config.to_dict(), num_labels=3)).eval()
    # Of one size whatever the width of the head, so that tolerances mean the same.
    scores = model.classifier.label_scores
    nn.init.normal_(scores.weight, std=(scores.in_features / 8) ** -0.5)
    return model


def expect(condition: bool, row: Row, problem: str) -> None:
    """Note the problem unless the condition holds."""
    if not condition:
        row.problems.append(problem)


def check_refusal(row: Row, config: PreTrainedConfig, classes: Architecture) -> None:
    """Refuse a backbone without hidden states that could be read, by a sentence of our own."""
    model_type = classes[0].model_type
    row.notes.append(f"not under {model_type}: {WITHOUT_LEVELS[row.model_type]}")
    try:
        build(config, classes)(texts())
    except ValueError as error:
        expect("`levels`" in str(error), row, f"{model_type} refuses it for another reason: {error}")
    else:
        row.problems.append(f"{model_type} reads it, though facts.py says that it cannot")


def check_training(row: Row, config: PreTrainedConfig, classes: Architecture) -> None:
    """Forward and backward: finite logits, finite gradients on every tensor of the head."""
    model = build(config, classes).train()
    outputs = model(**padded(texts(), "right", padding_id(config)), labels=torch.tensor([0, 2]))
    expect(outputs.logits.shape == (2, 3), row, f"logits have the shape {tuple(outputs.logits.shape)}")
    expect(bool(outputs.logits.isfinite().all()), row, "logits are not finite")
    outputs.loss.backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    wrong = [name for name, gradient in gradients.items() if gradient is not None and not gradient.isfinite().all()]
    expect(not wrong, row, f"gradients are not finite: {wrong}")
    unused = [name for name, gradient in gradients.items() if gradient is None]
    head = [name for name in unused if not name.startswith("backbone.")]
    row.unused_parameters = [name for name in unused if name not in head]
    expect(not head, row, f"head parameters without gradient: {head}")


@torch.no_grad()
def check_reload(row: Row, config: PreTrainedConfig, classes: Architecture) -> None:
    """Save and load, with and without labels: nothing missing or unexpected, same logits."""
    model = build(config, classes)
    expected = model(texts())
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        for auto_class in (AutoModelForSequenceClassification, AutoModel):
            loaded, info = auto_class.from_pretrained(folder, output_loading_info=True)
            wrong = {name: keys for name, keys in info.items() if keys}
            expect(not wrong, row, f"{auto_class.__name__} loads with {wrong}")
            actual = loaded.eval()(texts())
            name = "logits" if auto_class is AutoModelForSequenceClassification else "pooler_output"
            reference = expected.logits if name == "logits" else expected.pooled_output
            difference = (actual[name] - reference).abs().max().item()
            expect(difference <= TOLERANCE, row, f"{auto_class.__name__} reloads with a difference of {difference:g}")


@torch.no_grad()
def check_padding(row: Row, config: PreTrainedConfig, classes: Architecture) -> None:
    """Same logits for a text alone, in a batch, and padded left, right or on both sides."""
    if row.reads_right_padding:
        return
    model = build(config, classes)
    alone = torch.cat([model(ids[None, :length]).logits for ids, length in zip(texts(), MIXED_LENGTHS)])
    for side in ("right", "left", "both"):
        difference = differs(alone, model(**mixed_lengths(side, padding_id(config))).logits)
        expect(difference <= TOLERANCE, row, f"padding ({side}) changes the logits by {difference:.1g}")


def mixed_lengths(side: str, pad: int) -> dict[str, torch.Tensor]:
    """Texts of different lengths in one batch, padded on one side or on both."""
    total = LENGTH + PADDING
    ids, mask = torch.full((len(MIXED_LENGTHS), total), pad), torch.zeros(len(MIXED_LENGTHS), total).long()
    for row, (text, length) in enumerate(zip(texts(), MIXED_LENGTHS)):
        start = {"right": 0, "left": total - length, "both": PADDING // 2}[side]
        ids[row, start : start + length] = text[:length]
        mask[row, start : start + length] = 1
    return {"input_ids": ids, "attention_mask": mask}


@torch.no_grad()
def check_from_backbone(row: Row, config: PreTrainedConfig, classes: Architecture) -> None:
    """Start from a saved backbone, which stays as it is bit for bit."""
    with tempfile.TemporaryDirectory() as folder:
        whole = AutoModel.from_config(AutoConfig.for_model(**config.to_dict()))
        whole.save_pretrained(folder)
        model = classes[-1].from_backbone(folder, labels=["a", "b"])
        weights = list(whole.state_dict().values())
    for name, weight in model.backbone.state_dict().items():
        same = any(weight.shape == other.shape and torch.equal(weight, other) for other in weights)
        expect(same, row, f"from_backbone changes {name}")
    expect(bool(model(texts()).logits.isfinite().all()), row, "logits after from_backbone are not finite")


@torch.no_grad()
def check_resize(row: Row, config: PreTrainedConfig, classes: Architecture) -> None:
    """A larger vocabulary is read, saved and loaded again; what fails has to fail in the plain model too."""
    try:
        resize_and_reload(build(config, classes), lambda model, ids: model(ids).logits)
    except Exception:
        try:
            resize_and_reload(AutoModel.from_config(copy.deepcopy(config)).eval(), run_reader)
        except Exception as error:
            note = f"with a resized vocabulary it does not run or load ({type(error).__name__} in transformers)"
            row.notes += [note] if note not in row.notes else []
            return
        raise


def resize_and_reload(model: PreTrainedModel, run: Callable) -> None:
    """Resize, run on the last new token, save, load, and run again."""
    size = len(model.get_input_embeddings().weight) + 5
    model.resize_token_embeddings(size)
    ids = torch.full((1, LENGTH), size - 1)
    expected = run(model, ids)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        reloaded = type(model).from_pretrained(folder).eval()
    difference, known = differs(expected, run(reloaded, ids)), model.config.get_text_config().vocab_size
    assert difference <= TOLERANCE, f"what it makes of the last new token changes by {difference:.1g} in saving"
    assert known == size, f"config.vocab_size is {known} after resizing to {size}"


def run_reader(whole: PreTrainedModel, ids: torch.Tensor) -> torch.Tensor:
    """Run the part of the plain model that reads."""
    return run_plain(whole.get_encoder() if whole.config.is_encoder_decoder else whole, {"input_ids": ids})


@torch.no_grad()
def check_length(row: Row, config: PreTrainedConfig, classes: Architecture) -> None:
    """The longest text is read; a longer one is refused in a sentence, or there is no longest one."""
    model = build(config, classes)
    row.longest_text = model.max_sequence_length
    if row.longest_text is None:
        positions = getattr(reading_config(config), "max_position_embeddings", None) or 0
        model(torch.full((1, 2 * max(positions, 128)), 10))
        return
    model(torch.full((1, row.longest_text), 10))
    try:
        run_plain(build_plain(copy.deepcopy(config)), {"input_ids": torch.full((1, row.longest_text + 1), 10)})
    except (AssertionError, IndexError, RuntimeError, ValueError):
        return
    expect(False, row, f"the plain model reads more than {row.longest_text} tokens")


def check_names(row: Row, config: PreTrainedConfig, classes: Architecture) -> None:
    """No layer of the head is called like one of the backbone, so that adapters by name reach the backbone only."""
    model = build(config, classes)
    same = layer_names(model.classifier) & layer_names(model.backbone)
    expect(not same, row, f"the head and the backbone both have layers called {sorted(same)}")


def layer_names(model: nn.Module) -> set[str]:
    """Last part of the name of every layer that LoRA can adapt."""
    kinds = (nn.Linear, nn.Conv1d, nn.Embedding)
    return {name.rpartition(".")[2] for name, layer in model.named_modules() if isinstance(layer, kinds)}


CHECKS = {
    "training": check_training,
    "save and load": check_reload,
    "padding": check_padding,
    "from_backbone": check_from_backbone,
    "resizing": check_resize,
    "length": check_length,
    "names": check_names,
}
