// The first page: money, what is still to be earned, and usage against limits.

import { call, may, sessionLimit } from "./api.js";
import { bars } from "./chart.js";
import { fresh, h, link, table } from "./dom.js";
import { day, grouped, instant, isZero, money, month, today } from "./format.js";
import { field } from "./form.js";

export async function overview({ query, to }) {
  const thisYear = Number(today().slice(0, 4));
  const year = Number(query.year ?? thisYear);
  const months = Array.from({ length: 12 }, (_, place) => place + 1);
  const ask = (path, asked) => call(path, { query: asked }).then((said) => said.data);
  const [byMonth, whole, revenue, owed, credentials] = await Promise.all([
    Promise.all(months.map((number) => ask("reports/financial", { year, month: number }))),
    ask("reports/financial", { year }),
    ask("reports/revenue"),
    ask("reports/receivables"),
    may("credentials.view") ? inUse() : null,
  ]);
  const late = owed.overdue.filter((bucket) => !isZero(bucket.amount));
  const nodes = [
    h("h1", {}, "Overview"),
    h(
      "ul",
      { class: "cards" },
      card(
        "Owed to you",
        money(owed.total, owed.currency),
        late.length === 0 ? "Nothing is overdue" : null,
        "/invoices?status=Unpaid",
      ),
      card(
        `Income in ${year}`,
        money(whole.income, whole.currency),
        `Expenses ${money(whole.expenses, whole.currency)}`,
      ),
      card(`Profit in ${year}`, money(whole.profit, whole.currency)),
      card("Still to be earned", money(revenue.deferred, revenue.currency), `As of ${day(revenue.as_of)}`),
    ),
    yearChoice(year, thisYear, to),
    bars({
      title: `Income and expenses in ${year}`,
      unit: whole.currency,
      about: "What was received and what was spent in each month.",
      labels: months.map((number) => month(`${year}-${String(number).padStart(2, "0")}`)),
      series: [
        { name: "Income", values: byMonth.map((one) => one.income) },
        { name: "Expenses", values: byMonth.map((one) => one.expenses) },
      ],
    }),
    deferred(revenue),
    receivables(owed),
    usage(credentials),
  ];
  return { title: "Overview", nodes, said: `Figures of ${year}` };
}

function card(name, figure, about, path) {
  return h(
    "li",
    { class: "card" },
    h("h2", {}, path ? link(path, name) : name),
    h("p", { class: "figure" }, figure),
    about ? h("p", { class: "hint" }, about) : null,
  );
}

function yearChoice(year, thisYear, to) {
  const years = Array.from({ length: 6 }, (_, back) => thisYear - back);
  const choice = field({
    id: "year",
    name: "year",
    label: "Year",
    required: true,
    value: year,
    options: [...new Set([year, ...years])].sort((a, b) => b - a).map((one) => [one, one]),
    onchange: (event) => to(`/overview?year=${event.target.value}`),
  });
  return h("div", { class: "filters" }, choice.element);
}

function deferred(revenue) {
  const title = "Earned and still to be earned";
  if (revenue.months.length === 0) {
    return h(
      "section",
      { class: "chart" },
      h("h2", {}, title),
      h(
        "p",
        { class: "empty" },
        "No invoice has lines yet. What is invoiced for a period is earned day by day, and shown here.",
      ),
    );
  }
  return bars({
    title,
    unit: revenue.currency,
    about: `What invoices bring in by the month that it is earned in, as of ${day(revenue.as_of)}.`,
    labels: revenue.months.map((one) => month(one.month)),
    series: [
      { name: "Earned", values: revenue.months.map((one) => one.recognised) },
      { name: "Deferred", values: revenue.months.map((one) => one.deferred) },
    ],
  });
}

function receivables(owed) {
  const days = ({ from_days: from, to_days: until }) =>
    until === null ? `${from} days overdue or more` : `${from} to ${until} days overdue`;
  const rows = [
    ["Not due yet", owed.current],
    ...owed.overdue.map((one) => [days(one), one.amount]),
    ["Together", owed.total],
  ];
  const name = fresh("owed");
  return h(
    "section",
    { "aria-labelledby": name },
    h("h2", { id: name }, "What is owed, by age"),
    h(
      "p",
      { class: "hint" },
      `As of ${day(owed.as_of)}. ${money(owed.unallocated_credit, owed.currency)} were paid and are not yet set against an invoice.`,
    ),
    table(
      `What is owed, in ${owed.currency}`,
      [
        { name: "Age", cell: (row) => row[0] },
        { name: "Amount", number: true, cell: (row) => money(row[1], owed.currency) },
      ],
      rows,
      { narrow: true },
    ),
  );
}

/** Every key and token with its use, a page of each. */
async function inUse() {
  const [keys, tokens] = await Promise.all(["api-keys", "tokens"].map((path) => call(path, { query: { limit: 100 } })));
  const cut = (said) => said.meta.total_records - said.data.length;
  return {
    more: cut(keys) + cut(tokens),
    rows: [
      ...keys.data.map((one) => ({ ...one, name: one.label, path: "/keys", per: "an hour" })),
      ...tokens.data.map((one) => ({ ...one, path: "/tokens", per: "a minute" })),
    ],
  };
}

function usage(credentials) {
  const name = fresh("usage");
  const own = sessionLimit();
  const session = own
    ? [{ name: "This session", used: own.size - own.remaining, rate_limit: own.size, per: "an hour" }]
    : [];
  const rows = [...session, ...(credentials?.rows ?? []).map((one) => ({ ...one, used: one.requests_used ?? null }))];
  return h(
    "section",
    { "aria-labelledby": name },
    h("h2", { id: name }, "Usage against limits"),
    h(
      "p",
      { class: "hint" },
      "Requests in the hour (keys, sessions) or minute (tokens) that is running. A request above the limit is answered 429.",
    ),
    table(
      "Usage against limits",
      [
        { name: "Credential", cell: (row) => (row.path ? link(row.path, row.name || `Number ${row.id}`) : row.name) },
        { name: "Used", cell: (row) => meter(row) },
        { name: "Limit", number: true, cell: (row) => `${grouped(row.rate_limit)} ${row.per}` },
        { name: "Last used", cell: (row) => (row.path ? (instant(row.last_used_at) ?? "Never") : "Now") },
      ],
      rows,
    ),
    credentials?.more > 0 ? h("p", { class: "hint" }, `And ${credentials.more} more.`) : null,
  );
}

function meter(row) {
  if (row.used === null) return "–";
  const most = row.rate_limit;
  return h(
    "span",
    { class: "use" },
    h("meter", {
      min: 0,
      max: most,
      high: most * 0.8,
      optimum: 0,
      value: row.used,
      "aria-label": `Used by ${row.name || row.id}`,
    }),
    ` ${row.used}`,
  );
}
