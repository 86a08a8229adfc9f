"""Cases: days that are closed, days that are to come, dates and ids that cannot be; what is sent back unchanged."""
from asked import case
from client import cents


@case(24, "a closed day never changes", ("cancelled, then deleted", "refunded, then deleted", "void, then deleted", "paid, refunded, voided"),
      clock="2026-01-01T12:00:00Z")
def closed(row):
    w = row.w
    made = row.invoice("365.00", date="2026-01-01", due_date="2026-01-20",
                       item={"period_start": "2026-01-01", "period_end": "2026-12-31", "billing_cycle": "Annually"})
    w.clock("2026-01-11")
    if row.way.startswith(("refunded", "paid")):
        row.must(row.receipt("365.00", invoice_id=made["id"]))
        row.must(row.status(made["id"], "Refunded"))
    else:
        row.must(row.status(made["id"], "Void" if row.way.startswith("void") else "Cancelled"))

    def seen():
        days = ("2026-01-05", "2026-01-10", "2026-01-11", "2026-02-15")
        found = {day: cents(w.cx("GET", f"/reports/revenue?as_of={day}")["recognised"]) for day in days}
        found["statement"] = [(line["date"], cents(line["amount"])) for line in w.cx(
            "GET", "/reports/statement?customer_id=1&date_to=2026-02-15")["lines"]]
        return found

    w.clock("2026-03-01")
    before = seen()
    row.eq("earned on 15 February", before["2026-02-15"], 0)
    row.eq("earned on 5 January", before["2026-01-05"], 500)
    if row.way == "paid, refunded, voided":
        w.cx("PUT", f"/invoices/{made['id']}", {"status": "Void"})
    else:
        row.notes.append(f"DELETE {w.cx('DELETE', '/invoices/' + str(made['id'])).status}")
    row.eq("what closed days show", seen(), before)


@case(25, "one day rule", ("draft issued later", "future invoice voided", "future invoice paid", "future invoice paid by status", "future, refunded"))
def days(row):
    w = row.w
    if row.way == "draft issued later":
        made = row.invoice("100.00", date="2025-12-15", due_date="2026-03-31", status="Draft")
        row.must(w.cx("PUT", f"/invoices/{made['id']}", {"status": "Unpaid"}))
        day = w.cx("GET", f"/invoices/{made['id']}")["date"]
        lines = w.cx("GET", "/reports/statement?customer_id=1")["lines"]
        row.eq("day of the journal", [x["date"] for x in lines], [day])
        months = [m["month"] for m in w.cx("GET", "/reports/revenue?as_of=2026-03-31")["months"] if cents(m["recognised"])]
        row.eq("month of the revenue", months, [day[:7]])
        row.notes.append(f"its day is {day}")
        return
    made = row.invoice("100.00", date="2026-06-01", due_date="2026-06-30")
    if row.way == "future invoice voided":
        row.must(row.status(made["id"], "Void"))
    elif row.way == "future invoice paid":
        row.must(row.receipt("100.00", invoice_id=made["id"]))
    elif row.way == "future, refunded":
        row.must(row.status(made["id"], "Paid"))
        row.must(row.status(made["id"], "Refunded"))
    else:
        row.must(row.status(made["id"], "Paid"))
    for day in ("2026-03-01", "2026-04-01", "2026-06-01", "2026-07-01"):
        closing = cents(w.cx("GET", f"/reports/statement?customer_id=1&date_to={day}")["closing_balance"])
        earned = cents(w.cx("GET", f"/reports/revenue?as_of={day}")["recognised"])
        if row.way in ("future invoice voided", "future, refunded"):
            row.eq(f"statement on {day}", closing, 0)
            row.eq(f"earned by {day}", earned, 0)
        elif row.way == "future invoice paid":
            row.eq(f"statement on {day}", closing, 10000 if day < "2026-06-01" else 0)
            row.eq(f"earned by {day}", earned, 0 if day < "2026-06-01" else 10000)
        else:
            row.true(f"statement on {day} is what was paid ahead, or nothing", closing in ((0, 10000) if day < "2026-06-01" else (0,)), closing)
            row.eq(f"earned by {day}", earned, 0 if day < "2026-06-01" else 10000)


@case(28, "its own GET sent back by PUT", ("CX", "CX paid", "CX unpaid", "CX, what PUT takes", "JS"))
def unchanged(row):
    w = row.w
    made = row.invoice()
    if row.way != "CX unpaid":
        row.must(row.receipt("100.00" if row.way == "CX paid" else "40.00", invoice_id=made["id"]))
    if row.way == "JS":
        got = w.js("GET", f"/accounting/invoices/{made['id']}").data
        send = {k: got[k] for k in ("invoice_no", "invoice_dt", "due_dt", "notes") if got[k] is not None}
        row.done("PATCH", w.js("PATCH", f"/accounting/invoices/{made['id']}", send))
        return
    got = w.cx("GET", f"/invoices/{made['id']}").data
    if row.way.endswith("takes"):
        got = {k: got[k] for k in ("status", "invoice_number", "date", "due_date", "notes")}
    row.done("PUT", w.cx("PUT", f"/invoices/{made['id']}", got))
    row.eq("date", w.cx("GET", f"/invoices/{made['id']}")["date"], got["date"])


@case(30, "an invoice of total 0", ("Void", "Cancelled", "BM cancelled", "DELETE"))
def nothing(row):
    made = row.invoice("10.00", item={"discount": "10.00"})
    row.eq("amount", cents(made["amount"]), 0)
    if row.way == "DELETE":
        row.done("DELETE", row.w.cx("DELETE", f"/invoices/{made['id']}"))
        return
    row.done(row.way, row.status(made["id"], row.way.replace("BM ", ""), "bm" if row.way.startswith("BM") else "cx"))
    row.eq("status", row.w.cx("GET", f"/invoices/{made['id']}")["status"], row.way.replace("BM ", "").title())


@case(31, "an allocation with nothing left", ("credit note", "receipt", "nothing due"))
def empty(row):
    w = row.w
    first, second = row.invoice("100.00"), row.invoice("50.00")
    what = "credit-notes" if row.way == "credit note" else "receipts"
    source = row.note("100.00", first["id"], must=True) if row.way == "credit note" else row.receipt(
        "100.00" if row.way == "receipt" else "130.00", invoice_id=first["id"])
    target = first if row.way == "nothing due" else second
    row.refused("allocate", w.cx("POST", f"/{what}/{source['id']}/allocations", {"allocations": [{"invoice_id": target["id"]}]}), (422,))
    row.eq("the invoice", cents(w.cx("GET", f"/invoices/{second['id']}")["amount_due"]), 5000)


@case(33, "dates and ids that cannot be", ("date after due", "JS date after due", "year 1", "year 9999", "receipt year 1", "note year 9999",
                                           "JS year 1", "BM due year 9999", "credit note as receipt", "receipt as credit note",
                                           "due before date", "quote year 1"))
def impossible(row):
    w, way = row.w, row.way
    made = row.invoice(date="2026-02-01", due_date="2026-02-28")
    if way == "date after due":
        got = row.refused(way, w.cx("PUT", f"/invoices/{made['id']}", {"date": "2026-03-01"}), (422,))
        row.true("named by field", isinstance(got.body.get("errors"), dict) and {"date", "due_date"} & set(got.body["errors"]), got.text())
    elif way == "due before date":
        row.refused(way, w.cx("PUT", f"/invoices/{made['id']}", {"due_date": "2026-01-31"}), (422,))
    elif way == "JS date after due":
        row.must(w.js("PATCH", f"/accounting/invoices/{made['id']}", {"due_dt": "2026-02-28"}))
        row.refused(way, w.js("PATCH", f"/accounting/invoices/{made['id']}", {"invoice_dt": "2026-03-01"}), (400, 422))
    elif way in ("year 1", "year 9999"):
        day = "0001-01-01" if way == "year 1" else "9999-12-31"
        row.refused(way, row.invoice(must=False, date=day, due_date=day), (422,))
        row.refused(way + " by PUT", w.cx("PUT", f"/invoices/{made['id']}", {"date": day, "due_date": "9999-12-31"}), (422,))
    elif way == "receipt year 1":
        row.refused(way, row.receipt(must=False, date="0001-01-01"), (422,))
    elif way == "note year 9999":
        row.refused(way, row.note("1.00", date="9999-12-31"), (422,))
    elif way == "JS year 1":
        row.refused(way, row.payment(5, dt="0001-01-01"), (400, 422))
    elif way == "BM due year 9999":
        item = {"description": "x", "quantity": 1, "unit_price": 1}
        row.refused(way, w.bm("POST", "/invoices", {"user_id": 1, "due_date": "9999-12-31", "items": [item]}), (422,))
    elif way == "quote year 1":
        item = {"description": "x", "qty": 1, "amount": 1}
        row.refused(way, w.cx("POST", "/quotes", {"customer_id": 1, "date": "0001-01-01", "valid_until": "2026-04-01", "items": [item]}), (422,))
    else:
        note, receipt = row.note("5.00", must=True), row.receipt("5.00")
        path = f"/receipts/{note['id']}" if way == "credit note as receipt" else f"/credit-notes/{receipt['id']}"
        row.refused(way, w.cx("POST", path + "/allocations", {"allocations": [{"invoice_id": made["id"]}]}), (404,))
        row.refused(way + ", DELETE", w.cx("DELETE", path + "/allocations"), (404,))
