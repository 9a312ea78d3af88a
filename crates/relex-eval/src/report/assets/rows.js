
const form = document.getElementById("filters");
if (form) {
  const PAGE = 50;
  const MOST_PRINTED = 500;
  const ID = 0, SENTENCE = 1, SPANS = 2, SUBJECT = 3, OBJECT = 4, GOLD = 5, SLICES = 6, SYSTEMS = 7, SUSPECT = 8;
  const { labels, systems, types, slicings, rows } = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("list");
  const more = document.getElementById("more");
  const all = document.getElementById("all");
  const printed = document.getElementById("printed");
  const count = document.getElementById("count");
  const controls = form.elements;
  const names = ["system", "show", "gold", "predicted", "likely", "subject", "object", "slice", "least", "most", "order", "search"]
    .filter((name) => controls[name]);
  let found = [];
  let shown = 0;

  /* Of each system a row has three numbers: the predicted label, its probability and that of the gold label. */
  const predicted = (row, system) => row[SYSTEMS][3 * system];
  const confidence = (row, system) => row[SYSTEMS][3 * system + 1];
  const given = (row, system) => row[SYSTEMS][3 * system + 2];
  /* The likely label of a row whose gold label the system suspects, and its probability. */
  const suspect = (row, system) => (row[SUSPECT] && row[SUSPECT][system]) || null;
  const likely = (row, system) => (suspect(row, system) ? suspect(row, system)[0] : -1);
  const right = (row, system) => predicted(row, system) === row[GOLD];
  const others = (row, system, outcome) => systems.some((_, other) => other !== system && right(row, other) === outcome);

  const SHOWN = {
    "": (row, system) => !right(row, system),
    "right": right,
    "alone-wrong": (row, system) => !right(row, system) && others(row, system, true),
    "alone-right": (row, system) => right(row, system) && others(row, system, false),
    "all-wrong": (row) => systems.every((_, system) => !right(row, system)),
    "disagree": (row) => systems.some((_, system) => predicted(row, system) !== predicted(row, 0)),
    "suspect": (row, system) => suspect(row, system) !== null,
    "all": () => true,
  };
  const length = (row) => row[SENTENCE].length;
  const ORDERS = {
    "": (system) => (a, b) => confidence(b, system) - confidence(a, system),
    "unsure": (system) => (a, b) => confidence(a, system) - confidence(b, system),
    "suspect": (system) => (a, b) => given(a, system) - given(b, system),
    "short": () => (a, b) => length(a) - length(b),
    "long": () => (a, b) => length(b) - length(a),
  };

  /* Options: those that some row has, in their own order, and how many of the shown rows have them. */
  const option = (parent, value) => {
    const made = make("option", "", value);
    made.value = value;
    parent.append(made);
    return made;
  };
  const natural = new Intl.Collator("en", { numeric: true }).compare;
  const facets = [];
  const facet = (name, values, pick) => {
    if (!controls[name]) return;
    const used = new Set(rows.flatMap((row) => systems.map((_, system) => pick(row, system))));
    const options = values.map((value, index) => (used.has(index) ? option(controls[name], value) : null));
    facets.push({ options, values, pick });
  };
  facet("gold", labels, (row) => row[GOLD]);
  facet("predicted", labels, predicted);
  facet("likely", labels, likely);
  const sortedTypes = types.map((type, index) => [type, index]).sort((a, b) => natural(a[0], b[0]));
  const typeRank = new Map(sortedTypes.map(([, index], rank) => [index, rank]));
  const typeNames = sortedTypes.map(([type]) => type);
  facet("subject", typeNames, (row) => typeRank.get(row[SUBJECT]));
  facet("object", typeNames, (row) => typeRank.get(row[OBJECT]));
  const slices = new Map();
  slicings.forEach((slicing, which) => {
    const group = make("optgroup");
    group.label = slicing.name;
    controls.slice.append(group);
    const order = slicing.keys.map((key, index) => index).sort((a, b) => natural(slicing.keys[a], slicing.keys[b]));
    const options = new Array(order.length);
    for (const index of order) {
      slices.set(slicing.names[index], [which, index]);
      options[index] = option(group, slicing.names[index]);
    }
    facets.push({ options, values: slicing.keys, pick: (row) => row[SLICES][which] });
  });

  /* Text is compared as composed characters in lower case; each word of the search must be there. */
  const plain = (text) => text.normalize("NFC").toLowerCase();
  const haystacks = new Array(rows.length);
  const haystack = (index) => {
    if (haystacks[index] === undefined) {
      const row = rows[index];
      const texts = [row[ID], row[SENTENCE], types[row[SUBJECT]], types[row[OBJECT]], labels[row[GOLD]]];
      systems.forEach((_, system) => texts.push(labels[predicted(row, system)]));
      haystacks[index] = plain(texts.join("\n"));
    }
    return haystacks[index];
  };

  const percent = (parts) => `${(parts / 100).toFixed(1)} %`;

  /* Cuts the sentence where an entity starts or ends; offsets count code points, as Array.from does. */
  const sentence = (row) => {
    const characters = Array.from(row[SENTENCE]);
    const [from, to, start, end] = row[SPANS];
    const entities = [
      { span: [from, to], className: "s", type: types[row[SUBJECT]], role: "subject" },
      { span: [start, end], className: "o", type: types[row[OBJECT]], role: "object" },
    ].filter(({ span }) => span[0] < span[1] && span[1] <= characters.length);
    const cuts = new Set([0, characters.length]);
    for (const { span } of entities) span.forEach((cut) => cuts.add(cut));
    const edges = [...cuts].sort((a, b) => a - b);
    const paragraph = make("p", "sentence");
    if (/[\u3131-\u318e\uac00-\ud7a3]/.test(row[SENTENCE])) paragraph.lang = "ko";
    for (let index = 0; index + 1 < edges.length; index++) {
      const [left, rest] = [edges[index], edges[index + 1]];
      let node = document.createTextNode(characters.slice(left, rest).join(""));
      for (const { span, className, type, role } of entities) {
        if (left < span[0] || rest > span[1]) continue;
        const mark = make("mark", className, node);
        mark.title = type === "" ? role : `${role}, ${type}`;
        if (rest === span[1] && type !== "") mark.append(make("small", "", type));
        node = mark;
      }
      paragraph.append(node);
    }
    return paragraph;
  };

  const fact = (name, className, value, parts) =>
    make("div", "", make("dt", "", ...name), make("dd", "", make("span", `chip ${className}`, value), " ", make("span", "share-of", percent(parts))));

  const card = (row) => {
    const facts = make("dl", "");
    facts.append(fact(["gold"], "gold", labels[row[GOLD]], given(row, chosenSystem())));
    const other = suspect(row, chosenSystem());
    if (other && (value("show") === "suspect" || other[0] !== predicted(row, chosenSystem()))) {
      facts.append(fact(["likely"], "likely", labels[other[0]], other[1]));
    }
    systems.forEach((name, system) => {
      const title = systems.length > 1 ? [make("span", `name s${system % 6}`, make("i", ""), name)] : ["predicted"];
      facts.append(fact(title, right(row, system) ? "gold" : "predicted", labels[predicted(row, system)], confidence(row, system)));
    });
    facts.append(make("div", "id", make("dt", "", "id"), make("dd", "", row[ID])));
    return make("li", "", sentence(row), facts);
  };

  const number = (value) => value.toLocaleString("en");
  const showMore = (wanted) => {
    const next = found.slice(shown, shown + wanted);
    for (const index of next) list.append(card(rows[index]));
    shown += next.length;
    const left = found.length - shown;
    more.hidden = left === 0;
    all.hidden = left <= PAGE;
    more.textContent = `Show ${Math.min(PAGE, left)} more of ${number(left)}`;
    all.textContent = `Show all ${number(found.length)}`;
  };

  const value = (name) => (controls[name] ? controls[name].value : "");
  const chosenSystem = () => Math.max(systems.indexOf(value("system")), 0);
  const bound = (name, otherwise) => (value(name) === "" || Number.isNaN(Number(value(name))) ? otherwise : Number(value(name)) * 100);

  const apply = () => {
    const system = chosenSystem();
    const isShown = SHOWN[value("show")] || SHOWN[""];
    const [gold, claimed, instead] = ["gold", "predicted", "likely"].map((name) => value(name) === "" ? null : labels.indexOf(value(name)));
    const [subject, object] = ["subject", "object"].map((name) => value(name) === "" ? null : types.indexOf(value(name)));
    const slice = value("slice") === "" ? null : slices.get(value("slice")) || [0, -2];
    const [least, most] = [bound("least", -Infinity), bound("most", Infinity)];
    const words = plain(value("search")).split(/\s+/).filter((word) => word !== "");
    const totals = facets.map(({ values }) => new Array(values.length).fill(0));
    found = [];
    rows.forEach((row, index) => {
      if (!isShown(row, system)) return;
      facets.forEach(({ pick }, which) => { totals[which][pick(row, system)] += 1; });
      if (gold !== null && row[GOLD] !== gold) return;
      if (claimed !== null && predicted(row, system) !== claimed) return;
      if (instead !== null && likely(row, system) !== instead) return;
      if (subject !== null && row[SUBJECT] !== subject) return;
      if (object !== null && row[OBJECT] !== object) return;
      if (slice !== null && row[SLICES][slice[0]] !== slice[1]) return;
      if (confidence(row, system) < least || confidence(row, system) > most) return;
      if (!words.every((word) => haystack(index).includes(word))) return;
      found.push(index);
    });
    const order = ORDERS[value("order")];
    if (order) {
      const compare = order(system);
      found.sort((a, b) => compare(rows[a], rows[b]) || a - b);
    }
    facets.forEach(({ options, values }, which) => {
      options.forEach((made, index) => { if (made) made.textContent = `${values[index]} (${number(totals[which][index])})`; });
    });
    count.textContent = found.length === rows.length ? `${number(rows.length)} rows` : `${number(found.length)} of ${number(rows.length)} rows`;
    list.replaceChildren();
    shown = 0;
    showMore(PAGE);
  };

  let waiting = 0;
  const changed = (delay) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { apply(); remember(); }, delay);
  };
  form.addEventListener("input", (event) => changed(event.target.type === "search" || event.target.type === "number" ? 120 : 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => changed(0));
  const onClick = (button, wanted) => button.addEventListener("click", () => {
    const before = list.children.length;
    showMore(wanted);
    /* The button may be gone; the keyboard goes on with the first new row. */
    if (button.hidden && list.children[before]) {
      list.children[before].tabIndex = -1;
      list.children[before].focus({ preventScroll: true });
    }
  });
  onClick(more, PAGE);
  onClick(all, Infinity);

  /* On paper there are no controls: what they say is written out, and as many rows are printed as one would read. */
  addEventListener("beforeprint", () => {
    if (found.length <= MOST_PRINTED) showMore(Infinity);
    const said = names
      .filter((name) => value(name) !== "" || name === "show" || name === "system")
      .map((name) => {
        const control = controls[name];
        const chosen = control.selectedOptions ? control.selectedOptions[0].textContent : control.value;
        return `${control.ariaLabel || control.labels[0].firstChild.textContent}: ${chosen}`;
      });
    const rest = shown < found.length ? ` The first ${number(shown)} are printed; “Show all” brings the others onto the page first.` : "";
    printed.textContent = `${said.join(" · ")}${said.length > 0 ? ". " : ""}${rest}`;
  });

  parts.push({
    names,
    section: "rows",
    save: (chosen) => {
      for (const name of names) if (value(name) !== "") chosen.set(name, value(name));
    },
    load: (chosen) => {
      for (const name of names) {
        const wanted = chosen.get(name) || "";
        controls[name].value = wanted;
        /* What no row has is not an option; it must find nothing rather than everything. */
        if (controls[name].selectedIndex === -1) {
          if (name === "show" || name === "order" || name === "system") controls[name].value = "";
          else option(controls[name], wanted).selected = true;
        }
      }
      apply();
    },
  });
  if (!names.some((name) => new URLSearchParams(location.hash.slice(1)).has(name))) apply();
}

addEventListener("hashchange", follow);
follow();
