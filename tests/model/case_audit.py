"""What an accountant found in pairs of features, each with its right value as a literal. Numbers from 201; further
ones are in `case_attacks.py`."""
import fixture as f
from asked import case
from client import cents


def charged_invoice(row, amount=-100):
    """A JeraSoft charge and the invoice that takes it in."""
    w = row.w
    row.must(w.js("POST", "/accounting/transactions", {"clients_id": 1, "type": "charge", "amount": amount}))
    return row.must(w.js("POST", "/accounting/invoices",
                         {"clients_id": 1, "start_dt": "2026-03-01 00:00:00", "stop_dt": "2026-04-01 00:00:00"}))


@case(201, "an invoice of charges that was credited is not taken back", ("BM cancelled", "JS DELETE", "BM DELETE", "paid, JS DELETE", "BM refunded, cancelled"))
def charges_credited(row):
    w = row.w
    number = charged_invoice(row)["id"]
    if row.way.startswith("paid"):
        row.receipt("100.00", invoice_id=number)
    if row.way == "BM refunded, cancelled":
        row.must(row.status(number, "paid", "bm"))
        row.must(row.status(number, "refunded", "bm"))
    else:
        row.note("100.00", number, must=True)
    before = w.balance()
    send = {"BM cancelled": lambda: row.status(number, "cancelled", "bm"), "BM DELETE": lambda: w.bm("DELETE", f"/invoices/{number}"),
            "JS DELETE": lambda: w.js("DELETE", f"/accounting/invoices/{number}")}
    got = send.get(row.way.split(", ")[-1], send["BM cancelled"])()
    row.refused("take back", got, (409, 422, 400))
    row.balances("nothing is charged again", before)


@case(202, "what was paid out is not taken back", ("receipt deleted", "BM unpaid", "deposit BM unpaid", "deposit receipt deleted"))
def paid_out(row):
    w = row.w
    if row.way.startswith("deposit"):
        made = row.must(w.bm("POST", "/invoices", {"user_id": 1, "due_date": "2026-03-15", "items": [{"description": "Credit Deposit", "quantity": 1, "unit_price": 100}]}))
        if "receipt" in row.way:
            row.receipt("100.00", invoice_id=made["id"])
        else:
            row.must(row.status(made["id"], "paid", "bm"))
        number = made["id"]
        row.must(row.refund("100.00"))
    else:
        order = row.order(f.PLAN, f.PLAN_60)
        number = order["invoice_id"]
        if row.way == "BM unpaid":
            row.must(row.status(number, "paid", "bm"))
        else:
            row.receipt("60.00", invoice_id=number)
        w.clock("2026-03-11")
        row.must(row.plan(order["service_ids"][0], f.PLAN_10))
        row.must(row.refund("33.87"))
    if row.way.endswith("deleted"):
        first = w.every("/receipts?customer_id=1")[0]["id"]
        row.refused("delete the receipt", w.cx("DELETE", f"/receipts/{first}"), (409,))
    else:
        row.refused("unpaid", row.status(number, "unpaid", "bm"), (409, 422))
    row.true("no more cash left than came", w.cash() >= 0, w.cash())
    refund = w.every("/refunds?customer_id=1")[0]["id"]
    row.done("after the refund is deleted it can be", w.cx("DELETE", f"/refunds/{refund}"))


@case(203, "a foreign invoice that is refunded leaves no cash and no gain behind", ("BM", "CX"))
def foreign(row):
    w = row.w
    row.must(w.cx("POST", "/exchange-rates", {"from": "USD", "to": "EUR", "rate": "0.50", "date": "2026-02-15"}))
    made = row.invoice("100.00", currency="EUR", date="2026-02-10")
    row.receipt("100.00", account_id=None, currency="EUR", date="2026-02-20", invoice_id=made["id"])
    row.must(row.status(made["id"], "Refunded", row.way.lower()))
    sums = {}
    for one in w.cx("GET", "/reports/trial-balance").data["accounts"]:
        sums[one["account"]] = sums.get(one["account"], 0) + cents(one.get("base_balance", one.get("balance_base", 0)))
    row.true("every account is 0 in the base currency", not any(sums.values()), sums)


@case(204, "a plan left and taken again the same day costs nothing, whatever was credited before", ("30.00 by hand", "60.00 by hand"))
def down_and_up(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_60, paid=True)
    service = order["service_ids"][0]
    w.clock("2026-03-11")
    by_hand = row.way.split(" ")[0]
    row.note(by_hand, order["invoice_id"], date="2026-03-11", must=True)
    row.must(row.plan(service, f.PLAN_10))
    before = w.balance()
    row.eq("given back, all together", before, {"30.00": 6000, "60.00": 6000}[by_hand])
    row.must(row.plan(service, f.PLAN_60))
    row.eq("asked for again is what was given back", before - w.balance(), {"30.00": 3000, "60.00": 0}[by_hand])


@case(205, "an invoice that is cancelled and reopened has its plan's note again", ("BM paid", "BM unpaid", "renewal"))
def reopened(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_60, paid=row.way == "renewal")
    number, service = order["invoice_id"], order["service_ids"][0]
    if row.way == "renewal":
        w.clock("2026-03-26")
        row.run()
        number = row.newest()["id"]
    else:
        row.must(row.status(number, "paid", "bm"))
        w.clock("2026-03-11")
    row.must(row.plan(service, f.PLAN_10))
    row.must(row.status(number, "cancelled", "bm"))
    row.must(row.status(number, "unpaid" if row.way == "renewal" else row.way.split(" ")[1], "bm"))
    if row.way == "renewal":
        # April's own note of 50.00 stands again; what March gave back is the customer's credit since the cancellation.
        row.eq("due", cents(w.cx("GET", f"/invoices/{number}")["amount_due"]), 1000)
        row.balances("less the 9.68 of March", -32)
    else:
        row.eq("charged for March", row.asked(), 2613)


@case(206, "a deleted user owes nothing and loses nothing", ("draft", "pending payment", "notice for a void invoice"))
def deleted(row):
    w = row.w
    if row.way == "draft":
        made = row.invoice("100.00", customer=2, status="Draft")
        gone = w.bm("DELETE", "/users/2")
        later = row.status(made["id"], "Unpaid")
        row.true("refused before or after", gone.status in (409, 422) or later.status in (409, 422), f"{gone.status} {later.status}")
    elif row.way == "pending payment":
        waits = row.must(row.payment(50, customer=2, status="pending"))
        gone = w.bm("DELETE", "/users/2")
        later = w.js("PATCH", f"/accounting/transactions/{waits['id']}", {"status": "approved"})
        row.true("refused before or after", gone.status in (409, 422) or not later.ok, f"{gone.status} {later.status}")
    else:
        made = row.invoice("100.00", customer=2)
        row.must(row.status(made["id"], "Void"))
        row.must(w.bm("DELETE", "/users/2"))
        got = row.receipt("100.00", customer=2, must=False)
        row.refused("a receipt names nobody who is there", got, (404, 422))


@case(207, "no tax is left behind on nothing", ("19.99 untaxed", "two parts of small lines", "untaxed part, then a plan change"))
def stranded(row):
    w = row.w
    if row.way.startswith("two"):
        items = [{"description": "Small", "qty": 1, "amount": "0.02", "taxes": ["VAT25"]} for _ in range(20)]
        made = row.must(w.cx("POST", "/invoices", {"customer_id": 1, "items": items}))
        row.note("0.20", made["id"], taxes=["VAT25"], must=True)
        row.note("0.20", made["id"], taxes=["VAT25"], must=True)
        row.eq("due", cents(w.cx("GET", f"/invoices/{made['id']}")["amount_due"]), 0)
        row.balances("nothing is owed", 0)
        return
    order = row.order(f.TAXED, f.TAXED_1999, paid=True)
    if row.way.startswith("19.99"):
        row.refused("all of the net without its tax", row.note("19.99", order["invoice_id"]), (422,))
        row.done("with its tax, by the name it has on the invoice", row.note("19.99", order["invoice_id"], taxes=["Tax"]))
        row.balances("all of it", 2379)
        return
    row.note("10.00", order["invoice_id"], must=True)
    row.must(row.plan(order["service_ids"][0], f.TAXED_999))
    row.note("9.99", order["invoice_id"], taxes=["Tax"]) if row.asked() > 1189 else None
    row.true("what is charged has its tax", row.asked() >= 0, row.asked())


@case(208, "a service ends though its invoice cannot be cancelled")
def ends(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_60, paid=True)
    w.clock("2026-03-26")
    row.run()
    number = row.newest()["id"]
    note = row.note("30.00", number, date="2026-03-26", must=True)
    row.must(w.cx("DELETE", f"/credit-notes/{note['id']}/allocations"))
    other = row.invoice("30.00")
    row.must(w.cx("POST", f"/credit-notes/{note['id']}/allocations", {"allocations": [{"invoice_id": other["id"]}]}))
    failures = 0
    for day in ("2026-04-05", "2026-04-20", "2026-05-20"):
        w.clock(day)
        failures += row.run().get("failed", 0)
    row.eq("failures", failures, 0)
    row.eq("service", w.cx("GET", f"/services/{order['service_ids'][0]}")["status"], "Terminated")
    row.eq("the invoice stays", w.cx("GET", f"/invoices/{number}")["status"], "Unpaid")


@case(209, "a full credit note is no payment", ("order", "plan change", "domain renewal", "domain renewal paid before"))
def no_payment(row):
    w = row.w
    if row.way == "order":
        order = row.order(f.PLAN, f.PLAN_60)
        row.note("60.00", order["invoice_id"], must=True)
        row.eq("service", w.cx("GET", f"/services/{order['service_ids'][0]}")["status"], "Pending")
    elif row.way == "plan change":
        order = row.order(f.PLAN, f.PLAN_30, paid=True)
        w.clock("2026-03-11")
        row.must(row.plan(order["service_ids"][0], f.PLAN_60))
        made = row.newest()
        row.note(str(made["amount"]), made["id"], date="2026-03-11", must=True)
        row.eq("price", cents(w.cx("GET", f"/services/{order['service_ids'][0]}")["price"]), 3000)
    else:
        order = {"user_id": 1, "currency": "USD", "status": "pending", "package_items": [],
                 "domain_items": [{"type": "register", "domain": "audit.dev", "tld_id": f.TLD, "years": 1}]}
        row.must(w.bm("POST", "/orders", order))
        first = row.invoices()[0]
        row.pay_all(first)
        ends = w.every("/registrants")[0]["expires_at"]
        w.clock("2027-02-27")
        row.run()
        renewal = row.newest()
        row.true("there is a renewal", renewal["id"] != first["id"])
        if row.way.endswith("before"):
            row.pay_all(renewal)
        row.note(str(renewal["amount"]), renewal["id"], date="2027-02-27", must=True)
        row.eq("the domain ends when it did", w.every("/registrants")[0]["expires_at"], ends)


@case(224, "a note that charges again stays", ("CX",))
def charges_again(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_30, paid=True)
    service = order["service_ids"][0]
    row.must(w.cx("POST", f"/services/{service}/plan", {"product_id": f.TAXED20, "price_id": f.TAXED20_50}))
    row.pay_all(row.newest())
    row.must(w.cx("POST", f"/services/{service}/plan", {"product_id": f.PLAN, "price_id": f.PLAN_10}))
    row.balances("60.00 paid, 10.00 is the plan", 5000)
    for note in row.notes_of():
        whole = w.cx("GET", f"/credit-notes/{note['id']}")
        if len(whole["items"]) > 1:
            row.refused("delete", w.cx("DELETE", f"/credit-notes/{note['id']}"), (409,))
    row.balances("as before", 5000)


@case(225, "a note and an invoice of one id are two")
def one_id(row):
    """Transaction 2 is a note about invoice 1, of which invoice 2 took some back as well."""
    w = row.w
    order = row.order(f.PLAN, f.PLAN_30, paid=True)
    note = row.note("5.00", order["invoice_id"], must=True)
    w.clock("2026-03-11")
    row.must(w.cx("POST", f"/services/{order['service_ids'][0]}/plan", {"product_id": f.TAXED20, "price_id": f.TAXED20_50}))
    dearer = row.newest()
    row.eq("one id", note["id"], dearer["id"])
    row.pay_all(dearer)
    row.must(w.cx("DELETE", f"/credit-notes/{note['id']}"))
    # 30.00 less 20.32 for the days from 11 March on, which invoice 2 took back.
    row.refused("more than invoice 1 carries", row.note("9.69", order["invoice_id"], date="2026-03-11"), (422,))
    row.refused("refunded", row.status(order["invoice_id"], "refunded", "bm"), (409, 422))
