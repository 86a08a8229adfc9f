"""Cases that the second model found: changes of plan through several taxes, and what follows from dates and totals at the edge."""
import fixture as f
from asked import case
from client import cents


def tax(row):
    """What is owed in taxes, in minor units."""
    return -row.w.accounts().get(("tax", "USD"), 0)


def step(row, service, product, price, pay=True):
    """One change of plan; what it asks for is paid."""
    row.done(f"to price {price}", row.w.cx("POST", f"/services/{service}/plan", {"product_id": product, "price_id": price}))
    newest = row.newest()
    if pay and newest["amount_due"] > 0:
        row.pay_all(newest)
    return newest


def three_taxes(row):
    """10.00 untaxed, then 19.99 with 19 %, then 50.00 with 20 %, all on one day and paid: 60.00 in all."""
    service = row.order(f.PLAN, f.PLAN_10, paid=True)["service_ids"][0]
    step(row, service, f.TAXED, f.TAXED_1999)
    step(row, service, f.TAXED20, f.TAXED20_50)
    row.eq("asked for", row.asked(), 6000)
    row.eq("tax", tax(row), 1000)
    return service


@case(226, "a cheaper plan after three taxes", ("untaxed", "19 %", "the first one", "one at a time"))
def cheaper(row):
    service = three_taxes(row)
    if row.way == "untaxed":
        step(row, service, f.PLAN, f.PLAN_30)
        want, owed = 3000, 0
    elif row.way == "19 %":
        step(row, service, f.TAXED, f.TAXED_999)
        want, owed = 1189, 190
    elif row.way == "the first one":
        step(row, service, f.PLAN, f.PLAN_10)
        want, owed = 1000, 0
    else:
        step(row, service, f.TAXED, f.TAXED_1999)
        row.balances("back to 19 %", 6000 - 2379)
        row.eq("tax at 19 %", tax(row), 380)
        step(row, service, f.PLAN, f.PLAN_10)
        want, owed = 1000, 0
    row.eq("asked for in all", row.asked(), want)
    row.eq("tax in all", tax(row), owed)
    row.balances("paid 60.00", 6000 - want)
    row.eq("nothing is due", sum(cents(i["amount_due"]) for i in row.invoices()), 0)


@case(227, "a dearer plan at a third tax is given up", ("cancelled", "deleted"))
def given_up(row):
    w = row.w
    service = row.order(f.PLAN, f.PLAN_10, paid=True)["service_ids"][0]
    step(row, service, f.TAXED, f.TAXED_1999)
    last = step(row, service, f.TAXED20, f.TAXED20_50, pay=False)
    row.eq("it asks for the difference", cents(last["amount"]), 6000 - 2379)
    row.done("given up", row.status(last["id"], "Cancelled") if row.way == "cancelled" else w.cx("DELETE", f"/invoices/{last['id']}"))
    row.eq("tax as before", tax(row), 380)
    step(row, service, f.PLAN, f.PLAN_10)
    row.eq("asked for in all", row.asked(), 1000)
    row.eq("tax in all", tax(row), 0)
    row.balances("paid 23.79", 2379 - 1000)


@case(228, "a swap of taxes that nets to nothing gives back its days only")
def nets_to_nothing(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_10, paid=True)
    service = order["service_ids"][0]
    step(row, service, f.TAXED, f.TAXED_999)       # 9.99 and 1.90 of tax; 10.00 is given back
    w.clock("2026-03-21")
    step(row, service, f.PLAN, f.PLAN_10)
    # 11 of 31 days at 10.00 instead of 11.89: the tax of those days is given back, not all of it.
    row.true("0.67 is given back", abs(row.w.balance() - 67) <= 1, row.w.balance())
    row.true("tax of twenty days", abs(tax(row) - 123) <= 1, tax(row))


@case(229, "credit pays a draft once it is issued")
def draft(row):
    w = row.w
    row.must(w.cx("PUT", "/settings", {"credit_auto_payment": True}))
    row.must(w.cx("PUT", "/customers/1", {"auto_credit_payment": True}))
    row.receipt("150.00")
    made = row.invoice("100.00", status="Draft")
    row.balances("a draft asks for nothing", 15000)
    row.done("issued", row.status(made["id"], "Unpaid"))
    row.eq("paid", w.cx("GET", f"/invoices/{made['id']}")["status"], "Paid")
    row.balances("what is left", 5000)


@case(230, "what is taken back by its own date has earned nothing", ("BM, deleted", "CX, void", "CX, cancelled"))
def never_stood(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_60, dialect="cx")
    row.must(w.cx("PUT", f"/invoices/{order['invoice_id']}", {"date": "2026-03-04", "due_date": "2026-03-31"}))
    if row.way == "BM, deleted":
        row.must(w.bm("DELETE", f"/invoices/{order['invoice_id']}"))
    else:
        row.must(row.status(order["invoice_id"], row.way[4:].capitalize()))
    for day in ("2026-03-01", "2026-03-04", "2026-03-31"):
        got = w.cx("GET", f"/reports/revenue?as_of={day}")
        row.eq(f"recognised by {day}", (cents(got["recognised"]), cents(got["deferred"])), (0, 0))


@case(231, "an invoice below 0 is never open: what its credit pays stays paid", ("BM", "CX"))
def below_zero(row):
    w = row.w
    row.must(w.cx("PUT", "/settings", {"credit_auto_payment": True}))
    row.must(w.cx("PUT", "/customers/1", {"auto_credit_payment": True}))
    item = {"description": "Work", "quantity": 1, "unit_price": "-50.00"}
    granted = row.must(w.bm("POST", "/invoices", {"user_id": 1, "due_date": "2026-03-09", "status": "unpaid", "items": [item]}))
    other = row.invoice("50.00")
    row.eq("the credit pays", w.cx("GET", f"/invoices/{other['id']}")["status"], "Paid")
    row.done("unpaid", row.status(granted["id"], "Unpaid", row.way.lower()))
    row.eq("it still does", w.cx("GET", f"/invoices/{other['id']}")["status"], "Paid")
    row.balances("nothing is left", 0)


@case(232, "a deposit beside lines that take more than its net makes no credit", ("BM", "CX receipt"))
def no_net(row):
    w = row.w
    items = [{"description": "Work", "quantity": 1, "unit_price": "100.00", "taxes": ["VAT25"]},
             {"description": "Credit Deposit", "quantity": 1, "unit_price": "20.00"},
             {"description": "Less", "quantity": 1, "unit_price": "-130.00"}]
    made = row.must(w.bm("POST", "/invoices", {"user_id": 1, "due_date": "2026-03-09", "status": "unpaid", "items": items}))
    row.eq("net -10.00 and tax 25.00", cents(w.cx("GET", f"/invoices/{made['id']}")["amount"]), 1500)
    if row.way == "BM":
        row.done("paid", row.status(made["id"], "paid", "bm"))
    else:
        row.receipt("15.00", invoice_id=made["id"])
    row.eq("notes", [n["amount"] for n in row.notes_of()], [])
    row.balances("nothing is left", 0)
