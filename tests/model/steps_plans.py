"""Steps: changes of plan. What is given back is worked out from what was charged, line by line, at its own tax.

A dearer plan asks for the difference of the days that are left and waits for its invoice; a cheaper one begins at once, and its
credit note is set against what is still open of its own periods. Held within a unit for each period and line.
"""
from decimal import Decimal

from books import Doc
from client import cents
from model import Difference, Skip, step
from sales import MONTHLY
from steps_documents import after_issue, paid
from steps_sales import new_invoice, read_lines

import fixture as f


@step("plan", 5)
class Plan:
    def draw(m, r):
        found = m.sales.of(lambda s: s.status == "Active")
        if not found:
            return None
        s = r.choice(found)
        choices = [p for p in MONTHLY if p not in (s.price, f.SCARCE_10)]
        return {"service": s.label, "price": r.choice(choices)} if choices else None

    def do(m, a):
        s = next((x for x in m.sales.services.values() if x.label == a["service"]), None)
        if s is None or s.status != "Active" or s.odd or a["price"] == s.price:
            raise Skip
        current = s.running(m.books, m.today)
        books = m.books.docs
        product, fee, _, rate = MONTHLY[a["price"]]
        with_tax = lambda net, tax: net * (1 + Decimal(tax or 0) / 100)
        want = Decimal(0)
        for start, end, days in current:
            want += with_tax(Decimal(fee) * ((end - start).days + 1) / days, rate)
            want -= sum(with_tax(net, tax) for tax, net in s.charged(m.books, start, end).items())
        verdict, why = ("either", "a change of plan while another waits") if s.change else ("yes", "it may change its plan")
        plain = not any(n for c in s.charges if c.end >= m.today and books[c.label].kind == "invoice" for n in m.books.notes_of(books[c.label]) if not n.plan)
        if not plain:
            verdict, why = "either", "a change of plan of a period whose invoice was credited by hand"
        got = m.w.cx("POST", f"/services/{s.id}/plan", {"product_id": product, "price_id": a["price"]})
        if not m.ask(got, verdict, why):
            return
        if not plain:
            follow(m, s, a["price"])
            return
        if s.change:
            s.odd = True
            raise Skip
        slack = 1 + sum(1 for c in s.charges if c.end >= m.today)
        asks = m.w.cx("GET", f"/invoices/{m.next_invoice}").ok
        if abs(want) > slack:
            m.same("a change of plan asks for money", want > 0, asks, got)
        if asks:
            d, shown = new_invoice(m, m.label(), m.next_invoice, s.customer, [s])
            if abs(d.total - want) > slack:
                raise Difference("a dearer plan asks for", want, d.total, shown)
            m.same("due on the day of the change, or when its days begin", current[0][0].isoformat(), d.due, shown)
            s.charge_lines(d)
            s.change = (a["price"], d.label, s.asked)
            after_issue(m, d)
        else:
            cheaper(m, s, a["price"], -want, slack, current)
        m.check_balance(s.customer)


def taken_notes(m, s, part=0):
    """Books the credit notes that a change of plan brought about, set against what the server says."""
    found = []
    while True:
        note = m.w.cx("GET", f"/credit-notes/{m.next_money}")
        if not note.ok:
            return found
        part += 1
        about = next((d.label for d in m.books.of(kinds=("invoice",)) if d.id == note["invoice_id"]), None)
        d = m.books.add(Doc(m.label(part), "credit_note", m.money_id(note["id"]), s.customer, cents(note["amount"]), note["date"], read_lines(note),
                            number=True, about=about, plan=True))
        for x in note["allocations"]:
            invoice = next(i for i in m.books.of(s.customer, ("invoice",)) if i.id == x["id"])
            m.same("what a plan's note may be set for", True, m.books.settle(d, invoice, cents(x["amount"])) == cents(x["amount"]), note)
            m.touched.add(invoice.label)
            paid(m, invoice)
        s.charge_lines(d)
        found.append(d)


def cheaper(m, s, price, want, slack, current):
    """A cheaper plan begins at once: the difference is a credit note, set against what is still open of its periods."""
    charging = {c.label for c in s.charges for start, end, _ in current if c.left(start, end) > 0}
    notes = taken_notes(m, s)
    total = sum(d.total for d in notes)
    if abs(total - want) > slack:
        raise Difference("a cheaper plan gives back", want, total, m.last[-1])
    due = sum(m.books.docs[x].open for x in charging if m.books.docs[x].kind == "invoice")
    m.same("a plan's note has credit left while its own periods are open", 0, min(due, sum(d.open for d in notes)))
    s.take(price)


def follow(m, s, price):
    """What a change of plan brought about where the documents do not say; the rules of what may leave hold it."""
    s.odd, part = True, 0
    while m.w.cx("GET", f"/invoices/{m.next_invoice}").ok:
        d, _ = new_invoice(m, m.label(part), m.next_invoice, s.customer, [s])
        part += 1
        s.charge_lines(d)
        s.change = (price, d.label, s.asked)
        after_issue(m, d)
    taken_notes(m, s, part)
    if not s.change:
        s.take(m.w.cx("GET", f"/services/{s.id}")["price_id"])
