// Elements: what all parts of the page are made of.

function make(kind, name, text) {
  const element = document.createElement(kind);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  if (text !== undefined) element.dir = "auto"; // the text's own direction, shut in
  return element;
}

function holding(kind, name, ...parts) {
  const element = make(kind, name);
  element.append(...parts);
  return element;
}

function part(title, ...content) {
  const element = holding("section", "part", make("h2", "", title), ...content);
  element.setAttribute("aria-label", title);
  return element;
}

// act: what the button is for, by which the focus finds it again when the page is drawn anew.
function button(act, text, tone, on, does, key) {
  const element = make("button", on ? `${tone} on` : tone);
  element.type = "button";
  element.dataset.act = act;
  element.append(make("span", "", text));
  if (key) {
    element.append(make("kbd", "", key));
    element.setAttribute("aria-keyshortcuts", key);
  }
  element.addEventListener("click", does);
  return element;
}

function image(source, text, name) {
  const element = make("img", name);
  element.alt = text;
  element.decoding = "sync";
  element.src = source;
  return element;
}

// A label as it stands beside other rows' labels: the row's own and the suggested one are told apart.
function chip(row, label) {
  const given = label === cell(row, "given_label");
  return make("span", `chip ${given ? "given" : label === suggestion(row) ? "suggested" : ""}`, edged(label));
}

// What, how much of one, and the number.
function bars(lines) {
  return holding("ul", "bars", ...lines.map(([name, share, text, tone]) => {
    const filled = make("i", tone);
    filled.style.width = `${100 * Math.max(0, Math.min(1, share))}%`;
    const track = holding("span", "track", filled);
    track.setAttribute("aria-hidden", "true");
    return holding("li", "", breakable(make("span", "name", name)), track, make("span", "number", text));
  }));
}

// Long names of classes break behind their underscores.
function breakable(element) {
  const pieces = element.textContent.split(/(?<=_)(?!_)/);
  element.replaceChildren(...pieces.flatMap((piece, place) => (place ? [make("wbr"), piece] : [piece])));
  return element;
}

// Draws an element's content anew; what had the focus in it has it again, if it is still there.
function redraw(element, ...parts) {
  const focus = element.contains(document.activeElement) ? document.activeElement.dataset.act : "";
  element.replaceChildren(...parts);
  if (focus) element.querySelector(`[data-act="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
}
