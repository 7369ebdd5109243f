#!/usr/bin/env python3
"""Record all goldens again, except SmolLM2's (smollm2.py).

    python tests/golden/make.py --model models/tiny-moe
"""

import argparse

import merged_experts
import small_models
import tiny_moe

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", default="models/tiny-moe")
parser.add_argument("--only", choices=["tiny-moe", "small-models", "merged-experts"])
args = parser.parse_args()
if args.only in (None, "tiny-moe"):
    tiny_moe.record_quantiser()
    tiny_moe.record(args.model)
if args.only in (None, "small-models"):
    small_models.record()
if args.only in (None, "merged-experts"):
    merged_experts.record()
