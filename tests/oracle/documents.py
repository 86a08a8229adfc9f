#!/usr/bin/env python3
"""Works out random documents anew with Python's decimals, and compares.

    python3 tests/oracle/documents.py target/oracle/documents.jsonl [--least N]

Each line of the file is a document: its terms, its lines, and what the ledger made of them. The rules,
written here once more and independently of the ledger's own code:

* every amount is rounded half away from zero to the places of its currency;
* each tax of a line is rounded by itself (RackNap contract, 8.1);
* a price that includes its taxes is net = gross / (1 + all rates), and net and taxes are the gross again (JeraSoft
  contract, 4.6): of several taxes, the net nearest to it whose taxes, each rounded, leave nothing over; where there
  is none, each tax is its share of the gross and the net what is left. So equal rates are equal amounts;
* where the tenant rounds by document, each tax is rounded once for all lines of its name and rate, and a line's share
  is what the tax comes to up to that line, less what it came to before; where prices include their taxes, the
  lines with the same taxes give them up as one line of their sum would, and keep their gross;
* a header is the sum of its rounded lines, or (Billmora contract, 10.1) the rounded sum of the exact ones;
* a line with a negative price is a discount;
* base amounts are the document's, divided by the ratio (RackNap contract, 8.2).
"""

import json
import sys
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal, getcontext

getcontext().prec = 60


def rounded(amount, places):
    # Python's ROUND_HALF_UP rounds a half away from zero, on both sides of it.
    cut = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return cut if cut else abs(cut)


class Terms:
    def __init__(self, document):
        self.places = document["places"]
        self.base_places = document["base_places"]
        self.ratio = Decimal(document["ratio"])
        self.inclusive = document["prices"] == "inclusive"
        self.sums = document["rounding"] == "sums"
        self.by_document = document["rounding"] == "document"

    def money(self, amount):
        return rounded(amount, self.places)

    def base(self, amount):
        return rounded(amount / self.ratio, self.base_places)


def taken_out(gross, percents, terms):
    whole = 100 + sum(percents)
    nearest = terms.money(gross * 100 / whole)
    if len(percents) == 1:
        return nearest, [gross - nearest]
    unit = Decimal(1).scaleb(-terms.places)
    for step in range(len(percents) + 1):
        for net in (nearest - step * unit, nearest + step * unit):
            taxes = [terms.money(net * percent / 100) for percent in percents]
            if net + sum(taxes) == gross:
                return net, taxes
    taxes = [terms.money(gross * percent / whole) for percent in percents]
    return gross - sum(taxes), taxes


def worked_line(line, terms):
    exact = Decimal(line["quantity"]) * Decimal(line["unit"])
    before = terms.money(exact)
    after = before - Decimal(line["discount"])
    percents = [Decimal(percent) for percent in line["taxes"]]
    if terms.inclusive and percents:
        taxable, taxes = taken_out(after, percents, terms)
        subtotal = max(taken_out(before, percents, terms)[0], taxable) if before != after else taxable
    else:
        subtotal, taxable = before, after
        taxes = [terms.money(taxable * percent / 100) for percent in percents]
    return {
        "exact": exact,
        "subtotal": subtotal,
        "discount": subtotal - taxable,
        "taxable": taxable,
        "percents": percents,
        "taxes": taxes,
        "amount": taxable + sum(taxes),
        "base": terms.base(taxable),
    }


def shared_out(lines, terms):
    """The lines of a document whose taxes are rounded once for the document."""
    if terms.inclusive:
        groups = {}
        for line in lines:
            if line["percents"]:
                groups.setdefault(tuple(line["percents"]), []).append(line)
        for percents, group in groups.items():
            gross, before = Decimal(0), [Decimal(0)] * len(percents)
            for line in group:
                gross += line["amount"]
                if line is group[-1]:
                    _, until = taken_out(gross, list(percents), terms)
                else:
                    until = [terms.money(gross * percent / (100 + sum(percents))) for percent in percents]
                line["taxes"] = [now - then for now, then in zip(until, before)]
                before = until
                taxable = line["amount"] - sum(line["taxes"])
                line["subtotal"] += taxable - line["taxable"]
                line["taxable"] = taxable
                line["discount"] = line["subtotal"] - taxable
                line["base"] = terms.base(taxable)
    else:
        so_far = {}
        for line in lines:
            for place, percent in enumerate(line["percents"]):
                base, before = so_far.get((place, percent), (Decimal(0), Decimal(0)))
                base += line["taxable"]
                until = terms.money(base * percent / 100)
                line["taxes"][place] = until - before
                so_far[(place, percent)] = (base, until)
            line["amount"] = line["taxable"] + sum(line["taxes"])
    return lines


def worked_header(lines, terms):
    plus = [line for line in lines if line["exact"] >= 0]
    minus = [line for line in lines if line["exact"] < 0]
    tax = sum((sum(line["taxes"]) for line in lines), Decimal(0))
    if terms.sums:
        subtotal = terms.money(sum((line["exact"] for line in plus), Decimal(0)))
        discount = terms.money(-sum((line["exact"] for line in minus), Decimal(0)))
        total = terms.money(sum((line["exact"] for line in lines), Decimal(0))) + tax
    else:
        subtotal = sum((line["subtotal"] for line in plus), Decimal(0))
        off = sum((-line["subtotal"] for line in minus), Decimal(0))
        discount = sum((line["discount"] for line in plus), Decimal(0)) + off
        total = sum((line["amount"] for line in lines), Decimal(0))
    return {
        "subtotal": subtotal,
        "discount": discount,
        "tax": tax,
        "total": total,
        "base_net": terms.base(total - tax),
        "base_tax": terms.base(tax),
    }


def differences(document):
    terms = Terms(document)
    lines = [worked_line(line, terms) for line in document["lines"]]
    if terms.by_document:
        lines = shared_out(lines, terms)
    result = document["result"]
    ours = [(f"lines.{place}.{name}", line[name], theirs[name], name == "base")
            for place, (line, theirs) in enumerate(zip(lines, result["lines"]))
            for name in ("subtotal", "discount", "taxable", "amount", "base")]
    for place, (line, theirs) in enumerate(zip(lines, result["lines"])):
        if len(line["taxes"]) != len(theirs["taxes"]):
            yield f"lines.{place}.taxes", len(line["taxes"]), len(theirs["taxes"])
        ours += [(f"lines.{place}.taxes", tax, other, False) for tax, other in zip(line["taxes"], theirs["taxes"])]
    ours += [(name, value, result[name], name.startswith("base"))
             for name, value in worked_header(lines, terms).items()]
    for name, own, theirs, in_base in ours:
        text = str(rounded(own, terms.base_places if in_base else terms.places))
        if text != theirs:
            yield name, text, theirs


def main(arguments):
    least = int(arguments[arguments.index("--least") + 1]) if "--least" in arguments else 1
    seen, wrong = Counter(), 0
    with open(arguments[0], encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            document = json.loads(text)
            seen.update(["all", document["currency"], document["prices"], document["rounding"]])
            seen["several taxes"] += any(len(line["taxes"]) > 1 for line in document["lines"])
            for name, own, theirs in differences(document):
                print(f"line {number}: {name}: the oracle has {own}, the ledger {theirs}")
                wrong += 1
            if wrong >= 10:
                break
    if wrong:
        return 1
    if seen["all"] < least:
        print(f"only {seen['all']} documents, at least {least} were expected")
        return 2
    parts = ", ".join(f"{name} {seen[name]}" for name in
                      ("USD", "JPY", "KWD", "INR", "inclusive", "exclusive", "several taxes", "sums", "document"))
    print(f"oracle: {seen['all']} documents agree ({parts})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
