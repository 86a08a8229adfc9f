// The methods of an OpenRPC document: what each takes, and a place to try it.

import { announce, fresh, h, message, table } from "./dom.js";
import { counted } from "./format.js";

/** Show the methods of `described` in `place`; requests go to `endpoint`. The key is kept in its field and nowhere else. */
export function showMethods(place, described, endpoint) {
  const input = h("input", { id: fresh("key"), type: "password", autocomplete: "off", spellcheck: "false" });
  const groups = new Map();
  for (const method of described.methods) {
    const name = method.name.split(".").slice(0, -1).join(".") || method.name;
    groups.set(name, [...(groups.get(name) ?? []), method]);
  }
  const send = (text) =>
    fetch(endpoint, {
      method: "POST",
      body: text,
      credentials: "omit",
      headers: { "content-type": "application/json", ...(input.value ? { "x-api-key": input.value.trim() } : {}) },
    });
  const sections = [...groups]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, methods]) =>
      h(
        "section",
        {},
        h("h2", {}, name),
        methods.map((method) => shown(method, send)),
      ),
    );
  const find = h("input", { id: fresh("find"), type: "search", autocomplete: "off", oninput: () => narrow() });
  const narrow = () => {
    const wanted = find.value.trim().toLowerCase();
    let count = 0;
    for (const section of sections) {
      for (const method of section.querySelectorAll(".method")) {
        method.hidden = !method.querySelector("summary").textContent.toLowerCase().includes(wanted);
        count += method.hidden ? 0 : 1;
      }
      section.hidden = !section.querySelector(".method:not([hidden])");
    }
    announce(counted(count, "method"));
  };
  const labelled = (input, label, hint) =>
    h(
      "div",
      { class: "field" },
      h("label", { for: input.id }, label),
      hint ? h("p", { class: "hint" }, hint) : null,
      input,
    );
  place.replaceChildren(
    h("h2", { class: "title" }, described.info.title),
    described.info.description ? h("p", {}, described.info.description.replaceAll("`", "")) : "",
    h(
      "div",
      { class: "filters" },
      labelled(input, "X-Api-Key", "It stays in this field: leave the page, and it is forgotten."),
      labelled(find, "Find a method"),
    ),
    ...sections,
  );
}

function shown(method, send) {
  const details = h(
    "details",
    { class: "panel method" },
    h("summary", {}, h("code", {}, method.name), method.summary ? ` ${method.summary}` : ""),
  );
  // A document has over a hundred methods: what is inside is made when somebody looks.
  details.addEventListener("toggle", () => details.append(...inside(method, send)), { once: true });
  return details;
}

function inside(method, send) {
  const params = method.params ?? [];
  const id = fresh("request");
  const needed = params.filter((one) => one.required).map((one) => [one.name, example(one.schema)]);
  const shown = method.examples?.[0]?.params?.map((one) => [one.name, one.value]);
  const given = Object.fromEntries(shown ?? needed);
  const text = h("textarea", { id, rows: "8", spellcheck: "false" });
  text.value = JSON.stringify({ jsonrpc: "2.0", id: 1, method: method.name, params: given }, null, 2);
  const answer = h("div", { class: "outcome" });
  const form = h(
    "form",
    {
      "aria-label": `Try ${method.name}`,
      onsubmit: async (event) => {
        event.preventDefault();
        answer.replaceChildren(h("p", { class: "hint", role: "status" }, "Sending…"));
        try {
          const began = performance.now();
          const got = await send(text.value);
          const body = await got.text();
          const took = Math.round(performance.now() - began);
          answer.replaceChildren(
            h("h3", {}, `Answer: ${got.status}, ${took} ms`),
            h("pre", { tabindex: "0", "aria-label": "The answer" }, pretty(body)),
          );
          announce(`Answered ${got.status}`);
        } catch (error) {
          answer.replaceChildren(message("bad", h("p", {}, `The request could not be sent: ${error.message}`)));
        }
      },
    },
    h("div", { class: "field" }, h("label", { for: id }, "Request"), text),
    h("p", { class: "actions" }, h("button", { type: "submit", class: "primary" }, "Send")),
  );
  return [
    method.description ? h("p", {}, method.description) : null,
    table(
      `Parameters of ${method.name}`,
      [
        { name: "Parameter", cell: (one) => h("code", {}, one.name) },
        { name: "Type", cell: (one) => typeName(one.schema) },
        { name: "Needed", cell: (one) => (one.required ? "Yes" : "No") },
        { name: "About", cell: (one) => one.description ?? one.schema?.description },
      ],
      params,
      { empty: "It takes no parameters." },
    ),
    form,
    answer,
  ].filter(Boolean);
}

function typeName(schema = {}) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.join(", ");
  return [schema.type ?? "any"].flat().join(" or ") + (schema.format ? ` (${schema.format})` : "");
}

function example(schema = {}) {
  if (schema.example !== undefined) return schema.example;
  return { integer: 1, number: 1, boolean: true, array: [], object: {} }[[schema.type].flat()[0]] ?? "";
}

/** JSON with line breaks, its numbers as they came; anything else as it is. */
function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const line = (by) => `\n${"  ".repeat((depth += by))}`;
  return text.replace(/"(?:[^"\\]|\\.)*"|\s+|\[\]|\{\}|[{}[\],:]/g, (token) => {
    if (token === "{" || token === "[") return token + line(1);
    if (token === "}" || token === "]") return line(-1) + token;
    if (token === ",") return token + line(0);
    if (token === ":") return ": ";
    return token.trim() === "" ? "" : token;
  });
}
