// What a person does before the console, with a pointer or without.

const { must } = require("./browser.cjs");

const MOST_TABS = 60;

/** Sign in, and wait for the first page. */
async function signIn(page, address, login = "admin", password = "correct horse") {
  await page.goto(`${address}/console`);
  await page.getByLabel("Login").fill(login);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  await settled(page);
}

/** Until the page of the address stands. */
const settled = (page) =>
  page.waitForFunction(() => document.querySelector("main h1") && !document.querySelector("main[aria-busy], .loading"));

/** Go to a path of the console. */
async function go(page, path) {
  await page.evaluate((to) => {
    location.hash = to;
  }, path);
  await page.waitForTimeout(30);
  await settled(page);
}

/** A page of the menu, which a phone has behind a button. */
async function choose(page, name) {
  const menu = page.getByRole("button", { name: "Menu" });
  if (await menu.isVisible()) await menu.click();
  await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name, exact: true }).click();
  await settled(page);
}

/** What the page is called. */
const heading = (page) => page.locator("main h1").innerText();

/** What has the focus: its role or tag, its name, and whether one sees that it has it. */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const labels = [...(element.labels ?? [])].map((one) => one.textContent);
    const name = element.getAttribute("aria-label") ?? (labels.length > 0 ? labels.join(" ") : element.textContent);
    return {
      tag: element.tagName.toLowerCase(),
      name: name.replace(/\s+/g, " ").trim(),
      ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
  });

/** Press Tab until this has the focus. Everything on the way must show that it has it. */
async function tabTo(page, name, key = "Tab") {
  const way = [];
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    await page.keyboard.press(key);
    const now = await focused(page);
    must(now.ring || now.tag === "body", `one does not see that ${now.tag} “${now.name}” has the focus`);
    if (now.name.startsWith(name)) return now;
    way.push(now.name.slice(0, 30));
  }
  throw new Error(`${name} is not reached by ${key}: ${way.join(" | ")}`);
}

module.exports = { choose, focused, go, heading, settled, signIn, tabTo };
