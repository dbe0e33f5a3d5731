// The words of the pages, by their keys in the locale files: what a story expects to read is what people are told.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const LOCALES = new URL('../../crates/server/locales/', import.meta.url);

/** A text as it is compared: every run of space, of whatever kind, is one. */
export const plain = text => text.replace(/\s+/gu, ' ').trim();

/**
 * What stands at a key in a language; `values` fill in what the page fills in.
 * @returns {(key: string, values?: Record<string, string | number>) => string}
 */
export function wordsIn(language) {
  const lines = readFileSync(new URL(`${language}/main.ftl`, LOCALES), 'utf8').split('\n');
  const known = new Map(lines.map(line => /^([a-z][\w-]*) = (.*)$/.exec(line)).filter(Boolean).map(([, key, text]) => [key, text]));
  return (key, values = {}) => {
    assert.ok(known.has(key), `${language}/main.ftl has no ${key}`);
    const filled = known.get(key).replace(/\{ \$(\w+) \}/g, (_, name) => {
      assert.ok(name in values, `${key} says { $${name} }, and the story gives no value`);
      return String(values[name]);
    });
    return plain(filled.replace(/\{"([^"]*)"\}/g, '$1'));
  };
}

/** What is said on the page, also where it is folded away. */
export const said = async page => plain(await page.locator('main').textContent());

/** Every one of these texts stands on the page. */
export async function tells(page, ...texts) {
  const all = await said(page);
  for (const text of texts) assert.ok(all.includes(plain(text)), `${new URL(page.url()).pathname} does not say “${text}”: ${all}`);
}

/** None of these texts stands on the page, in its words or in its code. */
export async function hides(page, ...texts) {
  const all = [await said(page), await page.content()].join('\n');
  for (const text of texts) assert.ok(!all.includes(text), `${new URL(page.url()).pathname} says “${text}”`);
}
