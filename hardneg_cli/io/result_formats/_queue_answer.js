// The answer: the decisions, the classes with their keys, any other label, a note.
const KEYED = 9; // classes with a digit
const MOST_BUTTONS = 20; // classes; of more, those that are likely here have a button
const classes = (facts.classes.length ? facts.classes : everyLabel()).filter((name) => !blank(name));
const oneLine = (text) => text.replace(/[\r\n]/g, ""); // all that a field of one line keeps of a label
let doubted = null; // the typed label that was asked about

function drawAnswer(row) {
  const asked = asking ? picker(row) : classButtons(row);
  redraw(byId("answer"), ...(asked ? [asked] : []), holding("div", "bottom", decisions(row), note(row)));
}

function decisions(row) {
  const said = word(row);
  const label = said === "relabel" ? answer(row)[1] || suggestion(row) : "";
  const accepted = label !== "" && label === suggestion(row);
  const other = label !== "" && !accepted;
  const offer = button("accept", "Accept suggestion", "relabel", accepted, accept, "a");
  offer.disabled = !suggestion(row);
  return holding("div", "answers", ...pressed(
    button("keep", "Keep", "keep", said === "keep", () => decide("keep"), "k"), offer,
    button("other", other ? edged(label) : "Other label\u2026", "relabel", other, ask, "r"),
    button("drop", "Drop", "drop", said === "drop", () => decide("drop"), "d"),
    button("unsure", "Unsure", "unsure", said === "unsure", () => decide("unsure"), "u")));
}

function pressed(...buttons) {
  for (const one of buttons) one.setAttribute("aria-pressed", String(one.classList.contains("on")));
  return buttons;
}

// All classes, or of many the suggested one, those of the nearest rows, and the given one.
function offered(row) {
  if (classes.length <= MOST_BUTTONS) return classes;
  const count = new Map();
  const { twins, near } = surroundings(row);
  for (const { label } of [...twins, ...near]) count.set(label, (count.get(label) || 0) + 1);
  const voted = [...count].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([label]) => label);
  const likely = [suggestion(row), ...voted.slice(0, KEYED - 2), cell(row, "given_label")];
  return [...new Set(likely)].filter((label) => classes.includes(label));
}

function classButtons(row) {
  const labels = { keep: cell(row, "given_label"), relabel: answer(row)[1] || suggestion(row) };
  const said = labels[word(row)];
  const buttons = offered(row).map((label, place) => {
    const element = classButton(row, label, place < KEYED ? String(place + 1) : "");
    element.classList.toggle("on", label === said);
    return element;
  });
  if (!buttons.length) return null;
  const group = holding("div", "classes", ...pressed(...buttons));
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", classes.length > MOST_BUTTONS ? "Likely classes" : "Classes");
  return group;
}

function classButton(row, label, key) {
  const role = label === cell(row, "given_label") ? "given" : label === suggestion(row) ? "suggested" : "";
  const element = button(`class ${label}`, edged(label), `class ${role}`, false, () => choose(label), key);
  if (role) element.firstChild.after(make("small", "", role));
  return element;
}

function chooseByKey(key) {
  const row = shown[at];
  const label = row === undefined || !facts.fillable ? undefined : offered(row)[Number(key) - 1];
  if (label !== undefined) choose(label);
}

function ask() {
  asking = facts.fillable && shown[at] !== undefined;
  doubted = null;
  drawDetail();
  byId("other")?.focus();
}

function cancel() {
  asking = false;
  drawDetail();
}

function picker(row) {
  const form = make("form", "ask");
  const input = make("input");
  input.id = "other";
  input.placeholder = "Find a class, or type a label";
  input.setAttribute("aria-label", "Another label");
  input.setAttribute("aria-describedby", "doubt");
  input.autocomplete = "off";
  input.autocapitalize = "off";
  input.spellcheck = false;
  input.dir = "auto";
  const matches = make("div", "classes matches");
  matches.setAttribute("role", "group");
  matches.setAttribute("aria-label", "Matching classes");
  const doubt = make("div", "doubt");
  doubt.id = "doubt";
  doubt.setAttribute("role", "alert");
  const find = () => {
    matches.replaceChildren(...matching(row, input.value).map((label) => classButton(row, label, "")));
    if (doubted !== null && doubted !== input.value) doubt.replaceChildren();
  };
  input.addEventListener("input", find);
  form.addEventListener("keydown", (event) => walk(event, input, matches));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(input, doubt);
  });
  find();
  const use = make("button", "main", "Use");
  form.append(holding("div", "typed", input, use, button("cancel", "Cancel", "", false, cancel)), doubt, matches);
  return form;
}

// Classes that begin so, then those that have it somewhere, then those that it may be meant for.
function matching(row, text) {
  const wanted = folded(text);
  const order = [...new Set([...offered(row), ...classes])];
  if (!wanted) return order;
  const begins = order.filter((label) => folded(label).startsWith(wanted));
  const has = order.filter((label) => folded(label).includes(wanted));
  return [...new Set([...begins, ...has, ...meant(text, order)])];
}

// Down from the field into the classes, and about among them.
function walk(event, input, matches) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const place = [...matches.children].indexOf(document.activeElement);
  if (!step || (place < 0 && event.key !== "ArrowDown")) return;
  event.preventDefault();
  event.stopPropagation();
  (matches.children[place + step] || (place + step < 0 ? input : matches.lastChild) || input).focus();
}

// A label that is no class is asked about once more: it may be a slip of the hand.
function submit(input, doubt) {
  const known = [...classes, ...[...answers.values()].map(([, label]) => label)];
  const label = known.find((name) => oneLine(name) === input.value) ?? input.value;
  if (blank(label)) return say("A label cannot be empty.");
  if (known.includes(label) || doubted === input.value) return choose(label);
  doubted = input.value;
  const likely = meant(label, classes).slice(0, 3);
  const names = likely.map((name) => `\u2018${name}\u2019`).join(" or ");
  const question = likely.length ? `; did you mean ${names}?` : ".";
  doubt.replaceChildren(
    make("span", "", `\u2018${label}\u2019 is no class${question} Enter again uses it as a new class.`),
    ...likely.map((name) => button(`meant ${name}`, edged(name), "relabel", false, () => choose(name))));
  return undefined;
}

function note(row) {
  const element = make("textarea");
  const before = answer(row);
  element.id = "note";
  element.rows = 1;
  element.placeholder = NARROW.matches ? "Note" : "Note  n";
  element.setAttribute("aria-label", "Note");
  element.dir = "auto";
  element.value = before[2];
  element.addEventListener("input", () => set(row, [...answer(row).slice(0, 2), element.value]));
  element.addEventListener("change", () => past.push([row, before]));
  return element;
}
