"""Steps: statuses move, in CloudOnex and Billmora.

CloudOnex makes one legal move at a time; Billmora lets any status follow any other, but from void. Whatever is allowed must
leave no more credit than what was paid, and no less cash out than there was: an invoice that stands no longer has no
credit notes that stand, and one that gave its money back has given it for good.
"""
from client import cents
from model import Skip, step
from steps_documents import after_issue, paid

LEGAL = {"Draft": ("Unpaid", "Cancelled", "Void"), "Unpaid": ("Paid", "Cancelled", "Void"), "Partially Paid": ("Unpaid", "Paid"),
         "Paid": ("Unpaid", "Refunded"), "Cancelled": ("Unpaid",), "Void": (), "Refunded": ("Unpaid",)}


def off(m, d, status):
    """The invoice stands no longer: what paid it is free again, and its own notes have gone with it."""
    for note in m.books.notes_of(d):
        m.books.release(note)
        note.status = "void"
        note.gone = m.w.cx("GET", f"/credit-notes/{note.id}").status == 404
    m.books.release(d)
    for label in [x.label for x in m.books.docs.values() if x.onto == d.label]:
        m.books.docs[label].onto = None
    d.cleared, d.status = 0, status
    if m.sales:
        m.sales.gone(m, d)


def used(m, d):
    """Whether credit of the invoice's own notes has been set against anything else, or paid out."""
    return any(label != d.label for note in m.books.notes_of(d) for label in note.set)


def open_again(m, d):
    m.books.release(d)
    d.cleared = d.given = 0
    d.status = "issued"
    for note in m.books.notes_of(d):
        if getattr(note, "deposit", False):
            shown = m.w.cx("GET", f"/credit-notes/{note.id}")
            if shown.status == 404 or shown["status"] in ("Void", "Cancelled"):
                m.books.release(note)
                note.status, note.gone = "void", shown.status == 404


def giveable(m, d):
    """What the invoice can give back in cash: what was paid in cash, and no more than what is charged and not credited."""
    return min(m.books.cash_of(d), d.total - sum(n.total for n in m.books.notes_of(d)))


def whole_in_cash(m, d):
    """All that the invoice still carries was paid in cash, and its own notes are set against it alone."""
    notes = m.books.notes_of(d)
    own = sum(d.set.get(n.label, 0) for n in notes)
    return m.books.cash_of(d) + own == d.total and own == sum(n.total for n in notes)


def deposits(m, d):
    return [n for n in m.books.notes_of(d) if getattr(n, "deposit", False)]


def refundable(m, d):
    """The model's word on a refund by status of an invoice that is paid."""
    if d.total <= 0 or m.books.cash_of(d) <= 0:
        return "no", "nothing came in for it"
    if deposits(m, d):
        spent = any(n.set for n in deposits(m, d))
        return ("no", "its credit has been used") if spent else ("either", "a deposit that is still credit is refunded by its status")
    if giveable(m, d) <= 0:
        return "no", "all that was charged has been credited"
    if used(m, d) or not whole_in_cash(m, d):
        return "either", "a refund by status of what was paid in part by credit"
    return "yes", "what was paid in cash goes back"


def refund(m, d):
    """What was paid in cash goes back from the clearing account, and as much of revenue and tax; what was paid by credit
    stays as it was charged, or is free again: where both are about, the documents do not say, and the balance tells."""
    for note in deposits(m, d):
        note.status, note.gone = "void", m.w.cx("GET", f"/credit-notes/{note.id}").status == 404
    whole, before = whole_in_cash(m, d), m.books.balance(d.customer)
    net, taxes = m.books.credited(d)
    d.given = giveable(m, d)
    if not whole:
        shown = cents(m.w.js("GET", f"/clients/{d.customer}")["balance"])
        others = [x for x in list(d.set) if m.books.docs[x].kind != "receipt" and m.books.docs[x].about != d.label]
        if shown != before and shown == before + sum(d.set[x] for x in others):
            for label in others:
                m.books.docs[label].set.pop(d.label)
                d.set.pop(label)
    kept = sum(d.set.values()) + d.cleared - d.given
    d.back_net, d.back_tax = (net, sum(taxes.values())) if whole else (kept, 0)
    m.loose = m.loose or not whole
    d.status = "refunded"


@step("status", 8)
class Status:
    def draw(m, r):
        found = m.books.of(kinds=("invoice",), test=lambda d: not d.gone)
        if not found:
            return None
        d = r.choice(found)
        dialect = r.choice(["cx", "cx", "bm"])
        if dialect == "bm":
            return {"dialect": "bm", "invoice": d.label, "to": r.choice(["unpaid", "paid", "paid", "cancelled", "refunded"])}
        legal = LEGAL[d.word()]
        to = r.choice(legal) if legal and r.random() < 0.75 else r.choice(["Draft", "Unpaid", "Partially Paid", "Paid", "Cancelled", "Void", "Refunded"])
        return {"dialect": "cx", "invoice": d.label, "to": to}

    def do(m, a):
        d = m.doc(a["invoice"])
        if d.gone or any(x.onto == d.label for x in m.books.docs.values()) and a["to"].lower() in ("cancelled", "void", "refunded"):
            raise Skip
        m.touched.add(d.label)
        m.touched.update(label for label in d.set)
        if a["dialect"] == "cx":
            in_cloudonex(m, d, a["to"])
        else:
            in_billmora(m, d, a["to"])
        m.check_balance(d.customer)


def in_cloudonex(m, d, to):
    word = d.word()
    verdict, why = ("yes" if to in LEGAL[word] else "no"), f"{word} to {to} is {'' if to in LEGAL[word] else 'no '}legal move"
    if to == word:
        verdict, why = "yes", "it is that already"
    elif to in ("Void", "Cancelled") and d.status == "issued" and d.total <= 0 and not d.set:
        verdict, why = ("yes" if d.total == 0 else "either"), "an invoice of total 0 or below can be taken back"
    elif to in ("Void", "Cancelled") and m.books.notes_of(d) and verdict == "yes":
        verdict, why = "either", "an invoice with notes of its own that stand is taken back"
    elif to == "Unpaid" and d.total <= 0:
        verdict, why = "either", "an invoice of total 0 or below asks for nothing"
    elif to == "Refunded" and word == "Paid":
        verdict, why = refundable(m, d)
    elif to == "Unpaid" and word == "Refunded":
        verdict, why = "either", "an invoice that gave its money back is opened again"
    elif to == "Unpaid" and word in ("Paid", "Partially Paid") and used(m, d):
        verdict, why = "either", "an invoice whose own note has been used is opened again"
    if not m.ask(m.w.cx("PUT", f"/invoices/{d.id}", {"status": to}), verdict, why) or to == word:
        return
    if to == "Unpaid":
        if word in ("Draft", "Cancelled"):
            d.status, d.number = "issued", True
            after_issue(m, d) if word == "Draft" else None
        else:
            open_again(m, d)
    elif to == "Paid":
        d.cleared += d.open
        paid(m, d)
    elif to in ("Cancelled", "Void"):
        off(m, d, to.lower())
    elif to == "Refunded":
        refund(m, d)


def in_billmora(m, d, to):
    verdict, why, noop = "yes", f"in Billmora {to} may follow anything but void", False
    if d.status == "void":
        verdict, why, noop = ("yes", "it is shown so already", True) if to == "cancelled" else ("no", "void is for good", True)
    elif to == "cancelled" and d.status == "cancelled" or to == "refunded" and d.status == "refunded":
        noop = True
    elif to == "unpaid" and (d.status == "draft" or d.status == "issued" and (d.open > 0 or d.total <= 0)):
        noop = d.total > 0 or d.status == "draft"
        verdict, why = ("yes", "it is shown so already") if noop else ("either", "an invoice that asks for nothing")
    elif to == "paid" and d.status == "issued" and d.open <= 0:
        noop = True
    elif to == "refunded" and d.total <= 0:
        verdict, why = "either", "an invoice that asks for nothing"
    elif to == "refunded" and m.books.cash_of(d) <= 0 and not m.books.notes_of(d):
        verdict, why = "either", "refunded by status though nothing came in (paid and refunded at once)"
    elif to == "refunded" and d.open > 0:
        verdict, why = "either", "a refund by status of what is not paid, or in part"
    elif to == "refunded":
        verdict, why = refundable(m, d)
    elif m.books.notes_of(d) or d.status == "refunded":
        verdict, why = "either", "an invoice that was credited or gave its money back changes its status"
    if not m.ask(m.bm("PUT", f"/invoices/{d.id}", {"status": to}), verdict, why) or noop:
        return
    if d.total <= 0:
        raise Skip
    if to == "cancelled":
        off(m, d, "cancelled")
        return
    if d.status == "draft":
        d.number = True
    if to == "unpaid" or d.status in ("refunded", "cancelled"):
        open_again(m, d)
    d.status = "issued"
    if to in ("paid", "refunded"):
        d.cleared += d.open
    if to == "paid":
        paid(m, d)
    if to == "refunded":  # at once: nothing comes to life on the way
        refund(m, d)
