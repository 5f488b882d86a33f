// Elements made by code. Text is always text: nothing that came from an app is ever read as HTML.

/**
 * @param {string} tag  "td", or "td.number" with classes
 * @param {object|null} properties  attributes; functions are listeners ("onclick"); false and null are left out
 * @param {...(Node|string|number|null)} children
 */
export const h = (tag, properties, ...children) => make("http://www.w3.org/1999/xhtml", tag, properties, children);

/** The same for what is drawn. */
export const svg = (tag, properties, ...children) => make("http://www.w3.org/2000/svg", tag, properties, children);

function make(namespace, tag, properties, children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElementNS(namespace, name);
  if (classes.length > 0) element.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets a text only when it differs, so that selections and screen readers are left alone. */
export function say(element, text) {
  const value = String(text);
  if (element.textContent !== value) element.textContent = value;
}

/** Sets an attribute only when it differs; null removes it. */
export function mark(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/**
 * Makes the children of a parent those of a list, one for each key: what is there is kept (with its focus), what is gone is removed.
 * @param {Element} parent
 * @param {Array} items
 * @param {(item) => string|number} keyOf
 * @param {(item) => Element} make
 * @param {(element, item) => void} update
 */
export function each(parent, items, keyOf, make, update) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  const used = new Map();
  for (const item of items) {
    const plain = String(keyOf(item));
    const before = used.get(plain) ?? 0;
    used.set(plain, before + 1);
    // Keys may come from clients, as request ids do: two may be the same.
    const key = before === 0 ? plain : `${plain} #${before}`;
    let element = known.get(key);
    known.delete(key);
    if (!element) {
      element = make(item);
      element.dataset.key = key;
    }
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
    update(element, item);
  }
  for (const element of known.values()) element.remove();
}
