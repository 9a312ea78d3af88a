#!/usr/bin/env python3
"""PyTorch's bidirectional LSTM on the CPU, for comparison with `cargo bench -p relex-model --bench bilstm`.

Run: bilstm.py [THREADS]
"""
import sys
import time

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

HIDDEN, BATCH, SEQ_LEN, LABELS = 384, 32, 64, 30
torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
torch.manual_seed(0)
lstm = torch.nn.LSTM(HIDDEN, HIDDEN, batch_first=True, bidirectional=True)
output = torch.nn.Linear(2 * HIDDEN, LABELS)
hidden = torch.randn(BATCH, SEQ_LEN, HIDDEN)
even = torch.full((BATCH,), SEQ_LEN)
uneven = SEQ_LEN - torch.arange(BATCH) // 2  # 64, 64, 63, … 49, as in a batch of sentences of like length


def packed(x, lengths):
    states, _ = lstm(pack_padded_sequence(x, lengths, batch_first=True))
    return pad_packed_sequence(states, batch_first=True, total_length=SEQ_LEN)[0]


def train(forward):
    lstm.zero_grad()
    output.zero_grad()
    x = hidden.clone().requires_grad_()
    states = forward(x)
    features = torch.cat([states[:, -1, :HIDDEN], states[:, 0, HIDDEN:]], 1)
    output(features).sum().backward()


def infer(forward):
    with torch.no_grad():
        forward(hidden)


def measure(name, run, forward):
    for _ in range(3):
        run(forward)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        run(forward)
        times.append(time.perf_counter() - start)
    times.sort()
    print(f"{name}: median {times[10] * 1e3:.1f} ms, fastest {times[0] * 1e3:.1f} ms", flush=True)


for what, run in (("forward and backward", train), ("forward", infer)):
    measure(f"{what}, unpacked", run, lambda x: lstm(x)[0])
    measure(f"{what}, packed, even", run, lambda x: packed(x, even))
    measure(f"{what}, packed, uneven", run, lambda x: packed(x, uneven))
