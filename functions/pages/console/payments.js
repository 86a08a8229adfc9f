// Payments: money that came and went.

import { call, customerNames } from "./api.js";
import { badge, facts, fresh, h, link, table } from "./dom.js";
import { counted, day, instant, money, spoken } from "./format.js";
import { filters, pager } from "./form.js";
import { customerLink } from "./invoices.js";

const LIST = "/payments";

export async function payments({ query, to }) {
  const { data, meta } = await call("transactions", { query: { ...query, limit: 20 } });
  const names = await customerNames(data.map((one) => one.customer_id));
  const said = counted(meta.total_records, "payment");
  return {
    title: "Payments",
    said,
    nodes: [
      h("h1", {}, "Payments"),
      filters(
        LIST,
        query,
        [
          { name: "search", label: "Number", type: "search" },
          {
            name: "type",
            label: "Direction",
            options: [
              ["", "In and out"],
              ["Income", "In"],
              ["Expense", "Out"],
            ],
          },
          { name: "customer_id", label: "Customer number", inputmode: "numeric" },
          { name: "date_from", label: "From", type: "date" },
          { name: "date_to", label: "To", type: "date" },
        ],
        to,
      ),
      h("p", { class: "hint" }, said),
      table(
        "Payments",
        [
          { name: "Payment", cell: (one) => link(`${LIST}/${one.id}`, one.number ?? `Number ${one.id}`) },
          { name: "Date", cell: (one) => day(one.date) },
          { name: "Customer", cell: (one) => customerLink(names, one.customer_id) },
          { name: "Kind", cell: (one) => badge(spoken(one.kind), one.type === "Income" ? "good" : "plain") },
          { name: "Description", cell: (one) => one.description || null },
          { name: "Amount", number: true, cell: (one) => money(signed(one), one.currency) },
        ],
        data,
        { empty: Object.keys(query).length > 0 ? "No payment fits." : "There are no payments yet." },
      ),
      pager(LIST, query, meta),
    ].filter(Boolean),
  };
}

/** What went out has a minus sign. */
const signed = (one) => (one.type === "Expense" ? `-${one.amount}` : one.amount);

export async function payment({ params }) {
  const { data: one } = await call(`transactions/${encodeURIComponent(params.id)}`);
  const names = await customerNames([one.customer_id]);
  const title = one.number ? `${spoken(one.kind)} ${one.number}` : `${spoken(one.kind)} ${one.id}`;
  const name = fresh("against");
  return {
    title,
    nodes: [
      h("nav", { class: "crumbs", "aria-label": "Where you are" }, link(LIST, "Payments")),
      h("h1", {}, title),
      facts([
        ["Amount", money(signed(one), one.currency)],
        ["Date", day(one.date)],
        ["Customer", customerLink(names, one.customer_id)],
        ["Method", one.method],
        ["Reference", one.reference],
        ["Description", one.description],
        ["Account", one.account_id && String(one.account_id)],
        one.unallocated !== undefined ? ["Not set against anything", money(one.unallocated, one.currency)] : null,
        ["Recorded", instant(one.created_at)],
      ]),
      one.allocations
        ? h(
            "section",
            { "aria-labelledby": name },
            h("h2", { id: name }, "Set against"),
            table(
              "What it was set against",
              [
                {
                  name: "Document",
                  cell: (row) =>
                    row.type === "invoice"
                      ? link(`/invoices/${row.id}`, row.number ?? `Number ${row.id}`)
                      : (row.number ?? `${row.type} ${row.id}`),
                },
                { name: "Kind", cell: (row) => spoken(row.type) },
                { name: "Amount", number: true, cell: (row) => money(row.amount, one.currency) },
              ],
              one.allocations,
              { empty: "It is on account, and set against nothing." },
            ),
          )
        : null,
    ].filter(Boolean),
  };
}
