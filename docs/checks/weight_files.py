"""Writes one tiny encoder in every form that PyTorch and Hugging Face keep weights in.

    pip install torch transformers safetensors
    python docs/checks/weight_files.py crates/relex-model/tests/fixtures/weight-files

Every value is a multiple of 1/8 and less than 2, so that half precision holds it exactly and all forms are equal bit for bit.
"""

import json
import os
import sys

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForMaskedLM

OUT = sys.argv[1]
SIZES = dict(
    vocab_size=11, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12, max_position_embeddings=6
)


def at(name):
    return os.path.join(OUT, name)


def shards(weights, pattern, save):
    """Two files and their index."""
    names = sorted(weights)
    halves = [names[: len(names) // 2], names[len(names) // 2 :]]
    places = {}
    for number, half in enumerate(halves, 1):
        file = pattern.format(number)
        save({name: weights[name] for name in half}, at(file))
        places |= {name: file for name in half}
    base, ending = pattern.split("-{")[0], pattern.rsplit(".", 1)[1]
    with open(at(f"{base}.{ending}.index.json"), "w") as file:
        json.dump({"metadata": {}, "weight_map": places}, file, indent=1)


os.makedirs(OUT, exist_ok=True)
torch.manual_seed(7)
config = BertConfig(**SIZES)
config.save_pretrained(OUT)
# Language models keep the encoder behind a prefix, and a head and a buffer that an encoder has no use for.
model = BertForMaskedLM(config)
weights = {name: torch.randint(-15, 16, tensor.shape) / 8.0 for name, tensor in model.state_dict().items()}
weights.pop("cls.predictions.decoder.weight", None)
weights.pop("cls.predictions.decoder.bias", None)
weights["bert.embeddings.position_ids"] = torch.arange(6)[None]

save_file(weights, at("model.safetensors"))
torch.save(weights, at("pytorch_model.bin"))
torch.save(weights, at("legacy.bin"), _use_new_zipfile_serialization=False)
torch.save(weights, at("protocol-4.bin"), pickle_protocol=4)

# Views into shared storages, transposed and offset; parameters instead of tensors.
views = dict(weights)
query = "bert.encoder.layer.0.attention.self.query.weight"
views[query] = weights[query].t().contiguous().t()
both = torch.cat([weights["bert.embeddings.LayerNorm.weight"], weights["bert.embeddings.LayerNorm.bias"]])
views["bert.embeddings.LayerNorm.weight"], views["bert.embeddings.LayerNorm.bias"] = both[:8], both[8:]
dense = "bert.encoder.layer.0.output.dense.weight"
views[dense] = torch.nn.Parameter(weights[dense])
torch.save(views, at("views.bin"))

# Names of checkpoints that were converted from TensorFlow, such as bert-base-multilingual-cased.
old_names = {
    name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
    for name, tensor in weights.items()
}
torch.save(old_names, at("gamma-beta.bin"))
save_file(old_names, at("gamma-beta.safetensors"))

kinds = [torch.float16, torch.bfloat16, torch.float64]
mixed = {
    name: tensor.to(kinds[index % 3]) if tensor.is_floating_point() else tensor
    for index, (name, tensor) in enumerate(sorted(weights.items()))
}
torch.save(mixed, at("mixed.bin"))
save_file(mixed, at("mixed.safetensors"))

shards(weights, "model-{:05}-of-00002.safetensors", save_file)
shards(weights, "pytorch_model-{:05}-of-00002.bin", torch.save)
