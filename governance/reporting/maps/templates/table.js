// The records as a table: the map for those who read or hear instead of looking.

const PAGE_OF_ROWS = 100;
const COLUMNS = [
  ["people", "Accounts, rounded", true, whole_number],
  ["kind", "Region", false, (kind) => (kind === "residual" ? "remainder" : "whole cell")],
  ["resolution", "Resolution", true, String],
  ["area_km2", "Area, km²", true, (value) => value.toLocaleString("en", { maximumFractionDigits: 1 })],
  ["posts", "Posts, rounded", true, (value) => (value == null ? "" : whole_number(value))],
  ["window", "Window", false, String],
  ["group", "Group", false, (name) => name ?? ""],
  ["cell", "H3 cell", false, String],
].filter(([name]) => records[name] && records[name].some((value) => value !== null));
const table = { by: "people", down: true, shown: PAGE_OF_ROWS };

function sortedRows() {
  const column = records[table.by];
  const way = table.down ? -1 : 1;
  return [...state.rows].sort((a, b) => way * (column[a] < column[b] ? -1 : column[a] > column[b] ? 1 : 0) || a - b);
}

function fillHead() {
  const heads = COLUMNS.map(([name, title, isNumber]) => {
    const head = Object.assign(document.createElement("th"), { scope: "col", className: isNumber ? "number" : "" });
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const active = table.by === name;
    button.textContent = active ? `${title} ${table.down ? "▾" : "▴"}` : title;
    head.setAttribute("aria-sort", active ? (table.down ? "descending" : "ascending") : "none");
    button.addEventListener("click", () => {
      table.down = active ? !table.down : isNumber;
      table.by = name;
      fillTable();
      byId("table-head").children[COLUMNS.findIndex(([other]) => other === name)].firstChild.focus();
    });
    head.append(button);
    return head;
  });
  byId("table-head").replaceChildren(...heads);
}

function fillTable() {
  fillHead();
  const rows = sortedRows();
  const lines = rows.slice(0, table.shown).map((row) => {
    const line = document.createElement("tr");
    for (const [name, , isNumber, say] of COLUMNS) {
      line.append(Object.assign(document.createElement("td"), { textContent: say(records[name][row]), className: isNumber ? "number" : "" }));
    }
    return line;
  });
  byId("table-body").replaceChildren(...lines);
  byId("table-count").textContent = `Showing ${whole_number(lines.length)} of ${whole_number(rows.length)} rows.`;
  byId("table-more").hidden = lines.length === rows.length;
}
