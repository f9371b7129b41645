// The panel beside the map: choice of line and distance, figures, chart, search, one settlement.

const controls = document.getElementById("controls");
const parts = {};

function section(name, heading, ...children) {
  const id = `part-${name}`;
  parts[name] = el("section", { id, "aria-labelledby": heading ? `${id}-head` : null,
    "aria-label": heading ? null : word(name) }, heading ? el("h2", { id: `${id}-head` }, heading) : null, ...children);
  return parts[name];
}
function folded_section(name, heading, open, ...children) {
  parts[name] = el("details", { id: `part-${name}`, open }, el("summary", {}, heading), ...children);
  return parts[name];
}
function choice(name, options, value, change, label) {
  const field = el("fieldset", { className: "segments" },
    el("legend", { className: "quiet" }, label));
  for (const [key, text] of options) {
    const input = el("input", { type: "radio", name, value: key, checked: key === value,
      onchange: () => change(key) });
    field.append(el("label", {}, input, el("span", { dir: "auto" }, text)));
  }
  return field;
}
function tick(text, checked, change, swatch) {
  const input = el("input", { type: "checkbox", checked,
    onchange: (event) => change(event.target.checked) });
  return el("label", { className: "tick" }, input, swatch ?? null, el("span", { dir: "auto" }, text));
}

function buildPanel() {
  controls.append(buildLines(), buildDistance(), buildFigures(), buildChart(), buildSearch(),
    buildLayers(), buildFilters(), buildExport(), ...buildNotes());
}

function buildLines() {
  const options = data.lines.map((line) => [line.key, `${line.label} · ${line.date}`]);
  const compare = tick(word("compare"), state.compare, (on) => {
    state.compare = on;
    if (on && state.other === state.line) state.other = data.lines.find((l) => l.key !== state.line).key;
    refresh();
  });
  compare.querySelector("input").id = "compare";
  const other = el("select", { id: "other", "aria-label": word("compare_with"),
    onchange: (event) => { state.other = event.target.value; refresh(); } });
  const many = data.lines.length > 1;
  return section("lines", word("show_line"),
    choice("line", options, state.line, (key) => {
      if (state.other === key) state.other = state.line;
      state.line = key;
      refresh();
    }, word("show_line")),
    many ? el("div", { className: "row" }, compare, other) : null,
    el("p", { className: "quiet", id: "line-about", dir: "auto" }));
}

function buildDistance() {
  const input = el("input", { type: "range", id: "distance", min: 0.5, step: 0.5,
    max: Math.max(30, Math.ceil(data.distances.at(-1))), value: state.km,
    "aria-label": word("distance_slider"),
    oninput: (event) => { state.km = Number(event.target.value); refreshDistance(); } });
  const buttons = data.distances.map((km) => el("button", { type: "button", className: "chip",
    onclick: () => { state.km = km; refreshDistance(); } }, `${km} ${word("km")}`));
  return section("distance", word("distance_slider"),
    el("div", { className: "row" }, el("output", { id: "distance-value", for: "distance", "aria-live": "off" }),
      el("div", { className: "chips" }, ...buttons)),
    input, el("p", { className: "quiet", id: "zone-note" }));
}

/** What a screen reader says once the slider rests: the figures in a sentence, not a table. */
const spoken = el("p", { className: "sr", id: "spoken", role: "status" });
let resting = 0;
function say(text, after) {
  clearTimeout(resting);
  if (ready) resting = setTimeout(() => { spoken.textContent = typeof text === "string" ? text : text(); }, after);
}
function speak() {
  say(() => {
    const lines = shownKeys().map((key) => {
      const sides = Object.keys(data.figures[key] ?? {}).map((side) => {
        const [, , , text, range, none] = peopleAt(key, side, state.km, state.source) ?? [];
        return `${side} ${text || none || word("no_figure")}${range ? ` (${range})` : ""}`;
      });
      return `${lineOf(key).label}: ${sides.join("; ")}`;
    });
    return `${word("figures_at", { distance: state.km })}. ${sourceLabel(state.source)}. ${lines.join(". ")}.`;
  }, 600);
}
/** A cell without a figure: a dash for the eye, words for the ear. */
const dash = () => [el("span", { "aria-hidden": "true" }, "–"), el("span", { className: "sr" }, word("no_figure"))];
function buildFigures() {
  return section("figures", "", el("div", { id: "figures" }), spoken,
    el("p", { className: "quiet" }, word("sources_apart")));
}

/** The figure of a zone: from the run, or counted here where that gives the run's own numbers. */
function peopleAt(key, side, km, source) {
  const cell = data.figures[key]?.[side]?.[String(km)];
  if (cell) return cell.people[source] ?? null;
  return source === "settlements" && live ? counted(key, side, km) : null;
}
function counted(key, side, km) {
  let [sum, places, unknown] = [0, 0, 0];
  for (const place of data.settlements) {
    const own = place.lines[key];
    if (own?.side !== side || !(own.distance_m <= km * 1000)) continue;
    if (kindOf(place, own) === "residents") {
      sum += place.people;
      places += 1;
    } else unknown += 1;
  }
  const [before, after] = [...data.distances].sort((a, b) => a - b).reduce(
    ([below, above], at) => (at < km ? [at, above] : [below, above ?? at]), [null, null]);
  const at = (one) => known(one) ? numberOf(data.figures[key]?.[side]?.[String(one)]?.people.settlements?.[3]) : null;
  const text = keptBetween(rounded(sum), at(before), at(after));
  const without = unknown
    ? [word(unknown === 1 ? "place_unknown" : "places_unknown", { count: whole(unknown) })] : [];
  return places
    ? [sum, null, null, text, "", "", [word(places === 1 ? "place_counted" : "places_counted", { count: whole(places) }),
      ...without]]
    : [unknown ? null : sum, null, null, "", "", word(unknown ? "unknown" : "no_figure"), without];
}
/** Three digits, and whole numbers below 1,000 as they are: the rule of the tables for a figure without interval. */
function rounded(value) {
  if (!Number.isFinite(value)) return word("unknown");
  if (Number.isInteger(value) && Math.abs(value) < 1000) return whole(value);
  const order = value ? Math.floor(Math.log10(Math.abs(value))) : 0;
  const digits = Math.max(0, 2 - order);
  const unit = 10 ** Math.abs(order - 2);
  const steps = (amount) => Math.sign(amount) * Math.round(Math.abs(amount));
  const shown = order > 2 ? steps(value / unit) * unit : steps(value * unit) / unit;
  return shown.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
const numberOf = (text) => (text ? Number(text.replaceAll(",", "")) : null);
/** A figure between two distances of the run is never printed below the one nor above the other. */
function keptBetween(text, before, after) {
  const value = numberOf(text);
  if (known(before) && value < before) return whole(before);
  return known(after) && value > after ? whole(after) : text;
}
/** Whether counting here agrees with the run at every distance of the run. */
const live = data.lines.every(({ key }) => Object.entries(data.figures[key] ?? {}).every(
  ([side, cells]) => Object.entries(cells).every(([km, cell]) => {
    const own = cell.people.settlements;
    return !own || Math.abs((own[0] ?? 0) - (counted(key, side, Number(km))[0] ?? 0)) < 0.6;
  })));

const sourceLabel = (source) => data.people_sources[source] ?? source;
function sourcesOf(key) {
  const list = new Set();
  for (const cells of Object.values(data.figures[key] ?? {})) {
    for (const cell of Object.values(cells)) Object.keys(cell.people).forEach((s) => list.add(s));
  }
  return [...list];
}

function figuresTable(key) {
  const line = lineOf(key);
  const sides = Object.keys(data.figures[key] ?? data.held[key] ?? {});
  const head = el("tr", {}, el("td"), ...sides.map((side) => el("th", { scope: "col" },
    el("i", { className: "swatch", style: `background:${colourOf(side)}` }), bdi(side))));
  const rows = [el("tr", { className: "land" }, el("th", { scope: "row" }, word("area_km2")),
    ...sides.map((side) => landCell(key, side)))];
  for (const source of sourcesOf(key)) {
    const held = sides.some((side) => (peopleAt(key, side, state.km, source) ?? []).slice(0, 3).some(known));
    if (!held && !source.startsWith("settlements")) continue;
    rows.push(el("tr", { "data-source": source }, el("th", { scope: "row" }, sourceLabel(source)),
      ...sides.map((side) => peopleCell(peopleAt(key, side, state.km, source), key, side))));
  }
  const share = sides.map((side) => data.sight[key]?.[side]?.[String(state.km)]);
  if (share.some(known)) {
    rows.push(el("tr", {}, el("th", { scope: "row" }, word("sight_share"),
      data.exposure?.warning ? el("small", {}, word("illustration_short")) : null),
    ...share.map((one) => el("td", {}, ...(known(one?.[0]) ? [one[2]] : dash())))));
  }
  return el("table", { "data-line": key },
    el("caption", { dir: "auto" }, `${line.label} · ${word("figures_at", { distance: state.km })}`),
    el("thead", {}, head), el("tbody", {}, ...rows));
}
function landCell(key, side) {
  const cell = data.figures[key]?.[side]?.[String(state.km)];
  if (!known(cell?.area)) return el("td", { "data-side": side }, ...dash());
  const range = cell.range ? el("small", { title: word("interval") }, cell.range) : null;
  const sources = cell.sources ? el("small", { className: "more" }, cell.sources) : null;
  return el("td", { "data-side": side, "data-value": cell.area }, el("b", {}, cell.text), range, sources);
}
function peopleCell(row, key, side) {
  const [value, , , text, range, none, remarks] = row ?? [];
  const cell = el("td", { "data-side": side });
  if (!row) {
    cell.className = "none";
    cell.append(...dash());
    return cell;
  }
  if (known(value) && text) cell.dataset.value = value;
  else cell.className = "none";
  cell.append(text ? el("b", {}, text) : el("small", {}, none || word("no_figure")));
  if (range) cell.append(el("small", { title: word("interval") }, range));
  if (remarks.length) cell.append(el("small", { className: "more" }, remarks.join(", ")));
  return cell;
}

function refreshDistance() {
  const slider = document.getElementById("distance");
  slider.value = state.km;
  slider.setAttribute("aria-valuetext", `${state.km} ${word("km")}`);
  document.getElementById("distance-value").textContent = `${state.km} ${word("km")}`;
  const keys = shown();
  for (const slot of SLOTS) {
    drawZones(slot, keys[slot]);
    if (state.filter.zone) drawPlaces(slot, keys[slot]);
  }
  if (state.filter.zone) drawLabels();
  const shape = Object.keys(data.zones[state.line] ?? {})
    .map((side) => zoneShape(state.line, side, state.km)?.km).find(known);
  document.getElementById("zone-note").textContent =
    known(shape) && shape !== state.km ? word("between_runs", { distance: shape }) : "";
  document.getElementById("figures").replaceChildren(...shownKeys().map(figuresTable));
  drawChart();
  drawLegend();
  countShown();
  saveView();
  speak();
}

function buildSearch() {
  const list = el("ul", { id: "search-list", role: "listbox", "aria-label": word("search"), hidden: true });
  const input = el("input", { type: "search", id: "search", placeholder: word("search_hint"),
    autocomplete: "off", dir: "auto", role: "combobox", "aria-label": word("search"),
    "aria-expanded": "false", "aria-controls": "search-list", "aria-autocomplete": "list",
    oninput: () => listFound(input, list), onkeydown: (event) => searchKeys(event, input, list) });
  return section("search", word("search"), input, list,
    el("p", { className: "quiet", id: "search-count", role: "status" }),
    el("div", { id: "card" }));
}
function listFound(input, list) {
  const places = found(input.value);
  const rows = places.slice(0, 8).map((place, i) => el("li", { role: "option", id: `found-${i}`,
    "data-id": place.id, "aria-selected": "false", dir: "auto",
    onmousedown: (event) => { event.preventDefault(); pick(place.id, input, list); } },
  el("span", {}, ...title(place)), el("small", {}, known(place.people) ? whole(place.people) : word("unknown"))));
  list.replaceChildren(...rows);
  list.hidden = !rows.length;
  input.setAttribute("aria-expanded", String(!!rows.length));
  input.removeAttribute("aria-activedescendant");
  document.getElementById("search-count").textContent = !input.value.trim() ? ""
    : places.length === 1 ? word("search_one")
      : places.length ? word("search_count", { count: whole(places.length) }) : word("search_none");
}
function pick(id, input, list) {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  choose(id, { pan: true });
}
function searchKeys(event, input, list) {
  const rows = [...list.children];
  const now = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (move && rows.length) {
    const next = (now + move + rows.length + (now < 0 && move < 0 ? 1 : 0)) % rows.length;
    rows.forEach((row, i) => row.setAttribute("aria-selected", String(i === next)));
    input.setAttribute("aria-activedescendant", rows[next].id);
  } else if (event.key === "Enter" && rows.length) {
    pick(rows[Math.max(now, 0)].dataset.id, input, list);
  } else if (event.key === "Escape") {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  } else return;
  event.preventDefault();
}

function choose(id, { pan = false } = {}) {
  const place = data.settlements.find((one) => one.id === id);
  state.selected = place ? id : null;
  drawCard(place);
  if (place) showCard(place);
  if (place && pan) {
    map.setView(place.at, Math.max(map.getZoom(), 10.5), { animate: !still.matches });
  }
  for (const slot of SLOTS) drawPlaces(slot, shown()[slot]);
  drawLabels();
  saveView();
}
/** Bring what is told of a place into view, and to the ear. */
function showCard(place) {
  const card = document.getElementById("card");
  card.scrollIntoView({ block: "nearest", behavior: still.matches ? "auto" : "smooth" });
  const told = Object.entries(place.lines).filter(([, own]) => own.side).map(([key, own]) =>
    `${lineOf(key)?.label}: ${own.side}, ${own.away}`);
  say([shownNames(place).map(({ text }) => text).join(" / "), ...told].join(". "), 100);
}
const languages = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });
const languageName = (tag) => languages.of(tag);
const compass = (degrees) => word(["n", "ne", "e", "se", "s", "sw", "w", "nw"][Math.round(degrees / 45) % 8]);
function drawCard(place) {
  const card = document.getElementById("card");
  if (!place) {
    card.replaceChildren(el("p", { className: "quiet" }, word("choose_place")));
    return;
  }
  const names = namesOf(place);
  const people = known(place.people) ? word("people_of", { count: whole(place.people),
    kind: word(place.kind || "residents"), date: place.date || word("undated") }) : word("unknown");
  const keys = data.lines.map((line) => line.key).filter((key) => place.lines[key]);
  const row = (label, value) => el("tr", {}, el("th", { scope: "row" }, label),
    ...keys.map((key) => el("td", {}, value(place.lines[key], key))));
  card.replaceChildren(...[
    el("div", { className: "card-head" }, named("h3", names[0]),
      el("button", { type: "button", className: "icon", "aria-label": word("close"),
        onclick: () => choose(null) }, "×")),
    names[1] ? named("p", names[1], { className: "alt" }) : null,
    ...place.names.filter(([, text]) => !names.some((name) => name.text === text)).map(([lang, text]) =>
      el("p", { className: "quiet" }, `${languageName(lang)}: `, named("bdi", { text, lang }))),
    place.other ? el("p", { className: "quiet", dir: "auto" }, `${word("also")}: ${place.other}`) : null,
    el("p", {}, `${word("population")}: ${people}`,
      place.source ? el("small", { dir: "auto" }, ` · ${place.source}`) : null),
    el("table", {}, el("thead", {}, el("tr", {}, el("td"), ...keys.map((key) =>
      el("th", { scope: "col" }, bdi(lineOf(key).label), el("small", {}, lineOf(key).accuracy))))),
    el("tbody", {},
      row(word("figure"), (own) => word(known(place.people) && own.valid ? "figure_holds" : "unknown")),
      row(word("held_by"), (own) => el("span", {}, own.side
        ? bdi(own.side) : word("outside"), own.side && own.certain === false
        ? el("small", {}, own.by_others ? `${word("side_by_others")}: ${own.by_others}` : word("uncertain")) : null)),
      row(word("distance_to_line"), (own) => known(own.distance_m)
        ? el("span", {}, own.away,
          known(own.azimuth_deg) ? el("small", {}, word("direction", { direction: compass(own.azimuth_deg) })) : null)
        : "–"),
      row(word("in_zone"), (own) => (known(own.zone_m) ? `${own.zone_m / 1000} ${word("km")}`
        : word("beyond_zones"))),
      row(word("crossed"), (own) => (own.crossed === true ? word("crossed")
        : own.crossed === false ? word("not_crossed") : "–")),
      ...sightRows(row))),
    ...place.control.map(([from, to, how]) => el("p", {}, `${lineOf(from)?.label} → ${lineOf(to)?.label}: `,
      el("b", {}, word(how === "uncertain" ? "control_uncertain" : how)))),
    el("p", { className: "quiet" }, `${word("id")} ${place.id}`),
  ].filter(known));
}
function sightRows(row) {
  if (!data.settlements.some((place) => Object.values(place.lines).some((own) => own.sight))) return [];
  const label = el("span", {}, word("in_sight"),
    data.exposure?.warning ? el("small", {}, word("illustration_short")) : null);
  return [row(label, (own) => el("span", {}, own.sight ? word(own.sight) : "–",
    ["visible", "hidden"].includes(own.sight) && own.sight_sure === false
      ? el("small", {}, word("sight_uncertain")) : null,
    known(own.sight_km) && known(own.radius_km) && own.radius_km > 0
      ? el("small", {}, `${decimal.format(own.sight_km)} / ${decimal.format(own.radius_km)} ${word("km")}`) : null))];
}

function buildLayers() {
  const list = switches().map(([key, label, on]) => {
    state.layers[key] ??= on;
    const row = tick(label, state.layers[key], (value) => { state.layers[key] = value; refreshLayer(key); });
    row.dataset.layer = key;
    return row;
  });
  return folded_section("layers", word("layers"), true, el("div", { className: "ticks" }, ...list),
    ...buildBasemap(),
    data.exposure?.warning ? el("p", { className: "quiet" }, data.exposure.warning) : null,
    choice("names", [["both", word("names_both")], ["name", word("names_name")],
      ["name_alt", word("names_name_alt")]], state.names, (key) => {
      state.names = key;
      refresh();
    }, word("names")));
}

function buildFilters() {
  const flag = (key, label) => tick(label, state.filter[key], (on) => {
    state.filter[key] = on;
    refresh();
  });
  const kinds = [...new Set(data.settlements.flatMap((place) =>
    Object.values(place.lines).map((own) => kindOf(place, own))))].sort();
  const kind = el("select", { id: "filter-kind", onchange: (event) => {
    state.filter.kind = event.target.value;
    refresh();
  } }, el("option", { value: "" }, word("filter_all")),
  ...kinds.map((one) => el("option", { value: one }, word(one))));
  const least = el("input", { type: "number", id: "filter-least", min: 0, step: 100, value: 0,
    oninput: (event) => { state.filter.least = Number(event.target.value) || 0; refresh(); } });
  const filters = folded_section("filters", word("filters"), false,
    el("div", { className: "ticks" }, flag("zone", word("filter_zone")), flag("sight", word("filter_sight")),
      flag("crossed", word("filter_crossed")), flag("uncertain", word("filter_uncertain"))),
    el("label", { className: "field" }, el("span", {}, word("filter_kind")), kind),
    el("label", { className: "field" }, el("span", {}, word("filter_least")), least),
    el("p", { className: "quiet", id: "shown-count", role: "status" }),
    el("ul", { id: "shown-list", className: "list" }));
  filters.addEventListener("toggle", countShown);
  return filters;
}
const MOST_LISTED = 250;
/** Count and list what passes the filters, nearest to the line first: the map in words. */
function countShown() {
  const places = passing();
  document.getElementById("shown-count").textContent =
    word("filter_shown", { shown: whole(places.length), total: whole(data.settlements.length) });
  if (!parts.filters.open) return;
  const nearest = (place) => shownKeys().map((key) => place.lines[key])
    .filter((own) => known(own?.distance_m)).sort((a, b) => a.distance_m - b.distance_m)[0];
  const near = places.map((place) => [nearest(place), place])
    .sort((a, b) => (a[0]?.distance_m ?? Infinity) - (b[0]?.distance_m ?? Infinity));
  document.getElementById("shown-list").replaceChildren(...near.slice(0, MOST_LISTED).map(([own, place]) =>
    el("li", {}, el("button", { type: "button", onclick: () => choose(place.id, { pan: true }) },
      el("span", {}, ...title(place)), el("small", {}, [known(place.people) ? whole(place.people) : word("unknown"),
        own?.away].filter(Boolean).join(", "))))));
}

function buildExport() {
  return section("export", word("export"), el("div", { className: "row" },
    el("button", { type: "button", id: "save-csv", onclick: saveCsv }, word("export_csv")),
    el("button", { type: "button", id: "save-geojson", onclick: saveGeoJson }, word("export_geojson")),
    el("button", { type: "button", id: "copy-link", onclick: copyLink }, word("copy_link")),
    el("button", { type: "button", id: "print", onclick: () => window.print() }, word("print"))),
  el("p", { className: "quiet", id: "export-note", role: "status" }));
}

function buildNotes() {
  const list = (name, heading, texts) => (texts.length
    ? [folded_section(name, heading, false, el("ul", {}, ...texts.map((text) => el("li", { dir: "auto" }, text))))]
    : []);
  return [...buildClaims(), ...list("key", word("key_figures"), data.key_figures),
    ...list("notes", word("notes"), data.notes), buildKeys()];
}

/** The single keys, told and switched: who speaks to the machine may set them off unmeant. */
function buildKeys() {
  const rows = [["/", "search"], ["c", "compare"], ["m", "measure"], ["[ ]", "distance_slider"]].map(([key, about]) =>
    el("li", {}, el("kbd", {}, key), ` ${word(about)}`));
  const on = tick(word("keys_on"), state.keys, (value) => { state.keys = value; });
  on.querySelector("input").id = "keys-on";
  return folded_section("keys", word("keys"), false, on, el("ul", { className: "keys" }, ...rows));
}

/** Statements of reports put to the test, with what came of them. */
function buildClaims() {
  if (!data.claims.length) return [];
  return [folded_section("claims", word("claims"), false, el("ul", { className: "claims" },
    ...data.claims.map((claim) => el("li", {},
      el("p", { dir: "auto" }, el("span", { className: "verdict", "data-verdict": claim.verdict }, claim.verdict),
        ` ${claim.id} `, bdi(claim.statement)),
      el("small", { dir: "auto" }, [claim.source, claim.why].filter(Boolean).join(" · "))))))];
}

/** Draw only what a layer's switch concerns: the whole map may hold thousands of signs. */
function refreshLayer(key) {
  if (key !== "labels" && !groups.context[key]) return refresh();
  if (groups.context[key]) showContext(key);
  drawLegend();
  drawLabels();
  return saveView();
}
/** Bring everything in line with the state. */
function refresh() {
  for (const input of document.getElementsByName("line")) input.checked = input.value === state.line;
  for (const input of document.getElementsByName("names")) input.checked = input.value === state.names;
  for (const row of document.querySelectorAll("[data-layer] input")) {
    row.checked = state.layers[row.parentElement.dataset.layer];
  }
  const compare = document.getElementById("compare");
  if (compare) compare.checked = state.compare;
  const other = document.getElementById("other");
  if (other) {
    other.hidden = !state.compare || data.lines.length < 3;
    other.replaceChildren(...data.lines.filter((line) => line.key !== state.line)
      .map((line) => el("option", { value: line.key, selected: line.key === state.other }, line.label)));
  }
  const line = lineOf(state.line);
  document.getElementById("line-about").textContent =
    [word("line_length", { length: line.length }), line.accuracy].join(" · ");
  drawDivider();
  drawLegend();
  drawAll();
  drawCard(data.settlements.find((place) => place.id === state.selected));
  refreshDistance();
}
