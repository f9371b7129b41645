// The chart of people against distance: one source, a line for each side, its interval behind it.

function buildChart() {
  const pick = el("select", { id: "chart-source", "aria-label": word("source"),
    onchange: (event) => { state.source = event.target.value; drawChart(); } });
  return section("chart", word("chart"), pick, el("div", { id: "chart" }));
}
function series(key, side) {
  const kms = new Set(Object.keys(data.figures[key]?.[side] ?? {}).map(Number));
  if (live && state.source === "settlements") for (let km = 0.5; km <= 30; km += 0.5) kms.add(km);
  const points = [...kms].sort((a, b) => a - b)
    .map((km) => [km, ...(peopleAt(key, side, km, state.source) ?? [null]).slice(0, 3)])
    .filter((point) => known(point[1]));
  return points.length ? [[0, 0, 0, 0], ...points] : [];
}
function drawChart() {
  const keys = shownKeys();
  const options = [...new Set(keys.flatMap(sourcesOf))];
  if (!options.includes(state.source)) state.source = options[0] ?? "settlements";
  document.getElementById("chart-source").replaceChildren(...options.map((source) =>
    el("option", { value: source, selected: source === state.source }, sourceLabel(source))));
  const drawn = keys.flatMap((key) => Object.keys(data.figures[key] ?? {}).map((side) =>
    ({ key, side, points: series(key, side) })));
  const [width, height, left, bottom, top] = [320, 178, 46, 24, 10];
  const far = Math.max(...data.distances, state.km, ...drawn.flatMap((s) => s.points.map((p) => p[0])));
  const most = Math.max(1, ...drawn.flatMap((s) => s.points.map((p) => Math.max(p[1], p[3] ?? 0))));
  const ticks = niceTicks(most, 4);
  const x = (km) => left + (km / far) * (width - left - 12);
  const y = (people) => height - bottom - (people / ticks.at(-1)) * (height - bottom - top);
  const picture = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": word("chart_text", { source: sourceLabel(state.source) }) });
  for (const value of ticks) {
    picture.append(draw("line", { x1: left, x2: width - 12, y1: y(value), y2: y(value), class: "grid" }),
      draw("text", { x: left - 6, y: y(value) + 3.5, "text-anchor": "end" }, short(value)));
  }
  for (const [i, value, all] of niceTicks(far, 6).filter((one) => one <= far).map((one, n, list) => [n, one, list])) {
    const last = i === all.length - 1;
    picture.append(draw("text", { x: x(value) + (last ? 12 : 0), y: height - 8, "text-anchor": last ? "end" : "middle" },
      value === 0 ? "0" : last ? `${value} ${word("km")}` : `${value}`));
  }
  picture.append(draw("line", { x1: x(state.km), x2: x(state.km), y1: top, y2: height - bottom, class: "now" }));
  for (const one of drawn) drawSeries(picture, one, x, y);
  nameSeries(picture, drawn, y, width, height - bottom);
  document.getElementById("chart").replaceChildren(picture);
}
function drawSeries(picture, { key, side, points }, x, y) {
  if (!points.length) return;
  const bounded = points.filter((p) => known(p[2]) && known(p[3]));
  const at = (value) => (p) => `${x(p[0]).toFixed(1)},${y(p[value]).toFixed(1)}`;
  const colour = colourOf(side);
  if (bounded.length > 1) {
    const band = [...bounded.map(at(3)), ...bounded.map(at(2)).reverse()].join(" ");
    picture.append(draw("polygon", { points: band, fill: colour, opacity: 0.18 }));
  }
  const line = lineOf(key);
  picture.append(draw("polyline", { points: points.map(at(1)).join(" "), fill: "none", stroke: colour,
    "stroke-width": 2, "stroke-dasharray": state.compare ? line.style.dash.join(" ") : "" },
  draw("title", {}, `${side}, ${line.label}`)));
  const now = points.findLast((p) => p[0] <= state.km + 1e-9);
  if (now) picture.append(draw("circle", { cx: x(now[0]), cy: y(now[1]), r: 3.2, fill: colour }));
}
/** Write at the end of each line whose it is: colour alone tells nothing to some readers. */
function nameSeries(picture, drawn, y, width, floor) {
  const ends = drawn.filter((one) => one.points.length)
    .map((one) => ({ ...one, at: y(one.points.at(-1)[1]) - 6 })).sort((a, b) => b.at - a.at);
  let above = floor + 9;
  for (const { key, side, at } of ends) {
    above = Math.min(at, above - 12);
    const year = shownKeys().length > 1 ? ` ${badgeOf(lineOf(key))}` : "";
    const text = side.length > 24 ? `${side.slice(0, 23)}…` : side;
    picture.append(draw("text", { x: width - 14, y: Math.max(above, 9), "text-anchor": "end", class: "whose",
      direction: "ltr" }, draw("tspan", { fill: colourOf(side) }, "● "), `\u2068${text}\u2069${year}`));
  }
}
function niceTicks(most, count) {
  const raw = most / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw);
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) => i * step);
}
const short = (value) => (value >= 1e6 ? `${decimal.format(value / 1e6)} M`
  : value >= 1000 ? `${decimal.format(value / 1000)} k` : decimal.format(value));
