// Every page that somebody of each role reaches by its links, in both languages, both themes and three widths.
//
// The other suites walk jobs; this one walks the links, so that a page which nobody thought of is looked at too. By itself it looks at each
// page in four of the twelve ways: each language in each theme, and each width. The three groups of four take turns, so that somebody who
// has three pages or more sees them in all twelve ways; AFTERCARE_EVERY_LOOK=1 looks at each page in all of them.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SIZES, launch, look, person, shotsFolder, weigh } from '../harness/browser.mjs';
import { passwordOf } from '../harness/people.mjs';
import { startDemo } from '../harness/server.mjs';
import { OPEN_PAGE_BYTES_MAX, SCRIPT_BYTES_MAX, Sizes } from '../harness/sizes.mjs';
import { LOGINS, OPEN, signIn, walk } from '../harness/walk.mjs';

const WIDTHS = Object.keys(SIZES);
const ALL_WAYS = ['zh-CN', 'en'].flatMap(language => ['light', 'dark'].flatMap(theme => WIDTHS.map(width => ({ language, theme, width }))));
/** The widths of a page in Chinese by day and at night, and in English by day and at night; every width is in each of them. */
const TURNS = [
  ['phone', 'desktop', 'phone', 'tablet'],
  ['tablet', 'phone', 'desktop', 'desktop'],
  ['desktop', 'tablet', 'tablet', 'phone'],
].map(widths => ['zh-CN', 'zh-CN', 'en', 'en'].map((language, at) => ({ language, theme: at % 2 ? 'dark' : 'light', width: widths[at] })));

/** Pages that have to be found by links alone; the test fails when one of them is not. */
const FOUND = [
  '/desk', '/desk/applications', '/desk/calls', '/desk/cases', '/desk/cases/{}', '/desk/catalogue', '/desk/conversations', '/desk/cores', '/desk/customers', '/desk/dispatch',
  '/desk/dispatch/map', '/desk/dispatch/week',
  '/desk/exchange', '/desk/health', '/desk/inbox', '/desk/intake', '/desk/jobs', '/desk/law', '/desk/log', '/desk/measured', '/desk/own',
  '/desk/packing', '/desk/parts', '/desk/parts/import', '/desk/password', '/desk/payments', '/desk/platform', '/desk/prices', '/desk/processing',
  '/desk/register', '/desk/replies', '/desk/review', '/desk/risk', '/desk/risk/shadow', '/desk/rules', '/desk/rules/{}/{}', '/desk/scripts',
  '/desk/serials', '/desk/serials/history', '/desk/settings', '/desk/settlement', '/desk/setup', '/desk/technicians', '/desk/tokens', '/desk/users', '/desk/warranty', '/desk/warranty/costs',
  '/desk/webhooks',
];

let browser;
let server;
/** What was seen, and what it weighs, over all roles. */
const seen = new Map();
const sizes = new Sizes();

before(async () => {
  server = await startDemo();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  const kept = shotsFolder();
  if (!kept) return;
  await mkdir(join(kept, 'every-page'), { recursive: true });
  await writeFile(join(kept, 'every-page', 'SIZES.md'), `${sizes.table()}\n`);
});

/** A browser for each language, in which `login` has signed in where one is given. */
async function devices(login) {
  const both = {};
  for (const language of ['zh-CN', 'en']) {
    const device = await person(browser, { size: 'desktop', language, url: server.url });
    both[language] = device;
    if (login) await signIn(device.page, login, passwordOf(server.output()));
  }
  return both;
}

/** Looks at the page in the ways whose turn it is, the turns counted for each who signs in, and tells what is wrong. */
async function lookAt(both, path, name, turn) {
  const wrong = [];
  const ways = process.env.AFTERCARE_EVERY_LOOK ? ALL_WAYS : TURNS[turn % TURNS.length];
  for (const language of ['zh-CN', 'en']) {
    const device = both[language];
    let answer = null;
    for (const way of ways.filter(one => one.language === language)) {
      await device.page.emulateMedia({ colorScheme: way.theme, reducedMotion: 'reduce' });
      await device.page.setViewportSize(SIZES[way.width].viewport);
      answer ??= await device.page.goto(path);
      wrong.push(...await look({ ...device, size: `${way.width}-${way.theme}` }, name));
    }
    const { scripts, all, ...more } = await weigh(device);
    sizes.add(path, { scripts, all, ...more });
    if (scripts > SCRIPT_BYTES_MAX) wrong.push(`${path} has ${scripts} bytes of scripts`);
    if (OPEN.includes(path) && all > OPEN_PAGE_BYTES_MAX) wrong.push(`${path} has ${all} bytes`);
    const expected = path === '/no-such-page' ? 404 : 200;
    if (answer.status() !== expected) wrong.push(`${path} answers ${answer.status()} in ${language}`);
  }
  return wrong;
}

describe('every page', () => {
  test('without an account', async () => {
    const both = await devices();
    const wrong = [];
    for (const [turn, path] of OPEN.entries()) wrong.push(...await lookAt(both, path, `open${path.replaceAll('/', '-')}`, turn));
    for (const { context } of Object.values(both)) await context.close();
    assert.deepEqual(wrong, []);
  });

  for (const login of LOGINS) {
    test(`of ${login}`, async () => {
      const both = await devices(login);
      const wrong = [];
      await walk(both['zh-CN'].page, seen, async (path, turn) => {
        wrong.push(...await lookAt(both, path, `${login}${path.replaceAll('/', '-').slice(0, 60)}`, turn));
      }, async path => {
        // Somebody else has seen it; a link still leads nobody to a page that they may not open.
        const answer = await both['zh-CN'].context.request.get(path);
        if (!answer.ok()) wrong.push(`${path} answers ${answer.status()} to ${login}, who has a link to it`);
      });
      for (const { context } of Object.values(both)) await context.close();
      assert.deepEqual(wrong, []);
    });
  }

  test('comes up in every way', () => {
    const name = ({ language, theme, width }) => `${language} ${theme} ${width}`;
    assert.deepEqual(TURNS.flat().map(name).sort(), ALL_WAYS.map(name).sort());
    for (const ways of TURNS) assert.deepEqual([...new Set(ways.map(({ width }) => width))].sort(), [...WIDTHS].sort());
  });

  test('was found by links', () => {
    assert.deepEqual(FOUND.filter(kind => !seen.has(kind)), [], `seen: ${[...seen.keys()].sort().join(' ')}`);
  });
});
