// API keys and access tokens: made, shown once, rotated, revoked.

import { call, current } from "./api.js";
import { announce, badge, button, h, secret, table } from "./dom.js";
import { counted, grouped, instant, spoken } from "./format.js";
import { attempt, confirmed, field, form, pager } from "./form.js";

/** How the two kinds differ: the API's words, and ours. */
const KINDS = {
  key: {
    path: "/keys",
    at: "api-keys",
    title: "API keys",
    one: "API key",
    name: "label",
    permits: "permissions",
    from: "allowed_ips",
    most: 1_000_000,
    usual: 1000,
    per: "an hour",
    secret: "key",
    about: "A key is for the CloudOnex and JeraSoft APIs: Authorization: Bearer, or X-Api-Key.",
    choices: [
      ["*", "Everything"],
      ["*.view", "Look, and change nothing"],
      ["invoices.*", "Invoices"],
      ["customers.*", "Customers"],
      ["transactions.*", "Payments"],
      ["reports.view", "Reports"],
    ],
  },
  token: {
    path: "/tokens",
    at: "tokens",
    title: "Access tokens",
    one: "access token",
    name: "name",
    permits: "abilities",
    from: "whitelist_ips",
    most: 1000,
    usual: 60,
    per: "a minute",
    secret: "token",
    about: "A token is for the Billmora API: Authorization: Bearer, the number and the secret.",
    choices: [
      ["*", "Everything"],
      ["users.view", "See users"],
      ["invoices.view", "See invoices"],
      ["invoices.create", "Make invoices"],
      ["orders.view", "See orders"],
      ["orders.create", "Make orders"],
      ["tickets.view", "See tickets"],
    ],
  },
};

/** The page of a kind, `key` or `token`. */
export function keys(which) {
  const kind = KINDS[which];
  return async ({ query, again }) => {
    const read = () => call(kind.at, { query: { page: query.page, limit: 20 } });
    const place = h("div", { class: "outcome" });
    const list = h("div");
    // The list is read again beneath a secret, which must stay in sight.
    const shown = async (said, words) => {
      place.replaceChildren(secret(spoken(kind.one), said.data[kind.secret], words));
      place.querySelector("h2").focus();
      announce(said.message);
      fill(await read());
    };
    const fill = (said) => list.replaceChildren(...listing(kind, said, query, { place, shown, again }));
    const first = await read();
    fill(first);
    const tab = (other) =>
      h("li", {}, h("a", { href: `#${other.path}`, "aria-current": other === kind ? "page" : null }, other.title));
    return {
      title: kind.title,
      said: counted(first.meta.total_records, kind.one),
      nodes: [
        h("h1", {}, "Keys and tokens"),
        h("nav", { class: "tabs", "aria-label": "Kinds" }, h("ul", {}, tab(KINDS.key), tab(KINDS.token))),
        h("p", { class: "hint" }, kind.about),
        place,
        creation(kind, shown),
        list,
      ],
    };
  };
}

function creation(kind, shown) {
  const fields = [
    field({
      name: kind.name,
      label: "Name",
      hint: "What it is for, so that you know it again.",
      required: true,
      maxlength: 255,
    }),
    field({
      name: kind.permits,
      label: "What it permits",
      type: "checks",
      options: kind.choices,
      value: [kind.choices[1][0]],
    }),
    field({
      name: "rate_limit",
      label: `Requests ${kind.per}`,
      inputmode: "numeric",
      hint: `From 1 to ${grouped(kind.most)}; ${grouped(kind.usual)} if you say nothing.`,
    }),
    field({ name: kind.from, label: "Only from these addresses", hint: "IP addresses with commas between them." }),
    field({ name: "expires_at", label: "Ends on", type: "date", hint: "At the beginning of that day." }),
  ];
  const act = async (values) => {
    const permits = values[kind.permits];
    const body = { [kind.name]: values[kind.name], [kind.permits]: permits };
    if (permits.length === 0) delete body[kind.permits];
    if (values.rate_limit) body.rate_limit = values.rate_limit;
    if (values[kind.from])
      body[kind.from] = values[kind.from]
        .split(",")
        .map((one) => one.trim())
        .filter(Boolean);
    if (values.expires_at) body.expires_at = values.expires_at;
    const said = await call(kind.at, { method: "POST", body: { ...body, user_id: current().user.id } });
    details.open = false;
    element.reset();
    await shown(said, "Copy it now and keep it where your program finds it. Nobody can show it again.");
  };
  const element = form({ fields, submit: `Make the ${kind.one}`, act });
  const details = h("details", { class: "panel" }, h("summary", {}, `Make an ${kind.one}`), element);
  return details;
}

function listing(kind, { data, meta }, query, { place, shown, again }) {
  const words = new Map(kind.choices);
  const called = (one) => one[kind.name] || `Number ${one.id}`;
  const does = (label, one, act, style) => {
    const made = button(label, () => act(one), style);
    made.setAttribute("aria-label", `${label} ${called(one)}`);
    return made;
  };
  const rotate = async (one) => {
    const yes = await confirmed({
      title: `Rotate “${called(one)}”?`,
      text: "A new secret is made and shown once. The present one goes on for an hour, so that your program can change over.",
      yes: "Rotate",
    });
    if (!yes) return;
    await attempt(place, async () => {
      const said = await call(`${kind.at}/${one.id}/rotate`, { method: "POST", body: { overlap_seconds: 3600 } });
      await shown(said, "The old secret goes on for an hour. Copy the new one now: nobody can show it again.");
    });
  };
  const revoke = async (one) => {
    const yes = await confirmed({
      title: `Revoke “${called(one)}”?`,
      text: "Whoever uses it is refused from the next request on. This cannot be taken back.",
      yes: "Revoke",
    });
    if (!yes) return;
    await attempt(place, async () => {
      await call(`${kind.at}/${one.id}`, { method: "DELETE" });
      // The button that had the focus is gone with its row.
      await again(`“${called(one)}” was revoked.`);
    });
  };
  const columns = [
    { name: "Name", cell: called },
    { name: "Ends with", cell: (one) => (one.ends_with ? h("code", {}, `…${one.ends_with}`) : null) },
    {
      name: "Permits",
      cell: (one) => one[kind.permits].map((word) => words.get(word) ?? word).join(", ") || "Nothing",
    },
    { name: `Limit, ${kind.per}`, number: true, cell: (one) => grouped(one.rate_limit) },
    { name: "Last used", cell: (one) => instant(one.last_used_at) ?? "Never" },
    { name: "Ends", cell: ends },
    {
      name: "Actions",
      quiet: true,
      cell: (one) =>
        h("span", { class: "actions" }, does("Rotate", one, rotate), does("Revoke", one, revoke, "danger")),
    },
  ];
  return [
    h("h2", {}, kind.title),
    table(kind.title, columns, data, { empty: `There is no ${kind.one} yet.` }),
    pager(kind.path, query, meta),
  ].filter(Boolean);
}

/** By the machine's clock: a key ends when it ends, whatever a sandbox's clock shows. */
function ends(one) {
  if (!one.expires_at) return "Never";
  return Date.parse(one.expires_at) <= Date.now() ? badge("Over", "bad") : instant(one.expires_at);
}
