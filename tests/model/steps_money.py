"""Steps: money comes and goes. Receipts, refunds, gateway notices, allocations, in every dialect.

The one rule for what leaves: what is within the customer's net credit (credit less what it owes) is paid out, more is refused.
"""
from books import Doc, money
from model import Skip, step
from steps_documents import paid


def payable(d):
    return d.status == "issued" and not d.gone and not d.onto and d.total > 0


def take_in(m, ident, a, targets, account, amount=None):
    """Books a receipt that the server took, and sets it against what it is for, in order."""
    d = m.books.add(Doc(m.label(), "receipt", m.money_id(ident), a["customer"], amount or a["amount"], m.day(), number=True, account=account))
    reached = [target for target in targets if target.total > 0 and m.books.settle(d, target) > 0]
    m.touched.update(target.label for target in targets)
    for target in reached:
        paid(m, target)
    return d


@step("receipt", 10)
class Receipt:
    def draw(m, r):
        a = {"way": r.choice(["cx", "cx", "js", "js", "income", "allocations"]), "customer": r.choice(m.customers), "amount": r.randint(1, 30000),
             "targets": []}
        if r.random() < 0.75:
            open_ones = m.books.of(kinds=("invoice", "debit_note"), test=lambda d: (d.open > 0 and payable(d)) or r.random() < 0.04)
            if open_ones:
                first = r.choice(open_ones)
                mine = [d for d in open_ones if d.customer == first.customer and d.kind == "invoice" and d is not first]
                picked = [first] + (r.sample(mine, min(len(mine), 2)) if r.random() < 0.3 else [])
                if a["way"] in ("cx", "js", "income"):
                    picked = [d for d in picked if d.kind == "invoice"][:1 if a["way"] != "js" else 3]
                if picked:
                    due = sum(max(0, d.open) for d in picked)
                    a.update(customer=first.customer, targets=[d.label for d in picked],
                             amount=max(1, r.choice([due, due, due, due // 2, due + 500])))
        return a

    def do(m, a):
        targets = [m.doc(t) for t in a["targets"]]
        full = [t for t in targets if t.status == "issued" and not t.gone and not t.onto and (t.open <= 0 or t.total <= 0)]
        bad = [t for t in targets if t not in full and not payable(t) or t.customer != a["customer"]]
        verdict, why = "yes", "money may come in"
        if bad:
            verdict, why = "no", f"{bad[0].kind} {bad[0].id} is {bad[0].status}"
        elif full:
            verdict, why = "either", "a receipt names an invoice of which nothing is due"
        way, account, amount = a["way"], "bank:1", money(a["amount"])
        if way == "js":
            body = {"clients_id": a["customer"], "type": "payment", "amount": amount}
            body.update({"invoices_id": [t.id for t in targets]} if targets else {})
            got, account = m.w.js("POST", "/accounting/transactions", body), "clearing"
        elif way == "income":
            body = {"type": "Income", "account_id": 1, "amount": amount, "description": "in", "customer_id": a["customer"]}
            body.update({"invoice_id": targets[0].id} if targets else {})
            got = m.w.cx("POST", "/transactions", body)
        else:
            body = {"customer_id": a["customer"], "account_id": 1, "amount": amount}
            if way == "allocations" and targets:
                body["allocations"] = [{"invoice_id" if t.kind == "invoice" else "debit_note_id": t.id} for t in targets]
                if sum(t.open for t in targets[:-1]) >= a["amount"] and len(targets) > 1 and verdict == "yes":
                    verdict, why = "either", "a receipt names more than its money comes to"
            elif targets:
                body["invoice_id"] = targets[0].id
            got = m.w.cx("POST", "/receipts", body)
        if m.ask(got, verdict, why):
            take_in(m, got["id"], a, targets, account)
        m.check_balance(a["customer"])


@step("notice", 4)
class Notice:
    def draw(m, r):
        found = m.books.of(kinds=("invoice",), test=lambda d: not d.gone and d.number and d.total > 0)
        if not found:
            return None
        d = r.choice(found)
        old = list(m.references)
        reference = r.choice(old)[0] if old and r.random() < 0.25 else f"g{r.randint(1, 10 ** 9)}"
        return {"invoice": d.label, "reference": reference, "amount": max(1, r.choice([d.total, max(d.open, 1), max(d.open, 1) + 700, 500]))}

    def do(m, a):
        """The claim names invoice and reference: heard once, and then its money is booked, whatever the invoice is by now."""
        d = m.doc(a["invoice"])
        if d.gone or d.status == "draft":
            raise Skip
        number = m.w.cx("GET", f"/invoices/{d.id}")["invoice_number"]
        got = m.w.notice(number, money(a["amount"]), a["reference"])
        m.ask(got, "yes", "a gateway tells of money that came")
        key = (a["reference"], a["invoice"])
        if key in m.references:
            m.touched.add(d.label)
            return
        m.references[key] = a["amount"]
        if d.status in ("cancelled", "void"):
            now = m.w.cx("GET", f"/invoices/{d.id}")["status"]
            if now in ("Paid", "Partially Paid", "Unpaid"):
                d.status = "issued"
                m.open_choices[("a notice for what is cancelled or void", "revives it")] = 1
        take_in(m, None, {**a, "customer": d.customer}, [d] if payable(d) else [], "bank:1")
        m.touched.add(d.label)


@step("refund", 7)
class Refund:
    def draw(m, r):
        a = {"way": r.choice(["cx", "js", "named"]), "customer": r.choice(m.customers)}
        rich = [c for c in m.customers if m.books.credit(c) > 0]
        if rich and r.random() < 0.8:
            a["customer"] = r.choice(rich)
        sure, most = m.books.payable(a["customer"])
        a["amount"] = max(1, r.choice([sure, sure, most, most + 1, sure // 2, r.randint(1, 5000)]))
        if a["way"] == "named":
            found = m.books.of(a["customer"], ("receipt", "credit_note"), lambda d: d.stands)
            if not found:
                return None
            d = r.choice(found)
            a.update(source=d.label, amount=max(1, r.choice([d.open, d.open, d.open + 1, d.total])))
        return a

    def do(m, a):
        sure = m.books.payable(a["customer"])[0]
        source = m.doc(a["source"]) if "source" in a else None
        if source is not None and (not source.stands or source.customer != a["customer"]):
            raise Skip
        come = [d for d in m.books.of(a["customer"]) if d.brings and d.date <= m.day()]  # no credit leaves before its day
        limit = min(sure, sum(d.open for d in ([source] if source in come else [] if source else come)))
        verdict, why = "yes", f"{money(sure)} is net credit, and {money(a['amount'])} is asked for"
        if a["amount"] > limit:
            verdict, why = "no", f"net credit is {money(sure)}{', of it ' + money(source.open) + ' there' if source else ''}"
        body = {"customer_id": a["customer"], "account_id": 1, "amount": money(a["amount"])}
        account = "bank:1"
        if a["way"] == "js":
            got = m.w.js("POST", "/accounting/transactions", {"clients_id": a["customer"], "type": "payment", "amount": money(-a["amount"])})
            account = "clearing"
        else:
            if source:
                body["receipt_id" if source.kind == "receipt" else "credit_note_id"] = source.id
            got = m.w.cx("POST", "/refunds", body)
        if not m.ask(got, verdict, why):
            m.check_balance(a["customer"])
            return
        d = m.books.add(Doc(m.label(), "refund", m.money_id(got["id"]), a["customer"], a["amount"], m.day(), number=True, account=account))
        for brings in [source] if source else m.books.oldest(a["customer"]):
            if d.open > 0 and brings.date <= d.date:
                m.books.settle(brings, d)
        m.same("a refund is set against credit in full", 0, d.open, got)
        m.check_balance(a["customer"])


@step("allocate", 5)
class Allocate:
    def draw(m, r):
        source = [d for d in m.books.of(kinds=("receipt", "credit_note")) if d.stands and (d.open > 0 or r.random() < 0.1)]
        if not source:
            return None
        source = r.choice(source)
        asks = m.books.of(source.customer, ("invoice", "debit_note"), lambda d: not d.gone and (d.open > 0 or r.random() < 0.1))
        if not asks:
            return None
        target = r.choice(asks)
        return {"source": source.label, "target": target.label,
                "amount": r.choice([None, None, 1, max(1, source.open), max(1, min(source.open, target.open)), source.open + 1])}

    def do(m, a):
        source, target = m.doc(a["source"]), m.doc(a["target"])
        if source.gone or target.gone or source.customer != target.customer:
            raise Skip
        verdict, why = "yes", "there is money left, and something due"
        amount = min(source.open, target.open) if a["amount"] is None else a["amount"]
        if source.open <= 0 or not source.stands:
            verdict, why = "no", "nothing is left to set"
        elif not payable(target) or target.open <= 0:
            verdict, why = "no", f"nothing is due of {target.kind} {target.id}"
        elif amount > min(source.open, target.open):
            verdict, why = "no", "it is more than is left, or than is due"
        ask = {"invoice_id" if target.kind == "invoice" else "debit_note_id": target.id}
        ask.update({"amount": money(a["amount"])} if a["amount"] is not None else {})
        path = "receipts" if source.kind == "receipt" else "credit-notes"
        got = m.w.cx("POST", f"/{path}/{source.id}/allocations", {"allocations": [ask]})
        if m.ask(got, verdict, why):
            m.books.settle(source, target, amount)
            paid(m, target)
        m.touched.update((target.label, source.label))
        m.check_balance(source.customer)
