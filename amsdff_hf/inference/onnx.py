# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""A classifier as an ONNX file: exported with any batch size and length, run by onnxruntime, fused, in int8."""

import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel

from ..models.text_backbone import longest_text


# Traced with more than one text and token: a dimension of 1 would be taken for a constant.
_EXAMPLE_SHAPE = (2, 8)
_LARGEST_BATCH = 1 << 16
# These took longer than what they put together: MiniLM in float32 is a seventh faster without, and int8 the same.
_SLOW_FUSIONS = ["SkipLayerNormFusion", "BiasGeluFusion"]


class _Logits(nn.Module):
    """The classifier with tensors in and one tensor out."""

    def __init__(self, model: PreTrainedModel):
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor | None = None
    ) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits


def export_onnx(
    model: PreTrainedModel, path: str | os.PathLike, *, token_types: bool = False, source: str | None = None
) -> None:
    """Write a classifier to an ONNX file with a dynamic batch size and length.

    Its inputs are `input_ids`, `attention_mask` and, if wished, `token_type_ids`, each
    `(batch_size, sequence_length)` of 64-bit integers; its output is `logits`, `(batch_size, num_labels)`.

    Args:
        model: a classifier in evaluation mode, on the CPU, in float32.
        path: the file to write; weights above 2 GB go into a second file beside it.
        token_types: give the file the input `token_type_ids`, for backbones that tell the texts of a pair apart by it.
        source: what the file is made of, such as the digest of the weights; it comes back as
            [`OnnxClassifier`]`.source`.

    Raises:
        ImportError: if onnx or onnxscript is not installed.
        ValueError: if the model is in training mode, on another device or in another precision.
    """
    _require("onnx", "onnxscript")
    if model.training or model.device.type != "cpu" or model.dtype != torch.float32:
        raise ValueError(
            f"The model must be in evaluation mode, on the CPU and in float32 to be exported; it is on "
            f"{model.device} in {model.dtype}, training={model.training}: call `model.float().cpu().eval()` first."
        )
    if getattr(model.config, "long_text", None) == "window":
        raise ValueError(
            "A model that reads long texts in windows cannot be exported: how many they are would become part of the "
            'file. Load it by `from_pretrained(..., long_text="cut")` to export it for texts of one window.'
        )
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if token_types else [])]
    example = tuple(torch.ones(_EXAMPLE_SHAPE, dtype=torch.long) for _ in names)
    limit = getattr(model, "max_sequence_length", None)
    batch = torch.export.Dim("batch_size", max=_LARGEST_BATCH)
    length = torch.export.Dim("sequence_length", max=limit or 1 << 20)
    attention = {part: part.config._attn_implementation for part in _parts(model)}
    # ONNX has no fused attention; torch 2.13 cannot follow the shapes of T5's through its decomposition.
    model.set_attn_implementation("eager")
    try:
        program = torch.onnx.export(
            _Logits(model).eval(),
            example,
            dynamo=True,
            input_names=names,
            output_names=["logits"],
            # The other inputs follow the first one; to repeat its names would make the exporter warn.
            dynamic_shapes=(
                {0: batch, 1: length},
                *[{0: torch.export.Dim.AUTO, 1: torch.export.Dim.AUTO}] * (len(names) - 1),
            ),
            verbose=False,
        )
    finally:
        for part, implementation in attention.items():
            part.config._attn_implementation = implementation
    facts = {"problem_type": problem_type_of(model.config), "longest_text": longest_text(model), "source": source}
    program.model.metadata_props.update({name: str(fact) for name, fact in facts.items() if fact is not None})
    program.save(os.fspath(path))


def problem_type_of(config: PreTrainedConfig) -> str:
    """Return what a classifier predicts: as its config says, or regression for a single label and else classes."""
    return config.problem_type or ("regression" if config.num_labels == 1 else "single_label_classification")


def _parts(model: PreTrainedModel) -> list[PreTrainedModel]:
    """The model and the models inside it; each may have an attention of its own."""
    return [part for part in model.modules() if isinstance(part, PreTrainedModel)]


def fuse_onnx(path: str | os.PathLike, fused_path: str | os.PathLike) -> int:
    """Write a copy of an ONNX file in which each usual attention is one operator, for onnxruntime alone.

    Args:
        path: a file written by [`export_onnx`].
        fused_path: the file to write.

    Returns:
        How many attentions are one operator now; those with a position bias of their own (T5) and differential
        attention stay as they are.

    Raises:
        ImportError: if onnx or onnxscript is not installed.
        ValueError: if onnxscript began to put an attention together and did not end.
    """
    _require("onnx", "onnxscript")
    import onnx_ir
    from onnx_ir.passes.common import ShapeInferencePass
    from onnxscript.optimizer import optimize
    from onnxscript.rewriter.ort_fusions.sdpa import fuse_sdpa
    from onnxscript.rewriter.ort_fusions.sdpa_via_mha import replace_sdpa_by_mha

    graph = onnx_ir.load(os.fspath(path))
    ShapeInferencePass()(graph)
    optimize(graph)
    found = fuse_sdpa(graph, apply_shape_inference=True)
    fused = replace_sdpa_by_mha(graph)
    if fused != found:
        raise ValueError(f"onnxscript found {found} attentions and replaced {fused}: use {path} as it is.")
    optimize(graph)
    weights = (value.const_value for value in graph.graph.initializers.values())
    is_apart = any(isinstance(each, onnx_ir.ExternalTensor) for each in weights)
    onnx_ir.save(graph, os.fspath(fused_path), external_data=f"{Path(fused_path).name}.data" if is_apart else None)
    return fused


def quantize_onnx(path: str | os.PathLike, quantized_path: str | os.PathLike) -> None:
    """Write a copy of an ONNX file with weights in int8; activations are quantized while it runs.

    They are so by their range in the whole batch, so that scores depend a little on the other texts of it.

    Args:
        path: a file written by [`export_onnx`], or by [`fuse_onnx`], which is faster.
        quantized_path: the file to write.

    Raises:
        ImportError: if onnxruntime is not installed.
    """
    _require("onnx", "onnxruntime")
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph = onnx.load(os.fspath(path))
    # The quantizer transposes weights, and would then stumble over the shapes that are written down for them.
    del graph.graph.value_info[:]
    # The quantizer cannot tell the number format behind operators of onnxruntime.
    formats = {"DefaultTensorType": onnx.TensorProto.FLOAT}
    quantize_dynamic(
        graph, os.fspath(quantized_path), weight_type=QuantType.QInt8, per_channel=True, extra_options=formats
    )


class OnnxClassifier:
    """An ONNX file of [`export_onnx`] or made from one, run by onnxruntime on the CPU.

    Args:
        path: the file.
        num_threads: threads of onnxruntime for one batch; its own choice if not given.
        num_parallel: batches that [`score`] computes side by side. Two of one thread each were a fifth faster than
            one of two threads.

    Attributes:
        input_names: what it reads.
        longest_text: in tokens, `None` if there is no end to it.
        problem_type: what it predicts, as in the config of the model.
        source: what it was made of, if [`export_onnx`] was told. This one and the last two are `None` in files that
            [`export_onnx`] did not write.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file holds no ONNX model, or `num_parallel` is less than 1.
        ImportError: if onnxruntime is not installed.
    """

    def __init__(self, path: str | os.PathLike, num_threads: int | None = None, num_parallel: int = 1):
        _require("onnxruntime")
        import onnxruntime
        from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument, InvalidGraph, InvalidProtobuf

        if num_parallel < 1:
            raise ValueError(f"`num_parallel` must be at least 1, got {num_parallel}.")
        if not Path(path).is_file():
            raise FileNotFoundError(f"There is no file {os.fspath(path)!r}: write one with `export_onnx`.")
        options = onnxruntime.SessionOptions()
        if num_threads is not None:
            options.intra_op_num_threads = num_threads
        try:
            self._session = onnxruntime.InferenceSession(
                os.fspath(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOW_FUSIONS
            )
        except (InvalidArgument, InvalidGraph, InvalidProtobuf) as error:
            raise ValueError(f"{os.fspath(path)!r} is no ONNX model: write one with `export_onnx`.") from error
        self.input_names = [node.name for node in self._session.get_inputs()]
        self.num_parallel = num_parallel
        facts = self._session.get_modelmeta().custom_metadata_map
        self.longest_text = int(facts["longest_text"]) if "longest_text" in facts else None
        self.problem_type = facts.get("problem_type")
        self.source = facts.get("source")

    def __call__(self, encoded: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the logits `(batch_size, num_labels)` of a batch that a tokenizer made (`return_tensors="np"`).

        Raises:
            ValueError: if the batch lacks one of `input_names`, or tells pairs apart and the file does not.
        """
        missing = [name for name in self.input_names if name not in encoded]
        if missing:
            raise ValueError(
                f"The file reads {self.input_names}, but the batch has no {missing}: let a tokenizer make it."
            )
        types = "token_type_ids"
        if types in encoded and types not in self.input_names and np.any(encoded[types]):
            raise ValueError(f"The file does not read the {types} of these pairs: export it with `token_types=True`.")
        inputs = {name: np.asarray(encoded[name], dtype=np.int64) for name in self.input_names}
        return self._session.run(["logits"], inputs)[0]


@dataclass(frozen=True)
class Parity:
    """How close another form of a classifier comes to it.

    Args:
        texts: number of texts compared.
        largest_difference: largest difference between two logits, NaN if one of them is.
        same_decisions: share of the texts with the same highest logit.
    """

    texts: int
    largest_difference: float
    same_decisions: float


@torch.inference_mode()
def compare_with_model(
    onnx_classifier: OnnxClassifier, model: PreTrainedModel, batches: Sequence[Mapping[str, np.ndarray]]
) -> Parity:
    """Compare the logits of an ONNX file with those of the model that it was made from.

    Args:
        onnx_classifier: the file.
        model: the model.
        batches: what a tokenizer made of texts (`return_tensors="np"`).
    """
    largest, same, texts = 0.0, 0, 0
    for batch in batches:
        inputs = {name: np.asarray(batch[name]) for name in onnx_classifier.input_names}
        actual = onnx_classifier(inputs)
        expected = model(**{name: torch.from_numpy(values) for name, values in inputs.items()}).logits.numpy()
        # A plain `max` would let a NaN pass for no difference.
        largest = float(np.maximum(largest, np.abs(actual - expected).max()))
        same += int((actual.argmax(-1) == expected.argmax(-1)).sum())
        texts += len(actual)
    return Parity(texts, largest, same / texts)


def _require(*packages: str) -> None:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(f"{' and '.join(missing)} not installed: pip install 'amsdff_hf[onnx]'")


__all__ = ["OnnxClassifier", "Parity", "compare_with_model", "export_onnx", "fuse_onnx", "quantize_onnx"]
