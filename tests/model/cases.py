#!/usr/bin/env python3
"""The table of what leaked, replayed from outside: a line for each row and dialect, `ok` or `WRONG` with what was answered.

    tests/model/cases.py --binary target/debug/local [--only 4,17] [--verbose]

Each case has a sandbox tenant of its own, whose clock it may move; what is right stands in the cases as literals, from the
trade's practice and the contracts. Ends with status 1 when anything is wrong. The cases are in `case_money.py`,
`case_documents.py`, `case_dates.py`, `case_plans.py`, `case_runs.py` and, beyond the table, `case_further.py`,
`case_audit.py`, `case_attacks.py`, `case_taxes.py` and `case_again.py`; what they ask with is in `asked.py`.
"""
import argparse
import sys
import traceback

import asked
import case_again
import case_attacks
import case_audit
import case_dates
import case_documents
import case_further
import case_money
import case_plans
import case_runs
import case_taxes
from client import Server, World

MODULES = (case_money, case_documents, case_dates, case_plans, case_runs, case_further, case_audit, case_attacks, case_taxes, case_again)


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--binary")
    args.add_argument("--only", help="numbers of rows, with commas between them")
    args.add_argument("--verbose", action="store_true", help="show every request and answer")
    args.add_argument("--log", help="where the server's own log goes")
    args = args.parse_args()
    chosen = {int(n) for n in args.only.split(",")} if args.only else None
    rows = sorted((r for r in asked.ROWS if not chosen or r[0] in chosen), key=lambda r: r[0])
    server, wrong = Server(binary=args.binary, tenants=len(rows), log=args.log), 0
    case_runs.BINARY = args.binary
    try:
        for at, (number, title, function, way, clock) in enumerate(rows, 1):
            world = World(server, at)
            row = asked.Row(world, way)
            try:
                world.clock(clock)
                world.heard = print if args.verbose else None
                function(row)
            except Exception as error:  # a case that cannot be replayed is wrong, and the others go on
                row.wrong.append(f"{type(error).__name__}: {error}")
                if args.verbose:
                    traceback.print_exc()
            wrong += bool(row.wrong)
            line = (f"{number:3} {title}: {'WRONG: ' + '; '.join(row.wrong) if row.wrong else 'ok'}"
                    + (f" ({'; '.join(row.notes)})" if row.notes else ""))
            print(line.replace("\n", " | "), flush=True)
    finally:
        server.end()
    print(f"{len(rows)} replayed, {len(rows) - wrong} ok, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
