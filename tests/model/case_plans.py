"""Cases: orders, coupons, changes of plan, and the periods that were charged."""
import random
import re

import fixture as f
from asked import case
from client import cents, dec


def service_of(row, order):
    return order["service_ids"][0]


def change(row, service, price, **fields):
    return row.done("change of plan", row.plan(service, price, **fields))


@case(7, "a new price, then a cheaper plan on the same day", ("CX", "CX, price lowered"))
def price_then_plan(row):
    w = row.w
    service = service_of(row, row.order(f.PLAN, f.PLAN_60, paid=True))
    row.must(w.cx("PUT", f"/services/{service}", {"price": "600.00" if row.way == "CX" else "1.00"}))
    change(row, service, f.PLAN_30)
    row.eq("credit notes", [cents(n["amount"]) for n in row.notes_of()], [3000])
    row.balances("credit", 3000)


@case(8, "what is given back and what is charged, each at its own tax", ("19 % to untaxed", "untaxed to 19 %"))
def both_taxes(row):
    w = row.w
    if row.way.endswith("to untaxed"):
        order = row.order(f.TAXED, f.TAXED_1999, paid=True)
        row.eq("order", cents(order["amount"]), 2379)
        change(row, service_of(row, order), f.PLAN_10, product_id=f.PLAN)
        back, tax, revenue = 1379, 380, -1000
    else:
        order = row.order(f.PLAN, f.PLAN_60, paid=True)
        change(row, service_of(row, order), f.TAXED_999, product_id=f.TAXED)
        back, tax, revenue = 4811, -190, -999
    row.balances("credit", back)
    row.eq("tax account", w.money("tax"), -380 + tax if tax > 0 else tax)
    row.eq("revenue account", w.money("revenue"), revenue)
    row.eq("charged less given back", row.asked(), 1000 if tax > 0 else 1189)


@case(9, "a dearer plan asked for before the next period is invoiced, paid after", ("CX", "paid in BM", "paid before the run"))
def dearer_meanwhile(row):
    w = row.w
    service = service_of(row, row.order(f.PLAN, f.PLAN_30, paid=True))
    w.clock("2026-03-24")
    changed = change(row, service, f.PLAN_60)
    invoice = w.cx("GET", f"/invoices/{changed['plan_changes'][-1]['invoice_id']}")
    row.eq("eight days of the difference", cents(invoice["amount"]), 774)
    if row.way == "paid before the run":
        row.must(row.receipt("7.74", invoice_id=invoice["id"]))
    w.clock("2026-03-25")
    row.run()
    w.clock("2026-03-26")
    if row.way == "paid in BM":
        row.must(row.status(invoice["id"], "Paid", "bm"))
    elif row.way == "CX":
        row.must(row.receipt("7.74", invoice_id=invoice["id"]))
    row.run()
    w.clock("2026-04-01")
    row.run()
    row.eq("March 30, the eight days 7.74, April 60", row.asked(), 9774)
    row.eq("price", cents(w.cx("GET", f"/services/{service}")["price"]), 6000)


@case(10, "a cheaper plan beside the open invoice of the next period", ("0.32 due", "0.32 paid, runs", "0.32 open, runs", "April cancelled",
                                                                       "April void"))
def cheaper_with_open(row):
    w = row.w
    service = service_of(row, row.order(f.PLAN, f.PLAN_60, paid=True))
    w.clock("2026-03-25")
    row.run()
    april = [i for i in row.invoices() if i["status"] == "Unpaid"]
    if not row.eq("April's invoice", [cents(i["amount"]) for i in april], [6000]):
        return
    w.clock("2026-03-26")
    change(row, service, f.PLAN_10)
    row.eq("given back", sum(cents(n["amount"]) for n in row.notes_of()), 5968)
    row.eq("due of April", cents(w.cx("GET", f"/invoices/{april[0]['id']}")["amount_due"]), 32)
    row.balances("owed", -32)
    if row.way.startswith("April"):
        stays = row.status(april[0]["id"], "Cancelled" if row.way == "April cancelled" else "Void")
        if stays.status == 409:
            row.notes.append("refused while a note is set against it")
            for note in row.notes_of():
                w.cx("DELETE", f"/credit-notes/{note['id']}/allocations")
            stays = row.done("cancel", row.status(april[0]["id"], "Cancelled" if row.way == "April cancelled" else "Void"))
        row.balances("what remains of March", 968)
        row.done("it can be paid out", row.refund("9.68"))
        row.refused("and no more", row.refund("0.01"), (422,))
        return
    if row.way == "0.32 paid, runs":
        w.clock("2026-04-01")
        row.done("pay", row.receipt("0.32", must=False, invoice_id=april[0]["id"]))
    if row.way != "0.32 due":
        for day in ("2026-04-05", "2026-04-12"):
            w.clock(day)
            got = row.run()
            row.eq(f"suspended, terminated on {day}", (got.get("suspended"), got.get("terminated")), (0, 0))
        row.eq("service", w.cx("GET", f"/services/{service}")["status"], "Active")


@case(11, "a tax profile of the customer", ("CX", "BM order", "CX, product's own rate"))
def profile(row):
    w = row.w
    made = row.must(w.js("POST", "/accounting/taxes_profiles", {"name": "Local"}))
    row.must(w.js("POST", "/accounting/taxes_profiles/values", {"taxes_profiles_id": made["id"], "name": "P19", "value": 19}))
    row.must(w.js("PATCH", "/clients/1", {"taxes_profiles_id": made["id"]}))
    if row.way == "BM order":
        order = row.order(f.PLAN, f.PLAN_30, dialect="bm")
        row.eq("order in BM", cents(order["amount"]), 3000)
        return
    if row.way != "CX":
        row.eq("order", cents(row.order(f.TAXED, f.TAXED_1999)["amount"]), 2379)
        return
    order = row.order(f.PLAN, f.PLAN_30, paid=True)
    row.eq("order", cents(order["amount"]), 3570)
    row.eq("its tax", cents(order["tax"]), 570)
    service = service_of(row, order)
    w.clock("2026-03-11")
    changed = change(row, service, f.PLAN_60)
    invoice = w.cx("GET", f"/invoices/{changed['plan_changes'][-1]['invoice_id']}")
    row.eq("change of plan", cents(invoice["amount"]), 2418)
    row.must(row.receipt("24.18", invoice_id=invoice["id"]))
    w.clock("2026-03-25")
    row.run()
    april = [i for i in row.invoices() if i["status"] == "Unpaid"]
    row.eq("renewal", [cents(i["amount"]) for i in april], [7140])
    for i in april:
        row.must(row.receipt("71.40", invoice_id=i["id"]))
    w.clock("2026-04-11")
    change(row, service, f.PLAN_30)
    row.eq("downgrade", [cents(n["amount"]) for n in row.notes_of()], [2380])
    row.eq("its tax", [cents(n["tax"]) for n in row.notes_of()], [380])


@case(12, "a coupon of 100 % takes the tax with it", ("cx", "bm"))
def free(row):
    order = row.order(f.SETUP, f.SETUP_1003, coupon="FULL", dialect=row.way)
    row.eq("order", (cents(order["amount"]), cents(order["tax"])), (0, 0))
    row.eq("invoice", cents(row.w.cx("GET", f"/invoices/{order['invoice_id']}")["amount"]), 0)
    row.eq("service", row.w.cx("GET", f"/services/{service_of(row, order)}")["status"], "Active")
    row.eq("order's status", row.w.cx("GET", f"/orders/{order['id']}")["status"], "Completed")
    row.balances("owes nothing", 0)


@case(13, "an order's figures are its invoice's", ("cx", "bm", "pdf"))
def adds_up(row):
    draw, w = random.Random(13), row.w
    if row.way == "pdf":
        return printed(row)
    choices = [(f.TAXED, f.TAXED_1999), (f.TAXED, f.TAXED_999), (f.SETUP, f.SETUP_1003), (f.CENTS, f.CENTS_7), (f.CENTS, f.CENTS_1001),
               (f.CENTS, f.CENTS_4999), (f.PLAN, f.PLAN_30)]
    for n in range(60):
        picked = [(*draw.choice(choices), draw.randint(1, 3)) for _ in range(draw.randint(1, 3))]
        coupon = draw.choice([None, "QUARTER", "TWELFTH", "FIVER", "HALF", "FULL"])
        domain = draw.random() < 0.3
        if row.way == "cx":
            body = {"customer_id": 2, "items": [{"product_id": a, "price_id": b, "qty": q} for a, b, q in picked]}
            body.update({"domains": [{"domain": f"n{n}.dev", "tld_id": 1, "years": 1}]} if domain else {})
        else:
            body = {"user_id": 2, "currency": "USD", "status": "pending", "coupon": None,
                    "package_items": [{"package_id": a, "billing_id": b, "quantity": q} for a, b, q in picked]}
            body.update({"domain_items": [{"type": "register", "domain": f"n{n}.dev", "tld_id": 1, "years": 1}]} if domain else {})
        body.update({"coupon": coupon} if coupon else {})
        made = (w.cx if row.way == "cx" else w.bm)("POST", "/orders", body)
        if not row.done(f"order {n}", made).ok:
            return
        order = w.cx("GET", f"/orders/{made['id']}").data
        invoice = w.cx("GET", f"/invoices/{order['invoice_id']}").data
        o = {k: cents(order[k]) for k in ("subtotal", "setup_fee", "discount", "tax", "amount")}
        i = {k: cents(invoice[k]) for k in ("subtotal", "discount", "tax", "amount")}
        fits = [o["subtotal"] + o["setup_fee"] - o["discount"] + o["tax"] == o["amount"],
                i["subtotal"] - i["discount"] + i["tax"] == i["amount"],
                (o["amount"], o["tax"]) == (i["amount"], i["tax"]),
                o["subtotal"] + o["setup_fee"] - o["discount"] == i["subtotal"] - i["discount"],
                sum(cents(line["total"]) for line in invoice["items"]) == i["amount"],
                sum(cents(line["total"]) for line in order["items"]) == o["amount"] - o["tax"]]
        if not row.true(f"order {n} ({picked}, {coupon}, {'domain' if domain else 'no domain'}) adds up", all(fits), f"{fits} {o} {i}"):
            return
    row.notes.append("60 orders")


def printed(row):
    """The amounts of the printed invoice: what stands for each line must be price times quantity less discount."""
    w = row.w
    for coupon in ("TWELFTH", "QUARTER"):
        order = row.order(f.TAXED, f.TAXED_1999, coupon=coupon)
        invoice = w.cx("GET", f"/invoices/{order['invoice_id']}").data
        for line in invoice["items"]:
            net = cents(line["total"]) - sum(cents(t["amount"]) for t in line.get("taxes", []))
            shown = cents(dec(line["amount"]) * dec(line["qty"])) - cents(line.get("discount") or 0)
            row.eq(f"{coupon}: {line['description'][:30]}", net, shown)
        head = {k: cents(invoice[k]) for k in ("subtotal", "discount", "tax", "amount")}
        row.eq(f"{coupon}: sums", head["subtotal"] - head["discount"] + head["tax"], head["amount"])


@case(26, "a discount runs over the term of what it is of", ("cx", "bm"), clock="2026-01-01T12:00:00Z")
def discount(row):
    order = row.order(f.YEARLY, f.YEARLY_1200, coupon="HALF", dialect=row.way, paid=True)
    row.eq("order", cents(order["amount"]), 60000)
    months = row.w.cx("GET", "/reports/revenue?as_of=2026-12-31")["months"]
    got = {m["month"]: cents(m["recognised"]) for m in months}
    row.eq("January", got.get("2026-01"), 5096)
    # The charge and the discount are two lines, each rounded from the beginning of its term: 92.05 less 46.03.
    row.eq("February", got.get("2026-02"), 4602)
    row.eq("the year", sum(got.values()), 60000)


@case(34, "periods of one service never overlap", ("text cx", "text bm", "accruals"), clock="2026-01-31T12:00:00Z")
def periods(row):
    w = row.w
    row.order(f.PLAN, f.PLAN_30, dialect="bm" if row.way == "text bm" else "cx", paid=True)
    for day in ("2026-02-22", "2026-03-24", "2026-04-23"):
        w.clock(day)
        row.run()
        for invoice in row.invoices():
            if invoice["status"] == "Unpaid":
                row.must(row.receipt("30.00", invoice_id=invoice["id"]))
    invoices = sorted(row.invoices(), key=lambda i: i["id"])
    right = [("31/01/2026", "27/02/2026"), ("28/02/2026", "30/03/2026"), ("31/03/2026", "29/04/2026"), ("30/04/2026", "30/05/2026")]
    if row.way == "accruals":
        listed = sorted(w.rn("/invoice/list").data, key=lambda i: i["id"])
        spans = [(line["start_billing_date"][:10], line["end_billing_date"][:10]) for i in listed for line in i["invoice_item"]]
        row.eq("billing dates", spans, [tuple("-".join(reversed(d.split("/"))) for d in pair) for pair in right])
    else:
        texts = [re.findall(r"\d\d/\d\d/\d{4}", line["description"]) for i in invoices for line in i["items"]]
        row.eq("text", [tuple(t) for t in texts if t], right[:len([t for t in texts if t])])
        row.true("each line tells its period", len([t for t in texts if t]) == len(texts), texts)
    spans = [(line.get("period_start"), line.get("period_end")) for i in invoices for line in i["items"]]
    row.eq("periods", spans, [tuple("-".join(reversed(d.split("/"))) for d in pair) for pair in right])
