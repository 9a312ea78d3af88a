"use strict";
(() => {
  const PAGE = 50;
  const ID = 0, SENTENCE = 1, SUBJECT = 2, OBJECT = 3, SUBJECT_TYPE = 4, OBJECT_TYPE = 5;
  const GOLD = 6, PREDICTED = 7, CONFIDENCE = 8, GOLD_PROBABILITY = 9;

  const element = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  };

  /* Tables whose head sorts them. */
  const sortable = (table) => {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const key = (row, column) => {
      const cell = row.cells[column];
      return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
    };
    heads.forEach((head, column) => {
      const button = element("button", "", head.textContent);
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

  const form = document.getElementById("filters");
  if (!form) return;
  const { labels, rows } = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("list");
  const more = document.getElementById("more");
  const count = document.getElementById("count");
  const controls = form.elements;
  const names = ["show", "gold", "predicted", "search", "order"].filter((name) => controls[name]);
  let found = [];
  let shown = 0;

  /* Options say how many of the rows have the label. */
  for (const [name, column] of [["gold", GOLD], ["predicted", PREDICTED]]) {
    const totals = new Map();
    for (const row of rows) totals.set(row[column], (totals.get(row[column]) || 0) + 1);
    labels.forEach((label, index) => {
      if (!totals.has(index)) return;
      const option = element("option", "", `${label} (${totals.get(index)})`);
      option.value = label;
      controls[name].append(option);
    });
  }

  const haystacks = new Array(rows.length);
  const haystack = (index) => {
    if (haystacks[index] === undefined) {
      const row = rows[index];
      const parts = [row[ID], row[SENTENCE], row[SUBJECT_TYPE], row[OBJECT_TYPE], labels[row[GOLD]], labels[row[PREDICTED]]];
      haystacks[index] = parts.join("\n").normalize("NFC").toLowerCase();
    }
    return haystacks[index];
  };

  const percent = (share) => (share === null ? "–" : `${(share * 100).toFixed(1)} %`);

  /* Cuts the sentence where an entity starts or ends; offsets count code points, as Array.from does. */
  const sentence = (row) => {
    const characters = Array.from(row[SENTENCE]);
    const entities = [
      { span: row[SUBJECT], className: "s", type: row[SUBJECT_TYPE], role: "subject" },
      { span: row[OBJECT], className: "o", type: row[OBJECT_TYPE], role: "object" },
    ].filter(({ span: [start, end] }) => start < end && end <= characters.length);
    const cuts = new Set([0, characters.length]);
    for (const { span } of entities) span.forEach((cut) => cuts.add(cut));
    const edges = [...cuts].sort((a, b) => a - b);
    const paragraph = element("p", "sentence");
    paragraph.lang = "ko";
    for (let index = 0; index + 1 < edges.length; index++) {
      const [start, end] = [edges[index], edges[index + 1]];
      let node = document.createTextNode(characters.slice(start, end).join(""));
      for (const { span, className, type, role } of entities) {
        if (start < span[0] || end > span[1]) continue;
        const mark = element("mark", className, node);
        mark.title = `${role}, ${type}`;
        if (end === span[1]) mark.append(element("small", "", type));
        node = mark;
      }
      paragraph.append(node);
    }
    return paragraph;
  };

  const field = (name, className, value, share) => {
    const term = element("dt", "", name);
    const chip = element("span", `chip ${className}`, value);
    const detail = element("dd", "", chip, " ", element("span", "share", percent(share)));
    return element("div", "", term, detail);
  };

  const card = (row) => {
    const right = row[GOLD] === row[PREDICTED];
    const facts = element("dl", "");
    facts.append(field("gold", "gold", labels[row[GOLD]], row[GOLD_PROBABILITY]));
    facts.append(field("predicted", right ? "gold" : "predicted", labels[row[PREDICTED]], row[CONFIDENCE]));
    facts.append(element("div", "id", element("dt", "", "id"), element("dd", "", row[ID])));
    return element("li", "", sentence(row), facts);
  };

  const showMore = () => {
    const next = found.slice(shown, shown + PAGE);
    list.append(...next.map((index) => card(rows[index])));
    shown += next.length;
    more.hidden = shown >= found.length;
    more.textContent = `Show ${Math.min(PAGE, found.length - shown)} more of ${(found.length - shown).toLocaleString("en")}`;
  };

  const value = (name) => (controls[name] ? controls[name].value : "");

  const apply = () => {
    const [show, gold, predicted, order] = ["show", "gold", "predicted", "order"].map(value);
    const search = value("search").trim().normalize("NFC").toLowerCase();
    const both = show === "all" || !controls.show;
    found = [];
    rows.forEach((row, index) => {
      if (!both && (row[GOLD] === row[PREDICTED]) !== (show === "right")) return;
      if (gold !== "" && labels[row[GOLD]] !== gold) return;
      if (predicted !== "" && labels[row[PREDICTED]] !== predicted) return;
      if (search !== "" && !haystack(index).includes(search)) return;
      found.push(index);
    });
    if (order !== "file") {
      const sign = order === "unsure" ? 1 : -1;
      found.sort((a, b) => sign * (rows[a][CONFIDENCE] - rows[b][CONFIDENCE]) || a - b);
    }
    const [some, all] = [found.length, rows.length].map((number) => number.toLocaleString("en"));
    count.textContent = some === all ? `${all} rows` : `${some} of ${all} rows`;
    list.replaceChildren();
    shown = 0;
    showMore();
  };

  /* The filters live in the address, so that a link keeps them. */
  const remember = () => {
    const state = new URLSearchParams();
    for (const name of names) if (value(name) !== "") state.set(name, value(name));
    history.replaceState(null, "", state.size === 0 ? "#rows" : `#${state}`);
  };

  const recall = () => {
    const hash = location.hash.slice(1);
    if (!hash.includes("=")) return false;
    const state = new URLSearchParams(hash);
    for (const name of names) {
      const control = controls[name];
      control.value = state.get(name) || "";
      /* A label that no row has is not an option; it must find nothing rather than everything. */
      if (control.selectedIndex === -1) {
        const option = element("option", "", `${state.get(name)} (0)`);
        option.value = state.get(name);
        control.append(option);
        control.value = option.value;
      }
    }
    if (controls.show && !state.has("show") && state.has("gold") && state.get("gold") === state.get("predicted")) {
      controls.show.value = "right";
    }
    return true;
  };

  const follow = () => {
    if (!recall()) return;
    apply();
    document.getElementById("rows").scrollIntoView();
  };

  let waiting = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { apply(); remember(); }, event.target.name === "search" ? 120 : 0);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { apply(); remember(); }, 0));
  more.addEventListener("click", showMore);
  addEventListener("hashchange", follow);
  if (location.hash.includes("=")) follow(); else apply();
})();
