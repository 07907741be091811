// What the visitor chose, and its form in the address: #seed=5&class=3&truncation=0.8&d=0,1.5

const LARGEST_SEED = 2n ** 63n - 1n;

/** A seed as BigInt; undefined for a text that is none. */
export function seedOf(text) {
  if (!/^[0-9]{1,19}$/.test(text)) return undefined;
  const seed = BigInt(text);
  return seed <= LARGEST_SEED ? seed : undefined;
}

/** A seed that nobody chose. */
export function randomSeed() {
  return BigInt(crypto.getRandomValues(new Uint32Array(1))[0]);
}

/** The name of one of the generators; undefined for another text. */
const generatorIn = (text, names) => (names.includes(text) ? text : undefined);

/** The generator that an address's hash asks for; the first for none, or for one that isn't here. */
export function generatorOf(hash, names) {
  return generatorIn(new URLSearchParams(hash.replace(/^#/, "")).get("generator"), names) ?? names[0];
}

function numberFrom(low, high) {
  return (text) => {
    const number = text.trim() === "" ? NaN : Number(text);
    return number >= low && number <= high ? number : undefined;
  };
}

function integerBelow(end) {
  return (text) => (/^[0-9]+$/.test(text) && Number(text) < end ? Number(text) : undefined);
}

function listOf(read, fits) {
  return (text) => {
    const items = text ? text.split(",").map(read) : [];
    return fits(items.length) && !items.includes(undefined) ? items : undefined;
  };
}

/**
 * The choices, their defaults, and how each is read from and written to the address.
 *
 * @param counts `names`: those of the page's generators; `classes`, `directions` and `samples`: how
 *     many there are; `range`: how far a direction is followed; `picks`: the two samples that are
 *     picked at first.
 */
export function tableOf({ names, classes, directions, samples, range, picks }) {
  const amounts = listOf(numberFrom(-range, range), (length) => length === directions);
  const distinct = (pair) => (pair && new Set(pair).size === pair.length ? pair : undefined);
  const pair = listOf(integerBelow(samples), (length) => length <= 2);
  return {
    generator: { first: names[0], read: (text) => generatorIn(text, names) },
    seed: { first: 0n, read: seedOf },
    class: { first: null, read: integerBelow(classes) },
    truncation: { first: 1, read: numberFrom(0, 1) },
    d: { first: Array(directions).fill(0), read: amounts },
    picks: { first: picks, read: (text) => distinct(pair(text)) },
    mix: { first: 0.5, read: numberFrom(0, 1) },
  };
}

/** `{choices, refused}` of an address's hash; what can't be read has its default and is named. */
export function readChoices(hash, table) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const choices = {};
  const refused = [...given.keys()].filter((name) => !(name in table));
  for (const [name, { first, read }] of Object.entries(table)) {
    const value = given.has(name) ? read(given.get(name)) : first;
    if (value === undefined) refused.push(`${name}=${given.get(name)}`);
    choices[name] = structuredClone(value ?? first);
  }
  return { choices, refused };
}

/** The hash of choices: the seed, and what isn't as at first. */
export function hashOf(choices, table) {
  const parts = Object.entries(table)
    .map(([name, { first }]) => [name, String(choices[name]), String(first)])
    .filter(([name, now, first]) => name === "seed" || now !== first)
    .map(([name, now]) => `${name}=${encodeURIComponent(now).replaceAll("%2C", ",")}`);
  return `#${parts.join("&")}`;
}
