// What the files of the page have in common.

/** The state of the page: its generator, the visitor's choices, and the elements that show them. */
export const page = {
  generators: [], // the name and the folder of each
  name: null, // of the one that is shown
  generator: null,
  directions: [],
  shares: [],
  table: null,
  choices: null,
  latents: null, // of the grid as it is drawn
  labels: null,
  cells: [],
  steps: [],
};

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Announces a text to screen readers. */
export const say = (text) => (byId("status").textContent = text);

/** Shows what went wrong; nothing for an empty text. */
export function trouble(text) {
  byId("waiting").hidden = true;
  byId("trouble").hidden = !text;
  byId("trouble").textContent = text;
}
