#!/usr/bin/env python3
"""Scenarios of loading: a graph is saved, and read again and again by all strategies, mixed and nested.

As the oracle's generator, which it is made of, but that most operations are queries with options, loads
and looks at what is there. Its folder is the first argument:

    python conformance/load_scenarios.py ../shared/oracle --seed 1 --count 1000 --out FOLDER
    cargo run --release -p aludel-conformance -- check FOLDER
"""
import argparse
import os
import sys

sys.path.insert(0, sys.argv.pop(1))
import gen  # noqa: E402
from interp import dumps  # noqa: E402


class LoadGen(gen.Gen):
    STRATEGIES = ["joined", "selectin", "subquery", "immediate", "lazy", "raise"]
    OPS = [("new", 6), ("link", 8), ("set", 3), ("remove", 2), ("add", 3),
           ("delete", 1), ("flush", 2), ("commit", 6), ("expire", 4),
           ("refresh", 3), ("expunge", 1), ("get", 4), ("query", 40),
           ("load", 16), ("dump", 10), ("anew", 6)]

    def g_anew(self):
        """Begins with an empty session what was saved so far."""
        if not self.do(op="commit").get("err"):
            self.do(op="forget")

    def paths(self, cls, depth):
        """Options for what an object of a class leads to, each step by a strategy of its own."""
        found = []
        for owner, attr, target in gen.COLLS + gen.SCALAR_REFS:
            if owner != cls or self.r.random() > 0.45:
                continue
            strategy = self.r.choice(self.STRATEGIES)
            found.append([strategy, attr])
            if depth and strategy not in ("raise", "lazy"):
                below = self.paths(target, depth - 1)
                # A dotted path uses one strategy at each step.
                found += [[strategy, attr + "." + path]
                          for inner, path in below if inner == strategy]
        return found

    def g_query(self):
        cls = self.r.choice(sorted(gen.CLASSES))
        op = {"op": "query", "cls": cls}
        if self.r.random() < 0.3:
            op["filter"] = self.filt(cls)
        if self.r.random() < 0.3:
            op["order"] = [[self.r.choice(sorted(gen.SCALARS[cls])),
                            self.r.choice(["asc", "desc"])]]
        if self.r.random() < 0.25:
            op["limit"] = self.r.randint(0, 4)
            if self.r.random() < 0.4:
                op["offset"] = self.r.randint(0, 2)
        opts = self.paths(cls, 2)
        if opts:
            op["opts"] = opts
        if self.r.random() < 0.5:
            op["as"] = self.fresh("q")
        if self.r.random() < 0.15:
            op["populate_existing"] = True
        self.do(**op)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, required=True)
    arguments.add_argument("--count", type=int, required=True)
    arguments.add_argument("--ops", type=int, default=60)
    arguments.add_argument("--out", required=True)
    arguments = arguments.parse_args()
    gen.drop_inheritance()
    os.makedirs(arguments.out, exist_ok=True)
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        made = LoadGen(seed, 0.0).run(arguments.ops)
        for kind, lines in [("scenario", made.scenario), ("expected", made.expected)]:
            path = os.path.join(arguments.out, "%05d.%s.jsonl" % (seed, kind))
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(dumps(line) + "\n" for line in lines)


if __name__ == "__main__":
    main()
