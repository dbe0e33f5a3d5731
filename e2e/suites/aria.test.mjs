// What a screen reader is told of the chief pages of every role, against what is written down in e2e/aria: the first page of the desk, the
// queue, and one thing out of it that this suite made itself, so that it stands as it stands whatever else the demo holds.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Aloud } from '../harness/aria.mjs';
import { launch } from '../harness/browser.mjs';
import { Story, onward, photo } from '../harness/people.mjs';
import { startDemo } from '../harness/server.mjs';

/** Longest wait for what happens in the background, in tries of a quarter of a second. */
const TRIES = 80;
/** Everybody but the first of a list of people, and the rows of a table. */
const LATER_ROWS = 'main ul.stack > li:nth-child(n + 2)';
const TABLE_ROWS = 'main tbody tr';

let browser;
let server;
const aloud = new Aloud();

before(async () => {
  server = await startDemo();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Waits until the page has it: what is offered and checked happens in the background. */
async function until(page, path, selector) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    await page.goto(path);
    if (await page.locator(selector).count()) return;
    await page.waitForTimeout(250);
  }
  assert.fail(`${selector} did not appear on ${path}`);
}

/** Rows that do not lead to `path`. */
const others = (rows, path) => `${rows}:not(:has(a[href="${path}"]))`;

/** The last part of a form for everybody, and what comes of it: the page of the case, opened with its code, and the case's number. */
async function sent({ page }, action, name, phone) {
  await onward(page);
  await page.fill('input[name=name]', name);
  await page.fill('input[name=phone]', phone);
  await page.check('input[name=purposes][value=handle_the_case]');
  await page.click(`form[action="${action}"] button.go[type=submit]`);
  await page.waitForSelector('.code');
  const code = await page.locator('.code').getAttribute('aria-label');
  await page.locator('section.card a.btn.go').click();
  await page.waitForURL('**/c/**');
  await page.fill('input[name=code]', code);
  await page.click('form button[type=submit]');
  await page.waitForURL('**/case');
  return page.locator('.mono').first().textContent();
}

/** A claim for a cracked mug with this photo; gives its buyer and its number. */
async function claimed(story, order, picture, phone) {
  const buyer = await story.visitor();
  const { page } = buyer;
  await page.goto('/claim');
  await page.fill('input[name=order_number]', order);
  await page.check('input[name=reason][value=damaged]');
  await page.check('input[name=ask_kind][value=refund]');
  await page.fill('input[name=ask_amount]', '68');
  await onward(page);
  await page.fill('textarea[name=statement]', '收到时有裂纹。');
  await page.setInputFiles('input[type=file][name=photos]', picture);
  return { buyer, number: await sent(buyer, '/claim', '周示范', phone) };
}

/** Reads the first page of a role's desk, in Chinese and in English, with its navigation. */
async function readHome(who, role) {
  await who.page.goto('/desk');
  await aloud.read(who, `${role}-home`, { whole: true });
  await who.page.goto('/desk?lang=en');
  await aloud.read({ ...who, language: 'en' }, `${role}-home`, { whole: true });
  await who.page.goto('/desk?lang=zh-CN');
}

/** Reads pages one after another and ends the story; what differs is told together. */
async function tell(walk) {
  const story = new Story(browser, server, { size: 'desktop' });
  aloud.wrong = [];
  await walk(story);
  await story.end();
  assert.equal(aloud.wrong.join('\n\n'), '');
}

describe('read aloud', () => {
  test('what everybody is asked', () => tell(async story => {
    const visitor = await story.visitor();
    for (const [path, name] of [['/', 'landing'], ['/report', 'report'], ['/claim', 'claim']]) {
      await visitor.page.goto(path);
      await aloud.read(visitor, `consumer-${name}`, { whole: path === '/' });
    }
    await visitor.page.goto('/report?lang=en');
    await aloud.read({ ...visitor, language: 'en' }, 'consumer-report');
  }));

  test('a repair: its customer, its agent, its dispatcher and whoever is asked to go', () => tell(async story => {
    const customer = await story.visitor();
    const { page } = customer;
    await page.goto('/report');
    const lamp = await page.locator('select[name=product] option', { hasText: '示例台灯' }).getAttribute('value');
    await page.selectOption('select[name=product]', lamp);
    await page.fill('textarea[name=description]', '台灯打开后闪几下就灭。');
    await onward(page);
    await page.fill('input[name=address]', '杭州西湖区样板路 38 号');
    await page.locator('input[name=address]').blur();
    await page.waitForTimeout(500);
    const number = await sent(customer, '/report', '林晓示', '13800000051');

    const agent = await story.staff('agent');
    await readHome(agent, 'agent');
    await agent.page.goto('/desk/cases');
    const address = await agent.page.locator('main a', { hasText: number }).first().getAttribute('href');
    await aloud.read(agent, 'agent-cases', { without: [others(TABLE_ROWS, address)] });
    // Somebody is asked at once; who that is depends on who is free.
    await until(agent.page, address, 'ul.queue li:has(time)');
    const asked = (await agent.page.locator('ul.queue li:has(time)').first().textContent()).includes('王师傅') ? 'tech1' : 'tech2';
    await aloud.read(agent, 'agent-case');
    await agent.page.goto('/desk/intake');
    await aloud.read(agent, 'agent-intake');

    const dispatcher = await story.staff('dispatcher');
    await readHome(dispatcher, 'dispatcher');
    await dispatcher.page.goto(address);
    await aloud.read(dispatcher, 'dispatcher-case');

    const technician = await story.staff(asked);
    await readHome(technician, 'technician');
    const job = address.replace('/desk/cases/', '/desk/jobs/');
    await technician.page.goto('/desk/jobs');
    await aloud.read(technician, 'technician-jobs', { without: [others('main ul.stack-s > li', job)] });
    await technician.page.goto(job);
    await aloud.read(technician, 'technician-job');

    await page.reload();
    await aloud.read(customer, 'consumer-repair');
  }));

  test('two claims: a buyer, the merchant, the reviewer, the risk manager and the auditor', () => tell(async story => {
    const used = await photo(browser, 401);
    const { buyer, number } = await claimed(story, 'DEMO-2002', used, '13800000052');
    const merchant = await story.staff('merchant');
    await readHome(merchant, 'merchant');
    await until(merchant.page, '/desk/inbox', `main a:has-text("${number}")`);
    const address = await merchant.page.locator('main a', { hasText: number }).first().getAttribute('href');
    await aloud.read(merchant, 'merchant-inbox', { without: [others('main nav.list li', address)] });
    await merchant.page.goto(address);
    await aloud.read(merchant, 'merchant-claim', { without: [others('main nav.list li', address)] });
    await buyer.page.reload();
    await aloud.read(buyer, 'consumer-claim-case');

    // The same photo for another order: a person looks first, without having read what was found.
    const { number: second } = await claimed(story, 'DEMO-2001', used, '13800000053');
    const reviewer = await story.staff('reviewer');
    await readHome(reviewer, 'reviewer');
    await until(reviewer.page, '/desk/review', `main a:has-text("${second}")`);
    const blind = await reviewer.page.locator('main a', { hasText: second }).first().getAttribute('href');
    // Decided claims that are looked at again are drawn by lot.
    await aloud.read(reviewer, 'reviewer-queue', { without: [others('main nav.list li', blind), 'main section.card'] });
    await until(reviewer.page, blind, 'input[name=action][value=first_look]');
    await aloud.read(reviewer, 'reviewer-blind', { without: [others('main nav.list li', blind)] });

    const risk = await story.staff('risk');
    await readHome(risk, 'risk-manager');
    await risk.page.goto('/desk/risk');
    await aloud.read(risk, 'risk-manager-measures', { without: [TABLE_ROWS] });

    const auditor = await story.staff('auditor');
    await readHome(auditor, 'auditor');
    await auditor.page.goto('/desk/log');
    await aloud.read(auditor, 'auditor-log', { without: [TABLE_ROWS] });
    await auditor.page.goto(address.replace('/desk/inbox/', '/desk/cases/'));
    await aloud.read(auditor, 'auditor-claim');
  }));

  test('whoever keeps accounts and settings', () => tell(async story => {
    const admin = await story.staff('admin');
    await readHome(admin, 'admin');
    await admin.page.goto('/desk/users');
    await aloud.read(admin, 'admin-users', { without: [LATER_ROWS] });
    await admin.page.goto('/desk/settings');
    await aloud.read(admin, 'admin-settings');
  }));

  test('nothing is written down of a page that is not read', async () => {
    assert.deepEqual(await aloud.leftOver(), [], 'remove these files from e2e/aria');
  });
});
