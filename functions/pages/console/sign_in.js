// Signing in.

import { signIn } from "./api.js";
import { h, message } from "./dom.js";
import { field, form } from "./form.js";

/** The page; `said` is why one is here again, `done` is called when somebody is signed in. */
export function signInPage(said, done) {
  const fields = [
    field({
      name: "login",
      label: "Login",
      hint: "Where several companies use this server: company/login.",
      required: true,
      autocomplete: "username",
      autocapitalize: "none",
      spellcheck: "false",
    }),
    field({ name: "password", label: "Password", type: "password", required: true, autocomplete: "current-password" }),
  ];
  const act = async ({ login, password }) => {
    try {
      await signIn(login, password);
    } catch (error) {
      if (error.status === 401) error.message = "Login and password do not fit.";
      if (error.status === 429) error.message = "Too many attempts with this login. Wait a minute and try again.";
      throw error;
    }
    done();
  };
  return [
    h(
      "div",
      { class: "sign-in" },
      h(
        "p",
        { class: "brand" },
        h("img", { src: new URL("mark.svg", import.meta.url).href, alt: "", width: "40", height: "40" }),
        "Tessera",
      ),
      h("h1", { tabindex: "-1" }, "Sign in to the console"),
      said ? message("plain", h("p", {}, said)) : null,
      form({ fields, submit: "Sign in", act }),
      h("p", { class: "quiet" }, h("a", { href: new URL("../../api/docs", import.meta.url).href }, "API reference")),
    ),
  ];
}
