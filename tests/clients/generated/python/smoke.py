"""Counts what a smoke run does, and ends it at the first thing that is not as it must be."""

import sys
from typing import Any, TypeVar

Kind = TypeVar("Kind")

ADDRESS = sys.argv[1]
# As many digits as an amount may have.
SUM = 987654321.09
SUM_TEXT = "987654321.09"

_done = {"calls": 0, "checks": 0}


def _count(_request: Any) -> None:
    _done["calls"] += 1


# For httpx, which all the clients ask with.
COUNTED: dict[str, Any] = {"event_hooks": {"request": [_count]}}


def check(said: object, expected: object, what: str) -> None:
    if said != expected:
        sys.exit(f"{what}: {said!r}, not {expected!r}")
    _done["checks"] += 1


def of(kind: type[Kind], answer: object) -> Kind:
    """An answer, which must be of a type that the client generated."""
    if not isinstance(answer, kind):
        sys.exit(f"{answer!r} is no {kind.__name__}")
    return answer


def done(name: str) -> None:
    print(f"{name} python: {_done['calls']} calls, {_done['checks']} checks")
