"""The full comparison of a world: everything the API shows of it against the model.

Done every so many steps and at the end. Balances in every place that shows one, receivables against the receivable account,
the trial balance, the register of numbers, receipts, notes and refunds with what they have left, the revenue of all
that stands, and that there is no document that nobody asked for.
"""
import datetime
from decimal import Decimal

from books import half_up
from client import cents
from model import Difference


PATHS = {"receipt": "/receipts", "refund": "/refunds", "credit_note": "/credit-notes", "debit_note": "/debit-notes"}


def everything(m):
    for path in (f"/accounting/invoices/{m.next_invoice}", f"/accounting/transactions/{m.next_money}"):
        got = m.w.js("GET", path)
        m.same(f"{path}, a document that nobody asked for", 404, got.status, got)
    listed(m)
    for customer in m.customers:
        balances(m, customer)
    totals(m)
    register(m)
    racknap(m)
    if m.sales:
        m.sales.check(m)


def listed(m):
    """Every document as the lists show it, CloudOnex's and in turn Billmora's or JeraSoft's; what was deleted is in none."""
    invoices, others = m.books.of(kinds=("invoice",)), m.books.of(kinds=PATHS)
    rows = {kind: {x["id"]: x for x in m.w.every(path)} for kind, path in PATHS.items()}
    rows["invoice"] = {x["id"]: x for x in m.w.every("/invoices")}
    second = m.bm("GET", "/invoices?per_page=1000") if m.number % 2 else m.w.js("GET", "/accounting/invoices?limit=1000")
    second = {x["id"]: x for x in second.data}
    for d in invoices + others:
        m.same(f"{d.kind} {d.id}, listed", not d.gone, d.id in rows[d.kind])
        if not d.gone and d.kind == "invoice":
            m.in_cloudonex(d, rows["invoice"][d.id])
            (m.in_billmora if m.number % 2 else m.in_jerasoft)(d, second[d.id])
        elif not d.gone:
            transaction(m, d, rows[d.kind][d.id])


def racknap(m):
    """RackNap lists what is neither draft nor void: amounts, words, and in its orders what the customer has or owes."""
    words = {"Paid": "Paid", "Cancelled": "Cancelled", "Refunded": "Refunded"}
    ours = {d.id: (d.total, words.get(d.word(), "Unpaid")) for d in m.books.of(kinds=("invoice",))
            if not d.gone and d.status not in ("draft", "void")}
    got = m.w.rn("/invoice/list")
    shown = {i["id"]: (cents(i["amount"]), i["status"]) for i in got.data if i["currency"] == "USD"}
    m.same("invoices in RackNap", ours, shown, got)
    for path, kind in (("/receipt/list", "receipt"), ("/transaction/credit_note", "credit_note"), ("/transaction/debit_note", "debit_note")):
        got = m.w.rn(path)
        shown = {x["id"]: cents(x["amount"]) for x in got.data if x["currency"] == "USD"}
        m.same(f"RackNap {path}", {d.id: d.total for d in m.books.of(kinds=(kind,)) if d.stands or d.onto}, shown, got)
    got = m.w.rn("/order/list")
    for order in got.data:
        m.same("balance in RackNap", m.books.balance(order["customer_id"]), cents(order["current_balance"]), got)


def transaction(m, d, got):
    """A receipt, refund or note as CloudOnex shows it: its amount, what is left of it, and what it is set against."""
    m.same(f"{d.kind} {d.id}, amount", d.total, cents(got["amount"]))
    if d.onto:
        return
    m.same(f"{d.kind} {d.id}, what is left", d.open, cents(got["unallocated"]) if d.brings else d.total - sum(
        cents(x["amount"]) for x in got["allocations"]))
    shown = {}
    for x in got["allocations"]:
        key = ("invoice" if x["type"] == "invoice" else "money", x["id"])
        shown[key] = shown.get(key, 0) + cents(x["amount"])
    ours = {("invoice" if m.books.docs[k].kind == "invoice" else "money", m.books.docs[k].id): v for k, v in d.set.items()}
    m.same(f"{d.kind} {d.id}, what it is set against", ours, shown)


def balances(m, customer):
    want = m.books.balance(customer)
    m.compare_balance(customer)
    got = m.w.js("GET", f"/clients/{customer}/balance")
    m.same(f"customer {customer}, balance call", want, cents(got["balance"]), got)
    got = m.w.cx("GET", f"/reports/statement?customer_id={customer}")
    m.same(f"customer {customer}, statement", want, cents(got["closing_balance"]), got)
    running = cents(got["opening_balance"])
    for line in got["lines"]:
        running += cents(line["amount"])
        m.same(f"customer {customer}, running balance of {line}", running, cents(line["balance"]), got)
    got = m.w.cx("GET", f"/reports/receivables?customer_id={customer}")
    m.same(f"customer {customer}, receivables", m.books.owed(customer), cents(got["total"]), got)
    m.same(f"customer {customer}, credit", m.books.credit(customer), cents(got["unallocated_credit"]), got)


def totals(m):
    got = m.w.cx("GET", "/reports/trial-balance")
    for part in ("accounts", "in_base_currency"):
        rows = {r["account"]: cents(r["debit"]) - cents(r["credit"]) for r in got[part] if r["currency"] == "USD"}
        ours = m.books.accounts()
        if part == "in_base_currency":
            for account, amount in m.abroad.items():
                ours[account] = ours.get(account, 0) + amount
            other = [a for a in rows if a not in ("receivable", "revenue", "tax", "clearing", "bank:1")]
            m.same("exchange differences", -sum(m.abroad.values()), sum(rows.pop(a) for a in other), got)
        m.same(f"trial balance, {part}", {a: v for a, v in ours.items() if v}, {a: v for a, v in rows.items() if v}, got)
        for currency in {r["currency"] for r in got[part]}:
            m.same("debits less credits", 0, sum(cents(r["debit"]) - cents(r["credit"]) for r in got[part] if r["currency"] == currency), got)
    owed = sum(m.books.owed(c) for c in m.customers)
    credit = sum(m.books.credit(c) for c in m.customers)
    got = m.w.cx("GET", "/reports/receivables")
    m.same("receivables of all", owed, cents(got["total"]), got)
    m.same("credit of all", credit, cents(got["unallocated_credit"]), got)
    m.same("receivables by age", owed, cents(got["current"]) + sum(cents(o["amount"]) for o in got["overdue"]), got)
    earned(m)


def earned(m):
    """Recognised and deferred revenue come to the revenue account; nothing is deferred once every period is over."""
    revenue = -m.books.accounts().get("revenue", 0) - m.abroad.get("revenue", 0)
    got = m.w.cx("GET", "/reports/revenue?as_of=" + m.day())
    m.same("recognised and deferred", revenue, cents(got["recognised"]) + cents(got["deferred"]), got)
    if not any(d.status == "refunded" and m.books.notes_of(d) for d in m.books.docs.values()):
        m.same("recognised until today", earned_by(m, m.today) - m.abroad.get("revenue", 0), cents(got["recognised"]), got)
    months = sum(cents(x["recognised"]) + cents(x["deferred"]) for x in got["months"])
    m.same("months of the revenue", revenue, months, got)
    got = m.w.cx("GET", "/reports/revenue?as_of=2098-12-31")
    m.same("recognised in the end", revenue, cents(got["recognised"]), got)


def earned_by(m, day):
    """What all lines have earned by a day: one with a period day by day, both ends included, rounded from its beginning; one
    without on its document's date; nothing of what stands no longer."""
    total = 0
    for d in m.books.docs.values():
        if d.kind not in ("invoice", "debit_note", "credit_note") or d.status != "issued" or d.took:
            continue  # charges that an invoice took in have earned by themselves
        for line in d.lines:
            start, end = (datetime.date.fromisoformat(x) if x else None for x in line.period or (None, None))
            if start and end:
                gone, days = max(0, (min(day, end) - start).days + 1), (end - start).days + 1
            else:
                gone, days = int(d.date <= day.isoformat()), 1
            total += half_up(Decimal(line.net * gone) / days) * (-1 if d.kind == "credit_note" else 1)
    return total


def register(m):
    """No number twice, no gap: the drawn numbers of each year run from 1, and each is its document's."""
    for series, kinds in ((1, ("invoice",)), (2, ("receipt",)), (3, ("credit_note",)), (4, ("debit_note",)), (5, ("refund",))):
        rows = m.w.every(f"/numbering/{series}/register")
        numbers = [r["number"] for r in rows]
        if len(set(numbers)) != len(numbers):
            raise Difference(f"register {series}", "no number twice", sorted(numbers), m.last[-1])
        drawn = {}
        for r in rows:
            if not r["by_hand"]:
                head, tail = (r["number"].rsplit("-", 1) if series == 1 else ("", r["number"].rsplit("/", 1)[1]))
                drawn.setdefault(head, []).append(int(tail))
        hand = {r["number"] for r in rows if r["by_hand"]}
        for head, found in drawn.items():
            want, n = [], 0
            while len(want) < len(found):
                n += 1
                if series != 1 or f"{head}-{n:03d}" not in hand:
                    want.append(n)
            m.same(f"numbers of {series} {head}", want, sorted(found))
        known = {r["document_id"] for r in rows}
        ours = {d.id for d in m.books.of(kinds=kinds) if d.number}  # foreign documents are in the register alone
        m.same(f"register {series}, documents without a number in it", set(), ours - known)
