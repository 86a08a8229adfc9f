// Customers: the list and one of them.

import { call, may } from "./api.js";
import { facts, fresh, h, link, table } from "./dom.js";
import { counted, day, instant, money } from "./format.js";
import { filters, pager } from "./form.js";
import { invoiceColumns } from "./invoices.js";

const LIST = "/customers";

export async function customers({ query, to }) {
  const { data, meta } = await call("customers", { query: { ...query, limit: 20 } });
  const said = `${counted(meta.total_records, "customer")}${query.search ? ` with “${query.search}”` : ""}`;
  return {
    title: "Customers",
    said,
    nodes: [
      h("h1", {}, "Customers"),
      filters(LIST, query, [{ name: "search", label: "Name, e-mail address or phone number", type: "search" }], to),
      h("p", { class: "hint" }, said),
      table(
        "Customers",
        [
          { name: "Name", cell: (one) => link(`${LIST}/${one.id}`, one.account) },
          { name: "E-mail", cell: (one) => one.email },
          { name: "Phone", cell: (one) => one.phone },
          { name: "Place", cell: (one) => [one.city, one.country].filter(Boolean).join(", ") || null },
          { name: "Since", cell: (one) => instant(one.created_at) },
        ],
        data,
        { empty: query.search ? "No customer fits." : "There are no customers yet." },
      ),
      pager(LIST, query, meta),
    ].filter(Boolean),
  };
}

export async function customer({ params }) {
  const { data: one } = await call(`customers/${encodeURIComponent(params.id)}`);
  const of = { query: { customer_id: one.id, limit: 10 } };
  const [invoices, payments, statement] = await Promise.all([
    may("invoices.view") ? call("invoices", of) : null,
    may("transactions.view") ? call("transactions", of) : null,
    may("reports.view") ? call("reports/statement", { query: { customer_id: one.id } }) : null,
  ]);
  const section = (title, ...content) => {
    const name = fresh("part");
    return h("section", { "aria-labelledby": name }, h("h2", { id: name }, title), content);
  };
  const all = (list, path, words) =>
    list.meta.total_records > list.data.length
      ? h("p", {}, link(`${path}?customer_id=${one.id}`, `All ${list.meta.total_records} ${words}`))
      : null;
  return {
    title: one.account,
    nodes: [
      h("nav", { class: "crumbs", "aria-label": "Where you are" }, link(LIST, "Customers")),
      h("h1", {}, one.account),
      facts([
        ["Number", String(one.id)],
        ["E-mail", one.email],
        ["Phone", one.phone],
        ["Company", one.company],
        ["Address", [one.address, one.zip, one.city, one.state, one.country].filter(Boolean).join(", ")],
        statement ? ["Balance", money(statement.data.closing_balance, statement.data.currency)] : null,
        ["Pays from credit", one.auto_credit_payment ? "Yes" : "No"],
        ["Since", instant(one.created_at)],
      ]),
      invoices &&
        section(
          "Invoices",
          table("The latest invoices", invoiceColumns(), invoices.data, { empty: "No invoice yet." }),
          all(invoices, "/invoices", "invoices"),
        ),
      payments &&
        section(
          "Payments",
          table(
            "The latest payments",
            [
              { name: "Payment", cell: (row) => link(`/payments/${row.id}`, row.number ?? `Number ${row.id}`) },
              { name: "Date", cell: (row) => day(row.date) },
              { name: "Amount", number: true, cell: (row) => money(row.amount, row.currency) },
              { name: "Kind", cell: (row) => row.kind },
            ],
            payments.data,
            { empty: "No payment yet." },
          ),
          all(payments, "/payments", "payments"),
        ),
    ].filter(Boolean),
  };
}
