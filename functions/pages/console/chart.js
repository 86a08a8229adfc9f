// Bar charts: a drawing for those who see it, and always a table of the same figures beside it.

import { fresh, h, svg, table } from "./dom.js";
import { grouped, scaled } from "./format.js";

const HEIGHT = 240;
const [LEFT, BOTTOM, TOP] = [8, 24, 20];

/**
 * Bars in groups: `labels` under the groups, and `series` of `{name, values}` in decimal text, drawn in this order. Bars of
 * negative figures hang below the line. The drawing is hidden from screen readers, who have the table.
 */
export function bars({ title, unit, labels, series, about }) {
  const all = scaled(series.flatMap((one) => one.values));
  const rows = series.map((_, place) => all.slice(place * labels.length, (place + 1) * labels.length));
  const highest = all.reduce((most, one) => (one > most ? one : most), 0n);
  const lowest = all.reduce((least, one) => (one < least ? one : least), 0n);
  const range = highest - lowest || 1n;
  // Only the place on the screen is a float.
  const share = (value) => Number((value * 10_000n) / range) / 10_000;
  const room = HEIGHT - TOP - BOTTOM;
  const zero = TOP + share(highest) * room;
  const group = Math.max(series.length * 16 + 12, Math.min(72, Math.floor(640 / labels.length)));
  const width = LEFT * 2 + labels.length * group;
  const one = Math.min(24, (group - 12) / series.length);
  const drawn = labels.flatMap((label, place) => {
    const left = LEFT + place * group + (group - one * series.length) / 2;
    return [
      ...rows.map((values, which) => {
        const tall = Math.abs(share(values[place])) * room;
        const y = values[place] < 0n ? zero : zero - tall;
        return svg("rect", {
          class: `series-${which}`,
          x: left + which * one + 1,
          y,
          width: one - 2,
          height: Math.max(tall, values[place] === 0n ? 0 : 1),
          rx: 2,
        });
      }),
      svg("text", { x: LEFT + place * group + group / 2, y: HEIGHT - 8, "text-anchor": "middle" }, label.split(" ")[0]),
    ];
  });
  const most = series.flatMap((one) => one.values)[all.indexOf(highest)];
  const name = fresh("chart");
  return h(
    "figure",
    { class: "chart", "aria-labelledby": name },
    h("figcaption", { id: name }, h("h2", {}, title), about ? h("p", { class: "hint" }, about) : null),
    h(
      "div",
      {},
      h(
        "ul",
        { class: "legend", "aria-hidden": "true" },
        series.map((each, which) => h("li", {}, h("span", { class: `key series-${which}` }), each.name)),
      ),
      h(
        "div",
        {
          class: "drawing",
          tabindex: "0",
          role: "group",
          "aria-label": `${title}: a drawing; the figures follow in a table`,
        },
        svg(
          "svg",
          { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true", focusable: "false" },
          [0.25, 0.5, 0.75, 1].map((part) =>
            svg("line", { class: "grid", x1: 0, x2: width, y1: TOP + room * (1 - part), y2: TOP + room * (1 - part) }),
          ),
          svg("line", { class: "zero", x1: 0, x2: width, y1: zero, y2: zero }),
          drawn,
          svg("text", { x: 0, y: TOP - 4 }, most === undefined ? "" : `${grouped(most)} ${unit}`),
        ),
      ),
    ),
    h(
      "details",
      { open: true },
      h("summary", {}, `The figures in ${unit}`),
      table(
        `${title}, in ${unit}`,
        [
          { name: "Month", cell: (row) => row[0] },
          ...series.map((each, which) => ({ name: each.name, number: true, cell: (row) => grouped(row[1][which]) })),
        ],
        labels.map((label, place) => [label, series.map((each) => each.values[place])]),
        { narrow: true },
      ),
    ),
  );
}
