// Every page that somebody of each role reaches by its links, in both languages, both themes and three widths.
//
// The other suites walk jobs; this one walks the links, so that a page which nobody thought of is looked at too. By itself it looks at each
// page in four of the twelve ways: each language in each theme, and each width. The three groups of four take turns, so that somebody who
// has three pages or more sees them in all twelve ways; AFTERCARE_EVERY_LOOK=1 looks at each page in all of them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SIZES, launch, look, person, weigh } from '../harness/browser.mjs';
import { passwordOf } from '../harness/people.mjs';
import { startDemo } from '../harness/server.mjs';

const WIDTHS = Object.keys(SIZES);
const ALL_WAYS = ['zh-CN', 'en'].flatMap(language => ['light', 'dark'].flatMap(theme => WIDTHS.map(width => ({ language, theme, width }))));
/** The widths of a page in Chinese by day and at night, and in English by day and at night; every width is in each of them. */
const TURNS = [
  ['phone', 'desktop', 'phone', 'tablet'],
  ['tablet', 'phone', 'desktop', 'desktop'],
  ['desktop', 'tablet', 'tablet', 'phone'],
].map(widths => ['zh-CN', 'zh-CN', 'en', 'en'].map((language, at) => ({ language, theme: at % 2 ? 'dark' : 'light', width: widths[at] })));

/** Pages without an account, and one that is not there. */
const OPEN = ['/', '/report', '/claim', '/follow', '/genuine', '/apply', '/verify', '/exchange', '/login', '/design', '/tools/quick-check', '/no-such-page'];
/** Who signs in; what a role sees first is looked at for each, whatever another saw before. */
const LOGINS = ['admin', 'agent', 'dispatcher', 'tech1', 'merchant', 'reviewer', 'risk', 'auditor'];
/** Pages of one kind that differ by what they are about: so many of each are looked at. */
const OF_A_KIND = { '/desk/cases/{}': 4, '/desk/review/{}': 3, '/desk/inbox/{}': 2, '/desk/jobs/{}': 2 };
/** What a page may weigh, packed: the scripts of any, and all of one for everybody. */
const SCRIPT_BYTES_MAX = 60 * 1024;
const OPEN_PAGE_BYTES_MAX = 80 * 1024;
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
/** What was wrong, and what was seen, over all roles. */
const seen = new Map();

before(async () => {
  server = await startDemo();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** The page with what differs from case to case left out. */
function kindOf(path) {
  return path.split('/').map(part => (/^[0-9a-f]{8}-|\d/.test(part) || (/^[A-Za-z0-9_-]{16,}$/.test(part)) ? '{}' : part)).join('/')
    .replace(/^\/desk\/rules\/[^/]+\/[^/]+$/, '/desk/rules/{}/{}');
}

/** Addresses on the page that lead to other pages: no files, nothing that signs out or changes the language. */
async function linksOf(page) {
  const all = await page.evaluate(() => Array.from(document.querySelectorAll('a[href]:not([download])'), link => link.href));
  return all.map(address => new URL(address))
    .filter(address => address.origin === new URL(server.url).origin && address.pathname.startsWith('/desk'))
    .filter(address => !/\.(csv|zip|pdf|ics|js|json|webmanifest)$|\/(zip|pdf|export|clip)(\/|$)/.test(address.pathname))
    .filter(address => !address.searchParams.has('lang') && !address.searchParams.has('form'))
    .map(address => address.pathname);
}

/** A browser for each language, in which `login` has signed in where one is given. */
async function devices(login) {
  const both = {};
  for (const language of ['zh-CN', 'en']) {
    const device = await person(browser, { size: 'desktop', language, url: server.url });
    both[language] = device;
    if (!login) continue;
    await device.page.goto('/login');
    await device.page.fill('input[name=login]', login);
    await device.page.fill('input[name=password]', passwordOf(server.output()));
    await device.page.click('form[action="/login"] button[type=submit]');
    await device.page.waitForURL('**/desk**');
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
    const { scripts, all } = await weigh(device);
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
      const start = new URL(both['zh-CN'].page.url()).pathname;
      const waiting = [start];
      let turn = 0;
      const known = new Set(waiting);
      while (waiting.length) {
        const path = waiting.shift();
        const kind = kindOf(path);
        const before = seen.get(kind) ?? 0;
        if (path !== start && before >= (OF_A_KIND[kind] ?? 1)) continue;
        seen.set(kind, before + 1);
        wrong.push(...await lookAt(both, path, `${login}${path.replaceAll('/', '-').slice(0, 60)}`, turn));
        turn += 1;
        for (const link of await linksOf(both['zh-CN'].page)) {
          if (!known.has(link)) {
            known.add(link);
            waiting.push(link);
          }
        }
      }
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
