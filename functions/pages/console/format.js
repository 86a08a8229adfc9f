// How figures and dates are written. An amount stays the decimal text that the API sent: it is never a float.

let zone = "UTC";

/** Write instants in this zone from now on: the user's, else the tenant's. */
export function useZone(name) {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: name });
    zone = name;
  } catch {
    zone = "UTC"; // a zone that this browser does not know
  }
}

export const zoneName = () => zone;

/** `-1234567.50` as `−1,234,567.50`: the digits as they came, in groups. */
export function grouped(decimal) {
  const [, sign, whole, rest] = /^([-+]?)(\d+)(\.\d+)?$/.exec(String(decimal)) ?? [];
  if (whole === undefined) return String(decimal);
  return `${sign === "-" ? "−" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${rest ?? ""}`;
}

/** An amount with its currency: `1,416.00 USD`. */
export const money = (decimal, currency) =>
  decimal === null || decimal === undefined ? null : `${grouped(decimal)} ${currency ?? ""}`.trim();

/** Whether an amount is zero, whatever its places. */
export const isZero = (decimal) => /^[-+]?0*(\.0*)?$/.test(String(decimal));

/** The decimals as whole numbers of the smallest place among them, for drawing: `["1.5", "2.25"]` as `[150n, 225n]`. */
export function scaled(decimals) {
  const places = Math.max(0, ...decimals.map((one) => (String(one).split(".")[1] ?? "").length));
  return decimals.map((one) => {
    const [whole, rest = ""] = String(one).split(".");
    return BigInt(whole + rest.padEnd(places, "0"));
  });
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A calendar day, `2026-02-15` as `15 Feb 2026`. It has no zone. */
export function day(text) {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)/.exec(text ?? "") ?? [];
  return year === undefined ? null : `${Number(date)} ${MONTHS[month - 1]} ${year}`;
}

/** A month, `2026-02` as `Feb 2026`. */
export function month(text) {
  const [year, number] = text.split("-");
  return `${MONTHS[number - 1]} ${year}`;
}

/** An instant in the zone: `1 Mar 2026, 13:00`. */
export function instant(text) {
  const at = text ? new Date(text) : null;
  if (at === null || Number.isNaN(at.getTime())) return null;
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, dateStyle: "medium", timeStyle: "short" }).format(at);
}

let clock = () => new Date();

/** Reckon with this clock from now on: in a sandbox it is not the machine's. */
export function useClock(read) {
  clock = read;
}

/** The time by which documents are dated and due. Sessions and keys end by the machine's, also in a sandbox. */
export const now = () => clock();

/** What a clock on a wall in the zone shows at a time, `2026-03-01T13:00:05`. */
export function wall(at) {
  const [year, month, day, hour, minute, second] = ["numeric", ...Array(5).fill("2-digit")];
  const form = { timeZone: zone, hourCycle: "h23", year, month, day, hour, minute, second };
  const parts = new Intl.DateTimeFormat("en-GB", form).formatToParts(at);
  const part = (type) => parts.find((one) => one.type === type).value;
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}`;
}

/** Today in the zone, `2026-03-01`. */
export const today = () => wall(now()).slice(0, 10);

/** A thing and its number: `1 invoice`, `3 invoices`. */
export const counted = (count, one, many = `${one}s`) => `${grouped(count)} ${count === 1 ? one : many}`;

/** `part_paid` as `Part paid`. */
export function spoken(word) {
  const text = String(word ?? "").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
