#!/usr/bin/env python3
"""The second model, driven: random steps over HTTP against a running server, and after each what the API shows.

    tests/model/run.py --binary target/debug/local --steps 20000 --seed 1 [--json] [--processes 2]
    tests/model/run.py --url http://127.0.0.1:8080 --tenants 8 …      a server whose sandbox has the fixture of fixture.py
    tests/model/run.py --binary … --replay FILE                       the steps that a difference left behind

Steps are dealt to worlds of `--world` steps, each a tenant of its own; a world's steps follow from the seed and its number.
At the end the server is killed, and its own `verify` has to find that all books agree. On a difference it prints seed, world,
step, request, what was expected and what was found, writes the steps to a file,
leaves out of them what the difference does not need, and ends with status 1. What it knows is in docs/model.md.
"""
import argparse
import json
import multiprocessing
import random
import sys
import time
import traceback

import check
import steps_documents
import steps_foreign
import steps_money
import steps_moves
import steps_notes
import steps_plans
import steps_runs
import steps_sales
import steps_status
from client import Server, World
from model import Difference, Model, STEPS

KINDS = (steps_documents, steps_notes, steps_money, steps_status, steps_moves, steps_sales, steps_plans, steps_runs, steps_foreign)


def play(world, steps, full=40, begin="2026-03-02"):
    """Plays steps in a fresh world; `steps` is a list, or a function that makes the next one. Gives model and difference."""
    m, done = Model(world, begin), []
    steps_sales.begin(m)
    try:
        n = 0
        while True:
            a = steps(m, n) if callable(steps) else (steps[n] if n < len(steps) else None)
            n += 1
            if a is None:
                check.everything(m)
                return m, done, None
            done.append(a)
            if not m.take(a):
                continue
            m.check_touched()
            if len(done) % full == 0:
                check.everything(m)
    except Difference as difference:
        return m, done, difference
    except (KeyError, TypeError, AttributeError) as error:
        traceback.print_exc()
        return m, done, Difference("an answer of another shape", "as documented", f"{type(error).__name__}: {error}", m.last[-1] if m.last else None)


def dealer(seed, number, length, only=None):
    """Makes the steps of a world at random."""
    r = random.Random(f"{seed}/{number}")
    names = [n for n in STEPS if not only or n in only]
    weights = [STEPS[n][0] for n in names]

    def deal(m, n):
        if n >= length:
            return None
        while True:
            name = r.choices(names, weights)[0]
            a = STEPS[name][1](m, r)
            if a is not None:
                return {"op": name, "n": n, **a}
    return deal


def shorten(args, steps, what):
    """Leaves out steps as long as a difference of the same kind stays; each try has a tenant of its own, of a server of its own."""
    server, spare = Server(binary=args.binary, tenants=args.spare), list(range(1, args.spare + 1))
    try:
        return shorter(server, spare, steps, what, time.time() + args.shorten)
    finally:
        server.end()


def shorter(server, spare, steps, what, until):
    size = max(1, len(steps) // 2)
    while size and time.time() < until:
        at = 0
        while at < len(steps) and time.time() < until and spare:
            tried = steps[:at] + steps[at + size:]
            _, done, found = play(World(server, spare.pop()), tried, full=1 if len(tried) < 30 else 40)
            if found and found.what.split(" ")[0] == what.split(" ")[0]:
                steps = done
            else:
                at += size
        size //= 2
    return steps


def work(job):
    args, number, share = job
    worlds = -(-share // args.world)
    server = Server(url=args.url, binary=args.binary, tenants=worlds, log=args.log and f"{args.log}.{number}", keeps=True)
    result = {"steps": 0, "counts": {}, "accepted": 0, "refused": 0, "choices": {}, "differences": []}
    try:
        for turn in range(worlds):
            length, world = min(args.world, share - turn * args.world), number * 10000 + turn
            m, done, found = play(World(server, 1 + turn), dealer(args.seed, world, length, args.only), args.full)
            result["steps"] += len(done)
            result["refused"] += m.refusals
            for name, count in m.counts.items():
                result["counts"][name] = result["counts"].get(name, 0) + count
            for (why, outcome), count in m.open_choices.items():
                result["choices"][f"{why}: {outcome}"] = result["choices"].get(f"{why}: {outcome}", 0) + count
            if found:
                result["differences"].append(report(args, world, done, found))
                if not args.keep_going:
                    break
            print(f"process {number}: {result['steps']} of {share} steps", file=sys.stderr, flush=True)
        said = None if args.url else server.verify()
        if said:
            print(f"VERIFY seed {args.seed} process {number}:\n{said}", flush=True)
            result["differences"].append({"what": f"verify: {said}"})
    finally:
        server.end()
    return result


def report(args, world, done, found):
    print(f"DIFFERENCE seed {args.seed} world {world} step {len(done) - 1} of {json.dumps(done[-1]) if done else '-'}\n  {found}\n  request: "
          f"{found.answer!r}", flush=True)
    steps = done if args.url or not args.shorten else shorten(args, done, found.what)
    name = f"{args.out}-{args.seed}-{world}.json"
    with open(name, "w", encoding="utf-8") as out:
        json.dump({"seed": args.seed, "world": world, "what": str(found), "steps": steps}, out, indent=1)
    print(f"  {len(steps)} steps in {name}; run.py --binary … --replay {name}", flush=True)
    return {"world": world, "step": len(done) - 1, "what": str(found), "replay": name, "steps": len(steps)}


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--binary"), p.add_argument("--url", "--server"), p.add_argument("--replay"), p.add_argument("--log")
    p.add_argument("--steps", type=int, default=2000), p.add_argument("--seed", default="1"), p.add_argument("--world", type=int, default=250)
    p.add_argument("--full", type=int, default=100, help="compare everything after so many steps")
    p.add_argument("--processes", type=int, default=1), p.add_argument("--spare", type=int, default=40)
    p.add_argument("--shorten", type=float, default=60, help="seconds for leaving steps out"), p.add_argument("--out", default="difference")
    p.add_argument("--only", help="names of steps, with commas"), p.add_argument("--tenants", type=int, default=1)
    p.add_argument("--json", action="store_true"), p.add_argument("--keep-going", action="store_true")
    args = p.parse_args()
    args.only = args.only and args.only.split(",")
    if args.replay:
        with open(args.replay, encoding="utf-8") as f:
            steps = json.load(f)["steps"]
        server = Server(url=args.url, binary=args.binary, tenants=1, log=args.log, keeps=True)
        try:
            world = World(server, 1)
            _, done, found = play(world, steps, full=1)
            said = None if args.url else server.verify()
        finally:
            server.end()
        print(f"{found}\n  {found.answer!r}" if found else f"{len(done)} steps, no difference")
        print(said or ("" if args.url else "verify: the books agree"))
        return 1 if found or said else 0
    began, share = time.time(), -(-args.steps // args.processes)
    jobs = [(args, n, share) for n in range(args.processes)]
    if args.processes == 1:
        results = [work(jobs[0])]
    else:
        with multiprocessing.Pool(args.processes) as pool:
            results = pool.map(work, jobs, 1)
    total = {"seed": args.seed, "seconds": round(time.time() - began), "steps": 0, "refused": 0, "features": {}, "choices": {}, "differences": []}
    for r in results:
        total["steps"] += r["steps"]
        total["refused"] += r["refused"]
        total["differences"] += r["differences"]
        for part, of in (("features", "counts"), ("choices", "choices")):
            for name, count in r[of].items():
                total[part][name] = total[part].get(name, 0) + count
    total["accepted"] = total["steps"] - total["refused"]
    if args.json:
        print(json.dumps(total, indent=1))
    else:
        print("where the documents do not say, the server's choice:")
        for name, count in sorted(total["choices"].items()):
            print(f"  {count:6} {name}")
        print(f"{total['steps']} steps in {total['seconds']} s: " + ", ".join(f"{n} {c}" for n, c in sorted(total["features"].items()))
              + f"; {total['accepted']} accepted, {total['refused']} refused; {len(total['differences'])} differences")
    return 1 if total["differences"] else 0


if __name__ == "__main__":
    sys.exit(main())
