"""The audit as a Python user would write it: pandas, scikit-learn, datasketch. The yardstick for `relex audit`.

    pip install pandas scikit-learn datasketch
    python docs/benchmarks/audit.py FOLDER/train.csv

Prints the counts that `relex audit` prints too, and seconds per stage. Shingles, folding, bands and threshold are those of
relex: sets of three characters of the folded text, 24 bands of 4 hashes, exact Jaccard similarity of at least 0.8.
"""

import ast
import json
import re
import sys
import time
import unicodedata
import zlib

import numpy as np
import pandas as pd
from datasketch import MinHash, MinHashLSH
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import CountVectorizer

BANDS, ROWS, THRESHOLD, SHINGLE = 24, 4, 0.8, 3
NOT_A_WORD = re.compile(r"[\W_]+")
SECONDS = {}


def timed(name):
    def wrap(function):
        def run(*arguments):
            start = time.perf_counter()
            result = function(*arguments)
            SECONDS[name] = SECONDS.get(name, 0.0) + time.perf_counter() - start
            return result

        return run

    return wrap


@timed("read and validate")
def read(path):
    rows = pd.read_csv(path, dtype={"id": str, "label": str, "source": str}, keep_default_na=False)
    for role in ("subject", "object"):
        entities = pd.DataFrame.from_records(rows[f"{role}_entity"].map(ast.literal_eval).tolist())
        for key in ("word", "start_idx", "end_idx", "type"):
            rows[f"{role}_{key}"] = entities[key].to_numpy()
        stands = [
            sentence[start : end + 1]
            for sentence, start, end in zip(rows.sentence, rows[f"{role}_start_idx"], rows[f"{role}_end_idx"])
        ]
        wrong = rows[rows[f"{role}_word"] != pd.Series(stands)]
        if len(wrong):
            raise ValueError(f"rows {wrong.id.tolist()}: the {role}'s offsets do not point at its word")
    if rows.id.duplicated().any():
        raise ValueError("an id occurs twice")
    return rows


def fold(sentence):
    folded = NOT_A_WORD.sub("", unicodedata.normalize("NFC", sentence).lower())
    return folded or sentence


PAIR = ["sentence", "subject_start_idx", "subject_end_idx", "object_start_idx", "object_end_idx"]


@timed("tiers 1, 2 and 4")
def exact_tiers(rows):
    rows["folded"] = rows.sentence.map(fold)
    return {
        "identical": rows.groupby("sentence", sort=False).ngroup().to_numpy(),
        "folded": rows.groupby("folded", sort=False).ngroup().to_numpy(),
        "same-pair": rows.groupby(PAIR, sort=False).ngroup().to_numpy(),
    }


@timed("near-duplicates")
def near_duplicates(rows, folded_groups):
    texts = rows.folded.drop_duplicates().tolist()
    shingles = [{text[at : at + SHINGLE].encode() for at in range(max(1, len(text) - SHINGLE + 1))} for text in texts]
    signatures = MinHash.bulk(shingles, num_perm=BANDS * ROWS, hashfunc=zlib.crc32)
    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    left, right = [], []
    for text, signature in enumerate(signatures):
        candidates = index.query(signature)
        left.extend([text] * len(candidates))
        right.extend(candidates)
        index.insert(text, signature)
    if not left:
        return folded_groups
    vectorizer = CountVectorizer(analyzer="char", ngram_range=(SHINGLE, SHINGLE), binary=True, lowercase=False)
    matrix = vectorizer.fit_transform(texts)
    sizes = np.asarray(matrix.sum(axis=1)).ravel()
    left, right = np.array(left), np.array(right)
    keep = np.zeros(len(left), dtype=bool)
    for start in range(0, len(left), 1 << 18):
        part = slice(start, start + (1 << 18))
        common = np.asarray(matrix[left[part]].multiply(matrix[right[part]]).sum(axis=1)).ravel()
        keep[part] = common >= THRESHOLD * (sizes[left[part]] + sizes[right[part]] - common) - 1e-9
    graph = coo_matrix((np.ones(keep.sum()), (left[keep], right[keep])), shape=(len(texts), len(texts)))
    return connected_components(graph, directed=False)[1][folded_groups]


@timed("counts")
def counts(rows, tiers):
    lengths = rows.sentence.str.len()
    labels_of = lambda keys: rows.groupby(keys, sort=False).label.nunique()
    swapped = rows.merge(
        rows,
        left_on=PAIR,
        right_on=["sentence", "object_start_idx", "object_end_idx", "subject_start_idx", "subject_end_idx"],
    )
    same = (swapped.subject_start_idx_x == swapped.object_start_idx_x) & (
        swapped.subject_end_idx_x == swapped.object_end_idx_x
    )
    pd.crosstab([rows.subject_type, rows.object_type], rows.label)
    found = {
        "rows": len(rows),
        "unique sentences": int(rows.sentence.nunique()),
        "labels": rows.label.value_counts().to_dict(),
        "sources": rows.source.value_counts().to_dict(),
        "lengths": lengths.quantile([0, 0.25, 0.5, 0.75, 0.95, 0.99, 1], interpolation="lower").tolist(),
        "sentences with several labels": int((labels_of("sentence") > 1).sum()),
        "conflicts": int((labels_of(PAIR) > 1).sum()),
        "role-swapped pairs": int((~same).sum()) // 2,
    }
    for tier, groups in tiers.items():
        sizes = np.bincount(groups)
        repeated = sizes[sizes > 1]
        found[tier] = {"groups": len(sizes), "repeated groups": len(repeated), "rows in them": int(repeated.sum())}
    return found


def main():
    start = time.perf_counter()
    rows = read(sys.argv[1])
    tiers = exact_tiers(rows)
    tiers["near-duplicate"] = near_duplicates(rows, tiers["folded"])
    found = counts(rows, tiers)
    SECONDS["all"] = time.perf_counter() - start
    print(json.dumps(found, ensure_ascii=False, indent=2))
    print(json.dumps({name: round(seconds, 3) for name, seconds in SECONDS.items()}))


if __name__ == "__main__":
    main()
