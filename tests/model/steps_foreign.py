"""Steps: documents in another currency, with rates that change, dates that move, and payments at another ratio.

A foreign invoice bears the ratio of its day, wherever its date changes to; paid at another ratio it leaves an exchange
difference and nothing else. Its whole life is one step, so that the books of the customers' own currency stay apart.
"""
from decimal import Decimal

from books import half_up, money
from client import cents, dec
from model import step

FIRST = Decimal("0.80")


def ratio_on(m, day):
    """The latest rate at or before that day."""
    known = [(d, n, rate) for n, (d, rate) in enumerate(m.rates) if d <= day]
    return max(known)[2] if known else FIRST


@step("rate", 1)
class Rate:
    def draw(m, r):
        return {"days": r.choice([0, 0, -5, -15]), "rate": r.choice(["0.50", "0.80", "0.91", "1.25", "1.10"])}

    def do(m, a):
        day = m.day(a["days"])
        m.ask(m.w.cx("POST", "/exchange-rates", {"from": "USD", "to": "EUR", "rate": a["rate"], "date": day + "T00:00:00Z"}), "yes", "a rate")
        m.rates.append((day, Decimal(a["rate"])))


@step("foreign", 2)
class Foreign:
    def draw(m, r):
        return {"customer": r.choice((1, 2, 3)), "amount": r.randint(1, 50000), "date": r.choice([0, -3, -20]),
                "move": r.choice([None, 0, -7, -30]), "by": r.choice(["cx", "js"]), "end": r.choice(["paid", "paid", "parts", "void"])}

    def do(m, a):
        made = m.w.cx("POST", "/invoices", {"customer_id": a["customer"], "currency": "EUR", "date": m.day(a["date"]), "due_date": m.day(30),
                                            "items": [{"description": "Abroad", "amount": money(a["amount"])}]})
        m.ask(made, "yes", "an invoice in a currency with a rate")
        ident, day = m.invoice_id(made["id"]), m.day(a["date"])
        if a["move"] is not None:
            day = m.day(a["move"])
            got = m.w.cx("PUT", f"/invoices/{ident}", {"date": day}) if a["by"] == "cx" else m.w.js(
                "PATCH", f"/accounting/invoices/{ident}", {"invoice_dt": day})
            m.ask(got, "yes", "an open invoice can be moved")
        shown = m.w.cx("GET", f"/invoices/{ident}")
        ratio = ratio_on(m, day)
        m.same("date of a foreign invoice", day, shown["date"], shown)
        m.same("ratio of its day", ratio.normalize(), dec(shown["exchange_rate"]).normalize(), shown)
        owed = cents(m.w.cx("GET", f"/reports/receivables?customer_id={a['customer']}")["total"])
        m.same("its worth among the receivables", m.books.owed(a["customer"]) + half_up(a["amount"] / ratio), owed)
        if a["end"] == "void":
            m.ask(m.w.cx("PUT", f"/invoices/{ident}", {"status": "Void"}), "yes", "an open invoice can be void")
            return
        now = ratio_on(m, m.day())
        parts = [a["amount"] // 2, a["amount"] - a["amount"] // 2] if a["end"] == "parts" and a["amount"] > 1 else [a["amount"]]
        for part in parts:
            got = m.w.cx("POST", "/receipts", {"customer_id": a["customer"], "currency": "EUR", "amount": money(part), "invoice_id": ident})
            m.ask(got, "yes", "money comes in for it")
            m.money_id(got["id"])
            m.abroad["clearing"] = m.abroad.get("clearing", 0) + half_up(part / now)
        m.abroad["revenue"] = m.abroad.get("revenue", 0) - half_up(a["amount"] / ratio)
        m.same("paid abroad", "Paid", m.w.cx("GET", f"/invoices/{ident}")["status"])
        m.check_balance(a["customer"])
