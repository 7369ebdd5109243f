#!/usr/bin/env python3
"""Record the goldens of the task `choice`: questions with choices, and what tiny-moe says of them.

    python tests/golden/choice.py

Log-likelihoods come from a loop of transformers, one sequence at a time, in float32; those of an edited model and its KL from reference.py. Tokens
are those of the tokenizers library by the rule of lm-evaluation-harness, written out here. No code is shared with attune. Every
number is taken in float64 too, and questions on which the two precisions differ by more than 1e-4 (a router that nearly chose otherwise) are left
out. The questions are made up by this script.
"""

import json
import math
import random
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from reference import Reference

HERE = Path(__file__).resolve().parent
MODEL = HERE.parent.parent / "models/tiny-moe"
PROMPT = "Question: {question}\nAnswer:"
# The default, and one whose prompt ends in a space: that space is the continuation's.
FORMS = {"default": (PROMPT, " "), "spaced": ("{question} ", "")}
EDITS = [
    {"edit": "keep-experts", "layer": 1, "experts": [1, 2, 3, 4]},
    {"edit": "kv-bits", "layer": 3, "keys": 4, "values": 4, "group-size": 32, "sink": 2, "recent": 4},
]
NAMES = ["Anne", "Captain Wentworth", "Sir Walter", "Lady Russell", "Mary", "Charles", "Mrs. Smith", "Louisa"]
ENDS = ["to the house", "very happy", "in love with her", "def __init__(self):", "12 + 30 = 42", "a great deal of", "import os"]


def questions(seed, count):
    draw = random.Random(seed)
    made = []
    for number in range(count):
        name, other = draw.sample(NAMES, 2)
        kind = number % 4
        if kind == 0:
            start, step = draw.randint(2, 60), draw.randint(2, 9)
            question = "seq " + " ".join(str(start + step * k) for k in range(5))
            right = str(start + 5 * step)
            wrong = [str(start + 5 * step + off) for off in draw.sample([-3, 1, 2, 10, 100], 3)]
        elif kind == 1:
            keys = draw.sample("abcdefgh", 4)
            values = [draw.randint(10, 99) for _ in keys]
            question = "kv: " + " ".join(f"{key}{draw.randint(0, 9)}={value}" for key, value in zip(keys, values)) + f" ; which one is {keys[0]}?"
            right, wrong = str(values[0]), [str(value) for value in values[1:] if value != values[0]]
        elif kind == 2:
            question = f"{name} was not at all surprised to see {other}; and in a few minutes they were"
            right, *wrong = draw.sample(ENDS, draw.randint(2, 5))
        else:
            question = f"    def {draw.choice(['read', 'close', 'name'])}(self, *args):  # {name}, «naïve»"
            right, wrong = "return self", ["Answer: yes", "she walked on to the church alone", " \n"[:1] + "return"]
        choices = [right, *wrong]
        draw.shuffle(choices)
        place = choices.index(right)
        # Every other answer is given by its text.
        made.append({"question": question, "choices": choices, "answer": right if number % 2 and choices.count(right) == 1 else place})
    return made


def pair(tokenizer, context, continuation):
    spaces = len(context) - len(context.rstrip())
    if spaces:
        continuation = context[-spaces:] + continuation
        context = context[:-spaces]
    whole, before = tokenizer.encode(context + continuation).ids, tokenizer.encode(context).ids
    return before, whole[len(before):]


def main():
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    dense = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32).eval()
    edited = {bits: Reference(MODEL, dtype=bits) for bits in (torch.float32, torch.float64)}

    def said(record, form, bits):
        """Per choice the log-likelihoods, dense and edited; of the right choice the KL per token."""
        prompt, delimiter = FORMS[form]
        right = record["answer"] if isinstance(record["answer"], int) else record["choices"].index(record["answer"])
        one = {"tokens": [], "dense": [], "edited": [], "right": right}
        for number, choice in enumerate(record["choices"]):
            context, continuation = pair(tokenizer, prompt.replace("{question}", record["question"]), delimiter + choice)
            ids, scored = context + continuation, len(continuation)
            with torch.no_grad():
                # transformers has no float64 for batched experts.
                own = dense(torch.tensor([ids])).logits[0] if bits == torch.float32 else edited[bits].logits(torch.tensor(ids))
            rows = slice(len(ids) - 1 - scored, len(ids) - 1)
            log_dense = own[rows].double().log_softmax(-1)
            log_edited = edited[bits].logits(torch.tensor(ids), EDITS)[rows].double().log_softmax(-1)
            targets = torch.tensor(continuation)[:, None]
            one["tokens"].append([len(context), *continuation])
            one["dense"].append(log_dense.gather(1, targets).sum().item())
            one["edited"].append(log_edited.gather(1, targets).sum().item())
            if number == right:
                one["kl"] = (log_dense.exp() * (log_dense - log_edited)).sum(-1).mean().item()
        return one

    record = {"edits": EDITS, "forms": {form: {"prompt": prompt, "delimiter": delimiter} for form, (prompt, delimiter) in FORMS.items()}}
    worst = 0.0
    for split, seed in (("selection", 1), ("report", 2)):
        kept, values = [], {form: [] for form in FORMS}
        for question in questions(seed, 28):
            both = {form: (said(question, form, torch.float32), said(question, form, torch.float64)) for form in FORMS}
            gaps = [abs(a - b) for one, two in both.values() for key in ("dense", "edited") for a, b in zip(one[key], two[key])]
            if max(gaps) > 1e-4 or len(kept) == 16:
                continue
            worst = max(worst, *gaps)
            kept.append(question)
            for form, (one, _) in both.items():
                values[form].append(one)
        (HERE / f"choice.{split}.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept), encoding="utf-8")
        record[split] = values
    record["float32_vs_float64"] = worst
    (HERE / "choice.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    for split in ("selection", "report"):
        for form in FORMS:
            lines = record[split][form]
            hits = sum(max(range(len(one["dense"])), key=one["dense"].__getitem__) == one["right"] for one in lines)
            print(split, form, len(lines), "right:", hits, "mean kl:", math.fsum(one["kl"] for one in lines) / len(lines))


if __name__ == "__main__":
    main()
