// Every page that somebody of each role reaches by its links, in both languages, both themes and three widths.
//
// The other suites walk jobs; this one walks the links, so that a page which nobody thought of is looked at too. By itself it looks at each
// page in four of the twelve ways, so that each language, theme and width comes up; AFTERCARE_EVERY_LOOK=1 takes all twelve.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, look, person, weigh } from '../harness/browser.mjs';
import { passwordOf } from '../harness/people.mjs';
import { startDemo } from '../harness/server.mjs';

const WIDTHS = { phone: { width: 360, height: 780 }, tablet: { width: 768, height: 1024 }, desktop: { width: 1440, height: 900 } };
const ALL_WAYS = ['zh-CN', 'en'].flatMap(language => ['light', 'dark'].flatMap(theme => Object.keys(WIDTHS).map(width => ({ language, theme, width }))));
/** Of each language two, of each theme two, each width at least once. */
const SOME_WAYS = ALL_WAYS.filter(({ language, theme, width }) => {
  const way = `${language} ${theme} ${width}`;
  return ['zh-CN light phone', 'zh-CN dark desktop', 'en dark tablet', 'en light phone'].includes(way);
});
const WAYS = process.env.AFTERCARE_EVERY_LOOK ? ALL_WAYS : SOME_WAYS;

/** Pages without an account, and one that is not there. */
const OPEN = ['/', '/report', '/claim', '/follow', '/genuine', '/verify', '/exchange', '/login', '/design', '/tools/quick-check', '/no-such-page'];
/** Who signs in; what a role sees first is looked at for each, whatever another saw before. */
const LOGINS = ['admin', 'agent', 'dispatcher', 'tech1', 'merchant', 'reviewer', 'risk', 'auditor'];
/** Pages of one kind that differ by what they are about: so many of each are looked at. */
const OF_A_KIND = { '/desk/cases/{}': 4, '/desk/review/{}': 3, '/desk/inbox/{}': 2, '/desk/jobs/{}': 2 };
/** What a page may weigh, packed: the scripts of any, and all of one for everybody. */
const SCRIPT_BYTES_MAX = 60 * 1024;
const OPEN_PAGE_BYTES_MAX = 80 * 1024;
/** Pages that have to be found by links alone; the test fails when one of them is not. */
const FOUND = [
  '/desk', '/desk/calls', '/desk/cases', '/desk/cases/{}', '/desk/catalogue', '/desk/conversations', '/desk/cores', '/desk/dispatch',
  '/desk/dispatch/map', '/desk/dispatch/week',
  '/desk/exchange', '/desk/health', '/desk/inbox', '/desk/intake', '/desk/jobs', '/desk/law', '/desk/log', '/desk/measured', '/desk/own',
  '/desk/packing', '/desk/parts', '/desk/parts/import', '/desk/password', '/desk/payments', '/desk/platform', '/desk/prices',
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

/** Looks at the page in every way, and tells what is wrong. */
async function lookAt(both, path, name) {
  const wrong = [];
  for (const language of ['zh-CN', 'en']) {
    const device = both[language];
    let answer = null;
    for (const way of WAYS.filter(one => one.language === language)) {
      await device.page.emulateMedia({ colorScheme: way.theme, reducedMotion: 'reduce' });
      await device.page.setViewportSize(WIDTHS[way.width]);
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
    for (const path of OPEN) wrong.push(...await lookAt(both, path, `open${path.replaceAll('/', '-')}`));
    for (const { context } of Object.values(both)) await context.close();
    assert.deepEqual(wrong, []);
  });

  for (const login of LOGINS) {
    test(`of ${login}`, async () => {
      const both = await devices(login);
      const wrong = [];
      const start = new URL(both['zh-CN'].page.url()).pathname;
      const waiting = [start];
      const known = new Set(waiting);
      while (waiting.length) {
        const path = waiting.shift();
        const kind = kindOf(path);
        const before = seen.get(kind) ?? 0;
        if (path !== start && before >= (OF_A_KIND[kind] ?? 1)) continue;
        seen.set(kind, before + 1);
        wrong.push(...await lookAt(both, path, `${login}${path.replaceAll('/', '-').slice(0, 60)}`));
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

  test('was found by links', () => {
    assert.deepEqual(FOUND.filter(kind => !seen.has(kind)), [], `seen: ${[...seen.keys()].sort().join(' ')}`);
  });
});
