// Something to look at: invoices, payments and expenses of the demo tenant.

const { ask, must } = require("./browser.cjs");

/** Invoices over four months, paid, unpaid, overdue and in yen; payments and expenses. */
async function furnish(address) {
  const make = async (path, body) => {
    const made = await ask(address, "POST", `/api/v2/${path}`, { body });
    must(made.status === 201, `${path}: ${JSON.stringify(made.json)}`);
    return made.json.data;
  };
  const invoice = (customer_id, date, items, more = {}) => make("invoices", { customer_id, date, items, ...more });
  const line = (description, amount, more = {}) => ({ description, amount, qty: 1, ...more });
  await make("exchange-rates", { from: "USD", to: "JPY", rate: "150.25", date: "2026-01-01" });
  const first = await invoice(
    42,
    "2025-11-15",
    [line("Hosting, a year", 1200, { taxes: ["SGST", "CGST"], billing_cycle: "Annually", period_start: "2025-11-15" })],
    { due_date: "2025-12-15", notes: "Thank you." },
  );
  const second = await invoice(3, "2026-01-10", [line("Design", "3400.50"), line("Domain", 14, { qty: 2 })], {
    due_date: "2026-02-10",
  });
  await invoice(7, "2026-02-01", [line("Support", 45000)], { currency: "JPY", due_date: "2026-03-10" });
  await invoice(
    9,
    "2026-02-15",
    [
      line("Hosting, half a year", 600, {
        taxes: ["SGST", "CGST"],
        billing_cycle: "Semi-Annually",
        period_start: "2026-02-15",
      }),
    ],
    { due_date: "2026-03-15" },
  );
  for (let customer = 11; customer <= 30; customer += 1) {
    await invoice(customer, `2026-02-2${customer % 9}`, [line("Hosting, a month", `${customer * 7}.50`)]);
  }
  await make("receipts", {
    customer_id: 42,
    account_id: 1,
    amount: 1416,
    invoice_id: first.id,
    date: "2025-12-10",
    method: "wire",
    reference: "8841",
  });
  await make("receipts", { customer_id: 3, account_id: 1, amount: "1000", invoice_id: second.id, date: "2026-02-01" });
  for (const [amount, date] of [
    ["310.20", "2026-01-31"],
    ["290.00", "2026-02-28"],
  ]) {
    await make("transactions", { type: "Expense", account_id: 1, amount, description: "Server rent", date });
  }
  return { paid: first, partly: second };
}

module.exports = { furnish };
