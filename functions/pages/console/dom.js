// Making elements. What comes from the API is only ever text: nothing here parses HTML.

/** An element. A property that begins with "on" is a listener; true stands bare, false, null and undefined are left out. */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** The same for a part of a drawing. */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(4).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

let last = 0;

/** An id that no other element of the page has. */
export const fresh = (name) => `${name}-${++last}`;

/** Say something to a screen reader, without moving anything. */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  announcer.textContent = "";
  // The same words twice are two messages only if the place was empty between them.
  setTimeout(() => {
    announcer.textContent = text;
  }, 50);
}

/** Let the link past the menu lead to an element: the address's fragment says which page is shown. */
export function skipTo(element) {
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    element.focus();
    element.scrollIntoView();
  });
}

/** A message in the page that is also read out: kind is "good", "bad" or "plain". */
export function message(kind, ...children) {
  return h("div", { class: `message ${kind}`, role: kind === "bad" ? "alert" : "status" }, ...children);
}

/** A link to a page of the console: `link("/invoices/3", "INV-3")`. */
export const link = (path, ...children) => h("a", { href: `#${path}` }, ...children);

export const button = (label, onclick, kind = "") => h("button", { type: "button", class: kind, onclick }, label);

/** Names and values, one below the other. Pairs without a value are shown with a dash. */
export function facts(pairs) {
  return h(
    "dl",
    { class: "facts" },
    pairs
      .filter(Boolean)
      .map(([name, value]) =>
        h(
          "div",
          {},
          h("dt", {}, name),
          h("dd", {}, value === null || value === undefined || value === "" ? "–" : value),
        ),
      ),
  );
}

/**
 * A table that becomes a list of cards where there is little room. `columns` are `{name, cell, number}`, where `cell`
 * makes the content from a row, and the first one names the row. The roles are written out because a table that is laid
 * out as blocks loses them. A `narrow` one has room enough as it is.
 */
export function table(caption, columns, rows, { narrow = false, empty = "Nothing here yet." } = {}) {
  if (rows.length === 0) return h("p", { class: "empty" }, empty);
  const kind = (column) => (column.number ? "number" : null);
  return h(
    "table",
    { role: "table", class: narrow ? null : "reflows" },
    h("caption", { class: "unseen" }, caption),
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        columns.map((column) =>
          h(
            "th",
            { role: "columnheader", scope: "col", class: kind(column) },
            column.quiet ? h("span", { class: "unseen" }, column.name) : column.name,
          ),
        ),
      ),
    ),
    h(
      "tbody",
      { role: "rowgroup" },
      rows.map((row) =>
        h(
          "tr",
          { role: "row" },
          columns.map((column, place) =>
            h(
              place === 0 ? "th" : "td",
              {
                role: place === 0 ? "rowheader" : "cell",
                scope: place === 0 ? "row" : null,
                class: kind(column),
                "data-label": column.quiet ? null : column.name,
              },
              h("span", {}, column.cell(row) ?? "–"),
            ),
          ),
        ),
      ),
    ),
  );
}

/** Copies a text, and says so on the button that asked for it. */
export function copies(text, name) {
  const copy = button(`Copy ${name}`, async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
      announce(`${name} copied`);
    } catch {
      announce("The browser does not let this page copy. Mark the text and copy it yourself.");
    }
  });
  return copy;
}

/** A secret that is shown this once. */
export function secret(name, text, about) {
  const field = fresh("secret");
  return h(
    "section",
    { class: "secret", "aria-labelledby": `${field}-name` },
    h("h2", { id: `${field}-name`, tabindex: "-1" }, `${name}: shown this once`),
    h("p", {}, about),
    h(
      "p",
      { class: "copied" },
      h("input", {
        id: field,
        readonly: true,
        value: text,
        "aria-label": name,
        onfocus: (event) => event.target.select(),
        spellcheck: "false",
      }),
      copies(text, name),
    ),
  );
}

/** Where the status of something is shown: a word with a colour, never a colour alone. */
export const badge = (word, kind = "plain") => h("span", { class: `badge ${kind}` }, word);
