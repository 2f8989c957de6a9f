// The list. Only the rows in sight are drawn, so a long queue scrolls as a short one.
const SPARE = 8; // rows drawn beyond the edge
const LONG = 40; // characters of a text that people read, on average
const NARROW = matchMedia("(max-width: 800px)");
const height = () => (NARROW.matches ? 72 : 60); // of a row, as the style has it
let lines = new Map(); // the drawn ones, by row

const drawnIn = (name) => data.slice(0, 50).some((cells) => PICTURE.test(cells[column[name]]));
const worded = facts.shown.filter((name) => name !== facts.picture && !drawnIn(name));
const telling = worded.filter((name) => data.some((cells) => cells[column[name]] !== data[0][column[name]]));
const main = mainColumn();

function mainColumn() {
  if (telling.length === 1) return telling[0];
  const few = data.slice(0, 200);
  const length = (name) => few.reduce((sum, cells) => sum + cells[column[name]].length, 0) / few.length;
  const best = telling.map((name) => [length(name), name]).sort(([a], [b]) => b - a)[0];
  return best && best[0] > LONG ? best[1] : "";
}

// A row in one line.
function snippet(row) {
  if (main) return shortened(cell(row, main), 200);
  return (telling.length ? telling : worded).filter((name) => !blank(cell(row, name)))
    .map((name) => `${name} ${shortened(cell(row, name), 60)}`).join(" \u00b7 ");
}

// The row's picture as a data URI, else why there is none, else nothing.
function pictureOf(row) {
  if (facts.picture) return data[row][facts.names.length];
  return facts.shown.map((name) => cell(row, name)).find((text) => PICTURE.test(text)) || "";
}

function drawList() {
  const list = byId("list");
  const first = Math.max(0, Math.floor(list.scrollTop / height()) - SPARE);
  const last = first + Math.ceil(list.clientHeight / height()) + 2 * SPARE;
  const before = lines;
  lines = new Map();
  const drawn = shown.slice(first, last).map((row, step) => {
    const key = `${first + step} ${shown.length} ${answer(row).join(" ")}`;
    const known = before.get(row);
    const element = known && known.key === key ? known.element : line(row, first + step);
    element.classList.toggle("here", first + step === at);
    element.setAttribute("aria-selected", String(first + step === at));
    lines.set(row, { key, element });
    return element;
  });
  byId("space").style.height = `${shown.length * height()}px`;
  byId("rows").style.top = `${first * height()}px`;
  const rows = byId("rows");
  if (drawn.length !== rows.children.length || drawn.some((element, place) => rows.children[place] !== element)) {
    rows.replaceChildren(...drawn);
  }
  const here = shown[at];
  if (lines.has(here)) list.setAttribute("aria-activedescendant", `row-${here}`);
  else list.removeAttribute("aria-activedescendant");
}

function line(row, place) {
  const element = make("div", "row");
  element.id = `row-${row}`;
  element.setAttribute("role", "option");
  element.setAttribute("aria-posinset", place + 1);
  element.setAttribute("aria-setsize", shown.length);
  const picture = pictureOf(row);
  if (PICTURE.test(picture)) element.append(image(picture, "", "thumb"));
  element.append(holding("div", "words", ...words(row)));
  element.append(holding("div", "aside",
    make("div", `verdict ${word(row)}`, verdict(row)), make("div", "score", figure(cell(row, "score")))));
  element.addEventListener("click", () => { openRow(); go(place - at); });
  return element;
}

function words(row) {
  const id = cell(row, "id") || ("id" in column ? "" : data[row][0]);
  const shownId = named(id) ? [make("span", "id", id)] : [];
  const change = [cell(row, "given_label"), suggestion(row)].filter((text) => text).map(edged).join(" \u2192 ");
  const text = snippet(row);
  if (!("given_label" in column)) return [holding("div", "first", ...shownId), make("div", "second", text)];
  if (!text) return [make("div", "first", change), holding("div", "second", ...shownId)];
  return [make("div", "first", text), holding("div", "second", make("span", "labels", change), ...shownId)];
}

// On a narrow screen there is either the list or the row.
function openRow() { document.body.classList.add("reading"); }
function closeRow() {
  document.body.classList.remove("reading");
  draw();
  byId("list").focus();
}
