"""Trains the classifier and the generator of models/tiny-digits, keeping checkpoints and averages along the run.

    python train.py            # writes into the folder above; five minutes on one busy core

Data: the 1,797 digits of scikit-learn (`load_digits`; BSD-3-Clause). Nothing else is read.
"""

import argparse
import json
import pathlib
import time

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from model import Classifier, Denoiser, frechet, kernel, sample, statistics

CONFIG = {
    "model_type": "attune_denoiser",
    "image_size": 8,
    "channels": 1,
    "hidden_size": 96,
    "intermediate_size": 192,
    "num_hidden_layers": 3,
    "layer_norm_eps": 1e-5,
    "time_frequencies": 16,
    "time_highest": 50.0,
    "prediction_type": "v_prediction",
    "schedule": "cosine",
    "sampling_steps": 8,
}
CLASSIFIER = {
    "model_type": "attune_classifier",
    "image_size": 8,
    "channels": 1,
    "hidden_size": 64,
    "feature_size": 32,
    "num_labels": 10,
    "pixel_max": 16,
}
RATES = [0.9, 0.99, 0.995, 0.998, 0.999]


def data():
    digits = load_digits()
    images = torch.tensor(digits.images.reshape(-1, 64), dtype=torch.uint8)
    labels = torch.tensor(digits.target)
    train, rest = train_test_split(np.arange(len(images)), test_size=800, stratify=labels, random_state=0)
    selection, report = train_test_split(rest, test_size=400, stratify=labels[rest], random_state=0)
    splits = {"train": train, "selection": selection, "report": report}
    seen = {bytes(images[i].tolist()) for i in train} | {bytes(images[i].tolist()) for i in selection}
    assert not seen & {bytes(images[i].tolist()) for i in report}, "an image is in two splits"
    return {name: (images[np.sort(index)], labels[np.sort(index)]) for name, index in splits.items()}


def scaled(images):
    return images.float() / 8 - 1


def train_classifier(splits, seed):
    torch.manual_seed(seed)
    model = Classifier(CLASSIFIER)
    x, y = scaled(splits["train"][0]), splits["train"][1]
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
    for _ in range(600):
        index = torch.randint(len(x), (128,))
        loss = torch.nn.functional.cross_entropy(model(x[index] + 0.1 * torch.randn(128, 64)), y[index])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.requires_grad_(False)
    # Features get mean variance 1 on the training images; rectified features scale with their weights.
    scale = model.embed(x).var(0).mean().sqrt()
    model.features.weight /= scale
    model.features.bias /= scale
    model.output.weight *= scale
    return model


def train_step(model, optimiser, x, batch):
    """One step on a batch that is drawn from the images `x`; returns its loss."""
    x0 = x[torch.randint(len(x), (batch,))]
    t = torch.rand(batch)
    noise = torch.randn_like(x0)
    phi = (t * torch.pi / 2)[:, None]
    loss = ((model(phi.cos() * x0 + phi.sin() * noise, t) - (phi.cos() * noise - phi.sin() * x0)) ** 2).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss


def train_generator(splits, args):
    torch.manual_seed(args.seed)
    model = Denoiser(CONFIG)
    x = scaled(splits["train"][0])
    optimiser = torch.optim.Adam(model.parameters(), lr=args.lr)
    averages = {rate: {k: v.clone() for k, v in model.state_dict().items()} for rate in RATES}
    saved, losses = [], []
    first = args.steps - args.every * (args.checkpoints - 1)
    for step in range(1, args.steps + 1):
        loss = train_step(model, optimiser, x, args.batch)
        losses.append(loss.item())
        with torch.no_grad():
            for rate, average in averages.items():
                # A plain mean until there are enough steps, so that the start is forgotten.
                now = min(rate, step / (step + 1))
                for name, value in model.state_dict().items():
                    average[name].lerp_(value, 1 - now)
        if step >= first and (step - first) % args.every == 0:
            saved.append((step, {k: v.clone() for k, v in model.state_dict().items()}))
            print(f"step {step}: loss {np.mean(losses[-args.every:]):.4f}", flush=True)
    return saved, averages


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parents[1])
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--every", type=int, default=300)
    parser.add_argument("--checkpoints", type=int, default=12)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    begun = time.time()
    splits = data()
    classifier = train_classifier(splits, args.seed)
    saved, averages = train_generator(splits, args)
    seconds = time.time() - begun

    (args.out / "data").mkdir(parents=True, exist_ok=True)
    (args.out / "classifier").mkdir(exist_ok=True)
    # Weights are kept in float16; what is measured below are the kept ones.
    half = lambda state: {k: v.half().contiguous() for k, v in state.items()}
    names = []
    for step, state in saved:
        names.append(f"checkpoint-{step:05}.safetensors")
        save_file(half(state), args.out / names[-1], {"format": "pt"})
    (args.out / "averages").mkdir(exist_ok=True)
    for rate, state in averages.items():
        save_file(half(state), args.out / "averages" / f"ema-{rate}.safetensors", {"format": "pt"})
    # Both folders are models: the averages of the run can be scored, and mixed, like its checkpoints.
    averaged = [f"ema-{rate}.safetensors" for rate in RATES]
    for folder, listed in [(args.out, names), (args.out / "averages", averaged)]:
        (folder / "config.json").write_text(json.dumps({**CONFIG, "checkpoints": listed}, indent=2) + "\n")
    save_file({k: v.contiguous() for k, v in classifier.state_dict().items()},
              args.out / "classifier/model.safetensors", {"format": "pt"})
    (args.out / "classifier/config.json").write_text(json.dumps(CLASSIFIER, indent=2) + "\n")
    for name in ["selection", "report"]:
        images, labels = splits[name]
        save_file({"images": images.reshape(-1, 1, 8, 8).contiguous(), "labels": labels.to(torch.uint8)},
                  args.out / "data" / f"digits.{name}.safetensors", {"range": "0 to 16"})

    accuracy = {}
    for name, (images, labels) in splits.items():
        accuracy[name] = (classifier(scaled(images)).argmax(1) == labels).float().mean().item()
    features = {name: classifier.embed(scaled(images)) for name, (images, _) in splits.items()}
    real = {name: statistics(found) for name, found in features.items()}
    noise = torch.randn(2560, 64, generator=torch.Generator().manual_seed(1234))
    model = Denoiser(CONFIG)

    def measure(state):
        model.load_state_dict({k: v.half().float() for k, v in state.items()})
        fake = classifier.embed(sample(model, noise))
        return {
            "frechet": round(frechet(statistics(fake), real["report"]), 4),
            "kernel": round(kernel(fake, features["report"]), 5),
        }

    table = {f"checkpoint {step}": measure(state) for step, state in saved}
    table["mean"] = measure({k: sum(s[k] for _, s in saved) / len(saved) for k in saved[0][1]})
    table |= {f"EMA {rate}": measure(state) for rate, state in averages.items()}
    summary = {
        "arguments": {k: v for k, v in vars(args).items() if k != "out"},
        "parameters": sum(v.numel() for v in saved[0][1].values()),
        "images": {name: len(images) for name, (images, _) in splits.items()},
        "seconds": round(seconds),
        "classifier_accuracy": {k: round(v, 4) for k, v in accuracy.items()},
        "frechet_of_real": {
            "train against report": round(frechet(real["train"], real["report"]), 4),
            "selection against report": round(frechet(real["selection"], real["report"]), 4),
        },
        "one_batch_of_2560_against_report": table,
    }
    (args.out / "training.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
