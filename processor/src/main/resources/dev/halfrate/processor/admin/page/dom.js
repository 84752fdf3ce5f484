/** Trees of elements, and the document made like them. What has not changed is not touched: focus, scrolling and selections stay. */

const SVG = "http://www.w3.org/2000/svg";
const OF_SVG = new Set(["svg", "path", "circle", "line", "rect"]);
const shown = new WeakMap();

/**
 * An element. Attributes: `key` tells it from its siblings, `vars` are properties of its style, `on…` are listeners; true is an
 * empty one, false or null none. Children: elements, texts, numbers, lists of them; null and false are left out.
 */
export function h(tag, attributes, ...children) {
  return {
    tag,
    attributes: attributes ?? {},
    children: children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""),
  };
}

/** Makes the children of an element those of a list. */
export function patch(parent, ...wanted) {
  const children = h("", null, ...wanted).children;
  const keyed = new Map();
  const free = [];
  for (const node of parent.childNodes) {
    const key = shown.get(node)?.key;
    if (key === undefined) free.push(node);
    else keyed.set(key, node);
  }
  const nodes = children.map((child) => {
    const node = take(child, keyed, free) ?? create(child);
    update(node, child);
    return node;
  });
  for (const node of [...keyed.values(), ...free]) node.remove();
  let at = parent.firstChild;
  for (const node of nodes) {
    if (node === at) at = at.nextSibling;
    else move(parent, node, at);
  }
}

function take(child, keyed, free) {
  if (typeof child === "object" && child.attributes.key !== undefined) {
    const node = keyed.get(child.attributes.key);
    keyed.delete(child.attributes.key);
    return node?.localName === child.tag ? node : (node?.remove(), null);
  }
  const name = typeof child === "object" ? child.tag : undefined;
  const index = free.findIndex((node) => (node.nodeType === Node.TEXT_NODE ? undefined : node.localName) === name);
  return index < 0 ? null : free.splice(index, 1)[0];
}

function create(child) {
  if (typeof child !== "object") return document.createTextNode("");
  return OF_SVG.has(child.tag) ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
}

/** Where the browser can, in a way that keeps the focus of what is moved. */
function move(parent, node, before) {
  if (parent.moveBefore && node.parentNode === parent) parent.moveBefore(node, before);
  else parent.insertBefore(node, before);
}

function update(node, child) {
  if (typeof child !== "object") {
    const text = String(child);
    if (node.data !== text) node.data = text;
    return;
  }
  const before = shown.get(node)?.attributes ?? {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(child.attributes)])) {
    set(node, name, child.attributes[name], before[name]);
  }
  shown.set(node, { key: child.attributes.key, attributes: child.attributes });
  patch(node, child.children);
}

function set(node, name, value, before) {
  if (name === "key") return;
  if (name === "vars") {
    for (const [property, text] of Object.entries(value ?? {})) {
      if (before?.[property] !== text) node.style.setProperty(property, text);
    }
  } else if (name.startsWith("on")) {
    node[name] = value;
  } else if (value === before) {
    return;
  } else if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? "" : value);
  }
}
