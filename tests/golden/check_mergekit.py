#!/usr/bin/env python3
"""Check an export for mergekit: mergekit makes the exported checkpoint of the exported document.

    pip install mergekit && python tests/golden/check_mergekit.py DIR_OF_THE_MODEL DIR_EXPORTED

Runs `mergekit-pytorch` on mergekit.yaml in the folder of the model, and once more with `normalize: true` and all weights doubled, which it then
divides by their sum: that one has to give the same checkpoint, and the document with doubled weights and `normalize: false`, the negative
control, another one. Exit status 0 when the first is within 1e-6 and the control is not.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from safetensors.numpy import load_file


def merged(model, document, work, name):
    """What mergekit makes of a document, by the names of tensors."""
    config, out = work / f"{name}.yaml", work / name
    config.write_text(yaml.safe_dump(document))
    command = [Path(sys.executable).parent / "mergekit-pytorch", config.resolve(), out.resolve()]
    subprocess.run([str(part) for part in command], cwd=model, check=True, stdout=subprocess.DEVNULL)
    tensors = {}
    for file in sorted(out.glob("*.safetensors")):
        tensors.update(load_file(file))
    return tensors


def farthest(tensors, expected):
    """The largest difference of any two numbers; the names have to be the same."""
    if tensors.keys() != expected.keys():
        raise SystemExit(f"tensors differ: {sorted(tensors.keys() ^ expected.keys())}")
    return max(float(abs(tensors[name].astype("float64") - expected[name]).max()) for name in expected)


def doubled(weight):
    """A weight, or the weights of layers, twice as large."""
    if isinstance(weight, list):
        return [{**entry, "value": 2 * entry["value"]} for entry in weight]
    return 2 * weight


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("exported", type=Path)
    args = parser.parse_args()
    expected = load_file(args.exported / "model.safetensors")
    document = yaml.safe_load((args.exported / "mergekit.yaml").read_text())
    twice = {**document, "models": [
        {**model, "parameters": {"weight": doubled(model["parameters"]["weight"])}} for model in document["models"]
    ]}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        same = farthest(merged(args.model, document, work, "same"), expected)
        normalised = merged(args.model, {**twice, "parameters": {"normalize": True}}, work, "normalised")
        control = farthest(merged(args.model, twice, work, "control"), expected)
    print(f"mergekit differs from the exported checkpoint by {same:.3g} at most")
    print(f"twice the weights, normalised: by {farthest(normalised, expected):.3g}; not normalised (the control): by {control:.3g}")
    raise SystemExit(0 if same <= 1e-6 < control else 1)


if __name__ == "__main__":
    main()
