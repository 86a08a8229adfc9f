"""Steps: dates move, documents are deleted in every dialect, allocations are taken back.

What has payments keeps its date; unchanged is unchanged. What was given back stays given: a receipt whose money was
refunded is not deleted, and what is set against a refund is not set free.
"""
from model import Skip, step
from steps_status import off, unmarked, used


@step("date moved", 3)
class Moved:
    def draw(m, r):
        found = m.books.of(kinds=("invoice",), test=lambda d: not d.gone and d.status in ("issued", "draft"))
        if not found:
            return None
        d = r.choice(found)
        return {"invoice": d.label, "by": r.choice([0, 0, -1, -5, 3, 40]), "what": r.choice(["date", "date", "due"])}

    def do(m, a):
        d = m.doc(a["invoice"])
        if d.gone or d.status not in ("issued", "draft"):
            raise Skip
        old = d.date if a["what"] == "date" else d.due
        new = (m.today.fromisoformat(old) + (m.today.resolution * a["by"])).isoformat()
        if new[:4] != old[:4] or d.made_by == "run":
            raise Skip
        verdict, why = "yes", "an open invoice can be moved"
        if a["what"] == "date" and new > d.due and d.due > d.date or a["what"] == "due" and new < d.date:
            verdict, why = "no", "the due date would be before the date"
        elif a["by"] == 0:
            why = "unchanged is unchanged"
        elif a["what"] == "date" and (d.set or d.cleared or d.refunds or m.books.notes_of(d) or m.sales.given_elsewhere(m, d)):
            verdict, why = "no", "it has payments, or was credited"
        elif a["what"] == "date" and (d.total <= 0 or d.order or d.status == "draft" or new > m.day()):
            verdict, why = "either", "the date of an order's, a future or a draft invoice is moved"
        elif a["what"] == "due" and (d.open <= 0 or d.status == "draft"):
            verdict, why = "either", "the due date of what is not open is moved"
        if m.ask(m.w.cx("PUT", f"/invoices/{d.id}", {"date" if a["what"] == "date" else "due_date": new}), verdict, why):
            if a["what"] == "date":
                d.date, d.due = new, new if d.due == d.date else d.due  # what is due on its day moves with it
            else:
                d.due = new
        m.touched.add(d.label)


@step("delete invoice", 2)
class DeleteInvoice:
    def draw(m, r):
        found = m.books.of(kinds=("invoice",), test=lambda d: not d.gone)
        return {"invoice": r.choice(found).label, "dialect": r.choice(["cx", "bm", "js"])} if found else None

    def do(m, a):
        d = m.doc(a["invoice"])
        if d.gone or any(x.onto == d.label for x in m.books.docs.values()):
            raise Skip
        verdict, why = "yes", f"{a['dialect']} deletes what is {d.word()}"
        if d.refunds:
            verdict, why = "no", "it gave its money back"
        elif used(m, d) or m.sales.given_elsewhere(m, d):
            verdict, why = "no", "its credit has been used"
        elif d.took and m.books.notes_of(d):
            verdict, why = "no", "the charges that it took in would ask for all of it again"
        elif d.status == "issued" and unmarked(m, d):
            verdict, why = "no", "its money went out again"
        elif a["dialect"] == "cx" and d.status == "issued" and m.books.cash_of(d) > 0:
            verdict, why = "no", "money came in for it"
        elif a["dialect"] == "cx" and d.status == "issued" and d.set:
            verdict, why = "either", "an invoice that credit is set against is deleted"
        elif d.total <= 0 and d.status == "issued":
            verdict, why = "either", "an invoice of total 0 or below is deleted"
        sends = {"cx": (m.w.cx, "/invoices/"), "bm": (m.bm, "/invoices/"), "js": (m.w.js, "/accounting/invoices/")}
        send, path = sends[a["dialect"]]
        m.touched.add(d.label)
        if m.ask(send("DELETE", path + str(d.id)), verdict, why):
            off(m, d, "void")
            d.gone = True
        m.check_balance(d.customer)


@step("delete money", 3)
class DeleteMoney:
    def draw(m, r):
        found = m.books.of(kinds=("receipt", "refund", "credit_note", "debit_note"), test=lambda d: not d.gone and d.stands)
        return {"doc": r.choice(found).label, "dialect": r.choice(["cx", "js"])} if found else None

    def do(m, a):
        d = m.doc(a["doc"])
        if d.gone or not d.stands:
            raise Skip
        against = [m.books.docs[x] for x in d.set]
        verdict, why = "yes", "it can be taken back"
        if any(x.kind == "refund" for x in against):
            verdict, why = "no", "its money was given back"
        elif any(x.refunds for x in against):
            verdict, why = "no", "its money was given back by the invoice's status"
        elif any(m.books.notes_of(x) for x in against if x.kind == "invoice") or d.about or d.deposit:
            verdict, why = "either", "a payment or note of an invoice that was credited is taken back"
        if d.plan and any(n.plan and n is not d and n.stands for n in m.books.of(d.customer, ("credit_note",))):
            verdict, why = "either", "a plan's note is taken back, on which another may build"
        gift = d.kind == "receipt" or d.kind == "credit_note" and not d.about
        if gift and m.books.came_less_left(d.customer) < d.total:
            verdict, why = "no", "its money went out again"
        path = {"receipt": "/receipts/", "refund": "/refunds/", "credit_note": "/credit-notes/", "debit_note": "/debit-notes/"}[d.kind]
        got = m.w.cx("DELETE", path + str(d.id)) if a["dialect"] == "cx" else m.w.js("DELETE", f"/accounting/transactions/{d.id}")
        if m.ask(got, verdict, why):
            m.books.release(d)
            d.status, d.gone = "void", True
            for x in against:
                m.touched.add(x.label)
                if x.kind == "invoice" and x.status == "issued" and x.open > 0:
                    for note in m.books.notes_of(x):
                        if note.deposit and m.w.cx("GET", f"/credit-notes/{note.id}").status == 404:
                            m.books.release(note)
                            note.status, note.gone = "void", True
        m.check_balance(d.customer)


@step("allocations taken back", 2)
class Release:
    def draw(m, r):
        found = m.books.of(kinds=("receipt", "credit_note"), test=lambda d: d.stands and d.set)
        return {"doc": r.choice(found).label} if found else None

    def do(m, a):
        d = m.doc(a["doc"])
        against = [m.books.docs[x] for x in d.set]
        if not against or not d.stands:
            raise Skip
        verdict, why = "yes", "what it is set against can be taken back"
        stay = [x for x in against if x.kind == "refund" or x.refunds]
        if stay:
            verdict, why = "either" if len(stay) < len(against) else "no", "it is set against what gave its money back"
        elif d.about or any(m.books.notes_of(x) for x in against if x.kind == "invoice"):
            verdict, why = "either", "allocations of or beside a credit note are taken back"
        got = m.w.cx("DELETE", f"/{'receipts' if d.kind == 'receipt' else 'credit-notes'}/{d.id}/allocations")
        m.touched.update(x.label for x in against)
        if m.ask(got, verdict, why):
            kept = {(x["type"], x["id"]) for x in got["allocations"]}
            for x in against:
                if (x.kind, x.id) in kept:
                    if x not in stay:
                        m.same("allocations that stay", "none", f"{x.kind} {x.id}", got)
                    continue
                if x in stay:
                    m.same("set against what gave money back", "stays", f"{x.kind} {x.id} is free", got)
                d.set.pop(x.label)
                x.set.pop(d.label)
        m.check_balance(d.customer)
