// Forms: labels, hints and faults beside their fields, one request at a time.

import { Refused } from "./api.js";
import { announce, button, fresh, h, message } from "./dom.js";

/**
 * A field of a form: `{name, label, hint, type, value, options, required, …}`. `options` are `[value, label]` pairs and
 * make a choice; the type `checks` makes a group of boxes of them, whose value is the list of those that are ticked. An
 * `id` that stays keeps the focus when the page is made anew.
 */
export function field(given) {
  const id = given.id ?? fresh(given.name);
  const { id: _, label, hint, type = "text", options, name, value, ...others } = given;
  const fault = h("p", { id: `${id}-fault`, class: "fault", hidden: true });
  const described = [hint ? `${id}-hint` : null, `${id}-fault`].filter(Boolean).join(" ");
  const about = hint ? h("p", { id: `${id}-hint`, class: "hint" }, hint) : null;
  let control, element, read;
  if (type === "checks") {
    const boxes = options.map(([one, words]) => {
      const box = h("input", { type: "checkbox", id: fresh(name), value: one, checked: (value ?? []).includes(one) });
      return [box, h("div", { class: "check" }, box, h("label", { for: box.id }, words))];
    });
    control = h(
      "fieldset",
      { "aria-describedby": described },
      h("legend", {}, label),
      about,
      h(
        "div",
        { class: "checks" },
        boxes.map(([, row]) => row),
      ),
      fault,
    );
    read = () =>
      boxes
        .map(([box]) => box)
        .filter((box) => box.checked)
        .map((box) => box.value);
    return { name, element: control, control: boxes[0][0], fault, read };
  }
  if (options) {
    control = h(
      "select",
      { id, name, "aria-describedby": described, ...others },
      options.map(([one, words]) => h("option", { value: one, selected: String(one) === String(value ?? "") }, words)),
    );
  } else {
    control = h("input", { id, name, type, value: value ?? null, "aria-describedby": described, ...others });
  }
  read = () => control.value.trim();
  if (type === "password") read = () => control.value;
  if (type === "checkbox") {
    control.removeAttribute("value");
    control.checked = value === true;
    read = () => control.checked;
    element = h("div", { class: "field check" }, control, h("label", { for: id }, label), about, fault);
  } else {
    element = h(
      "div",
      { class: "field" },
      h("label", { for: id }, label, others.required ? null : h("span", { class: "optional" }, " (optional)")),
      about,
      control,
      fault,
    );
  }
  return { name, element, control, fault, read };
}

/**
 * A form that does something: `act(values)` is awaited, and what the API refuses stands beside the field it names. Nothing
 * is sent twice by an impatient second click.
 */
export function form({ fields, submit, act, cancel, label }) {
  const general = h("div");
  const go = h("button", { type: "submit", class: "primary" }, submit);
  const element = h(
    "form",
    { novalidate: true, "aria-label": label ?? submit, onsubmit: sent },
    general,
    fields.map((one) => one.element),
    h("p", { class: "actions" }, go, cancel ? button("Cancel", cancel) : null),
  );
  async function sent(event) {
    event.preventDefault();
    if (go.getAttribute("aria-disabled") === "true") return;
    clear();
    const missing = fields.filter((one) => one.control.required && one.read() === "");
    if (missing.length > 0)
      return tell(Object.fromEntries(missing.map((one) => [one.name, "This is needed"])), "Some fields are empty.");
    go.setAttribute("aria-disabled", "true");
    try {
      await act(Object.fromEntries(fields.map((one) => [one.name, one.read()])));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      tell(error.fields, error.message);
    } finally {
      go.removeAttribute("aria-disabled");
    }
  }
  function clear() {
    general.replaceChildren();
    for (const one of fields) {
      one.control.removeAttribute("aria-invalid");
      one.fault.hidden = true;
      one.fault.textContent = "";
    }
  }
  function tell(faults, text) {
    const named = fields.filter((one) => beside(faults, one.name));
    for (const one of named) {
      one.control.setAttribute("aria-invalid", "true");
      one.fault.textContent = beside(faults, one.name);
      one.fault.hidden = false;
    }
    // What no field of the form is to blame for stands above them.
    const others = Object.entries(faults)
      .filter(([name]) => !fields.some((one) => one.name === name.split(".")[0]))
      .map(([, words]) => words);
    general.replaceChildren(message("bad", h("p", {}, [text, ...others].join(" "))));
    (named[0]?.control ?? go).focus();
  }
  return element;
}

/** The fault of a field, or of an entry of it (`events.0`). */
function beside(faults, name) {
  const found = Object.entries(faults).find(([one]) => one.split(".")[0] === name);
  return found?.[1];
}

/** Filters above a list. Every change of a choice, and Enter in a text, is a new address, so that it can be kept. */
export function filters(path, query, fields, to) {
  const all = fields.map((one) => field({ ...one, id: `filter-${one.name}`, value: query[one.name], required: false }));
  const element = h(
    "form",
    {
      class: "filters",
      role: "search",
      "aria-label": "Filter the list",
      onsubmit: (event) => {
        event.preventDefault();
        apply();
      },
    },
    all.map((one) => one.element),
    h(
      "p",
      { class: "actions" },
      h("button", { type: "submit", id: "filter" }, "Show"),
      Object.keys(query).some((name) => all.some((one) => one.name === name)) ? button("Clear", () => to(path)) : null,
    ),
  );
  for (const optional of element.querySelectorAll(".optional")) optional.remove();
  function apply() {
    const values = all.map((one) => [one.name, one.read()]).filter(([, value]) => value !== "" && value !== false);
    to(withQuery(path, Object.fromEntries(values)));
  }
  return element;
}

/** A path with a query: `/invoices?page=2`. */
export function withQuery(path, query) {
  const text = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

/** Where in a list one is, and the ways to the page before and after. */
export function pager(path, query, meta) {
  const [page, pages] = [meta.current_page, Math.max(meta.total_pages, 1)];
  const way = (to, label, id) =>
    to >= 1 && to <= pages
      ? h("a", { id, href: `#${withQuery(path, { ...query, page: to })}`, class: "button" }, label)
      : h("span", { class: "button off", "aria-hidden": "true" }, label);
  if (pages === 1) return null;
  return h(
    "nav",
    { class: "pager", "aria-label": "Pages of the list" },
    way(page - 1, "Previous", "previous"),
    h("span", {}, `Page ${page} of ${pages}`),
    way(page + 1, "Next", "next"),
  );
}

/** Ask before something that cannot be taken back. Answers whether to do it. The focus returns to where it was. */
export function confirmed({ title, text, yes }) {
  return new Promise((answer) => {
    const name = fresh("question");
    const dialog = h(
      "dialog",
      {
        "aria-labelledby": name,
        "aria-describedby": `${name}-text`,
        onclose: () => {
          dialog.remove();
          answer(dialog.returnValue === "yes");
        },
      },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: name }, title),
        h("p", { id: `${name}-text` }, text),
        h(
          "p",
          { class: "actions" },
          h("button", { value: "no", autofocus: true }, "Cancel"),
          h("button", { value: "yes", class: "danger" }, yes),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Does something for a button, and shows what became of it in a place that is read out. */
export async function attempt(place, act) {
  try {
    const said = await act();
    if (said) {
      place.replaceChildren(message("good", h("p", {}, said)));
      announce(said);
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    place.replaceChildren(message("bad", h("p", {}, [error.message, ...Object.values(error.fields)].join(" "))));
  }
}
