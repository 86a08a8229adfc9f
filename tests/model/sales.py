"""The model's sales: services, the periods that were charged of them, and what a change of plan must come to.

Written from docs/sales.md and contract billmora §10.3. A `Service` keeps what each of its periods was charged at, net, as the
invoice charged it: what a change of plan gives back is worked out from that, never from today's price.
"""
import calendar
import datetime
from decimal import Decimal

import fixture as f
from model import Difference

MONTHLY = {f.PLAN_30: (f.PLAN, 3000, 0, None), f.PLAN_60: (f.PLAN, 6000, 0, None), f.PLAN_10: (f.PLAN, 1000, 0, None),
           f.TAXED_1999: (f.TAXED, 1999, 0, "19"), f.TAXED_999: (f.TAXED, 999, 0, "19"),
           f.SETUP_1003: (f.SETUP, 1003, 1003, "19"), f.SCARCE_10: (f.SCARCE, 1000, 0, None),
           f.CENTS_7: (f.CENTS, 777, 33, "7"), f.CENTS_1001: (f.CENTS, 1001, 333, "7"), f.CENTS_4999: (f.CENTS, 4999, 0, "7"),
           f.TAXED20_50: (f.TAXED20, 5000, 0, "20")}
COUPONS = {None: None, "FULL": 100, "HALF": 50, "QUARTER": 25, "TWELFTH": Decimal("12.5"), "FIVER": "fixed"}
INVOICE_DAYS, SUSPEND_DAYS, TERMINATE_DAYS = 7, 3, 7
DAY = datetime.timedelta(days=1)


def months_on(day, count):
    """So many months after a day: the last day of a month that is too short."""
    at = day.year * 12 + day.month - 1 + count
    year, month = divmod(at, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def stands(books, label):
    """Whether a document counts: a note does with its invoice."""
    return not label or books.docs[label].status == "issued" and stands(books, books.docs[label].about)


class Charge:
    """What a line of a document charged for days of a service; below 0 what it gave back."""

    def __init__(self, label, start, end, net, rate):
        self.label, self.start, self.end, self.net, self.rate = label, start, end, Decimal(net), rate
        self.stood = frozenset()   # where it gives back: the documents that stood then

    def left(self, start, end):
        """What of it is for these days."""
        days = (min(self.end, end) - max(self.start, start)).days + 1
        return self.net * days / ((self.end - self.start).days + 1) if days > 0 else Decimal(0)


class Service:
    def __init__(self, ident, label, customer, price, anchor, order):
        self.id, self.label, self.customer, self.anchor, self.order = ident, label, customer, anchor, order
        self.price = price
        self.product, self.fee, self.setup, self.rate = MONTHLY[price]
        self.status, self.charges, self.asked = "Pending", [], 0
        self.change = None     # a dearer plan that waits for its invoice: price, its label, and the day it was asked for
        self.suspended_by = None
        self.since = None      # the day on which a payment let it go on: what else is overdue bars it again from the next on
        self.forgiven = {}     # as somebody let it go on by hand: what was overdue, since when, and the least it asked for since
        self.loose = False     # ordered by staff, who are not held to the stock
        self.odd = False       # something happened of which the documents do not say what it means for its periods

    def take(self, price):
        """The plan is another one from now on."""
        self.price = price
        self.product, self.fee, self.setup, self.rate = MONTHLY[price]

    def span(self, n):
        return months_on(self.anchor, n), months_on(self.anchor, n + 1) - DAY

    def charge(self, net, label):
        """A period is asked for, at its price."""
        start, end = self.span(self.asked)
        self.charges.append(Charge(label, start, end, net, self.rate and Decimal(self.rate)))
        self.asked += 1

    def charge_lines(self, d, books):
        """What the lines of a document about this service alone charge for its days, or give back."""
        sign = -1 if d.kind == "credit_note" else 1
        stood = frozenset(c.label for c in self.charges if stands(books, c.label))
        for line in d.lines:
            if line.period and all(line.period):
                start, end = (datetime.date.fromisoformat(x) for x in line.period)
                self.charges.append(Charge(d.label, start, end, sign * line.net, line.taxes[0][0] if line.taxes else None))
                self.charges[-1].stood = stood

    def charged(self, books, start, end):
        """What the documents that stand charged for these days, by tax."""
        found = {}
        for c in self.charges:
            if stands(books, c.label) and c.start <= end and start <= c.end:
                found[c.rate] = found.get(c.rate, 0) + c.left(start, end)
        return found

    def missing(self, books, day, price=None, since=0):
        """What the days from one on cost at a plan, with taxes, beyond what was charged for them, and how far rounding may be
        off; of periods from a number on."""
        with_tax = lambda net, tax: net * (1 + Decimal(tax or 0) / 100)
        fee, rate = MONTHLY[price][1::2] if price else (self.fee, self.rate)
        found = Decimal(0)
        for start, end, days in self.running(books, day, since):
            found += with_tax(Decimal(fee) * ((end - start).days + 1) / days, rate)
            found -= sum(with_tax(net, tax) for tax, net in self.charged(books, start, end).items())
        return found, 1 + sum(1 for c in self.charges if c.end >= day)

    def running(self, books, today, since=0):
        """The days from today on that were charged: the rest of each period that a document which stands asked for."""
        found = []
        for n in range(since, self.asked):
            start, end = self.span(n)
            start = max(start, today)
            if start <= end and self.charged(books, start, end):
                found.append((start, end, (end - self.span(n)[0]).days + 1))
        return found


def coupon_share(coupon, unit, setup):
    """What a coupon takes of one unit's price and of its setup fee, exactly."""
    kind = COUPONS[coupon]
    whole = unit + setup
    if kind is None or not whole:
        return Decimal(0), Decimal(0)
    off = Decimal(min(500, whole)) if kind == "fixed" else Decimal(whole) * kind / 100
    return off * unit / whole, off * setup / whole


class Sales:
    def __init__(self):
        self.services = {}

    def of(self, test=lambda s: True):
        return [s for s in self.services.values() if test(s)]

    def named_by(self, m, d):
        """The services that an invoice is for: those it names, or those of its order."""
        return [s for s in self.services.values() if s.label in getattr(d, "services", ())]

    def paid(self, m, d):
        """What a payment brings to life, or lets go on; and a change of plan that waited for it."""
        for s in self.named_by(m, d):
            if s.change and s.change[1] == d.label:
                self.changed(m, s)
            elif s.status == "Pending" and d.order:
                s.status = "Active"
            if s.status == "Suspended":
                if s.suspended_by == "hand":
                    self.look(m, [s])
                else:
                    s.status = "Active"
                if s.status == "Active":
                    s.since = m.today

    def overdue(self, m, s):
        """The invoices that name the service and would bar it today."""
        return {x.label for x in m.books.docs.values() if x.kind == "invoice" and s.label in getattr(x, "services", ())
                and x.open * 100 > x.total > 0 and m.today >= datetime.date.fromisoformat(x.due) + DAY * SUSPEND_DAYS}

    def look(self, m, services):
        for s in services:
            s.status = m.w.cx("GET", f"/services/{s.id}")["status"]
            s.odd = s.odd or s.status != "Active"

    def changed(self, m, s):
        """A dearer plan begins. What was charged from the day on which it was asked for comes to the new plan in all: periods
        that were asked for meanwhile are made up for by an invoice. What has ended asks for nothing more."""
        price, label, day, asked = s.change
        s.take(price)
        s.change = None
        missing, slack = s.missing(m.books, day, since=asked)
        if s.status in ("Terminated", "Cancelled"):
            missing = 0
        found = 0
        if m.w.cx("GET", f"/invoices/{m.next_invoice}").ok:
            d = m.receive(f"{label}x{m.number}", [s])
            s.charge_lines(d, m.books)
            found += d.total
        found -= sum(note.total for note in m.receive_notes(s, 20))
        if abs(found - missing) > slack:
            raise Difference("what is missing of periods that were charged at the old plan", missing, found)

    def given_elsewhere(self, m, d, least=1):
        """Whether the invoice of a dearer plan, which stands, gave back by a line below 0 what this one had charged: of each day the
        newest document first."""
        docs = m.books.docs
        root = lambda label: docs[label].about or label
        for s in self.services.values():
            for n, back in enumerate(s.charges):
                if back.net >= 0 or docs[back.label].kind != "invoice" or docs[back.label].status != "issued" or back.label == d.label:
                    continue
                again = [c for c in s.charges[n:] if c.net > 0 and c.rate == back.rate and docs[c.label].about == back.label and stands(m.books, c.label)]
                left, want = {}, -back.net   # its own notes may charge it again
                want -= sum(min(c.left(back.start, back.end), -back.left(c.start, c.end)) for c in again)
                for c in s.charges[:n]:
                    if c.label in back.stood and c.rate == back.rate:
                        left[root(c.label)] = left.get(root(c.label), 0) + c.left(back.start, back.end)
                for label in sorted(left, key=lambda label: -docs[label].id):
                    gives = min(want, left[label])
                    if label == d.label and gives > least:
                        return True
                    want -= max(0, gives)
        return False

    def ask_again(self, m):
        """What was let off by hand is not any more, once its invoice asks for more than it did since."""
        for s in self.services.values():
            for key, least in list(s.forgiven.items()):
                now = m.books.docs[key[0]].open
                s.forgiven[key] = min(least, now)
                if now > least:
                    s.forgiven.pop(key)

    def gone(self, m, d):
        """An invoice stands no longer: the change of plan that waited for it is given up."""
        for s in self.named_by(m, d):
            if s.change and s.change[1] == d.label:
                s.change = None

    def left(self):
        """How many of the scarce product are left by the orders; None where one has ended, which gives some back."""
        taken = [s for s in self.services.values() if s.product == f.SCARCE]
        if any(s.status in ("Terminated", "Cancelled") or s.loose for s in taken):
            return None
        return 5 - len(taken)

    def check(self, m):
        for s in self.services.values():
            got = m.w.cx("GET", f"/services/{s.id}")
            m.same(f"service {s.id}, status", s.status, got["status"], got)
            if s.status in ("Terminated", "Cancelled"):
                continue
            m.same(f"service {s.id}, price id", s.price, got["price_id"], got)
            start, end = s.span(s.asked - 1)
            m.same(f"service {s.id}, period asked for last", (start.isoformat(), end.isoformat()), (got["period_start"], got["period_end"]), got)
        got = m.w.cx("GET", f"/products/{f.SCARCE}")
        m.same("stock is never below 0", True, got["stock"] >= 0, got)
