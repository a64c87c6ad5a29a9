// Painting: sea, land, regions, shores and borders, names, and the region in focus.

const pen = canvas.getContext("2d");
const probe = document.createElement("canvas").getContext("2d"); // for hit tests, never shown
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const state = { window: data.windows.length - 1, group: 0, measure: "density", focus: -1, printing: false, rows: [] };

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const theme = () => (dark.matches && !state.printing ? "dark" : "light");
const valueOf = (row) => (state.measure === "density" ? drawing.density[row] : records.people[row]);
const regionOf = (row) => regions[drawing.shape[row]];

function classOf(value) {
  const { ends } = drawing.classes[state.measure];
  const found = ends.findIndex((end) => value < end);
  return found < 0 ? ends.length : found;
}

// The rows of the chosen window and group, coarse ones first so that fine ones lie on top.
function chooseRows() {
  const span = data.windows[state.window];
  const group = data.groups[state.group] ?? null;
  state.rows = records.cell.map((_, row) => row).filter((row) => records.window[row] === span && records.group[row] === group);
  state.rows.sort((a, b) => records.resolution[a] - records.resolution[b]);
}

function hatch() {
  const ratio = window.devicePixelRatio || 1;
  const size = Math.round(6 * ratio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const brush = tile.getContext("2d");
  brush.strokeStyle = css("--hatch");
  brush.lineWidth = ratio;
  for (const shift of [-size, 0, size]) {
    brush.beginPath();
    brush.moveTo(shift - 1, size + 1);
    brush.lineTo(shift + size + 1, -1);
    brush.stroke();
  }
  return pen.createPattern(tile, "repeat");
}

function paint() {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = css("--sea");
  pen.fillRect(0, 0, width, height);
  const sheet = new DOMMatrix([view.scale * ratio, 0, 0, view.scale * ratio, view.x * ratio, view.y * ratio]);
  pen.setTransform(sheet);
  pen.fillStyle = css("--land");
  pen.fill(land.path);
  paintRegions(sheet, 1 / view.scale);
  pen.lineJoin = "round";
  strokeLine(borders.path, css("--border"), 0.8);
  strokeLine(coast.path, css("--coast"), 0.8);
  paintFocus();
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  paintScale();
  paintNames();
}

function strokeLine(path, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width / view.scale;
  pen.stroke(path);
}

function paintRegions(sheet, pixel) {
  const ramp = drawing.classes[state.measure][theme()];
  const [left, top] = toSheet(0, 0);
  const [right, bottom] = toSheet(view.width, view.height);
  const lines = hatch();
  lines.setTransform(sheet.inverse());
  const edge = css("--edge");
  for (const row of state.rows) {
    const { path, box } = regionOf(row);
    if (box[2] < left || box[0] > right || box[3] < top || box[1] > bottom) continue;
    pen.globalAlpha = 0.88;
    pen.fillStyle = ramp[classOf(valueOf(row))];
    pen.fill(path, "evenodd");
    pen.globalAlpha = 1;
    if (records.kind[row] === "residual") {
      pen.fillStyle = lines;
      pen.fill(path, "evenodd");
    }
    const size = (box[2] - box[0]) / pixel;
    if (size > 6) strokeLine(path, edge, Math.min(1, size / 24));
    else strokeLine(path, ramp[classOf(valueOf(row))], 1);
  }
}

function paintFocus() {
  if (state.focus < 0) return;
  const { path } = regionOf(state.focus);
  strokeLine(path, css("--card"), 5);
  strokeLine(path, css("--focus"), 2.5);
}

// Names where they fit: countries on wide maps, towns on closer ones; none may touch another.
function paintNames() {
  const taken = furniture();
  const kilometres = view.width / view.scale * drawing.unit;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const order = kilometres > 2500 ? ["country", "city"] : ["city", "country"];
  for (const kind of order) {
    if (kind === "city" && kilometres > 6000) continue;
    pen.font = kind === "country" ? "600 11px system-ui, sans-serif" : "500 11.5px system-ui, sans-serif";
    for (const [name, x, y, of] of drawing.labels) if (of === kind) paintName(name, kind, onSheet(x, y), taken);
  }
}

// Where buttons, the scale and the attribution stand: no name goes there.
function furniture() {
  const map_box = map.getBoundingClientRect();
  const parts = [map.querySelector(".zoom"), byId("scale"), byId("attribution")];
  return parts.map((part) => part.getBoundingClientRect()).map((box) => [
    box.left - map_box.left - 4, box.top - map_box.top - 4, box.right - map_box.left + 4, box.bottom - map_box.top + 4,
  ]);
}

function paintName(name, kind, [px, py], taken) {
  const text = kind === "country" ? name.toUpperCase() : name;
  const half = pen.measureText(text).width / 2 + 4;
  const lift = kind === "city" ? 11 : 0;
  const box = [px - half, py - lift - 8, px + half, py + (kind === "city" ? 4 : 8)];
  if (box[0] < 0 || box[2] > view.width || box[1] < 0 || box[3] > view.height) return;
  if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) return;
  taken.push(box);
  pen.strokeStyle = css("--halo");
  pen.lineWidth = 4;
  pen.strokeText(text, px, py - lift);
  pen.fillStyle = css("--label");
  pen.fillText(text, px, py - lift);
  if (kind !== "city") return;
  pen.beginPath();
  pen.arc(px, py, 2.2, 0, 2 * Math.PI);
  pen.lineWidth = 1.5;
  pen.stroke();
  pen.fill();
}

function paintScale() {
  byId("scale").hidden = !drawing.truePlanarScale;
  const perPixel = drawing.unit / view.scale;
  const power = 10 ** Math.floor(Math.log10(perPixel * 120));
  const length = [5, 2, 1].map((step) => step * power).find((step) => step / perPixel <= 120);
  byId("scale-bar").style.width = `${length / perPixel}px`;
  byId("scale-text").textContent = length >= 1 ? `${length.toLocaleString("en")} km` : `${Math.round(length * 1000)} m`;
}

// The row under a point of the map, or -1.
function rowAt(px, py) {
  const [x, y] = toSheet(px, py);
  for (let i = state.rows.length - 1; i >= 0; i -= 1) {
    const { path, box } = regionOf(state.rows[i]);
    if (x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3] && probe.isPointInPath(path, x, y, "evenodd")) return state.rows[i];
  }
  return -1;
}

let asked = false;
function repaint() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    paint();
  });
}
