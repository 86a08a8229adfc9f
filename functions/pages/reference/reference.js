// The reference: which API is shown, and by what. Four have an OpenAPI document, which Swagger UI shows; JSON-RPC has an
// OpenRPC document, which rpc.js shows.

import { announce, h, message, skipTo } from "./dom.js";
import { showMethods } from "./rpc.js";

/** Where everything of ours is below: `/`, or a stage's name. */
const ROOT = new URL("../../../", import.meta.url);

const APIS = [
  {
    id: "cloudonex",
    name: "CloudOnex Business Suite",
    document: "api/v2/openapi.json",
    about: "Present a key: Authorization: Bearer, under “Authorize”.",
  },
  {
    id: "jerasoft",
    name: "JeraSoft CoreAPI, REST",
    document: "api/openapi.json",
    about: "Present a key: X-Api-Key, under “Authorize”.",
  },
  {
    id: "jsonrpc",
    name: "JeraSoft CoreAPI, JSON-RPC",
    document: "api/openrpc.json",
    about: "Present a key: X-Api-Key, above the methods.",
  },
  {
    id: "racknap",
    name: "RackNap Billing API",
    document: "api/v2/racknap/openapi.json",
    about: "Ask auth/token for a token first, and present it: Validate, with the word Bearer before it.",
  },
  {
    id: "billmora",
    name: "Billmora",
    document: "api/v1/openapi.json",
    about: "Present a token: Authorization: Bearer, the number and the secret.",
  },
];

const choice = document.getElementById("dialect");
const place = document.getElementById("reference");

async function show() {
  const api = APIS.find((one) => one.id === location.hash.slice(1)) ?? APIS[0];
  const address = new URL(api.document, ROOT);
  choice.value = api.id;
  document.title = `${api.name} – Tessera API reference`;
  document.getElementById("about").textContent = api.about;
  const download = document.getElementById("download");
  download.href = address.href;
  download.download = `${api.id}.${api.id === "jsonrpc" ? "openrpc" : "openapi"}.json`;
  place.replaceChildren(h("p", { class: "loading", role: "status" }, "Loading…"));
  let described;
  try {
    const answer = await fetch(address, { credentials: "omit" });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    described = await answer.json();
  } catch (error) {
    place.replaceChildren(
      message("bad", h("p", {}, `The document of this API could not be loaded: ${error.message}.`)),
    );
    return;
  }
  // Swagger UI brings the page's main landmark itself.
  if (api.id === "jsonrpc") place.setAttribute("role", "main");
  else place.removeAttribute("role");
  if (api.id === "jsonrpc") showMethods(place, described, new URL("api/", ROOT));
  else showOperations(place, described);
  announce(`${api.name} is shown`);
}

/** Swagger UI, on this server alone: nothing is validated, highlighted or proxied elsewhere. */
function showOperations(place, spec) {
  const domNode = h("div");
  place.replaceChildren(domNode);
  globalThis.SwaggerUIBundle({
    spec,
    domNode,
    docExpansion: "none",
    filter: true,
    deepLinking: false,
    validatorUrl: null,
    persistAuthorization: false,
    displayRequestDuration: true,
    syntaxHighlight: false,
    defaultModelsExpandDepth: -1,
    tryItOutEnabled: true,
    withCredentials: false,
    plugins: [{ wrapComponents: { ServersContainer: () => () => null } }], // there is one server: this
    requestInterceptor: (request) => ({ ...request, url: here(request.url) }),
  });
}

/** The address of an operation on this server, below the stage's name where there is one. */
function here(address) {
  const { pathname, search } = new URL(address, location.href);
  const below = pathname.startsWith(ROOT.pathname) ? pathname.slice(ROOT.pathname.length) : pathname.slice(1);
  return new URL(below + search, ROOT).href;
}

// Swagger UI's dialog neither takes the focus nor gives it back, and Escape need not close it.
let opener = null;
let open = false;
place.addEventListener("click", (event) => {
  const found = event.target.closest(".authorize:not(.modal-btn), .authorization__btn");
  if (found) opener = found;
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") place.querySelector(".dialog-ux .close-modal")?.click();
});
function passFocus() {
  const dialog = place.querySelector(".dialog-ux");
  if (dialog && !open) (dialog.querySelector("input") ?? dialog.querySelector("button"))?.focus();
  if (!dialog && open) (opener?.isConnected ? opener : place.querySelector(".btn.authorize"))?.focus();
  open = dialog !== null;
}

// It leaves some things without a name, or out of the keyboard's reach; what React renders anew is mended anew.
const MENDED = {
  ".operation-filter-input": { "aria-label": "Filter by tag" },
  ".opblock textarea": { "aria-label": "Request body" },
  ".dialog-ux .close-modal": { "aria-label": "Close" },
  ".auth-btn-wrapper .authorize": { "aria-label": "Authorize" },
  pre: { tabindex: "0" },
};
new MutationObserver(() => {
  passFocus();
  for (const [which, attributes] of Object.entries(MENDED)) {
    for (const element of document.querySelectorAll(which)) {
      for (const [name, value] of Object.entries(attributes))
        if (element.getAttribute(name) !== value) element.setAttribute(name, value);
    }
  }
}).observe(place, { childList: true, subtree: true });

const dark = matchMedia("(prefers-color-scheme: dark)");
const dress = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", dress);
dress();

skipTo(place);
choice.append(...APIS.map((one) => h("option", { value: one.id }, one.name)));
choice.addEventListener("change", () => {
  location.hash = choice.value;
});
document.getElementById("choice").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", show);
show();
