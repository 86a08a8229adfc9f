// The console: every page, and what an administrator does on them.

const fs = require("node:fs");
const http = require("node:http");
const { ask, must, same, tell } = require("./browser.cjs");
const { choose, go, heading, settled, signIn } = require("./person.cjs");
const { furnish } = require("./world.cjs");

/** Every page at this size, with axe over each. */
async function tour({ page, see, expect, address }) {
  await page.goto(`${address}/console`);
  await page.getByLabel("Password").waitFor();
  await see("sign-in");
  expect(401);
  await page.getByLabel("Login").fill("admin");
  await page.getByLabel("Password").fill("wrong horse");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "do not fit" }).waitFor();
  await see("sign-in-refused");
  await signIn(page, address);
  await see("overview");
  same("a banner in the live console", await page.getByRole("region", { name: "Sandbox" }).count(), 0);
  same("its title", await page.title(), "Overview – Tessera");
  const pages = {
    customers: "/customers",
    "customers-found": "/customers?search=harbour",
    customer: "/customers/42",
    invoices: "/invoices",
    "invoices-filtered": "/invoices?status=Paid",
    invoice: "/invoices/1",
    yen: "/invoices/3",
    payments: "/payments",
    payment: "/payments/1",
    keys: "/keys",
    tokens: "/tokens",
    webhooks: "/webhooks",
  };
  for (const [name, path] of Object.entries(pages)) {
    await go(page, path);
    await see(name);
  }
  await go(page, "/invoices/1");
  const text = await page.locator("main").innerText();
  for (const words of ["1,416.00 USD", "108.00 USD", "Blue Harbour Ltd", "15 Nov 2025", "15 Nov 2025 to 14 Nov 2026"])
    must(text.includes(words), `the invoice does not say ${words}`);
  await go(page, "/invoices/3");
  must((await page.locator("main").innerText()).includes("45,000 JPY"), "yen have no places");
  await go(page, "/customers?search=harbour");
  same(
    "customers found",
    await page.locator("tbody tr").count(),
    1 + (await page.locator("tbody tr", { hasText: "Harbour Tools" }).count()),
  );
  await go(page, "/invoices?status=Paid");
  same("paid invoices", await page.locator("tbody tr").count(), 1);
  expect(404, 2);
  await go(page, "/invoices/%");
  same("what cannot be read", await heading(page), "Not found");
  await go(page, "/invoices/999");
  same("what is not there", await heading(page), "Not found");
  await see("not-found");
}

/** A list is gone through page by page, filtered by hand, and the address keeps where one was. */
async function lists({ page, see, address }) {
  await signIn(page, address);
  await choose(page, "Invoices");
  const first = await page.locator("tbody th").first().innerText();
  await page.getByRole("link", { name: "Next" }).click();
  await page.locator("main").getByText("Page 2 of 2").waitFor();
  must((await page.locator("tbody th").first().innerText()) !== first, "the next page is another one");
  await page.goBack();
  await page.locator("main").getByText("Page 1 of 2").waitFor();
  await page.getByLabel("Status").selectOption("Partially Paid");
  await page.getByRole("button", { name: "Show" }).click();
  await page.locator("main").getByText("1 invoice", { exact: true }).waitFor();
  must((await page.locator("tbody").innerText()).includes("2,428.50 USD"), "what is still due");
  await page.reload();
  await settled(page);
  same("the filter after loading anew", await page.getByLabel("Status").inputValue(), "Partially Paid");
  await see("invoices-partly-paid");
  await choose(page, "Overview");
  const clipped = await page
    .locator(".drawing")
    .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).length);
  same("charts that are cut off on a desktop", clipped, 0);
  const earned = page.locator("figure").nth(1);
  same(
    "months of deferred revenue",
    await earned.locator("rect").count(),
    2 * (await earned.locator("tbody tr").count()),
  );
}

/** A key is made, shown once, works, is rotated, and is refused when it was revoked. */
async function keys({ page, see, expect, address }) {
  await signIn(page, address);
  await choose(page, "Keys and tokens");
  await page.locator("main").getByText("Make an API key").click();
  expect(422);
  await page.getByLabel("Name").fill("Shop");
  await page.getByLabel("Requests an hour").fill("lots");
  await page.getByRole("button", { name: "Make the API key" }).click();
  await page.locator("main").getByText("Rate limit must be a whole number").waitFor();
  same("the focus after a fault", await page.evaluate(() => document.activeElement.name), "rate_limit");
  await see("key-refused");
  await page.getByLabel("Requests an hour").fill("250");
  await page.getByRole("button", { name: "Make the API key" }).click();
  const field = page.getByRole("textbox", { name: "API key", exact: true });
  const first = await field.inputValue();
  must(/^[a-z0-9]{40}$/.test(first), "the key is shown");
  await see("key-shown-once");
  await page.getByRole("button", { name: "Copy API key" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  same("the clipboard", await page.evaluate(() => navigator.clipboard.readText()), first);
  same("the new key looks", (await ask(address, "GET", "/api/v2/customers", { key: first })).status, 200);
  same(
    "and changes nothing",
    (await ask(address, "POST", "/api/v2/customers", { key: first, body: { account: "X" } })).status,
    403,
  );
  await page.reload();
  await settled(page);
  must(!(await page.content()).includes(first), "the key is shown once");
  await page.getByRole("button", { name: "Rotate Shop" }).click();
  await page.getByRole("button", { name: "Rotate", exact: true }).click();
  await page.waitForFunction(
    (old) => document.querySelector(".secret input")?.value !== old && document.querySelector(".secret input"),
    first,
  );
  const second = await field.inputValue();
  same(
    "both secrets",
    [
      (await ask(address, "GET", "/api/v2/customers", { key: first })).status,
      (await ask(address, "GET", "/api/v2/customers", { key: second })).status,
    ],
    [200, 200],
  );
  await page.getByRole("button", { name: "Revoke Shop" }).click();
  await see("revoke");
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await page.locator("main").getByText("“Shop” was revoked.").first().waitFor();
  same("a revoked key", (await ask(address, "GET", "/api/v2/customers", { key: second })).status, 401);
  await see("revoked");
  await page.getByRole("link", { name: "Access tokens" }).click();
  await settled(page);
  await page.locator("main").getByText("Make an access token").click();
  await page.getByLabel("Name").fill("Panel");
  await page.getByRole("button", { name: "Make the access token" }).click();
  const token = await page.getByRole("textbox", { name: "Access token", exact: true }).inputValue();
  same("the new token looks", (await ask(address, "GET", "/api/v1/users", { key: token })).status, 200);
}

/** An invoice's PDF is handed over as a file; a server that makes none says so. */
async function pdf({ page, see, expect, address }) {
  const made = (await ask(address, "GET", "/api/v2/invoices/1/pdf")).status === 200;
  await signIn(page, address);
  await go(page, "/invoices/1");
  const download = page.getByRole("button", { name: "Download the PDF" });
  if (!made) {
    console.log("      NO PDF IS DOWNLOADED: this server makes none");
    expect(404);
    await download.click();
    await page.getByRole("alert").waitFor();
    return;
  }
  const [saved] = await Promise.all([page.waitForEvent("download"), download.click()]);
  const bytes = fs.readFileSync(await saved.path());
  must(
    bytes.subarray(0, 5).toString() === "%PDF-" && saved.suggestedFilename().endsWith(".pdf"),
    `the file ${saved.suggestedFilename()}`,
  );
  await page.locator("main").getByText("was downloaded").first().waitFor();
  await see("downloaded");
}

/** A webhook is registered, its secret shown once; a delivery is found, and sent again to who listens. */
async function webhooks({ page, see, expect, address }) {
  const heard = [];
  const listener = http.createServer((request, response) => {
    heard.push(request.headers["webhook-id"]);
    request.resume().on("end", () => response.writeHead(204).end());
  });
  await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
  try {
    await replayed({ page, see, expect, address }, `http://127.0.0.1:${listener.address().port}/hooks`, heard);
  } finally {
    listener.close();
  }
}

async function replayed({ page, see, expect, address }, url, heard) {
  await signIn(page, address);
  await choose(page, "Webhooks");
  await page.locator("main").getByText("Register a webhook").click();
  expect(422);
  await page.getByLabel("Address").fill("ftp://shop.example/hooks");
  await page.getByLabel("Events").fill("invoice.created, invoice.paid");
  await page.getByRole("button", { name: "Register the webhook" }).click();
  await page.locator("[name=url][aria-invalid]").waitFor();
  await see("webhook-refused");
  await page.getByLabel("Address").fill(url);
  await page.getByRole("button", { name: "Register the webhook" }).click();
  must((await page.getByRole("textbox", { name: "Secret" }).inputValue()).startsWith("whsec_"), "the secret is shown");
  await see("webhook-secret");
  await page.getByRole("link", { name: url }).click();
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.locator("main").getByText("A test event is on its way").first().waitFor();
  // A server delivers in its own time: the list is read again until it has.
  const first = page.locator("section tbody tr").first();
  for (
    let tries = 0;
    tries < 60 && !((await first.isVisible()) && (await first.innerText()).includes("Delivered"));
    tries += 1
  ) {
    await page.waitForTimeout(500);
    await page.getByRole("button", { name: "Show" }).click();
    await settled(page);
  }
  await see("webhook");
  await first.locator("th a").click();
  await page.getByRole("heading", { name: "Payload" }).waitFor();
  must((await page.locator("pre").innerText()).includes("webhook.test"), "the payload is shown");
  await see("delivery");
  await page.getByRole("button", { name: "Send again" }).click();
  await page.locator("main").getByText("It is sent again.").first().waitFor();
  await see("replayed");
  for (let tries = 0; tries < 60 && heard.length < 2; tries += 1) await page.waitForTimeout(500);
  same("the same message, twice", [heard.length, heard[0]?.startsWith("msg_"), heard[0] === heard[1]], [2, true, true]);
}

/** Who may only look sees no keys; a session that is over leads to the sign-in page, and on from there. */
async function sessions({ page, see, expect, address, sight }) {
  const login = `viewer-${sight}@demo.example`;
  const made = await ask(address, "POST", "/api/v2/users", {
    body: { name: "Vera", email: login, password: "long enough", role: "viewer" },
  });
  same("a viewer", made.status, 201);
  await signIn(page, address, login, "long enough");
  const menu = await page.getByRole("navigation", { name: "Console" }).innerText();
  must(menu.includes("Invoices") && !menu.includes("Keys") && !menu.includes("Webhooks"), `a viewer's menu: ${menu}`);
  await go(page, "/invoices/1");
  await page.reload();
  await settled(page);
  same("a session outlives loading anew", await heading(page), "Invoice INV-2025-001");
  const before = await page.evaluate(() => sessionStorage.length);
  same(
    "one thing is kept in the tab, and nothing beyond it",
    [before, await page.evaluate(() => localStorage.length), (await page.context().cookies()).length],
    [1, 0, 0],
  );
  await ask(address, "PUT", `/api/v2/users/${made.json.data.id}`, { body: { status: "Inactive" } });
  expect(401, Infinity); // how many things are under way is not told
  await page.evaluate(() => {
    location.hash = "/payments";
  });
  await page.locator("main").getByText("Your session is over").waitFor();
  same("the session is forgotten", await page.evaluate(() => sessionStorage.length), 0);
  await see("session-over");
  await ask(address, "PUT", `/api/v2/users/${made.json.data.id}`, { body: { status: "Active" } });
  await page.getByLabel("Login").fill(login);
  await page.getByLabel("Password").fill("long enough");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Payments" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.locator("main").getByText("You are signed out.").waitFor();
  same("signed out", await page.evaluate(() => sessionStorage.length), 0);
}

tell(
  {
    tour: [["desktop", "phone", "narrow"], tour],
    lists: [["desktop"], lists],
    keys: [["desktop", "phone"], keys],
    pdf: [["desktop"], pdf],
    webhooks: [["desktop", "phone"], webhooks],
    sessions: [["desktop"], sessions],
  },
  furnish,
);
