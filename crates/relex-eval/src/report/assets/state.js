
document.documentElement.classList.add("js");

const make = (name, className, ...children) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
};

/*
 * What is chosen on the page lives in the address, so that a link keeps it. Each part of the page has names of its own there:
 * `save` writes them into the parameters, `load` takes them; parts that a link does not name stay as they are.
 */
const parts = [];

const remember = () => {
  const chosen = new URLSearchParams();
  for (const part of parts) part.save(chosen);
  const hash = chosen.toString();
  history.replaceState(null, "", hash === "" ? location.pathname + location.search : `#${hash}`);
};

const follow = () => {
  const hash = location.hash.slice(1);
  if (!hash.includes("=")) return;
  const chosen = new URLSearchParams(hash);
  const named = parts.filter((part) => part.names.some((name) => chosen.has(name)));
  for (const part of named) part.load(chosen);
  if (named.length === 0) return;
  remember();
  /* The reader is taken to the last part that the link names, and the keyboard with them. */
  const section = document.getElementById(named[named.length - 1].section);
  const heading = section.querySelector("h2");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  section.scrollIntoView();
};
