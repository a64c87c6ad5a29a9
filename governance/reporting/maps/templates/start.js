// Wiring: pointers, wheel, choices, themes, print.

const pointers = new Map();
const local = (event) => {
  const box = map.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};
const spread = () => {
  const [[ax, ay], [bx, by]] = [...pointers.values()];
  return Math.hypot(ax - bx, ay - by);
};

map.addEventListener("pointerdown", (event) => {
  if (event.target.closest("button")) return;
  pointers.set(event.pointerId, local(event));
  map.setPointerCapture(event.pointerId);
  map.classList.add("dragging");
});
map.addEventListener("pointermove", (event) => {
  const [px, py] = local(event);
  const before = pointers.get(event.pointerId);
  if (!before) {
    if (!event.target.closest("button")) point(rowAt(px, py), [px, py]);
    return;
  }
  const apart = pointers.size === 2 ? spread() : 0;
  pointers.set(event.pointerId, [px, py]);
  if (pointers.size === 2) {
    const [[ax, ay], [bx, by]] = [...pointers.values()];
    zoomBy(spread() / Math.max(apart, 1), (ax + bx) / 2, (ay + by) / 2);
  } else moveBy(px - before[0], py - before[1]);
  repaint();
});
for (const name of ["pointerup", "pointercancel"]) {
  map.addEventListener(name, (event) => {
    pointers.delete(event.pointerId);
    if (!pointers.size) map.classList.remove("dragging");
    if (event.pointerType === "touch") point(rowAt(...local(event)), local(event));
  });
}
map.addEventListener("pointerleave", () => {
  if (!pointers.size && document.activeElement !== map) point(-1);
});
map.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoomBy(1.0018 ** -event.deltaY, ...local(event));
  repaint();
}, { passive: false });
map.addEventListener("dblclick", (event) => {
  if (event.target.closest("button")) return;
  zoomBy(2, ...local(event));
  repaint();
});
map.addEventListener("keydown", onKey);
map.addEventListener("blur", () => point(-1));

const onClick = (id, act) => byId(id)?.addEventListener("click", () => {
  act();
  repaint();
});
onClick("zoom-in", () => zoomBy(1.6));
onClick("zoom-out", () => zoomBy(1 / 1.6));
onClick("zoom-all", showAll);
onClick("table-more", () => {
  table.shown += 10 * PAGE_OF_ROWS;
  fillTable();
});

const spans = byId("window");
function chooseWindow(at) {
  state.window = Math.min(Math.max(at, 0), data.windows.length - 1);
  spans.selectedIndex = state.window;
  byId("window-before").disabled = state.window === 0;
  byId("window-after").disabled = state.window === data.windows.length - 1;
  refresh();
}
if (spans) {
  spans.addEventListener("change", () => chooseWindow(spans.selectedIndex));
  onClick("window-before", () => chooseWindow(state.window - 1));
  onClick("window-after", () => chooseWindow(state.window + 1));
}
byId("group")?.addEventListener("change", (event) => {
  state.group = event.target.selectedIndex;
  refresh();
});
for (const choice of document.querySelectorAll("input[name=measure]")) {
  choice.addEventListener("change", () => {
    state.measure = choice.value;
    fillLegend();
    repaint();
  });
}

function redress() {
  fillLegend();
  paint();
}
dark.addEventListener("change", redress);
for (const [name, printing] of [["beforeprint", true], ["afterprint", false]]) {
  window.addEventListener(name, () => {
    state.printing = printing;
    redress();
  });
}
new ResizeObserver(() => {
  const [x, y] = toSheet(view.width / 2, view.height / 2);
  if (view.fitted) showAll();
  else {
    measureMap();
    view.x = view.width / 2 - x * view.scale;
    view.y = view.height / 2 - y * view.scale;
  }
  paint();
}).observe(map);

showAll();
if (spans) chooseWindow(state.window);
else refresh();
