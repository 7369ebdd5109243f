#!/usr/bin/env python3
"""Check an export with sliding windows in vLLM, against the dense model with attention of its own (check_windows.py).

    python tests/golden/check_windows_vllm.py DIR_DENSE DIR_EXPORTED PLAN.json [--model-impl transformers]

vLLM runs the exported folder on a CPU in float32. Prints how far its logarithms of probabilities are from those of the dense model under
the plan, for a prompt and for what it generates, and from those of the dense model as it is, which has to be far. Heads have to have 32
channels or more. Exit status 0 when all of that is as it should be.
"""

import argparse
import json
import os
from pathlib import Path

os.environ |= {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_NO_USAGE_STATS": "1"}

import torch
from vllm import LLM, SamplingParams

import check_windows

PROMPT, GENERATED = 48, 8


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("dense", "exported", "plan"):
        parser.add_argument(name)
    parser.add_argument("--model-impl", default="auto")
    args = parser.parse_args()
    edits = json.loads(Path(args.plan).read_text())["plan"]["edits"]
    vocab = json.loads((Path(args.dense) / "config.json").read_text())["vocab_size"]
    ids = torch.randint(1, vocab, (PROMPT,), generator=torch.Generator().manual_seed(1)).tolist()

    engine = LLM(args.exported, dtype="float32", enforce_eager=True, skip_tokenizer_init=True, max_model_len=128, max_num_seqs=1, max_logprobs=vocab, model_impl=args.model_impl)
    asked = SamplingParams(max_tokens=GENERATED, temperature=0.0, prompt_logprobs=vocab, logprobs=vocab, detokenize=False, ignore_eos=True)
    given = engine.generate([{"prompt_token_ids": ids}], asked)[0]
    rows = [*given.prompt_logprobs[1:], *given.outputs[0].logprobs]
    found = torch.tensor([[row[token].logprob for token in range(vocab)] for row in rows])

    dense = check_windows.load(args.dense, attn_implementation="plain")
    sequence = torch.tensor([[*ids, *given.outputs[0].token_ids]])
    with torch.no_grad():
        before = dense(sequence, use_cache=False).logits.log_softmax(-1)[0, : len(found)]
        for edit in edits:
            check_windows.EDITS.setdefault(edit["layer"], []).append(edit)
        expected = dense(sequence, use_cache=False).logits.log_softmax(-1)[0, : len(found)]
    apart = (found - expected).abs()
    figures = {"prompt": apart[: PROMPT - 1].max().item(), "generated": apart[PROMPT - 1 :].max().item(), "from_dense": (found - before).abs().max().item()}
    print(json.dumps(figures))
    raise SystemExit(0 if apart.max() < 1e-3 and figures["from_dense"] > 1e-1 else 1)


if __name__ == "__main__":
    main()
