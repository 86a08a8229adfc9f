// What was sent to a webhook, what became of it, and sending it again.

import { call, printed } from "./api.js";
import { badge, button, facts, fresh, h, link, table } from "./dom.js";
import { counted, instant, spoken } from "./format.js";
import { attempt, confirmed, field, filters, form, pager } from "./form.js";

const STATUSES = [
  ["", "Any"],
  ["pending", "Pending"],
  ["delivered", "Delivered"],
  ["dead", "Given up"],
];
const word = (status) =>
  badge(
    STATUSES.find(([one]) => one === status)?.[1] ?? spoken(status),
    { delivered: "good", dead: "bad", pending: "warn" }[status],
  );

/** The list of a webhook's deliveries with its filters, and the form that sends a range of them again. */
export async function deliveries(id, query, { again, to }) {
  const path = `/webhooks/${id}`;
  const { data, meta } = await call(`webhooks/${encodeURIComponent(id)}/deliveries`, {
    query: { ...query, limit: 20 },
  });
  const place = h("div", { class: "outcome" });
  const replayed = async (one) =>
    attempt(place, async () => {
      await call(`webhooks/${encodeURIComponent(id)}/deliveries/${encodeURIComponent(one.id)}/replay`, {
        method: "POST",
        body: {},
      });
      await again(`${one.event} is sent again.`);
    });
  return [
    filters(
      path,
      query,
      [
        { name: "status", label: "Status", options: STATUSES },
        { name: "event", label: "Event", type: "search" },
        { name: "from", label: "From", type: "date" },
        { name: "to", label: "To", type: "date" },
      ],
      to,
    ),
    h("p", { class: "hint" }, counted(meta.total_records, "delivery", "deliveries")),
    place,
    table(
      "Deliveries",
      [
        { name: "Event", cell: (one) => link(`${path}/deliveries/${encodeURIComponent(one.id)}`, one.event) },
        { name: "About", cell: (one) => (one.object ? `${spoken(one.object)} ${one.object_id}` : null) },
        { name: "Status", cell: (one) => word(one.status) },
        { name: "Attempts", number: true, cell: (one) => String(one.attempts.length) },
        { name: "Happened", cell: (one) => instant(one.created_at) },
        {
          name: "Delivered",
          cell: (one) =>
            instant(one.delivered_at) ?? (one.next_attempt_at ? `Next try ${instant(one.next_attempt_at)}` : null),
        },
        {
          name: "Actions",
          quiet: true,
          cell: (one) => {
            const act = button("Send again", () => replayed(one));
            act.setAttribute("aria-label", `Send again: ${one.event} of ${instant(one.created_at)}`);
            return act;
          },
        },
      ],
      data,
      { empty: Object.keys(query).length > 0 ? "No delivery fits." : "Nothing was sent yet." },
    ),
    pager(path, query, meta),
    h(
      "details",
      { class: "panel" },
      h("summary", {}, "Send a range again"),
      form({
        submit: "Send them again",
        fields: [
          field({ name: "from", label: "Happened from", type: "date", required: true }),
          field({ name: "to", label: "until the end of", type: "date", required: true }),
          field({
            name: "status",
            label: "Status",
            required: true,
            value: "dead",
            options: STATUSES.filter(([one]) => ["dead", "delivered"].includes(one)),
          }),
        ],
        act: async (values) => {
          if (
            !(await confirmed({
              title: "Send them again?",
              text: "Your server gets each of these events once more, with the id that it had.",
              yes: "Send",
            }))
          )
            return;
          let [count, after] = [0, undefined];
          do {
            // so many at a time as the API takes
            const { data } = await call(`webhooks/${encodeURIComponent(id)}/replay`, {
              method: "POST",
              body: { ...values, after },
            });
            [count, after] = [count + data.replayed, data.next ?? undefined];
          } while (after !== undefined);
          await again(`${counted(count, "delivery is", "deliveries are")} sent again.`);
        },
      }),
    ),
  ].filter(Boolean);
}

/** The page of one delivery: its attempts and its payload. */
export async function delivery({ params, again }) {
  const path = `webhooks/${encodeURIComponent(params.id)}/deliveries/${encodeURIComponent(params.delivery)}`;
  const { data: one } = await call(path, { marked: true });
  const place = h("div", { class: "outcome" });
  const replayed = () =>
    attempt(place, async () => {
      await call(`${path}/replay`, { method: "POST", body: {} });
      await again("It is sent again.");
    });
  const [tries, payload] = [fresh("tries"), fresh("payload")];
  const text = typeof one.payload === "string" ? one.payload : printed(one.payload ?? null);
  return {
    title: `Delivery of ${one.event}`,
    nodes: [
      h(
        "nav",
        { class: "crumbs", "aria-label": "Where you are" },
        link("/webhooks", "Webhooks"),
        " / ",
        link(`/webhooks/${params.id}`, `Webhook ${params.id}`),
      ),
      h(
        "div",
        { class: "heading" },
        h("h1", {}, one.event),
        word(one.status),
        button("Send again", replayed, "primary"),
      ),
      place,
      facts([
        ["Delivery", h("code", {}, one.id)],
        ["About", one.object ? `${spoken(one.object)} ${one.object_id}` : null],
        ["Place in the order of events", one.sequence !== undefined ? String(one.sequence) : null],
        ["Happened", instant(one.created_at)],
        ["Delivered", instant(one.delivered_at)],
        ["Next try", instant(one.next_attempt_at)],
      ]),
      h(
        "section",
        { "aria-labelledby": tries },
        h("h2", { id: tries }, "Attempts"),
        table(
          "Attempts",
          [
            { name: "When", cell: (row) => instant(row.at) },
            {
              name: "Answer",
              cell: (row) =>
                row.status_code ? badge(String(row.status_code), row.status_code < 300 ? "good" : "bad") : null,
            },
            { name: "What came back", cell: (row) => [row.error, row.answer].filter(Boolean).join(": ") || null },
            {
              name: "Took",
              number: true,
              cell: (row) =>
                row.duration_ms === null || row.duration_ms === undefined ? null : `${row.duration_ms} ms`,
            },
          ],
          one.attempts,
          { empty: "It was not tried yet." },
        ),
      ),
      h(
        "section",
        { "aria-labelledby": payload },
        h("h2", { id: payload }, "Payload"),
        h("pre", { tabindex: "0", "aria-labelledby": payload }, text),
      ),
    ],
  };
}
