"""The model's ledger: documents, what is set against what, and what follows. Written from docs/ledger.md and docs/sales.md.

Amounts are whole minor units of USD. A `Doc` is an invoice or one of the four kinds of money and notes; `Books` holds them
and answers what the API must show: what is open, the customer's balance and credit, the accounts. Nothing is kept twice:
balances and accounts are summed anew from the documents whenever they are asked for, so that a document cannot be
right and its posting wrong. The three rules of what may leave are `can_give_back`, `credited` and `payable`.
"""
from decimal import Decimal, ROUND_HALF_UP

ASKS, BRINGS = ("invoice", "debit_note", "refund"), ("receipt", "credit_note")


def half_up(x):
    """To whole minor units, half away from zero."""
    return int(Decimal(x).quantize(Decimal(1), ROUND_HALF_UP))


def money(amount):
    """Minor units as the text that is sent."""
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


NAMES = {"19": "VAT19", "20": "VAT20", "25": "VAT25", "7": "VAT7", "9": "A9"}


def names_of(taxes):
    """The tenant's rates by name: the second 9 % is another rate than the first."""
    return [NAMES[t] if n == 0 or t != "9" else "B9" for n, t in enumerate(taxes)]


class Line:
    """A line: quantity times unit price (in minor units, a Decimal), less a discount, and its taxes by percentage."""

    def __init__(self, unit, quantity=1, discount=0, taxes=(), inclusive=False, deposit=False, period=None, names=None):
        self.unit, self.quantity, self.discount, self.deposit = Decimal(unit), Decimal(quantity), discount, deposit
        self.period, self.names = period, list(names or names_of(taxes))
        self.exact = self.unit * self.quantity
        amount = half_up(self.exact) - discount
        rates = [Decimal(t) for t in taxes]
        if inclusive and len(rates) == 1:
            self.net = half_up(amount * 100 / (100 + rates[0]))
            self.taxes = [(rates[0], amount - self.net)]
        elif inclusive and rates:
            part = 100 + sum(rates)
            self.taxes = [(t, half_up(amount * t / part)) for t in rates]
            self.net = amount - sum(a for _, a in self.taxes)
        else:
            self.net = amount
            self.taxes = [(t, half_up(amount * t / 100)) for t in rates]

    @property
    def tax(self):
        return sum(a for _, a in self.taxes)


def taxes_of(lines):
    """What each tax, by its name and rate, comes to."""
    found = {}
    for line in lines:
        for name, (rate, amount) in zip(line.names, line.taxes):
            found[(name, rate)] = found.get((name, rate), 0) + amount
    return found


class Doc:
    def __init__(self, label, kind, ident, customer, total, date, lines=(), status="issued", due=None, **more):
        self.label, self.kind, self.id, self.customer, self.total = label, kind, ident, customer, total
        self.date, self.due, self.lines, self.status = date, due or date, list(lines), status
        self.net = sum(x.net for x in self.lines) if self.lines else total
        self.tax = total - self.net
        self.set = {}           # label of another document: how much is set against each other
        self.cleared = 0        # paid by its status alone: money from the clearing account
        self.given = 0          # given back in cash by its status, ever
        self.kept = {}          # what was set against it when it gave its money back: it stays, whatever becomes of the invoice
        self.gone = False       # deleted
        self.account = "clearing"
        self.number = self.order = self.about = self.onto = None
        self.made_by, self.plan, self.deposit = "", False, False
        self.fell = False       # a note that was taken back with its invoice
        self.took = False       # took charges in
        self.refunds = 0        # how often its status gave its money back
        self.__dict__.update(more)

    @property
    def stands(self):
        """Counts in the books: issued, or refunded, whose entries stay."""
        return self.status in ("issued", "refunded") and not self.onto

    @property
    def open(self):
        """What it still asks for, or still brings; an invoice below 0 brings."""
        if not self.stands or self.status == "refunded":
            return 0
        if self.kind == "invoice" and self.total <= 0:
            return -self.total - sum(self.set.values())
        return self.unpaid

    @property
    def unpaid(self):
        """What it would still ask for, or bring, if it stood."""
        return self.total - self.cleared + self.given - sum(self.set.values())

    @property
    def brings(self):
        return self.kind in BRINGS or self.kind == "invoice" and self.total < 0

    def by_tax(self):
        return taxes_of(self.lines)

    def word(self):
        """The invoice's status in CloudOnex."""
        if self.status != "issued":
            return self.status.title()
        if self.total <= 0 or self.open == 0:
            return "Paid"
        return "Unpaid" if self.open == self.total else "Partially Paid"


class Books:
    def __init__(self):
        self.docs, self.by_id = {}, {}

    def add(self, doc):
        self.docs[doc.label] = doc
        self.by_id[("invoice" if doc.kind == "invoice" else "money", doc.id)] = doc
        return doc

    def of(self, customer=None, kinds=None, test=lambda d: True):
        return [d for d in self.docs.values() if (customer is None or d.customer == customer)
                and (kinds is None or d.kind in kinds) and test(d)]

    # What may leave.

    def notes_of(self, invoice):
        return self.of(kinds=("credit_note",), test=lambda d: d.about == invoice.label and (d.stands or d.onto))

    def credited(self, invoice):
        """Net and each tax that credit notes have taken back of an invoice."""
        net, taxes = 0, {}
        for note in self.notes_of(invoice):
            net += note.net
            for tax, amount in note.by_tax().items():
                taxes[tax] = taxes.get(tax, 0) + amount
        return net, taxes

    def note_fits(self, invoice, lines, clip=False):
        """Whether a note of these lines is within what the invoice still carries, by net and by each tax; a unit of a tax that only
        its rounding has too much is left out of a note of one line."""
        net, taxes = self.credited(invoice)
        carried = invoice.by_tax()
        for line in lines if clip and len(lines) == 1 else ():
            left = [carried.get((n, r), 0) - taxes.get((n, r), 0) for n, (r, _) in zip(line.names, line.taxes)]
            line.taxes = [(r, a - 1 if a - 1 == x >= 0 else a) for (r, a), x in zip(line.taxes, left)]
        return (net + sum(x.net for x in lines) <= invoice.net
                and all(not amount or tax in carried and taxes.get(tax, 0) + amount <= carried[tax] for tax, amount in taxes_of(lines).items()))

    def takes_the_rest(self, invoice, lines):
        """A note that takes the last of the net takes what is left of each tax exactly, and must name each: None where lines do
        not take the last of the net, else whether they name what is left; their taxes are what is left then."""
        net, taxes = self.credited(invoice)
        if net + sum(x.net for x in lines) != invoice.net:
            return None
        left = {t: a - taxes.get(t, 0) for t, a in invoice.by_tax().items()}
        named = taxes_of(lines)
        if any(a and t not in named for t, a in left.items()) or any(t not in left for t, a in named.items() if a):
            return False
        for line in lines[:1]:
            line.taxes = [(rate, left.get((name, rate), 0)) for name, (rate, _) in zip(line.names, line.taxes)]
        return True

    def cash_of(self, invoice):
        """What came for an invoice in cash and is still here: receipts that are set against it, and what its status says was paid,
        less what was given back."""
        return invoice.cleared - invoice.given + sum(a for label, a in invoice.set.items() if self.docs[label].kind == "receipt")

    def credit(self, customer):
        """What receipts, credit notes and invoices below 0 have left."""
        return sum(d.open for d in self.of(customer) if d.brings)

    def owed(self, customer):
        return sum(d.open for d in self.of(customer) if not d.brings)

    def payable(self, customer):
        """What may be paid out at most: net credit; and the credit it is taken from."""
        credit = self.credit(customer)
        return max(0, credit - self.owed(customer)), credit

    def came_less_left(self, customer):
        """What a customer's documents brought (receipts, marks as paid, gifts), less what was paid out."""
        found = 0
        for d in self.of(customer):
            if d.kind == "invoice":
                found += d.cleared - d.given + (-d.total if d.stands and d.total < 0 else 0)
            elif d.stands and not (d.kind == "debit_note" or d.kind == "credit_note" and d.about):
                found += -d.total if d.kind == "refund" else d.total
        return found

    def balance(self, customer):
        return self.credit(customer) - self.owed(customer)

    # Setting against each other.

    def settle(self, brings, asks, amount=None):
        fits = min(brings.open, asks.open)
        amount = fits if amount is None else min(amount, fits)
        if amount > 0:
            brings.set[asks.label] = brings.set.get(asks.label, 0) + amount
            asks.set[brings.label] = asks.set.get(brings.label, 0) + amount
        return amount

    def release(self, doc):
        """What is set against it is free again, but for what it has given back."""
        for label in list(doc.set):
            if label not in doc.kept:
                self.docs[label].set.pop(doc.label, None)
                doc.set.pop(label)
        doc.cleared = doc.given - sum(doc.kept.values())

    def oldest(self, customer):
        """Where credit lies, the oldest first."""
        return sorted((d for d in self.of(customer) if d.brings and d.open > 0), key=lambda d: (d.date, d.id, d.kind == "invoice"))

    # The accounts.

    def accounts(self):
        """The trial balance in minor units, debits above 0."""
        sums = {}

        def post(account, amount):
            sums[account] = sums.get(account, 0) + amount

        for d in self.docs.values():
            if d.kind == "invoice":  # money that left stays in the books, also of what was taken back since
                post("receivable", d.given - d.cleared)
                post("clearing", d.cleared - d.given)
            if not d.stands:
                continue
            if d.status == "refunded":  # what was credited stays charged, for its notes take it back
                net, taxes = self.credited(d)
                post("receivable", net + sum(taxes.values()))
                post("revenue", -net)
                post("tax", -sum(taxes.values()))
            elif d.kind == "invoice" or d.kind == "debit_note":
                post("receivable", d.total)
                post("revenue", -d.net)
                post("tax", -d.tax)
            elif d.kind == "credit_note":
                post("receivable", -d.total)
                post("revenue", d.net)
                post("tax", d.tax)
            else:
                sign = -1 if d.kind == "receipt" else 1
                post("receivable", sign * d.total)
                post(d.account, -sign * d.total)
        return {a: v for a, v in sums.items() if v}

    def broken(self):
        """What must never be: more out than in for an invoice or a customer, notes beyond their invoice, an entry that
        does not balance. The model holds them of itself, and so of every state that the server agreed to."""
        found = []
        if sum(self.accounts().values()):
            found.append("debits are not credits")
        for d in self.docs.values():
            if d.kind == "invoice" and d.stands:
                net, taxes = self.credited(d)
                # A dearer plan's invoice gives back what it charged, whatever it took back of others.
                own = [x for x in d.lines if x.net > 0] if d.plan else d.lines
                if net > max(sum(x.net for x in own), 0) or any(v > max(0, taxes_of(own).get(t, 0)) for t, v in taxes.items()):
                    found.append(f"notes beyond invoice {d.id}")
                if d.status == "refunded" and sum(n.open for n in self.notes_of(d)):
                    found.append(f"invoice {d.id} gave back more than it charged")
                if self.cash_of(d) < 0:
                    found.append(f"more cash out than in for invoice {d.id}")
            if d.stands and d.open < 0:
                found.append(f"{d.kind} {d.id} is set for more than it has")
        for customer in {d.customer for d in self.docs.values()}:
            came = self.came_less_left(customer)
            if came < 0:
                found.append(f"more cash out than in for customer {customer}: {came}")
            if self.balance(customer) > came:
                found.append(f"more credit than came for customer {customer}: {self.balance(customer)} of {came}")
        return found
