// Online tiles, if the project offers them: none is asked for before the reader has agreed. Neither
// a link nor the page itself remembers it: every opening of the page begins without a request.

const tiles = { agreed: false, layer: null };

/** What stands among the layers: the switch, the question, and what became of it. */
function buildBasemap() {
  if (!data.basemap) return [];
  const { host, policy } = data.basemap;
  const row = tick(word("basemap", { host }), false, switchBasemap);
  row.querySelector("input").id = "basemap";
  const button = (id, key, action) =>
    el("button", { type: "button", id, onclick: action }, word(key));
  const ask = el("div", { id: "basemap-ask", role: "group", tabIndex: -1, hidden: true,
    "aria-labelledby": "basemap-warning" },
  el("p", { id: "basemap-warning" }, word("basemap_warning", { host }), " ",
    policy ? outwards(policy, word("basemap_policy")) : null),
  el("div", { className: "row" }, button("basemap-agree", "basemap_agree", agreeToTiles),
    button("basemap-decline", "basemap_decline", () => {
      const box = document.getElementById("basemap");
      box.checked = false;
      switchBasemap(false);
      box.focus();
    })));
  return [row, ask, el("p", { className: "quiet", id: "basemap-note", role: "status" })];
}
/** A link that is followed only when the reader follows it, and says nothing of this page. */
function outwards(href, text) {
  return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
}

function switchBasemap(on) {
  const ask = document.getElementById("basemap-ask");
  ask.hidden = !on || tiles.agreed;
  if (!ask.hidden) ask.focus();
  showTiles(on && tiles.agreed);
}
function agreeToTiles() {
  tiles.agreed = true;
  document.getElementById("basemap-ask").hidden = true;
  document.getElementById("basemap").focus();
  showTiles(true);
}
/** Fetch and show the tiles, or take them away; the server and its makers are named beside. */
function showTiles(on) {
  const { url, host, credit, copyright } = data.basemap;
  const note = document.getElementById("basemap-note");
  tiles.layer?.remove();
  stage.querySelector(".credit")?.remove();
  note.textContent = on ? word("basemap_on", { host }) : "";
  if (!on) return;
  tiles.layer = L.tileLayer(url, { pane: "basemap", className: "tiles", maxNativeZoom: 19,
    referrerPolicy: "strict-origin-when-cross-origin" });
  tiles.layer.on("tileerror", () => { note.textContent = word("basemap_failed", { host }); });
  tiles.layer.addTo(map);
  stage.append(el("p", { className: "credit", dir: "auto" },
    copyright ? outwards(copyright, credit) : credit));
}
