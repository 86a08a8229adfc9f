// The sandbox: the console says that it is one, and its clock is set, moved on and let go.

const { ask, must, same, sandboxOf, tell } = require("./browser.cjs");
const { focused, go, settled, signIn, tabTo } = require("./person.cjs");
const { furnish } = require("./world.cjs");

const banner = (page) => page.getByRole("region", { name: "Sandbox" });
const press = (page, name) => banner(page).getByRole("button", { name, exact: true }).click();
const clockOf = async (address) => (await ask(address, "GET", "/api/v2/clock")).json.data;
/** Every story begins with a clock that nobody has set. */
const released = (address) => ask(address, "DELETE", "/api/v2/clock");

/** Until the banner says this, and the page is read again. */
async function says(page, text) {
  await banner(page).getByText(text).waitFor();
  await settled(page);
}

const told = (page, text) =>
  page.waitForFunction((wanted) => document.getElementById("announcer").textContent.includes(wanted), text);

async function signedIn(page, address, login) {
  await released(address);
  await signIn(page, address, ...login);
  await banner(page).waitFor();
}

/** The clock is set: the banner, the overview and an invoice follow it; and back to the real time. */
async function clock({ page, see, expect, address }) {
  await signedIn(page, address, []);
  await says(page, "Its data are reset on 2 Mar 2026, 00:00.");
  await says(page, "Its clock shows 1 Mar 2026, 12:00 and goes with the real time.");
  same("the title", await page.title(), "Sandbox: Overview – Tessera");
  must(await page.getByRole("heading", { name: "Income in 2026", exact: true }).isVisible(), "the year of the sandbox");
  same("nothing to let go", await banner(page).getByRole("button", { name: "Use real time" }).count(), 0);
  await see("sandbox-overview");
  await go(page, "/invoices?customer_id=9");
  must(!(await page.locator("tbody").innerText()).includes("overdue"), "nothing is overdue yet");
  await banner(page).getByText("Set it to another time").click();
  const time = banner(page).getByLabel("Time");
  same("the time that stands there", await time.inputValue(), "2026-03-01T12:00");
  expect(422);
  await time.fill("2100-01-01T00:00");
  await press(page, "Set clock");
  await banner(page).getByText("Now must be from 2000-01-01").waitFor();
  same("the focus after a fault", await page.evaluate(() => document.activeElement.name), "now");
  await see("sandbox-refused");
  await time.fill("");
  await press(page, "Set clock");
  await banner(page).getByText("This is needed").waitFor();
  await time.fill("2027-01-31T09:00");
  await press(page, "Set clock");
  await says(page, "Its clock shows 31 Jan 2027, 09:00 and stands still.");
  const { now, frozen } = await clockOf(address);
  same("the clock that was set", [now, frozen], ["2027-01-31T09:00:00Z", true]);
  await page.locator("tbody").getByText("Unpaid, overdue").waitFor();
  await see("sandbox-invoices");
  await go(page, "/overview");
  must(await page.getByRole("heading", { name: "Income in 2027", exact: true }).isVisible(), "the year of the clock");
  same("the year that is chosen", await page.getByLabel("Year").inputValue(), "2027");
  await page.locator("main").getByText("As of 31 Jan 2027").first().waitFor();
  await press(page, "Advance a month");
  await says(page, "Its clock shows 28 Feb 2027, 09:00 and stands still.");
  await page.locator("main").getByText("As of 28 Feb 2027").first().waitFor();
  await press(page, "Advance a day");
  await says(page, "Its clock shows 1 Mar 2027, 09:00 and stands still.");
  await press(page, "Advance a month");
  await press(page, "Advance a month"); // without waiting: each is a month
  await says(page, "Its clock shows 1 May 2027, 09:00 and stands still.");
  await see("sandbox-set");
  await page.reload();
  await says(page, "Its clock shows 1 May 2027, 09:00 and stands still.");
  await ask(address, "PUT", "/api/v2/clock", { body: { now: "2099-12-31T09:00:00Z" } });
  expect(422);
  await press(page, "Advance a day"); // from where somebody else has set it
  await banner(page).getByRole("alert").filter({ hasText: "before 2100-01-01" }).waitFor();
  await press(page, "Use real time");
  await says(page, "Its clock shows 1 Mar 2026, 12:00 and goes with the real time.");
  same("the fault is gone", await banner(page).getByRole("alert").count(), 0);
  same("the clock that goes", (await clockOf(address)).frozen, false);
  must(await page.getByRole("heading", { name: "Income in 2026", exact: true }).isVisible(), "the year of the machine");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.locator("main").getByText("You are signed out.").waitFor();
  same("the banner after signing out", await banner(page).count(), 0);
}

/** The same without a pointer: the focus stays where one goes on from. */
async function keyboard({ page, see, address }) {
  await signedIn(page, address, []);
  await go(page, "/invoices");
  same("the focus on a new page", (await focused(page)).tag, "h1");
  await tabTo(page, "Set it to another time", "Shift+Tab");
  await page.keyboard.press("Enter");
  await tabTo(page, "Time");
  same(
    "what describes it",
    await page.evaluate(() => {
      const [hint] = document.activeElement.getAttribute("aria-describedby").split(" ");
      return document.getElementById(hint).textContent;
    }),
    "In the time zone UTC.",
  );
  await page.keyboard.type("12312026");
  await page.keyboard.press("Tab");
  await page.keyboard.type("0830AM");
  await tabTo(page, "Set clock");
  await page.keyboard.press("Enter");
  await told(page, "31 Dec 2026, 08:30 and stands still");
  await page.waitForFunction(() => document.activeElement.tagName === "SUMMARY");
  await tabTo(page, "Advance a month", "Shift+Tab");
  for (const day of ["31 Jan 2027", "28 Feb 2027"]) {
    await page.keyboard.press("Enter");
    await told(page, day);
    same("the focus after a month", (await focused(page)).name, "Advance a month");
  }
  await see("sandbox-keyboard");
  await tabTo(page, "Use real time");
  await page.keyboard.press("Enter");
  await told(page, "1 Mar 2026, 12:00 and goes with the real time");
  await page.waitForFunction(() => document.activeElement.id === "sandbox");
  await tabTo(page, "Advance a day");
}

/** Every role sees the clock; who is no administrator cannot set it. */
async function roles({ page, see, address, sight }) {
  const made = async (role) => {
    const email = `${role}-${sight}@demo.example`;
    const user = await ask(address, "POST", "/api/v2/users", {
      body: { name: role, email, password: "long enough", role, timezone: "Asia/Kolkata" },
    });
    same(`a user who is ${role}`, user.status, 201);
    return [email, "long enough"];
  };
  for (const role of ["viewer", "accountant", "support"]) {
    await signedIn(page, address, await made(role));
    await says(page, "Its clock shows 1 Mar 2026, 17:30 and goes with the real time.");
    same(`what ${role} may press`, await banner(page).locator("button, input, summary").count(), 0);
    await see(`sandbox-${role}`);
    await page.getByRole("button", { name: "Sign out" }).click();
  }
  // A time without a zone is the person's own.
  await signedIn(page, address, await made("administrator"));
  await banner(page).getByText("Set it to another time").click();
  await banner(page).getByText("In the time zone Asia/Kolkata.").waitFor();
  await banner(page).getByLabel("Time").fill("2027-01-31T09:00");
  await press(page, "Set clock");
  await says(page, "Its clock shows 31 Jan 2027, 09:00 and stands still.");
  same("the same in UTC", (await clockOf(address)).now, "2027-01-31T03:30:00Z");
}

tell(
  {
    "the clock": [["desktop", "night", "phone", "narrow"], clock, sandboxOf],
    "the clock by keyboard": [["desktop", "phone"], keyboard, sandboxOf],
    "who may set it": [["desktop"], roles, sandboxOf],
  },
  (address) => furnish(sandboxOf(address)),
);
