"""What the cases ask and how they say it: a `Row` collects what was answered and what would have been right.

A case is a function of a `Row`; `row.w` is a tenant of its own. `row.eq` compares with a literal, `row.refused` wants a
refusal with one of the named statuses, `row.done` wants success. The short requests that many cases make are methods.
"""
import fixture as f
from client import cents

ROWS = []


def case(number, title, ways=("",), clock="2026-03-01T12:00:00Z"):
    """Registers a case: the row of the table, what it is about, and the ways (dialects, mostly) in which it is replayed."""
    def add(function):
        for way in ways:
            ROWS.append((number, f"{title}{' [' + way + ']' if way else ''}", function, way, clock))
        return function
    return add


class Row:
    def __init__(self, world, way):
        self.w, self.way, self.wrong, self.notes = world, way, [], []

    def eq(self, what, got, want):
        if got != want:
            self.wrong.append(f"{what}: {got!r}, right is {want!r}")
        return got == want

    def true(self, what, got, detail=""):
        if not got:
            self.wrong.append(f"{what}: not so {detail}")
        return got

    def refused(self, what, answer, statuses):
        if answer.status not in statuses:
            self.wrong.append(f"{what}: {answer.status} {answer.text(160)}, right is {'/'.join(map(str, statuses))}")
        return answer

    def done(self, what, answer):
        if not answer.ok:
            self.wrong.append(f"{what}: {answer.status} {answer.text(200)}, right is success")
        return answer

    # Requests that many cases make. What only prepares a case must succeed, or the case is not what it says.

    def must(self, answer):
        if not answer.ok:
            raise RuntimeError(f"cannot prepare: {answer}")
        return answer

    def invoice(self, amount="100.00", customer=1, must=True, item=None, **fields):
        body = {"customer_id": customer, "items": [{"description": "Work", "amount": amount, **(item or {})}], **fields}
        got = self.w.cx("POST", "/invoices", body)
        return self.must(got) if must else got

    def receipt(self, amount="100.00", customer=1, must=True, **fields):
        got = self.w.cx("POST", "/receipts", {"customer_id": customer, "account_id": 1, "amount": amount, **fields})
        return self.must(got) if must else got

    def refund(self, amount="100.00", customer=1, **fields):
        return self.w.cx("POST", "/refunds", {"customer_id": customer, "account_id": 1, "amount": amount, **fields})

    def note(self, amount, invoice=None, customer=1, date="2026-03-01", taxes=None, must=False, **fields):
        item = {"description": "Back", "qty": 1, "amount": amount}
        if taxes:
            item["taxes"] = taxes
        body = {"customer_id": customer, "date": date, "description": "Back", "items": [item], **fields}
        if invoice:
            body["invoice_id"] = invoice
        got = self.w.cx("POST", "/credit-notes", body)
        return self.must(got) if must else got

    def payment(self, amount, customer=1, **fields):
        return self.w.js("POST", "/accounting/transactions", {"clients_id": customer, "type": "payment", "amount": amount, **fields})

    def status(self, invoice, word, dialect="cx"):
        send, path = (self.w.cx, "/invoices/") if dialect == "cx" else (self.w.bm, "/invoices/")
        return send("PUT", f"{path}{invoice}", {"status": word if dialect == "cx" else word.lower()})

    def order(self, product, price, qty=1, customer=1, must=True, coupon=None, paid=False, dialect="cx", **fields):
        """An order of one product; with `paid` its invoice is paid by a receipt."""
        if dialect == "cx":
            body = {"customer_id": customer, "items": [{"product_id": product, "price_id": price, "qty": qty}], **fields}
            body.update({"coupon": coupon} if coupon else {})
            got = self.w.cx("POST", "/orders", body)
        else:
            item = {"package_id": product, "billing_id": price, "quantity": qty}
            body = {"user_id": customer, "currency": "USD", "coupon": coupon, "status": "pending", "package_items": [item], **fields}
            got = self.w.bm("POST", "/orders", body)
        if must:
            self.must(got)
            got = self.w.cx("GET", f"/orders/{got['id']}")
        if paid:
            due = self.w.cx("GET", f"/invoices/{got['invoice_id']}")["amount_due"]
            self.receipt(str(due), customer, invoice_id=got["invoice_id"])
        return got

    def run(self, until=None, **fields):
        """A billing run, asked until it is complete; the sums of all answers."""
        total = {}
        while True:
            got = self.w.cx("POST", "/billing/run", {**({"until": until} if until else {}), **fields})
            if not got.ok:
                self.wrong.append(f"billing run: {got.status} {got.text(200)}, right is success")
                return total
            for name, value in got.data.items():
                if isinstance(value, bool) or not isinstance(value, (int, list)):
                    total[name] = value
                else:
                    total[name] = total.get(name, type(value)()) + value
            if got["complete"]:
                return total

    def plan(self, service, price, **fields):
        return self.w.cx("POST", f"/services/{service}/plan", {"price_id": price, **fields})

    def balances(self, what, want, customer=1):
        """The balance in every place that shows it, in minor units: credit above 0."""
        w = self.w
        self.eq(f"{what}, balance in JeraSoft", cents(w.js("GET", f"/clients/{customer}")["balance"]), want)
        self.eq(f"{what}, balance call", cents(w.js("GET", f"/clients/{customer}/balance")["balance"]), want)
        got = w.cx("GET", f"/reports/statement?customer_id={customer}")
        self.eq(f"{what}, statement", cents(got["closing_balance"]), want)
        got = w.cx("GET", f"/reports/receivables?customer_id={customer}")
        self.eq(f"{what}, receivables less credit", cents(got["unallocated_credit"]) - cents(got["total"]), want)

    def invoices(self, customer=1):
        """All invoices of a customer that still stand, whole."""
        listed = self.w.every(f"/invoices?customer_id={customer}")
        return [self.w.cx("GET", f"/invoices/{i['id']}").data for i in listed if i["status"] not in ("Void", "Cancelled", "Draft")]

    def newest(self, customer=1):
        """The invoice that was made last of those that still stand."""
        return max(self.invoices(customer), key=lambda invoice: invoice["id"])

    def pay_all(self, invoice, customer=1):
        """A receipt of all that an invoice asks for."""
        return self.receipt(str(invoice["amount_due"]), customer, invoice_id=invoice["id"])

    def changed_plan(self, first, then, day):
        """A paid order at one price of the plan, changed to another on a day: the service, and the invoice of the change."""
        order = self.order(f.PLAN, first, paid=True)
        self.w.clock(day)
        self.must(self.plan(order["service_ids"][0], then))
        return order["service_ids"][0], self.newest()

    def notes_of(self, customer=1):
        return self.w.every(f"/credit-notes?customer_id={customer}")

    def asked(self, customer=1):
        """What invoices less credit notes come to for a customer, in minor units."""
        return sum(cents(i["amount"]) for i in self.invoices(customer)) - sum(cents(n["amount"]) for n in self.notes_of(customer))
