// Webhooks: where events are sent to, and one of them with its deliveries.

import { call } from "./api.js";
import { announce, badge, button, facts, fresh, h, link, secret, table } from "./dom.js";
import { counted, instant } from "./format.js";
import { attempt, confirmed, field, form, pager } from "./form.js";
import { deliveries } from "./deliveries.js";

const LIST = "/webhooks";
const ABOUT_SECRET =
  "Your server checks with it that a delivery is ours. Copy it now and keep it there: nobody can show it again.";

const fields = (one) => [
  field({
    name: "url",
    label: "Address",
    type: "url",
    required: true,
    value: one?.url,
    hint: "Where we send events to, beginning with https://",
    placeholder: "https://example.com/hooks",
    autocomplete: "off",
  }),
  field({
    name: "events",
    label: "Events",
    required: true,
    value: one?.events.join(", "),
    hint: "With commas between them: invoice.paid, customer.*, or * for all.",
    autocomplete: "off",
    spellcheck: "false",
  }),
  field({ name: "description", label: "What it is for", value: one?.description, maxlength: 500 }),
];

const bodyOf = (values) => ({
  url: values.url,
  events: values.events
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean),
  description: values.description,
});

/** Whether it is in use, as a word. */
function state(one) {
  if (one.disabled_reason) return badge("Switched off by us", "bad");
  return one.active ? badge("Active", "good") : badge("Switched off");
}

export async function webhooks({ query }) {
  const read = () => call("webhooks", { query: { page: query.page, limit: 20 } });
  const place = h("div", { class: "outcome" });
  const list = h("div");
  const fill = ({ data, meta }) =>
    list.replaceChildren(
      ...[
        h("h2", {}, "Webhooks"),
        table(
          "Webhooks",
          [
            { name: "Address", cell: (one) => link(`${LIST}/${one.id}`, one.url) },
            { name: "What it is for", cell: (one) => one.description },
            { name: "Events", cell: (one) => (one.events.includes("*") ? "All" : one.events.join(", ")) },
            { name: "State", cell: state },
            { name: "Made", cell: (one) => instant(one.created_at) },
          ],
          data,
          { empty: "There is no webhook yet." },
        ),
        pager(LIST, query, meta),
      ].filter(Boolean),
    );
  const first = await read();
  fill(first);
  const details = h(
    "details",
    { class: "panel" },
    h("summary", {}, "Register a webhook"),
    form({
      fields: fields(),
      submit: "Register the webhook",
      act: async (values) => {
        const said = await call("webhooks", { method: "POST", body: bodyOf(values) });
        details.open = false;
        details.querySelector("form").reset();
        place.replaceChildren(secret("Secret", said.data.secret, ABOUT_SECRET));
        place.querySelector("h2").focus();
        announce(said.message ?? "The webhook was registered.");
        fill(await read());
      },
    }),
  );
  return {
    title: "Webhooks",
    said: counted(first.meta.total_records, "webhook"),
    nodes: [
      h("h1", {}, "Webhooks"),
      h(
        "p",
        { class: "hint" },
        "Whenever one of its events happens, we send it to the address, and again for a while if it is not taken.",
      ),
      place,
      details,
      list,
    ],
  };
}

export async function webhook({ params, query, again, to }) {
  const path = `webhooks/${encodeURIComponent(params.id)}`;
  const { data: one } = await call(path);
  const place = h("div", { class: "outcome" });
  const rotated = async () => {
    const yes = await confirmed({
      title: "Rotate the secret?",
      text: "A new secret is made and shown once. Deliveries are signed with both for an hour, so that your server can change over.",
      yes: "Rotate",
    });
    if (yes)
      await attempt(place, async () => {
        const said = await call(`${path}/rotate`, { method: "POST", body: { overlap_seconds: 3600 } });
        place.replaceChildren(secret("Secret", said.data.secret, ABOUT_SECRET));
        place.querySelector("h2").focus();
        announce(said.message ?? "The secret was rotated.");
      });
  };
  const removed = async () => {
    const yes = await confirmed({
      title: "Delete this webhook?",
      text: `Nothing is sent to ${one.url} any more, and its deliveries are forgotten.`,
      yes: "Delete",
    });
    if (yes)
      await attempt(place, async () => {
        await call(path, { method: "DELETE" });
        to(LIST);
      });
  };
  const switched = () =>
    attempt(place, async () => {
      await call(path, { method: "PUT", body: { active: !one.active } });
      await again(one.active ? "It is switched off: nothing is sent." : "It is switched on again.");
    });
  const tested = () =>
    attempt(place, async () => {
      await call(`${path}/test`, { method: "POST", body: {} });
      await again("A test event is on its way. Look for it among the deliveries.");
    });
  const edited = form({
    fields: fields(one),
    submit: "Save",
    act: async (values) => {
      await call(path, { method: "PUT", body: bodyOf(values) });
      await again("The webhook was saved.");
    },
  });
  const name = fresh("sent");
  return {
    title: `Webhook ${one.id}`,
    said: "Deliveries were read again",
    nodes: [
      h("nav", { class: "crumbs", "aria-label": "Where you are" }, link(LIST, "Webhooks")),
      h("div", { class: "heading" }, h("h1", {}, `Webhook ${one.id}`), state(one)),
      place,
      facts([
        ["Address", one.url],
        ["Events", one.events.includes("*") ? "All" : one.events.join(", ")],
        ["What it is for", one.description],
        one.disabled_reason ? ["Why it is off", one.disabled_reason] : null,
        ["Made", instant(one.created_at)],
        ["Changed", instant(one.updated_at)],
      ]),
      h(
        "p",
        { class: "actions" },
        button("Send a test event", tested),
        button(one.active ? "Switch off" : "Switch on", switched),
        button("Rotate the secret", rotated),
        button("Delete", removed, "danger"),
      ),
      h("details", { class: "panel" }, h("summary", {}, "Change it"), edited),
      h(
        "section",
        { "aria-labelledby": name },
        h("h2", { id: name }, "Deliveries"),
        await deliveries(params.id, query, { again, to }),
      ),
    ],
  };
}
