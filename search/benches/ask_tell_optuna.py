"""Processor time of ask and tell, by trial, of Optuna's samplers: the table of `ask_tell.rs` for the same dimensions and loss.

    python ask_tell_optuna.py [SAMPLER …] [dimensions=40,270] [trials=1000,10000,100000] [patience=60]      (pip install optuna cmaes)
"""

import sys
import time

import optuna

BITS = [2.0, 3.0, 4.0, 8.0]
SAMPLERS = {
    "TPESampler": lambda: optuna.samplers.TPESampler(seed=1),
    "RandomSampler": lambda: optuna.samplers.RandomSampler(seed=1),
    "CmaEsSampler": lambda: optuna.samplers.CmaEsSampler(seed=1),
    "NSGAIISampler": lambda: optuna.samplers.NSGAIISampler(seed=1),
}


def loss(name, trial, count):
    if name == "CmaEsSampler":
        xs = [trial.suggest_float(f"x{cell}", -5.0, 5.0) for cell in range(count)]
        return sum((1.0 + cell) * x * x for cell, x in enumerate(xs))
    levels = [trial.suggest_categorical(f"x{cell}", [0, 1, 2, 3]) for cell in range(count)]
    damage = sum((1.0 + cell * 7 % 16) * [16.0, 4.0, 1.0, 0.0][level] for cell, level in enumerate(levels))
    bits = sum(BITS[level] for level in levels)
    # Optuna's samplers know no budget while they propose: what exceeds it is a penalty.
    return (damage, bits) if name == "NSGAIISampler" else damage + 100.0 * max(0.0, bits - 4.0 * count)


def measured(name, count, marks, patience):
    clock = time.process_time()
    directions = ["minimize", "minimize"] if name == "NSGAIISampler" else ["minimize"]
    study = optuna.create_study(sampler=SAMPLERS[name](), directions=directions)
    cells, done = [], 0
    for mark in marks:
        while done < mark and time.process_time() - clock < patience:
            trial = study.ask()
            study.tell(trial, loss(name, trial, count))
            done += 1
        each = 1e6 * (time.process_time() - clock) / max(done, 1)
        cells.append(f"{each:.0f} µs" + ("" if done == mark else f" ({done})"))
        if done < mark:
            break
    return cells + ["–"] * (len(marks) - len(cells))


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    said = dict(argument.split("=") for argument in sys.argv[1:] if "=" in argument)
    names = [argument for argument in sys.argv[1:] if "=" not in argument] or list(SAMPLERS)
    dimensions = [int(number) for number in said.get("dimensions", "40,270").split(",")]
    marks = [int(number) for number in said.get("trials", "1000,10000,100000").split(",")]
    patience = float(said.get("patience", "60"))
    print(f"optuna {optuna.__version__}, python {sys.version.split()[0]}")
    print("| sampler | dimensions | " + " | ".join(f"{mark} trials" for mark in marks) + " |")
    print("| --- | ---: |" + " ---: |" * len(marks))
    for name in names:
        for count in dimensions:
            try:
                cells = measured(name, count, marks, patience)
            except ImportError as missing:
                cells = [str(missing)] + ["–"] * (len(marks) - 1)
            print(f"| {name} | {count} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
