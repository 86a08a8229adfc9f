"""The model's sales: services, the periods that were charged of them, and what a change of plan must come to.

Written from docs/sales.md and contract billmora §10.3. A `Service` keeps what each of its periods was charged at, net, as the
invoice charged it: what a change of plan gives back is worked out from that, never from today's price.
"""
import calendar
import datetime
from decimal import Decimal

import fixture as f

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


class Period:
    def __init__(self, start, end, invoice):
        self.start, self.end, self.invoice = start, end, invoice
        self.parts = []   # (from day, to day, net per whole of those days as Decimal, percentage of tax or None)

    def worth(self, today):
        """What was charged for the days that are left, today included, by tax."""
        found = {}
        for start, end, net, rate in self.parts:
            left = (end - max(today, start)).days + 1
            if left > 0:
                found[rate] = found.get(rate, 0) + net * left / ((end - start).days + 1)
        return found


class Service:
    def __init__(self, ident, label, customer, price, anchor, order):
        self.id, self.label, self.customer, self.anchor, self.order = ident, label, customer, anchor, order
        self.price = price
        self.product, self.fee, self.setup, self.rate = MONTHLY[price]
        self.status, self.periods, self.asked = "Pending", [], 0
        self.change = None     # a dearer plan that waits for its invoice: price, label, periods asked for by then, their new worth
        self.suspended_by = None
        self.loose = False     # ordered by staff, who are not held to the stock
        self.odd = False       # something happened of which the documents do not say what it means for its periods

    def span(self, n):
        return months_on(self.anchor, n), months_on(self.anchor, n + 1) - DAY

    def charge(self, net, invoice):
        start, end = self.span(self.asked)
        period = Period(start, end, invoice)
        period.parts.append((start, end, Decimal(net), self.rate))
        self.periods.append(period)
        self.asked += 1
        return period


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
        self.extra = {}        # service id: what is still to be asked for periods that were charged at the old plan

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
                other = any(x.open > 0 and x.total > 0 and m.today >= datetime.date.fromisoformat(x.due) + DAY * SUSPEND_DAYS
                            for x in m.books.docs.values() if x.kind == "invoice" and s.label in getattr(x, "services", ()))
                if other or s.suspended_by == "hand":
                    s.status = m.w.cx("GET", f"/services/{s.id}")["status"]
                else:
                    s.status = "Active"

    def changed(self, m, s):
        """A dearer plan begins. Periods that were charged meanwhile at the old one come to the new one in all."""
        price, label, asked, begun = s.change
        for period, parts in begun:
            period.parts = parts
        s.price = price
        s.product, s.fee, s.setup, s.rate = MONTHLY[price]
        s.change = None
        late = [p for p in s.periods[asked:] if m.books.docs[p.invoice].status == "issued"]
        missing = sum(s.fee - sum(int(x[2]) for x in p.parts) for p in late)
        if missing:
            s.odd = True
            got = m.w.cx("GET", f"/invoices/{m.next_invoice}")
            if not got.ok:
                self.extra[s.id] = missing  # the next run asks for it
                return
            d = m.receive(f"{label}x{m.number}", [s])
            m.same("what is missing of periods that were charged at the old plan", missing, d.net, got)

    def gone(self, m, d):
        """An invoice stands no longer: the change of plan that waited for it is given up."""
        for s in self.named_by(m, d):
            if s.change and s.change[1] == d.label:
                s.change = None
            elif any(p.invoice == d.label for p in s.periods):
                s.odd = True

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
