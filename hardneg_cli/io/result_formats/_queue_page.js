"use strict";
// The page itself: drawing, keys and menus. Only the rows in sight are drawn, so a long queue scrolls as a short one.
const HEIGHT = 58; // of a row in the list, as the style has it
const SPARE = 8; // rows drawn beyond the edge

function make(kind, name, text) {
  const element = document.createElement(kind);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  if (text !== undefined) element.dir = "auto"; // the text's own direction, shut in
  return element;
}

// Blanks at the edges are what some labels differ in.
function edged(text) { return text === text.trim() ? text : `\u201c${text}\u201d`; }

function draw() {
  const total = data.filter((cells, row) => decided(row)).length;
  byId("done").style.width = `${data.length ? (100 * total) / data.length : 0}%`;
  byId("count").textContent = facts.fillable ? `${total} of ${data.length} decided` : `${data.length} rows`;
  byId("shown").textContent = shown.length === data.length ? "" : `${shown.length} shown`;
  const list = byId("list");
  byId("space").style.height = `${shown.length * HEIGHT}px`;
  if (at * HEIGHT < list.scrollTop) list.scrollTop = at * HEIGHT;
  if ((at + 1) * HEIGHT > list.scrollTop + list.clientHeight) list.scrollTop = (at + 1) * HEIGHT - list.clientHeight;
  drawList();
  drawDetail();
}

function drawList() {
  const list = byId("list");
  const first = Math.max(0, Math.floor(list.scrollTop / HEIGHT) - SPARE);
  const last = first + Math.ceil(list.clientHeight / HEIGHT) + 2 * SPARE;
  byId("rows").style.top = `${first * HEIGHT}px`;
  byId("rows").replaceChildren(...shown.slice(first, last).map((row, step) => line(row, first + step)));
}

function line(row, place) {
  const element = make("div", place === at ? "row here" : "row");
  const change = [cell(row, "given_label"), suggestion(row)].filter((text) => text).map(edged).join(" \u2192 ");
  const said = word(row) === "relabel" ? edged(answer(row)[1] || suggestion(row)) : word(row);
  element.append(
    make("div", "id", cell(row, "id") || data[row][0]), make("div", `answer ${word(row)}`, said),
    make("div", "labels", change || cell(row, "why")), make("div", "score", cell(row, "score").slice(0, 5)));
  element.addEventListener("click", () => go(place - at));
  return element;
}

function drawDetail() {
  const row = shown[at];
  const detail = byId("detail");
  if (row === undefined) return detail.replaceChildren(make("p", "none", "No row matches."));
  const head = [cell(row, "id"), cell(row, "detectors").replaceAll(",", ", ")].filter(Boolean);
  detail.replaceChildren(make("h2", "", head.join(" \u00b7 ")));
  if ("given_label" in column) detail.append(labels(row));
  if (cell(row, "why")) detail.append(make("p", "why", cell(row, "why")));
  if (facts.fillable) detail.append(...form(row));
  detail.append(content(row));
  detail.scrollTop = 0;
}

function labels(row) {
  const element = make("div", "change");
  element.append(make("span", "", edged(cell(row, "given_label"))), ...chance(row, "p_given"));
  if (!suggestion(row)) return element;
  const suggested = make("span", "", edged(suggestion(row)));
  element.append(make("span", "arrow", "\u2192"), suggested, ...chance(row, "p_suggested"),
    ...chance(row, "suggestion_score", "right"));
  return element;
}

function chance(row, name, what = "p") {
  return cell(row, name) ? [make("small", "", `${what} ${Number(cell(row, name)).toFixed(3)}`)] : [];
}

function form(row) {
  const said = word(row);
  const label = said === "relabel" ? answer(row)[1] || suggestion(row) : "";
  const accepted = label !== "" && label === suggestion(row);
  const named = label !== "" && !accepted;
  const offer = button("Accept suggestion", "relabel", accepted, accept);
  offer.disabled = !suggestion(row);
  const buttons = make("div", "answers");
  buttons.append(
    button("Keep", "keep", said === "keep", () => decide("keep")), offer,
    button(named ? edged(label) : "Other label\u2026", "relabel", named, ask),
    button("Drop", "drop", said === "drop", () => decide("drop")),
    button("Unsure", "unsure", said === "unsure", () => decide("unsure")));
  return [buttons, ...(asking ? [question()] : []), note(row)];
}

function button(text, tone, on, does) {
  const element = make("button", on ? `${tone} on` : "", text);
  element.type = "button";
  element.addEventListener("click", does);
  return element;
}

function question() {
  const element = make("form", "ask");
  const input = make("input");
  input.id = "other";
  input.setAttribute("list", "classes");
  input.placeholder = "Label, then Enter";
  input.autocomplete = "off";
  element.append(input, make("button", "", "Relabel"));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (blank(input.value)) say("A label cannot be empty.");
    else decide("relabel", classes.find((name) => oneLine(name) === input.value) ?? input.value);
  });
  return element;
}

function note(row) {
  const element = make("textarea");
  const before = answer(row);
  element.id = "note";
  element.rows = 1;
  element.placeholder = "Note  n";
  element.dir = "auto";
  element.value = before[2];
  element.addEventListener("input", () => set(row, [...answer(row).slice(0, 2), element.value]));
  element.addEventListener("change", () => past.push([row, before]));
  return element;
}

function content(row) {
  const element = make("dl");
  for (const name of facts.shown) {
    const text = cell(row, name);
    const drawn = name === facts.picture ? data[row][facts.names.length] : PICTURE.test(text) ? text : "";
    const value = make("dd", "", PICTURE.test(text) ? "" : text);
    if (PICTURE.test(drawn)) value.prepend(image(drawn, name));
    else if (drawn) value.append(make("div", "none", `No picture: ${drawn}`));
    element.append(make("dt", "", name), value);
  }
  return element;
}

function image(source, name) {
  const element = make("img");
  element.alt = name;
  element.src = source;
  return element;
}

// Keys and menus.

const classes = collate(data.flatMap((cells, row) => [cell(row, "given_label"), cell(row, "suggested_label")]))
  .filter((name) => !blank(name));
const oneLine = (text) => text.replace(/[\r\n]/g, ""); // all that a field of one line keeps of a label
const KEYS = {
  k: () => decide("keep"), a: accept, d: () => decide("drop"), u: () => decide("unsure"), r: ask, z: undo,
  n: () => byId("note") && byId("note").focus(), j: () => go(1), ArrowDown: () => go(1), ArrowRight: () => go(1),
  ArrowUp: () => go(-1), ArrowLeft: () => go(-1), Home: () => go(-data.length), End: () => go(data.length),
  "/": () => byId("search").focus(),
};

function press(event) {
  const typing = event.target.matches("input, textarea, select");
  if (typing) {
    if (event.key === "Escape" || (event.key === "Enter" && event.target.id === "search")) event.target.blur();
    if (event.key === "Escape" && asking) { asking = false; drawDetail(); }
    return;
  }
  const does = KEYS[event.key];
  if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault(); // else the letter would stand in the field that it opens
  does();
}

function menu(id, all, values, texts) {
  const option = (value, text) => {
    const element = make("option", "", text === "" ? "(empty)" : text);
    element.value = JSON.stringify(value);
    return element;
  };
  const choice = byId(id);
  choice.append(option(null, all), ...values.map((value, place) => option(value, texts ? texts[place] : value)));
  choice.addEventListener("change", () => { choice.blur(); refresh(); });
  choice.parentElement.hidden = values.length === 0;
}

function start() {
  const detectors = data.flatMap((cells, row) => cell(row, "detectors").split(",")).filter(Boolean);
  menu("class", "all", classes);
  menu("detector", "all", collate(detectors));
  const states = ["", "any", "keep", "relabel", "drop", "unsure"];
  menu("state", "all", facts.fillable ? states : [], ["undecided", "decided", ...states.slice(2)]);
  menu("sort", "as written", facts.names.filter((name) => !FILLED.includes(name)));
  byId("classes").append(...classes.map((name) => {
    const element = make("option");
    element.value = oneLine(name);
    return element;
  }));
  byId("search").addEventListener("input", refresh);
  byId("list").addEventListener("scroll", drawList);
  byId("save").addEventListener("click", save);
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
