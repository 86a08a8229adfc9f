"""One world of the model: a tenant of the server, the model's books and sales beside it, and the steps that drive both.

A step is a dictionary (`op`, its number, its arguments; documents by label, so that a list of steps means the same when
some are left out). `@step` registers a pair: `draw` makes arguments at random or says None, `do` predicts, sends the
request, compares and books. `ask` holds what every step must hold: the server accepts what the model accepts and refuses
what it refuses; `either` marks what the documents leave open, where the model follows the server's choice and then holds
it to the consequences. A difference raises `Difference`; a step whose documents are not there raises `Skip`.
"""
import datetime

from books import Books
from client import cents

STEPS = {}


class Difference(Exception):
    def __init__(self, what, expected, found, answer=None):
        super().__init__(f"{what}: expected {expected}, found {found}")
        self.what, self.expected, self.found, self.answer = what, expected, found, answer


class Skip(Exception):
    pass


def step(name, weight):
    """Registers a step: a class with `draw(m, r)` and `do(m, a)`."""
    def add(kind):
        STEPS[name] = (weight, kind.draw, kind.do)
        return kind
    return add


class Model:
    def __init__(self, world, begin="2026-03-02"):
        self.w, self.books, self.number = world, Books(), 0
        self.today = datetime.date.fromisoformat(begin)
        self.counts, self.refusals, self.last, self.open_choices = {}, 0, [], {}
        self.next_invoice = self.next_money = 1
        self.held = None            # an id that was passed over
        self.customers = (1, 2, 3, 4)
        self.wallet = {4}           # customers whose credit pays new invoices
        self.touched, self.owners = set(), set()   # labels of invoices that a step may have changed, and customers
        self.references = {}        # of gateway notices: reference and invoice, once each
        world.heard = self.hear
        world.clock(begin)
        for path, body in (("/settings", {"credit_auto_payment": True}), ("/customers/4", {"auto_credit_payment": True})):
            self.sure(world.cx("PUT", path, body))
        self.spread()
        self.rates, self.abroad = [], {}    # exchange rates in order, and what foreign documents are worth in the books
        self.sales = None

    def hear(self, answer):
        self.last.append(answer)
        del self.last[:-12]
        if answer.status >= 500 or answer.status == 429:
            raise Difference("an answer", "no 5xx, no 429", answer.status, answer)

    def spread(self):
        """A key without the limit of 1,000 requests an hour; tokens are renewed every 900 requests."""
        made = self.sure(self.w.cx("POST", "/api-keys", {"label": "model", "user_id": 1, "rate_limit": 1000000}))
        self.w.keys = [made["key"]]
        self.w.tokens_left = 0

    def bm(self, method, path, body=None):
        if self.w.tokens_left <= 0:
            made = self.sure(self.w.cx("POST", "/tokens", {"name": f"m{self.number}", "user_id": 1, "abilities": ["*"], "rate_limit": 1000}))
            self.w.token, self.w.tokens_left = made["token"], 900
        self.w.tokens_left -= 1
        return self.w.bm(method, path, body)

    def sure(self, answer):
        if not answer.ok:
            raise Difference("what only prepares", "success", answer, answer)
        return answer

    # Steps.

    def take(self, a):
        """Does one step; answers False when its documents are not there."""
        self.number = a["n"]
        self.touched.clear()
        self.owners.clear()
        try:
            STEPS[a["op"]][2](self, a)
        except Skip:
            return False
        self.sales.ask_again(self)
        self.same("an id that was passed over", None, self.held)
        self.counts[a["op"]] = self.counts.get(a["op"], 0) + 1
        return True

    def doc(self, label, kinds=None):
        found = self.books.docs.get(label)
        if found is None or kinds and found.kind not in kinds:
            raise Skip
        return found

    def label(self, part=0):
        return f"d{self.number}" + (f".{part}" if part else "")

    def ask(self, answer, verdict, why):
        """Holds accept or refuse against the model's word: "yes", "no" or "either"."""
        if verdict == "yes" and not answer.ok:
            raise Difference(f"refused, though {why}", "accepted", f"{answer.status} {answer.text(200)}", answer)
        if verdict == "no" and answer.ok:
            raise Difference(f"accepted, though {why}", "refused", f"{answer.status} {answer.text(200)}", answer)
        if verdict == "either":
            key = (why, "accepted" if answer.ok else f"refused {answer.status}")
            self.open_choices[key] = self.open_choices.get(key, 0) + 1
        self.refusals += not answer.ok
        return answer.ok

    def same(self, what, expected, found, answer=None):
        if expected != found:
            raise Difference(what, expected, found, answer or (self.last[-1] if self.last else None))

    # Documents that came of themselves or by a request.

    def invoice_id(self, answer_id):
        self.same("id of a new invoice", self.next_invoice, answer_id)
        self.next_invoice += 1
        return answer_id

    def money_id(self, answer_id=None):
        """The next id of the transactions; predicted where the request did not tell it. One commit may draw the id of a
        note that it brings about before that of the receipt: the id that was passed over is the next one wanted."""
        if answer_id is None and self.held:
            ident, self.held = self.held, None
            return ident
        if answer_id == self.next_money + 1 and not self.held:
            self.held, self.next_money = self.next_money, self.next_money + 2
            return answer_id
        if answer_id is not None:
            self.same("id of a new transaction", self.next_money, answer_id)
        self.next_money += 1
        return self.next_money - 1

    def day(self, offset=0):
        return (self.today + datetime.timedelta(days=offset)).isoformat()

    # Comparing.

    def check_invoice(self, d):
        """One invoice as CloudOnex shows it, and in turn as Billmora or JeraSoft does."""
        got = self.w.cx("GET", f"/invoices/{d.id}")
        self.same(f"invoice {d.id}, found", 404 if d.gone else 200, got.status, got)
        if not d.gone:
            self.in_cloudonex(d, got)
            if (d.id + self.number) % 2:
                self.in_billmora(d, self.bm("GET", f"/invoices/{d.id}"))
            else:
                self.in_jerasoft(d, self.w.js("GET", f"/accounting/invoices/{d.id}"))

    def in_cloudonex(self, d, got):
        self.same(f"invoice {d.id}, amount", d.total, cents(got["amount"]))
        self.same(f"invoice {d.id}, tax", d.tax, cents(got["tax"]))
        self.same(f"invoice {d.id}, status", d.word(), got["status"])
        if d.status == "issued":
            self.same(f"invoice {d.id}, due", max(0, d.open) if d.total > 0 else 0, max(0, cents(got["amount_due"])))
        self.same(f"invoice {d.id}, date", d.date, got["date"])

    def in_billmora(self, d, got):
        word = {"Paid": "paid", "Refunded": "refunded", "Void": "cancelled", "Cancelled": "cancelled"}.get(d.word(), "unpaid")
        self.same(f"invoice {d.id}, status in Billmora", word, got["status"])
        self.same(f"invoice {d.id}, total in Billmora", d.total, cents(got["total"]))

    def in_jerasoft(self, d, got):
        self.same(f"invoice {d.id}, total in JeraSoft", d.total, cents(got["total"]))
        if d.status == "issued" and d.total > 0:
            self.same(f"invoice {d.id}, open in JeraSoft", d.open, d.total - cents(got["paid_amount"]))

    def check_balance(self, customer):
        """The customer's balance is compared once the step is done."""
        self.owners.add(customer)

    def compare_balance(self, customer):
        got = self.w.js("GET", f"/clients/{customer}")
        self.same(f"customer {customer}, balance in JeraSoft", self.books.balance(customer), cents(got["balance"]), got)

    def check_touched(self):
        """After each step: the customers and invoices that it was about."""
        for label in sorted(self.touched):
            d = self.books.docs.get(label)
            if d is not None and d.kind == "invoice":
                self.check_invoice(d)
                self.owners.add(d.customer)
        for customer in sorted(self.owners):
            self.compare_balance(customer)
        broken = self.books.broken()
        if broken:
            raise Difference("the rules of what may leave", "none broken", broken, self.last[-1])
