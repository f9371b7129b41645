// Tools on the map: divider, legend, measure, scale, coordinates, link, export, theme, keyboard.

const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const divider = el("div", { className: "divider", role: "slider", tabIndex: 0, hidden: true,
  "aria-valuemin": "0", "aria-valuemax": "100", title: word("swipe_help") },
el("span", { className: "grip", "aria-hidden": "true" }));
const flags = { left: el("div", { className: "flag left", hidden: true }),
  right: el("div", { className: "flag right", hidden: true }) };
const legend = el("details", { className: "legend", open: !window.matchMedia("(max-width: 760px)").matches });
const legendBody = el("div");
const readout = el("div", { className: "readout", "aria-hidden": "true" });

function drawDivider() {
  divider.hidden = flags.left.hidden = flags.right.hidden = !state.compare;
  if (!state.compare) return;
  const keys = shown();
  divider.style.left = `${state.split * 100}%`;
  divider.setAttribute("aria-valuenow", String(Math.round(state.split * 100)));
  divider.setAttribute("aria-label", word("swipe_handle",
    { left: lineOf(keys.left).label, right: lineOf(keys.right).label }));
  for (const slot of SLOTS) flags[slot].replaceChildren(bdi(lineOf(keys[slot]).label), el("time", {}, lineOf(keys[slot]).date));
  flags.left.style.right = `${(1 - state.split) * 100}%`;
  flags.right.style.left = `${state.split * 100}%`;
}
function moveDivider(share) {
  state.split = Math.min(0.98, Math.max(0.02, share));
  clipSlots();
  drawDivider();
}
function makeDivider() {
  stage.append(divider, flags.left, flags.right);
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    event.preventDefault();
    divider.focus();
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = stage.getBoundingClientRect();
    moveDivider((event.clientX - box.left) / box.width);
  });
  divider.addEventListener("pointerup", () => { drawLabels(); saveView(); });
  divider.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02,
      PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    moveDivider(state.split + step);
    drawLabels();
    saveView();
  });
}

function sample(...children) {
  return draw("svg", { width: 30, height: 16, viewBox: "0 0 30 16", "aria-hidden": "true" }, ...children);
}
function drawLegend() {
  const row = (picture, text) => el("li", {}, picture, el("span", { dir: "auto" }, text));
  const box = (fill, opacity, stroke = "none") =>
    draw("rect", { x: 2, y: 2, width: 26, height: 12, fill, opacity, stroke });
  const rows = [];
  for (const line of data.lines.filter((one) => shownKeys().includes(one.key) || state.layers.ghost)) {
    const faint = !shownKeys().includes(line.key);
    rows.push(row(sample(draw("line", { x1: 1, x2: 29, y1: 8, y2: 8, class: faint ? "ghost" : "front",
      "stroke-width": faint ? 1.6 : line.style.width * 1.25, "stroke-dasharray": line.style.dash.join(" ") })),
    `${line.label} (${line.date}), ${line.accuracy}`));
  }
  for (const other of shownKeys().flatMap(alternativesOf)) {
    rows.push(row(sample(draw("line", { x1: 1, x2: 29, y1: 8, y2: 8, stroke: other.style.colour,
      "stroke-width": other.style.width, "stroke-dasharray": other.style.dash.join(" ") })), other.label));
  }
  for (const side of data.sides) {
    rows.push(row(sample(box(side.colour, state.layers.zones ? 0.45 : 0.2, side.ink)), side.name));
  }
  if (state.layers.zones) {
    rows.push(row(sample(...[0.62, 0.36, 0.18].map((opacity, i) =>
      draw("rect", { x: 2 + i * 9, y: 2, width: 9, height: 12, class: "ramp", opacity }))),
    `${word("legend_zone")}: ${steps().map((km) => km).join(", ")} ${word("km")}`));
  }
  if (state.layers.settlements) rows.push(...placeRows(row));
  if (state.layers.changes) rows.push(...changeRows(row, box));
  if (state.layers.exposure && data.exposure) rows.push(...exposureRows(row, box));
  for (const layer of data.layers.filter((one) => state.layers[one.key])) rows.push(...contextRows(row, layer));
  legendBody.replaceChildren(el("ul", {}, ...rows));
}
function placeRows(row) {
  const sign = (kind, radius, extra = {}) => {
    const hollow = kind !== "residents";
    return sample(draw("path", { d: outline({ kind, radius, crossed: extra.crossed }, { x: 15, y: 8 }),
      fill: hollow ? "#FBFAF7" : "#9AA0A6", stroke: hollow ? "#6B7280" : "#1B1F24",
      "stroke-width": hollow ? 2 : 1.1, "stroke-dasharray": extra.dash ?? "" }));
  };
  const pairs = data.settlements.flatMap((place) =>
    shownKeys().map((key) => [place, place.lines[key]]).filter((pair) => pair[1]));
  const kinds = new Set(pairs.map(([place, one]) => kindOf(place, one)));
  const own = pairs.map((pair) => pair[1]);
  const rows = [];
  if (kinds.has("residents")) rows.push(row(sign("residents", 5.5), `${word("legend_residents")} (${word("legend_size").toLowerCase()})`));
  if (kinds.has("registered")) rows.push(row(sign("registered", 5.5), word("legend_registered")));
  if (kinds.has("unknown")) rows.push(row(sign("unknown", 3.2), word("legend_unknown")));
  if (own.some((one) => one.crossed)) rows.push(row(sign("residents", 4, { crossed: true }), word("legend_crossed")));
  if (own.some((one) => one.certain === false)) {
    rows.push(row(sign("residents", 5, { dash: "2.5 2" }), word("legend_uncertain")));
  }
  if (state.layers.exposure && own.some((one) => one.sight === "visible")) {
    rows.push(row(sample(draw("circle", { cx: 15, cy: 8, r: 6.5, fill: "none", "stroke-width": 2, class: "sight-ring" })),
      word("legend_sight")));
  }
  return rows;
}
function changeRows(row, box) {
  const rows = [];
  const kinds = new Set(data.changes.map((change) => `${change.kind} ${change.kind === "changed" ? change.to_side : ""}`));
  data.sides.forEach((side, i) => {
    if (kinds.has(`changed ${side.name}`)) {
      rows.push(row(sample(box(`url(#hatch-${i})`, 0.75, side.colour)), word("legend_changed", { side: side.name })));
    }
  });
  if (kinds.has("within_error ")) rows.push(row(sample(box("url(#hatch-error)", 0.9)), word("legend_within_error")));
  return rows;
}
function exposureRows(row, box) {
  const { classes, colours, unknown, warning } = data.exposure;
  const rows = [el("li", { className: "head" }, word("legend_exposure"),
    warning ? el("small", {}, ` (${word("illustration_short")})`) : null)];
  classes.forEach((bound, i) => {
    const from = i ? classes[i - 1] + 1 : 1;
    rows.push(row(sample(box(colours[i], 0.9)), from === bound ? whole(bound) : `${whole(from)} – ${whole(bound)}`));
  });
  return [...rows, row(sample(box(unknown, 0.6)), word("legend_exposure_unknown"))];
}
function contextRows(row, layer) {
  if (layer.key === "points") {
    return [row(sample(draw("path", { d: outline({ kind: "point", radius: 5 }, { x: 15, y: 8 }), class: "point", fill: "none" })), layer.label)];
  }
  const styles = new Map();
  for (const feature of layer.features) {
    styles.set(layer.key === "corridors" ? feature.kind : layer.label, feature.style ?? layer.style);
  }
  return [...styles].map(([label, style]) => row(sample(draw("line", { x1: 1, x2: 29, y1: 8, y2: 8,
    stroke: style.colour, "stroke-width": style.width * 1.2, "stroke-dasharray": style.dash.join(" "),
    class: `context-${layer.key.split("_")[0]}` })), label));
}

/** Length of a geodesic on WGS 84 in metres (Vincenty's inverse formula). */
function geodesic([lat1, lon1], [lat2, lon2]) {
  const [a, f] = [6378137, 1 / 298.257223563];
  const b = a * (1 - f);
  const rad = Math.PI / 180;
  const across = (lon2 - lon1) * rad;
  const [u1, u2] = [Math.atan((1 - f) * Math.tan(lat1 * rad)), Math.atan((1 - f) * Math.tan(lat2 * rad))];
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let [lambda, sigma, ss, cs, ca2, cm] = [across, 0, 0, 0, 0, 0];
  for (let i = 0; i < 100; i += 1) {
    const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)];
    ss = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
    if (ss === 0) return 0;
    cs = s1 * s2 + c1 * c2 * cl;
    sigma = Math.atan2(ss, cs);
    const sa = (c1 * c2 * sl) / ss;
    ca2 = 1 - sa * sa;
    cm = ca2 === 0 ? 0 : cs - (2 * s1 * s2) / ca2;
    const c = (f / 16) * ca2 * (4 + f * (4 - 3 * ca2));
    const before = lambda;
    lambda = across + (1 - c) * f * sa * (sigma + c * ss * (cm + c * cs * (2 * cm * cm - 1)));
    if (Math.abs(lambda - before) < 1e-12) break;
  }
  const u = (ca2 * (a * a - b * b)) / (b * b);
  const big = 1 + (u / 16384) * (4096 + u * (-768 + u * (320 - 175 * u)));
  const small = (u / 1024) * (256 + u * (-128 + u * (74 - 47 * u)));
  const turn = small * ss * (cm + (small / 4) * (cs * (2 * cm * cm - 1) -
    (small / 6) * cm * (4 * ss * ss - 3) * (4 * cm * cm - 3)));
  return b * big * (sigma - turn);
}
const measure = { on: false, done: false, points: [], group: null };
function toggleMeasure(on = !measure.on) {
  Object.assign(measure, { on, done: false, points: [] });
  measure.group.clearLayers();
  stage.classList.toggle("measuring", on);
  document.getElementById("tool-measure").setAttribute("aria-pressed", String(on));
  if (on) map.doubleClickZoom.disable();
  else map.doubleClickZoom.enable();
  measureNote.hidden = !on;
  measureNote.textContent = on ? word("measure_help") : "";
}
const measureNote = el("div", { className: "measure-note", role: "status", hidden: true });
function addMeasure(event) {
  if (measure.done) Object.assign(measure, { done: false, points: [] });
  const at = [event.latlng.lat, event.latlng.lng];
  const last = measure.points.at(-1);
  if (!last || geodesic(last, at) > 0) measure.points.push(at);
  drawMeasure();
}
function drawMeasure() {
  measure.group.clearLayers();
  let total = 0;
  measure.points.forEach((at, i) => {
    if (i) total += geodesic(measure.points[i - 1], at);
    measure.group.addLayer(L.circleMarker(at, { pane: "measure", radius: 3.5, className: "measure-line",
      interactive: false }));
  });
  measure.group.addLayer(L.polyline(measure.points, { pane: "measure", weight: 2, dashArray: "6 4",
    className: "measure-line", interactive: false }));
  measureNote.textContent = measure.points.length > 1
    ? word("measure_total", { length: (total / 1000).toFixed(total < 1e5 ? 2 : 1) }) : word("measure_help");
  measureNote.dataset.metres = total.toFixed(1);
}

const ICONS = { in: "M9 3v12M3 9h12", out: "M3 9h12", home: "M3 9l6-6 6 6M5 8v7h8V8",
  measure: "M2 12L12 2l4 4L6 16zM5 9l2 2M8 6l2 2M11 3l2 2",
  full: "M3 7V3h4M11 3h4v4M15 11v4h-4M7 15H3v-4", theme: "M9 3a6 6 0 1 0 0 12zM9 3a6 6 0 0 1 0 12",
  panel: "M2 3h14v12H2zM7 3v12" };
function toolButton(name, label, action) {
  const icon = draw("svg", { viewBox: "0 0 18 18", "aria-hidden": "true" }, draw("path", { d: ICONS[name] }));
  return el("button", { type: "button", id: `tool-${name}`, title: label, "aria-label": label, onclick: action }, icon);
}
function buildTools() {
  const bar = el("div", { className: "tools", role: "group", "aria-label": word("tools") },
    toolButton("in", word("zoom_in"), () => map.zoomIn()), toolButton("out", word("zoom_out"), () => map.zoomOut()),
    toolButton("home", word("home"), () => showAll()),
    toolButton("measure", word("measure"), (event) => {
      toggleMeasure();
      if (measure.on && event.detail === 0) map.getContainer().focus();
    }),
    toolButton("full", word("fullscreen"), () => (document.fullscreenElement
      ? document.exitFullscreen() : document.documentElement.requestFullscreen().catch(() => undefined))),
    toolButton("theme", word("theme"), switchTheme),
    toolButton("panel", word("panel"), () => {
      const wide = document.getElementById("app").classList.toggle("wide");
      document.getElementById("tool-panel").setAttribute("aria-expanded", String(!wide));
      map.invalidateSize();
      drawLabels();
    }));
  bar.querySelector("#tool-panel").setAttribute("aria-expanded", "true");
  bar.querySelector("#tool-panel").setAttribute("aria-controls", "panel");
  bar.querySelector("#tool-measure").setAttribute("aria-pressed", "false");
  legend.append(el("summary", {}, word("legend")), legendBody);
  legend.addEventListener("toggle", drawLabels);
  stage.append(bar, legend, readout, tip, measureNote);
  for (const node of [bar, legend, divider, measureNote]) {
    L.DomEvent.disableClickPropagation(node);
    L.DomEvent.disableScrollPropagation(node);
  }
}
function switchTheme() {
  const dark = state.theme ? state.theme === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  state.theme = dark ? "light" : "dark";
  document.documentElement.dataset.theme = state.theme;
  saveView();
}

/** The view in the address: nothing leaves the page, and the link opens the same view again. */
let ready = false;
function viewText() {
  const centre = map.getCenter();
  const first = Object.fromEntries(switches().map(([key, , on]) => [key, on]));
  const turned = Object.keys(state.layers).filter((key) => state.layers[key] !== first[key]);
  const view = new URLSearchParams({ z: map.getZoom().toFixed(2), c: `${centre.lat.toFixed(4)},${centre.lng.toFixed(4)}`,
    line: state.line, km: String(state.km), names: state.names });
  if (state.compare) {
    view.set("with", state.other);
    view.set("split", state.split.toFixed(3));
  }
  if (state.selected) view.set("place", state.selected);
  if (turned.length) view.set("turn", turned.join(","));
  if (state.theme) view.set("theme", state.theme);
  return view.toString();
}
function saveView() {
  if (ready) history.replaceState(null, "", `#${viewText()}`);
}
function readView() {
  const view = new URLSearchParams(location.hash.slice(1));
  const lines = data.lines.map((line) => line.key);
  if (lines.includes(view.get("line"))) state.line = view.get("line");
  state.compare = lines.includes(view.get("with")) && view.get("with") !== state.line;
  if (state.compare) state.other = view.get("with");
  else if (state.other === state.line) state.other = lines.find((key) => key !== state.line) ?? state.line;
  const split = Number(view.get("split"));
  if (split > 0 && split < 1) state.split = split;
  const km = Number(view.get("km"));
  if (km >= 0.5 && km <= Math.max(30, data.distances.at(-1))) state.km = km;
  if (["name", "name_alt", "both"].includes(view.get("names"))) state.names = view.get("names");
  state.selected = data.settlements.some((one) => one.id === view.get("place")) ? view.get("place") : null;
  const turn = (view.get("turn") ?? "").split(",");
  for (const [key, , on] of switches()) state.layers[key] = turn.includes(key) ? !on : on;
  state.theme = ["light", "dark"].includes(view.get("theme")) ? view.get("theme") : "";
  if (state.theme) document.documentElement.dataset.theme = state.theme;
  const centre = (view.get("c") ?? "").split(",").map(Number);
  const zoom = Number(view.get("z"));
  const placed = centre.length === 2 && centre.every(Number.isFinite) && zoom > 0;
  if (placed) map.setView(centre, zoom, { animate: false });
  else map.fitBounds(data.bounds, { animate: false });
  return placed;
}
/** Show the whole area, beside the legend where that would lie on a line; if narrow, close it. */
function showAll(first = false) {
  map.fitBounds(data.bounds, { animate: false });
  const [box, frame] = [legendBody.getBoundingClientRect(), stage.getBoundingClientRect()];
  if (!legend.open) return;
  const covered = data.lines.some((line) => decoded(line.shape).flat(2).some((at) => {
    const { x, y } = map.latLngToContainerPoint(at);
    return x > box.left - frame.left - 16 && y > legend.offsetTop - 8 && x < frame.width;
  }));
  if (!covered) return;
  if (frame.width < 700) {
    if (first) legend.open = false;
    return;
  }
  const aside = L.point(frame.right - box.left + 20, 0);
  map.fitBounds(data.bounds, { animate: false, paddingBottomRight: aside });
}
async function copyLink() {
  saveView();
  const note = document.getElementById("export-note");
  try {
    await navigator.clipboard.writeText(location.href);
    note.textContent = word("copied");
  } catch {
    note.textContent = location.href;
  }
}

function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
const fileName = (end) => `frontline_${shownKeys().join("_")}_${state.km}km.${end}`;
function records() {
  return passing().flatMap((place) => shownKeys().filter((key) => passes(place, key)).map((key) => {
    const own = place.lines[key];
    return { id: place.id, name: place.name, name_alt: place.alt, lon: place.at[1], lat: place.at[0],
      population: place.people, population_kind: place.kind, population_date: place.date,
      population_source: place.source, holds: known(place.people) ? own.valid : null,
      population_at_line: own.people, line: key, side: own.side, side_certain: own.certain,
      distance_m: own.distance_m, azimuth_deg: own.azimuth_deg, zone_m: own.zone_m, crossed: own.crossed,
      in_sight: own.sight };
  }));
}
function saveCsv() {
  const rows = records();
  const cell = (value) => {
    const text = known(value) ? String(value) : "";
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const head = Object.keys(rows[0] ?? { id: "" });
  const lines = [head, ...rows.map((row) => head.map((key) => row[key]))].map((row) => row.map(cell).join(","));
  save(fileName("csv"), "text/csv", `${lines.join("\r\n")}\r\n`);
}
function saveGeoJson() {
  const flip = (part) => part.map((ring) => ring.map(([lat, lon]) => [lon, lat]));
  const turned = (rings) => rings.map((ring, i) => ((signedArea(ring) > 0) === (i === 0) ? ring : [...ring].reverse()));
  const features = records().map((row) => ({ type: "Feature", properties: row,
    geometry: { type: "Point", coordinates: [row.lon, row.lat] } }));
  for (const key of shownKeys()) {
    const line = lineOf(key);
    features.push({ type: "Feature", properties: { line: key, label: line.label, date: line.date },
      geometry: { type: "MultiLineString", coordinates: decoded(line.shape).map((part) => flip(part)[0]) } });
    for (const side of state.layers.zones ? Object.keys(data.zones[key] ?? {}) : []) {
      const zone = zoneShape(key, side, state.km);
      if (!zone) continue;
      features.push({ type: "Feature", properties: { line: key, side, distance_m: zone.km * 1000 },
        geometry: { type: "MultiPolygon", coordinates: decoded(zone.shape).map((part) => turned(flip(part))) } });
    }
  }
  save(fileName("geojson"), "application/geo+json", JSON.stringify({ type: "FeatureCollection", features }));
}
function signedArea(ring) {
  let sum = 0;
  for (let i = 0; i < ring.length - 1; i += 1) sum += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
  return sum;
}

function keys(event) {
  if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = { "/": () => document.getElementById("search").focus(), m: () => toggleMeasure(),
    c: () => document.getElementById("compare")?.click(),
    Escape: () => (measure.on ? toggleMeasure(false) : choose(null)),
    Enter: () => { if (measure.on && event.target.closest("#stage") && !event.target.closest("button")) measure.done = true; },
    " ": () => addMeasure({ latlng: map.getCenter() }),
    "[": () => stepDistance(-0.5), "]": () => stepDistance(0.5) }[event.key];
  const measuring = measure.on && event.target === map.getContainer();
  if (!act || (event.key === " " && !measuring)) return;
  if (!state.keys && "/cm[]".includes(event.key)) return;
  if (event.key !== "Enter") event.preventDefault();
  act();
}
function stepDistance(by) {
  const slider = document.getElementById("distance");
  state.km = Math.min(Number(slider.max), Math.max(0.5, state.km + by));
  refreshDistance();
}

function start() {
  map.attributionControl.setPrefix("Leaflet");
  map.attributionControl.addAttribution("");
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  const frame = map.getContainer();
  for (const [name, value] of [["role", "region"], ["aria-label", word("map_keys")]]) frame.setAttribute(name, value);
  makePanes();
  map.createPane("measure").style.zIndex = 620;
  measure.group = L.layerGroup().addTo(map);
  map.getPane("names").append(labels);
  makeHatches();
  makeDivider();
  drawContext();
  const placed = readView();
  buildPanel();
  buildTools();
  sizeByZoom();
  refresh();
  if (!placed) showAll(true);
  drawScaled();
  drawLabels();
  map.on("move zoom resize viewreset", clipSlots);
  map.on("zoomend", drawScaled);
  map.on("moveend zoomend resize", () => { drawLabels(); saveView(); });
  map.on("zoomstart", () => labels.replaceChildren());
  map.on("click", (event) => (measure.on ? addMeasure(event) : chooseNearest(event)));
  map.on("dblclick", () => { measure.done = true; });
  map.on("mousemove", (event) => {
    readout.textContent = `${event.latlng.lat.toFixed(4)}, ${event.latlng.lng.toFixed(4)}`;
  });
  document.addEventListener("keydown", keys);
  window.addEventListener("hashchange", () => { readView(); refresh(); });
  window.addEventListener("beforeprint", () => onPaper(true));
  window.addEventListener("afterprint", () => onPaper(false));
  window.matchMedia("print").addEventListener("change", (event) => onPaper(event.matches));
  const sized = new Promise((done) => {
    new ResizeObserver(() => { map.invalidateSize(); done(); }).observe(stage);
  });
  ready = true;
  sayReady(sized);
}
/** For paper: the same land as on the screen, legend and sources open; afterwards all as before. */
let screen = null;
function onPaper(on) {
  const folds = [legend, document.querySelector("#foot details")];
  if (on && !screen) {
    screen = { bounds: map.getBounds(), centre: map.getCenter(), zoom: map.getZoom(),
      open: folds.map((fold) => fold.open) };
    folds.forEach((fold) => { fold.open = true; });
  }
  if (!screen) return;
  map.invalidateSize({ animate: false });
  map.options.zoomSnap = on ? 0 : 0.25;
  if (on) map.fitBounds(screen.bounds, { animate: false });
  else {
    folds.forEach((fold, i) => { fold.open = screen.open[i]; });
    map.setView(screen.centre, screen.zoom, { animate: false });
    screen = null;
  }
  drawLabels();
}
/** Mark the page as complete once its size is known and every picture is decoded. */
async function sayReady(sized) {
  const pictures = [...document.images].map((picture) => picture.decode().catch(() => undefined));
  await Promise.all([sized, document.fonts.ready, ...pictures]);
  document.documentElement.dataset.ready = "true";
}
