// Invoices: the list, one of them, and its PDF.

import { call, customerNames, file } from "./api.js";
import { badge, button, facts, fresh, h, link, table } from "./dom.js";
import { counted, day, grouped, instant, isZero, money } from "./format.js";
import { attempt, filters, pager } from "./form.js";

const LIST = "/invoices";
const STATUSES = ["Unpaid", "Partially Paid", "Paid", "Draft", "Cancelled", "Void", "Refunded"];

/** The columns of a list of invoices; with the names of their customers, where they are known. */
export function invoiceColumns(names) {
  return [
    { name: "Invoice", cell: (one) => link(`${LIST}/${one.id}`, one.invoice_number ?? `Draft ${one.id}`) },
    names && { name: "Customer", cell: (one) => customerLink(names, one.customer_id) },
    { name: "Date", cell: (one) => day(one.date) },
    { name: "Due", cell: (one) => day(one.due_date) },
    { name: "Status", cell: status },
    { name: "Amount", number: true, cell: (one) => money(one.amount, one.currency) },
    { name: "Still due", number: true, cell: (one) => money(one.amount_due, one.currency) },
  ].filter(Boolean);
}

/** A customer by name, where it is known. */
export const customerLink = (names, id) =>
  id === null || id === undefined ? "–" : link(`/customers/${id}`, names.get(id) ?? `Customer ${id}`);

function status(one) {
  if (one.overdue) return badge(`${one.status}, overdue`, "bad");
  return badge(one.status, { Paid: "good", Unpaid: "warn", "Partially Paid": "warn" }[one.status]);
}

export async function invoices({ query, to }) {
  const { data, meta } = await call("invoices", { query: { ...query, overdue: query.overdue && 1, limit: 20 } });
  const names = await customerNames(data.map((one) => one.customer_id));
  const said = counted(meta.total_records, "invoice");
  return {
    title: "Invoices",
    said,
    nodes: [
      h("h1", {}, "Invoices"),
      filters(
        LIST,
        query,
        [
          { name: "search", label: "Number", type: "search" },
          { name: "status", label: "Status", options: [["", "Any"], ...STATUSES.map((one) => [one, one])] },
          { name: "customer_id", label: "Customer number", inputmode: "numeric" },
          { name: "date_from", label: "From", type: "date" },
          { name: "date_to", label: "To", type: "date" },
          {
            name: "overdue",
            label: "Overdue",
            options: [
              ["", "All"],
              ["1", "Only overdue"],
            ],
          },
        ],
        to,
      ),
      h("p", { class: "hint" }, said),
      table("Invoices", invoiceColumns(names), data, {
        empty: Object.keys(query).length > 0 ? "No invoice fits." : "There are no invoices yet.",
      }),
      pager(LIST, query, meta),
    ].filter(Boolean),
  };
}

export async function invoice({ params }) {
  const { data: one } = await call(`invoices/${encodeURIComponent(params.id)}`);
  const names = await customerNames([one.customer_id]);
  const title = one.invoice_number ? `Invoice ${one.invoice_number}` : `Draft ${one.id}`;
  const place = h("div");
  const sums = [
    ["Subtotal", one.subtotal],
    isZero(one.discount) ? null : ["Discount", one.discount],
    ...one.taxes.map((tax) => [`${tax.name}, ${tax.percent} %`, tax.amount]),
    ["Total", one.amount],
    ["Still due", one.amount_due],
  ].filter(Boolean);
  const [items, paid] = [fresh("items"), fresh("paid")];
  return {
    title,
    nodes: [
      h("nav", { class: "crumbs", "aria-label": "Where you are" }, link(LIST, "Invoices")),
      h(
        "div",
        { class: "heading" },
        h("h1", {}, title),
        status(one),
        one.invoice_number ? button("Download the PDF", () => attempt(place, () => download(one))) : null,
      ),
      place,
      facts([
        ["Customer", customerLink(names, one.customer_id)],
        ["Date", day(one.date)],
        ["Due", day(one.due_date)],
        ["Currency", one.currency],
        one.order_id ? ["Order", String(one.order_id)] : null,
        ["Made", instant(one.created_at)],
        ["Changed", instant(one.updated_at)],
        ["Notes", one.notes],
      ]),
      h(
        "section",
        { "aria-labelledby": items },
        h("h2", { id: items }, "Lines"),
        table(
          "Lines",
          [
            { name: "Description", cell: (item) => item.description },
            {
              name: "Period",
              cell: (item) => (item.period_start ? `${day(item.period_start)} to ${day(item.period_end)}` : null),
            },
            { name: "Quantity", number: true, cell: (item) => grouped(item.qty) },
            { name: "Price", number: true, cell: (item) => grouped(item.amount) },
            { name: `Total (${one.currency})`, number: true, cell: (item) => grouped(item.total) },
          ],
          one.items,
          { empty: "It has no lines." },
        ),
        h(
          "dl",
          { class: "sums" },
          sums.map(([name, amount]) => h("div", {}, h("dt", {}, name), h("dd", {}, money(amount, one.currency)))),
        ),
      ),
      h(
        "section",
        { "aria-labelledby": paid },
        h("h2", { id: paid }, "Paid by"),
        table(
          "What was set against it",
          [
            {
              name: "Document",
              cell: (row) =>
                row.type === "receipt"
                  ? link(`/payments/${row.id}`, row.number ?? `Number ${row.id}`)
                  : (row.number ?? `${row.type} ${row.id}`),
            },
            { name: "Kind", cell: (row) => row.type.replaceAll("_", " ") },
            { name: "Amount", number: true, cell: (row) => money(row.amount, one.currency) },
          ],
          one.payments,
          { empty: "Nothing was paid yet." },
        ),
      ),
    ],
  };
}

/** The PDF is asked for with the session, which an address cannot bear, and handed to the browser as a file. */
async function download(one) {
  const { bytes, name } = await file(`invoices/${one.id}/pdf`);
  const address = URL.createObjectURL(bytes);
  h("a", { href: address, download: name ?? `${one.invoice_number}.pdf` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return `${one.invoice_number} was downloaded.`;
}
