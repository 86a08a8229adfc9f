// The reference: it opens, takes a credential, sends a request and shows the answer, in every dialect.

const fs = require("node:fs");
const { must, same, sandboxOf, tell } = require("./browser.cjs");

/** Reads what is at a path: its operation is found among the tags, opened and sent. Answers its status and its text. */
async function sent(page, path, verb = "get") {
  const operation = page.locator(`.opblock-${verb}`).filter({ has: page.locator(`[data-path="${path}"]`) });
  const closed = page.locator(".opblock-tag[data-is-open=false]");
  while (!(await operation.isVisible())) await closed.first().click();
  await operation.locator(".opblock-summary-control").click();
  await operation.getByRole("button", { name: "Execute" }).click();
  const answer = operation.locator(".live-responses-table .response");
  await answer.waitFor();
  return {
    status: (await answer.locator(".response-col_status").innerText()).trim().slice(0, 3),
    text: await answer.locator(".response-col_description").innerText(),
  };
}

async function authorize(page, value) {
  await page.locator(".btn.authorize").click();
  const field = page.locator(".dialog-ux input").first();
  await field.waitFor();
  await page.waitForFunction(
    () => document.activeElement?.closest(".dialog-ux") && document.activeElement.tagName === "INPUT",
  );
  await page.keyboard.type(value);
  await page.keyboard.press("Enter");
  await page.locator(".dialog-ux .btn-done").first().waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".dialog-ux").waitFor({ state: "detached" });
  same(
    "the focus after the dialog",
    await page.evaluate(() => document.activeElement.classList.contains("authorize")),
    true,
  );
}

async function choose(page, name) {
  await page.getByLabel("API", { exact: true }).selectOption({ label: name });
  await page
    .locator(name.includes("JSON-RPC") ? ".method" : ".swagger-ui .btn.authorize")
    .first()
    .waitFor();
}

async function tried({ page, see, expect, address }) {
  await page.goto(`${address}/api/docs`);
  await page.locator(".btn.authorize").waitFor();
  await see("reference");
  expect(401);
  same("without a credential", (await sent(page, "/api/v2/customers")).status, "401");
  await page.reload();
  await page.locator(".btn.authorize").click();
  await page.locator(".dialog-ux input").first().waitFor();
  await see("reference-authorize");
  await page.keyboard.press("Escape");
  await authorize(page, "demo-admin-key");
  const answer = await sent(page, "/api/v2/customers");
  same("with a key", answer.status, "200");
  must(answer.text.includes("Aldine Press"), "the answer is shown");
  await see("reference-answer");
  const link = page.getByRole("link", { name: "Download the document" });
  same("where the document is", await link.evaluate((one) => [new URL(one.href).pathname, one.download]), [
    "/api/v2/openapi.json",
    "cloudonex.openapi.json",
  ]);
  const [saved] = await Promise.all([page.waitForEvent("download"), link.click()]);
  must(JSON.parse(fs.readFileSync(await saved.path(), "utf8")).openapi.startsWith("3.1"), "the document is OpenAPI 3.1");
  for (const [name, credential, path] of [
    ["JeraSoft CoreAPI, REST", "demo-admin-key", "/api/clients"],
    ["Billmora", "1|demoDemoDemoDemoDemoDemoDemoDemoDemoDemo73a1c0de", "/api/v1/users"],
  ]) {
    await choose(page, name);
    await page.waitForFunction(
      (path) =>
        document.querySelector(".info")?.textContent &&
        [...document.querySelectorAll(".opblock-tag")].length > 0 &&
        path,
      path,
    );
    await authorize(page, credential);
    same(name, (await sent(page, path)).status, "200");
  }
  const signed = await fetch(`${address}/api/v2/auth/token`, {
    method: "POST",
    body: new URLSearchParams({ username: "admin", password: "correct horse" }),
  });
  await choose(page, "RackNap Billing API");
  await authorize(page, `Bearer ${(await signed.json()).data.token}`);
  same("RackNap", (await sent(page, "/api/v2/invoice/list", "post")).status, "200");
  await see("reference-racknap");
}

async function rpc({ page, see, address }) {
  await page.goto(`${address}/api/docs#jsonrpc`);
  await page.locator(".method").first().waitFor();
  await page.getByLabel("X-Api-Key").fill("demo-admin-key");
  await page.getByLabel("Find a method").fill("clients.get");
  const method = page.locator(".method").filter({ has: page.getByText("clients.get", { exact: true }) });
  await method.locator("summary").click();
  await method
    .getByLabel("Request")
    .fill(JSON.stringify({ jsonrpc: "2.0", id: 7, method: "clients.get", params: { id: 42 } }));
  await method.getByRole("button", { name: "Send" }).click();
  await method.getByText("Answer: 200").waitFor();
  const text = await method.locator("pre").innerText();
  must(
    text.includes("Blue Harbour Ltd") && text.includes('"credit": 0.00'),
    "the answer is shown, with its numbers as they came",
  );
  await see("reference-rpc");
}

/** At the sandbox's host requests go to the sandbox, whose keys are others, and which has a clock. */
async function sandbox({ page, see, expect, address }) {
  await page.goto(`${address}/api/docs`);
  await page.locator(".btn.authorize").waitFor();
  await authorize(page, "demo-admin-key");
  expect(401);
  same("a live key", (await sent(page, "/api/v2/clock")).status, "401");
  await page.reload();
  await authorize(page, "sandbox-admin-key");
  const [request, answer] = await Promise.all([page.waitForRequest(/\/clock$/), sent(page, "/api/v2/clock")]);
  same("the sandbox's key", [answer.status, new URL(request.url()).origin], ["200", address]);
  must(answer.text.includes('"resets_at": "2026-03-02T00:00:00Z"'), "the clock is shown");
  await see("reference-sandbox");
}

tell({
  reference: [["desktop", "phone"], tried],
  "JSON-RPC": [["desktop", "phone"], rpc],
  "the sandbox": [["desktop"], sandbox, sandboxOf],
});
