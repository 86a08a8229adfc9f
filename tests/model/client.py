"""A client of all four dialects, and a server to talk to.

`Server` starts a binary on a free port of the loopback interface with a fixture of tenants in its sandbox (each sandbox
tenant has a clock that can be set) and ends it again. `World` is one tenant of it: `cx`, `js`, `bm` and `rn` send a
request in one dialect over a connection that is kept, and give an `Answer`. Money is read as `Decimal`, never as a float.
Nothing here knows how Tessera works; the paths and credentials are those of the contracts, docs/fixture.md and
docs/sandbox.md.
"""
import hashlib
import hmac
import http.client
import json
import os
import subprocess
import tempfile
from decimal import Decimal, ROUND_HALF_UP
from urllib.parse import quote

import fixture

NOON = "2026-03-01T12:00:00Z"


def dec(x):
    """Whatever a dialect shows as money, as a Decimal."""
    return x if isinstance(x, Decimal) else Decimal(str(x))


def cents(x):
    """Whatever a dialect shows as money, in minor units of a two-place currency; None stays None."""
    return None if x is None else int((dec(x) * 100).to_integral_value(ROUND_HALF_UP))


class Answer:
    """A status and a parsed body; `data` is what the dialect wraps."""

    def __init__(self, status, body, sent):
        self.status, self.body, self.sent = status, body, sent
        self.data = body.get("data", body) if isinstance(body, dict) else body

    @property
    def ok(self):
        return 200 <= self.status < 300

    def __getitem__(self, key):
        if not isinstance(self.data, dict) or key not in self.data:
            raise KeyError(f"{self.sent}: no {key} in {self.status} {self.text()}")
        return self.data[key]

    def text(self, width=300):
        return json.dumps(self.body, default=str)[:width]

    def __repr__(self):
        return f"{self.sent} -> {self.status} {self.text()}"


class Server:
    """A running server: one that is there (`url`), or one of our own (`binary`), which forgets everything unless it `keeps`."""

    def __init__(self, url=None, binary=None, tenants=1, clock=NOON, shape=None, log=None, keeps=False):
        self.process, self.dir = None, None
        if url:
            self.host = url.split("://")[-1].rstrip("/")
            return
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None   # where writing to a file does not wait for a disk
        self.dir = tempfile.TemporaryDirectory(prefix="tessera-model-", dir=memory)
        live, sand = (os.path.join(self.dir.name, n) for n in ("live.json", "sandbox.json"))
        with open(live, "w", encoding="utf-8") as f:
            json.dump({"tenants": [fixture.tenant("live", 0)]}, f)
        with open(sand, "w", encoding="utf-8") as f:
            json.dump({"tenants": [fixture.tenant(f"t{n}", n, shape) for n in range(1, tenants + 1)]}, f)
        self.binary, self.tenants = os.path.abspath(binary), [f"t{n}" for n in range(1, tenants + 1)]
        self.where = (["--data", os.path.join(self.dir.name, "data")] if keeps else ["--memory"]) + (["--clock", clock] if clock else [])
        command = [self.binary, *self.where, "--listen", "127.0.0.1:0", "--load", live, "--load-sandbox", sand]
        self.log = open(log or os.devnull, "w", encoding="utf-8")
        self.process = subprocess.Popen(command, cwd=self.dir.name, stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.host = line.split("://")[1].strip()
                break
        else:
            raise SystemExit(f"the server did not start: {command}, status {self.process.wait()}")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def verify(self):
        """Stops the server and has the books of its tenants checked: what the program says, None where they agree."""
        self.stop()
        got = subprocess.run([self.binary, "verify", *self.tenants, "--sandbox", *self.where], cwd=self.dir.name, capture_output=True, text=True)
        return None if got.returncode == 0 else got.stdout + got.stderr

    def end(self):
        if self.process:
            self.stop()
            self.log.close()
            self.dir.cleanup()


class World:
    """One tenant of the sandbox, by its number in the fixture."""

    def __init__(self, server, number=1):
        self.host, self.number, self.line = server.host, number, None
        self.key, self.token = fixture.key(number), fixture.token(number)
        self.keys, self.turn = [self.key], 0
        self.session, self.gateway, self.heard = None, None, None

    def send(self, method, path, body=None, headers=None):
        """One request as JSON; a connection that the server closed is opened once more."""
        head = {"Host": "sandbox.localhost", "Accept": "application/json"}
        head.update(headers or {})
        raw = None
        if body is not None:
            raw = json.dumps(body, default=str).encode()
            head["Content-Type"] = "application/json"
        sent = f"{method} {path} {raw.decode() if raw else ''}".strip()
        for attempt in (0, 1):
            if self.line is None:
                self.line = http.client.HTTPConnection(self.host, timeout=60)
            try:
                self.line.request(method, path, raw, head)
                got = self.line.getresponse()
                text = got.read()
                break
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.line = None
                if attempt:
                    raise
        try:
            parsed = json.loads(text, parse_float=Decimal) if text else None
        except ValueError:
            parsed = {"raw": text.decode("latin-1")[:400]}
        answer = Answer(got.status, parsed, sent)
        if self.heard:
            self.heard(answer)
        return answer

    def cx(self, method, path, body=None):
        self.turn = (self.turn + 1) % len(self.keys)
        return self.send(method, "/api/v2" + path, body, {"Authorization": f"Bearer {self.keys[self.turn]}"})

    def js(self, method, path, body=None):
        return self.send(method, "/api" + path, body, {"X-Api-Key": self.key})

    def bm(self, method, path, body=None):
        return self.send(method, "/api/v1" + path, body, {"Authorization": f"Bearer {self.token}"})

    def rn(self, path, body=None):
        if self.session is None:
            login = {"username": fixture.login(self.number), "password": fixture.PASSWORD}
            self.session = self.send("POST", "/api/v2/auth/token", login)["token"]
        return self.send("POST", "/api/v2" + path, body or {}, {"Validate": f"Bearer {self.session}"})

    def clock(self, now):
        """Sets the tenant's clock; a date means noon."""
        now = now if "T" in now else now + "T12:00:00Z"
        got = self.cx("PUT", "/clock", {"now": now})
        if not got.ok:
            raise RuntimeError(f"the clock cannot be set: {got}")
        self.now = now

    def notice(self, number, amount, reference, status="success", secret=None):
        """A gateway's word that money came; the signature is that of the example in the served OpenAPI document:
        HMAC-SHA256 over invoice number, status, amount, reference and timestamp, joined by line feeds."""
        if self.gateway is None:
            self.gateway = self.cx("POST", "/gateways", {"name": "Payo", "account_id": 1})
        fields = [str(number), status, str(amount), str(reference), fixture.MACHINE_SECONDS()]
        secret = secret or self.gateway["secret"]
        signature = hmac.new(secret.encode(), "\n".join(fields).encode(), hashlib.sha256).hexdigest()
        names = ("invoice_number", "status", "amount", "reference", "timestamp")
        body = dict(zip(names, fields), signature=signature, tenant=f"t{self.number}")
        return self.send("POST", f"/api/gateways/{self.gateway['id']}/webhook", body)

    # What several cases and the model ask for.

    def balance(self, customer=1):
        """The customer's balance in minor units, as JeraSoft shows it: above 0 is credit."""
        return cents(self.js("GET", f"/clients/{customer}")["balance"])

    def accounts(self, base=False):
        """The trial balance: account and currency to minor units, debits above 0."""
        data = self.cx("GET", "/reports/trial-balance").data
        rows = data["in_base_currency" if base else "accounts"]
        found = {(r["account"], r["currency"]): cents(r["debit"]) - cents(r["credit"]) for r in rows}
        return {account: amount for account, amount in found.items() if amount}

    def money(self, account="bank:1", currency="USD"):
        return self.accounts().get((account, currency), 0)

    def cash(self, currency="USD"):
        """All money that is there: banks and clearing."""
        return sum(v for (a, c), v in self.accounts().items() if c == currency and (a == "clearing" or a.startswith("bank:")))

    def every(self, path):
        """All pages of a CloudOnex list."""
        found, page, joint = [], 1, "&" if "?" in path else "?"
        while True:
            got = self.cx("GET", f"{path}{joint}page={page}&limit=100")
            found += got.data
            if page >= got.body["meta"]["total_pages"]:
                return found
            page += 1

    def query(self, path, **fields):
        return path + "?" + "&".join(f"{k}={quote(str(v))}" for k, v in fields.items())
