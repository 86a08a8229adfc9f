"""PyPI's jsonrpcclient and requests against Tessera's JSON-RPC: single calls, batches, notifications.

    python json_rpc.py http://127.0.0.1:8080
"""

import sys
from importlib.metadata import version

import requests
from jsonrpcclient import Error, Ok, notification, parse, request, request_hex, request_uuid

URL = sys.argv[1] + "/api/"
KEY = {"X-Api-Key": "demo-admin-key"}
checks = 0


def check(said, expected, what):
    global checks
    if said != expected:
        sys.exit(f"json_rpc.py: {what}: {said!r}, not {expected!r}")
    checks += 1


def send(message, headers=KEY):
    return requests.post(URL, json=message, headers=headers, timeout=30)


def ask(message, headers=KEY):
    return parse(send(message, headers).json())


# Single calls, with the ids the package makes: numbers, hexadecimal texts, UUIDs.
asked = request("clients.get", params={"id": 42})
read = ask(asked)
check(type(read), Ok, "a call that succeeds")
check(read.id, asked["id"], "a number as an id")
check(read.result["id"], 42, "the client that was asked for")
for make in (request_hex, request_uuid):
    asked = make("clients.get", params={"id": 42})
    check(ask(asked).id, asked["id"], "a text as an id")
check(len(ask(request("clients.search")).result), 20, "a list without parameters has 20 rows")

made = ask(request("clients.create", params={"name": "Pÿthon Ltd", "companies_id": 1, "currencies_id": 1}))
check(made.result["name"], "Pÿthon Ltd", "what is not ASCII")
client = made.result["id"]
check(ask(request("clients.update", params={"id": client, "credit": 900})).result, True, "an update says true")

# Errors.
refused = ask(request("clients.create", params={"name": "", "companies_id": 1, "currencies_id": 77}))
check(type(refused), Error, "a call that fails")
check((refused.code, refused.message), (-32602, "Invalid request"), "invalid parameters")
check(sorted(refused.data), ["currencies_id", "name"], "every fault at once")
check(ask(request("clients.get", params={"id": 4242})).code, -32001, "what is not there")
check(ask(request("no.such")).code, -32601, "no such method")
check(ask(request("clients.get", params=(42,))).code, -32602, "parameters by position")
wrong = send(request("clients.get", params={"id": 42}), {"X-Api-Key": "wrong"})
check((wrong.status_code, parse(wrong.json()).code), (401, -32003), "a wrong key")

# Notifications.
told = send(notification("clients.update", params={"id": client, "notes": "told"}))
check((told.status_code, told.content), (204, b""), "nothing is said")
check(ask(request("clients.get", params={"id": client})).result["notes"], "told", "and it is done")

# Batches.
calls = [
    request("clients.update", params={"id": client, "credit": 500}),
    notification("clients.update", params={"id": client, "notes": "told in a batch"}),
    request("no.such"),
    request("clients.get", params={"id": client, "__tz": "Asia/Tokyo"}),
]
answers = list(ask(calls))
check([type(answer) for answer in answers], [Ok, Error, Ok], "each for itself, the told one not answered")
check([answer.id for answer in answers], [call["id"] for call in calls if "id" in call], "in order")
check(answers[2].result["notes"], "told in a batch", "the told one is done")
check(answers[2].result["c_dt"][-5:], "+0900", "each call in its own zone")
told = send([notification("clients.update", params={"id": client, "notes": note}) for note in "ab"])
check((told.status_code, told.content), (204, b""), "only told: no answer at all")
check(ask([]).code, -32600, "an empty batch")
check(ask([request("clients.get", params={"id": 42})] * 101).code, -32600, "more than a batch may hold")

# Signing in, and going on with the token.
signed = ask(request("iam.auth.jwt.authenticate", params={"login": "admin", "password": "correct horse"}), {})
bearer = {"Authorization": "Bearer " + signed.result["token"]}
check(ask(request("clients.get", params={"id": client}), bearer).result["notes"], "b", "with a token")
check(type(ask(request("iam.auth.jwt.refresh"), bearer)), Ok, "a new token, without parameters")

# The same over REST, as the API's own documentation has it in Python.
rest = sys.argv[1] + f"/api/clients/{client}"
check(requests.get(rest, headers=KEY, timeout=30).json()["id"], client, "a client over REST")
check(requests.patch(rest, headers=KEY, json={"credit": 1000}, timeout=30).json(), True, "its credit over REST")

check(ask(request("clients.delete", params={"id": client})).result, 1, "rows affected")
print(f"jsonrpcclient {version('jsonrpcclient')}: {checks} checks")
