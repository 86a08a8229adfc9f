"""What outsiders found in billing runs, plans and single rules, each with its right value as a literal. Numbers from 210."""
import fixture as f
from asked import case
from client import cents


@case(210, "what ends takes all its unpaid invoices along", ("late runs",))
def all_of_them(row):
    w = row.w
    row.order(f.PLAN, f.PLAN_60, paid=True)
    w.clock("2026-06-20")
    row.run()
    w.clock("2026-06-24")
    row.run()
    w.clock("2026-06-28")
    row.run()
    row.balances("nothing that was never served is owed", 0)


@case(211, "a late run asks for no more than daily runs", ("daily", "once"))
def late(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_60, paid=True)
    number = order["invoice_id"]
    row.must(w.cx("DELETE", f"/receipts/{w.every('/receipts?customer_id=1')[0]['id']}"))
    row.eq("unpaid again", w.cx("GET", f"/invoices/{number}")["status"], "Unpaid")
    if row.way == "daily":
        for day in [f"2026-03-{n:02}" for n in range(2, 32, 3)] + [f"2026-{m:02}-{n:02}" for m in (4, 5) for n in (1, 10, 20)]:
            w.clock(day)
            row.run()
    w.clock("2026-06-20")
    row.run()
    row.eq("service", w.cx("GET", f"/services/{order['service_ids'][0]}")["status"], "Terminated")
    row.balances("nothing is owed", 0)


@case(212, "JeraSoft shows what is open of an invoice that was reopened", ("by receipt", "by status"))
def paid_amount(row):
    w = row.w
    made = row.invoice()
    if row.way == "by receipt":
        row.receipt("100.00", invoice_id=made["id"])
    else:
        row.must(row.status(made["id"], "Paid"))
    row.must(row.status(made["id"], "Refunded"))
    row.must(row.status(made["id"], "Unpaid"))
    row.eq("paid", cents(w.js("GET", f"/accounting/invoices/{made['id']}")["paid_amount"]), 0)
    row.must(row.status(made["id"], "Paid"))
    row.eq("paid again", cents(w.js("GET", f"/accounting/invoices/{made['id']}")["paid_amount"]), 10000)


@case(213, "a deposit's credit is at most what is left by net", ("a note by hand before",))
def deposit_left(row):
    w = row.w
    items = [{"description": "Work", "quantity": 1, "unit_price": 49.46}, {"description": "Credit Deposit", "quantity": 1, "unit_price": 149}]
    made = row.must(w.bm("POST", "/invoices", {"user_id": 1, "due_date": "2026-03-15", "items": items}))
    row.note("149.00", made["id"], must=True)
    row.must(row.status(made["id"], "Paid"))
    row.eq("charged in all, Work at least", row.asked(), 0)


@case(214, "a service is barred again for what is still unpaid", ("plan change and renewal",))
def barred_again(row):
    w = row.w
    service, asked = row.changed_plan(f.PLAN_30, f.PLAN_60, "2026-03-24")
    w.clock("2026-03-25")
    row.run()
    renewal = row.newest()["id"]
    row.true("there is a renewal", renewal != asked["id"])
    w.clock("2026-03-27")
    row.run()
    row.eq("barred", w.cx("GET", f"/services/{service}")["status"], "Suspended")
    row.must(row.status(renewal, "Paid"))
    row.eq("goes on", w.cx("GET", f"/services/{service}")["status"], "Active")
    w.clock("2026-03-28")
    row.run()
    row.eq("barred again", w.cx("GET", f"/services/{service}")["status"], "Suspended")
    w.clock("2026-04-02")
    row.run()
    row.eq("ended", w.cx("GET", f"/services/{service}")["status"], "Terminated")


def subscription(row, paid=None):
    """A JeraSoft package of 1200.00 a year and a subscription to it, which is charged at once; its service and a price of 365.00."""
    w = row.w
    plan = {"name": "Line", "catalog_id": 1, "type": "service",
            "prices": [f.price("Full", "1200.00", period="yearly"), f.price("Less", "365.00", period="yearly")]}
    made = row.must(w.cx("POST", "/products", plan))
    row.must(w.js("POST", "/clients/subscriptions", {"clients_id": 1, "packages_id": made["id"]}))
    if paid == "invoice":
        taken = row.must(w.js("POST", "/accounting/invoices", {"clients_id": 1, "start_dt": "2026-03-01 00:00:00", "stop_dt": "2026-04-01 00:00:00"}))
        row.receipt("1200.00", invoice_id=taken["id"])
    service = max(s["id"] for s in w.every("/services?customer_id=1"))
    return service, w.cx("GET", f"/products/{made['id']}")["prices"][1]["id"]


@case(215, "what a charge gives back is bound to it", ("plan, charge deleted in CX", "plan, charge deleted in JS", "invoice, plan, note for all", "invoice, plan, BM refunded",
                                                         "invoice, BM refunded, plan", "invoice, note for all, plan"))
def bound(row):
    w = row.w
    service, less = subscription(row, "invoice" if row.way.startswith("invoice") else None)
    plan = lambda: row.plan(service, less)
    steps = [step for step in row.way.split(", ") if step != "invoice"]
    for step in steps:
        if step == "plan":
            plan()
        elif step == "charge deleted in CX":
            row.refused(step, w.cx("DELETE", f"/debit-notes/{w.every('/debit-notes?customer_id=1')[0]['id']}"), (409, 422))
        elif step == "charge deleted in JS":
            row.refused(step, w.js("DELETE", f"/accounting/transactions/{w.every('/debit-notes?customer_id=1')[0]['id']}"), (400, 409, 422))
        elif step == "note for all":
            row.note("1200.00", 1)
        else:
            row.status(1, "refunded", "bm")
    came = 120000 if row.way.startswith("invoice") else 0
    row.true("credit and payouts are what came at most", w.balance() + came - w.cash() <= came, f"{w.balance()} {w.cash()}")
    row.refused("more than came", row.refund("1300.00"), (422,))
    while row.refund("365.00").ok or row.refund("835.00").ok:
        pass
    row.true("no more cash left than came", w.cash() >= 0, w.cash())


@case(216, "a refund is not dated before what it gives back", ("refund of 2020", "receipt of June", "JS payment of 2020"))
def before(row):
    w = row.w
    if row.way == "receipt of June":
        row.receipt("100.00", date="2026-06-01")
        row.refused("today", row.refund("100.00"), (422,))
        return
    row.receipt("100.00")
    if row.way.startswith("JS"):
        row.refused("2020", row.payment(-20, dt="2020-01-01 00:00:00"), (422, 400))
    else:
        row.refused("2020", row.refund("40.00", date="2020-01-01"), (422,))
    row.done("today", row.refund("40.00"))


@case(217, "the invoice of a change that was given up is not reopened", ("BM paid", "BM unpaid"))
def given_up(row):
    w = row.w
    service, asked = row.changed_plan(f.PLAN_30, f.PLAN_60, "2026-03-11")
    row.must(row.status(asked["id"], "cancelled", "bm"))
    row.must(row.plan(service, f.PLAN_60))
    row.refused("reopen", row.status(asked["id"], row.way.split(" ")[1], "bm"), (409, 422))
    again = row.newest()
    row.pay_all(again)
    row.eq("charged for March", row.asked(), 5032)
    row.eq("due next", str(w.cx("GET", f"/services/{service}")["next_due_date"])[:10], "2026-04-01")


@case(218, "what has ended changes its plan no more")
def ended(row):
    w = row.w
    service, asked = row.changed_plan(f.PLAN_30, f.PLAN_60, "2026-03-11")
    row.must(w.cx("POST", f"/services/{service}/terminate"))
    row.pay_all(asked)
    got = w.cx("GET", f"/services/{service}")
    row.eq("service", (got["status"], cents(got["price"])), ("Terminated", 3000))
    row.eq("invoices", len(row.invoices()), 2)


@case(219, "the last of equal parts takes what is left of the tax", ("lines", "plans"))
def equal_parts(row):
    w = row.w
    if row.way == "lines":
        items = [{"description": "Part", "qty": 1, "amount": "6.66", "taxes": ["VAT19"]} for _ in range(12)]
        made = row.must(w.cx("POST", "/invoices", {"customer_id": 1, "items": items}))
        for _ in range(12):
            row.done("note", row.note("6.66", made["id"], taxes=["VAT19"]))
        row.eq("due", cents(w.cx("GET", f"/invoices/{made['id']}")["amount_due"]), 0)
        return
    row.must(w.cx("POST", "/coupons", {"code": "THIRD", "type": "percentage", "value": "33.33"}))
    order = row.order(f.TAXED, f.TAXED_999, qty=4, coupon="THIRD", paid=True)
    for service in order["service_ids"]:
        row.done("plan", w.cx("POST", f"/services/{service}/plan", {"product_id": f.PLAN, "price_id": f.PLAN_10}))


@case(220, "a deposit is all that was paid for it")
def whole_deposit(row):
    items = [{"description": "Credit Deposit", "quantity": 1, "unit_price": 1.004} for _ in range(3)]
    row.must(row.w.bm("POST", "/invoices", {"user_id": 1, "due_date": "2026-03-15", "status": "paid", "items": items}))
    row.balances("credit", 301)


@case(221, "a due date moved back charges no day twice", ("CX",))
def moved_back(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_30, paid=True)
    service = order["service_ids"][0]
    for day in ("2026-03-26", "2026-04-26", "2026-05-26"):
        w.clock(day)
        row.run()
        for made in row.invoices():
            if cents(made["amount_due"]):
                row.pay_all(made)
    before = row.asked()
    w.cx("PUT", f"/services/{service}", {"next_due_date": "2026-03-01"})
    row.run()
    row.eq("asked for", row.asked(), before)
    row.refused("before it began", w.cx("PUT", f"/services/{service}", {"next_due_date": "2020-01-01"}), (422,))


@case(222, "what a dearer plan's invoice took back is given back once", ("BM refunded", "BM cancelled", "BM DELETE", "note for all"))
def once(row):
    w = row.w
    order = row.order(f.PLAN, f.PLAN_30, paid=True)
    number, service = order["invoice_id"], order["service_ids"][0]
    row.must(w.cx("POST", f"/services/{service}/plan", {"product_id": f.TAXED20, "price_id": f.TAXED20_50}))
    dearer = row.newest()
    row.eq("due", cents(dearer["amount_due"]), 3000)
    row.receipt("30.00", invoice_id=dearer["id"])
    send = {"BM refunded": lambda: row.status(number, "refunded", "bm"), "BM cancelled": lambda: row.status(number, "cancelled", "bm"),
            "BM DELETE": lambda: w.bm("DELETE", f"/invoices/{number}"), "note for all": lambda: row.note("30.00", number)}
    row.refused("given back again", send[row.way](), (409, 422))
    row.balances("nothing is credit", 0)
    row.true("60.00 came and stayed", w.cash() == 6000, w.cash())


@case(223, "a dearer plan does not take back what a note gave back before", ("note for all", "note for a part"))
def noted_before(row):
    order = row.order(f.PLAN, f.PLAN_30, paid=True)
    row.note("30.00" if row.way.endswith("all") else "20.00", order["invoice_id"], must=True)
    got = row.w.cx("POST", f"/services/{order['service_ids'][0]}/plan", {"product_id": f.TAXED20, "price_id": f.TAXED20_50})
    # Either nothing changes, or the whole price is asked for: 60.00 less what the invoice still carries.
    row.refused("change", got, (409,))
    row.balances("the note alone is credit", 3000 if row.way.endswith("all") else 2000)
