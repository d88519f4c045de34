# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What the stock Trainer needs beside it: arguments, models to start from, optimizer, metrics and reports."""

from .arguments import ModelArguments
from .class_weights import balanced_class_weights
from .evaluate_metric import load_evaluate_metric
from .lora import add_lora
from .metrics import (
    check_metric_name,
    label_metrics,
    own_metric_names,
    per_class_metrics,
    predicted_labels,
    readable_labels,
)
from .model_loading import (
    build_classifier,
    check_kind_of_texts,
    kept_config,
    load_for_training,
    load_tokenizer,
    load_trained,
)
from .optimizer import build_optimizer, freeze_backbone, has_lambdas
from .output_folder import check_same_model, find_checkpoint, remove_checkpoints, trained_steps
from .r_drop import RDropTrainer, disagreement
from .recipe_arguments import RecipeArguments
from .reports import format_results, format_table, save_json, write_reports
from .run_record import RunRecorder, check_same_run, make_run_record
from .scores import (
    calibration_error,
    classification_metrics,
    multi_label_metrics,
    regression_metrics,
    to_probabilities,
)
from .sentiment_metrics import SENTIMENT_METRICS, mosi_metrics, sims_metrics
from .thresholds import tune_thresholds
from .weight_averaging import WeightAveraging


__all__ = [
    "SENTIMENT_METRICS",
    "ModelArguments",
    "RDropTrainer",
    "RecipeArguments",
    "RunRecorder",
    "WeightAveraging",
    "add_lora",
    "balanced_class_weights",
    "build_classifier",
    "build_optimizer",
    "calibration_error",
    "check_kind_of_texts",
    "check_metric_name",
    "check_same_model",
    "check_same_run",
    "classification_metrics",
    "disagreement",
    "find_checkpoint",
    "format_results",
    "format_table",
    "freeze_backbone",
    "has_lambdas",
    "kept_config",
    "label_metrics",
    "load_evaluate_metric",
    "load_for_training",
    "load_tokenizer",
    "load_trained",
    "make_run_record",
    "mosi_metrics",
    "multi_label_metrics",
    "own_metric_names",
    "per_class_metrics",
    "predicted_labels",
    "readable_labels",
    "regression_metrics",
    "remove_checkpoints",
    "save_json",
    "sims_metrics",
    "to_probabilities",
    "trained_steps",
    "tune_thresholds",
    "write_reports",
]
