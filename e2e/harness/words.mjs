// What the pages say, from the files that the server has its words from.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const FILE = new URL('../../crates/server/locales/zh-CN/main.ftl', import.meta.url);
const WORDS = new Map(
  readFileSync(FILE, 'utf8').split('\n').map(line => /^([a-z][\w-]*) = (.+)$/.exec(line)).filter(Boolean).map(([, key, text]) => [key, text]),
);

/** The words of that key in Chinese, with values put in. */
export function says(key, values = {}) {
  const text = WORDS.get(key);
  assert.ok(text, `the locale has no ${key}`);
  return text.replace(/\{ \$(\w+) \}/g, (_, name) => {
    assert.ok(name in values, `${key} needs ${name}`);
    return values[name];
  });
}
