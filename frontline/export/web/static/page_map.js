// The map: data, panes, and what is drawn for one line. Text reaches the page as text only.
const data = JSON.parse(document.getElementById("frontline-data").textContent);
const map = L.map("map", { zoomControl: false, zoomSnap: 0.25, wheelPxPerZoomLevel: 90 })
  .setView(data.bounds[0].map((low, i) => (low + data.bounds[1][i]) / 2), 8);
document.getElementById("map").leaflet = map;
const stage = document.getElementById("stage");
const SVG = "http://www.w3.org/2000/svg";
const SLOTS = ["left", "right"];

const word = (key, values = {}) =>
  (Object.hasOwn(data.words, key) ? data.words[key] : key).replace(/\{(\w+)\}/g, (all, name) =>
    Object.hasOwn(values, name) ? String(values[name]) : all);
const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });
const whole = (value) => grouped.format(value);
const known = (value) => value !== null && value !== undefined;
const lineOf = (key) => data.lines.find((line) => line.key === key);
/** The year of a line; its whole date where another line is of the same year. */
const badgeOf = (line) => {
  const year = line.date.slice(0, 4);
  return data.lines.filter((one) => one.date.slice(0, 4) === year).length > 1 ? line.date : year;
};
const sideOf = (name) => data.sides.find((side) => side.name === name);
const colourOf = (name) => sideOf(name)?.colour ?? "#9AA0A6";

/** Make an element; every string given as a child becomes a text node. */
function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key in node && key !== "list" && !key.startsWith("aria")) node[key] = value;
    else if (value !== false && known(value)) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => known(child)));
  return node;
}

/** Make an element of a drawing. */
function draw(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** Text in which right-to-left names stay apart from what surrounds them. */
const bdi = (text) => el("bdi", {}, text);

/** Scripts of one language, and of many: these say at least that the name is not English. */
const WRITTEN = [[/\p{Script=Armenian}/u, "hy"], [/\p{Script=Georgian}/u, "ka"], [/\p{Script=Hebrew}/u, "he"],
  [/\p{Script=Greek}/u, "el"], [/\p{Script=Cyrillic}/u, "und-Cyrl"], [/\p{Script=Arabic}/u, "und-Arab"]];
/** The language of a name: what the project tells, else its script; unknown for Latin letters. */
function languageOf(text, told) {
  if (told) return told;
  if (/\p{Script=Latin}/u.test(text)) return "";
  return WRITTEN.find(([script]) => script.test(text))?.[1] ?? "";
}
/** A name in its own language and direction of writing. */
const named = (tag, { text, lang }, props = {}) => el(tag, { ...props, lang, dir: "auto" }, text);
/** Names one after another, each apart from the others. */
const joined = (names) => names.flatMap((name, i) => [...(i ? [" / "] : []), named("bdi", name)]);
const namesIn = (key, { name, alt }) => [["name", name], ["name_alt", alt]].filter(([, text]) => text)
  .map(([column, text]) => ({ text, lang: languageOf(text, data.languages[key]?.[column]) }));

function decoded(shape) {
  return shape.map((part) => part.map((steps) => {
    const out = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      out.push([y / 1e5, x / 1e5]);
    }
    return out;
  }));
}
const areaOf = (shape, options) => L.polygon(decoded(shape), options);
const pathOf = (shape, options) => L.polyline(decoded(shape).map((part) => part[0]), options);

const state = {
  line: data.lines[data.lines.length - 1].key,
  other: data.lines[0].key,
  compare: false,
  split: 0.5,
  km: data.distances[data.distances.length - 1],
  names: data.names,
  source: "settlements",
  selected: null,
  keys: true,
  theme: "",
  layers: {},
  filter: { zone: false, sight: false, crossed: false, uncertain: false, kind: "", least: 0 },
};

/** Layers that can be switched, with what is on at first. */
function switches() {
  const list = [
    ["held", word("sides"), true],
    ["zones", word("zones"), true],
    ["settlements", word("settlements"), true],
    ["labels", word("labels"), true],
    ["ghost", word("other_line"), true],
  ];
  if (data.alternatives.length) list.push(["alternatives", word("alternatives"), true]);
  if (data.exposure) list.push(["exposure", word("in_sight"), false]);
  if (data.changes.length) list.push(["changes", word("changes"), false]);
  if (data.crossings.length) list.push(["crossings", word("crossings"), false]);
  for (const layer of data.layers) {
    list.push([layer.key, layer.label, !["districts"].includes(layer.key)]);
  }
  if (data.relief) list.push(["relief", word("hillshade"), true]);
  return list;
}

const groups = {};
/** Which line each half of the map shows: one line fills the right half's panes. */
function shown() {
  if (!state.compare) return { right: state.line };
  const keys = data.lines.map((line) => line.key);
  const [left, right] = [state.line, state.other].sort((a, b) => keys.indexOf(a) - keys.indexOf(b));
  return { left, right };
}
const shownKeys = () => Object.values(shown());

function makePanes() {
  for (const [name, level] of [["basemap", 150], ["relief", 200], ["context", 360], ["names", 640]]) {
    const pane = map.createPane(name);
    pane.style.zIndex = level;
    if (name !== "context") pane.style.pointerEvents = "none";
  }
  const levels = { fill: 300, stroke: 400, place: 450 };
  for (const slot of SLOTS) {
    for (const [kind, level] of Object.entries(levels)) {
      const pane = map.createPane(`${slot}-${kind}`);
      pane.style.zIndex = level;
      pane.classList.add("slot", `slot-${kind}`);
      if (kind === "fill") pane.style.pointerEvents = "none";
    }
    groups[slot] = {};
    for (const kind of ["held", "exposure", "zones", "changes", "front", "years", "crossings", "places"]) {
      groups[slot][kind] = L.layerGroup().addTo(map);
    }
  }
  map.createPane("ghost").style.zIndex = 380;
  groups.ghost = L.layerGroup().addTo(map);
  groups.context = {};
  L.SVG.prototype.options.padding = 0.6;
}

/** Hatches for land that changed hands: one per side, one for what may be error alone. */
function makeHatches() {
  const defs = draw("defs");
  const hatch = (id, colour, angle, width) => draw("pattern", {
    id, width: 9, height: 9, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${angle})`,
  }, draw("line", { x1: 0, y1: 0, x2: 0, y2: 9, stroke: colour, "stroke-width": width }));
  data.sides.forEach((side, i) => defs.append(hatch(`hatch-${i}`, side.colour, 45 + 90 * (i % 2), 5)));
  defs.append(hatch("hatch-error", "#8b8f96", 0, 1.5));
  stage.append(draw("svg", { width: 0, height: 0, "aria-hidden": "true", class: "defs" }, defs));
}

function drawContext() {
  if (data.relief) {
    groups.context.relief = L.imageOverlay(data.relief.uri, data.relief.bounds,
      { pane: "relief", alt: word("hillshade"), className: "relief" });
  }
  for (const layer of data.layers) {
    const group = L.layerGroup();
    for (const feature of layer.features) drawFeature(layer, feature, group);
    groups.context[layer.key] = group;
  }
}

function drawFeature(layer, feature, group) {
  const style = feature.style ?? layer.style;
  const names = namesIn(layer.key, feature);
  const rest = [feature.kind, names.length ? layer.label : ""].filter(Boolean).join(", ");
  const about = () => [...joined(names), names.length && rest ? ", " : "", rest];
  const options = {
    pane: "context", color: style.colour, weight: style.width * 1.1,
    dashArray: style.dash.length ? style.dash.join(" ") : null,
    lineCap: style.dash.length ? "butt" : "round", className: `context-${layer.key.split("_")[0]}`,
  };
  if (feature.at) {
    hinted(new Sign(feature.at, { pane: "context", kind: "point", radius: 5, weight: 1.2,
      color: "currentColor", fillColor: "none", fillOpacity: 1, className: "point" }), about, group);
  } else if (layer.key === "corridors") {
    group.addLayer(pathOf(feature.shape, { ...options, interactive: false, color: "currentColor",
      weight: options.weight + 2.4, dashArray: null, opacity: 0.75, className: "casing" }));
    hinted(pathOf(feature.shape, options), about, group);
  } else {
    group.addLayer(areaOf(feature.shape, { ...options, fill: false, interactive: false }));
  }
}

/** Show a text, or what a function gives for it, beside the pointer; never as HTML. */
function hinted(layer, text, group) {
  const told = typeof text === "string" ? () => [bdi(text)] : text;
  layer.on("mouseover", (event) => hint(told(), event.containerPoint));
  layer.on("mousemove", (event) => hint(told(), event.containerPoint));
  layer.on("mouseout", () => hint(null));
  group.addLayer(layer);
  return layer;
}
const tip = el("div", { className: "tip", hidden: true, role: "presentation" });
function hint(nodes, at) {
  tip.hidden = !nodes;
  if (!nodes) return;
  tip.replaceChildren(...nodes);
  const right = at.x > map.getSize().x - 220;
  tip.style.transform =
    `translate(${Math.round(at.x + (right ? -14 : 14))}px, ${Math.round(at.y + 12)}px)` +
    (right ? " translateX(-100%)" : "");
}

function drawState(slot, key) {
  const group = groups[slot];
  for (const kind of ["held", "exposure", "changes", "front", "years", "crossings"]) group[kind].clearLayers();
  if (!key) return;
  const fill = `${slot}-fill`;
  if (state.layers.held) {
    for (const [side, held] of Object.entries(data.held[key] ?? {})) {
      group.held.addLayer(areaOf(held.shape, { pane: fill, stroke: false, fillColor: colourOf(side),
        fillOpacity: state.layers.exposure ? 0.05 : 0.1, interactive: false, className: "held" }));
    }
  }
  const picture = data.exposure?.lines[key];
  if (picture && state.layers.exposure) {
    group.exposure.addLayer(L.imageOverlay(picture.uri, picture.bounds,
      { pane: fill, alt: word("in_sight"), className: "exposure" }));
  }
  drawChanges(slot, key);
  const line = lineOf(key);
  const newest = line === data.lines[data.lines.length - 1];
  const stroke = { pane: `${slot}-stroke`, lineJoin: "round", interactive: false };
  group.front.addLayer(pathOf(line.shape, { ...stroke, weight: line.style.width + 4.5, opacity: 0.85,
    className: "front-casing" }));
  const about = `${line.label}, ${line.date}, ${line.accuracy}`;
  hinted(pathOf(line.shape, { ...stroke, interactive: true, weight: line.style.width * 1.25,
    lineCap: newest ? "round" : "butt", dashArray: line.style.dash.join(" ") || null,
    className: "front" }), about, group.front);
  for (const other of alternativesOf(key)) {
    hinted(pathOf(other.shape, { ...stroke, interactive: true, weight: other.style.width, lineCap: "butt",
      dashArray: other.style.dash.join(" "), color: other.style.colour, className: "alternative" }), other.label,
    group.front);
  }
  markLine(slot, line);
  if (state.layers.crossings) {
    for (const cross of data.crossings.filter((one) => one.line === key)) {
      hinted(new Sign(cross.at, { pane: `${slot}-place`, kind: "cross", radius: 4.5, weight: 2,
        className: "cross" }), `${cross.name}, ${cross.kind}`, group.crossings);
    }
  }
}

/** The line as other sources draw it, where that is switched on. */
function alternativesOf(key) {
  return state.layers.alternatives ? data.alternatives.filter((one) => one.line === key) : [];
}

/** Write the line's year on it, at two places where no settlement stands if there are such. */
function markLine(slot, line) {
  const group = groups[slot].years;
  group.clearLayers();
  const parts = decoded(line.shape).map((part) => part[0].map((at) => map.latLngToLayerPoint(at)));
  const lengths = parts.map((points) => points.slice(1).map((at, i) => at.distanceTo(points[i])));
  const total = (list) => list.reduce((sum, one) => sum + one, 0);
  const longest = lengths.reduce((best, list, i) => (total(list) > total(lengths[best]) ? i : best), 0);
  const signs = [...(state.layers.settlements ? data.settlements : []),
    ...(state.layers.crossings ? data.crossings : [])].map((one) => map.latLngToLayerPoint(one.at));
  const crowd = (at) => signs.filter((one) =>
    Math.abs(one.x - at.x) < 30 && Math.abs(one.y - at.y) < 17).length;
  for (const share of [0.22, 0.78]) {
    const spots = [0, 0.03, -0.03, 0.06, -0.06, 0.1, -0.1, 0.15, -0.15]
      .map((off) => along(parts[longest], lengths[longest], (share + off) * total(lengths[longest])));
    const best = spots.filter(Boolean).sort((a, b) => crowd(a) - crowd(b))[0];
    if (!best) continue;
    const html = el("span", {}, badgeOf(line));
    group.addLayer(L.marker(map.layerPointToLatLng(best), { pane: `${slot}-stroke`, interactive: false,
      keyboard: false, zIndexOffset: 20000, icon: L.divIcon({ className: "line-year", html,
        iconSize: [badgeOf(line).length > 4 ? 78 : 44, 18] }) }));
  }
}
/** The point of a row of points that lies so far along it. */
function along(points, lengths, far) {
  for (let i = 0; i < lengths.length; far -= lengths[i], i += 1) {
    if (far > lengths[i]) continue;
    const share = lengths[i] ? far / lengths[i] : 0;
    return points[i].add(points[i + 1].subtract(points[i]).multiplyBy(share));
  }
  return points.at(-1);
}

function drawChanges(slot, key) {
  if (!state.layers.changes) return;
  const base = { pane: `${slot}-fill`, stroke: false, fillOpacity: 0.75, interactive: false };
  const last = slot === "right" || !state.compare;
  for (const change of data.changes.filter((one) => last && one.to === key)) {
    const i = data.sides.findIndex((side) => side.name === change.to_side);
    const id = change.kind === "changed" && i >= 0 ? `hatch-${i}` : "hatch-error";
    groups[slot].changes.addLayer(areaOf(change.shape, { ...base, fillColor: `url(#${id})`,
      className: "change" }));
  }
}

/** The distances whose zones are drawn: the project's up to the chosen one, then that one. */
function steps() {
  return [...data.distances.filter((km) => km < state.km), state.km];
}

/** The shape of a zone, and the distance it was made for: the chosen one or the next smaller. */
function zoneShape(key, side, km) {
  const shapes = data.zones[key]?.[side] ?? {};
  const exact = Object.keys(shapes).map(Number).filter((one) => one <= km + 1e-9);
  const best = Math.max(...exact);
  return Number.isFinite(best) ? { km: best, shape: shapes[String(best)] } : null;
}

function drawZones(slot, key) {
  const group = groups[slot].zones;
  group.clearLayers();
  if (!key || !state.layers.zones) return;
  const drawn = new Set();
  for (const km of steps().reverse()) {
    for (const side of Object.keys(data.zones[key] ?? {})) {
      const zone = zoneShape(key, side, km);
      const name = zone && `${side} ${zone.km}`;
      if (!zone || drawn.has(name)) continue;
      drawn.add(name);
      group.addLayer(areaOf(zone.shape, { pane: `${slot}-fill`, color: sideOf(side)?.ink,
        weight: km === state.km ? 1.4 : 0.7, opacity: km === state.km ? 0.9 : 0.5,
        dashArray: km === state.km ? null : "1 3", fillColor: colourOf(side), fillOpacity: state.layers.exposure ? 0.04 : 0.16,
        interactive: false, className: "zone" }));
    }
  }
}

/** The lines that are not shown, faint. */
function drawGhosts() {
  groups.ghost.clearLayers();
  if (!state.layers.ghost) return;
  for (const line of data.lines.filter((one) => !shownKeys().includes(one.key))) {
    const about = `${line.label}, ${line.date}, ${line.accuracy}`;
    hinted(pathOf(line.shape, { pane: "ghost", weight: 1.6, lineCap: "butt",
      dashArray: line.style.dash.join(" ") || null, className: "ghost" }), about, groups.ghost);
  }
}

function drawAll() {
  const keys = shown();
  for (const slot of SLOTS) {
    drawState(slot, keys[slot]);
    drawZones(slot, keys[slot]);
    drawPlaces(slot, keys[slot]);
  }
  drawGhosts();
  Object.keys(groups.context).forEach(showContext);
  clipSlots();
  drawLabels();
}
function showContext(key) {
  if (state.layers[key]) groups.context[key].addTo(map);
  else groups.context[key].remove();
}
/** What keeps its size on the screen is placed anew when the map's scale has changed. */
function drawScaled() {
  const keys = shown();
  const sized = sizeByZoom();
  for (const slot of SLOTS.filter((one) => keys[one])) {
    markLine(slot, lineOf(keys[slot]));
    if (sized) drawPlaces(slot, keys[slot]);
  }
}

/** Show each line on its half; panes are clipped, so that vector layers are swiped too. */
function clipSlots() {
  const size = map.getSize();
  const corner = map.containerPointToLayerPoint([0, 0]);
  const middle = corner.x + size.x * state.split;
  const edges = { left: [corner.x, middle], right: [middle, corner.x + size.x] };
  for (const slot of SLOTS) {
    const [from, to] = edges[slot];
    const [top, bottom] = [corner.y, corner.y + size.y];
    const corners = [[from, top], [to, top], [to, bottom], [from, bottom]];
    const text = corners.map(([x, y]) => `${x}px ${y}px`).join(", ");
    for (const kind of ["fill", "stroke", "place"]) {
      map.getPane(`${slot}-${kind}`).style.clipPath = state.compare ? `polygon(${text})` : "";
    }
  }
}
