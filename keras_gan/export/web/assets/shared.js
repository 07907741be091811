// What the files of the page have in common.

/** The generator, what is known of it, what was chosen, and the parts that show it. */
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
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Tells those who listen instead of looking. */
export const say = (text) => (byId("status").textContent = text);

/** Shows what went wrong; nothing for an empty text. */
export function trouble(text) {
  byId("waiting").hidden = true;
  byId("trouble").hidden = !text;
  byId("trouble").textContent = text;
}
