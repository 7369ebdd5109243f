"""What was measured, as Markdown."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch
import transformers
from attune_torch.subject import Subject
from attune_worker import Work
from plain_inference import WHAT
from rounds import CLOCKS, Spent, median, ratio

HIDDEN, LOGITS = WHAT
UNEDITED, EDITED, SCORED = "layers, nothing edited", "layers, edited", "scored"
TOGETHER, ALONE = "one-layer mutants, together", "one-layer mutants, each alone"


def head(subject: Subject, name: str, dtype: str) -> str:
    """Model, machine and versions, in one line."""
    device = subject.device
    parameters = sum(parameter.numel() for parameter in subject.model.parameters())
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    return (
        f"{name}: {parameters / 1e6:,.1f} million parameters, {len(subject.layers)} layers, {dtype}, on {device} ({where}), "
        f"{torch.get_num_threads()} threads, torch {torch.__version__}, transformers {transformers.__version__}"
    )


def table(sizes: dict[str, list[int]], spent: dict[str, list[Spent]], tokens: dict[str, int]) -> str:
    """Tokens of each second, and how many times as many as plain batches of the best of `sizes` by that clock."""
    per_token = {
        name: [Spent(one.wall / tokens[name], one.processor / tokens[name]) for one in own]
        for name, own in spent.items()
    }
    best = {
        (what, clock): min((per_token[plain(what, size)] for size in own), key=lambda one: median(one, clock))
        for what, own in sizes.items()
        for clock in CLOCKS
    }
    lines = [
        "| what | tokens/s by the wall | tokens per processor second | over plain: by the wall | by the processor "
        "| over single passages: by the processor |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, own in per_token.items():
        what = HIDDEN if name in (UNEDITED, EDITED) or name.endswith(f": {HIDDEN}") else LOGITS
        speeds = [f"{1 / median(own, clock):,.0f}" for clock in CLOCKS]
        over = [_times(ratio(best[what, clock], own, clock)) for clock in CLOCKS]
        single = _times(ratio(per_token[plain(what, 1)], own, "processor"))
        lines.append(f"| {' | '.join((name, *speeds, *over, single))} |")
    lines += [
        "",
        f"“{UNEDITED}” and “{EDITED}” are over plain {HIDDEN}, what is scored over plain {LOGITS}. Tokens are those of all plans, "
        "also where mutants share what was computed.",
    ]
    return "\n".join(lines)


def shared(work: Work, spent: dict[str, list[Spent]]) -> str:
    """What mutants share."""
    wall, processor = (_times(ratio(spent[ALONE], spent[TOGETHER], clock)) for clock in CLOCKS)
    return (
        f"One-layer mutants: {work.computed:,} of {work.naive:,} layer-tokens computed, {work.naive / work.computed:.2f} × less "
        f"work; {wall} × less time by the wall, {processor} × by the processor."
    )


def peaks(device: torch.device, plain: int | None, whole: int | None) -> str:
    """The most memory that was taken, up to the end of plain batches and of everything."""
    parts = ", ".join(
        f"{'not known' if peak is None else f'{peak / 2**20:,.0f} MiB'} {when}"
        for peak, when in ((plain, "after plain batches"), (whole, "in all"))
    )
    return f"Peak memory of {'the device' if device.type == 'cuda' else 'the process'}: {parts}."


def plain(what: str, size: int) -> str:
    """The name of plain batches."""
    return f"plain, batches of {size}: {what}"


def _times(found: tuple[float, float, float]) -> str:
    low, middle, high = found
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{name}, {os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}"
