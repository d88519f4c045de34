# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The names of the labels, however they are given."""


def resolve_labels(
    labels: list[str] | None,
    num_labels: int | None,
    id2label: dict[int, str] | None,
    label2id: dict[str, int] | None,
) -> dict[int, str]:
    """Merge the four ways of naming labels into one.

    Args:
        labels: names in the order of their ids.
        num_labels: their number.
        id2label: names by id.
        label2id: ids by name.

    Returns:
        Names by id, in the order of the ids; two unnamed labels if nothing is given.

    Raises:
        ValueError: if one contradicts another, an id is missing, or names are empty or equal.
    """
    if labels is not None and (isinstance(labels, str) or not all(isinstance(name, str) for name in labels)):
        raise ValueError(f'`labels` must be a list of names such as ["no", "yes"], got {labels!r}.')
    if num_labels is not None and num_labels < 1:
        raise ValueError(f"`num_labels` must be at least 1, got {num_labels}.")
    given = {
        "labels": None if labels is None else dict(enumerate(labels)),
        "id2label": None if id2label is None else {int(index): name for index, name in id2label.items()},
        "label2id": None if label2id is None else {int(index): name for name, index in label2id.items()},
    }
    given = {source: names for source, names in given.items() if names is not None}
    if not given:
        count = 2 if num_labels is None else num_labels
        return {index: f"LABEL_{index}" for index in range(count)}
    (source, names), *others = given.items()
    for other, other_names in others:
        if other_names != names:
            raise ValueError(
                f"`{source}` says {names} but `{other}` says {other_names}: pass `labels=[...]` alone, which sets "
                "`num_labels`, `id2label` and `label2id` together."
            )
    if num_labels is not None and num_labels != len(names):
        raise ValueError(
            f"`num_labels={num_labels}` contradicts `{source}`, which names {len(names)} labels ({names}): "
            "leave `num_labels` out."
        )
    if not names:
        raise ValueError(f"`{source}` is empty: name at least one label.")
    if sorted(names) != list(range(len(names))):
        raise ValueError(f"The label ids must be 0 to {len(names) - 1}, `{source}` has {sorted(names)}.")
    if len(set(names.values())) != len(names) or not all(str(name).strip() for name in names.values()):
        raise ValueError(f"Each label needs a name of its own, `{source}` says {list(names.values())}.")
    return {index: names[index] for index in sorted(names)}


__all__ = ["resolve_labels"]
