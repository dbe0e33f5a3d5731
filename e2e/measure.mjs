// Measures what people wait for: first paint on a slow phone, bytes of every page, and the dispatcher's board with a city on it.
//
// It is no test: it says numbers and goes on. `npm run measure -- OUT.md [paint] [sizes] [board]` writes a table; without the name of a
// part, all three. Run it alone on an idle machine, and with a release binary (AFTERCARE_BINARY).
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { SIZES, launch, person, weigh } from './harness/browser.mjs';
import { fill, reported, tokenOf } from './harness/city.mjs';
import { passwordOf } from './harness/people.mjs';
import { binary, startDemo } from './harness/server.mjs';
import { Sizes, kilobytes, table } from './harness/sizes.mjs';
import { LOGINS, OPEN, signIn, walk } from './harness/walk.mjs';

const PARTS = ['paint', 'sizes', 'board'];
/** The phone: a processor four times slower than this machine's, and the network that Lighthouse calls slow 4G. */
const SLOWER = 4;
const NETWORK = { offline: false, latency: 150, downloadThroughput: 1_638_400 / 8, uploadThroughput: 750_000 / 8 };
/** Times that a page is opened, each time with nothing kept. */
const OPENED = 5;
const PAINT_MS_MAX = 800;
/** Where each role works, beside the page that they see first. */
const WORK = {
  admin: ['/desk', '/desk/settings'], agent: ['/desk', '/desk/intake'], dispatcher: ['/desk', '/desk/dispatch'], tech1: ['/desk', '/desk/jobs'],
  merchant: ['/desk', '/desk/inbox'], reviewer: ['/desk', '/desk/review'], risk: ['/desk', '/desk/risk'], auditor: ['/desk', '/desk/log'],
};
const CITY = { technicians: 200, visits: 2_000 };
/** A board counts as smooth with at least so many pictures a second, and none that takes longer. */
const SMOOTH_FPS_MIN = 50;
const SMOOTH_FRAME_MS_MAX = 100;
const SETTLE_MS = 2_000;
const CHANGE_MS_MAX = 30_000;

const [out, ...named] = process.argv.slice(2);
if (!out || named.some(part => !PARTS.includes(part))) {
  console.error(`Name a file, and which parts if not all: npm run measure -- OUT.md [${PARTS.join('] [')}]`);
  process.exit(2);
}
const parts = named.length ? named : PARTS;
// npm runs this in its own folder: a relative path is meant where npm was called.
const path = resolve(process.env.INIT_CWD ?? '.', out);

const wait = ms => new Promise(done => setTimeout(done, ms));
const sorted = numbers => [...numbers].sort((one, other) => one - other);
const median = numbers => sorted(numbers)[Math.floor(numbers.length / 2)];
const whole = ms => `${Math.round(ms)} ms`;

/** A browser of its own that nothing stands in the way of: requests that are looked at would take longer. */
async function device(browser, url, size) {
  const context = await browser.newContext({ ...SIZES[size], locale: 'zh-CN', timezoneId: 'Asia/Shanghai', baseURL: url, serviceWorkers: 'block' });
  const page = await context.newPage();
  return { context, page, protocol: await context.newCDPSession(page) };
}

/** When something is on the screen for the first time, after the navigation began; the page is open then. */
async function firstPaint(page, to) {
  await page.goto(to, { waitUntil: 'load' });
  return page.evaluate(() => new Promise(done => {
    const told = list => list.getEntriesByName('first-contentful-paint').forEach(entry => done(entry.startTime));
    new PerformanceObserver(told).observe({ type: 'paint', buffered: true });
  }));
}

/** Opens a page again and again as a slow phone does: milliseconds, and bytes that came over the network. */
async function open({ page, protocol }, to) {
  const times = [];
  let bytes = 0;
  const count = ({ encodedDataLength }) => { bytes += encodedDataLength; };
  await protocol.send('Network.enable');
  await protocol.send('Network.setCacheDisabled', { cacheDisabled: true });
  await protocol.send('Network.emulateNetworkConditions', NETWORK);
  await protocol.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  for (let turn = 0; turn < OPENED; turn += 1) {
    bytes = 0;
    protocol.on('Network.loadingFinished', count);
    times.push(await firstPaint(page, to));
    protocol.off('Network.loadingFinished', count);
  }
  await protocol.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  await protocol.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  return { times, bytes };
}

async function paint(browser, server, password) {
  const rows = [];
  const add = async (who, at, to, name = to) => {
    const { times, bytes } = await open(at, to);
    const { scripts, all } = await weigh(at);
    const middle = median(times);
    rows.push([`\`${name}\``, who, whole(middle), whole(Math.max(...times)), middle <= PAINT_MS_MAX ? 'yes' : 'no', kilobytes(bytes), kilobytes(scripts), kilobytes(all)]);
  };
  const visitor = await device(browser, server.url, 'phone');
  for (const to of OPEN.filter(one => !['/design', '/no-such-page'].includes(one))) await add('everybody', visitor, to);
  const receipt = await reported(server.url, await tokenOf(server.url, 'agent', password), 90_000_001);
  await add('customer', visitor, receipt.link, '/c/{}');
  await visitor.page.fill('input[name=code]', receipt.code);
  await visitor.page.click('form button[type=submit]');
  await visitor.page.waitForURL('**/case');
  await add('customer', visitor, new URL(visitor.page.url()).pathname, '/c/{}/case');
  await visitor.context.close();
  for (const [login, pages] of Object.entries(WORK)) {
    const colleague = await device(browser, server.url, 'phone');
    await signIn(colleague.page, login, password);
    for (const to of pages) await add(login, colleague, to);
    await colleague.context.close();
  }
  const network = `${NETWORK.latency} ms a request, ${NETWORK.downloadThroughput * 8 / 1e6} Mbit/s down, ${NETWORK.uploadThroughput * 8 / 1e6} up`;
  return [
    '## First contentful paint',
    `A phone (360 × 780), the processor ${SLOWER} times slower than this machine's, ${network} (slow 4G); each page ${OPENED} times, nothing kept from before.`,
    table(['page', 'who', 'median', 'longest', `≤ ${PAINT_MS_MAX} ms`, 'over the network', 'JavaScript, gzip', 'HTML, CSS and JavaScript, gzip'], rows),
  ].join('\n\n');
}

async function sizes(browser, server, password) {
  const found = new Sizes();
  const seen = new Map();
  const look = async (who, to) => {
    await who.page.goto(to);
    found.add(to, await weigh(who));
  };
  const visitor = await person(browser, { size: 'phone', url: server.url });
  for (const to of OPEN) await look(visitor, to);
  await visitor.context.close();
  for (const login of LOGINS) {
    const colleague = await person(browser, { size: 'phone', url: server.url });
    await signIn(colleague.page, login, password);
    await walk(colleague.page, seen, to => look(colleague, to));
    await colleague.context.close();
  }
  return ['## Sizes of pages', 'Packed as they are sent, in Chinese; by kind of page the most that one of them had.', found.table()].join('\n\n');
}

/** How pictures follow each other while something is done: how many a second, and the longest time between two. */
async function frames(page, what) {
  await page.evaluate(() => {
    globalThis.drawn = [];
    const next = at => { globalThis.drawn.push(at); globalThis.drawing = requestAnimationFrame(next); };
    globalThis.drawing = requestAnimationFrame(next);
  });
  await what();
  const at = await page.evaluate(() => { cancelAnimationFrame(globalThis.drawing); return globalThis.drawn; });
  const gaps = at.slice(1).map((time, index) => time - at[index]);
  return { fps: gaps.length * 1000 / (at.at(-1) - at[0]), longest: Math.max(...gaps) };
}

async function board(browser, server, password) {
  const filling = Date.now();
  const city = await fill(server.url, password, CITY);
  const filled = (Date.now() - filling) / 1000;
  const at = await device(browser, server.url, 'desktop');
  const { page, protocol } = at;
  await signIn(page, 'dispatcher', password);
  const to = `/desk/dispatch?day=${city.day}`;
  const rows = [];
  const agent = await tokenOf(server.url, 'agent', password);
  let number = 91_000_000;
  for (const rate of [1, SLOWER]) {
    await protocol.send('Emulation.setCPUThrottlingRate', { rate });
    const processor = rate === 1 ? 'as it is' : `${rate} times slower`;
    const add = (what, value, judged = '') => rows.push([what, processor, value, judged]);
    const smooth = (what, { fps, longest }) => add(
      what, `${fps.toFixed(0)} pictures a second, the longest ${whole(longest)}`, fps >= SMOOTH_FPS_MIN && longest <= SMOOTH_FRAME_MS_MAX ? 'yes' : 'no');
    const times = [];
    for (let turn = 0; turn < OPENED; turn += 1) times.push(await firstPaint(page, to));
    const opened = await page.evaluate(() => {
      const [navigation] = performance.getEntriesByType('navigation');
      return { answered: navigation.responseStart, loaded: navigation.loadEventEnd, bytes: navigation.encodedBodySize, elements: document.querySelectorAll('*').length };
    });
    add('first paint', `${whole(median(times))}, the longest ${whole(Math.max(...times))}`);
    add('opened', `answered after ${whole(opened.answered)}, loaded after ${whole(opened.loaded)}; ${kilobytes(opened.bytes)}, ${opened.elements} elements`);
    const box = await page.locator('.boardbox').boundingBox();
    const middle = { x: Math.round(box.x + box.width / 2), y: Math.round(Math.min(box.y + box.height / 2, 700)) };
    smooth('scrolled', await frames(page, () => protocol.send('Input.synthesizeScrollGesture', {
      ...middle, yDistance: -6_000, speed: 3_000, gestureSourceType: 'mouse',
    })));
    await page.evaluate(() => { scrollTo(0, 0); document.querySelector('.boardbox').scrollTo(0, 0); });
    const visit = page.locator('a.job[data-move]').first();
    await visit.scrollIntoViewIfNeeded();
    const { x, y, height } = await visit.boundingBox();
    await page.mouse.move(x + 6, y + height / 2);
    await page.mouse.down();
    // Down past the edge, so that the box scrolls along, and to and fro.
    smooth('a visit dragged', await frames(page, async () => {
      for (let step = 1; step <= 120; step += 1) await page.mouse.move(x + 6 + (step % 40) * 8, Math.min(y + step * 6, 880));
    }));
    await page.keyboard.press('Escape');
    await page.mouse.up();
    // Whoever looks is told, and nothing moves: the page is not read again.
    await page.goto(to);
    await wait(SETTLE_MS);
    await page.evaluate(() => {
      const live = document.querySelector('[data-live]');
      new MutationObserver(() => { if (!live.hidden) globalThis.told ??= Date.now(); }).observe(live, { attributes: true });
    });
    const began = Date.now();
    const told = await frames(page, async () => {
      await reported(server.url, agent, number += 1);
      await page.waitForFunction(() => globalThis.told, null, { timeout: CHANGE_MS_MAX });
    });
    add('another report is told on the page', `after ${whole(await page.evaluate(() => globalThis.told) - began)}, the report included`);
    smooth('meanwhile', told);
  }
  await at.context.close();
  return [
    '## The board',
    `${city.technicians} technicians and ${city.visits} visits on one day, ${city.waiting} reports without a place in the plan; made through the API in ` +
      `${filled.toFixed(0)} s. A desk (1440 × 900), no slow network. Smooth: ${SMOOTH_FPS_MIN} pictures a second or more, none longer than ${SMOOTH_FRAME_MS_MAX} ms.`,
    table(['what', 'processor', 'measured', 'smooth'], rows),
  ].join('\n\n');
}

const browser = await launch();
let text;
try {
  const machine = `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;
  const version = execFileSync(binary(), ['--version'], { encoding: 'utf8' }).trim();
  const day = new Date().toISOString().slice(0, 10);
  text = ['# What people wait for', `${machine}; Chromium ${browser.version()}; ${version}; ${day}`, `\`npm --prefix e2e run measure -- ${[out, ...named].join(' ')}\`\n`].join('\n\n');
  for (const part of parts) {
    // Each on a demo of its own: what one part made does not make the pages of another longer.
    const server = await startDemo();
    try {
      text += `\n${await { paint, sizes, board }[part](browser, server, passwordOf(server.output()))}\n`;
    } finally {
      await server.stop();
    }
  }
} finally {
  await browser.close();
}
await mkdir(dirname(path), { recursive: true });
await writeFile(path, text);
console.log(path);
