"""Does transformers get from an exported folder what relex predicts?

    pip install torch transformers safetensors
    cargo build --release --workspace
    python docs/checks/export.py target/release/relex

For a tiny random encoder of every family: train for one epoch with entity markers, export, predict with the run and with the
exported folder (the files must be the same), then compute the logits of the same marked sentences with transformers. relex's are the
logarithms of the probabilities that a predictions file holds; softmax loses what all logits of a sentence have in common, so the logits are
compared less their mean in each sentence. (crates/relex-model/src/reference_tests/folders.rs compares them as they are, for `cls` heads.) A `cls` head is loaded with its encoder as
AutoModelForSequenceClassification; for `entity-start` the encoder is loaded as AutoModel and the head computed from its tensors as
docs/encoders.md says. Exits with 1 if anything differs by more than 1e-4.
"""

import ast
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers as tf
from safetensors.torch import load_file

RELEX = os.path.abspath(sys.argv[1])
FIXTURES = os.path.join(os.path.dirname(__file__), "../../crates/relex-cli/tests/fixtures")
LIMIT = 1e-4


def encoder(folder, family):
    """A random checkpoint with the tokenizer of the tests."""
    os.makedirs(folder)
    shutil.copy(os.path.join(FIXTURES, "tiny-encoder/tokenizer.json"), folder)
    tokenizer = tf.PreTrainedTokenizerFast(tokenizer_file=os.path.join(folder, "tokenizer.json"))
    pad = tokenizer.convert_tokens_to_ids("[PAD]")
    sizes = dict(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=160,
        pad_token_id=pad,
    )
    torch.manual_seed(5)
    model = {
        "bert": lambda: tf.BertForMaskedLM(tf.BertConfig(**sizes)),
        "roberta": lambda: tf.RobertaForMaskedLM(tf.RobertaConfig(**sizes, type_vocab_size=1)),
        "xlm-roberta": lambda: tf.XLMRobertaForMaskedLM(tf.XLMRobertaConfig(**sizes, type_vocab_size=1)),
        "electra": lambda: tf.ElectraForPreTraining(tf.ElectraConfig(**sizes, embedding_size=24)),
    }[family]()
    with torch.no_grad():  # the default draw is nearly zero: spread it so that errors show
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.08)
    model.save_pretrained(folder)


def marked(path):
    """The sentences of a competition CSV with relex's `entity` markers."""
    texts = []
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["sentence"]
            pair = [(ast.literal_eval(row[key]), number) for number, key in ((1, "subject_entity"), (2, "object_entity"))]
            for entity, number in sorted(pair, key=lambda item: -item[0]["start_idx"]):
                start, end = entity["start_idx"], entity["end_idx"] + 1
                text = f"{text[:start]}[E{number}] {text[start:end]} [/E{number}]{text[end:]}"
            texts.append(text)
    return texts


def entity_start(folder, tokenizer, batch):
    """The head of docs/encoders.md on transformers' encoder."""
    model, info = tf.AutoModel.from_pretrained(folder, output_loading_info=True)
    missing = [name for name in info["missing_keys"] if not name.startswith("pooler.")]
    assert not missing, missing
    weights = load_file(os.path.join(folder, "model.safetensors"))
    hidden = model.eval()(**batch).last_hidden_state
    starts = [[row.tolist().index(tokenizer.convert_tokens_to_ids(token)) for token in ("[E1]", "[E2]")] for row in batch["input_ids"]]
    pair = torch.stack([hidden[row, places].flatten() for row, places in enumerate(starts)])
    inner = torch.tanh(torch.nn.functional.linear(pair, weights["head.dense.weight"], weights["head.dense.bias"]))
    return torch.nn.functional.linear(inner, weights["head.output.weight"], weights["head.output.bias"])


def sequence_classification(folder, _tokenizer, batch):
    model, info = tf.AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    return model.eval()(**batch).logits


def centred(logits):
    """Logits less their mean in each sentence."""
    return logits - logits.mean(1, keepdims=True)


def check(family, head):
    with tempfile.TemporaryDirectory() as folder:
        run = lambda *arguments: subprocess.run([RELEX, *arguments, "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        shutil.copytree(os.path.join(FIXTURES, "tiny"), os.path.join(folder, "tiny"))
        shutil.copy(os.path.join(FIXTURES, "tiny.toml"), folder)
        encoder(os.path.join(folder, "encoder"), family)
        run("split", "create", "--dataset", "tiny", "--out", "split.json", "--valid-fraction", "0.3")
        settings = [f"model.head={head}", "model.markers=entity", "training.epochs=1"]
        run("train", "--config", "tiny.toml", "--run", "run", *[word for setting in settings for word in ("--set", setting)])
        run("predict", "--run", "run", "--rows", "test", "--out", "before.csv")
        run("export", "run", "out")
        run("predict", "--model", "out", "--dataset", "tiny", "--out", "after.csv")

        read = lambda name: open(os.path.join(folder, name), encoding="utf-8").read()
        assert read("before.csv") == read("after.csv"), "the exported folder predicts something else"
        out = os.path.join(folder, "out")
        with open(os.path.join(folder, "before.csv"), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        expected = centred(np.log([json.loads(row["probs"]) for row in rows]))
        tokenizer = tf.AutoTokenizer.from_pretrained(out)
        batch = tokenizer(marked(os.path.join(folder, "tiny/test.csv")), padding=True, return_tensors="pt")
        compute = sequence_classification if head == "cls" else entity_start
        with torch.no_grad():
            actual = centred(compute(out, tokenizer, batch).double().numpy())
        if head == "cls":
            labels = tf.AutoConfig.from_pretrained(out).id2label
            assert [row["pred_label"] for row in rows] == [labels[index] for index in actual.argmax(1)]
        return np.abs(actual - expected).max()


torch.set_num_threads(1)
tf.logging.set_verbosity_error()
tf.utils.logging.disable_progress_bar()
worst = 0.0
for family in ["bert", "roberta", "xlm-roberta", "electra"]:
    for head in ["cls", "entity-start"]:
        difference = check(family, head)
        worst = max(worst, difference)
        print(f"{family} {head}: largest difference of a logit {difference:.1e}", flush=True)
sys.exit(0 if worst <= LIMIT else 1)
