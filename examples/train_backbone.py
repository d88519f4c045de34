# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Train a small BERT and its WordPiece tokenizer from scratch, by masked language modeling on your own texts.

    python examples/train_backbone.py --train_file train.parquet --output_dir runs/small-bert --max_steps 500

For languages and machines without a pretrained model at hand: the folder serves as --model_name_or_path everywhere.
"""

import argparse
import os
import sys

from datasets import Dataset
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    DataCollatorForLanguageModeling,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
    set_seed,
)

from amsdff_hf.data import TEXT, DataTrainingArguments, read_splits


SPECIAL_TOKENS = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


def train_tokenizer(texts: list[str], vocab_size: int, max_length: int) -> PreTrainedTokenizerFast:
    """Learn a vocabulary of word pieces, and prepare single texts and pairs as BERT does."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    # Accents tell words apart in many languages.
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size, special_tokens=list(SPECIAL_TOKENS.values()), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **SPECIAL_TOKENS,
    )


def make_windows(texts: list[str], tokenizer: PreTrainedTokenizerFast, length: int) -> Dataset:
    """Cut all texts into windows of up to `length` tokens, so that long texts are read to their end."""
    encoded = tokenizer(texts, truncation=True, max_length=length, return_overflowing_tokens=True)
    return Dataset.from_dict({"input_ids": encoded["input_ids"], "attention_mask": encoded["attention_mask"]})


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--train_file", required=True, help="csv, json, jsonl or parquet with a column of texts")
    parser.add_argument("--text_column_names", help="default: `text`, or else `sentence`")
    parser.add_argument("--output_dir", required=True)
    parser.add_argument("--vocab_size", type=int, default=8000)
    parser.add_argument("--hidden_size", type=int, default=256)
    parser.add_argument("--num_layers", type=int, default=4)
    parser.add_argument("--num_heads", type=int, default=4)
    parser.add_argument("--max_seq_length", type=int, default=128)
    parser.add_argument("--max_steps", type=int, default=500)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--learning_rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args()


def main() -> None:
    """Train the tokenizer, then the model, and save both."""
    arguments = parse_arguments()
    if os.path.isdir(arguments.output_dir) and os.listdir(arguments.output_dir):
        raise ValueError(f"--output_dir {arguments.output_dir!r} is not empty: name another folder, or empty it.")
    data = DataTrainingArguments(train_file=arguments.train_file, text_column_names=arguments.text_column_names)
    texts = read_splits(data, ["train"])["train"][TEXT]
    set_seed(arguments.seed)
    tokenizer = train_tokenizer(list(texts), arguments.vocab_size, arguments.max_seq_length)
    windows = make_windows(list(texts), tokenizer, arguments.max_seq_length)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=arguments.hidden_size,
        num_hidden_layers=arguments.num_layers,
        num_attention_heads=arguments.num_heads,
        intermediate_size=4 * arguments.hidden_size,
        max_position_embeddings=arguments.max_seq_length,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = BertForMaskedLM(config)
    print(f"{len(texts):,} texts, {len(windows):,} windows, {model.num_parameters():,} parameters", flush=True)
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=arguments.output_dir,
            max_steps=arguments.max_steps,
            per_device_train_batch_size=arguments.batch_size,
            learning_rate=arguments.learning_rate,
            warmup_steps=arguments.max_steps // 10,
            weight_decay=0.01,
            logging_steps=max(1, arguments.max_steps // 10),
            save_strategy="no",
            report_to="none",
            seed=arguments.seed,
            dataloader_pin_memory=False,
        ),
        train_dataset=windows,
        data_collator=DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15),
    )
    trainer.train()
    model.save_pretrained(arguments.output_dir)
    tokenizer.save_pretrained(arguments.output_dir)
    print(f"In {arguments.output_dir}: {', '.join(sorted(os.listdir(arguments.output_dir)))}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
