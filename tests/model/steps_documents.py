"""Steps: invoices and quotes are made, in every dialect that can; and what becomes of an invoice when it is issued or paid.

What is refused is known before the request is sent: dates the wrong way round (contract cloudonex §8.2).
"""
from books import Doc, Line, money, names_of
from client import cents
from model import step


def draw_lines(r, negative=False, deposits=False, many=3):
    lines = []
    for _ in range(r.randint(1, many)):
        unit = r.choice([r.randint(1, 20000), r.randint(100, 9999), 1000, 999, 3333])
        quantity = r.choice([1, 1, 1, 2, 3, 7])
        line = {"unit": unit, "quantity": quantity, "taxes": r.choice([[], [], ["19"], ["20"], ["7"], ["9", "9"], ["25"]])}
        if r.random() < 0.15:
            line["discount"] = r.randint(0, unit * quantity)
        if deposits and r.random() < 0.3:
            line = {"unit": r.randint(1, 200) * 100, "quantity": 1, "taxes": [], "deposit": True}
        lines.append(line)
    if negative and r.random() < 0.3:
        lines.append({"unit": -r.randint(1, 30000), "quantity": 1, "taxes": []})
    return lines


def lines_of(a, inclusive=False):
    return [Line(x["unit"], x["quantity"], x.get("discount", 0), x["taxes"], inclusive, x.get("deposit", False), names=x.get("names")) for x in a]


def items(a, quantity="qty", unit="amount"):
    sent = []
    for x in a:
        item = {"description": "Credit Deposit" if x.get("deposit") else "Credit Deposit box" if x["unit"] == 1000 and unit == "amount" else "Work",
                quantity: x["quantity"], unit: money(x["unit"])}
        if x.get("discount"):
            item["discount"] = money(x["discount"])
        if x["taxes"]:
            item["taxes"] = x.get("names") or names_of(x["taxes"])
        sent.append(item)
    return sent


def few(m, d):
    """Whether few enough documents hold the credit that one commit can take them all; beyond four the model looks."""
    left = d.total
    for count, source in enumerate(m.books.oldest(d.customer), 1):
        left -= source.open
        if left <= 0:
            return count <= 4
    return False


def after_issue(m, d):
    """What becomes of a new invoice at once: the wallet pays it, or it asked for nothing and what it is for begins."""
    if d.status != "issued":
        return
    if d.total > 0 and d.customer in m.wallet and not any(x.deposit for x in d.lines):
        if m.books.credit(d.customer) >= d.total and (few(m, d) or m.w.cx("GET", f"/invoices/{d.id}")["status"] == "Paid"):
            for source in m.books.oldest(d.customer):
                if d.open > 0:
                    m.books.settle(source, d)
    if d.total <= 0 or d.open == 0:
        paid(m, d)


def paid(m, d):
    """What a payment brings about, once: deposits become credit, and what was sold comes to life."""
    if d.kind != "invoice" or d.open > 0 or d.status != "issued":
        return
    m.touched.add(d.label)
    if d.total > 0 and sum(n.total for n in m.books.notes_of(d)) == d.total:
        return  # a note for all of it is no payment
    deposit = [x for x in d.lines if x.deposit]
    if deposit and not any(n.deposit for n in m.books.notes_of(d)) and d.total > 0:
        total = min(sum(x.net for x in deposit), d.net - m.books.credited(d)[0])
        if total > 0:
            m.books.add(Doc(f"{d.label}c{m.number}", "credit_note", m.money_id(), d.customer, total, m.day(), [Line(total)], about=d.label,
                            number=True, deposit=True))
    if m.sales:
        m.sales.paid(m, d)


def booked(m, got, a, lines, dialect, status="issued", **more):
    """Books an invoice that the server made, and holds the sums it answered with."""
    total = cents(got["total"] if dialect != "cx" else got["amount"])
    d = Doc(m.label(), "invoice", m.invoice_id(got["id"]), a["customer"], sum(x.net + x.tax for x in lines), m.day(), lines, status=status,
            number=True, made_by=dialect, **more)
    m.same("total of the new invoice", d.total, total, None)
    m.books.add(d)
    m.touched.add(d.label)
    return d


@step("invoice", 10)
class Invoice:
    def draw(m, r):
        dialect = r.choice(["cx", "cx", "bm", "js"])
        a = {"dialect": dialect, "customer": r.choice(m.customers), "lines": draw_lines(r, dialect == "bm", dialect == "bm")}
        if dialect == "cx":
            a["inclusive"] = r.random() < 0.2
            a["status"] = r.choice(["Unpaid"] * 6 + ["Draft", "Paid"])
            a["date"], a["due"] = r.choice([0, 0, -1, -20]), r.choice([0, 10, 30])
            if r.random() < 0.05:
                a["due"] = a["date"] - 1
        elif dialect == "bm":
            a["status"] = r.choice(["unpaid"] * 6 + ["paid", "cancelled"])
        return a

    def do(m, a):
        lines, dialect = lines_of(a["lines"], a.get("inclusive", False)), a["dialect"]
        if dialect == "cx":
            day, due = m.day(a["date"]), m.day(a["due"])
            got = m.w.cx("POST", "/invoices", {"customer_id": a["customer"], "date": day, "due_date": due, "status": a["status"],
                                               "tax_inclusive": a["inclusive"], "items": items(a["lines"])})
            if not m.ask(got, "no" if due < day else "yes", "an invoice whose due date is not before its date is in order"):
                return
            d = booked(m, got, a, lines, "cx", "draft" if a["status"] == "Draft" else "issued")
            d.date, d.due = day, due
            if a["status"] == "Draft":
                d.number = None
            mark = a["status"] == "Paid"
        elif dialect == "bm":
            got = m.bm("POST", "/invoices", {"user_id": a["customer"], "due_date": m.day(7), "status": a["status"],
                                             "items": items(a["lines"], "quantity", "unit_price")})
            m.ask(got, "yes", "Billmora's invoices may have lines below 0")
            d = booked(m, got, a, lines, "bm", due=m.day(7))
            mark = a["status"] == "paid"
            if a["status"] == "cancelled" and d.total > 0:
                d.status = "cancelled"
        else:
            got = m.w.js("POST", "/accounting/invoices", {"clients_id": a["customer"], "start_dt": "2001-01-01", "stop_dt": "2001-01-02",
                                                          "items": items(a["lines"])})
            m.ask(got, "yes", "an invoice of JeraSoft's is in order")
            d, mark = booked(m, got, a, lines, "js"), False
        if mark and d.total > 0:
            d.cleared = d.total
            paid(m, d)
        else:
            after_issue(m, d)


@step("quote", 1)
class Quote:
    def draw(m, r):
        return {"customer": r.choice(m.customers), "lines": draw_lines(r), "twice": r.random() < 0.5}

    def do(m, a):
        made = m.w.cx("POST", "/quotes", {"customer_id": a["customer"], "valid_until": m.day(30), "items": items(a["lines"])})
        m.ask(made, "yes", "a quote is in order")
        got = m.w.cx("POST", f"/quotes/{made['id']}/convert", {})
        m.ask(got, "yes", "a draft can be converted")
        d = booked(m, got, a, lines_of(a["lines"]), "cx")
        after_issue(m, d)
        if a["twice"]:
            m.ask(m.w.cx("POST", f"/quotes/{made['id']}/convert", {}), "no", "a quote is converted once")
