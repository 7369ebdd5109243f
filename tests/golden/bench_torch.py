#!/usr/bin/env python3
"""Dense forward speed of transformers on CPU, float32: the yardstick for attune's evaluator.

    python tests/golden/bench_torch.py models/tiny-moe --tokens 256 --batch 16

A forward over `batch` sequences of `tokens` random tokens, all logits computed, no gradient, no KV
cache. Prints one JSON line; `best` is the fastest repetition, which on a shared machine is the
fairest to both sides.
"""

import argparse
import json
import statistics
import time

import torch
import transformers
from transformers import AutoModelForCausalLM


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--tokens", type=int, default=256, help="tokens per sequence")
    parser.add_argument("--batch", type=int, default=8, help="sequences per forward")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--attention", default="sdpa", choices=["sdpa", "eager"])
    parser.add_argument("--compile", action="store_true", help="through torch.compile, whose compilation is not timed")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    model = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32, attn_implementation=args.attention).eval()
    vocab = model.config.vocab_size
    if args.compile:
        model = torch.compile(model)
    ids = torch.randint(0, vocab, (args.batch, args.tokens), generator=torch.Generator().manual_seed(1))
    seconds = []
    for repetition in range(args.repeat + 1):
        start = time.perf_counter()
        model(ids, use_cache=False)
        if repetition:  # the first one warms up
            seconds.append(time.perf_counter() - start)
    count = args.batch * args.tokens
    result = {
        "model": args.folder,
        "tokens_per_sequence": args.tokens,
        "batch": args.batch,
        "threads": args.threads,
        "attention": args.attention,
        "compiled": args.compile,
        "tokens_per_second_best": round(count / min(seconds), 1),
        "tokens_per_second_median": round(count / statistics.median(seconds), 1),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
