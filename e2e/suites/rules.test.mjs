// Trying rules out: a comparison that runs beside what is in force, and a demo whose clock is moved on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Story, onward, photo } from '../harness/people.mjs';
import { startDemo } from '../harness/server.mjs';

const SHADOW = '/desk/risk/shadow';
const SANDBOX = '/desk/sandbox';
const END = `form[action="${SHADOW}/end"]`;

/** Each device in a language of its own, so that both are read. */
const DEVICES = [
  { size: 'phone', language: 'zh-CN', order: 'DEMO-2003', words: { since: '开始', moved: '时钟已拨快', state: '审核员审核中' } },
  { size: 'desktop', language: 'en', order: 'DEMO-2006', words: { since: 'Begun', moved: 'the clock was moved on by', state: 'A reviewer is deciding' } },
];
/** Hours that no merchant has: then a person looks. */
const SILENCE_HOURS = 49;
/** Longest wait for what happens in the background, in tries of a quarter of a second. */
const TRIES = 60;

let browser;
let server;
/** By how many hours the clock of the demo was moved on so far. */
let ahead = 0;

before(async () => {
  server = await startDemo();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Sends the form that posts to `path`. */
async function submit(page, path) {
  await page.locator(`form[action="${path}"] button[type=submit]`).click();
  await page.waitForLoadState('load');
}

/** Waits until the page shows it, which happens within seconds. */
async function until(page, selector) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await page.locator(selector).count()) return;
    await page.waitForTimeout(250);
    await page.reload();
  }
  assert.fail(`${selector} did not appear on ${new URL(page.url()).pathname}`);
}

/** The way back to a claim, and its code: what a buyer writes down. */
async function claimed(story, order, seed) {
  const buyer = await story.visitor();
  const { page } = buyer;
  await page.goto('/claim');
  await page.fill('input[name=order_number]', order);
  await page.check('input[name=reason][value=damaged]');
  await page.check('input[name=ask_kind][value=refund]');
  await page.fill('input[name=ask_amount]', '68');
  await onward(page);
  await page.fill('textarea[name=statement]', '杯口缺了一块。');
  await page.setInputFiles('input[type=file][name=photos]', await photo(browser, seed));
  await onward(page);
  await page.fill('input[name=name]', '吴晓例');
  await page.fill('input[name=phone]', '13800000021');
  await page.check('input[name=purposes][value=handle_the_case]');
  await page.click('form[action="/claim"] button.go[type=submit]');
  await page.waitForSelector('.code');
  const code = await page.locator('.code').getAttribute('aria-label');
  const link = await page.locator('section.card a.btn.go').getAttribute('href');
  return { buyer, code, link };
}

/** Opens a claim by its link and code. */
async function open({ buyer, code, link }) {
  await buyer.page.goto(link);
  await buyer.page.fill('input[name=code]', code);
  await buyer.page.click('form button[type=submit]');
  await buyer.page.waitForURL('**/case');
}

for (const [at, { size, language, order, words }] of DEVICES.entries()) {
  describe(size, () => {
    test('another strength runs beside the thresholds, changes nothing, and is ended', async () => {
      const story = new Story(browser, server, { size, language });
      const risk = await story.staff('risk');
      const { page } = risk;
      await page.goto('/desk/risk');
      await page.locator(`main a[href="${SHADOW}"]`).first().click();
      await page.waitForURL(`**${SHADOW}`);
      assert.equal(await page.locator(END).count(), 0);
      await story.see(risk, 'shadow-none');
      // What is no number is told at its field, and nothing else is lost.
      const strength = page.locator('input[name=strength]');
      await strength.fill('two');
      await page.locator('input[name=without]').first().check();
      await submit(page, SHADOW);
      assert.equal(await strength.inputValue(), 'two');
      assert.equal(await strength.getAttribute('aria-invalid'), 'true');
      assert.ok(await page.locator('input[name=without]').first().isChecked());
      await story.see(risk, 'shadow-refused');
      await strength.fill('1.5');
      await submit(page, SHADOW);
      await page.waitForURL(`**${SHADOW}`);
      assert.equal(await page.locator(END).count(), 1);
      const told = await page.locator('section[aria-labelledby=runs]').innerText();
      assert.ok(told.includes('1.5'), told);
      assert.ok(told.includes(words.since), told);
      await story.see(risk, 'shadow');

      // Who audits reads it and changes nothing; who decides does not see it.
      const auditor = await story.staff('auditor');
      await auditor.page.goto(SHADOW);
      assert.equal(await auditor.page.locator('section[aria-labelledby=runs]').count(), 1);
      assert.equal(await auditor.page.locator(`main form[action^="${SHADOW}"]`).count(), 0);
      await story.see(auditor, 'shadow-for-the-auditor');
      const reviewer = await story.staff('reviewer');
      const shown = await reviewer.page.goto(SHADOW);
      assert.equal(shown.status(), 403);
      await story.see(reviewer, 'shadow-closed');

      await submit(page, `${SHADOW}/end`);
      assert.equal(await page.locator(END).count(), 0);
      await story.see(risk, 'shadow-ended');
      await story.end();
    });

    test('two days pass at once: a silent merchant leads to a person, and every page says what happened', async () => {
      const story = new Story(browser, server, { size, language });
      const filed = await claimed(story, order, 900 + at);
      await open(filed);
      const { page: track } = filed.buyer;
      assert.ok(!(await track.locator('main').innerText()).includes(words.state));
      const number = await track.locator('.mono').first().textContent();

      const admin = await story.staff('admin');
      const { page } = admin;
      await page.goto('/desk');
      await page.locator(`main a[href="${SANDBOX}"]`).first().click();
      await page.waitForURL(`**${SANDBOX}`);
      const hours = page.locator('input[name=hours]');
      assert.equal(await hours.inputValue(), '48');
      await story.see(admin, 'sandbox');
      // The clock never goes back.
      await hours.fill('-1');
      await submit(page, SANDBOX);
      assert.equal(await hours.inputValue(), '-1');
      assert.equal(await hours.getAttribute('aria-invalid'), 'true');
      await story.see(admin, 'sandbox-refused');
      await hours.fill(String(SILENCE_HOURS));
      await submit(page, SANDBOX);
      ahead += SILENCE_HOURS;
      // Two days later nobody is signed in any more; the page before the sign-in says already why.
      await page.waitForURL('**/login**');
      const moved = async who => {
        const said = await who.page.locator('body').innerText();
        assert.ok(said.includes(words.moved) && said.includes(String(ahead)), said);
      };
      await moved(admin);
      await story.see(admin, 'sandbox-moved');

      const reviewer = await story.staff('reviewer');
      await reviewer.page.goto('/desk/review');
      await until(reviewer.page, `a:has-text("${number}")`);
      await moved(reviewer);
      await story.see(reviewer, 'review-after-silence');
      // Silence paid nothing and decided nothing.
      await open(filed);
      await moved(filed.buyer);
      const progress = await track.locator('main').innerText();
      assert.ok(progress.includes(words.state), progress);
      await story.see(filed.buyer, 'track-after-silence');
      await story.end();
    });
  });
}
