"""Cases: what may leave, and what came in. Deposits, refunds in every dialect, credit notes, gateways, credit of any kind."""
from asked import case
from client import cents

DEPOSIT_WAYS = ("BM status", "CX status", "created as paid", "CX receipt", "CX allocation", "JS payment", "gateway")


def deposit(row, description="Credit Deposit", **fields):
    body = {"user_id": 1, "due_date": "2026-03-10", "items": [{"description": description, "quantity": 1, "unit_price": 100}]}
    return row.w.bm("POST", "/invoices", {**body, **fields})


def pay(row, invoice, way, amount="100.00"):
    """Pays an invoice in one of the ways; answers the last answer."""
    w = row.w
    if way == "BM status":
        return row.status(invoice, "Paid", "bm")
    if way == "CX status":
        return row.status(invoice, "Paid")
    if way == "CX receipt":
        return row.receipt(amount, must=False, invoice_id=invoice)
    if way == "CX allocation":
        receipt = row.receipt(amount)
        return w.cx("POST", f"/receipts/{receipt['id']}/allocations", {"allocations": [{"invoice_id": invoice}]})
    if way == "JS payment":
        return row.payment(amount, invoices_id=[invoice])
    return w.notice(w.cx("GET", f"/invoices/{invoice}")["invoice_number"], amount, f"pay-{invoice}")


@case(1, "deposit paid after the tenant's first credit note", DEPOSIT_WAYS)
def deposits(row):
    row.note("1.00", customer=2, must=True)
    for count in (1, 2):
        if row.way == "created as paid":
            row.done("create as paid", deposit(row, status="paid"))
        else:
            made = row.must(deposit(row))
            row.done("pay", pay(row, made["id"], row.way))
        row.balances(f"after deposit {count}", 10000 * count)
    row.done("pay out", row.refund("200.00"))
    row.refused("pay out more", row.refund("0.01"), (422,))


@case(2, "an item that only begins with the words of a deposit", ("CX, CX status", "CX, BM status", "JS, JS payment", "BM"))
def not_deposits(row):
    words = "Credit Deposit box rental"
    if row.way == "BM":
        items = [{"description": "Credit Deposit", "quantity": 1, "unit_price": 100},
                 {"description": "Hosting", "quantity": 1, "unit_price": 20}]
        made = row.must(row.w.bm("POST", "/invoices", {"user_id": 1, "due_date": "2026-03-10", "items": items}))
        row.done("pay", row.receipt("120.00", must=False, invoice_id=made["id"]))
        row.balances("only the deposit's line is credit", 10000)
        return
    if row.way.startswith("JS"):
        body = {"clients_id": 1, "start_dt": "2026-02-01", "stop_dt": "2026-03-01", "items": [{"description": words, "amount": 100}]}
        made = row.must(row.w.js("POST", "/accounting/invoices", body))
    else:
        made = row.invoice(item={"description": words})
    row.done("pay", pay(row, made["id"], row.way.split(", ")[1]))
    row.eq("credit notes", len(row.notes_of()), 0)
    row.balances("an ordinary sale", 0)


@case(3, "refunded by its status after a credit note for all of it", ("CX", "BM"))
def refunded_nothing(row):
    made = row.invoice("100.00", item={"taxes": ["VAT20"]})
    row.note("100.00", made["id"], taxes=["VAT20"], must=True)
    before = row.w.accounts()
    row.refused("Refunded", row.status(made["id"], "Refunded", row.way.lower()), (409,) if row.way == "CX" else (409, 422))
    row.eq("accounts", row.w.accounts(), before)
    row.eq("clearing", row.w.money("clearing"), 0)


@case(4, "money paid out twice", ("JS then CX", "CX then JS", "JS then JS", "refunded receipt pays", "refunded receipt pays, JS",
                                  "receipt deleted between", "refunded receipt deleted"))
def twice(row):
    w = row.w
    if row.way in ("JS then CX", "CX then JS", "JS then JS"):
        first, _, second = row.way.split()
        row.must(row.payment(30))
        row.done("first refund", row.payment(-30) if first == "JS" else row.refund("30.00"))
        row.refused("second refund", row.payment(-30) if second == "JS" else row.refund("30.00"), (422,))
        row.refused("a cent more", row.payment("-0.01") if second == "JS" else row.refund("0.01"), (422,))
        row.balances("after both", 0)
    elif row.way.startswith("refunded receipt pays"):
        receipt = row.must(row.payment(30))
        row.must(row.payment(-30) if row.way.endswith("JS") else row.refund("30.00"))
        invoice = row.invoice("30.00")
        row.refused("allocate", w.cx("POST", f"/receipts/{receipt['id']}/allocations",
                                     {"allocations": [{"invoice_id": invoice["id"]}]}), (422, 409))
        row.eq("invoice", w.cx("GET", f"/invoices/{invoice['id']}")["status"], "Unpaid")
        row.balances("at the end", -3000)
    else:
        receipt = row.receipt("30.00")
        row.must(row.refund("30.00"))
        gone = w.cx("DELETE", f"/receipts/{receipt['id']}")
        if row.way == "refunded receipt deleted":
            row.refused("delete what was given back", gone, (409, 422))
            row.balances("at the end", 0)
            return
        row.receipt("30.00")
        row.refund("30.00")
        row.refund("30.00")
        came = sum(cents(r["amount"]) for r in w.every("/receipts?customer_id=1"))
        left = sum(cents(r["amount"]) for r in w.every("/refunds?customer_id=1"))
        row.true("no more leaves than came", left <= came, f"in {came}, out {left}")
        row.eq("bank", w.money(), came - left)
        row.balances("at the end", came - left)


@case(5, "refunded by status, and its money once more", ("deleted", "deleted in CX", "deposit", "deposit, refund first", "receipt reused"))
def status_and_money(row):
    w = row.w
    if row.way.startswith("deposit"):
        made = row.must(deposit(row))
        row.must(row.receipt("100.00", invoice_id=made["id"]))
        row.balances("credit of the deposit", 10000)
        tries = [lambda: row.status(made["id"], "Refunded", "bm"), lambda: row.refund("100.00")]
        answers = [t() for t in (reversed(tries) if row.way.endswith("first") else tries)]
        row.eq("how many of the two were done", sum(a.ok for a in answers), 1)
        row.eq("money that is left of 100", w.cash(), 0)
        row.balances("credit", 0)
        return
    made = row.invoice()
    row.must(row.receipt("100.00", invoice_id=made["id"]))
    row.must(row.status(made["id"], "Refunded", "bm"))
    row.eq("money after the refund", w.cash(), 0)
    if row.way == "receipt reused":
        other = row.invoice("100.00")
        receipt = w.every("/receipts?customer_id=1")[0]["id"]
        w.cx("DELETE", f"/receipts/{receipt}/allocations")
        w.cx("POST", f"/receipts/{receipt}/allocations", {"allocations": [{"invoice_id": other["id"]}]})
        row.eq("the other invoice", w.cx("GET", f"/invoices/{other['id']}")["status"], "Unpaid")
    else:
        gone = (w.cx if row.way.endswith("CX") else w.bm)("DELETE", f"/invoices/{made['id']}")
        row.notes.append(f"DELETE {gone.status}")
    row.eq("money at the end", w.cash(), 0)
    row.refused("pay out once more", row.refund("100.00"), (422,))
    row.eq("money after that", w.cash(), 0)


@case(14, "a gateway's notice of money that came", ("cancelled", "void", "paid already", "same twice", "one reference, two invoices",
                                                    "draft", "refunded", "more than is due", "deleted"))
def notices(row):
    w = row.w
    made = row.invoice(status="Draft") if row.way == "draft" else row.invoice()
    number = made["invoice_number"] or "INV-2026-001"
    if row.way in ("cancelled", "void"):
        row.must(row.status(made["id"], row.way.title()))
    if row.way == "deleted":
        row.must(w.cx("DELETE", f"/invoices/{made['id']}"))
    if row.way in ("paid already", "same twice", "refunded"):
        row.must(w.notice(number, "100.00", "ref-1"))
    if row.way == "refunded":
        row.must(row.status(made["id"], "Refunded"))
    if row.way == "one reference, two invoices":
        other = row.invoice("70.00")
        row.done("first", w.notice(number, "100.00", "same"))
        row.done("second", w.notice(other["invoice_number"], "70.00", "same"))
        row.eq("bank", w.money(), 17000)
        row.balances("both paid", 0)
        row.done("first again", w.notice(number, "100.00", "same"))
        row.eq("bank after the repeated notice", w.money(), 17000)
        return
    bank, balance = w.money(), w.balance()
    amount = "130.00" if row.way == "more than is due" else "100.00"
    got = w.notice(number, amount, "ref-1" if row.way == "same twice" else "ref-2")
    if row.way in ("draft", "deleted"):
        row.true("refused, or the money is there", not got.ok or w.money() == bank + 10000, got.text())
        return
    row.done("notice", got)
    came = 0 if row.way == "same twice" else cents(amount)
    row.eq("money that came", w.money() - bank, came)
    status = w.cx("GET", f"/invoices/{made['id']}")["status"]
    if row.way in ("cancelled", "void") and status == "Paid":
        row.balances("paid as the contract says", 0)
    else:
        left = came - 10000 if row.way == "more than is due" else came
        row.balances("the money is the customer's credit", balance + left if row.way != "more than is due" else left)
        if left:
            row.done("and can be paid out", row.refund(str(left // 100)))


@case(15, "an invoice that totals less than nothing", ("BM", "BM, status paid", "JS charges", "BM, used"))
def negative(row):
    w = row.w
    if row.way.startswith("BM"):
        items = [{"description": "Work", "quantity": 1, "unit_price": 10}, {"description": "Off", "quantity": 1, "unit_price": -15}]
        body = {"user_id": 1, "due_date": "2026-03-10", "items": items}
        body.update({"status": "paid"} if row.way.endswith("paid") else {})
        row.must(w.bm("POST", "/invoices", body))
    else:
        for amount in (-10, 15):
            row.must(w.js("POST", "/accounting/transactions", {"clients_id": 1, "type": "charge", "amount": amount, "dt": "2026-02-15"}))
        row.must(w.js("POST", "/accounting/invoices", {"clients_id": 1, "start_dt": "2026-02-01", "stop_dt": "2026-03-01"}))
    row.balances("credit", 500)
    if row.way == "BM, used":
        other = row.invoice("5.00")
        row.must(w.cx("PUT", "/settings", {"credit_auto_payment": True}))
        row.notes.append("the next invoice is open, the credit beside it: pays itself only with the wallet on")
        row.must(w.cx("DELETE", f"/invoices/{other['id']}"))
        row.must(w.cx("PUT", "/customers/1", {"auto_credit_payment": True}))
        other = row.invoice("5.00")
        row.eq("the wallet pays the next invoice", w.cx("GET", f"/invoices/{other['id']}")["status"], "Paid")
        row.balances("credit is used", 0)
        return
    row.refused("more than it", row.refund("5.01"), (422,))
    row.done("pay out", row.refund("5.00"))
    row.balances("at the end", 0)
    row.refused("and again", row.payment(-5), (422,))


@case(16, "a customer deleted while anything is open", ("BM", "BM, credit only", "CX", "JS"))
def deleted_customer(row):
    w = row.w
    if row.way != "BM, credit only":
        made = row.invoice()
    row.receipt("30.00")
    send = {"BM": lambda: w.bm("DELETE", "/users/1"), "CX": lambda: w.cx("DELETE", "/customers/1"), "JS": lambda: w.js("DELETE", "/clients/1")}
    gone = send[row.way[:2]]()
    if gone.ok and row.way == "BM":
        row.done("its money still books", row.receipt("70.00", must=False, invoice_id=made["id"]))
    elif gone.ok and row.way.startswith("BM"):
        row.done("its credit can be paid out", row.refund("30.00"))
    else:
        row.refused("delete", gone, (409, 422) if row.way != "CX" else (409,))
        row.done("pay", row.payment(100))


@case(27, "receivables are the receivable account", ("JS refund without credit", "JS refund of credit", "CX refund", "deleted receipt"))
def receivables(row):
    w = row.w
    row.invoice("50.00")
    if row.way == "JS refund without credit":
        row.refused("nothing to pay out", row.payment(-30), (422,))
    elif row.way == "deleted receipt":
        receipt = row.receipt("30.00", customer=2)
        w.js("POST", "/accounting/transactions", {"clients_id": 2, "type": "payment", "amount": -30})
        w.cx("DELETE", f"/receipts/{receipt['id']}")
    else:
        row.must(row.payment(30, customer=2))
        row.done("refund", row.payment(-30, customer=2) if row.way.startswith("JS") else row.refund("30.00", customer=2))
    got = w.cx("GET", "/reports/receivables")
    row.eq("report less credit", cents(got["total"]) - cents(got["unallocated_credit"]), w.accounts(True).get(("receivable", "USD"), 0))
