// Which rows, in what order.
let descending = false;
const FILTERS = ["pair", "class", "detector", "state"];
const MOST_PAIRS = 300; // that a menu offers; the others are found by class
let sought = null; // each row's text in lower case, made when somebody searches

function soughtTexts() {
  const text = (cells) => cells.slice(0, facts.names.length).filter((one) => !PICTURE.test(one)).join("\n");
  sought ??= data.map((cells) => text(cells).toLowerCase());
  return sought;
}

function everyLabel() {
  return collate(data.flatMap((cells, row) => [cell(row, "given_label"), cell(row, "suggested_label")]));
}

function pairOf(row) { return JSON.stringify([cell(row, "given_label"), suggestion(row)]); }

function refresh() {
  const here = shown[at];
  const text = byId("search").value.toLowerCase();
  const [pair, label, detector, state] = FILTERS.map((id) => JSON.parse(byId(id).value));
  const texts = text ? soughtTexts() : [];
  shown = [];
  for (let row = 0; row < data.length; row += 1) {
    if ((pair === null || pairOf(row) === pair)
      && (label === null || cell(row, "given_label") === label || cell(row, "suggested_label") === label)
      && (detector === null || cell(row, "detectors").split(",").includes(detector))
      && (state === null || (state === "" ? !decided(row) : decided(row) && (state === "any" || word(row) === state)))
      && (!text || texts[row].includes(text))) shown.push(row);
  }
  order();
  at = Math.max(0, shown.indexOf(here));
  asking = false;
  byId("list").scrollTop = 0;
  byId("clear").hidden = !text && [pair, label, detector, state].every((value) => value === null);
  draw();
}

function order() {
  const name = JSON.parse(byId("sort").value);
  const turn = descending ? -1 : 1;
  byId("direction").textContent = descending ? "\u2193" : "\u2191";
  if (name === null) { if (descending) shown.reverse(); return; }
  const place = column[name];
  const value = facts.numbers[place] ? (row) => Number(data[row][place]) : (row) => data[row][place];
  const unknown = (row) => data[row][place] === ""; // these come last, whatever the direction
  shown.sort((a, b) => {
    if (unknown(a) || unknown(b)) return unknown(a) - unknown(b) || a - b;
    const [x, y] = [value(a), value(b)];
    return x < y ? -turn : x > y ? turn : a - b;
  });
}

function clear() {
  byId("search").value = "";
  for (const id of FILTERS) byId(id).value = "null";
  refresh();
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

// Who is taken for whom, the most frequent first.
function pairMenu() {
  const count = new Map();
  data.forEach((cells, row) => {
    if (suggestion(row)) count.set(pairOf(row), (count.get(pairOf(row)) || 0) + 1);
  });
  const pairs = [...count].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, MOST_PAIRS);
  menu("pair", "all", pairs.map(([pair]) => pair),
    pairs.map(([pair, rows]) => `${JSON.parse(pair).map(edged).join(" \u2192 ")} (${rows})`));
}

function menus() {
  pairMenu();
  menu("class", "all", everyLabel().filter((name) => !blank(name)));
  menu("detector", "all", collate(data.flatMap((cells, row) => cell(row, "detectors").split(",")).filter(Boolean)));
  const states = ["", "any", "keep", "relabel", "drop", "unsure"];
  menu("state", "all", facts.fillable ? states : [], ["undecided", "decided", ...states.slice(2)]);
  menu("sort", "as written", facts.names.filter((name) => !FILLED.includes(name)));
}
