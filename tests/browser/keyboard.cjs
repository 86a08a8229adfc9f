// The console without a pointer: signing in, making a key, revoking it. And what a screen reader is told meanwhile.

const { ask, must, same, tell } = require("./browser.cjs");
const { focused, settled, tabTo } = require("./person.cjs");
const { furnish } = require("./world.cjs");

async function flow({ page, see, address }) {
  await page.goto(`${address}/console`);
  await page.getByLabel("Login").waitFor();
  same("the focus at first", (await focused(page)).name.startsWith("Login"), true);
  await page.keyboard.type("admin");
  await tabTo(page, "Password");
  await page.keyboard.type("correct horse");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await settled(page);
  same("the focus on a new page", await focused(page).then(({ tag, name }) => [tag, name]), ["h1", "Overview"]);
  // Loaded anew, the first stop is the way past the menu. It leaves the address alone, which says what is shown.
  await page.evaluate(() => {
    location.hash = "/invoices";
  });
  await page.getByRole("heading", { name: "Invoices" }).waitFor();
  await page.reload();
  await settled(page);
  await page.keyboard.press("Tab");
  same("the first stop", (await focused(page)).name, "Skip to the content");
  await see("skip-link");
  await page.keyboard.press("Enter");
  same("where it leads", await page.evaluate(() => [document.activeElement.id, location.hash]), ["main", "#/invoices"]);
  await tabTo(page, "Number");
  await page.keyboard.type("INV-2025");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("announcer").textContent === "1 invoice");
  same("the focus after filtering", (await focused(page)).name, "Number");
  if (await page.getByRole("button", { name: "Menu" }).isVisible()) {
    await tabTo(page, "Menu", "Shift+Tab");
    await page.keyboard.press("Enter");
    same("the menu", await page.getByRole("button", { name: "Menu" }).getAttribute("aria-expanded"), "true");
    await see("menu");
    await tabTo(page, "Keys and tokens");
  } else {
    await tabTo(page, "Keys and tokens", "Shift+Tab");
  }
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Keys and tokens" }).waitFor();
  await settled(page);
  same("the focus on the page of keys", (await focused(page)).tag, "h1");
  await tabTo(page, "Make an API key");
  await page.keyboard.press("Enter");
  await tabTo(page, "Name");
  await page.keyboard.press("Enter");
  await page.locator("main").getByText("This is needed").waitFor();
  same("the focus after a fault", (await focused(page)).name.startsWith("Name"), true);
  same(
    "what describes it",
    await page.evaluate(() =>
      document.activeElement
        .getAttribute("aria-describedby")
        .split(" ")
        .map((id) => document.getElementById(id).textContent)
        .join(" "),
    ),
    "What it is for, so that you know it again. This is needed",
  );
  await page.keyboard.type("By hand");
  await tabTo(page, "Invoices");
  await page.keyboard.press("Space");
  await tabTo(page, "Make the API key");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "shown this once" }).waitFor();
  same("the focus on the secret", (await focused(page)).name, "API key: shown this once");
  const key = await page.getByRole("textbox", { name: "API key", exact: true }).inputValue();
  await tabTo(page, "Copy API key");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("announcer").textContent === "API key copied");
  same("the key looks at invoices", (await ask(address, "GET", "/api/v2/invoices", { key })).status, 200);
  await tabTo(page, "Revoke By hand");
  await page.keyboard.press("Enter");
  same(
    "the question",
    await page.evaluate(() => [document.activeElement.closest("dialog")?.open, document.activeElement.textContent]),
    [true, "Cancel"],
  );
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector("dialog"));
  same("the focus after no", (await focused(page)).name, "Revoke By hand");
  same("the key after no", (await ask(address, "GET", "/api/v2/invoices", { key })).status, 200);
  await page.keyboard.press("Enter");
  await tabTo(page, "Revoke");
  await page.keyboard.press("Enter");
  await page.locator("main").getByText("“By hand” was revoked.").first().waitFor();
  same("the focus after yes", (await focused(page)).tag, "h1");
  await page.waitForFunction(() => document.getElementById("announcer").textContent.includes("was revoked"));
  same("the key after yes", (await ask(address, "GET", "/api/v2/invoices", { key })).status, 401);
  if (await page.getByRole("button", { name: "Menu" }).isVisible()) {
    await tabTo(page, "Menu", "Shift+Tab");
  } else {
    await tabTo(page, "Sign out", "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.locator("main").getByText("You are signed out.").waitFor();
  }
}

tell({ keyboard: [["desktop", "phone"], flow] }, furnish);
