// The queue with the answers, as the CSV that find writes.
function quoted(text) { return /[",\r\n]|^\s|^::|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text; }

// What a spreadsheet program would compute gets a ' in front, as in the CSV that find writes; reading takes it off.
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^(?:[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?%?|[=+@-])$/;
const forPeople = ["given_label", "row_hash", "hashed"].every((name) => name in column);
function inert(text) { return forPeople && FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text; }

function save() {
  const filled = (cells, row) => cells.slice(0, facts.names.length).map((text, place) => {
    const which = facts.fillable ? FILLED.indexOf(facts.names[place]) : -1;
    return which < 0 ? text : answer(row)[which];
  });
  const lines = [facts.names, ...data.map(filled)].map((cells) => `${cells.map(inert).map(quoted).join(",")}\n`);
  const link = document.createElement("a");
  const page = decodeURIComponent(location.pathname.split("/").pop() || "").replace(/\.html?$/i, "");
  link.download = `${page || "queue"}.decided.csv`;
  link.href = URL.createObjectURL(new Blob(lines, { type: "text/csv" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  window.onbeforeunload = null;
  warning = "";
  say(`Saved as ${link.download}: hardneg apply reads it.`);
}
