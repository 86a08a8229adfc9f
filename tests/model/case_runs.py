"""Cases: billing runs, stock, domains, and what an import does with numbers."""
import json
import os
import subprocess
import tempfile

import fixture as f
from asked import case
from client import Server, World, cents

BINARY = None


@case(21, "a run over a change of numbering period", ("one service", "three services", "month series", "both years in a commit"), clock="2026-12-15T12:00:00Z")
def new_year(row):
    w = row.w
    if row.way == "month series":
        row.must(w.cx("PUT", "/numbering/1", {"template": "I{yyyy}{mm}-{seq:3}", "reset": "month"}))
    if row.way == "both years in a commit":
        w.clock("2026-12-04")
        row.order(f.PLAN, f.PLAN_30, customer=4, paid=True)
        w.clock("2026-12-15")
    for customer in range(1, 2 if row.way == "one service" else 4):
        row.order(f.PLAN, f.PLAN_30, customer=customer, paid=True)
    got = row.run("2027-01-31")
    count = 1 if row.way == "one service" else 3
    # Periods from 15 January are invoiced on 8 January, those from 15 February on 8 February: one each until 31 January.
    row.eq("invoices", got.get("invoices"), count + (2 if row.way.startswith("both") else 0))
    row.eq("failed", got.get("failed"), 0)
    listed = w.every("/numbering/1/register")
    row.eq("no number twice", len({r["number"] for r in listed}), len(listed))
    days = {i["date"] for c in range(1, count + 1) for i in row.invoices(c) if i["status"] == "Unpaid"}
    row.eq("their day", days, {"2027-01-08"})


@case(22, "one failing service in a run", ("currency without a rate", "deleted customer", "number taken", "price too large"))
def failing(row):
    w = row.w
    for customer in (2, 3):
        row.order(f.PLAN, f.PLAN_30, customer=customer, paid=True)
    if row.way == "currency without a rate":
        made = row.must(w.cx("POST", "/orders", {"customer_id": 1, "currency": "EUR", "items": [
            {"product_id": f.PLAN, "price_id": f.PLAN_30_EUR, "qty": 1}]}))
        row.must(row.status(made["invoice_id"], "Paid"))
        for rate in w.every("/exchange-rates"):
            w.cx("DELETE", f"/exchange-rates/{rate['id']}")
    elif row.way == "deleted customer":
        row.order(f.PLAN, f.PLAN_30, customer=1, paid=True)
        row.notes.append(f"DELETE /users/1: {w.bm('DELETE', '/users/1').status}")
    elif row.way == "price too large":
        made = row.order(f.PLAN, f.PLAN_30, customer=1, paid=True)
        price = w.cx("PUT", f"/services/{made['service_ids'][0]}", {"price": "9999999999999.99"})
        row.notes.append(f"a price of 10^13: {price.status}")
    else:
        row.order(f.PLAN, f.PLAN_30, customer=1, paid=True)
        row.notes.append(f"taking a number: {row.invoice(customer=4, must=False, invoice_number='INV-2026-005').status}")
    w.clock("2026-03-25")
    got = row.run()
    row.true("the others are billed", got.get("invoices", 0) >= 2, got)
    for customer in (2, 3):
        row.eq(f"April of customer {customer}", [cents(i["amount"]) for i in row.invoices(customer) if i["status"] == "Unpaid"], [3000])
    if row.way == "currency without a rate":
        row.eq("failed", got.get("failed"), 1)
        row.true("named", len(got.get("failures", [])) == 1, got.get("failures"))


@case(23, "an import after a cancelled draft", ("CX",))
def imported(row):
    """The system that is imported from is the case's own tenant, at its live host; the import goes into a store on disk."""
    if not BINARY:
        return
    source = Server(binary=BINARY, tenants=1)
    try:
        w = World(source, 1)
        w.cx("GET", "/customers")
        live = World(source, 0)
        plain = {"Host": source.host}
        send = lambda method, path, body=None: live.send(method, "/api/v2" + path, body, {"Authorization": f"Bearer {f.key(0)}", **plain})
        item = {"description": "Work", "amount": "100.00"}
        draft = row.must(send("POST", "/invoices", {"customer_id": 1, "status": "Draft", "items": [item]}))
        row.must(send("PUT", f"/invoices/{draft['id']}", {"status": "Cancelled"}))
        real = row.must(send("POST", "/invoices", {"customer_id": 1, "items": [item]}))
        row.eq("number there", real["invoice_number"], "INV-2026-001")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "into.json")
            tenant = f.tenant("into", 77)
            tenant["records"] = {}
            with open(path, "w", encoding="utf-8") as out:
                json.dump({"tenants": [tenant]}, out)
            call = lambda *words: subprocess.run([os.path.abspath(BINARY), *words], cwd=folder, capture_output=True, text=True, timeout=300)
            call("load", path)
            got = call("import", "--from", "cloudonex", "--url", f"http://{source.host}", "--key", f.key(0), "into", "--json")
            row.notes.append(f"import status {got.returncode}")
            out = call("export", "into", "--out", "out.jsonl")
            row.true("exported", out.returncode == 0, out.stderr[-200:])
            into = call("export", "into", "--format", "csv", "--out", "csv")
            row.true("exported as CSV", into.returncode == 0, into.stderr[-200:])
            with open(os.path.join(folder, "csv", "invoices.csv"), encoding="utf-8") as lines:
                text = lines.read()
            rows = [line.split(",") for line in text.splitlines()[1:]]
            row.true("the real invoice is there under its number", sum("INV-2026-001" in r for r in rows) == 1, text[:600])
            row.true("and it is not the draft", any("INV-2026-001" in r and not any("ancel" in c for c in r) for r in rows), text[:600])
            row.eq("import's status", got.returncode, 0)
    finally:
        source.end()


@case(29, "stock is reserved at the order", ("CX", "CX, cancelled gives back", "CX, invoice cancelled", "BM"))
def stock(row):
    w = row.w
    made = [row.order(f.SCARCE, f.SCARCE_10, must=False, customer=2, dialect="bm" if row.way == "BM" else "cx") for _ in range(12)]
    taken = [a for a in made if a.ok]
    if row.way == "BM":
        # Billmora's staff may order what it pleases (contract §9.4): nothing is refused, and the stock is never below 0.
        row.eq("accepted", len(taken), 12)
        row.true("stock", w.cx("GET", f"/products/{f.SCARCE}")["stock"] >= 0)
        return
    row.eq("accepted", len(taken), 5)
    row.true("refused as such", all(a.status in (409, 422) for a in made if not a.ok))
    if row.way == "CX, cancelled gives back":
        row.must(w.cx("PUT", f"/orders/{taken[0]['id']}", {"status": "Cancelled"}))
        row.done("one more", row.order(f.SCARCE, f.SCARCE_10, must=False))
        row.refused("and no second", row.order(f.SCARCE, f.SCARCE_10, must=False), (409, 422))
        return
    for order in taken:
        row.must(row.receipt("10.00", customer=2, invoice_id=order["invoice_id"]))
    row.eq("active", len([s for s in w.every("/services?customer_id=2") if s["status"] == "Active"]), 5)
    row.eq("stock at the end", w.cx("GET", f"/products/{f.SCARCE}")["stock"], 0)


@case(32, "a year of a domain per payment that stands", ("paid, unpaid, paid", "paid, unpaid", "receipt deleted", "paid twice"))
def renewal(row):
    w = row.w
    order = row.must(w.cx("POST", "/orders", {"customer_id": 1, "domains": [{"domain": "noor.dev", "tld_id": 1, "years": 1}]}))
    row.must(row.receipt("10.00", invoice_id=order["invoice_id"]))
    domain = order["registrant_ids"][0]
    expires = lambda: str(w.cx("GET", f"/registrants/{domain}")["expires_at"])[:10]
    row.eq("first", expires(), "2027-03-01")
    w.clock("2027-02-25")
    row.run()
    invoice = [i for i in row.invoices() if i["status"] == "Unpaid"]
    if not row.eq("renewal", [cents(i["amount"]) for i in invoice], [1200]):
        return
    number = invoice[0]["id"]
    if row.way == "receipt deleted":
        receipt = row.must(row.receipt("12.00", invoice_id=number))
        row.eq("paid", expires(), "2028-03-01")
        row.must(w.cx("DELETE", f"/receipts/{receipt['id']}"))
        row.eq("no payment stands", expires(), "2027-03-01")
        row.must(row.receipt("12.00", invoice_id=number))
    else:
        row.must(row.status(number, "paid", "bm"))
        row.eq("paid", expires(), "2028-03-01")
        if row.way == "paid twice":
            row.status(number, "paid", "bm")
        else:
            row.must(row.status(number, "unpaid", "bm"))
            row.eq("no payment stands", expires(), "2027-03-01")
            if row.way == "paid, unpaid":
                return
            row.must(row.status(number, "paid", "bm"))
    row.eq("one payment, one year", expires(), "2028-03-01")


@case(35, "a run ahead by a slip", ("unpaid service", "dry run", "dry run ahead"), clock="2026-11-20T12:00:00Z")
def slip(row):
    w = row.w
    orders = [row.order(f.PLAN, f.PLAN_30, customer=c, paid=True) for c in (1, 2)]
    w.clock("2026-12-14")
    row.run()
    w.clock("2026-12-15")
    if row.way == "dry run":
        before = (w.every("/numbering/1/register"), w.accounts())
        w.clock("2027-01-05")
        due = row.run(dry_run=True)
        row.true("it says what would happen", due.get("suspended") == 2 or "would" in str(due) or due.get("invoices"), due)
        row.eq("and nothing did", (w.every("/numbering/1/register"), w.accounts()), before)
        row.eq("services", [w.cx("GET", f"/services/{o['service_ids'][0]}")["status"] for o in orders], ["Active", "Active"])
        return
    got = row.run("2027-02-25", **({"dry_run": True} if row.way == "dry run ahead" else {}))
    row.eq("suspended, terminated", (got.get("suspended"), got.get("terminated")), (0, 0))
    row.eq("services", [w.cx("GET", f"/services/{o['service_ids'][0]}")["status"] for o in orders], ["Active", "Active"])
    issued = len(row.invoices(1))
    row.true("a further `until` issues", (issued == 2) if row.way == "dry run ahead" else issued > 2, issued)
