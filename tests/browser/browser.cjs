// What the stories share: a browser, what must never happen in it, pictures and the accessibility checker.

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const readline = require("node:readline");
const { chromium } = require("playwright-core");

const PICTURES = path.join(__dirname, "../../target/browser");
const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const WHERE = ["chromium", "chromium-browser", "google-chrome"];

/** How a page is looked at: a desktop by day and by night, a phone by night, and the narrowest there is. */
const SIGHTS = {
  desktop: { viewport: { width: 1280, height: 900 }, colorScheme: "light", reducedMotion: "no-preference" },
  phone: { viewport: { width: 390, height: 800 }, colorScheme: "dark", reducedMotion: "reduce", hasTouch: true },
  night: { viewport: { width: 1280, height: 900 }, colorScheme: "dark", reducedMotion: "reduce" },
  narrow: { viewport: { width: 320, height: 640 }, colorScheme: "light", reducedMotion: "reduce" },
};

const figures = { pages: 0, nodes: 0, requests: 0, checks: 0 };

function must(fact, fault) {
  if (!fact) throw new Error(fault);
  figures.checks += 1;
}

function same(what, found, wanted) {
  must(
    JSON.stringify(found) === JSON.stringify(wanted),
    `${what}: ${JSON.stringify(found)}, should be ${JSON.stringify(wanted)}`,
  );
}

function executable() {
  for (const folder of process.env.PATH.split(":")) {
    const found = WHERE.map((name) => path.join(folder, name)).find((file) => fs.existsSync(file));
    if (found) return found;
  }
  throw new Error("there is no Chromium; infra/tools.sh browser installs it");
}

/** The server that the command line names: its address, and how to end it. */
async function start() {
  const [command, ...given] = process.argv.slice(2);
  if (command.startsWith("http://")) return { address: command, stop: () => {} };
  // The day is fixed: documents of a test do not age.
  const fixed = ["--memory", "--listen", "127.0.0.1:0", "--clock", "2026-03-01T12:00:00Z"];
  const server = spawn(command, [...given, ...fixed], { stdio: ["ignore", "pipe", "inherit"] });
  const address = await new Promise((found, failed) => {
    server.on("error", failed).on("exit", () => failed(new Error("the server did not start")));
    readline.createInterface({ input: server.stdout }).on("line", (line) => {
      const [, address] = /^listening on (.*)$/.exec(line) ?? [];
      if (address) found(address);
    });
  });
  return { address, stop: () => server.kill() };
}

/** Where a server has its sandbox; a browser finds the loopback there. */
function sandboxOf(address) {
  const at = new URL(address);
  at.hostname = "sandbox.localhost";
  return at.origin;
}

const isSandbox = (address) => new URL(address).hostname.startsWith("sandbox.");

/**
 * Run the stories, each in a context of its own: `{name: [sights, async ({page, see, expect, address, sight}), where]}`,
 * where `where` is `sandboxOf` for what happens in the sandbox. Before them the server's world is furnished.
 */
async function tell(stories, furnish = () => {}) {
  const { address, stop } = await start();
  process.on("exit", stop);
  await furnish(address);
  const browser = await chromium.launch({
    executablePath: executable(),
    args: process.getuid() === 0 ? ["--no-sandbox"] : [],
  });
  let failed = 0;
  for (const [name, [sights, story, where = (live) => live]] of Object.entries(stories)) {
    for (const sight of sights) {
      try {
        await told(browser, where(address), name, sight, story);
        console.log(`ok    ${name}, ${sight}`);
      } catch (error) {
        failed += 1;
        console.log(
          `FAULT ${name}, ${sight}: ${error.message}\n${error.stack
            .split("\n")
            .filter((line) => /^\s+at /.test(line))
            .join("\n")}`,
        );
      }
    }
  }
  await browser.close();
  console.log(
    `${figures.pages} pages looked at, ${figures.nodes} rules of axe passed on them, ${figures.checks} checks, ${figures.requests} requests, all to this server`,
  );
  process.exit(failed === 0 ? 0 : 1);
}

async function told(browser, address, name, sight, story) {
  const context = await browser.newContext({ ...SIGHTS[sight], timezoneId: "America/New_York" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: address });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  // Answers that a story provokes: `expected` holds their statuses.
  const expected = new Map();
  page.on("console", (message) => {
    // The browser's own line on a refused request has no address; the answer itself is looked at below.
    const ours = ["error", "warning"].includes(message.type()) && !message.text().startsWith("Failed to load resource");
    if (ours) faults.push(`the console says: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.stack}`));
  page.on("request", (request) => {
    const to = request.url();
    if (/^(data|blob):/.test(to)) return;
    figures.requests += 1;
    if (!to.startsWith(`${address}/`)) faults.push(`a request to another host: ${to}`);
    const asksClock = new URL(to).pathname === "/api/v2/clock";
    if (asksClock && !isSandbox(address)) faults.push("a live clock is asked for, and there is none");
  });
  page.on("response", (response) => {
    if (response.status() < 400) return;
    const left = expected.get(response.status()) ?? 0;
    if (left > 0) expected.set(response.status(), left - 1);
    else faults.push(`${response.status()} for ${response.request().method()} ${response.url()}`);
  });
  const expect = (status, times = 1) => expected.set(status, (expected.get(status) ?? 0) + times);
  const see = (what) => seen(page, `${sight}-${what}`);
  try {
    await story({ page, see, expect, address, sight });
    for (const [status, left] of expected) if (left > 0 && left !== Infinity) faults.push(`no answer was ${status}`);
    if (faults.length > 0) throw new Error([...new Set(faults)].join("\n"));
  } catch (error) {
    await page
      .screenshot({ path: path.join(PICTURES, `fault-${sight}-${name.replaceAll(" ", "-")}.png`), fullPage: true })
      .catch(() => {});
    if (faults.length > 0) error.message += `\n${[...new Set(faults)].join("\n")}`;
    throw error;
  } finally {
    await context.close();
  }
}

/** A picture of the page, and axe over it: nothing serious or critical, and nothing wider than the screen. */
async function seen(page, name) {
  await page.waitForTimeout(200); // colours fade over
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true });
  // Put there by the browser's own protocol, which no policy of the page's forbids.
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run());
  const bad = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  must(
    bad.length === 0,
    `${name}: axe: ${bad
      .map(
        (one) =>
          `${one.id} at ${one.nodes
            .slice(0, 5)
            .map((node) => node.target.join(" "))
            .join(", ")}`,
      )
      .join("; ")}`,
  );
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  must(wider <= 0, `${name} is ${wider} px wider than the screen`);
  figures.pages += 1;
  figures.nodes += found.passes.length;
}

/** A request of the test's own, to prepare or to check something. */
async function ask(address, method, target, { key, body } = {}) {
  const { hostname, host, port } = new URL(address);
  const credential = key ?? (isSandbox(address) ? "sandbox-admin-key" : "demo-admin-key");
  const headers = { host, authorization: `Bearer ${credential}`, "content-type": "application/json" };
  // Not every machine knows what browsers do: names below localhost are this machine.
  const to = { hostname: hostname.endsWith(".localhost") ? "127.0.0.1" : hostname, port, path: target, method, headers };
  const answer = await new Promise((answered, failed) => {
    const request = http.request(to, answered).on("error", failed);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += part;
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    // a file, or nothing
  }
  return { status: answer.statusCode, json };
}

module.exports = { ask, must, same, sandboxOf, tell };
