// The sandbox: a banner on every page that says so, the tenant's clock, and what sets it. In a live stage there is
// nothing of it, and no clock is asked for.

import { call, current, may, Refused } from "./api.js";
import { announce, button, h } from "./dom.js";
import { instant, now, useClock, wall, zoneName } from "./format.js";
import { attempt, field, form } from "./form.js";

/** What a person who watches the clock may wait for it to go on. */
const TICK = 5_000;

const place = document.getElementById("sandbox");
let clock = null; // as the API said it; `seen` is what this machine's clock showed then
let banner = null;
let changed = async () => {};

/** Whether the session is a sandbox's. */
export const inSandbox = () => current()?.sandbox === true;

/** Call this when the clock was changed: whatever is shown may be another for it. It is awaited. */
export function onClock(listener) {
  changed = listener;
}

/** Read the clock, which others may have set, and show it. In a live stage nothing happens. */
export async function lookAtClock() {
  if (!inSandbox()) return;
  if (!may("clock.view")) return show(null);
  try {
    show((await call("clock")).data);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (inSandbox()) show(null, error.message); // else the session is over
  }
}

/** Forget the sandbox with the session. */
export function leaveSandbox() {
  place.hidden = true;
  place.replaceChildren();
  [clock, banner] = [null, null];
}

function show(said, fault = null) {
  clock = said && { ...said, seen: Date.now() };
  banner ??= made();
  banner.fill(fault);
}

const sinceSeen = () => Date.now() - clock.seen;

useClock(() => {
  if (clock === null) return new Date();
  return new Date(Date.parse(clock.now) + (clock.frozen ? 0 : sinceSeen()));
});

setInterval(() => {
  if (clock === null) return;
  if (Date.parse(clock.machine_time) + sinceSeen() >= Date.parse(clock.resets_at)) lookAtClock();
  else banner.tick();
}, TICK);

function made() {
  const about = h("p");
  const time = h("p");
  const outcome = h("div");
  const steps = h("p", { class: "actions" });
  let last = Promise.resolve();
  // A second click is a second step, and waits until the first is done.
  const does = (act) => () => (last = last.catch(() => {}).then(() => attempt(outcome, act)));
  const input = field({
    name: "now",
    label: "Time",
    type: "datetime-local",
    hint: `In the time zone ${zoneName()}.`,
    required: true,
  });
  const summary = h("summary", {}, "Set it to another time");
  const details = h(
    "details",
    {},
    summary,
    form({
      fields: [input],
      submit: "Set clock",
      act: async ({ now }) => {
        await set(now);
        details.open = false;
        summary.focus(); // the button that had the focus is gone
      },
    }),
  );
  const step = (add) => async () => set(add(wall(new Date((await call("clock")).data.now))));
  const set = async (now) => {
    // Without an offset it is what clocks in that zone show.
    await call("clock", { method: "PUT", body: { now }, query: { __tz: zoneName() } });
    await done();
  };
  const release = button("Use real time", does(() => released()));
  const released = async () => {
    await call("clock", { method: "DELETE" });
    await done();
    place.focus(); // the button that had it is gone
  };
  const done = async () => {
    outcome.replaceChildren();
    await changed();
    if (inSandbox()) announce(time.textContent);
  };
  if (may("clock.update")) {
    steps.append(button("Advance a day", does(step(aDayOn))), button("Advance a month", does(step(aMonthOn))));
  }
  if (may("clock.delete")) steps.append(release);
  place.replaceChildren(
    h("div", {}, h("h2", {}, "Sandbox"), about, time),
    ...(steps.hasChildNodes() ? [steps] : []),
    ...(may("clock.update") ? [details] : []),
    outcome,
  );
  place.hidden = false;
  const tick = () => {
    const shows = instant(now().toISOString());
    time.textContent = clock.frozen
      ? `Its clock shows ${shows} and stands still.`
      : `Its clock shows ${shows} and goes with the real time.`;
  };
  const fill = (fault) => {
    const reset = clock ? `on ${instant(clock.resets_at)}` : "every day";
    about.textContent = `This is the sandbox: nothing in it is real. Its data are reset ${reset}.`;
    if (clock) tick();
    else time.textContent = fault ? `Its clock could not be read. ${fault}` : "";
    time.hidden = time.textContent === "";
    steps.hidden = details.hidden = clock === null;
    release.hidden = clock?.frozen !== true;
    // Nobody's half-written time is taken away.
    if (clock && !details.contains(document.activeElement)) input.control.value = wall(now()).slice(0, 16);
  };
  return { fill, tick };
}

/** A day or a month later by the calendar: the hour stays, and a month that is too short ends on its last day. */
const aDayOn = (wall) => moved(wall, 0, 1);
const aMonthOn = (wall) => moved(wall, 1, 0);

function moved(wall, months, days) {
  const [date, time] = wall.split("T");
  const [year, month, day] = date.split("-").map(Number);
  const longest = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  const on = new Date(Date.UTC(year, month - 1 + months, Math.min(day, longest) + days));
  return `${on.toISOString().slice(0, 10)}T${time}`;
}
