#!/usr/bin/env python3
"""The matrix products of a training step by themselves, for comparison with `cargo bench -p relex-model --bench products`.

Run: products.py [THREADS]
"""
import sys
import time

import torch

ROWS, HIDDEN, INTERMEDIATE, HEADS = 32, 384, 1536, 12
WHOLE_LAYERS = 11  # and keys and values of the last, as relex computes it
torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)


def of_a_step(tokens):
    every, head, attention = ROWS * tokens, HIDDEN // HEADS, ROWS * HEADS
    for count, batch, (rows, inner, columns) in (
        (4 * WHOLE_LAYERS + 2, (), (every, HIDDEN, HIDDEN)),
        (WHOLE_LAYERS, (), (every, HIDDEN, INTERMEDIATE)),
        (WHOLE_LAYERS, (), (every, INTERMEDIATE, HIDDEN)),
        (WHOLE_LAYERS, (attention,), (tokens, head, tokens)),
        (WHOLE_LAYERS, (attention,), (tokens, tokens, head)),
    ):
        for m, k, n in ((rows, inner, columns), (rows, columns, inner), (inner, rows, columns)):
            yield count, torch.rand(*batch, m, k), torch.rand(*batch, k, n), torch.zeros(*batch, m, n)


for tokens in (32, 64, 128):
    products = list(of_a_step(tokens))
    times = []
    for _ in range(12):
        start = time.perf_counter()
        for count, left, right, output in products:
            for _ in range(count):
                torch.matmul(left, right, out=output)
        times.append(time.perf_counter() - start)
    operations = sum(2 * count * left.numel() * right.shape[-1] for count, left, right, _ in products)
    median = sorted(times[2:])[5]
    print(f"{tokens} tokens: median {median * 1e3:.0f} ms, {operations / median / 1e9:.0f} GFLOP/s", flush=True)
