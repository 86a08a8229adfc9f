"""Steps: credit and debit notes, and charges that JeraSoft takes onto an invoice.

A credit note is refused beyond what its invoice still carries, by net and by each tax; for what does not stand; for another
customer; dated before its invoice. JeraSoft's charges name no invoice.
"""
from books import Doc, Line, money
from client import cents
from model import Skip, step
from steps_documents import after_issue, booked, draw_lines, items, lines_of, paid


@step("credit note", 6)
class CreditNote:
    def draw(m, r):
        a = {"dialect": r.choice(["cx", "cx", "js"]), "customer": r.choice(m.customers), "lines": draw_lines(r, many=1)}
        found = m.books.of(kinds=("invoice",), test=lambda d: not d.gone)
        if found and r.random() < 0.85:
            d = r.choice(found)
            a.update(invoice=d.label, customer=d.customer)
            if d.lines and r.random() < 0.8:
                pick = r.choice(d.lines)
                share = r.choice([1, 1, 2, 3])
                a["lines"] = [{"unit": max(1, pick.net // share), "quantity": 1, "taxes": [str(t) for t, _ in pick.taxes], "names": pick.names}]
            if r.random() < 0.03:
                a["customer"] = r.choice(m.customers)
            if r.random() < 0.05:
                a["early"] = True
        if a["dialect"] == "js":  # JeraSoft's charges name no invoice: a note by itself
            a["lines"] = [{**a["lines"][0], "taxes": [], "names": None, "discount": 0}]
            a.pop("invoice", None), a.pop("early", None)
        return a

    def do(m, a):
        lines = lines_of(a["lines"])
        total = sum(x.net + x.tax for x in lines)
        about = m.doc(a["invoice"]) if "invoice" in a else None
        day, verdict, why = m.day(), "yes", "a note within what its invoice still carries is in order"
        if about is not None:
            if a.get("early"):
                day, verdict, why = (m.today.fromisoformat(about.date) - (m.today - m.today.replace(day=1)) - (
                    m.today.replace(day=2) - m.today.replace(day=1))).isoformat(), "no", "it is dated before its invoice"
                if day >= about.date:
                    raise Skip
            if about.status != "issued" or about.customer != a["customer"] or about.total <= 0:
                verdict, why = "no", f"its invoice is {about.status}, of customer {about.customer}, total {about.total}"
            elif day < about.date:
                verdict, why = "no", "it is dated before its invoice"
            elif m.books.takes_the_rest(about, lines) is not None:
                if not m.books.takes_the_rest(about, lines):
                    verdict, why = "no", "it takes the last of the net, and leaves a tax"
            elif not m.books.note_fits(about, lines, clip=True):
                verdict, why = "no", "it is beyond what its invoice still carries"
            total = sum(x.net + x.tax for x in lines)
            if verdict == "yes" and m.sales.given_elsewhere(m, about, 0):
                verdict, why = "either", "a note on what a dearer plan's invoice gave back in part"
        if total <= 0:
            raise Skip
        if a["dialect"] == "cx":
            body = {"customer_id": a["customer"], "date": day, "description": "Back", "items": items(a["lines"])}
            if about:
                body["invoice_id"] = about.id
                for x, line in zip(body["items"], lines):  # where two taxes there are called the same, the rate says which
                    if len(line.taxes) == 1 and len({rate for name, rate in about.by_tax() if name == line.names[0]}) > 1:
                        x.pop("taxes")
                        x["tax_rate"] = str(line.taxes[0][0])
            got = m.w.cx("POST", "/credit-notes", body)
        else:
            body = {"clients_id": a["customer"], "type": "charge", "amount": money(total), "dt": day, "notes": "back"}
            got = m.w.js("POST", "/accounting/transactions", body)
        if not m.ask(got, verdict, why):
            return
        d = m.books.add(Doc(m.label(), "credit_note", m.money_id(got["id"]), a["customer"], total, day, lines, number=True,
                            about=about.label if about else None, made_by=a["dialect"]))
        m.same("amount of the note", total, abs(cents(got["amount"])), got)
        m.touched.add(d.label)
        if about:
            m.touched.add(about.label)
            if m.books.settle(d, about):
                paid(m, about)
        m.check_balance(a["customer"])


@step("debit note", 2)
class DebitNote:
    def draw(m, r):
        return {"dialect": r.choice(["cx", "js"]), "customer": r.choice(m.customers), "lines": draw_lines(r, many=1)}

    def do(m, a):
        if a["dialect"] == "js":
            a = {**a, "lines": [{**a["lines"][0], "taxes": []}]}
        lines = lines_of(a["lines"])
        total = sum(x.net + x.tax for x in lines)
        if total <= 0:
            raise Skip
        if a["dialect"] == "cx":
            got = m.w.cx("POST", "/debit-notes", {"customer_id": a["customer"], "date": m.day(), "description": "More",
                                                  "items": items(a["lines"])})
        else:
            got = m.w.js("POST", "/accounting/transactions", {"clients_id": a["customer"], "type": "charge", "amount": money(-total),
                                                              "dt": m.day()})
        m.ask(got, "yes", "a debit note is in order")
        m.books.add(Doc(m.label(), "debit_note", m.money_id(got["id"]), a["customer"], total, m.day(), lines, number=True))
        m.check_balance(a["customer"])


@step("charges onto an invoice", 1)
class Charges:
    def draw(m, r):
        return {"customer": r.choice(m.customers), "lines": draw_lines(r, many=1)}

    def do(m, a):
        """JeraSoft's invoice takes in the open notes of its interval; the invoice asks for their money from then on."""
        taken = [d for d in m.books.of(a["customer"], ("debit_note", "credit_note")) if d.stands and not d.set and d.open == d.total
                 and m.day(-3) <= d.date <= m.day(1)]
        if not taken or len(taken) > 25:
            raise Skip
        got = m.w.js("POST", "/accounting/invoices", {"clients_id": a["customer"], "start_dt": m.day(-3), "stop_dt": m.day(1)})
        m.ask(got, "yes", "there are charges to take in")
        lines, base = [], 1
        for d in taken:
            base = -1 if d.kind == "credit_note" else 1
            for x in d.lines:
                line = Line(x.unit * base, x.quantity, x.discount * base, names=x.names, period=x.period)
                line.net, line.taxes = x.net * base, [(t, v * base) for t, v in x.taxes]
                lines.append(line)
        d = booked(m, got, a, lines, "js")
        for x in taken:
            x.onto, d.took = d.label, True
        after_issue(m, d)
