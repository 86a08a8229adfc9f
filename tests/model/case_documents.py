"""Cases: single documents. Credit notes and their bounds, ratios, taxes, numbers."""
from asked import case
from client import cents, dec


@case(6, "credit notes beyond what is left", ("CX three", "CX one of 5,000", "CX net and tax", "CX tax it never had", "CX void", "CX draft",
                                              "CX refunded", "CX cancelled", "CX other currency", "CX dated before", "CX without an invoice",
                                              "CX parts", "CX other customer"))
def notes(row):
    w, way = row.w, row.way[3:]
    fields = {"status": "Draft"} if way == "draft" else {}
    taxed = way in ("net and tax", "parts")
    made = row.invoice("100.00", item={"taxes": ["VAT20"]} if taxed else None, **fields)
    number = made["id"]
    if way in ("void", "cancelled"):
        row.must(row.status(number, way.title()))
    if way == "refunded":
        row.must(row.receipt("100.00", invoice_id=number))
        row.must(row.status(number, "Refunded"))

    def note(amount, **more):
        return row.note(amount, number, **more)

    def balance(want):
        row.balances("at the end", want)

    if way == "three":
        row.done("the first", note("100.00"))
        row.refused("the second", note("100.00"), (422,))
        row.refused("a cent", note("0.01"), (422,))
        balance(0)
    elif way == "one of 5,000":
        row.refused("5,000", note("5000.00"), (422,))
        balance(-10000)
    elif way == "net and tax":
        row.refused("net 110, tax 0", note("110.00"), (422,))
        row.refused("net 100, tax 25", note("100.00", taxes=["VAT25"]), (422,))
        row.done("net 60, tax 12", note("60.00", taxes=["VAT20"]))
        row.refused("net 41, tax 8.20", note("41.00", taxes=["VAT20"]), (422,))
        row.done("net 40, tax 8", note("40.00", taxes=["VAT20"]))
        balance(0)
    elif way == "parts":
        for part in ("33.33", "33.33", "33.34"):
            row.done(part, note(part, taxes=["VAT20"]))
        row.refused("a cent", note("0.01"), (422,))
        balance(0)
    elif way == "tax it never had":
        row.refused("19 %", note("10.00", taxes=["VAT19"]), (422,))
        balance(-10000)
    elif way in ("void", "draft", "refunded", "cancelled"):
        row.refused(f"for one that is {way}", note("10.00"), (409,))
        balance(0)
    elif way == "other currency":
        row.refused("in EUR", note("10.00", currency="EUR"), (409, 422))
        balance(-10000)
    elif way == "dated before":
        row.refused("a day before", note("10.00", date="2026-02-28"), (409, 422, 400))
        balance(-10000)
    elif way == "other customer":
        row.refused("of another customer", row.note("10.00", number, customer=2), (409, 422))
    else:
        got = row.done("without an invoice", row.note("10.00"))
        row.eq("it says so", got["invoice_id"], None)
        # The customer owes 100 for the invoice, so that nothing of the 10 is paid out.
        row.refused("pay out", row.refund("10.00", credit_note_id=got["id"]), (422,))
        balance(-9000)


@case(17, "the ratio of its day", ("CX date", "JS invoice_dt", "CX draft issued", "CX forward"))
def ratio(row):
    w = row.w
    row.must(w.cx("POST", "/exchange-rates", {"from": "USD", "to": "EUR", "rate": "0.50", "date": "2026-02-15T00:00:00Z"}))
    day, moved, right, base = "2026-03-01", "2026-02-01", "0.8", 12500
    if row.way == "CX forward":
        day, moved, right, base = moved, "2026-02-20", "0.5", 20000
    made = row.invoice("100.00", currency="EUR", date=day, due_date="2026-03-31", status="Draft" if "draft" in row.way else "Unpaid")
    if row.way == "JS invoice_dt":
        row.done("move", w.js("PATCH", f"/accounting/invoices/{made['id']}", {"invoice_dt": moved}))
    else:
        row.done("move", w.cx("PUT", f"/invoices/{made['id']}", {"date": moved}))
    if "draft" in row.way:
        row.done("issue", w.cx("PUT", f"/invoices/{made['id']}", {"status": "Unpaid"}))
    got = w.cx("GET", f"/invoices/{made['id']}")
    row.eq("date", got["date"], moved)
    row.eq("ratio", dec(got["exchange_rate"]), dec(right))
    row.eq("receivable in USD", w.accounts(True).get(("receivable", "USD")), base)
    row.eq("revenue in USD", cents(w.cx("GET", "/reports/revenue?as_of=2026-03-01")["recognised"]), base)
    listed = [i for i in w.rn("/invoice/list").data if i["id"] == made["id"]][0]
    row.eq("ratio in RackNap", dec(listed["currencycnratio"]), dec(right))
    row.eq("base in RackNap", cents(listed["base_sub_total"]), base)


@case(18, "inclusive 100 at 9 + 9 %", ("invoice", "quote", "credit note", "debit note"))
def inclusive(row):
    item = {"description": "Work", "qty": 1, "amount": "100.00", "taxes": ["A9", "B9"]}
    body = {"customer_id": 1, "date": "2026-03-01", "tax_inclusive": True, "items": [item], "description": "x"}
    path = {"invoice": "/invoices", "quote": "/quotes", "credit note": "/credit-notes", "debit note": "/debit-notes"}[row.way]
    if row.way == "quote":
        body["valid_until"] = "2026-03-31"
    got = row.must(row.w.cx("POST", path, body))
    row.eq("gross", cents(got["amount"]), 10000)
    row.eq("taxes", [cents(t["amount"]) for t in got["items"][0]["taxes"]], [763, 763])
    row.eq("tax", cents(got["tax"]), 1526)
    row.eq("net", cents(got["amount"]) - cents(got["tax"]), 8474)


@case(19, "rounding by document", ("CX", "by line is the default", "stored on the document"))
def by_document(row):
    w = row.w
    items = [{"description": f"Call {n}", "amount": "0.02", "taxes": ["VAT25"]} for n in range(200)]
    body = {"customer_id": 1, "items": items}
    if row.way == "by line is the default":
        got = row.must(w.cx("POST", "/invoices", body))
        row.eq("tax", cents(got["tax"]), 200)
        return
    document = w.send("GET", "/api/v2/openapi.json").body
    fields = document["paths"]["/api/v2/settings"]["put"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    name = next((n for n in fields if "round" in n), None)
    if not row.true("a setting for it is documented", name):
        return
    words = fields[name].get("enum") or ["document"]
    word = next(x for x in words if "doc" in str(x))
    row.must(w.cx("PUT", "/settings", {name: word}))
    got = row.must(w.cx("POST", "/invoices", body))
    row.eq("net", cents(got["subtotal"]), 400)
    row.eq("tax", cents(got["tax"]), 100)
    row.eq("amount", cents(got["amount"]), 500)
    if row.way == "stored on the document":
        row.must(w.cx("PUT", "/settings", {name: next(x for x in words if x != word)}))
        row.eq("tax later", cents(w.cx("GET", f"/invoices/{got['id']}")["tax"]), 100)
        row.done("a note for all of it", w.cx("POST", "/credit-notes", {
            "customer_id": 1, "date": "2026-03-01", "description": "Back", "invoice_id": got["id"],
            "items": [{"description": "Calls", "qty": 1, "amount": "4.00", "taxes": ["VAT25"]}]}))
        row.balances("nothing is left", 0)
    row.seller = w.cx("PUT", "/settings", {"seller": {"name": "Acme", "address": "1 Road", "city": "Bonn", "zip_code": "1", "country_code": "DE",
                                                      "vat_id": "DE123456789", "email": "a@b.example", "iban": "DE89370400440532013000"}})
    w.cx("PUT", "/customers/1", {"address": "2 Road", "city": "Bonn", "zip": "1", "country": "DE"})
    sent = w.send("GET", f"/api/v2/invoices/{got['id']}/ubl", None, {"Authorization": f"Bearer {w.key}"})
    row.true("it can be sent as UBL", sent.status == 200, sent.text(200))


@case(20, "a number of another period taken by hand", ("JS", "CX number", "CX new", "register"))
def taken(row):
    w = row.w
    row.invoice()
    made = row.invoice()
    if row.way == "CX new":
        took = row.invoice(must=False, invoice_number="INV-2027-001")
    elif row.way == "CX number":
        took = w.cx("PUT", f"/invoices/{made['id']}", {"invoice_number": "INV-2027-001"})
    else:
        took = w.js("PATCH", f"/accounting/invoices/{made['id']}", {"invoice_no": "INV-2027-001"})
    row.notes.append(f"taking it: {took.status}")
    w.clock("2027-01-05")
    numbers = [row.done("an invoice of 2027", row.invoice(must=False)) for _ in range(2)]
    got = [a["invoice_number"] for a in numbers if a.ok]
    row.eq("its numbers", got, ["INV-2027-002", "INV-2027-003"] if took.ok else ["INV-2027-001", "INV-2027-002"])
    listed = w.every("/numbering/1/register")
    row.eq("no number twice", len({r["number"] for r in listed}), len(listed))
