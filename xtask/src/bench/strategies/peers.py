"""Peers on the problems of `cargo xtask bench strategies`.

    python -m venv peers && peers/bin/pip install -r xtask/src/bench/strategies/requirements.txt
    cargo xtask bench strategies --peers peers/bin/python

`peers.py run FOLDER OUT` searches the problems of a folder and adds what OUT lacks as lines
`problem,seed,hash,method,evaluations,loss,milliseconds`, the hash being that of the problem file. It may be stopped and goes on.

Only evaluations count. Budgets and the sizes of subsets cost nothing to check, so a peer never pays for an infeasible
point: what it proposes is repaired by steps as small as possible before it is evaluated, and the peer is told the
repaired point of levels instead (on tuning instances better for Nevergrad than a penalty or than telling it nothing).
"""

import argparse
import csv
import hashlib
import json
import math
import os
import random
import sys
import time
import warnings
from multiprocessing import Pool
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402


class Done(Exception):
    """All evaluations are spent."""


class Problem:
    """A problem file: its formula, its noise, and what a search of it has found."""

    def __init__(self, file):
        text = Path(file).read_bytes()
        self.hash = hashlib.sha256(text).hexdigest()[:12]
        described = json.loads(text)
        self.name, self.seed = described["name"], described["seed"]
        ((self.kind, self.shape),) = described["variables"].items()
        self.budget, self.step, self.noise = described["budget"], described["step"], described["noise"]
        ((self.form, self.data),) = described["loss"].items()
        self.looks = described["looks"]
        self.samples = described["samples"]
        self.count, self.best, self.found = 0, (math.inf, math.inf), []
        self.random = np.random.default_rng(self.seed)
        self.start = time.process_time()
        self.evaluating = 0.0
        # What the peer would answer if it was asked now; the best that was observed without one.
        self.recommend = None
        if self.form in ("quadratic", "waves"):
            self.rows, self.centre = np.array(self.data["rows"]), np.array(self.data["centre"])

    def loss(self, x):
        """Without noise."""
        if self.form == "tables":
            x = [int(value) for value in x]
            loss = sum(row[value] for row, value in zip(self.data["unary"], x))
            loss += sum(table[x[a]][x[b]] for a, b, table in self.data["pairs"])
        elif self.form == "traps":
            loss = 0.0
            for block in self.data["blocks"]:
                hits = sum(int(x[place]) == target for place, target in block)
                loss += 0.0 if hits == len(block) else (1.0 + hits) / len(block)
        else:
            z = self.rows @ (np.asarray(x) - self.centre)
            if self.form == "quadratic":
                loss = float(np.sum(np.array(self.data["weights"]) * z * z))
            else:
                z = self.data["scale"] * z
                loss = float(np.sum(z * z + 10.0 * (1.0 - np.cos(2.0 * math.pi * z))))
        return math.floor(loss / self.step) * self.step if self.step > 0.0 else loss

    def agrees(self):
        """Whether this formula is the one that made the file."""
        return all(abs(self.loss(x) - loss) <= 1e-9 * max(1.0, abs(loss)) for x, loss in self.samples)

    def evaluate(self, x):
        """One evaluation. Raises `Done` when there are none left."""
        begin = time.process_time()
        if self.count >= self.looks[-1]:
            raise Done
        loss = self.loss(x)
        observed = loss + self.noise * self.random.standard_normal() if self.noise > 0.0 else loss
        self.best = min(self.best, (observed, loss))
        self.count += 1
        if self.count in self.looks:
            self.look()
        self.evaluating += time.process_time() - begin
        return observed

    def look(self):
        answer = self.recommend() if self.recommend and self.noise > 0.0 else None
        loss = self.best[1] if answer is None else self.loss(answer)
        spent = time.process_time() - self.start - self.evaluating
        self.found.append((self.looks[len(self.found)], loss, 1e3 * spent))

    def within(self, x):
        """The nearest feasible point that random steps down find, for levels under a budget."""
        if self.budget is None:
            return list(x)
        (costs, limit), x = self.budget, [int(value) for value in x]
        row = lambda cell: costs[0] if len(costs) == 1 else costs[cell]
        total = sum(row(cell)[value] for cell, value in enumerate(x))
        while total > limit + 1e-9:
            cell = int(self.random.choice([cell for cell, value in enumerate(x) if value > 0]))
            total += row(cell)[x[cell] - 1] - row(cell)[x[cell]]
            x[cell] -= 1
        return x

    def cells(self):
        """Numbers of a point and the values of each, of choices and levels."""
        options = self.shape.get("options") or len(self.shape["levels"])
        return self.shape["cells"], options

    def of_keys(self, keys):
        """The subsets or the permutation of sort keys: the way of peers that know neither."""
        if self.kind == "permutation":
            return list(np.argsort(keys, kind="stable"))
        cells, of, pick = self.shape["cells"], self.shape["of"], self.shape["pick"]
        x = np.zeros(cells * of, dtype=int)
        for cell in range(cells):
            order = np.argsort(keys[cell * of : (cell + 1) * of], kind="stable")
            x[cell * of + order[:pick]] = 1
        return list(x)

    def keys(self):
        """How many sort keys a point takes."""
        return self.shape["cells"] * self.shape["of"] if self.kind == "subset" else self.shape["of"]

    def of_flat(self, point):
        """Coefficients at a point of the plane of their sum, in an orthonormal (Helmert) basis and units of spread."""
        of = self.shape["of"]
        x = np.full(of, self.shape["sum"] / of)
        for k in range(1, of):
            scaled = self.shape["spread"] * point[k - 1] / math.sqrt(k * (k + 1))
            x[:k] += scaled
            x[k] -= k * scaled
        return x


def optuna_tpe(problem):
    """TPE with its defaults. Repaired points are added as trials."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=problem.seed))
    real = optuna.distributions.FloatDistribution
    if problem.kind == "affine":
        space = {f"x{k}": real(-4.0, 4.0) for k in range(problem.shape["of"] - 1)}
        point = problem.of_flat
    elif problem.kind in ("choice", "level"):
        cells, options = problem.cells()
        one = (
            optuna.distributions.CategoricalDistribution(range(options))
            if problem.kind == "choice"
            else optuna.distributions.IntDistribution(0, options - 1)
        )
        space = {f"x{k}": one for k in range(cells)}
        point = problem.within
    else:
        space = {f"x{k}": real(0.0, 1.0) for k in range(problem.keys())}
        point = problem.of_keys
    while True:
        trial = study.ask(space)
        asked = [trial.params[f"x{k}"] for k in range(len(space))]
        x = point(asked)
        loss = problem.evaluate(x)
        if problem.kind == "level" and x != asked:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            params = {f"x{k}": value for k, value in enumerate(x)}
            study.add_trial(optuna.trial.create_trial(params=params, distributions=space, value=loss))
        else:
            study.tell(trial, loss)


def nevergrad_of(optimizer):
    def search(problem):
        """The optimizer that Nevergrad names, with the domains that it has."""
        import nevergrad as ng

        point = lambda value: value
        if problem.kind == "affine":
            given = ng.p.Array(shape=(problem.shape["of"] - 1,)).set_mutation(sigma=0.3)
            point = problem.of_flat
        elif problem.kind in ("choice", "level"):
            cells, options = problem.cells()
            ordered = problem.kind == "level"
            given = ng.p.TransitionChoice(range(options), ordered=ordered, repetitions=cells)
            point = problem.within
        else:
            given = ng.p.Array(shape=(problem.keys(),))
            point = problem.of_keys
        given.random_state = np.random.RandomState(problem.seed)
        found = ng.optimizers.registry[optimizer](parametrization=given, budget=problem.looks[-1])
        problem.recommend = lambda: point(found.provide_recommendation().value)
        while True:
            asked = found.ask()
            x = point(asked.value)
            loss = problem.evaluate(x)
            if problem.kind == "level" and x != list(asked.value):
                asked = found.parametrization.spawn_child(new_value=tuple(x))
            found.tell(asked, loss)

    return search


def pymoo_ga(problem):
    """The genetic algorithm with pymoo's operators for the domain; differential evolution for coefficients."""
    from pymoo.algorithms.soo.nonconvex.de import DE
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.core.crossover import Crossover
    from pymoo.core.mutation import Mutation
    from pymoo.core.problem import ElementwiseProblem
    from pymoo.core.repair import Repair
    from pymoo.core.sampling import Sampling
    from pymoo.operators.crossover.ox import OrderCrossover
    from pymoo.operators.crossover.ux import UX
    from pymoo.operators.mutation.inversion import InversionMutation
    from pymoo.operators.sampling.rnd import IntegerRandomSampling, PermutationRandomSampling
    from pymoo.optimize import minimize

    if problem.kind == "affine":
        n, low, high, point = problem.shape["of"] - 1, -4.0, 4.0, problem.of_flat
        algorithm = DE()
    elif problem.kind == "permutation":
        n, low, high, point = problem.shape["of"], 0, problem.shape["of"] - 1, list
        algorithm = GA(
            pop_size=50,
            sampling=PermutationRandomSampling(),
            crossover=OrderCrossover(),
            mutation=InversionMutation(),
            eliminate_duplicates=True,
        )
    elif problem.kind == "subset":
        # The operators of pymoo's example for subset selection, in every cell.
        cells, of, pick = problem.shape["cells"], problem.shape["of"], problem.shape["pick"]
        n, low, high, point = cells * of, 0, 1, lambda x: [int(value) for value in x]

        class Draw(Sampling):
            def _do(self, _, count, **kwargs):
                keys = np.random.random((count, n))
                return np.array([problem.of_keys(row) for row in keys]).astype(bool)

        class Cross(Crossover):
            def __init__(self):
                super().__init__(2, 1)

            def _do(self, _, X, **kwargs):
                child = X[0] & X[1]
                for row, other in zip(child, X[0] ^ X[1]):
                    for cell in range(cells):
                        part = slice(cell * of, (cell + 1) * of)
                        missing = pick - np.sum(row[part])
                        free = np.where(other[part])[0]
                        row[cell * of + np.random.permutation(free)[:missing]] = True
                return child[None]

        class Swap(Mutation):
            def _do(self, _, X, **kwargs):
                for row in X:
                    cell = np.random.randint(cells)
                    part = row[cell * of : (cell + 1) * of]
                    part[np.random.choice(np.where(part)[0])] = False
                    part[np.random.choice(np.where(~part)[0])] = True
                return X

        algorithm = GA(pop_size=50, sampling=Draw(), crossover=Cross(), mutation=Swap(), eliminate_duplicates=True)
    else:
        cells, options = problem.cells()
        n, low, high, point = cells, 0, options - 1, lambda x: [int(value) for value in x]

        class Within(Repair):
            def _do(self, _, X, **kwargs):
                return np.array([problem.within(row) for row in X])

        class Reset(Mutation):
            def _do(self, _, X, **kwargs):
                drawn = np.random.randint(options, size=X.shape)
                return np.where(np.random.random(X.shape) < 1.0 / n, drawn, X)

        algorithm = GA(
            pop_size=50,
            sampling=IntegerRandomSampling(),
            crossover=UX(),
            mutation=Reset(),
            repair=Within(),
            eliminate_duplicates=True,
        )

    class Wrapped(ElementwiseProblem):
        def __init__(self):
            super().__init__(n_var=n, n_obj=1, xl=low, xu=high, vtype=float if problem.kind == "affine" else int)

        def _evaluate(self, x, out, *args, **kwargs):
            out["F"] = problem.evaluate(point(x))

    np.random.seed(problem.seed)
    minimize(Wrapped(), algorithm, ("n_eval", 10 * problem.looks[-1]), seed=problem.seed, verbose=False)


def pycma(problem, bipop=False):
    """CMA-ES from equal coefficients, in the coordinates and with the first step that attune takes."""
    import cma

    n = problem.shape["of"] - 1
    objective = lambda point: problem.evaluate(problem.of_flat(point))
    options = {"seed": problem.seed, "verbose": -9}
    if bipop:
        # Restarts begin at draws of the space.
        np.random.seed(problem.seed)
        start = lambda: np.random.standard_normal(n) if problem.count else np.zeros(n)
        cma.fmin2(objective, start, 0.3, options, bipop=True, restarts=50)
        return
    # It ends with the evaluations and not before.
    options |= {"tolx": 0, "tolfun": 0, "tolfunhist": 0, "tolfunrel": 0, "tolstagnation": 10**9, "tolflatfitness": 10**9}
    found = cma.CMAEvolutionStrategy(np.zeros(n), 0.3, options)
    problem.recommend = lambda: problem.of_flat(found.result.xfavorite) if found.countiter else None
    noise = cma.NoiseHandler(n, [1, 1, 10]) if problem.noise > 0.0 else None
    while True:
        points, losses = (
            found.ask_and_eval(objective, evaluations=noise.evaluations) if noise else (found.ask(), None)
        )
        losses = losses or [objective(point) for point in points]
        found.tell(points, losses)
        if noise:
            found.sigma *= noise(points, losses, objective, found.ask)
            found.countevals += noise.evaluations_just_done


METHODS = {
    "optuna-tpe": (optuna_tpe, {"choice", "level", "subset", "permutation", "affine"}),
    "nevergrad-NGOpt": (nevergrad_of("NGOpt"), {"choice", "level", "subset", "permutation", "affine"}),
    "nevergrad-DiscreteOnePlusOne": (nevergrad_of("DiscreteOnePlusOne"), {"choice", "level"}),
    "pymoo": (pymoo_ga, {"choice", "level", "subset", "permutation", "affine"}),
    "pycma": (pycma, {"affine"}),
    "pycma-bipop": (lambda problem: pycma(problem, bipop=True), {"affine"}),
}


def one(work):
    file, method, most = work
    problem = Problem(file)
    if not problem.agrees():
        return f"error: {file}: this formula is not that of the file"
    search, _ = METHODS[method]
    problem.looks = [look for look in problem.looks if look <= most]
    random.seed(problem.seed)
    try:
        search(problem)
    except Done:
        pass
    except Exception as error:  # A fault of the peer: what it had found by then stands, and nothing follows.
        print(f"{problem.name} {problem.seed} {method}: {error!r}", file=sys.stderr)
    else:
        # It ended by itself, and would answer the same later.
        while len(problem.found) < len(problem.looks):
            problem.look()
    return "".join(
        f"{problem.name},{problem.seed},{problem.hash},{method},{count},{loss:.12g},{spent:.1f}\n"
        for count, loss, spent in problem.found
    )


def run(args):
    out = Path(args.out)
    done = set()
    if out.exists():
        with out.open() as lines:
            done = {(row["problem"], row["seed"], row["hash"], row["method"], row["evaluations"]) for row in csv.DictReader(lines)}
    else:
        out.write_text("problem,seed,hash,method,evaluations,loss,milliseconds\n")
    files = [file for file in Path(args.folder).glob("*.json") if args.match in file.name]
    files.sort(key=lambda file: (Problem(file).seed, file.name))
    work = []
    for file in files:
        problem = Problem(file)
        for method in args.only or METHODS:
            # TPE takes minutes for thousands of trials that others spend in a second.
            most = args.most if method == "optuna-tpe" else math.inf
            most = max(most, problem.looks[0])
            looks = [look for look in problem.looks if look <= most]
            key = (problem.name, str(problem.seed), problem.hash, method, str(looks[-1]))
            if problem.kind in METHODS[method][1] and key not in done:
                work.append((file, method, most))
    with out.open("a") as lines, Pool(args.workers) as pool:
        for found in pool.imap(one, work):
            if found.startswith("error"):
                sys.exit(found)
            # One that failed is searched again and finds the same before it fails.
            lines.writelines(line for line in found.splitlines(True) if tuple(line.split(",")[:5]) not in done)
            lines.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tasks = parser.add_subparsers(required=True)
    runs = tasks.add_parser("run")
    runs.add_argument("folder")
    runs.add_argument("out")
    runs.add_argument("--only", action="append", choices=list(METHODS))
    runs.add_argument("--match", default="")
    runs.add_argument("--workers", type=int, default=1)
    runs.add_argument("--most", type=int, default=500, help="evaluations after which TPE is stopped")
    runs.set_defaults(task=run)
    args = parser.parse_args()
    args.task(args)


if __name__ == "__main__":
    main()
