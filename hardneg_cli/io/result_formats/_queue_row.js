// The row itself: its labels, its content, and why it is asked about.

function draw() {
  let total = 0;
  for (const row of answers.keys()) total += decided(row);
  byId("done").style.width = `${data.length ? (100 * total) / data.length : 0}%`;
  byId("progress").setAttribute("aria-valuemax", data.length);
  byId("progress").setAttribute("aria-valuenow", total);
  byId("count").textContent = facts.fillable ? `${total} of ${data.length} decided` : `${data.length} rows`;
  byId("shown").textContent = shown.length === data.length ? "" : `${shown.length} shown`;
  const list = byId("list");
  byId("space").style.height = `${shown.length * height()}px`;
  if (at * height() < list.scrollTop) list.scrollTop = at * height();
  const end = (at + 1) * height() - list.clientHeight;
  if (end > list.scrollTop) list.scrollTop = end;
  drawList();
  drawDetail();
}

let detailed; // the row that is drawn

function drawDetail() {
  const row = shown[at];
  const none = row === undefined;
  byId("where").textContent = none ? "" : `${at + 1} of ${shown.length}`;
  byId("which").textContent = none || !named(cell(row, "id")) ? "" : cell(row, "id");
  byId("back").disabled = none || at === 0;
  byId("next").disabled = none || at === shown.length - 1;
  byId("answer").hidden = none || !facts.fillable;
  if (none) redraw(byId("detail"), make("p", "none", "No row matches."));
  else redraw(byId("detail"), ...parts(row));
  if (row !== detailed) {
    byId("detail").scrollTop = 0;
    byId("spoken").textContent = none ? "No row matches." : spoken(row);
  }
  detailed = row;
  if (!none && facts.fillable) drawAnswer(row);
}

function spoken(row) {
  const labels = "given_label" in column ? `, labeled ${cell(row, "given_label") || "(empty)"}` : "";
  const other = suggestion(row) ? `, suggested ${suggestion(row)}` : "";
  return `Row ${at + 1} of ${shown.length}${labels}${other}: ${snippet(row)}`;
}

function parts(row) {
  const head = [...("given_label" in column ? [labels(row)] : []), content(row)];
  const near = surroundings(row);
  const evidence = [...why(row), ...votes(row, near), ...probabilities(row)];
  const columns = holding("div", "columns", holding("div", "itself", ...head));
  if (evidence.length) columns.append(holding("div", "evidence", ...evidence));
  columns.append(holding("div", "around", ...drawAround(row, near)));
  return [columns];
}

function fact(name, kind, text) {
  return holding("div", `fact ${kind}`, make("small", "", name), make("strong", "", text));
}

function labels(row) {
  const element = holding("div", "change", fact("Labeled", "given", edged(cell(row, "given_label")) || "(empty)"));
  if (suggestion(row)) element.append(fact("Suggested", "suggested", edged(suggestion(row))));
  if (decided(row)) element.append(fact("You said", `verdict ${word(row)}`, verdict(row)));
  return element;
}

function content(row) {
  const read = facts.shown.filter((name) => isText(row, name));
  const drawn = facts.shown.filter((name) => name === facts.picture || PICTURE.test(cell(row, name)));
  const others = facts.shown.filter((name) => !read.includes(name) && !drawn.includes(name));
  const element = make("dl", read.length || others.length ? "content" : "content alone");
  for (const name of drawn) element.append(picture(row, name, facts.shown.length > 1));
  for (const name of read) element.append(entry(name, "text", cell(row, name), facts.shown.length > 1));
  for (const name of others) element.append(entry(name, "cell", cell(row, name), true));
  return element;
}

// A text to read, whatever stands beside it; the only column is one, too.
function isText(row, name) {
  const text = cell(row, name);
  if (name === facts.picture || PICTURE.test(text)) return false;
  return name === main || worded.length === 1 || text.length > 80 || /\n/.test(text);
}

function entry(name, kind, text, captioned) {
  const value = make("dd", text === "" ? "empty" : "", text);
  return holding("div", kind, make("dt", captioned ? "" : "unseen", name), value);
}

function picture(row, name, captioned) {
  const path = PICTURE.test(cell(row, name)) || cell(row, name) === cell(row, "id") ? "" : cell(row, name);
  const element = entry(name, "picture", path, captioned);
  const value = element.lastChild;
  const drawn = name === facts.picture ? pictureOf(row) : cell(row, name);
  if (PICTURE.test(drawn)) value.prepend(image(drawn, name));
  else if (drawn) value.append(make("div", "none", `No picture: ${drawn}`));
  if (value.firstChild) value.className = "";
  return element;
}

// One clause a line, beside the detector that it is from where there are as many.
function why(row) {
  const said = clauses(cell(row, "why"));
  const names = cell(row, "detectors").split(",").filter(Boolean);
  if (!said.length) return [];
  const before = said.length - names.length; // what people decided stands before them
  const lines = said.map((clause, place) => {
    const name = before === 0 || before === 1 ? names[place - before] : "";
    return holding("li", "", ...(name ? [make("span", "from", name)] : []), make("span", "", clause));
  });
  return [part("Why", holding("ul", "why", ...lines))];
}

function probabilities(row) {
  const lines = [];
  const line = (name, text, tone) => {
    if (cell(row, name) !== "") lines.push([text, Number(cell(row, name)), figure(cell(row, name)), tone]);
  };
  if (facts.unaided) return [];
  line("score", "the label is wrong", "wrong");
  line("suggestion_score", "the suggestion is right", "suggested");
  line("p_given", `model: ${edged(cell(row, "given_label"))}`, "given");
  line("p_suggested", `model: ${edged(suggestion(row) || "the suggestion")}`, "suggested");
  return lines.length ? [part("Probability", bars(lines))] : [];
}
