"""Records a short run of the generator with its optimiser's states, for `checkpoint-codec`'s task `files`.

    python record.py ../../../data/digits/run-1 --seed 1     # 24 saves, 44 MB, some seconds

A save has the weights in bfloat16 and Adam's two moments in float32, as a run in mixed precision writes them but for the
master weights. Nothing that it writes is committed.
"""

import argparse
import pathlib

import torch
from safetensors.torch import load_file, save_file

from model import Denoiser
from train import CONFIG, data, scaled, train_step


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=pathlib.Path, help="a checkpoint to go on from, instead of the first weights")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    model = Denoiser(CONFIG)
    if args.start:
        model.load_state_dict({name: value.float() for name, value in load_file(args.start).items()})
    x = scaled(data()["train"][0])
    optimiser = torch.optim.Adam(model.parameters(), lr=args.lr)
    args.out.mkdir(parents=True, exist_ok=True)
    for step in range(1, args.steps + 1):
        loss = train_step(model, optimiser, x, args.batch)
        if step % args.every == 0:
            tensors = {}
            for name, parameter in model.named_parameters():
                tensors[name] = parameter.detach().bfloat16().contiguous()
                for moment in ["exp_avg", "exp_avg_sq"]:
                    tensors[f"{name}.{moment}"] = optimiser.state[parameter][moment].contiguous()
            save_file(tensors, args.out / f"save-{step:05}.safetensors", {"format": "pt"})
            print(f"step {step}: loss {loss.item():.4f}", flush=True)


if __name__ == "__main__":
    main()
