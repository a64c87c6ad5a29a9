// The words beside the map: numbers as they were published, the legend, the tip.

const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
const whole_number = (value) => value.toLocaleString("en");
const area = (value) => `${value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 })} km²`;

// Half-up to the base, and never under the minimum: 20 stands for 15 to 24, 10 for 10 to 14.
function range(people) {
  const low = people - Math.floor(data.rounding / 2);
  return [Math.max(low, data.minimum), low + data.rounding - 1].map(whole_number).join(" to ");
}

function facts(row) {
  const shown = [
    ["window", records.window[row]],
    ["group", records.group[row]],
    ["posts", records.posts?.[row] == null ? null : `about ${whole_number(records.posts[row])}`],
    ["per 100 km²", number(drawing.density[row])],
    ["area", area(records.area_km2[row])],
    ["region", records.kind[row] === "residual" ? "remainder of its cell" : "whole cell"],
    ["resolution", `H3 ${records.resolution[row]}`],
    ["cell", records.cell[row]],
  ];
  return shown.filter(([, text]) => text != null);
}

function fillTip(row) {
  const tip = byId("tip");
  const head = document.createElement("strong");
  head.textContent = `about ${whole_number(records.people[row])} accounts`;
  const spread = document.createElement("span");
  spread.className = "range";
  spread.textContent = `rounded: stands for ${range(records.people[row])}`;
  const list = document.createElement("dl");
  for (const [name, text] of facts(row)) {
    list.append(Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: text }));
  }
  tip.replaceChildren(head, spread, list);
}

function placeTip(px, py) {
  const tip = byId("tip");
  const gap = 16;
  const left = px + gap + tip.offsetWidth > view.width ? px - gap - tip.offsetWidth : px + gap;
  const top = py + gap + tip.offsetHeight > view.height ? py - gap - tip.offsetHeight : py + gap;
  tip.style.transform = `translate(${Math.max(4, Math.round(left))}px, ${Math.max(4, Math.round(top))}px)`;
}

function point(row, at) {
  const tip = byId("tip");
  const moved = row !== state.focus;
  state.focus = row;
  tip.hidden = row < 0;
  if (row >= 0) {
    if (moved) fillTip(row);
    placeTip(...(at ?? onSheet(...middle(regionOf(row)))));
  }
  if (moved) repaint();
}

function speak(row) {
  const kind = records.kind[row] === "residual" ? "remainder of a larger cell" : "whole cell";
  byId("spoken").textContent =
    `About ${whole_number(records.people[row])} accounts, rounded; ${kind}; ${area(records.area_km2[row])}; ` +
    `resolution ${records.resolution[row]}; cell ${records.cell[row]}.`;
}

function fillLegend() {
  const { ends } = drawing.classes[state.measure];
  const ramp = drawing.classes[state.measure][theme()];
  byId("legend-title").textContent = state.measure === "density" ? "Accounts per 100 km²" : "Accounts, rounded";
  const items = ramp.map((colour, at) => {
    const item = document.createElement("li");
    const swatch = Object.assign(document.createElement("span"), { className: "swatch" });
    swatch.style.backgroundColor = colour;
    item.append(swatch, label(ends, at));
    return item;
  });
  byId("classes").replaceChildren(...items);
  document.documentElement.style.setProperty("--mid", ramp[Math.floor(ramp.length / 2)]);
}

function label(ends, at) {
  if (!ends.length) return "all regions";
  if (at === 0) return `under ${number(ends[0])}`;
  return at === ends.length ? `${number(ends[at - 1])} and more` : `${number(ends[at - 1])} to ${number(ends[at])}`;
}

function fillTotals() {
  const people = state.rows.reduce((sum, row) => sum + records.people[row], 0);
  const value = (text) => Object.assign(document.createElement("b"), { textContent: text });
  byId("totals").replaceChildren(
    "Sum of the shown regions: ", value(`about ${whole_number(people)}`), " accounts in ", value(whole_number(state.rows.length)),
    " regions, each rounded.",
  );
}

// A bar per window: how many accounts its regions add up to, in the chosen group.
function fillTimeline() {
  const strip = byId("timeline");
  if (!strip) return;
  const group = data.groups[state.group] ?? null;
  const sums = data.windows.map((span) =>
    records.people.reduce((sum, people, row) => (records.window[row] === span && records.group[row] === group ? sum + people : sum), 0));
  const most = Math.max(...sums, 1);
  const bars = sums.map((sum, at) => {
    const bar = Object.assign(document.createElement("button"), { type: "button", title: `${data.windows[at]}: about ${whole_number(sum)} accounts` });
    bar.setAttribute("aria-label", bar.title);
    bar.setAttribute("aria-pressed", String(at === state.window));
    bar.style.height = `${Math.max((100 * sum) / most, 2)}%`;
    bar.addEventListener("click", () => {
      chooseWindow(at);
      byId("timeline").children[at].focus();
    });
    return bar;
  });
  strip.replaceChildren(...bars);
}

function refresh() {
  fillTimeline();
  chooseRows();
  point(-1);
  fillLegend();
  fillTotals();
  fillTable();
  repaint();
}
