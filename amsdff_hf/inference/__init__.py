# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What is done with a trained model: score any number of texts, explain its decisions, run it without PyTorch."""

from .explanations import Explanation, WordWeight, explain
from .onnx import OnnxClassifier, Parity, compare_with_model, export_onnx, fuse_onnx, quantize_onnx
from .pipeline import ThresholdPipeline
from .precision import PRECISIONS, fastest_precision, in_precision
from .rendering import explanation_to_html, save_explanation_image
from .scoring import score, score_columns
from .text_graphs import GraphEdge, GraphNode, TextGraph, save_graph_image


__all__ = [
    "PRECISIONS",
    "Explanation",
    "GraphEdge",
    "GraphNode",
    "OnnxClassifier",
    "Parity",
    "TextGraph",
    "ThresholdPipeline",
    "WordWeight",
    "compare_with_model",
    "explain",
    "explanation_to_html",
    "export_onnx",
    "fastest_precision",
    "fuse_onnx",
    "in_precision",
    "quantize_onnx",
    "save_explanation_image",
    "save_graph_image",
    "score",
    "score_columns",
]
