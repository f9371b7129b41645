// Settlements: their symbols, names that do not overlap, filters, and the search in any script.

/** A symbol that keeps its size on the screen: its shape tells what is known of its people. */
class Sign extends L.CircleMarker {
  _updatePath() {
    this._renderer._setPath(this, this._empty() ? "M0 0" : outline(this.options, this._point));
  }
}
function outline({ kind, radius: r, crossed }, { x, y }) {
  const circle = (size) => `M${x - size},${y}a${size},${size} 0 1,0 ${2 * size},0` +
    `a${size},${size} 0 1,0 ${-2 * size},0z`;
  const half = r * 0.9;
  const shapes = {
    registered: () => `M${x - half},${y - half}h${2 * half}v${2 * half}h${-2 * half}z`,
    displaced: () => `M${x},${y - r}L${x + r},${y + half}L${x - r},${y + half}z`,
    point: () => `M${x},${y - r}L${x + r},${y + r * 0.8}L${x - r},${y + r * 0.8}z`,
    cross: () => `M${x - r},${y - r}L${x + r},${y + r}M${x + r},${y - r}L${x - r},${y + r}`,
  };
  const bar = crossed ? `M${x - r - 4},${y + r + 4}L${x + r + 4},${y - r - 4}` : "";
  return (shapes[kind] ?? (() => circle(r)))() + bar;
}
/** Many settlements get smaller symbols, so that a full map stays legible. */
const crowded = Math.min(1, Math.max(0.45, Math.sqrt(400 / Math.max(data.settlements.length, 1))));
const size = { zoom: 1 };
/** Symbols shrink on small maps and grow on large ones, slower than the map itself. */
function sizeByZoom() {
  const zoom = Math.min(1.35, Math.max(0.55, 2 ** ((map.getZoom() - 8.75) / 3)));
  const changed = zoom !== size.zoom;
  size.zoom = zoom;
  return changed;
}
const radiusOf = (place) => (known(place.people)
  ? Math.min(13, Math.max(3.2, 2.4 + Math.sqrt(place.people) / 24)) : 3.2) * crowded * size.zoom;

/** What is known of a place's people at a line's date: a figure of another time is none. */
const kindOf = (place, own) => (known(place.people) && own.valid ? place.kind || "residents" : "unknown");

function namesOf(place) {
  const both = namesIn("settlements", place);
  if (state.names === "name_alt" && place.alt) both.reverse();
  return both.length ? both : [{ text: place.id, lang: "" }];
}
/** What is written on the map and in lists: one name, or both. */
const shownNames = (place) => (state.names === "both" ? namesOf(place) : namesOf(place).slice(0, 1));
const title = (place) => joined(shownNames(place));

function passes(place, key) {
  const own = place.lines[key];
  const filter = state.filter;
  if (!own) return false;
  if (filter.zone && !(own.side && own.distance_m <= state.km * 1000)) return false;
  if (filter.sight && own.sight !== "visible") return false;
  if (filter.crossed && !own.crossed) return false;
  if (filter.uncertain && own.certain !== false) return false;
  if (filter.kind && kindOf(place, own) !== filter.kind) return false;
  return !(filter.least > 0 && !(place.people >= filter.least));
}
const passing = () =>
  data.settlements.filter((place) => shownKeys().some((key) => passes(place, key)));

function drawPlaces(slot, key) {
  const group = groups[slot].places;
  group.clearLayers();
  if (!key || !state.layers.settlements) return;
  const bigFirst = data.settlements.filter((place) => passes(place, key))
    .sort((a, b) => (b.people ?? 0) - (a.people ?? 0));
  for (const place of bigFirst) drawPlace(place, place.lines[key], group, `${slot}-place`);
}

function drawPlace(place, own, group, pane) {
  const colour = own.side ? colourOf(own.side) : "#9AA0A6";
  const kind = kindOf(place, own);
  const hollow = kind !== "residents";
  const radius = kind === "unknown" ? 3.2 * crowded * size.zoom : radiusOf(place);
  if (place.shape.length) {
    group.addLayer(areaOf(place.shape, { pane, color: colour, weight: 1, fillOpacity: 0.35,
      interactive: false }));
  }
  if (own.sight === "visible" && state.layers.exposure) {
    group.addLayer(new Sign(place.at, { pane, kind: "residents", radius: radius + 4, weight: 2,
      fill: false, interactive: false, className: "sight-ring" }));
  }
  const marker = new Sign(place.at, { pane, kind, radius, crossed: own.crossed,
    weight: (hollow ? 2.2 : 1.1) * crowded, color: hollow ? sideOf(own.side)?.ink ?? colour : "#1B1F24",
    dashArray: own.certain === false ? "2.5 2" : null, fillColor: hollow ? "#FBFAF7" : colour,
    fillOpacity: hollow ? 0.9 : 0.95, bubblingMouseEvents: false,
    className: place.id === state.selected ? "place chosen" : "place" });
  const people = kind !== "unknown"
    ? word("people_of", { count: whole(place.people), kind: word(place.kind || "residents"),
      date: place.date || word("undated") })
    : word("unknown");
  hinted(marker, () => [...title(place), `: ${people}`], group);
  marker.on("click", () => choose(place.id, { pan: false }));
}

/** A click beside a small symbol means the nearest one, so that fingers can choose too. */
function chooseNearest({ containerPoint }) {
  if (!state.layers.settlements || !containerPoint) return;
  const near = passing().map((place) => [containerPoint.distanceTo(map.latLngToContainerPoint(place.at)), place])
    .filter(([pixels, place]) => pixels < radiusOf(place) + 12).sort((a, b) => a[0] - b[0])[0];
  if (near) choose(near[1].id, { pan: false });
}

/** Names: the chosen place and the most populous first, none over another. */
const labels = el("div", { className: "labels", "aria-hidden": "true" });
/** Boxes of the map that names must leave free: years on the lines, legend, tools. */
function obstacles() {
  const from = stage.getBoundingClientRect();
  const middle = state.compare ? state.split * from.width : -9;
  const band = [middle - 3, 0, middle + 3, from.height, null];
  return [band, ...[...stage.querySelectorAll(".line-year, .legend, .tools, .flag, .leaflet-control-scale-line")].map((node) => {
    const box = node.getBoundingClientRect();
    return [box.left - from.left, box.top - from.top, box.right - from.left, box.bottom - from.top, null];
  })].filter((box) => box[2] > box[0]);
}
/** Boxes by the squares of a grid they lie in, so that each is held against its neighbours only. */
function boxGrid(edge = 48) {
  const cells = new Map();
  const squares = (box) => {
    const found = [];
    for (let x = Math.floor(box[0] / edge); x <= Math.floor(box[2] / edge); x += 1) {
      for (let y = Math.floor(box[1] / edge); y <= Math.floor(box[3] / edge); y += 1) found.push(x * 65537 + y);
    }
    return found;
  };
  return {
    add: (box) => squares(box).forEach((cell) => {
      if (!cells.has(cell)) cells.set(cell, []);
      cells.get(cell).push(box);
    }),
    free: (box) => squares(box).every((cell) => (cells.get(cell) ?? []).every((one) => one[4] === box[4] ||
      box[0] > one[2] || box[2] < one[0] || box[1] > one[3] || box[3] < one[1])),
  };
}
/** So many of the largest places in view are named, also over the signs of smaller ones. */
const SURELY_NAMED = 12;
function drawLabels() {
  labels.replaceChildren();
  if (!state.layers.labels) return;
  const view = map.getSize();
  const [taken, signs] = [boxGrid(), boxGrid()];
  obstacles().forEach(taken.add);
  let written = 0;
  const wanted = state.layers.settlements ? passing() : [];
  const inView = [];
  for (const place of wanted) {
    const at = map.latLngToContainerPoint(place.at);
    if (at.x < -20 || at.y < -20 || at.x > view.x + 20 || at.y > view.y + 20) continue;
    const r = radiusOf(place);
    const sign = [at.x - r, at.y - r, at.x + r, at.y + r, place];
    inView.push([place, at, sign]);
    signs.add(sign);
  }
  const weight = (place) => (place.id === state.selected ? Infinity : place.people ?? 1);
  inView.sort((a, b) => weight(b[0]) - weight(a[0]));
  const most = Math.max(24, Math.round(view.x * view.y / 6500));
  const corner = map.containerPointToLayerPoint([0, 0]);
  for (const [number, [place, at, sign]] of inView.slice(0, 400).entries()) {
    if (written >= most) break;
    taken.add(sign);
    const node = labelOf(place);
    const [width, height] = labelSize(place);
    const r = radiusOf(place) + 3;
    const spots = [[at.x + r, at.y - height / 2], [at.x - r - width, at.y - height / 2],
      [at.x - width / 2, at.y - r - height], [at.x - width / 2, at.y + r]];
    const inside = ([x, y]) => place.id === state.selected ||
      (x > 1 && y > 1 && x + width < view.x - 1 && y + height < view.y - 1);
    const find = (grids) => spots.find(([x, y]) => inside([x, y]) &&
      grids.every((grid) => grid.free([x - 1, y, x + width + 1, y + height, place])));
    // a city among villages is named before a village by itself: over smaller signs, if need be
    const spot = find([taken, signs]) ?? (number < SURELY_NAMED ? find([taken]) : null);
    if (!spot) continue;
    taken.add([spot[0], spot[1], spot[0] + width, spot[1] + height, place]);
    written += 1;
    const [x, y] = [Math.round(spot[0] + corner.x), Math.round(spot[1] + corner.y)];
    node.style.transform = `translate(${x}px, ${y}px)`;
    node.style.textAlign = spot === spots[0] ? "left" : spot === spots[1] ? "right" : "center";
    node.style.width = `${Math.ceil(width) + 2}px`;
    labels.append(node);
  }
  inView.forEach(([, , sign]) => taken.add(sign));
  if (state.layers.districts) drawDistrictNames(taken, corner);
}
/** Names of districts, in what room the settlements leave. */
function drawDistrictNames(taken, corner) {
  for (const { name, shape } of data.layers.find((layer) => layer.key === "districts").features) {
    if (!name || !shape.length) continue;
    const bounds = L.latLngBounds(decoded(shape).flat(2).map((at) => L.latLng(at)));
    const at = map.latLngToContainerPoint(bounds.getCenter());
    pen.font = `11px ${letters}`;
    const half = pen.measureText(name.slice(0, 40)).width * 0.57 + 6;
    const box = [at.x - half, at.y - 8, at.x + half, at.y + 8, name];
    if (!taken.free(box)) continue;
    taken.add(box);
    const lang = languageOf(name, data.languages.districts?.name);
    const node = named("div", { text: name.slice(0, 40), lang }, { className: "label district" });
    node.style.width = `${Math.round(2 * half)}px`;
    node.style.transform = `translate(${Math.round(box[0] + corner.x)}px, ${Math.round(box[1] + corner.y)}px)`;
    labels.append(node);
  }
}
const pen = document.createElement("canvas").getContext("2d");
const letters = getComputedStyle(document.body).fontFamily;
function labelSize(place) {
  const names = shownNames(place);
  const widths = names.map(({ text }, i) => {
    pen.font = i ? `11px ${letters}` : `700 12px ${letters}`;
    return pen.measureText(text.slice(0, 40)).width + 2;
  });
  return [Math.min(Math.max(...widths, 8), 240), names.length > 1 ? 28 : 15];
}
function labelOf(place) {
  const big = (place.people ?? 0) >= 10000 ? " big" : "";
  return el("div", { className: `label${big}` }, ...shownNames(place).map(({ text, lang }, i) =>
    named(i ? "small" : "b", { text: text.slice(0, 40), lang })));
}

/** Letters of other scripts in Latin, roughly: enough to find a name, not to spell it. */
const CYRILLIC = { а: "a", б: "b", в: "v", г: "g", ґ: "g", д: "d", е: "e", ё: "e", є: "e", ж: "zh",
  з: "z", и: "i", і: "i", ї: "i", й: "y", к: "k", л: "l", м: "m", н: "n", о: "o", п: "p", р: "r",
  с: "s", т: "t", у: "u", ф: "f", х: "kh", ц: "ts", ч: "ch", ш: "sh", щ: "shch", ъ: "", ы: "y",
  ь: "", э: "e", ю: "yu", я: "ya", ә: "a", ғ: "gh", ҝ: "g", ө: "o", ү: "u", һ: "h", ҹ: "j" };
const ARMENIAN = { ա: "a", բ: "b", գ: "g", դ: "d", ե: "e", զ: "z", է: "e", ը: "y", թ: "t", ժ: "zh",
  ի: "i", լ: "l", խ: "kh", ծ: "ts", կ: "k", հ: "h", ձ: "dz", ղ: "gh", ճ: "ch", մ: "m", յ: "y",
  ն: "n", շ: "sh", ո: "o", չ: "ch", պ: "p", ջ: "j", ռ: "r", ս: "s", վ: "v", տ: "t", ր: "r",
  ց: "ts", ւ: "u", փ: "p", ք: "k", օ: "o", ֆ: "f", և: "ev" };
const GEORGIAN = { ა: "a", ბ: "b", გ: "g", დ: "d", ე: "e", ვ: "v", ზ: "z", თ: "t", ი: "i", კ: "k",
  ლ: "l", მ: "m", ნ: "n", ო: "o", პ: "p", ჟ: "zh", რ: "r", ს: "s", ტ: "t", უ: "u", ფ: "p", ქ: "k",
  ღ: "gh", ყ: "q", შ: "sh", ჩ: "ch", ც: "ts", ძ: "dz", წ: "ts", ჭ: "ch", ხ: "kh", ჯ: "j", ჰ: "h" };
const LATIN = { ə: "a", ı: "i", ğ: "gh", ş: "sh", ç: "ch", x: "kh", ö: "o", ü: "u", ł: "l", ß: "ss",
  æ: "ae", ø: "o", đ: "d", ð: "d", þ: "th" };
const LETTERS = new Map(Object.entries({ ...CYRILLIC, ...ARMENIAN, ...GEORGIAN, ...LATIN }));
function folded(text) {
  const lower = text.toLocaleLowerCase("en").replaceAll("ու", "u");
  const latin = [...lower].map((letter) => LETTERS.get(letter) ?? letter).join("");
  return latin.normalize("NFKD").replace(/[\u0300-\u036f\u02bb-\u02bf'’`]/g, "");
}
/** Spellings that differ between languages are made one: kh and h, q and g, j and dzh. */
const loose = (text) => folded(text).replace(/dzh|dj/g, "j").replace(/kh|gh|h/g, "h")
  .replace(/[qg]/g, "k").replace(/[yj]/g, "i").replace(/w/g, "v").replace(/(.)\1+/g, "$1");

function found(text) {
  const query = text.trim();
  if (!query) return [];
  const ranked = [];
  for (const place of data.settlements) {
    const names = [place.name, place.alt, ...place.other.split(";"), ...place.names.map(([, text]) => text),
      place.id].filter(Boolean);
    let best = 9;
    for (const name of names) best = Math.min(best, rank(name, query));
    if (best < 9) ranked.push([best, -(place.people ?? 0), place]);
  }
  return ranked.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((one) => one[2]);
}
const foldings = new Map();
/** Both foldings of a text, kept: a search looks at every name at every key. */
function folds(text) {
  if (!foldings.has(text)) foldings.set(text, [folded(text), loose(text)]);
  return foldings.get(text);
}
function rank(name, query) {
  const [[a, c], [b, d]] = [folds(name), folds(query)];
  if (b && a === b) return 0;
  if (b && a.startsWith(b)) return 1;
  if (b && a.includes(b)) return 2;
  if (d.length > 1 && c.startsWith(d)) return 3;
  return d.length > 2 && c.includes(d) ? 4 : 9;
}
