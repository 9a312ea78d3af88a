"""Does transformers get from an encoder that relex trained further the loss that relex reports?

    pip install torch transformers safetensors
    cargo build --release --workspace
    python docs/checks/pretrain.py target/release/relex

For a tiny random encoder of every family, with a head for masked language modelling (ELECTRA's generator) and without (ELECTRA's
discriminator, an encoder without any head): `relex pretrain` on the tests' tiny data set for some steps with every token of a sentence
masked, so that both programs hide the same ones. Then transformers loads the folder as AutoModelForMaskedLM, with nothing missing or
left over, and computes the mean loss of the held-out sentences' tokens. Exits with 1 if it differs by more than 1e-4 from relex's.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile

import torch
import transformers as tf

RELEX = os.path.abspath(sys.argv[1])
FIXTURES = os.path.join(os.path.dirname(__file__), "../../crates/relex-cli/tests/fixtures")
LIMIT = 1e-4
SIZES = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, max_position_embeddings=160)
RECIPE = """
[data]
dataset = "tiny"
split = "split.json"

[model]
encoder = "encoder"
max_tokens = 128

[masking]
share = 1.0
mask = 1.0
random = 0.0

[optimizer]
learning_rate = 1e-3

[training]
epochs = 3
batch_size = 4
"""


def encoder(folder, kind):
    """A random checkpoint with the tokenizer of the tests, which has no mask token."""
    os.makedirs(folder)
    shutil.copy(os.path.join(FIXTURES, "tiny-encoder/tokenizer.json"), folder)
    tokenizer = tf.PreTrainedTokenizerFast(tokenizer_file=os.path.join(folder, "tokenizer.json"))
    sizes = dict(SIZES, vocab_size=len(tokenizer), pad_token_id=tokenizer.convert_tokens_to_ids("[PAD]"))
    torch.manual_seed(5)
    model = {
        "bert": lambda: tf.BertForMaskedLM(tf.BertConfig(**sizes)),
        "bert without a head": lambda: tf.BertModel(tf.BertConfig(**sizes)),
        "roberta": lambda: tf.RobertaForMaskedLM(tf.RobertaConfig(**sizes, type_vocab_size=1)),
        "xlm-roberta": lambda: tf.XLMRobertaForMaskedLM(tf.XLMRobertaConfig(**sizes, type_vocab_size=1)),
        "electra generator": lambda: tf.ElectraForMaskedLM(tf.ElectraConfig(**sizes, embedding_size=24)),
        "electra discriminator": lambda: tf.ElectraForPreTraining(tf.ElectraConfig(**sizes, embedding_size=24)),
    }[kind]()
    with torch.no_grad():  # the default draw is nearly zero: spread it so that errors show
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.08)
    model.save_pretrained(folder)


def loss_of(folder, sentences):
    """Mean -ln p of every token that is neither special nor unknown, all of them masked; and how many these are."""
    tokenizer = tf.AutoTokenizer.from_pretrained(folder)
    model, info = tf.AutoModelForMaskedLM.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    batch = tokenizer(sentences, padding=True, return_tensors="pt")
    special = torch.tensor(tokenizer.all_special_ids)
    hidden = ~torch.isin(batch["input_ids"], special)
    labels = batch["input_ids"].masked_fill(~hidden, -100)
    batch["input_ids"] = batch["input_ids"].masked_fill(hidden, tokenizer.mask_token_id)
    with torch.no_grad():
        return model.eval()(**batch, labels=labels).loss.item(), int(hidden.sum())


def check(kind):
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        run = lambda *words: subprocess.run([RELEX, *words, "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        shutil.copytree(os.path.join(FIXTURES, "tiny"), path("tiny"))
        with open(path("pretrain.toml"), "w", encoding="utf-8") as file:
            file.write(RECIPE)
        encoder(path("encoder"), kind)
        run("split", "create", "--dataset", "tiny", "--out", "split.json", "--valid-fraction", "0.3")
        run("pretrain", "--config", "pretrain.toml", "--run", "run")
        with open(path("run/provenance.json"), encoding="utf-8") as file:
            provenance = json.load(file)
        with open(path("run/sentences.json"), encoding="utf-8") as file:
            measured = set(json.load(file)["measured"])
        with open(path("tiny/train.csv"), encoding="utf-8", newline="") as file:
            sentences = [row["sentence"] for row in csv.DictReader(file) if row["id"] in measured]
        loss, tokens = loss_of(path("run/encoder"), sentences)
        after = provenance["after"]
        assert tokens == after["masked_tokens"], (tokens, after)
        return provenance["head"], provenance["before"]["masked_loss"], after["masked_loss"], abs(loss - after["masked_loss"])


torch.set_num_threads(1)
tf.logging.set_verbosity_error()
tf.utils.logging.disable_progress_bar()
worst = 0.0
for kind in ["bert", "bert without a head", "roberta", "xlm-roberta", "electra generator", "electra discriminator"]:
    head, before, after, difference = check(kind)
    worst = max(worst, difference)
    print(f"{kind}: head {head}, loss {before:.3f} to {after:.3f}, by transformers within {difference:.1e}", flush=True)
sys.exit(0 if worst <= LIMIT else 1)
