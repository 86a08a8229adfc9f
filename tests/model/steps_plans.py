"""Steps: changes of plan. What is given back is worked out from what was charged, line by line, at its own tax.

A dearer plan asks for the difference of the days that are left and waits for its invoice; a cheaper one begins at once, and its
credit note is set against what is still open of its own periods. Held within a unit for each period and line.
"""
from model import Difference, Skip, step
from sales import MONTHLY
from steps_documents import after_issue, paid
from steps_sales import new_invoice, taken_notes

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
        # One whose invoice gave its money back waits again where that is asked for again, unless another was made meanwhile.
        waits = s.change and books[s.change[1]].status == "issued"
        product = MONTHLY[a["price"]][0]
        want, slack = s.missing(m.books, m.today, a["price"])
        verdict, why = ("no", "another change waits for its payment") if waits else ("yes", "it may change its plan")
        plain = not any(n for c in s.charges if c.end >= m.today and books[c.label].kind == "invoice" for n in m.books.notes_of(books[c.label]) if not n.plan)
        if not plain and not waits:
            verdict, why = "either", "a change of plan of a period whose invoice was credited by hand"
        got = m.w.cx("POST", f"/services/{s.id}/plan", {"product_id": product, "price_id": a["price"]})
        if not m.ask(got, verdict, why):
            return
        s.change = None
        if not plain:
            follow(m, s, a["price"])
            return
        invoice = None
        if m.w.cx("GET", f"/invoices/{m.next_invoice}").ok:
            invoice, shown = new_invoice(m, m.label(), m.next_invoice, s.customer, [s])
            m.same("due on the day of the change, or when its days begin", True, invoice.due in {m.day()} | {x[0].isoformat() for x in current}, shown)
            s.charge_lines(invoice, m.books)
            invoice.plan = True
        notes = taken_notes(m, s)
        asked = (invoice.total if invoice else 0) - sum(d.total for d in notes)
        if abs(asked - want) > slack:
            raise Difference("a change of plan asks for, or gives back", want, asked, got)
        charging = {c.label for c in s.charges for start, end, _ in current if c.left(start, end) > 0}
        due = sum(books[x].open for x in charging if books[x].kind == "invoice" and books[x] is not invoice)
        m.same("a plan's note has credit left while its own periods are open", 0, min(due, sum(d.open for d in notes)))
        if invoice:
            s.change = (a["price"], invoice.label, m.today, s.asked)
            after_issue(m, invoice)
        else:
            s.take(a["price"])
        for label in {x for d in notes for x in d.set} - {invoice and invoice.label}:
            paid(m, books[label])
        m.check_balance(s.customer)


def follow(m, s, price):
    """What a change of plan brought about where the documents do not say; the rules of what may leave hold it."""
    s.odd, made = True, []
    while m.w.cx("GET", f"/invoices/{m.next_invoice}").ok:
        d, _ = new_invoice(m, m.label(len(made)), m.next_invoice, s.customer, [s])
        d.plan = True
        s.charge_lines(d, m.books)
        s.change = (price, d.label, m.today, s.asked)
        made.append(d)
    notes = taken_notes(m, s, len(made))
    for d in made:
        after_issue(m, d)
    for note in notes:
        for label in list(note.set):
            paid(m, m.books.docs[label])
    if not s.change:
        s.take(m.w.cx("GET", f"/services/{s.id}")["price_id"])
