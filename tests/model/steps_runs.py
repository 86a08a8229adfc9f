"""Steps: billing runs, until today and ahead, and runs that only say what would happen.

Predicted from docs/sales.md: what is invoiced is every period that begins within `invoice_days`, one invoice each, once; what
is unpaid so many days after its due date bars its services and then ends them, by today at most, whatever `until` says.
"""
import datetime

from books import Line
from model import Difference, step
from sales import DAY, INVOICE_DAYS, SUSPEND_DAYS, TERMINATE_DAYS
from steps_documents import after_issue
from steps_status import off, used
from steps_sales import new_invoice


def due_day(d):
    return datetime.date.fromisoformat(d.due)


@step("run", 8)
class Run:
    def draw(m, r):
        return {"ahead": r.choice([0] * 8 + [5, 20]), "dry": r.random() < 0.1}

    def do(m, a):
        until = m.today + DAY * a["ahead"]
        if a["dry"]:
            got = m.w.cx("POST", "/billing/run", {"until": until.isoformat(), "dry_run": True})
            m.ask(got, "yes", "a dry run only says what would happen")
            return
        body = {"until": until.isoformat()} if a["ahead"] else {}
        failures = set()
        while True:
            got = m.w.cx("POST", "/billing/run", body)
            m.ask(got, "yes", "a billing run")
            failures |= {(x["type"], x["id"]) for x in got["failures"]}
            if got["complete"]:
                break
        m.same("failures of the run", set(), failures, got)
        unpaid(m)   # before it asks for more
        want = {}
        for s in m.sales.of(lambda s: s.status == "Active" and not s.odd):
            count = 0
            while s.span(s.asked + count)[0] - DAY * INVOICE_DAYS <= until:
                want[(s.id, s.asked + count)] = s.span(s.asked + count)
                count += 1
        found_invoices(m, want)


def found_invoices(m, want):
    """Every new invoice must be one that was predicted, in amount and period, and none may be missing."""
    part = 0
    while True:
        got = m.w.cx("GET", f"/invoices/{m.next_invoice}")
        if got.status == 404:
            break
        part += 1
        other = m.bm("GET", f"/invoices/{m.next_invoice}")
        named = {x["service_id"] for x in other["items"]} - {None}
        if len(named) != 1:
            raise Difference("an invoice of a run names one service", 1, named, other)
        s = m.sales.services[named.pop()]
        spans = [(x.get("period_start"), x.get("period_end")) for x in got["items"]]
        d, shown = new_invoice(m, m.label(part), m.next_invoice, s.customer, [s], made_by="run")
        key = (s.id, s.asked)
        if key not in want:
            if not s.odd:
                raise Difference("an invoice that nothing is due for", "none", shown, shown)
            elif spans and spans[0][0] == s.span(s.asked)[0].isoformat():
                s.charge(s.fee, d.label)
            after_issue(m, d)
            continue
        start, end = want.pop(key)
        m.same(f"period of service {s.id}", [(start.isoformat(), end.isoformat())], spans, shown)
        line = Line(s.fee, 1, 0, [s.rate] if s.rate else [])
        m.same(f"renewal of service {s.id}", (line.net, line.tax), (d.net, d.tax), shown)
        m.same("day of the invoice", max(m.today, start - DAY * INVOICE_DAYS).isoformat(), d.date, shown)
        m.same("due when the period begins", max(start, datetime.date.fromisoformat(d.date)).isoformat(), d.due, shown)
        s.charge(s.fee, d.label)
        after_issue(m, d)
    if want:
        raise Difference("periods that a run must ask for", want, "not asked for", m.last[-1])


def may_go(m, d):
    return d.status == "issued" and d.open == d.total and not used(m, d) and not m.sales.given_elsewhere(m, d)


def cancel(m, d):
    """Another invoice that is overdue when a service ends may go too: whether it barred it, the model does not know."""
    m.touched.add(d.label)
    if may_go(m, d) and m.w.cx("GET", f"/invoices/{d.id}")["status"] == "Cancelled":
        off(m, d, "cancelled")


def unpaid(m):
    """What is not paid: barred after `suspend_days`, ended after `terminate_days`, by today at most. With what ends the unpaid
    invoices that barred it are cancelled, but for those that are paid in part or whose credit went elsewhere."""
    for d in sorted(m.books.of(kinds=("invoice",), test=lambda d: d.status == "issued" and d.total > 0 and d.open > 0), key=lambda d: (d.due, d.id)):
        services = m.sales.named_by(m, d)
        if not services or d.status != "issued":
            continue
        late = m.today >= due_day(d) + DAY * SUSPEND_DAYS and d.open * 100 > d.total
        over = m.today >= due_day(d) + DAY * TERMINATE_DAYS and d.open * 100 > d.total
        m.touched.add(d.label)
        if late:
            for s in services:
                if s.status == "Active" and (d.label, d.due) not in s.forgiven:
                    # Whether what became overdue meanwhile bars it on the very day on which a payment let it go on is open.
                    if s.since == m.today and m.w.cx("GET", f"/services/{s.id}")["status"] == "Active":
                        continue
                    s.status = "Suspended"
                    s.odd = True
        can = may_go(m, d)
        barred = [s for s in services if s.status == "Suspended" and (d.label, d.due) not in s.forgiven]
        if over and barred:
            for s in barred:
                s.status = "Terminated"
                for label in m.sales.overdue(m, s):
                    cancel(m, m.books.docs[label])
            if can and d.status == "issued":
                off(m, d, "cancelled")
        elif over and can and all(s.status in ("Terminated", "Cancelled") for s in services):
            if m.w.cx("GET", f"/invoices/{d.id}")["status"] == "Cancelled":
                off(m, d, "cancelled")
    # Whether what was let go on by hand ends for the same invoice, once another bars it, is followed.
    for s in m.sales.of(lambda s: s.status == "Suspended" and s.forgiven):
        if m.w.cx("GET", f"/services/{s.id}")["status"] == "Terminated":
            s.status = "Terminated"
            for label in m.sales.overdue(m, s):
                cancel(m, m.books.docs[label])
