// The console: which page is shown, what stands around it, and where the focus goes.

import { call, current, forgetNames, may, onEnd, Refused, signOut } from "./api.js";
import { announce, button, h, message, skipTo } from "./dom.js";
import { useZone, zoneName } from "./format.js";
import { customer, customers } from "./customers.js";
import { delivery } from "./deliveries.js";
import { invoice, invoices } from "./invoices.js";
import { keys } from "./keys.js";
import { overview } from "./overview.js";
import { payment, payments } from "./payments.js";
import { inSandbox, leaveSandbox, lookAtClock, onClock } from "./sandbox.js";
import { signInPage } from "./sign_in.js";
import { webhook, webhooks } from "./webhooks.js";

/** Paths behind the `#`, the page that each shows, and what one must be permitted to see it in the menu. */
const PAGES = [
  { path: "/overview", page: overview, menu: "Overview", needs: "reports.view" },
  { path: "/customers", page: customers, menu: "Customers", needs: "customers.view" },
  { path: "/customers/:id", page: customer },
  { path: "/invoices", page: invoices, menu: "Invoices", needs: "invoices.view" },
  { path: "/invoices/:id", page: invoice },
  { path: "/payments", page: payments, menu: "Payments", needs: "transactions.view" },
  { path: "/payments/:id", page: payment },
  { path: "/keys", page: keys("key"), menu: "Keys and tokens", needs: "credentials.update" },
  { path: "/tokens", page: keys("token") },
  { path: "/webhooks", page: webhooks, menu: "Webhooks", needs: "webhooks.update" },
  { path: "/webhooks/:id", page: webhook },
  { path: "/webhooks/:id/deliveries/:delivery", page: delivery },
];

const main = document.getElementById("main");
const top = document.getElementById("top");
let visit = 0;
let shown = null;

/** Path, parameters and query of the address's fragment. */
function where() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
  for (const entry of PAGES) {
    const names = [];
    const pattern = entry.path.replace(/:(\w+)/g, (_, name) => `${names.push(name) && "([^/]+)"}`);
    const found = new RegExp(`^${pattern}$`).exec(path);
    if (found) {
      const params = Object.fromEntries(names.map((name, place) => [name, decoded(found[place + 1])]));
      return { entry, path, params, query: Object.fromEntries(new URLSearchParams(query)) };
    }
  }
  return { entry: null, path, params: {}, query: {} };
}

/** A part of a path; one that is badly written stands for itself, and is not found. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Whose title it is: a tab of the sandbox must not be taken for one of real money. */
const titled = (title) => `${inSandbox() ? "Sandbox: " : ""}${title} – Tessera`;

/**
 * Show the page of the address. The focus goes to its heading, but stays where it is when only the query changed.
 * `said` is what was done, if something was; an `unmoved` reader is somewhere else, and is told by who asked.
 */
async function show({ said, unmoved = false } = {}) {
  const turn = ++visit;
  const { entry, path, params, query } = where();
  if (current() === null) return showSignIn();
  if (entry === null) {
    const first = PAGES.find((one) => one.menu && may(one.needs));
    location.replace(`#${first?.path ?? "/overview"}`);
    return;
  }
  const same = shown === path;
  frame(entry);
  main.setAttribute("aria-busy", "true");
  if (!same) main.replaceChildren(h("p", { class: "loading", role: "status" }, "Loading…"));
  let content;
  try {
    await lookAtClock(); // first, since pages begin with the day that it is
    if (turn !== visit) return;
    content = await entry.page({ params, query, again: (said) => show({ said }), to });
  } catch (error) {
    if (current() === null) return; // the session ended, and the sign-in page stands
    content = failed(error);
  }
  if (turn !== visit) return;
  const held = main.contains(document.activeElement) ? document.activeElement.id : null;
  main.replaceChildren(...content.nodes);
  main.removeAttribute("aria-busy");
  document.title = titled(content.title);
  const back = same && held ? document.getElementById(held) : null;
  if (said) {
    // Something was done, and the page is another for it.
    (main.querySelector(".heading") ?? main.querySelector("h1")).after(message("good", h("p", {}, said)));
    focusHeading();
  } else if (back) back.focus();
  else if (shown !== null && (!same || held !== null)) focusHeading();
  if (same && !unmoved) announce(said ?? content.said ?? "");
  if (!same) scrollTo(0, 0);
  shown = path;
}

/** Go to a path of the console; where one is there already, it is read again. */
function to(path) {
  if (location.hash === `#${path}`) show();
  else location.hash = path;
}

function focusHeading() {
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus();
}

function failed(error) {
  const refused = error instanceof Refused;
  if (!refused) console.error(error);
  const [title, text] = !refused
    ? ["Something went wrong", "This page has a fault. Load it again; if that does not help, tell us."]
    : error.status === 404
      ? ["Not found", "There is nothing at this address, or it is not yours to see."]
      : error.status === 403
        ? ["Not permitted", "Your role does not permit this."]
        : error.status === 429
          ? ["Too many requests", "Your session has used up its requests for this hour. Try again later."]
          : ["That did not work", error.message];
  return {
    title,
    nodes: [
      h("h1", {}, title),
      message("bad", h("p", {}, text)),
      h(
        "p",
        {},
        button("Try again", () => show(), "primary"),
      ),
    ],
  };
}

/** The bar around a page: where one is, where one can go, who one is. */
function frame(entry) {
  const here = entry.menu ? entry.path : `/${entry.path.split("/")[1]}`;
  const active = here === "/tokens" ? "/keys" : here;
  const items = PAGES.filter((one) => one.menu && may(one.needs)).map((one) =>
    h("li", {}, h("a", { href: `#${one.path}`, "aria-current": one.path === active ? "page" : null }, one.menu)),
  );
  const { user } = current();
  const menu = h(
    "nav",
    { id: "menu", "aria-label": "Console" },
    h("ul", {}, items, h("li", {}, h("a", { href: new URL("../../api/docs", import.meta.url).href }, "API reference"))),
  );
  const toggle = h(
    "button",
    {
      type: "button",
      class: "toggle",
      "aria-expanded": "false",
      "aria-controls": "menu",
      onclick: () => toggle.setAttribute("aria-expanded", String(menu.classList.toggle("open"))),
    },
    "Menu",
  );
  top.replaceChildren(
    h(
      "p",
      { class: "brand" },
      h("img", { src: new URL("mark.svg", import.meta.url).href, alt: "", width: "28", height: "28" }),
      "Tessera",
    ),
    toggle,
    menu,
    h(
      "div",
      { class: "person" },
      h("p", {}, h("strong", {}, user.name || user.login), h("span", {}, `${user.role}, ${zoneName()}`)),
      button("Sign out", () => leave("You are signed out.")),
    ),
  );
  top.hidden = false;
}

function showSignIn(said) {
  visit += 1;
  shown = "";
  top.hidden = true;
  top.replaceChildren();
  main.removeAttribute("aria-busy");
  document.title = "Sign in – Tessera";
  main.replaceChildren(
    ...signInPage(said, () => {
      useZone(current().timezone);
      show();
    }),
  );
  const wrong = main.querySelector(".message");
  (wrong ? main.querySelector("h1") : main.querySelector("input")).focus();
}

function leave(said) {
  signOut();
  forgetNames();
  leaveSandbox();
  showSignIn(said);
}

skipTo(main);
onEnd(() => leave("Your session is over. Sign in again to go on where you were."));
onClock(() => show({ unmoved: true }));
addEventListener("hashchange", () => show());
// A session that ends while nobody clicks must not leave its figures on the screen.
setInterval(() => {
  if (current() !== null && Date.parse(current().expires_at) <= Date.now()) checkSession();
}, 30_000);

async function checkSession() {
  // The server's clock decides: this one may be wrong.
  await call("currencies", { query: { limit: 1 } }).catch(() => {});
}

if (current() !== null) useZone(current().timezone);
show();
