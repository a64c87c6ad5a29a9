// The sheet and the window onto it: shapes in units of the sheet, a scale (pixels per unit) and an offset (pixels).

const data = JSON.parse(document.getElementById("heat-map").textContent);
const { records, drawing } = data;
const byId = (id) => document.getElementById(id);
const map = byId("map");
const canvas = byId("canvas");

// Whole steps from (0, 0) to a path, and the box around it.
function decode(lines, close) {
  const path = new Path2D();
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const steps of lines) {
    let x = 0;
    let y = 0;
    for (let i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
    if (close) path.closePath();
  }
  return { path, box };
}

const regions = drawing.shapes.map((rings) => decode(rings, true));
const land = decode(drawing.land, true);
const coast = decode(drawing.coast, false);
const borders = decode(drawing.borders, false);

const whole = regions.reduce(
  (all, { box }) => [Math.min(all[0], box[0]), Math.min(all[1], box[1]), Math.max(all[2], box[2]), Math.max(all[3], box[3])],
  [Infinity, Infinity, -Infinity, -Infinity],
);
if (!regions.length) whole.splice(0, 4, ...land.box);

const view = { scale: 1, x: 0, y: 0, width: 0, height: 0, least: 0, most: 0, fitted: true };

// The mean edge of a hexagon at resolution 0 is about 1281 km; each resolution divides it by the root of 7.
const finestEdge = 1281.256 / Math.sqrt(7) ** drawing.finest / drawing.unit;
const CLOSEST_EDGE = 70; // pixels: no zoom beyond this edge of the finest cells, as nothing finer exists

const toSheet = (px, py) => [(px - view.x) / view.scale, (py - view.y) / view.scale];
const onSheet = (x, y) => [x * view.scale + view.x, y * view.scale + view.y];
const middle = ({ box }) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];

function measureMap() {
  view.width = map.clientWidth;
  view.height = map.clientHeight;
  const fit = Math.min(view.width / (whole[2] - whole[0]), view.height / (whole[3] - whole[1])) * 0.9;
  view.most = CLOSEST_EDGE / finestEdge;
  view.least = Math.min(fit, view.most) * 0.6;
  return Math.min(fit, view.most);
}

function showAll() {
  view.scale = measureMap();
  view.x = view.width / 2 - ((whole[0] + whole[2]) / 2) * view.scale;
  view.y = view.height / 2 - ((whole[1] + whole[3]) / 2) * view.scale;
  view.fitted = true;
}

// Some of the map stays in sight, whatever is dragged.
function keepInSight() {
  view.fitted = false;
  const margin = 60;
  view.x = Math.min(Math.max(view.x, margin - whole[2] * view.scale), view.width - margin - whole[0] * view.scale);
  view.y = Math.min(Math.max(view.y, margin - whole[3] * view.scale), view.height - margin - whole[1] * view.scale);
}

function zoomBy(factor, px = view.width / 2, py = view.height / 2) {
  const scale = Math.min(Math.max(view.scale * factor, view.least), view.most);
  const [x, y] = toSheet(px, py);
  view.scale = scale;
  view.x = px - x * scale;
  view.y = py - y * scale;
  keepInSight();
}

function moveBy(dx, dy) {
  view.x += dx;
  view.y += dy;
  keepInSight();
}

function bringInSight(region) {
  const [px, py] = onSheet(...middle(region));
  const margin = 70;
  const dx = Math.max(margin - px, 0) + Math.min(view.width - margin - px, 0);
  const dy = Math.max(margin - py, 0) + Math.min(view.height - margin - py, 0);
  if (dx || dy) moveBy(dx, dy);
}
