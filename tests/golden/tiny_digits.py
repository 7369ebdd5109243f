"""Records what the reference in models/tiny-digits/recipe/model.py computes on the committed weights.

    python tests/golden/tiny_digits.py

Writes tiny-digits.safetensors: `noise` [128, 64]; for the mixtures below `<name>.images` [128, 64] (clamped samples);
`features` [128, 32] of the last mixture's images; and tiny-digits.json: coefficients, distances to the real images of
both splits, sha256 of config and weights.
"""

import hashlib
import json
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).parents[2]
MODEL = ROOT / "models/tiny-digits"
sys.path.insert(0, str(MODEL / "recipe"))

from model import Classifier, Denoiser, frechet, kernel, sample, statistics  # noqa: E402


def layer(name, layers):
    part, _, rest = name.partition(".")
    if part == "blocks":
        return int(rest.split(".")[0]) + 1
    return 0 if part in ("input", "time") else layers - 1


def main():
    torch.manual_seed(7)
    config = json.loads((MODEL / "config.json").read_text())
    saved = [load_file(MODEL / name) for name in config["checkpoints"]]
    count, layers = len(saved), config["num_hidden_layers"] + 2
    wild = torch.randn(count, dtype=torch.float64) * 0.4
    wild += (1 - wild.sum()) / count
    per_layer = torch.randn(layers, count, dtype=torch.float64) * 0.2
    per_layer += (1 - per_layer.sum(1, keepdim=True)) / count
    last = [0.0] * (count - 1) + [1.0]
    cases = {"last": [last], "wild": [wild.tolist()], "layers": per_layer.tolist()}

    raw = json.loads((MODEL / "classifier/config.json").read_text())
    classifier = Classifier(raw)
    classifier.load_state_dict(load_file(MODEL / "classifier/model.safetensors"))
    real = {}
    for split in ["selection", "report"]:
        images = load_file(MODEL / f"data/digits.{split}.safetensors")["images"]
        real[split] = classifier.embed(images.reshape(len(images), -1).float() / (raw["pixel_max"] / 2) - 1).detach()

    noise = torch.randn(128, 64)
    tensors, record = {"noise": noise}, []
    model = Denoiser(config)
    for name, rows in cases.items():
        alpha = rows * layers if len(rows) == 1 else rows
        # LCSC's own form, in float64: theta_0 + sum over i >= 1 of alpha_i (theta_i - theta_0).
        state = {}
        for key in saved[0]:
            first = saved[0][key].double()
            terms = (a * (s[key].double() - first) for a, s in zip(alpha[layer(key, layers)][1:], saved[1:]))
            state[key] = (first + sum(terms)).float()
        model.load_state_dict(state)
        images = sample(model, noise)
        features = classifier.embed(images).detach()
        tensors[f"{name}.images"], tensors["features"] = images, features
        distances = {
            split: {
                "frechet": frechet(statistics(features), statistics(found)),
                "kernel-distance": kernel(features, found),
            }
            for split, found in real.items()
        }
        record.append({"name": name, "coefficients": rows, "distances": distances})
    digest = hashlib.sha256((MODEL / "config.json").read_bytes())
    for name in config["checkpoints"]:
        digest.update((MODEL / name).read_bytes())
    here = pathlib.Path(__file__).parent
    save_file(tensors, here / "tiny-digits.safetensors")
    (here / "tiny-digits.json").write_text(json.dumps({"model_sha256": digest.hexdigest(), "cases": record}, indent=1) + "\n")
    print(json.dumps([{case["name"]: case["distances"]} for case in record], indent=1))


if __name__ == "__main__":
    main()
