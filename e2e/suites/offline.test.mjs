// A technician's day in a basement, on a phone: the jobs are read without a network, a job is done to its end, the page is
// reloaded and killed, and everything arrives once. Two phones on one job both keep their work.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Story, onward, photo, send } from '../harness/people.mjs';
import { startDemo } from '../harness/server.mjs';

/** Longest wait for what happens in the background, in tries of a quarter of a second. */
const TRIES = 80;

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

/** China's time in the form's own format, some hours from now. */
function inHours(hours) {
  return new Date(Date.now() + (hours + 8) * 3_600_000).toISOString().slice(0, 16);
}

/** Asks until it is so. */
async function until(page, what, ask) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await ask()) return;
    await page.waitForTimeout(250);
  }
  assert.fail(`not so in time: ${what}`);
}

/** A lamp is reported with these words; gives the technician who was asked first, with the job and its offer open. */
async function offeredJob(story, words, phone) {
  const customer = await story.visitor();
  await customer.page.goto('/report');
  const lamp = await customer.page.locator('select[name=product] option', { hasText: '示例台灯' }).getAttribute('value');
  await customer.page.selectOption('select[name=product]', lamp);
  await customer.page.fill('textarea[name=description]', words);
  await onward(customer.page);
  await customer.page.fill('input[name=address]', '杭州西湖区样板路 28 号');
  await customer.page.locator('input[name=address]').blur();
  await customer.page.waitForTimeout(500);
  await onward(customer.page);
  await customer.page.fill('input[name=name]', '吴晓例');
  await customer.page.fill('input[name=phone]', phone);
  await customer.page.check('input[name=purposes][value=handle_the_case]');
  await customer.page.click('form[action="/report"] button.go[type=submit]');
  await customer.page.waitForSelector('.code');
  for (const login of ['tech1', 'tech2']) {
    const technician = await story.staff(login);
    const { page } = technician;
    for (let tries = 0; tries < 12; tries += 1) {
      await page.goto('/desk/jobs');
      const links = page.locator('main a[href^="/desk/jobs/"]');
      const paths = await links.evaluateAll(all => all.map(a => a.getAttribute('href')));
      for (const path of paths) {
        await page.goto(path);
        const ours = (await page.locator('main').innerText()).includes(words);
        if (ours && await page.locator('input[name=action][value=accept_offer]').count()) return { technician, path, login };
      }
      await page.waitForTimeout(250);
    }
  }
  return assert.fail('nobody was asked');
}

/** The same, taken, with a time agreed. */
async function agreedJob(story, words, phone) {
  const job = await offeredJob(story, words, phone);
  const { page } = job.technician;
  await send(page, 'accept_offer');
  await send(page, 'schedule', { from: inHours(2), until: inHours(4) });
  return job;
}

/** The browser keeps the page, and is in the hands of the worker. */
async function kept(page, path, inHand = 'set_out') {
  await page.goto('/desk/jobs');
  await until(page, `${path} is kept`, () => page.evaluate(
    async ([list, job]) => !!navigator.serviceWorker.controller && !!(await caches.match(list)) && !!(await caches.match(job)),
    ['/desk/jobs', path],
  ));
  // As it stands now, with the step in hand.
  await page.goto(path);
  await until(page, 'the latest is kept', () => page.evaluate(
    async ([job, action]) => (await (await caches.match(job)).text()).includes(`value="${action}"`),
    [path, inHand],
  ));
}

const waiting = page => page.locator('#queue li:not([data-state=sent])').count();

/** Does a step that the phone shows by itself, and waits until it is written down. */
async function step(page, name, fields = {}) {
  const before = await page.locator('#queue li').count();
  const form = page.locator(`[data-ahead-shown] form:has(input[name=action][value=${name}])`);
  for (const [field, value] of Object.entries(fields)) {
    if (field === 'photos') await form.locator('[name=photos]').setInputFiles(value);
    else if (field === 'outcome') await form.locator(`[name=outcome][value=${value}]`).check();
    else if (field === 'fault_code') await form.locator('[name=fault_code]').selectOption(value);
    else await form.locator(`[name=${field}]`).fill(value);
  }
  await form.locator('button[type=submit]').click();
  await until(page, `${name} is written down`, async () => await page.locator('#queue li').count() === before + 1);
}

describe('phone', () => {
  test('a day in a basement loses nothing', async () => {
    const story = new Story(browser, server, { size: 'phone' });
    const { technician, path } = await agreedJob(story, '地下室的台灯不亮。', '13800000031');
    let { page } = technician;
    const { context } = technician;
    await kept(page, path);

    await context.setOffline(true);
    await page.goto('/desk/jobs');
    assert.match(await page.locator('main').innerText(), /维修 · lamp/);
    await page.goto(path);
    assert.match(await page.locator('main').innerText(), /地下室的台灯不亮。/);
    await page.locator('form:has(input[name=action][value=set_out]) button[type=submit]').first().click();
    await until(page, 'the first act is written down', async () => await waiting(page) === 1);
    await step(page, 'arrive');
    await story.see(technician, 'offline-arrived');
    await step(page, 'add_photos', { photos: await photo(browser, 71) });
    // The phone is put down and taken up again.
    await page.reload();
    await until(page, 'three are still here', async () => await waiting(page) === 3);
    await step(page, 'diagnose', { fault_code: 'E1', note: '驱动板烧了。' });
    await step(page, 'start_work');
    // The customer signs on the phone.
    const board = page.locator('[data-ahead-shown] canvas.sign');
    await board.scrollIntoViewIfNeeded();
    const box = await board.boundingBox();
    await page.mouse.move(box.x + 20, box.y + 30);
    await page.mouse.down();
    for (let at = 1; at <= 10; at += 1) await page.mouse.move(box.x + 20 + at * 15, box.y + 30 + (at % 3) * 20);
    await page.mouse.up();
    await until(page, 'it is signed', async () => (await page.locator('[data-ahead-shown] [data-sign-said]').innerText()).includes('已签'));
    await story.see(technician, 'offline-signed');
    await step(page, 'finish', { outcome: 'fixed', photos: await photo(browser, 72), note: '换了驱动板。' });
    // The page is killed, and opened anew without a network.
    await page.close();
    page = await context.newPage();
    technician.page = page;
    await page.goto(path);
    await until(page, 'six are still here', async () => await waiting(page) === 6);
    await story.see(technician, 'offline-six-waiting');

    await context.setOffline(false);
    await until(page, 'everything is sent', async () => await waiting(page) === 0 && await page.locator('#queue li[data-state=sent]').count() === 6);
    await page.goto(path);
    await until(page, 'the latest is shown', async () => await page.locator('html[data-kept]').count() === 0);
    const done = await page.locator('main').innerText();
    assert.equal(done.match(/师傅已出发。/g)?.length, 1);
    assert.equal(done.match(/师傅已到。/g)?.length, 1);
    assert.match(done, /驱动板烧了。/);
    assert.match(done, /换了驱动板。/);
    assert.equal(await page.locator('section[data-order] .pair img').count(), 3, 'before, after, and the signature');
    assert.match(done, /客户签字/);
    await story.see(technician, 'online-again');

    // Whoever signs out leaves no page behind.
    await page.goto('/desk');
    await page.locator('main form[action="/logout"] button').click();
    await page.waitForURL('**/login**');
    await until(page, 'no page is left', () => page.evaluate(async () => (await caches.keys()).every(name => !name.startsWith('jobs:'))));
    await story.end();
  });

  test('two phones on one job offline both keep their work', async () => {
    const story = new Story(browser, server, { size: 'phone', language: 'zh-CN' });
    const { technician, path, login } = await agreedJob(story, '走廊的台灯一闪一闪。', '13800000032');
    const other = await story.staff(login);
    await kept(technician.page, path);
    await kept(other.page, path);
    for (const [who, code, note] of [[technician, 'E1', '第一部手机：接触不良。'], [other, 'E3', '第二部手机：灯座裂了。']]) {
      const { page, context } = who;
      await context.setOffline(true);
      await page.goto(path);
      await page.locator('form:has(input[name=action][value=set_out]) button[type=submit]').first().click();
      await until(page, 'written down', async () => await waiting(page) === 1);
      await step(page, 'arrive');
      await step(page, 'diagnose', { fault_code: code, note });
      await step(page, 'start_work');
    }
    await technician.context.setOffline(false);
    await until(technician.page, 'the first phone is done', async () => await waiting(technician.page) === 0);
    await other.context.setOffline(false);
    const { page } = other;
    // The other set out already: that act is refused, stays with its reason, and what stands behind it waits.
    const refused = name => page.locator('#queue li[data-state=refused]', { hasText: new RegExp(`^${name} ·`) });
    for (const name of ['出发', '到达', '检测']) {
      await refused(name).waitFor();
      await story.see(other, `refused-${name}`);
      // Neither note is written over: the second diagnosis is beside the first.
      if (name === '检测') assert.match(await refused(name).innerText(), /第二部手机：灯座裂了。/);
      await refused(name).getByRole('button', { name: '留作留言' }).click();
    }
    const last = refused('开始维修');
    await last.waitFor();
    page.once('dialog', dialog => dialog.accept());
    await last.getByRole('button', { name: '去掉' }).click();
    await until(page, 'nothing waits', async () => await waiting(page) === 0);
    await page.goto(path);
    const both = await page.locator('main').innerText();
    assert.match(both, /第一部手机：接触不良。/);
    assert.match(both, /第二部手机：灯座裂了。/);
    await story.end();
  });

  test('an offer is accepted in a basement, and one that went to somebody else meanwhile is told in words', async () => {
    const story = new Story(browser, server, { size: 'phone', language: 'zh-CN' });
    const accept = page => page.locator('form:has(input[name=action][value=accept_offer]) button[type=submit]').first();
    const inBasement = async ({ technician, path }) => {
      const { page, context } = technician;
      await kept(page, path, 'accept_offer');
      await context.setOffline(true);
      await page.goto(path);
      await accept(page).click();
      await until(page, 'the answer is written down', async () => await waiting(page) === 1);
    };
    const first = await offeredJob(story, '楼梯间的台灯不亮。', '13800000033');
    await inBasement(first);
    const { page, context } = first.technician;
    // It is asked for once, and says that it waits.
    assert.equal(await accept(page).isVisible(), false);
    assert.match(await page.locator('main').innerText(), /已在这部手机上接单，有网后送到/);
    assert.match(await page.locator('#queue').innerText(), /接单 ·[^]*等网络/);
    await story.see(first.technician, 'offer-accepted-offline');
    await context.setOffline(false);
    await until(page, 'the answer is sent', async () => await waiting(page) === 0);
    await page.goto(first.path);
    await until(page, 'the job is theirs', async () => await page.locator('template[data-ahead]').count() === 1);

    const second = await offeredJob(story, '书房的台灯不亮。', '13800000034');
    await inBasement(second);
    const elsewhere = await story.staff(second.login);
    await elsewhere.page.goto(second.path);
    await send(elsewhere.page, 'decline_offer', { reason: '今天排满了。' });
    await second.technician.context.setOffline(false);
    const late = second.technician.page.locator('#queue li[data-state=refused]');
    await late.waitFor();
    await until(second.technician.page, 'it is told in words', async () => /请不要上门/.test(await late.innerText()));
    await story.see(second.technician, 'offer-answered-late');
    await late.getByRole('button', { name: '知道了' }).click();
    await until(second.technician.page, 'nothing waits', async () => await waiting(second.technician.page) === 0);
    await story.end();
  });
});
