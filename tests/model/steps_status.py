"""Steps: statuses move, in CloudOnex and Billmora.

CloudOnex makes one legal move at a time; Billmora lets any status follow any other, but from void. Whatever is allowed must
leave no more credit than what was paid, and no less cash out than there was: an invoice that stands no longer has no
credit notes that stand, and one that gave its money back has given it for good.
"""
from model import Skip, step
from steps_documents import after_issue, paid

LEGAL = {"Draft": ("Unpaid", "Cancelled", "Void"), "Unpaid": ("Paid", "Cancelled", "Void"), "Partially Paid": ("Unpaid", "Paid", "Cancelled", "Void"),
         "Paid": ("Unpaid", "Refunded", "Cancelled", "Void"), "Cancelled": ("Unpaid",), "Void": (), "Refunded": ("Unpaid",)}


def off(m, d, status):
    """The invoice stands no longer: what paid it is free again, and its own notes have gone with it."""
    for note in m.books.notes_of(d):
        m.books.release(note)
        note.status, note.fell = "void", True
        note.gone = m.w.cx("GET", f"/credit-notes/{note.id}").status == 404
    m.books.release(d)
    for label in [x.label for x in m.books.docs.values() if x.onto == d.label]:
        m.books.docs[label].onto = None
    d.status = status
    if m.sales:
        m.sales.gone(m, d)


def used(m, d):
    """Whether credit of the invoice's own notes has been set against anything else, or paid out."""
    return any(note.onto or any(label != d.label for label in note.set) for note in m.books.notes_of(d))


def fallen(m, d):
    """The notes that were taken back with an invoice."""
    return m.books.of(kinds=("credit_note",), test=lambda n: n.about == d.label and n.fell and not n.gone and not n.deposit)


def stand_again(m, d):
    """What was cancelled is issued again, and has the notes again that were taken back with it."""
    d.status = "issued"
    for note in fallen(m, d):
        note.status, note.fell = "issued", False
        m.books.settle(note, d)


def open_again(m, d):
    if d.refunds:
        d.cleared = d.given - sum(d.kept.values())  # what is set against it stays
    else:
        m.books.release(d)
    d.status = "issued"
    for note in deposits(m, d):
        shown = m.w.cx("GET", f"/credit-notes/{note.id}")
        if shown.status == 404 or shown["status"] in ("Void", "Cancelled"):
            m.books.release(note)
            note.status, note.gone = "void", shown.status == 404


def paid_again(m, d):
    """Whether receipts have come for an invoice since it gave its money back: they cannot be told from what left."""
    return bool(d.refunds) and any(m.books.docs[x].kind == "receipt" for x in d.set if x not in d.kept)


def deposits(m, d):
    return [n for n in m.books.notes_of(d) if n.deposit]


def refundable(m, d):
    """The model's word on a refund by status: what came in as cash goes back, if that is all that is charged and not credited.
    What Billmora refunds unpaid, or in part, counts as paid at that moment."""
    if d.total <= 0 or d.status == "issued" and m.books.cash_of(d) <= 0 and d.open <= 0:
        return "no", "nothing came in for it"
    if any(n.set or n.onto for n in deposits(m, d)) or m.sales.given_elsewhere(m, d):
        return "no", "its credit has been used"
    carried = d.total - sum(n.total for n in m.books.notes_of(d) if not n.deposit)
    if m.books.cash_of(d) + d.unpaid != carried:
        return "no", "part of it was paid by credit, or its credit went elsewhere"
    return "yes", "what was paid in cash goes back"


def refund(m, d):
    """What was paid in cash goes back from the clearing account, and as much of revenue and tax; unused credit that it bought
    has gone."""
    for note in deposits(m, d):
        note.status, note.gone = "void", m.w.cx("GET", f"/credit-notes/{note.id}").status == 404
    d.given, d.refunds = d.given + m.books.cash_of(d), d.refunds + 1
    d.kept = {x: a for x, a in d.set.items() if m.books.docs[x].kind == "receipt"}
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
    elif to in ("Void", "Cancelled") and d.status == "issued":
        verdict, why = takeable(m, d)
    elif to in LEGAL[word] and not_again(d):
        verdict, why = not_again(d)
    elif to == "Unpaid" and d.total <= 0:
        verdict, why = "either", "an invoice of total 0 or below asks for nothing"
    elif to == "Refunded" and word == "Paid":
        verdict, why = refundable(m, d)
    elif to == "Unpaid" and word in ("Paid", "Partially Paid"):
        if paid_again(m, d):
            verdict, why = "no", "money came in again for what was given back"
        elif unmarked(m, d):
            verdict, why = "no", "its money went out again"
        elif used(m, d):
            verdict, why = "either", "an invoice whose own note has been used is opened again"
    if not m.ask(m.w.cx("PUT", f"/invoices/{d.id}", {"status": to}), verdict, why) or to == word:
        return
    if to == "Unpaid" and d.total <= 0 and d.status == "issued":
        return  # it asks for nothing: nothing changes
    if to == "Unpaid":
        if word == "Cancelled":
            stand_again(m, d)
        elif word in ("Draft", "Refunded"):
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


def not_again(d):
    """What was taken back and cannot stand again."""
    if d.status == "cancelled" and d.plan:
        return "no", "the change of plan that it asked for was given up"
    if d.status == "cancelled" and d.took:
        return "no", "the charges that it took in ask for their money themselves"
    if d.status == "refunded" and d.plan and any(x.net < 0 for x in d.lines):
        return "either", "what a dearer plan's invoice took back of others is taken back again"
    return None


def unmarked(m, d):
    """Whether more cash would have left than came if what the invoice's status says was paid had not come."""
    return m.books.came_less_left(d.customer) - (d.cleared - max(0, d.given - sum(d.kept.values()))) < 0


def takeable(m, d):
    """Whether an issued invoice can be taken back by one move of CloudOnex's: no money may be set against it, and its notes
    against nothing else."""
    if d.total < 0:
        return "either", "an invoice below 0 is taken back"
    if used(m, d) or m.sales.given_elsewhere(m, d):
        return "no", "its credit has been used"
    if m.books.cash_of(d) > 0 or paid_again(m, d):
        return "no", "money came in for it"
    if any(m.books.docs[x].kind == "invoice" for x in d.set):
        return "either", "what an invoice below 0 paid for is taken back"
    return "yes", "nothing but credit is set against it"


def in_billmora(m, d, to):
    verdict, why, noop = "yes", f"in Billmora {to} may follow anything but void", False
    if d.status == "void":
        verdict, why, noop = ("yes", "it is shown so already", True) if to == "cancelled" else ("no", "void is for good", True)
    elif to in ("cancelled", "refunded") and d.status == to:
        noop = True
    elif not_again(d):
        verdict, why = not_again(d)
    elif to == "unpaid" and (d.status == "draft" or d.status == "issued" and d.open == d.total > 0):
        verdict, why, noop = "yes", "it is shown so already", True
    elif to == "unpaid" and d.status == "issued" and d.total <= 0:
        verdict, why = "either", "an invoice that asks for nothing"
    elif to == "paid" and d.status == "issued" and d.open <= 0:
        noop = True
    elif to == "refunded" and d.total <= 0:
        verdict, why = "no", "it asked for nothing"
    elif to == "refunded":
        verdict, why = refundable(m, d)
    elif d.status == "issued" and to in ("unpaid", "cancelled") and paid_again(m, d):
        verdict, why = "no", "money came in again for what was given back"
    elif d.status == "issued" and to in ("unpaid", "cancelled") and unmarked(m, d):
        verdict, why = "no", "its money went out again"
    elif to == "cancelled" and (used(m, d) or m.sales.given_elsewhere(m, d) or any(m.books.docs[x].kind == "refund" for x in d.set)):
        verdict, why = "no", "its credit has been used"
    elif to == "unpaid" and d.status == "issued" and d.open > 0:
        noop = True
    elif to == "unpaid" and d.status == "issued" and used(m, d):
        verdict, why = "either", "an invoice whose own note has been used is opened again"
    if not m.ask(m.bm("PUT", f"/invoices/{d.id}", {"status": to}), verdict, why) or noop:
        return
    if to == "cancelled" and (d.total > 0 or m.bm("GET", f"/invoices/{d.id}")["status"] == "cancelled"):
        off(m, d, "cancelled")
    if d.total <= 0 and d.status == "cancelled" and to in ("paid", "unpaid"):
        stand_again(m, d)  # what asks for nothing counts as paid as soon as it stands
        paid(m, d)
    if d.total <= 0 or to == "cancelled":
        return
    if d.status == "draft":
        d.number = True
    if to == "unpaid" and d.status == "issued":
        open_again(m, d)
    if d.status == "cancelled":
        stand_again(m, d)
    d.status = "issued"
    if to == "paid":
        d.cleared += d.open
        paid(m, d)
    if to == "refunded":  # at once: nothing comes to life on the way
        refund(m, d)
