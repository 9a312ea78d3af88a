
/* Tables whose head sorts them: once, the other way, and back. */
const sortable = (table) => {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  };
  heads.forEach((head, column) => {
    const button = make("button", "", head.textContent);
    button.type = "button";
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const numeric = typeof key(original[0], column) === "number";
      const first = numeric ? "descending" : "ascending";
      const second = numeric ? "ascending" : "descending";
      const next = before === null ? first : before === first ? second : null;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (next === null) {
        body.append(...original);
        return;
      }
      head.setAttribute("aria-sort", next);
      const sign = next === "ascending" ? 1 : -1;
      const compare = (a, b) => {
        const [x, y] = [key(a, column), key(b, column)];
        return sign * (numeric ? x - y : x.localeCompare(y));
      };
      body.append(...original.slice().sort(compare));
    });
  });
};
for (const table of document.querySelectorAll("table[data-sortable]")) {
  if (table.tBodies[0].rows.length > 0) sortable(table);
}

/* A matrix is one stop of the tab key; arrow keys move between its cells that lead somewhere. */
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
for (const table of document.querySelectorAll("table.matrix")) {
  const grid = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.querySelector("a")));
  const links = grid.flat().filter(Boolean);
  links.forEach((link, index) => { link.tabIndex = index === 0 ? 0 : -1; });
  const go = (from, to) => {
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  };
  table.addEventListener("keydown", (event) => {
    const from = event.target.closest("a");
    if (!from || event.altKey || event.ctrlKey || event.metaKey) return;
    let row = grid.findIndex((cells) => cells.includes(from));
    let column = grid[row].indexOf(from);
    let to = null;
    if (event.key === "Home") to = grid[row].find(Boolean);
    else if (event.key === "End") to = grid[row].findLast(Boolean);
    else if (event.key in MOVES) {
      const [down, right] = MOVES[event.key];
      while (!to) {
        row += down;
        column += right;
        if (!grid[row] || column < 1 || column >= grid[row].length) break;
        to = grid[row][column];
      }
    } else return;
    event.preventDefault();
    if (to) go(from, to);
  });
  table.addEventListener("focusin", (event) => {
    if (!links.includes(event.target)) return;
    for (const link of links) link.tabIndex = link === event.target ? 0 : -1;
  });
}
