# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Training and measuring heads on one data set, for `benchmark_accuracy.py`."""

import argparse
import tempfile
import time
from functools import cached_property
from typing import Any

import numpy as np
import torch
from accuracy_runs import Run
from benchmarked_heads import HEADS
from classification_setup import fit_together
from datasets import Dataset
from fitted_heads import FITTED, fit_logistic_regression
from transformers import (
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)

from amsdff_hf.data import (
    LABELS,
    TEXT,
    TEXT_PAIR,
    DataTrainingArguments,
    StatesCollator,
    cache_states,
    digest_of_rows,
    label_splits,
    read_splits,
    tokenize_splits,
    usable_length,
)
from amsdff_hf.models import BackboneClassifierConfig
from amsdff_hf.training import (
    ModelArguments,
    RDropTrainer,
    RecipeArguments,
    WeightAveraging,
    build_optimizer,
    classification_metrics,
    freeze_backbone,
    load_tokenizer,
    to_probabilities,
)


ROLES = ("train", "validation", "test")


class Benchmark:
    """All that the runs on one data set share: tokenized splits, labels and, of a frozen backbone, its states."""

    def __init__(self, name: str, options: dict[str, Any], arguments: argparse.Namespace):
        self.name, self.arguments = name, arguments
        self.tokenizer = load_tokenizer(ModelArguments(arguments.model_name_or_path))
        # The recurrent baselines read from the first token on.
        self.tokenizer.padding_side = "right"
        data_args = DataTrainingArguments(**options)
        self.data_args, self.tokenized = data_args, {}
        # Test data that stood in for validation data would choose the learning rate.
        try:
            splits = read_splits(data_args, ROLES, test_may_validate=False)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        self.labelled, space = label_splits(splits, data_args, None)
        if space.problem_type != "single_label_classification":
            raise SystemExit(f"error: {name} is {space.problem_type}; accuracy compares single labels only.")
        self.labels, self.window = space.names, data_args.max_seq_length or 128
        test = self.labelled["test"]
        if LABELS not in test.column_names or min(test[LABELS]) < 0:
            raise SystemExit(f"error: {name}: every test text needs a label, or accuracy cannot be measured.")

    @cached_property
    def digest(self) -> str:
        """Name of all texts and labels, by which runs on the same ones are known."""
        columns = [
            [split[column][:] for column in (TEXT, TEXT_PAIR, LABELS) if column in split.column_names]
            for split in self.labelled.values()
        ]
        return digest_of_rows(columns)[:16]

    def build(self, head: str) -> PreTrainedModel:
        """Put a fresh head on the backbone."""
        name = self.arguments.model_name_or_path
        if head == "plain":
            labels = dict(enumerate(self.labels))
            model = AutoModelForSequenceClassification.from_pretrained(name, num_labels=len(labels), id2label=labels)
            # Or the Trainer would not divide the loss by the accumulation steps.
            model.accepts_loss_kwargs = False
            return model
        further = RecipeArguments(**self.arguments.recipe).config_fields()
        if head.endswith("-windows"):
            further |= {"long_text": "window", "window_length": self.window, "window_overlap": self.window // 4}
        return HEADS[FITTED.get(head, head)](
            name, labels=self.labels, problem_type="single_label_classification", **further
        )

    def splits(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> dict[str, Dataset]:
        """Return the texts as a model reads them: cut at one window, or several windows of them."""
        reads_windows = getattr(model.config, "long_text", None) == "window"
        kind = reads_windows, tokenizer is self.tokenizer
        if kind not in self.tokenized:
            is_pair = self.data_args.text_pair_column_name is not None
            wanted = self.arguments.whole_length if reads_windows else self.window
            length = usable_length(wanted, tokenizer, model, is_pair)
            tokenized = tokenize_splits(self.labelled, tokenizer, length, self.data_args)
            told = [f"{role} {len(one.dataset):,} ({one.truncated_share:.0%} cut)" for role, one in tokenized.items()]
            print(f"\n{self.name}: {len(self.labels)} labels, {length} tokens, {', '.join(told)}", flush=True)
            self.tokenized[kind] = {role: one.dataset for role, one in tokenized.items()}
        return dict(self.tokenized[kind])

    def rows(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        training: TrainingArguments,
        size: int | None,
    ) -> dict[str, Dataset]:
        """Return what the Trainer reads: texts, or the states of a frozen backbone."""
        rows = self.splits(model, tokenizer)
        if self.arguments.freeze_backbone:
            folder = self.arguments.states_folder
            rows = {role: cache_states(split, model, training, folder) for role, split in rows.items()}
        if size is not None:
            rows["train"] = rows["train"].select(range(size))
            present = len(set(rows["train"][LABELS][:]))
            if present < len(self.labels):
                print(f"{self.name}: the first {size} training texts hold {present} of {len(self.labels)} labels")
        return rows

    def run(self, head: str, seed: int, epochs: float | None, learning_rate: float, size: int | None) -> Run:
        """Train one head and measure it on the validation and the test split.

        Args:
            head: its name.
            seed: of its first weights, the order of the texts and dropout.
            epochs: of the training; a fitted head has none.
            learning_rate: the learning rate, or how strong a fitted head may be.
            size: first so many training texts, or all.

        Returns:
            Scores on both splits, seconds of the training, numbers of texts and of trained parameters.
        """
        arguments, recipe = self.arguments, RecipeArguments(**self.arguments.recipe)
        set_seed(seed)
        model = self.build(head)
        tokenizer = fit_together(model, self.tokenizer, self.data_args, is_fresh=True)
        with tempfile.TemporaryDirectory() as folder:
            training = TrainingArguments(
                folder,
                seed=seed,
                learning_rate=learning_rate,
                num_train_epochs=epochs or 0,
                per_device_train_batch_size=arguments.batch_size,
                per_device_eval_batch_size=64,
                weight_decay=0.01,
                warmup_steps=0.1,
                bf16=arguments.bf16,
                use_cpu=not torch.cuda.is_available(),
                train_sampling_strategy="group_by_length",
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                logging_strategy="no",
            )
            training.dataloader_pin_memory &= training.device.type != "cpu"
            rows = self.rows(model, tokenizer, training, size)
            if arguments.freeze_backbone:
                freeze_backbone(model)
            start = time.perf_counter()
            if head in FITTED:
                collator = StatesCollator(model, DataCollatorWithPadding(tokenizer))
                logits = fit_logistic_regression(model, rows, collator, strength=learning_rate)
                seconds = time.perf_counter() - start
            else:
                trainer = self.trainer(model, tokenizer, training, rows, recipe)
                trainer.train()
                seconds = time.perf_counter() - start
                # With `group_by_length` the predictions would come back in another order.
                trainer.args.train_sampling_strategy = "random"
                logits = {role: trainer.predict(rows[role]).predictions for role in ROLES[1:]}
            found = {role: measure(logits[role], np.array(rows[role][LABELS])) for role in ROLES[1:]}
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        sizes = {"train_texts": len(rows["train"]), "parameters": trained, "head_fields": head_fields(model.config)}
        return {"texts_digest": self.digest, "seconds": round(seconds, 1), **sizes, **found}

    def trainer(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        training: TrainingArguments,
        rows: dict[str, Dataset],
        recipe: RecipeArguments,
    ) -> Trainer:
        """Build the Trainer with the recipe."""
        collator = DataCollatorWithPadding(tokenizer)
        is_frozen, head_rate = self.arguments.freeze_backbone, self.arguments.head_learning_rate
        optimizer = build_optimizer(model, training, head_rate, layer_decay=recipe.layer_decay)
        trainer = RDropTrainer(
            model,
            training,
            train_dataset=rows["train"],
            data_collator=StatesCollator(model, collator) if is_frozen else collator,
            callbacks=[WeightAveraging(recipe.average_weights)] if recipe.average_weights else [],
            optimizers=(optimizer, None),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.r_drop_weight = recipe.r_drop_weight
        return trainer


def head_fields(config: PreTrainedConfig) -> dict[str, Any]:
    """Return what a configuration says of the head.

    That is nothing of the plain one, and of those without a part that no option leaves out, the whole AMSDFF.
    """
    if not isinstance(config, BackboneClassifierConfig):
        return {}
    fields = config.to_dict()
    own = fields.keys() - PreTrainedConfig().to_dict().keys() - {"backbone_config"}
    return {name: fields[name] for name in sorted(own)}


def measure(logits: np.ndarray, labels: np.ndarray) -> Run:
    """Return accuracy, macro-F1, loss, calibration error, and which texts were right, as hexadecimal digits."""
    probabilities = to_probabilities(logits, "single_label_classification")
    scores = classification_metrics(probabilities, labels)
    nll = -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-12, None)).mean()
    scores = {name: round(float(value), 5) for name, value in {**scores, "nll": nll}.items()}
    is_right = probabilities.argmax(axis=1) == labels
    return {**scores, "texts": len(labels), "right": np.packbits(is_right).tobytes().hex()}
