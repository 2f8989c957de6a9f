// Keys, and what happens first.
const KEYS = {
  k: () => decide("keep"), a: accept, d: () => decide("drop"), u: () => decide("unsure"), r: ask, z: undo,
  n: () => byId("note")?.focus(), j: () => go(1), ArrowDown: () => go(1), ArrowRight: () => go(1),
  ArrowUp: () => go(-1), ArrowLeft: () => go(-1), Home: () => go(-data.length), End: () => go(data.length),
  PageDown: () => go(10), PageUp: () => go(-10), "/": () => byId("search").focus(),
};

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input, textarea, select");
  if (event.key === "Escape" && asking) return cancel();
  if (typing) {
    if (event.key === "Escape" || (event.key === "Enter" && event.target.id === "search")) event.target.blur();
    return;
  }
  const digit = /^[1-9]$/.test(event.key);
  if (!digit && !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault(); // else the letter would stand in the field that it opens
  if (digit) chooseByKey(event.key);
  else KEYS[event.key]();
}

function start() {
  if (facts.dataset) {
    byId("dataset").textContent = facts.dataset;
    byId("dataset").dir = "auto";
    document.title = `${facts.dataset} \u00b7 Review queue`;
  }
  if (!facts.fillable) byId("save").textContent = "Save";
  menus();
  byId("search").addEventListener("input", refresh);
  byId("list").addEventListener("scroll", drawList);
  byId("save").addEventListener("click", save);
  byId("clear").addEventListener("click", clear);
  byId("back").addEventListener("click", () => go(-1));
  byId("next").addEventListener("click", () => go(1));
  byId("tolist").addEventListener("click", closeRow);
  byId("filtering").addEventListener("click", () => {
    const open = byId("filters").classList.toggle("open");
    byId("filtering").setAttribute("aria-expanded", String(open));
  });
  byId("sort").addEventListener("change", () => go(-data.length));
  byId("direction").addEventListener("click", () => { descending = !descending; refresh(); go(-data.length); });
  document.addEventListener("keydown", press);
  window.addEventListener("resize", drawList);
  window.addEventListener("storage", (event) => {
    if (event.key !== facts.key) return;
    answers = load();
    if (document.activeElement.id !== "note") draw();
  });
  refresh();
}

start();
