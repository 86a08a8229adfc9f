"""Cases beyond the table, of the same kinds: what the random model and hostile combinations found. Numbers from 101."""
import fixture as f
from asked import case
from case_money import deposit
from client import cents


@case(101, "notes of an invoice that stands no longer", ("BM cancelled", "BM DELETE", "JS DELETE", "CX Cancelled", "CX Void, note set free",
                                                           "BM cancelled, note spent"))
def orphans(row):
    w = row.w
    made = row.invoice()
    if row.way.endswith("spent"):
        row.receipt("100.00", invoice_id=made["id"])
    note = row.note("100.00", made["id"], must=True)
    if row.way.endswith("spent"):
        other = row.invoice()
        row.must(w.cx("POST", f"/credit-notes/{note['id']}/allocations", {"allocations": [{"invoice_id": other["id"]}]}))
    if row.way.endswith("free"):
        row.must(w.cx("DELETE", f"/credit-notes/{note['id']}/allocations"))
    send = {"CX Void": lambda: row.status(made["id"], "Void"), "BM cancelled": lambda: row.status(made["id"], "cancelled", "bm"), "BM DELETE": lambda: w.bm("DELETE", f"/invoices/{made['id']}"),
            "JS DELETE": lambda: w.js("DELETE", f"/accounting/invoices/{made['id']}"), "CX Cancelled": lambda: row.status(made["id"], "Cancelled")}
    row.notes.append(f"{send[row.way.split(',')[0]]().status}")
    if row.way.endswith("spent"):
        row.true("100 came: it pays one invoice, or is credit, never both", w.balance() <= 0, w.balance())
        return
    row.balances("nothing came in", 0)
    row.refused("pay out", row.refund("100.00"), (422,))


@case(102, "paid, credited, the credit spent, then refunded", ("CX", "BM"))
def both(row):
    w = row.w
    made = row.invoice()
    row.receipt("100.00", invoice_id=made["id"])
    note = row.note("100.00", made["id"], must=True)
    other = row.invoice()
    row.must(w.cx("POST", f"/credit-notes/{note['id']}/allocations", {"allocations": [{"invoice_id": other["id"]}]}))
    row.refused("Refunded", row.status(made["id"], "Refunded", row.way.lower()), (409,) if row.way == "CX" else (409, 422))
    row.eq("money", w.cash(), 10000)


@case(103, "what is set against a refund stays", ("receipt", "credit note"))
def stays(row):
    w = row.w
    source = row.receipt("30.00") if row.way == "receipt" else row.note("30.00", must=True)
    row.must(row.refund("30.00"))
    made, path = row.invoice("30.00"), ("receipts" if row.way == "receipt" else "credit-notes")
    w.cx("DELETE", f"/{path}/{source['id']}/allocations")
    row.refused("allocate", w.cx("POST", f"/{path}/{source['id']}/allocations", {"allocations": [{"invoice_id": made["id"]}]}), (409, 422))
    row.eq("the invoice", w.cx("GET", f"/invoices/{made['id']}")["status"], "Unpaid")


@case(104, "suspended over its order's invoice, then paid", ("CX receipt", "BM status", "CX status"))
def goes_on(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_30, paid=True)
    row.must(w.cx("DELETE", f"/receipts/{w.every('/receipts?customer_id=1')[0]['id']}"))
    w.clock("2026-03-12")
    row.eq("suspended", row.run().get("suspended"), 1)
    number = order["invoice_id"]
    row.done("pay", row.receipt("30.00", must=False, invoice_id=number) if "receipt" in row.way else
             row.status(number, "Paid", "bm" if row.way.startswith("BM") else "cx"))
    row.eq("service", w.cx("GET", f"/services/{order['service_ids'][0]}")["status"], "Active")


@case(105, "a pending refund approved when the credit is gone", ("refunded in CX", "spent", "never there"))
def pending(row):
    w = row.w
    if row.way != "never there":
        row.must(row.payment(30))
    waits = row.payment(-30, status="pending")
    if row.way == "refunded in CX":
        row.must(row.refund("30.00"))
    elif row.way == "spent":
        made = row.invoice("30.00")
        receipt = w.every("/receipts?customer_id=1")[0]["id"]
        row.must(w.cx("POST", f"/receipts/{receipt}/allocations", {"allocations": [{"invoice_id": made["id"]}]}))
    if waits.ok:
        row.refused("approve", w.js("PATCH", f"/accounting/transactions/{waits['id']}", {"status": "approved"}), (422,))
    row.balances("nothing is owed by it", 0)


@case(106, "a credit limit is no credit", ("prepaid refund", "refund"))
def limit(row):
    w = row.w
    row.must(w.js("PATCH", "/clients/1", {"credit": 100}))
    body = {"clients_id": 1, "type": "payment", "amount": -30}
    path = "/accounting/transactions" + ("/prepaid" if row.way.startswith("prepaid") else "")
    row.refused("pay out", w.js("POST", path, body), (422,))
    row.eq("money", w.cash(), 0)


@case(107, "a period given back twice", ("note, then plan", "refunded, then plan", "plan, then refunded", "plan, then note", "cancelled, then plan",
                                         "plan, then BM refunded", "plan, then BM cancelled"))
def given_twice(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_60, paid=True)
    number, service = order["invoice_id"], order["service_ids"][0]
    plan = lambda: row.plan(service, f.PLAN_10)
    if row.way == "note, then plan":
        row.note("60.00", number, must=True)
        row.notes.append(f"plan {plan().status}")
    elif row.way == "refunded, then plan":
        row.must(row.status(number, "Refunded"))
        row.notes.append(f"plan {plan().status}")
    elif row.way == "cancelled, then plan":
        row.must(row.status(number, "cancelled", "bm"))
        row.notes.append(f"plan {plan().status}")
    else:
        row.must(plan())
        row.balances("credit of the plan", 5000)
        if row.way == "plan, then note":
            row.refused("60 of it", row.note("60.00", number), (422,))
            row.refused("10.01 of it", row.note("10.01", number), (422,))
            row.done("10 of it", row.note("10.00", number))
        elif row.way.endswith("cancelled"):
            row.notes.append(f"{row.status(number, 'cancelled', 'bm').status}")
        else:
            row.notes.append(f"{row.status(number, 'Refunded', 'bm' if 'BM' in row.way else 'cx').status}")
    most = w.cash()
    row.true("credit is no more than the money that came", w.balance() <= most, f"credit {w.balance()}, money {most}")
    if w.balance() > 0:
        row.done("the credit can be paid out", row.refund(f"{w.balance() // 100}.{w.balance() % 100:02d}"))
    row.refused("and no more", row.refund("0.01"), (422,))
    row.true("no more left than came", w.cash() >= 0, w.cash())


@case(108, "a note taken onto another invoice still counts", ("Refunded", "BM cancelled", "another note"))
def onto(row):
    w = row.w
    made = row.invoice(date="2026-02-10", due_date="2026-03-10")
    row.receipt("100.00", invoice_id=made["id"])
    row.note("100.00", made["id"], date="2026-02-15", must=True)
    w.js("POST", "/accounting/invoices", {"clients_id": 1, "start_dt": "2026-02-01", "stop_dt": "2026-03-01"})
    row.balances("credit", 10000)
    if row.way == "another note":
        row.refused("another note", row.note("0.01", made["id"]), (422,))
    else:
        row.notes.append(f"{row.status(made['id'], 'Refunded' if row.way == 'Refunded' else 'cancelled', 'cx' if row.way == 'Refunded' else 'bm').status}")
    row.true("credit is no more than the money that came", w.balance() <= w.cash(), f"credit {w.balance()}, money {w.cash()}")


@case(109, "a deposit whose credit was spent is no longer paid", ("receipt deleted, cancelled", "BM unpaid, cancelled", "receipt deleted, DELETE"))
def spent(row):
    w = row.w
    made = row.must(deposit(row))
    receipt = row.receipt("100.00", invoice_id=made["id"])
    other = row.invoice()
    note = row.notes_of()[0]
    row.must(w.cx("POST", f"/credit-notes/{note['id']}/allocations", {"allocations": [{"invoice_id": other["id"]}]}))
    if row.way.startswith("receipt"):
        w.cx("DELETE", f"/receipts/{receipt['id']}")
    else:
        row.status(made["id"], "unpaid", "bm")
    w.bm("DELETE", f"/invoices/{made['id']}") if row.way.endswith("DELETE") else row.status(made["id"], "cancelled", "bm")
    paid = cents(w.cx("GET", f"/invoices/{other['id']}")["amount_due"]) == 0
    came = w.cash()
    row.true("what is paid was paid with money that came", came - w.balance() >= (10000 if paid else 0), f"money {came}, balance {w.balance()}")
