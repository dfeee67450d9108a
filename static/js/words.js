// @ts-check
// The page's own words: every sentence stands in a template; scripts only fill in the blanks.

/** @typedef {Record<string, string>} Words */

/**
 * All words of a page: `<span data-word="ring.left">…</span>`.
 * @param {ParentNode} root
 * @returns {Words}
 */
export function readWords(root) {
  /** @type {Words} */
  const words = {};
  for (const element of root.querySelectorAll("[data-word]")) {
    words[element.getAttribute("data-word") ?? ""] = (element.textContent ?? "").trim().replace(/\s+/g, " ");
  }
  return words;
}

/**
 * A sentence with its blanks filled: `{teller}` becomes `values.teller`; unknown blanks stay.
 * @param {string | undefined} sentence
 * @param {Record<string, string | number>} values
 */
export function fill(sentence, values) {
  return (sentence ?? "").replace(/\{(\w+)\}/g, (blank, name) => String(values[name] ?? blank));
}

/**
 * The form of a sentence that fits a number: `people.one`, `people.other`.
 * @param {Words} words
 * @param {string} name
 * @param {number} count
 * @param {string} language
 */
export function counted(words, name, count, language) {
  const form = new Intl.PluralRules(language).select(count);
  const sentence = words[`${name}.${form}`] ?? words[`${name}.other`];
  return fill(sentence, { count: new Intl.NumberFormat(language).format(count) });
}
