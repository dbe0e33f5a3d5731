// A browser that looks like a person's phone or desk, never leaves this machine, and remembers what went wrong on a page.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

/** Where pictures of all pages go, if they are wanted. npm runs the suites in their own folder: a relative one is meant where npm was called. */
export const shotsFolder = () => process.env.AFTERCARE_SHOTS && resolve(process.env.INIT_CWD ?? '.', process.env.AFTERCARE_SHOTS);
/** Where pictures of pages go with which something is wrong, when no folder is named for those of all. */
const FAULTY = fileURLToPath(new URL('../shots', import.meta.url));
/** The suite that runs, which keeps its pictures by itself. */
const SUITE = basename(process.argv[1] ?? 'suite', '.test.mjs');

/** Where Debian and its relatives put the browser. */
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable'];

/** The sizes that pages are seen in, in CSS pixels. */
export const SIZES = {
  phone: { viewport: { width: 360, height: 780 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  tablet: { viewport: { width: 768, height: 1024 }, hasTouch: true },
  desktop: { viewport: { width: 1440, height: 900 } },
};

export const LANGUAGES = ['zh-CN', 'en'];

/** WCAG 2.2 AA and what axe counts as good practice. */
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Starts the browser: CHROMIUM, or the system's. */
export async function launch() {
  const executablePath = process.env.CHROMIUM ?? BROWSERS.find(existsSync);
  if (!executablePath) {
    throw new Error('There is no Chromium. Install it (`apt-get install chromium fonts-noto-cjk`) or set CHROMIUM.');
  }
  // Chromium's sandbox does not work for root, and a CI machine has nobody else.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({
    executablePath,
    args: [...sandbox, '--disable-dev-shm-usage', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'],
  });
}

/**
 * One person at one device. `faults` collects what no page may do: errors in the console, errors of scripts, requests
 * that leave the machine, answers of 500 and above.
 * @param {import('playwright-core').Browser} browser
 * @param {{size: 'phone' | 'tablet' | 'desktop', language?: string, url?: string, ignoreHTTPSErrors?: boolean, javaScriptEnabled?: boolean, colorScheme?: 'light' | 'dark'}} person
 */
export async function person(browser, { size, language = 'zh-CN', url, ...rest }) {
  const context = await browser.newContext({
    ...SIZES[size],
    locale: language,
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
    baseURL: url,
    ...rest,
  });
  context.setDefaultTimeout(20_000);
  const faults = [];
  await context.route('**/*', route => {
    const { hostname, protocol } = new URL(route.request().url());
    if (hostname === '127.0.0.1' || protocol === 'data:' || protocol === 'blob:') return route.continue();
    // A report is opened from a disk; a second file beside it is not.
    if (protocol === 'file:' && route.request().isNavigationRequest()) return route.continue();
    faults.push(`a request to ${hostname}`);
    return route.abort();
  });
  context.on('console', message => {
    // The browser itself reports an answer of 4xx; a page may show one, and the test looks at its status.
    const status = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !status) faults.push(`console: ${message.text()}`);
  });
  context.on('weberror', error => faults.push(`script: ${error.error().message}`));
  context.on('response', answer => {
    if (answer.status() >= 500) faults.push(`${answer.status()} from ${new URL(answer.url()).pathname}`);
  });
  return { context, page: await context.newPage(), size, language, faults };
}

/**
 * How many bytes the page before a person is, packed as a server sends it: its scripts, all of it without pictures, and those.
 * @returns {Promise<{scripts: number, all: number, pictures: number}>}
 */
export async function weigh({ page }) {
  const parts = await page.evaluate(async () => {
    const found = kind => Array.from(document.querySelectorAll(kind), element => element.src || element.href);
    const read = address => fetch(address).then(answer => answer.text());
    const scripts = found('script[src]');
    const sheets = found('link[rel=stylesheet]');
    const files = performance.getEntriesByType('resource');
    const pictures = files.filter(file => !scripts.includes(file.name) && !sheets.includes(file.name) && /^(img|css|video|image|other)$/.test(file.initiatorType));
    return {
      page: document.documentElement.outerHTML,
      scripts: await Promise.all(scripts.map(read)),
      sheets: await Promise.all(sheets.map(read)),
      pictures: pictures.reduce((sum, file) => sum + file.encodedBodySize, 0),
    };
  });
  const packed = texts => texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
  const scripts = packed(parts.scripts);
  return { scripts, all: packed([parts.page, ...parts.sheets]) + scripts, pictures: parts.pictures };
}

let shots = 0;

/** Takes a picture of the whole page, named so that pictures stand in the order in which they were taken. */
async function picture({ page, size, language }, name, kept) {
  const folder = join(kept, SUITE, `${size}-${language}`);
  await mkdir(folder, { recursive: true });
  shots += 1;
  await page.screenshot({ path: join(folder, `${String(shots).padStart(3, '0')}-${name}.png`), fullPage: true });
}

/**
 * Looks at the page that a person has before them, and returns a list of what is wrong with it (accessibility, sideways
 * scrolling, language, faults since the last look). An empty list is what a test wants. A picture is taken of every page
 * where AFTERCARE_SHOTS names a folder, otherwise only of those with which something is wrong.
 * @returns {Promise<string[]>}
 */
export async function look(who, name) {
  const { page, size, language, faults } = who;
  await page.waitForLoadState('load');
  const every = shotsFolder();
  if (every) await picture(who, name, every);

  const wrong = faults.splice(0);
  const facts = await page.evaluate(() => ({
    language: document.documentElement.lang,
    title: document.title,
    headings: document.querySelectorAll('h1').length,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }));
  if (facts.language !== language) wrong.push(`the page says lang="${facts.language}", wanted ${language}`);
  if (!facts.title.trim()) wrong.push('the page has no title');
  if (facts.headings !== 1) wrong.push(`the page has ${facts.headings} h1`);
  if (facts.wide > 0) wrong.push(`the page scrolls sideways by ${facts.wide} px at ${size} size`);

  // Evaluated by the browser's own protocol, so the page's security policy stays as it is.
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    tags => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }),
    AXE_TAGS,
  );
  for (const violation of violations) {
    const places = violation.nodes.slice(0, 3).map(node => node.target.join(' ')).join(', ');
    wrong.push(`axe ${violation.id}: ${violation.help} (${violation.nodes.length}× ${places})`);
  }
  if (wrong.length && !every) await picture(who, name, FAULTY);
  return wrong.map(fault => `${name} [${size}, ${language}] ${fault}`);
}
