"""Cases that the second model found: what was taken back and is asked for again, and what changes while a plan waits."""
import fixture as f
from asked import case
from case_taxes import step
from client import cents


@case(233, "a dearer plan's invoice that was refunded and is asked for again takes back again what it took back", ("CX", "BM"))
def stands_again(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_10, paid=True)
    service = order["service_ids"][0]
    change = step(row, service, f.TAXED, f.TAXED_1999)   # 23.79 less the 10.00 of the order's invoice
    row.eq("it asks for", cents(change["amount"]), 2379 - 1000)
    row.done("refunded", row.status(change["id"], "Refunded", row.way.lower()))
    row.done("asked for again", row.status(change["id"], "Unpaid", row.way.lower()))
    row.refused("what it takes back is not given back by a note too", row.note("10.00", order["invoice_id"]), (422,))
    step(row, service, f.TAXED20, f.TAXED20_50)          # all of 19 % is given back, 60.00 is charged
    row.eq("asked for in all", row.asked(), 6000)
    row.eq("tax", -w.accounts().get(("tax", "USD"), 0), 1000)


@case(234, "what it took back was given back meanwhile: it cannot be asked for again", ("a note", "the invoice is gone"))
def given_back_since(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_10, paid=True)
    change = step(row, order["service_ids"][0], f.TAXED, f.TAXED_1999)
    row.done("refunded", row.status(change["id"], "Refunded"))
    if row.way == "a note":
        row.done("10.00 of the order's invoice given back", row.note("10.00", order["invoice_id"]))
    else:
        row.done("deleted", w.bm("DELETE", f"/invoices/{order['invoice_id']}"))
    before = w.balance()
    row.refused("asked for again", row.status(change["id"], "Unpaid"), (409,))
    row.eq("nothing changed", w.balance(), before)


@case(235, "a plan waits while its service's first invoice is deleted: only what was asked for since is made up for")
def deleted_meanwhile(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_30, paid=True)
    service = order["service_ids"][0]
    w.clock("2026-03-25")
    row.must(row.plan(service, f.PLAN_60))
    change = row.newest()
    row.must(w.bm("DELETE", f"/invoices/{order['invoice_id']}"))
    row.run()                                            # April at 30.00
    april = row.newest()
    row.eq("April", cents(april["amount"]), 3000)
    row.must(row.pay_all(change))
    made = [i for i in row.invoices() if i["id"] > april["id"]]
    row.eq("30.00 more for April, and nothing for March", [cents(i["amount"]) for i in made], [3000])


@case(236, "a second change of plan while one waits is refused, until its invoice is taken back", ("cancelled", "refunded unpaid", "paid"))
def waits(row):
    w = row.w
    service = row.order(f.PLAN, f.PLAN_10, paid=True)["service_ids"][0]
    row.must(row.plan(service, f.PLAN_30))
    change = row.newest()
    row.refused("another", row.plan(service, f.PLAN_60), (409,))
    if row.way == "paid":
        row.pay_all(change)
    elif row.way == "cancelled":
        row.must(row.status(change["id"], "Cancelled"))
    else:
        row.must(row.status(change["id"], "refunded", "bm"))
    row.eq("the plan", w.cx("GET", f"/services/{service}")["price_id"], f.PLAN_30 if row.way == "paid" else f.PLAN_10)
    row.done("another now", row.plan(service, f.PLAN_60))
    row.pay_all(row.newest())
    row.eq("revenue", -w.accounts().get(("revenue", "USD"), 0), 6000)
    row.balances("all is paid", 0)


@case(237, "refunded unpaid beside a note, and cancelled in Billmora, where any status may follow any other", ("BM",))
def refunded_and_cancelled(row):
    w = row.w
    made = row.invoice("20.00", item={"taxes": ["VAT19"]})
    note = row.must(row.note("10.00", made["id"], taxes=["VAT19"]))
    row.done("refunded", row.status(made["id"], "refunded", "bm"))
    row.balances("nothing is owed", 0)
    row.done("cancelled", row.status(made["id"], "cancelled", "bm"))
    row.balances("still nothing", 0)
    row.eq("its note went with it", w.cx("GET", f"/credit-notes/{note['id']}")["status"], "Void")
    row.eq("nothing is left in the books", w.accounts(), {})


@case(238, "an invoice that owes more again is looked at by the next run, though it once owed a trifle")
def owes_again(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_30)
    paid = [row.receipt(amount, invoice_id=order["invoice_id"]) for amount in ("29.99", "0.01")]
    row.must(w.cx("DELETE", f"/receipts/{paid[1]['id']}"))
    w.clock("2026-03-13")
    row.run()
    row.eq("nobody is barred for 0.01", w.cx("GET", f"/services/{order['service_ids'][0]}")["status"], "Active")
    row.must(w.cx("DELETE", f"/receipts/{paid[0]['id']}"))
    w.clock("2026-03-14")
    row.run()
    row.eq("barred for 30.00", w.cx("GET", f"/services/{order['service_ids'][0]}")["status"], "Suspended")
    w.clock("2026-03-15")
    row.run()
    row.eq("and ended seven days after it was due", w.cx("GET", f"/services/{order['service_ids'][0]}")["status"], "Terminated")


@case(239, "no credit is paid out before its day", ("CX", "JS"))
def before_its_day(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_60, paid=True)
    w.clock("2026-03-20")
    row.run("2026-03-28")                                # April is invoiced ahead, of 25 March
    april = row.newest()
    row.eq("its day", april["date"], "2026-03-25")
    row.pay_all(april)
    row.must(row.plan(order["service_ids"][0], f.PLAN_10))
    ahead = [n for n in row.notes_of() if n["date"] == "2026-03-25"]
    row.eq("April's note is not of an earlier day", [cents(n["amount"]) for n in ahead], [5000])
    sure = w.balance() - 5000
    row.true("of March there is credit now", sure > 0, sure)
    pay = (lambda amount: row.refund(amount)) if row.way == "CX" else (lambda amount: row.payment("-" + amount))
    row.refused("a cent of April's", pay(f"{(sure + 1) / 100:.2f}"), (422,))
    row.done("March's", pay(f"{sure / 100:.2f}"))
    w.clock("2026-03-25")
    row.done("April's on its day", pay("50.00"))
    row.balances("all is paid out", 0)


@case(240, "refunded unpaid, asked for again and paid by a receipt: the receipt's money is not what was given back", ("CX", "BM"))
def receipt_since(row):
    w = row.w
    made = row.invoice("40.00")
    row.done("refunded unpaid", row.status(made["id"], "refunded", "bm"))
    row.done("asked for again", row.status(made["id"], "Unpaid"))
    row.balances("40.00 is owed", -4000)
    row.receipt("40.00", invoice_id=made["id"])
    row.balances("it is paid", 0)
    row.refused("unpaid", row.status(made["id"], "Unpaid", row.way.lower()), (409, 422))
    row.balances("it stays paid", 0)
    row.eq("money", w.cash(), 4000)


@case(241, "a deposit's credit that comes onto an invoice of JeraSoft's buys no credit once more", ("JS payment", "CX status"))
def deposit_taken_in(row):
    w = row.w
    item = {"description": "Credit Deposit", "quantity": 1, "unit_price": "10.00"}
    made = row.must(w.bm("POST", "/invoices", {"user_id": 1, "due_date": "2026-03-09", "status": "paid", "items": [item]}))
    row.balances("credit", 1000)
    row.eq("of the deposit", [n["invoice_id"] for n in row.notes_of()], [made["id"]])
    body = {"clients_id": 1, "start_dt": "2026-03-01", "stop_dt": "2026-03-02", "items": [{"description": "Work", "qty": 1, "amount": "50.00"}]}
    taken = row.must(w.js("POST", "/accounting/invoices", body))
    row.eq("50.00 less the credit", cents(taken["total"]), 4000)
    if row.way == "JS payment":
        row.must(row.payment("40.00", invoices_id=[taken["id"]]))
    else:
        row.must(row.status(taken["id"], "Paid"))
    row.eq("notes", len(row.notes_of()), 1)
    row.balances("nothing is left, and nothing owed", 0)


@case(242, "a plan that waited is carried out, and what makes up for the next period is paid from credit at once", ("receipt", "notice", "status"))
def wallet_makes_up(row):
    w = row.w
    row.must(w.cx("PUT", "/settings", {"credit_auto_payment": True}))
    order = row.order(f.PLAN, f.PLAN_10, paid=True)
    service = order["service_ids"][0]
    w.clock("2026-03-25")
    row.must(row.plan(service, f.PLAN_30))
    change = row.newest()
    row.run()                                            # April at 10.00
    row.pay_all(row.newest())
    row.receipt("100.00")
    row.must(w.cx("PUT", "/customers/1", {"auto_credit_payment": True}))
    if row.way == "receipt":
        row.done("paid", row.receipt(str(change["amount_due"]), invoice_id=change["id"], must=False))
    elif row.way == "notice":
        row.done("paid", w.notice(change["invoice_number"], change["amount_due"], "ref-1"))
    else:
        row.done("paid", row.status(change["id"], "Paid"))
    row.eq("the plan", w.cx("GET", f"/services/{service}")["price_id"], f.PLAN_30)
    row.eq("nothing is due", sum(cents(i["amount_due"]) for i in row.invoices()), 0)
    row.balances("20.00 of the credit made up for April", 8000)


@case(243, "a swap of taxes that came to nothing is given back with its taxes", ("untaxed and cheaper", "untaxed and dearer", "a third tax"))
def nothing_swapped(row):
    w = row.w
    tax = lambda: -w.accounts().get(("tax", "USD"), 0)
    service = row.order(f.PLAN, f.PLAN_60, paid=True)["service_ids"][0]
    step(row, service, f.TAXED20, f.TAXED20_50)          # 60.00 untaxed become 50.00 and 10.00 of tax
    row.eq("60.00 as before", row.asked(), 6000)
    row.eq("of them tax", tax(), 1000)
    if row.way == "untaxed and cheaper":
        step(row, service, f.PLAN, f.PLAN_30)
        want, owed = 3000, 0
    elif row.way == "untaxed and dearer":
        row.must(row.plan(service, f.PLAN_60, product_id=f.PLAN))
        want, owed = 6000, 0
    else:
        step(row, service, f.TAXED, f.TAXED_999)
        want, owed = 1189, 190
    row.eq("asked for", row.asked(), want)
    row.eq("tax", tax(), owed)
    row.balances("60.00 was paid", 6000 - want)


@case(244, "a note on an invoice with taxes above and below 0 leaves no exchange difference", ("plan", "BM lines"))
def mixed_taxes(row):
    w = row.w
    if row.way == "plan":
        service = row.order(f.TAXED, f.TAXED_999, paid=True)["service_ids"][0]
        made = step(row, service, f.CENTS, f.CENTS_4999, pay=False)   # 9.99 with 19 % back, 49.99 with 7 %
        note = {"tax_rate": "7"}
    else:
        items = [{"description": "Work", "quantity": 1, "unit_price": "50.00", "taxes": ["VAT7"]},
                 {"description": "Less", "quantity": 1, "unit_price": "-10.00", "taxes": ["VAT19"]}]
        made = row.must(w.bm("POST", "/invoices", {"user_id": 1, "due_date": "2026-03-09", "status": "unpaid", "items": items}))
        note = {"taxes": ["VAT7"]}
    item = {"description": "Back", "qty": 1, "amount": "30.00", **note}
    got = row.done("a note", w.cx("POST", "/credit-notes", {"customer_id": 1, "date": "2026-03-01", "description": "Back", "invoice_id": made["id"],
                                                             "items": [item]}))
    row.eq("30.00 and 2.10 of tax", cents(got["amount"]), 3210)
    row.eq("the books in the base currency", w.accounts(base=True), w.accounts())


@case(245, "what an invoice below 0 brings is set against others by a request, and released")
def credit_invoice(row):
    w = row.w
    item = {"description": "Less", "quantity": 1, "unit_price": "-50.00"}
    brings = row.must(w.bm("POST", "/invoices", {"user_id": 1, "due_date": "2026-03-09", "status": "unpaid", "items": [item]}))["id"]
    first, second, other = row.invoice("30.00")["id"], row.invoice("40.00")["id"], row.invoice("10.00", customer=2)["id"]
    against = lambda ident, **more: w.cx("POST", f"/invoices/{brings}/allocations", {"allocations": [{"invoice_id": ident, **more}]})
    row.refused("more than is due", against(first, amount="30.01"), (422,))
    row.refused("another customer's", against(other), (422,))
    row.done("30.00", against(first))
    row.eq("it is paid", w.cx("GET", f"/invoices/{first}")["status"], "Paid")
    row.refused("more than is left", against(second, amount="20.01"), (422,))
    row.done("the rest", w.cx("POST", f"/invoices/{brings}/allocations", {"invoice_id": second}))
    row.eq("20.00 is due", cents(w.cx("GET", f"/invoices/{second}")["amount_due"]), 2000)
    row.refused("nothing is left", against(second), (422,))
    row.balances("20.00 is owed", -2000)
    row.refused("an invoice that asks for money brings none", w.cx("POST", f"/invoices/{first}/allocations", {"invoice_id": second}), (409,))
    row.refused("nor are its payments released so", w.cx("DELETE", f"/invoices/{first}/allocations"), (409,))
    row.refused("one that is not there", w.cx("POST", "/invoices/999/allocations", {"invoice_id": second}), (404,))
    row.done("released", w.cx("DELETE", f"/invoices/{brings}/allocations"))
    row.eq("both are due", [cents(w.cx("GET", f"/invoices/{i}")["amount_due"]) for i in (first, second)], [3000, 4000])
    row.balances("as before", -2000)


@case(246, "back at the first tax the first invoice is whole again, to the last unit", ("cancelled", "deleted"))
def whole_again(row):
    w = row.w
    row.must(w.cx("PUT", "/customers/1", {}))
    order = row.order(f.TAXED, f.TAXED_999, coupon="HALF")
    row.receipt("5.94", invoice_id=order["invoice_id"])
    w.clock("2026-03-04")
    step(row, order["service_ids"][0], f.CENTS, f.CENTS_4999)   # 19 % of the rest of March is taken back …
    step(row, order["service_ids"][0], f.SETUP, f.SETUP_1003)   # … and charged again
    row.must(row.status(order["invoice_id"], "Unpaid"))
    if row.way == "cancelled":
        row.done("cancelled", row.status(order["invoice_id"], "Cancelled"))
    else:
        row.done("deleted", w.cx("DELETE", f"/invoices/{order['invoice_id']}"))


@case(247, "a fourth tax after three, over two periods")
def fourth_tax(row):
    w = row.w
    order = row.order(f.TAXED, f.TAXED_999, coupon="FULL")
    service = order["service_ids"][0]
    w.clock("2026-03-26")
    row.run()                                            # April, 9.99 with 19 %
    row.pay_all(row.newest())
    step(row, service, f.CENTS, f.CENTS_1001)            # 7 %
    step(row, service, f.PLAN, f.PLAN_60)                # untaxed
    before = row.asked()
    w.clock("2026-03-29")
    step(row, service, f.TAXED20, f.TAXED20_50)          # the same 60.00 with 10.00 of tax in them
    row.true("the same within a unit for each period", abs(row.asked() - before) <= 2, row.asked() - before)
    w.clock("2026-04-01")
    tax = -w.accounts().get(("tax", "USD"), 0)
    # 20 % of 50.00 for three of 31 days, and for April.
    row.true("tax of three days and of April", abs(tax - (97 + 1000)) <= 3, tax)


@case(248, "of two taxes of one name a note means the one of which something is left")
def one_name(row):
    w = row.w
    service = row.order(f.TAXED, f.TAXED_999, paid=True)["service_ids"][0]
    made = step(row, service, f.CENTS, f.CENTS_4999, pay=False)   # "Tax" 19 % below 0, and "Tax" 7 %
    got = row.done("a note", row.note("30.00", made["id"], taxes=["Tax"]))
    row.eq("at 7 %", cents(got["amount"]), 3210)
