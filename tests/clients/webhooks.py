"""Receives webhooks as the Standard Webhooks specification's own Python library would have it.

    webhooks.py FILE ADDRESS

Registers three webhooks at a running server, changes something some three hundred times while their secrets are
rotated, and checks every delivery with the library: what came is accepted, and what was tampered with, is stale or is
another's is rejected. What came is written to FILE for the library in JavaScript.
"""

import http.server
import json
import sys
import threading
import time
import urllib.request
from datetime import datetime, timedelta, timezone

from standardwebhooks import Webhook, WebhookVerificationError

FILE, ADDRESS = sys.argv[1], sys.argv[2]
KEY = "demo-admin-key"
CUSTOMERS = 35
got = []
lock = threading.Lock()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        with lock:
            got.append({"to": self.path, "headers": headers, "body": body})
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def ask(verb, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    request = urllib.request.Request(f"{ADDRESS}/api/v2/{path}", data, headers, method=verb)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


def until(count):
    for _ in range(600):
        with lock:
            if len(got) >= count:
                return
        time.sleep(0.1)
    raise SystemExit(f"{len(got)} deliveries came, not {count}")


def accepted(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
here = f"http://127.0.0.1:{receiver.server_port}"

secrets = {}
for path in ("/a", "/b", "/c"):
    made = ask("POST", "webhooks", {"url": here + path, "events": ["customer.*"]})
    secrets[path] = {"id": made["id"], "all": [made["secret"]]}

customers = [ask("POST", "customers", {"account": f"Customer {n}"})["id"] for n in range(CUSTOMERS)]
until(3 * CUSTOMERS)
for known in secrets.values():
    known["all"].append(ask("POST", f"webhooks/{known['id']}/rotate", {"overlap_seconds": 3600})["secret"])
for turn in range(2):
    for customer in customers:
        ask("PUT", f"customers/{customer}", {"phone": f"+44{turn}{customer}"})
until(9 * CUSTOMERS)

checked = rejected = 0
for place, one in enumerate(got):
    headers, body = one["headers"], one["body"]
    # Made before the secret was, it is signed with the first one only.
    both = " " in headers["webhook-signature"]
    one["secrets"] = secrets[one["to"]]["all"][: 2 if both else 1]
    other = secrets[{"/a": "/b", "/b": "/c", "/c": "/a"}[one["to"]]]["all"][0]
    one["foreign"] = other
    for secret in one["secrets"]:
        assert accepted(secret, headers, body), (headers, body)
        checked += 1
    secret = one["secrets"][0]
    stale = str(int(headers["webhook-timestamp"]) - 360)
    ahead = str(int((datetime.now(timezone.utc) + timedelta(minutes=6)).timestamp()))
    swapped = got[(place + 1) % len(got)]
    bad = {
        "another secret": accepted(other, headers, body),
        "another body": accepted(secret, headers, body.replace("Customer", "Custodian", 1) + " "),
        "a body cut short": accepted(secret, headers, body[:-1]),
        "another message's body": accepted(secret, headers, swapped["body"]) and swapped["body"] != body,
        "another id": accepted(secret, {**headers, "webhook-id": swapped["headers"]["webhook-id"] + "x"}, body),
        "stale": accepted(secret, {**headers, "webhook-timestamp": stale}, body),
        "from the future": accepted(secret, {**headers, "webhook-timestamp": ahead}, body),
        "no signature": accepted(secret, {**headers, "webhook-signature": ""}, body),
        "another version": accepted(secret, {**headers, "webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}, body),
        "a signature changed": accepted(secret, {**headers, "webhook-signature": "v1," + "A" * 43 + "="}, body),
    }
    for how, was in bad.items():
        assert not was, (how, headers, body)
        rejected += 1

# An object's deliveries to one webhook come in order, without gaps.
for path in secrets:
    for customer in customers:
        told = [json.loads(one["body"]) for one in got if one["to"] == path]
        numbers = [one["sequence"] for one in told if one["object"]["id"] == customer]
        assert numbers == [1, 2, 3], numbers

with open(FILE, "w", encoding="utf-8") as file:
    json.dump(got, file)
print(f"standardwebhooks (Python): {len(got)} deliveries, {checked} signatures accepted, {rejected} forgeries rejected")
