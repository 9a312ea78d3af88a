"""Tokenising KLUE-RE with Python's `tokenizers`: the yardstick for `cargo bench -p relex-model --bench tokenize`.

    pip install tokenizers
    python docs/benchmarks/tokenizing.py KLUE_RE.json TOKENIZER.json...

Marks every sentence with typed punctuation as relex does, and times `encode_batch` alone, whose threads are as many as there
are cores: the best and the median of ten runs, sentences a second. Prints the number of tokens too, which relex has as well
(before it cuts).
"""

import json
import statistics
import sys
import time
import tomllib
from pathlib import Path

from tokenizers import Tokenizer

RUNS = 10
SPEC = Path(__file__).parents[2] / "datasets/klue-re/dataset.toml"


def marked(row, words):
    """`@ * 사람 * 이순신 @` for the subject, `# ^ 단체 ^ 수군 #` for the object."""
    text = row["sentence"]
    entities = [(row["subject_entity"], "@", "*"), (row["object_entity"], "#", "^")]
    for entity, outer, inner in sorted(entities, key=lambda item: -item[0]["start_idx"]):
        start, end = entity["start_idx"], entity["end_idx"] + 1
        word = words[entity["type"]]
        text = f"{text[:start]}{outer} {inner} {word} {inner} {text[start:end]} {outer}{text[end:]}"
    return text


def main():
    words = tomllib.loads(SPEC.read_text(encoding="utf-8"))["type_words"]
    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    texts = [marked(row, words) for row in rows]
    for path in sys.argv[2:]:
        tokenizer = Tokenizer.from_file(path)
        tokenizer.no_padding()
        tokenizer.no_truncation()
        seconds = []
        for _ in range(RUNS):
            start = time.perf_counter()
            encodings = tokenizer.encode_batch(texts)
            seconds.append(time.perf_counter() - start)
        tokens = sum(len(encoding.ids) for encoding in encodings)
        best, median = min(seconds), statistics.median(seconds)
        print(f"{path}: {len(texts)} sentences, {tokens} tokens, best {best:.3f} s ({len(texts) / best:.0f}/s), "
              f"median {median:.3f} s ({len(texts) / median:.0f}/s)")


if __name__ == "__main__":
    main()
