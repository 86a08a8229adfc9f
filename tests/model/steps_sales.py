"""Steps: the clock moves, orders are made, prices change, services are barred, let go on and ended by hand.

What an order comes to is held within two minor units for each line (the contract rounds per stored column); its invoice must
add up exactly, and be the order's.
"""
import datetime
from decimal import Decimal

from books import Doc, Line
from client import cents
from model import Difference, Skip, step
from sales import COUPONS, MONTHLY, Sales, Service, coupon_share
from steps_documents import after_issue

import fixture as f


def begin(m):
    m.sales = Sales()
    m.receive = lambda label, services: receive(m, label, services)
    m.receive_notes = lambda service, part: taken_notes(m, service, part)


def read_lines(got):
    """The lines of an invoice that the model did not ask for line by line; each must add up by itself."""
    lines, last = [], got.data.get("invoice_id") is not None  # a note that takes the last of an invoice takes what is left of each tax
    for x in got["items"]:
        taxes = [(Decimal(str(t["percent"])), cents(t["amount"])) for t in x.get("taxes") or []]
        line = Line(Decimal(str(x["amount"])) * 100, Decimal(str(x["qty"])), cents(x.get("discount") or 0))
        line.taxes, line.names = taxes, [t["name"] for t in x.get("taxes") or []]
        if line.net + line.tax != cents(x["total"]):
            raise Difference("a line adds up", line.net + line.tax, cents(x["total"]), got)
        for rate, amount in taxes:
            if not last and abs(amount - line.net * rate / 100) > 1:
                raise Difference("tax of a line", f"{rate} % of {line.net}", amount, got)
        line.period = (x.get("period_start"), x.get("period_end"))
        lines.append(line)
    if sum(x.net for x in lines) != cents(got["amount"]) - cents(got["tax"]) or sum(x.tax for x in lines) != cents(got["tax"]):
        raise Difference("header is the sum of lines", sum(x.net + x.tax for x in lines), cents(got["amount"]), got)
    return lines


def receive(m, label, services):
    """Books an invoice that a payment brought about, and lets the wallet pay it."""
    d, _ = new_invoice(m, label, m.next_invoice, services[0].customer, services)
    after_issue(m, d)
    return d


def new_invoice(m, label, ident, customer, services, **more):
    """Books an invoice that a request or a run brought about."""
    got = m.w.cx("GET", f"/invoices/{ident}")
    m.same(f"invoice {ident}, customer", customer, got["customer_id"], got)
    d = Doc(label, "invoice", m.invoice_id(got["id"]), customer, cents(got["amount"]), got["date"], read_lines(got), due=got["due_date"],
            number=True, services=[s.label for s in services], **more)
    m.books.add(d)
    m.touched.add(label)
    return d, got


def taken_notes(m, s, part=0):
    """Books the credit notes that a change of plan brought about, set against what the server says."""
    found = []
    while True:
        note = m.w.cx("GET", f"/credit-notes/{m.next_money}")
        if not note.ok or not note["description"].startswith(f"SVC-{s.id:04d} - "):
            return found
        part += 1
        about = next((d.label for d in m.books.of(kinds=("invoice",)) if d.id == note["invoice_id"]), None)
        d = m.books.add(Doc(m.label(part), "credit_note", m.money_id(note["id"]), s.customer, cents(note["amount"]), note["date"], read_lines(note),
                            number=True, about=about, plan=True))
        for x in note["allocations"]:
            invoice = next(i for i in m.books.of(s.customer, ("invoice",)) if i.id == x["id"])
            m.same("what a plan's note may be set for", True, m.books.settle(d, invoice, cents(x["amount"])) == cents(x["amount"]), note)
            m.touched.add(invoice.label)
        s.charge_lines(d, m.books)
        found.append(d)


@step("clock", 6)
class Clock:
    def draw(m, r):
        return {"days": r.choice([1, 1, 1, 2, 3, 6])}

    def do(m, a):
        m.today += datetime.timedelta(days=a["days"])
        m.w.clock(m.day())


@step("order", 4)
class Order:
    def draw(m, r):
        prices = [p for p in MONTHLY if p != f.SCARCE_10 or r.random() < 0.3]
        return {"dialect": r.choice(["cx", "bm"]), "customer": r.choice(m.customers), "price": r.choice(prices), "qty": r.choice([1, 1, 2]),
                "coupon": r.choice([None, None, None, "HALF", "TWELFTH", "QUARTER", "FIVER", "FULL"]),
                "status": r.choice(["pending"] * 6 + ["completed", "cancelled"]), "domain": r.random() < 0.1}

    def do(m, a):
        product, fee, setup, rate = MONTHLY[a["price"]]
        verdict, why, sales = "yes", "an order is in order", m.sales
        if a["dialect"] == "cx":
            body = {"customer_id": a["customer"], "items": [{"product_id": product, "price_id": a["price"], "qty": a["qty"]}]}
            body.update({"coupon": a["coupon"]} if a["coupon"] else {})
            body.update({"domains": [{"domain": f"n{m.number}.dev", "tld_id": 1, "years": 1}]} if a["domain"] else {})
            left = sales.left()
            if product == f.SCARCE and left is None:
                verdict, why = "either", "an order of what is scarce after some was given back"
            elif product == f.SCARCE and a["qty"] > left:
                verdict, why = "no", f"{left} are left of it"
            got, status = m.w.cx("POST", "/orders", body), "pending"
        else:
            body = {"user_id": a["customer"], "currency": "USD", "coupon": a["coupon"], "status": a["status"],
                    "package_items": [{"package_id": product, "billing_id": a["price"], "quantity": a["qty"]}]}
            body.update({"domain_items": [{"type": "register", "domain": f"n{m.number}.dev", "tld_id": 1, "years": 1}]} if a["domain"] else {})
            got, status = m.bm("POST", "/orders", body), a["status"]
        if not m.ask(got, verdict, why):
            return
        order = m.w.cx("GET", f"/orders/{got['id']}")
        off_fee, off_setup = coupon_share(a["coupon"], fee, setup)
        services = []
        for n, ident in enumerate(order["service_ids"]):
            s = Service(ident, f"s{m.number}.{n}", a["customer"], a["price"], m.today, m.label())
            s.charge(fee - off_fee, m.label())
            s.loose = a["dialect"] == "bm"
            sales.services[ident] = s
            services.append(s)
        m.same("services of the order", a["qty"], len(services), order)
        d, shown = new_invoice(m, m.label(), order["invoice_id"], a["customer"], services, order=order["id"])
        if d.total == 0:
            d.status = "issued"
        domain = Decimal(1000)
        if a["domain"] and a["coupon"]:
            domain = Decimal(500) if COUPONS[a["coupon"]] == "fixed" else domain * (100 - COUPONS[a["coupon"]]) / 100
        net = (fee + setup - off_fee - off_setup) * a["qty"]
        want = net * (1 + Decimal(rate or 0) / 100) + (domain if a["domain"] else 0)
        if abs(d.total - want) > 2 * len(d.lines):
            raise Difference("total of the order's invoice", want, d.total, shown)
        for name in ("tax", "amount"):
            m.same(f"order's {name} is its invoice's", cents(shown[name]), cents(order[name]), order)
        m.same("order adds up", cents(order["subtotal"]) + cents(order["setup_fee"]) - cents(order["discount"]) + cents(order["tax"]),
               cents(order["amount"]), order)
        if status == "completed":
            d.cleared = d.total
            for s in services:
                s.status = "Active"
        elif status == "cancelled":
            d.status = "cancelled" if d.total > 0 else d.status  # what asks for nothing counts as paid
            for s in services:
                s.status = "Cancelled"
        else:
            after_issue(m, d)


@step("price", 1)
class Price:
    def draw(m, r):
        found = m.sales.of(lambda s: s.status in ("Active", "Suspended"))
        return {"service": r.choice(found).label, "price": r.choice([100, 1500, 60000, 2999])} if found else None

    def do(m, a):
        s = next((x for x in m.sales.services.values() if x.label == a["service"]), None)
        if s is None or s.status not in ("Active", "Suspended"):
            raise Skip
        m.ask(m.w.cx("PUT", f"/services/{s.id}", {"price": f"{a['price'] // 100}.{a['price'] % 100:02d}"}), "yes", "a new price from the next period on")
        s.fee = a["price"]


@step("service moved", 1)
class ServiceMoved:
    def draw(m, r):
        found = m.sales.of()
        return {"service": r.choice(found).label, "move": r.choice(["suspend", "unsuspend", "unsuspend", "terminate"])} if found else None

    def do(m, a):
        s = next((x for x in m.sales.services.values() if x.label == a["service"]), None)
        if s is None:
            raise Skip
        legal = {"suspend": ("Active",), "unsuspend": ("Suspended",), "terminate": ("Active", "Suspended")}[a["move"]]
        verdict = "yes" if s.status in legal else "no"
        again = (a["move"], s.status) in (("suspend", "Suspended"), ("unsuspend", "Active"), ("terminate", "Terminated"))
        if again or a["move"] == "terminate" and s.status == "Pending":
            verdict = "either"
        was = s.status
        got = m.w.cx("POST", f"/services/{s.id}/{a['move']}", {})
        if m.ask(got, verdict, f"{a['move']} of what is {s.status}"):
            s.status = {"suspend": "Suspended", "unsuspend": "Active", "terminate": "Terminated"}[a["move"]]
            s.suspended_by = "hand" if a["move"] == "suspend" else None
            s.odd = s.odd or s.status != "Active"
            if a["move"] == "unsuspend" and was == "Suspended":
                s.forgiven.update({(label, m.books.docs[label].due): m.books.docs[label].open for label in m.sales.overdue(m, s)})
