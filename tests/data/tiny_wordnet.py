"""A WordNet of a few words in the file format of Princeton's, which NLTK reads."""

from pathlib import Path


KINDS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}


def write_wordnet(folder: Path, meanings: dict[str, list[list[str]]]) -> None:
    """Write the files of a WordNet whose meanings are lists of words, by their kind (noun, verb, adj, adv)."""
    folder.mkdir(parents=True)
    for kind, letter in KINDS.items():
        data, places = "", {}
        for words in meanings.get(kind, []):
            offset = len(data)
            named = " ".join(f"{word} 0" for word in words)
            data += f"{offset:08d} 03 {letter} {len(words):02x} {named} 000 | a meaning  \n"
            for word in words:
                places.setdefault(word, []).append(offset)
        (folder / f"data.{kind}").write_text(data)
        index = [
            f"{word} {letter} {len(found)} 0 {len(found)} 0 {' '.join(f'{offset:08d}' for offset in found)}  \n"
            for word, found in sorted(places.items())
        ]
        (folder / f"index.{kind}").write_text("".join(index))
        (folder / f"{kind}.exc").write_text("")
    (folder / "lexnames").write_text("".join(f"{number:02d}\tgroup.{number}\t1\n" for number in range(4)))
    (folder / "index.sense").write_text("")
