
/* A choice that is not there, such as a label of another report, changes nothing. */
const choose = (select, value) => {
  if ([...select.options].some((option) => option.value === value)) select.value = value;
};

/* Which precision-recall curve is drawn. */
const curve = document.getElementById("curve");
if (curve) {
  const shown = document.querySelectorAll("#curves [data-curve]");
  const draw = () => {
    for (const part of shown) part.toggleAttribute("hidden", part.dataset.curve !== curve.value);
  };
  curve.addEventListener("change", () => { draw(); remember(); });
  parts.push({
    names: ["curve"],
    section: "curves",
    save: (chosen) => { if (curve.value !== "") chosen.set("curve", curve.value); },
    load: (chosen) => { choose(curve, chosen.get("curve") || ""); draw(); },
  });
}

/* Which confusion matrix is shown, and what is in its cells. */
const panels = [...document.querySelectorAll("#confusion .panel")];
const radios = ["matrix", "cells"].map((name) => [name, [...document.querySelectorAll(`#confusion input[name="${name}"]`)]]);
const checked = (inputs) => (inputs.find((input) => input.checked) || { value: "" }).value;
const showPanel = () => {
  const value = checked(radios[0][1]);
  panels.forEach((panel) => { panel.hidden = panel.dataset.matrix !== value; });
};
for (const [, inputs] of radios) {
  for (const input of inputs) input.addEventListener("change", () => { showPanel(); remember(); });
}
parts.push({
  names: radios.map(([name]) => name),
  section: "confusion",
  save: (chosen) => {
    for (const [name, inputs] of radios) if (checked(inputs) !== "") chosen.set(name, checked(inputs));
  },
  load: (chosen) => {
    for (const [name, inputs] of radios) {
      const input = inputs.find((other) => other.value === (chosen.get(name) || ""));
      if (input) input.checked = true;
    }
    showPanel();
  },
});
showPanel();
