#!/usr/bin/env python3
"""SQLAlchemy's answers to scenarios on a server's database of their own, which is emptied for each:
expected.py --oracle DIR --url postgresql+psycopg://… FROM TO

FROM is a folder with NAME.scenario.jsonl; TO gets those and NAME.expected.jsonl. A line that failed also says
by "next" what keys go on with, table by table, where that isn't 1: how many a failure uses up depends on which
tables came before it, which nobody promises, and a comparison goes on with the same.
"""
import argparse
import pathlib
import shutil
import sys


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--oracle", required=True)
    arguments.add_argument("--url", required=True)
    arguments.add_argument("source", type=pathlib.Path)
    arguments.add_argument("target", type=pathlib.Path)
    given = arguments.parse_args()
    sys.path.insert(0, given.oracle)
    import interp

    class Server(interp.Interp):
        def step(self, op):
            answer = super().step(op)
            if "err" in answer and "stmts" in answer:
                answer["next"] = {t: n for t, n in self.following() if n != 1}
            return answer

        def following(self):
            tables = [
                t for t in interp.Base.metadata.sorted_tables if t.autoincrement_column is not None
            ]
            if self.engine.dialect.name == "postgresql":
                sql = " UNION ALL ".join(
                    f"SELECT '{t}', last_value + is_called::int FROM {t}_id_seq" for t in tables
                )
            else:
                sql = (
                    "SELECT table_name, auto_increment FROM information_schema.tables"
                    " WHERE table_schema = DATABASE() AND auto_increment IS NOT NULL"
                )
            return sorted((table, int(following)) for table, following in self.fetch(sql))

    interp.Interp = Server
    given.target.mkdir(parents=True, exist_ok=True)
    for scenario in sorted(given.source.glob("*.scenario.jsonl")):
        name = scenario.name.removesuffix(".scenario.jsonl")
        if scenario.parent.resolve() != given.target.resolve():
            shutil.copy(scenario, given.target)
        with open(scenario) as lines, open(given.target / f"{name}.expected.jsonl", "w") as out:
            interp.run(lines, lambda line: print(line, file=out), given.url)


main()
