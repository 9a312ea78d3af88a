"""What TensorBoard reads of a run, by its library and from its server, against the run's metrics.jsonl.

    python3 -m venv tb && tb/bin/pip install tensorboard
    tb/bin/python docs/checks/event_file.py RUN
"""

import json
import struct
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TAGS = {
    "train/loss": "loss",
    "train/gradient_norm": "gradient_norm",
    "train/learning_rate": "learning_rate",
    "valid/micro_f1": "micro_f1",
    "valid/macro_f1": "macro_f1",
    "valid/auprc": "auprc",
    "valid/accuracy": "accuracy",
    "valid/loss": "valid_loss",
}
PORT = 6099


def f32(number):
    """As an event file holds it."""
    return struct.unpack("f", struct.pack("f", number))[0]


def ask(path):
    with urllib.request.urlopen(f"http://localhost:{PORT}/data/plugin/scalars/{path}") as answer:
        return json.load(answer)


def served_tags():
    for _ in range(200):
        try:
            if listed := ask("tags"):
                return listed
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit("the server tells of no run")


run = sys.argv[1]
with open(f"{run}/metrics.jsonl", encoding="utf-8") as file:
    lines = [json.loads(line) for line in file]
expected = {
    tag: [
        (line["step"], f32(line[key]))
        for line in lines
        if key in line and ("learning_rate" in line) == tag.startswith("train")
    ]
    for tag, key in TAGS.items()
}

reader = EventAccumulator(run, size_guidance={"scalars": 0})
reader.Reload()
assert sorted(reader.Tags()["scalars"]) == sorted(TAGS), reader.Tags()
for tag in TAGS:
    assert [(event.step, f32(event.value)) for event in reader.Scalars(tag)] == expected[tag], tag

command = [sys.executable, "-m", "tensorboard.main", "--logdir", run, "--port", str(PORT)]
server = subprocess.Popen([*command, "--samples_per_plugin", "scalars=100000"], stderr=subprocess.DEVNULL)
try:
    ((name, served),) = served_tags().items()
    assert sorted(served) == sorted(TAGS), served
    for tag in TAGS:
        points = ask("scalars?" + urllib.parse.urlencode({"run": name, "tag": tag}))
        assert [(step, f32(value)) for _, step, value in points] == expected[tag], tag
finally:
    server.terminate()
numbers = sum(map(len, expected.values()))
print(f"TensorBoard {tensorboard.__version__}: {len(TAGS)} tags, {numbers} numbers, the same in its library and from its server")
