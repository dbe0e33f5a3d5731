// The dispatcher's pages, and visits that move: absences, what visits need, what was measured, another time, the board.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { numberOn } from '../harness/claims.mjs';
import { Story, asked, formOf, onward, send } from '../harness/people.mjs';
import { startDemo } from '../harness/server.mjs';

const DEVICES = ['phone', 'desktop'];
/** Longest wait for an offer that is made in the background, in tries of a quarter of a second. */
const TRIES = 60;

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

/** A day in China, some days from now, as a field of dates writes it. */
function day(days) {
  return new Date(Date.now() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
}

/** China's time in the form's own format, some hours from now. */
function inHours(hours) {
  return new Date(Date.now() + (hours + 8) * 3_600_000).toISOString().slice(0, 16);
}

/** Opens the fold that holds the form, and gives the form. */
async function unfolded(page, selector) {
  const folded = page.locator(`details:not([open]):has(${selector})`);
  if (await folded.count()) await folded.first().locator('> summary').click();
  return page.locator(selector).first();
}

async function submit(page, form) {
  await form.locator('button[type=submit]').first().click();
  await page.waitForLoadState('load');
}

/** A lamp that is to be repaired, as a program reports it; the number of the case. */
async function reported() {
  const answer = await fetch(`${server.url}/api/v1/repairs`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      kind: 'repair', skill: 'lamp', county: '330106', description: '台灯不亮。',
      person: { name: '吴晓例', phone: '13800000022', address: '杭州西湖区样板路 29 号' },
      consent: { notice_version: '2026-11-26', purposes: ['handle_the_case'] },
    }),
  });
  const text = await answer.text();
  assert.equal(answer.status, 201, text);
  return JSON.parse(text).number;
}

/** The visit of a case that can be moved, on the first day of the board that has it. */
async function onBoard(page, number, selector) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    for (let day = 0; day < 7; day += 1) {
      await page.goto(`/desk/dispatch?day=${day}`);
      const found = page.locator(selector, { hasText: number });
      if (await found.count()) return found.first();
    }
    await page.waitForTimeout(250);
  }
  return assert.fail(`${number} is not on the board`);
}

/** What the table calls a case. */
const short = number => number.slice(number.indexOf('-') + 1);

for (const size of DEVICES) {
  describe(size, () => {
    test('somebody is away, and comes back sooner', async () => {
      const story = new Story(browser, server, { size });
      const dispatcher = await story.staff('dispatcher');
      const page = dispatcher.page;
      await page.goto('/desk/technicians');
      await story.see(dispatcher, 'technicians');
      const away = await unfolded(page, 'form[action$="/away"]');
      // The end before the beginning is told at the form, and nothing is lost.
      await away.locator('input[name=absence_from]').fill(day(9));
      await away.locator('input[name=absence_until]').fill(day(8));
      await submit(page, away);
      await story.see(dispatcher, 'absence-refused');
      const again = await unfolded(page, 'form[action$="/away"]');
      assert.equal(await again.locator('input[name=absence_from]').inputValue(), day(9));
      await again.locator('input[name=absence_until]').fill(day(10));
      await submit(page, again);
      const listed = `${day(9)} ~ ${day(10)}`;
      assert.equal(await page.locator(`button[name=absence][value="${listed}"]`).count(), 1);
      await story.see(dispatcher, 'absence');
      await page.locator(`button[name=absence][value="${listed}"]`).click();
      await page.waitForLoadState('load');
      assert.equal(await page.locator(`button[name=absence][value="${listed}"]`).count(), 0);
      for (const path of ['/desk/dispatch', '/desk/measured']) {
        await page.goto(path);
        await story.see(dispatcher, path.slice(6));
      }
      await story.end();
    });

    test('what a visit needs, and what a technician has', async () => {
      const story = new Story(browser, server, { size, language: 'en' });
      const dispatcher = await story.staff('dispatcher');
      const page = dispatcher.page;
      await page.goto('/desk/technicians');
      const equip = await unfolded(page, 'form[action$="/equipment"]');
      await equip.locator('input[name=stock]').fill('valve');
      await submit(page, equip);
      await story.see(dispatcher, 'equipment-refused');
      const again = await unfolded(page, 'form[action$="/equipment"]');
      await again.locator('input[name=stock]').fill('valve x 3; hose x 1');
      await submit(page, again);
      assert.match(await page.locator('main').innerText(), /hose x 1; valve x 3/);
      const need = page.locator('form[action="/desk/technicians/needs"]');
      await need.locator('input[name=skill]').fill('tableware');
      await need.locator('input[name=people]').fill('2');
      await submit(page, need);
      assert.match(await page.locator('#needs').innerText(), /two people/);
      await story.see(dispatcher, 'needs');
      await page.locator('form[action$="/needs/remove"] button').first().click();
      await page.waitForLoadState('load');
      assert.doesNotMatch(await page.locator('#needs').innerText(), /tableware/);
      await story.end();
    });

    test('another time is proposed, and the customer keeps the agreed one', async () => {
      const story = new Story(browser, server, { size });
      const customer = await story.visitor();
      await customer.page.goto('/report');
      const lamp = await customer.page.locator('select[name=product] option', { hasText: '示例台灯' }).getAttribute('value');
      await customer.page.selectOption('select[name=product]', lamp);
      await customer.page.fill('textarea[name=description]', `台灯忽明忽暗（${size}）。`);
      await onward(customer.page);
      await customer.page.fill('input[name=address]', '杭州西湖区样板路 28 号');
      await customer.page.locator('input[name=address]').blur();
      await customer.page.waitForTimeout(500);
      await onward(customer.page);
      await customer.page.fill('input[name=name]', '吴晓例');
      await customer.page.fill('input[name=phone]', '13800000021');
      await customer.page.check('input[name=purposes][value=handle_the_case]');
      await customer.page.click('form[action="/report"] button.go[type=submit]');
      await customer.page.waitForSelector('.code');
      const code = await customer.page.locator('.code').getAttribute('aria-label');
      await customer.page.locator('section.card a.btn.go').click();
      await customer.page.waitForURL('**/c/**');
      await customer.page.fill('input[name=code]', code);
      await customer.page.click('form button[type=submit]');
      await customer.page.waitForURL('**/case');
      const number = await numberOn(customer.page);
      const technician = await asked([await story.staff('tech1'), await story.staff('tech2')], number);
      await send(technician.page, 'accept_offer');
      await send(technician.page, 'schedule', { from: inHours(26), until: inHours(28) });
      const propose = await formOf(technician.page, 'propose_times');
      await propose.locator('input[name=windows]').first().check();
      await submit(technician.page, propose);
      await story.see(technician, 'proposed');
      await customer.page.reload();
      await story.see(customer, 'asked-for-another-time');
      await send(customer.page, 'keep_time');
      await story.see(customer, 'kept');
      assert.equal(await customer.page.locator('input[name=action][value=keep_time]').count(), 0);
      await story.end();
    });

    test('a visit is moved from its page, and put back', async () => {
      const story = new Story(browser, server, { size, language: 'en' });
      const dispatcher = await story.staff('dispatcher');
      const page = dispatcher.page;
      const number = await reported();
      const row = await onBoard(page, number, 'details.fold li');
      // On a phone there is the list instead of the table.
      assert.equal(await page.locator('table.gantt').isVisible(), size === 'desktop');
      await story.see(dispatcher, 'board');
      await row.locator('a.btn').click();
      await page.waitForURL('**/desk/dispatch/move?**');
      await story.see(dispatcher, 'move');
      const people = await page.locator('#mv-technician option').evaluateAll(all => all.map(one => one.value).filter(Boolean));
      let told = false;
      for (const technician of people) {
        await page.selectOption('#mv-technician', technician);
        await submit(page, page.locator('form[role=search]'));
        told = await page.locator('#what-if input[name=do][value=move]').count() > 0;
        if (told) break;
      }
      assert.ok(told, 'nobody can make it');
      await story.see(dispatcher, 'what-if');
      await submit(page, page.locator('#what-if form[method=post]'));
      await page.waitForURL('**/desk/dispatch?**');
      await story.see(dispatcher, 'moved');
      const undo = page.locator('.toast input[name=do][value=back]');
      if (await undo.count()) {
        await submit(page, page.locator('.toast form'));
        assert.match(await page.locator('.toast').first().innerText(), /as it did before/);
        assert.equal(await page.locator('.toast input[name=do][value=back]').count(), 0);
      }
      await story.end();
    });
  });
}

describe('the board at a desk', () => {
  test('arrow keys move a visit, Escape leaves it, and Enter shows what comes of it', async () => {
    const story = new Story(browser, server, { size: 'desktop', language: 'en' });
    const dispatcher = await story.staff('dispatcher');
    const page = dispatcher.page;
    const number = await reported();
    const job = await onBoard(page, short(number), 'a.job[data-move]');
    await job.focus();
    await page.keyboard.press('ArrowRight');
    const says = page.locator('.boardbox + p[role=status]');
    assert.match(await says.innerText(), /\d\d:\d\d\. Enter shows/);
    assert.equal(await page.locator('.ghost').isVisible(), true);
    await page.keyboard.press('Escape');
    assert.match(await says.innerText(), /Left as it was/);
    assert.equal(await page.locator('.ghost').isVisible(), false);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.locator('dialog #what-h').waitFor();
    await story.see(dispatcher, 'dialog');
    assert.equal(await page.locator('dialog #what-h').evaluate(el => el === document.activeElement), true);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('dialog').count(), 0);
    assert.equal(await job.evaluate(el => el === document.activeElement), true, 'back where it was');
    await story.end();
  });

  test('a visit is dragged, and nothing moves before it is confirmed', async () => {
    const story = new Story(browser, server, { size: 'desktop', language: 'en' });
    const dispatcher = await story.staff('dispatcher');
    const page = dispatcher.page;
    const number = await reported();
    const job = await onBoard(page, short(number), 'a.job[data-move]');
    await job.scrollIntoViewIfNeeded();
    const { x, y, height } = await job.boundingBox();
    const before = page.url();
    await page.mouse.move(x + 6, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + 40, y + height / 2, { steps: 4 });
    await page.keyboard.press('Escape');
    await page.mouse.move(x + 80, y + height / 2, { steps: 4 });
    assert.equal(await page.locator('.ghost').isVisible(), false, 'it follows no more');
    await page.mouse.up();
    assert.equal(page.url(), before, 'nor is the link followed');
    await page.mouse.move(x + 6, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + 40, y + height / 2, { steps: 4 });
    await page.mouse.move(x + 80, y + height / 2, { steps: 4 });
    assert.equal(await page.locator('.ghost').isVisible(), true);
    await page.mouse.up();
    await page.locator('dialog #what-h').waitFor();
    assert.equal(page.url(), before, 'the link under it is not followed');
    await story.see(dispatcher, 'dragged');
    // A click alone still opens the case.
    await page.keyboard.press('Escape');
    await job.click();
    await page.waitForURL('**/desk/cases/**');
    await story.end();
  });
});
