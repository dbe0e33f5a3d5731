// Parcels in a warehouse without a network, on a phone: they are begun, filled and closed, the page is reloaded and killed in
// the middle, and everything arrives once, with the times of the phone and of the server beside each other.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Story, photo } from '../harness/people.mjs';
import { startDemo } from '../harness/server.mjs';

/** Longest wait for what happens in the background, in tries of a quarter of a second. */
const TRIES = 80;
const ORDER = 'DEMO-2003';

let browser;
let server;

before(async () => {
  server = await startDemo();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Asks until it is so. */
async function until(page, what, ask) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await ask()) return;
    await page.waitForTimeout(250);
  }
  assert.fail(`not so in time: ${what}`);
}

const states = page => page.locator('#parcels li[data-state]').evaluateAll(all => all.map(row => row.dataset.state));
const said = page => page.locator('[data-parcel-form] [data-parcel-said]').innerText();

/** The packer's list is kept by the browser, and in the hands of the worker. */
async function kept(page) {
  await page.goto('/desk/packing');
  await until(page, 'the list is kept', () => page.evaluate(
    async () => !!navigator.serviceWorker.controller && document.documentElement.dataset.day === 'kept' && !!(await caches.match('/desk/packing')),
  ));
}

async function begin(page, order) {
  await page.fill('form[action="/desk/packing"]:not([data-parcel-form]) [name=order_number]', order);
  await page.click('form[action="/desk/packing"]:not([data-parcel-form]) button.go[type=submit]');
}

/** Takes a picture, and waits until it is written down as number `count`. */
async function take(page, picture, count) {
  await page.setInputFiles('[data-parcel-form] [name=photos]', picture);
  await until(page, `picture ${count} is written down`, async () => (await said(page)).includes(`已记下 ${count} 份画面`));
}

describe('phone', () => {
  test('a parcel packed without a network loses nothing', async () => {
    const story = new Story(browser, server, { size: 'phone' });
    const packer = await story.staff('merchant');
    let { page } = packer;
    const { context } = packer;
    await kept(page);

    await context.setOffline(true);
    await page.goto('/desk/packing');
    // A number that is none is written down as well: without a network nobody can tell.
    await begin(page, 'DEMO-NONE');
    await page.locator('[data-parcel-form]').waitFor();
    await take(page, await photo(browser, 81), 1);
    await page.click('[data-parcel-form] button[value=end]');
    await until(page, 'the first parcel waits', async () => (await states(page)).join() === 'waiting');

    await begin(page, ORDER);
    await page.locator('[data-parcel-form]').waitFor();
    await take(page, await photo(browser, 82), 1);
    await page.fill('[data-parcel-form] [name=waybill]', 'SF-DEMO-0082');
    await story.see(packer, 'packing-offline');
    await until(page, 'the words are kept', () => page.evaluate(() => new Promise(done => {
      const ask = indexedDB.open('aftercare-packing', 1);
      ask.onsuccess = () => {
        const all = ask.result.transaction('parcels').objectStore('parcels').getAll();
        all.onsuccess = () => { ask.result.close(); done(all.result.some(parcel => parcel.draft?.waybill === 'SF-DEMO-0082')); };
      };
    })));

    // The phone is put down and taken up again, in the middle of the parcel.
    await page.reload();
    await page.locator('[data-parcel-form]').waitFor();
    assert.match(await said(page), /已记下 1 份画面/);
    assert.equal(await page.inputValue('[data-parcel-form] [name=waybill]'), 'SF-DEMO-0082');
    await take(page, await photo(browser, 83), 2);
    // The same picture twice is one.
    await page.setInputFiles('[data-parcel-form] [name=photos]', await photo(browser, 83));
    await page.waitForTimeout(500);
    assert.match(await said(page), /已记下 2 份画面，2 份存在手机上/);
    await page.click('[data-parcel-form] button[value=end]');
    await until(page, 'both wait', async () => (await states(page)).join() === 'waiting,waiting');
    // The page is killed, and opened anew without a network.
    await page.close();
    page = await context.newPage();
    packer.page = page;
    await page.goto('/desk/packing');
    await until(page, 'both still wait', async () => (await states(page)).join() === 'waiting,waiting');
    await story.see(packer, 'packing-two-waiting');

    await context.setOffline(false);
    await until(page, 'one is sent, the other refused', async () => (await states(page)).join() === 'refused,sent');
    await story.see(packer, 'packing-refused');
    // The wrong number is mended, and its pictures go as well.
    const refused = page.locator('#parcels li[data-state=refused]');
    assert.match(await refused.innerText(), /订单/);
    await refused.locator('input').fill('DEMO-2004');
    await refused.getByRole('button', { name: '再送一次' }).click();
    await until(page, 'everything is sent', async () => (await states(page)).join() === 'sent,sent');

    await page.goto('/desk/packing');
    await until(page, 'the latest is shown', async () => await page.locator('html[data-kept]').count() === 0);
    await page.locator('main a', { hasText: ORDER }).first().click();
    await page.waitForURL(/\/desk\/packing\/[0-9a-f-]{36}$/);
    const done = await page.locator('main').innerText();
    assert.match(done, /2 份画面/);
    assert.match(done, /打包时没有网络，画面里没有校验码/);
    assert.match(done, /打包者的手机说/);
    await story.see(packer, 'packing-record');
    await story.end();
  });

  test('a parcel begun with its digits goes on when the network breaks', async () => {
    const story = new Story(browser, server, { size: 'phone', language: 'zh-CN' });
    const packer = await story.staff('merchant');
    const { page, context } = packer;
    await kept(page);
    await begin(page, 'DEMO-2005');
    await page.waitForURL(/\/desk\/packing\/[0-9a-f-]{36}$/);
    const digits = await page.locator('.sum.mono').innerText();
    assert.match(digits, /^\d{8}$/);
    const path = new URL(page.url()).pathname;
    await until(page, 'the record is kept', () => page.evaluate(async at => !!(await caches.match(at)), path));
    await take(page, await photo(browser, 91), 1);
    await until(page, 'it is at the server', async () => (await said(page)).includes('都已送到'));
    await context.setOffline(true);
    await take(page, await photo(browser, 92), 2);
    await page.reload();
    await page.locator('[data-parcel-form]').waitFor();
    // The digits can still be shown to the camera.
    assert.equal(await page.locator('.sum.mono').innerText(), digits);
    await until(page, 'what was taken is there', async () => (await said(page)).includes('已记下 2 份画面，1 份存在手机上'));
    await page.click('[data-parcel-form] button[value=end]');
    await page.waitForURL('**/desk/packing');
    await until(page, 'it waits', async () => (await states(page)).at(-1) === 'waiting');
    await context.setOffline(false);
    await until(page, 'it is sent', async () => (await states(page)).at(-1) === 'sent');
    await page.goto(path);
    await until(page, 'the latest is shown', async () => await page.locator('html[data-kept]').count() === 0);
    assert.match(await page.locator('main').innerText(), new RegExp(`给出校验码 ${digits}`));
    await story.end();
  });

  test('a parcel is filmed from its beginning to its end without a tap', async () => {
    const story = new Story(browser, server, { size: 'phone', language: 'zh-CN' });
    const packer = await story.staff('merchant');
    const { page, context } = packer;
    await context.grantPermissions(['camera']);
    await kept(page);
    const film = () => page.locator('[data-parcel-form] [data-film-said]').innerText();
    const filming = () => until(page, 'it films', async () => (await film()).startsWith('正在录像'));
    const pieces = async () => Number(/已记下 (\d+) 份画面/.exec(await said(page))?.[1] ?? 0);
    const count = async () => {
      await page.goto(path);
      await until(page, 'the latest is shown', async () => await page.locator('html[data-kept]').count() === 0);
      return Number(/(\d+) 份画面/.exec(await page.locator('main').innerText())[1]);
    };
    await begin(page, ORDER);
    await page.waitForURL(/\/desk\/packing\/[0-9a-f-]{36}$/);
    let path = new URL(page.url()).pathname;
    await filming();
    await until(page, 'the seconds are shown', async () => /^[1-9]\d* s$/.test(await page.locator('[data-film-time]').innerText()));
    await story.see(packer, 'packing-filming');
    // Stopped by the keyboard: what was filmed is written down.
    await page.focus('[data-film-go]');
    await page.keyboard.press('Enter');
    await until(page, 'it stopped', async () => (await film()).startsWith('录像已停'));
    const first = await pieces();
    assert.ok(first >= 1, `${first} pieces`);
    await page.click('[data-parcel-form] button[value=end]');
    await page.waitForURL('**/desk/packing');
    await until(page, 'it is sent', async () => (await states(page)).at(-1) === 'sent');
    assert.equal(await count(), first);

    // The end of the parcel is the end of the film, and the film comes along; without a network as well.
    await page.goto('/desk/packing');
    await context.setOffline(true);
    await begin(page, ORDER);
    await page.locator('[data-parcel-form]').waitFor();
    await filming();
    await page.waitForTimeout(1500);
    await page.click('[data-parcel-form] button[value=end]');
    await until(page, 'the second waits', async () => (await states(page)).at(-1) === 'waiting');
    await context.setOffline(false);
    await until(page, 'the second is sent', async () => (await states(page)).at(-1) === 'sent');

    // Whoever does not want it says so once.
    await begin(page, ORDER);
    await page.waitForURL(/\/desk\/packing\/[0-9a-f-]{36}$/);
    path = new URL(page.url()).pathname;
    await filming();
    await page.uncheck('[data-film] input');
    await page.click('[data-film-go]');
    await until(page, 'it stopped', async () => (await film()).startsWith('录像已停'));
    await page.click('[data-parcel-form] button[value=end]');
    await page.waitForURL('**/desk/packing');
    await begin(page, ORDER);
    await page.waitForURL(/\/desk\/packing\/[0-9a-f-]{36}$/);
    await page.locator('[data-film]:visible').waitFor();
    await page.waitForTimeout(1000);
    assert.equal(await film(), '');
    await story.end();
  });
});
