// Keyboard: from region to region as they lie on the map.

const DIRECTIONS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

// The nearest region in a direction: distance ahead, with what lies aside counted double.
function neighbour(row, [dx, dy]) {
  const [x, y] = middle(regionOf(row));
  let best = row;
  let least = Infinity;
  for (const other of state.rows) {
    const [ox, oy] = middle(regionOf(other));
    const ahead = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    const cost = ahead + 2 * aside;
    if (other !== row && ahead > 0 && aside <= ahead * 1.5 && cost < least) [best, least] = [other, cost];
  }
  return best;
}

const fullest = () => state.rows.reduce((best, row) => (best < 0 || records.people[row] > records.people[best] ? row : best), -1);

function goTo(row) {
  if (row < 0) return;
  bringInSight(regionOf(row));
  point(row);
  speak(row);
}

function onKey(event) {
  if (event.target !== map || event.ctrlKey || event.metaKey || event.altKey) return;
  const direction = DIRECTIONS[event.key];
  if (direction && event.shiftKey) moveBy(-direction[0] * 60, -direction[1] * 60);
  else if (direction) goTo(state.focus < 0 ? fullest() : neighbour(state.focus, direction));
  else if (event.key === "+" || event.key === "=") zoomOn(1.5);
  else if (event.key === "-") zoomOn(1 / 1.5);
  else if (event.key === "0") showAll();
  else if (event.key === "Home") goTo(fullest());
  else if (event.key === "Escape") point(-1);
  else return;
  event.preventDefault();
  if (state.focus >= 0) placeTip(...onSheet(...middle(regionOf(state.focus))));
  repaint();
}

function zoomOn(factor) {
  if (state.focus >= 0) zoomBy(factor, ...onSheet(...middle(regionOf(state.focus))));
  else zoomBy(factor);
}
