"""Populations through the evaluator against plain batch inference of the same model.

    python benches/population.py ../../models/tiny-moe
    python benches/population.py --random 1b --device cuda --dtype bfloat16 --items 64 --length 1024 --plans 16

What is compared runs in turn, and ratios are those of a round: their median, and in brackets their middle half. Passages
are random tokens. Plain batch inference is `transformers` alone, in batches of several sizes of which each clock's best
counts: final hidden states, or those and all logits. The evaluator runs in this process, without the protocol.

* *layers, nothing edited*: plans of which each passes for one of its own, without an edit: what running many plans costs.
* *layers, edited*: plans that share nothing, with the arithmetic of their edits. Levels of weights are made anew.
* *scored*: the same plans from `evaluate` to values: each plan's logits too, and its divergence from the dense model.
* *one-layer mutants*: children of one parent, scored together, and by whole forwards that share nothing.

On a GPU the clock of the wall is what counts, on a host that does other things the seconds of the processor.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT / "python" / name / "src") for name in ("attune-worker", "attune-torch")]
sys.path.insert(0, str(Path(__file__).parent))

import drawn_plans
import plain_inference
import population_table
import random_checkpoint
import rounds
import torch
import transformers
from attune_torch import loading, source
from attune_torch.describe import Options
from attune_torch.outline import Outline
from attune_torch.population import memory
from attune_torch.subject import Subject
from population_runs import Runs
from population_table import ALONE, EDITED, SCORED, TOGETHER, UNEDITED


def main(argv: Sequence[str]) -> None:
    asked = _arguments(argv)
    if asked.threads:
        torch.set_num_threads(asked.threads)
    transformers.logging.disable_progress_bar()
    with _checkpoint(asked) as folder:
        options = Options(dtype=asked.dtype or ("float32" if asked.device == "cpu" else "bfloat16"))
        device = loading.device(asked.device)
        subject = loading.load(Outline(source.folder(folder, options, _say), options), device, _say)
        measure(asked, subject, options)


def measure(asked: argparse.Namespace, subject: Subject, options: Options) -> None:
    """Runs everything in turn, and prints what it took."""
    device, layers = subject.device, len(subject.layers)
    technique = asked.technique or drawn_plans.usual(subject)
    apart = drawn_plans.sharing_nothing(subject, technique, asked.plans, asked.seed)
    mutants = drawn_plans.one_layer_mutants(subject, technique, asked.plans, asked.seed)
    torch.manual_seed(asked.seed)
    ids = torch.randint(int(subject.config.vocab_size), (asked.items, asked.length)).to(device)

    # A quarter of what a population runs, so that plain batches of all sizes do not take most of the time.
    times = max(1, asked.plans // 4)
    plain = plain_inference.works(subject.model, subject.decoder, ids, times, _say)
    plain_peak = memory.peak(device)
    if device.type == "cuda":
        # What large batches have left in the allocator counts as taken when a population asks what is free.
        torch.cuda.empty_cache()
    runs = Runs(subject, ids)
    passages = {population_table.plain(what, size): asked.items * times for what, sizes in plain.items() for size in sizes}
    works: dict[str, Callable[[], Any]] = {
        population_table.plain(what, size): work for what, sizes in plain.items() for size, work in sizes.items()
    }
    together = runs.scored(mutants)
    works |= {
        UNEDITED: partial(runs.unedited, asked.plans),
        EDITED: partial(runs.edited, apart),
        SCORED: partial(runs.scored, apart),
        TOGETHER: partial(runs.scored, mutants),
        ALONE: partial(runs.scored, mutants, alone=True),
    }
    passages |= dict.fromkeys((UNEDITED, EDITED, SCORED, TOGETHER, ALONE), asked.items * asked.plans)
    naive = layers * asked.items * asked.length * asked.plans
    for name in (UNEDITED, EDITED):
        if works[name]() != naive:
            raise RuntimeError(f"{name}: plans that share nothing were not computed each by itself")
    for name in (SCORED, ALONE):
        if works[name]().computed != naive:
            raise RuntimeError(f"{name}: plans were not computed each by itself")
    spent = rounds.in_turn(works, asked.rounds, device)

    model = Path(asked.model).name if asked.random is None else f"random {asked.random}"
    print(population_table.head(subject, model, options.dtype))
    print(
        f"{technique}, {asked.plans} plans on {asked.items} passages of {asked.length} tokens, {asked.rounds} rounds in turn, "
        f"seed {asked.seed}\n"
    )
    sizes = {what: list(own) for what, own in plain.items()}
    print(population_table.table(sizes, spent, {name: count * asked.length for name, count in passages.items()}))
    print(f"\n{population_table.shared(together, spent)}")
    print(population_table.peaks(device, plain_peak, memory.peak(device)))


@contextmanager
def _checkpoint(asked: argparse.Namespace) -> Iterator[str]:
    """The folder or the name of the model that is asked for; a random one is gone afterwards."""
    if asked.random is None:
        yield asked.model
        return
    with tempfile.TemporaryDirectory(prefix="attune-population-") as folder:
        random_checkpoint.make(asked.random, Path(folder), asked.seed)
        yield folder


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("model", nargs="?", help="a folder in the Hugging Face layout, or a hub id")
    parser.add_argument("--random", choices=random_checkpoint.SHAPES, help="a model with random weights instead")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), help="float32 on the CPU, else bfloat16")
    parser.add_argument("--items", type=int, default=16, help="passages")
    parser.add_argument("--length", type=int, default=128, help="tokens of a passage")
    parser.add_argument("--plans", type=int, default=16)
    parser.add_argument("--technique", choices=drawn_plans.TECHNIQUES, help="keep-experts where there are any, else kv-bits")
    parser.add_argument("--threads", type=int, help="of torch on the host; absent: as torch chooses")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(argv)
    if (asked.model is None) == (asked.random is None):
        parser.error("name either a model or --random")
    if min(asked.items, asked.plans, asked.rounds) < 1 or asked.length < 2:
        parser.error("expected at least one passage of two tokens, one plan and one round")
    return asked


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
