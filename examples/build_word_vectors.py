# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
r"""Make a backbone of word vectors, from a file of GloVe, word2vec or fastText or from scratch, for your texts.

    python examples/build_word_vectors.py --train_file train.csv --text_column_names title,abstract \
        --vectors_file glove.6B.300d.txt --output_dir runs/glove

The vocabulary comes from the training texts alone. The folder serves as --model_name_or_path everywhere.
"""

import argparse
import os
import sys

from amsdff_hf.data import TEXT, DataTrainingArguments, from_text_vectors, from_texts, read_splits


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--train_file", required=True, help="csv, tsv, json, jsonl or parquet with the training texts")
    parser.add_argument("--text_column_names", help="separated by commas; if not given, `text`, or else `sentence`")
    parser.add_argument("--output_dir", required=True, help="folder of the backbone, a new or an empty one")
    parser.add_argument("--vectors_file", help="unpacked text, a word and its numbers per line; else from scratch")
    parser.add_argument("--limit", type=int, help="read only so many lines of --vectors_file")
    parser.add_argument("--hidden_size", type=int, help="width of vectors from scratch, 300 if not given")
    parser.add_argument("--max_words", type=int, default=50_000, help="most frequent words that get a vector")
    parser.add_argument("--min_count", type=int, default=2, help="how often a word has to occur to get a vector")
    parser.add_argument("--seed", type=int, default=0, help="of random vectors")
    arguments = parser.parse_args()
    if arguments.max_words < 1 or arguments.min_count < 1:
        raise ValueError("--max_words and --min_count must be at least 1.")
    if arguments.vectors_file is None and arguments.limit is not None:
        raise ValueError("--limit is for a --vectors_file: name one, or leave it out.")
    if arguments.vectors_file is not None and arguments.hidden_size is not None:
        raise ValueError("--vectors_file says how wide the vectors are: leave --hidden_size out.")
    return arguments


def main() -> None:
    """Read the texts, build the backbone and save it with its tokenizer."""
    arguments = parse_arguments()
    if os.path.exists(arguments.output_dir) and not os.path.isdir(arguments.output_dir):
        raise ValueError(f"--output_dir {arguments.output_dir!r} is a file: name a folder.")
    if os.path.isdir(arguments.output_dir) and os.listdir(arguments.output_dir):
        raise ValueError(f"--output_dir {arguments.output_dir!r} is not empty: name another folder, or empty it.")
    data = DataTrainingArguments(
        train_file=arguments.train_file, text_column_names=arguments.text_column_names, empty_text="keep"
    )
    texts = read_splits(data, ["train"])["train"][TEXT]
    sizes = {"max_words": arguments.max_words, "min_count": arguments.min_count, "seed": arguments.seed}
    if arguments.vectors_file is None:
        built = from_texts(texts, 300 if arguments.hidden_size is None else arguments.hidden_size, **sizes)
    else:
        built = from_text_vectors(arguments.vectors_file, texts, arguments.limit, **sizes)
    built.save_pretrained(arguments.output_dir)
    print(
        f"{len(texts):,} texts, {len(built.tokenizer):,} tokens, vectors of {built.model.config.hidden_size} numbers"
    )
    if built.coverage is not None:
        print(built.coverage)
    print(f"In {arguments.output_dir}: {', '.join(sorted(os.listdir(arguments.output_dir)))}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
