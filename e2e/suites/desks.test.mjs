// The desks beside the cases: calls and calling back, parts, what technicians are owed, warranties and health.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { Story } from '../harness/people.mjs';
import { startDemo } from '../harness/server.mjs';

/** A device and a language each, in both themes; a tablet lies between them, where the navigation has a row of its own. */
const DEVICES = [
  { name: 'phone', size: 'phone', language: 'zh-CN', colorScheme: 'light', tail: 31 },
  { name: 'phone, dark', size: 'phone', language: 'en', colorScheme: 'dark', tail: 41 },
  { name: 'tablet', size: 'tablet', language: 'en', colorScheme: 'light', tail: 51 },
  { name: 'desktop, dark', size: 'desktop', language: 'zh-CN', colorScheme: 'dark', tail: 61 },
];

/** What stands on the pages, in both languages. */
const WORDS = {
  'zh-CN': { none: '没有这个序列号', low: '该补货', tried: '已打 1 次没接通', fine: '正常', quiet: '免打扰时段' },
  en: { none: 'does not have this serial', low: 'to be ordered', tried: 'Called in vain: 1', fine: 'Fine', quiet: 'Quiet hours' },
};

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

/** Sends JSON as the page's own site would, and returns the answer's status and content. */
async function send(page, method, path, content) {
  return page.evaluate(async ([how, where, what]) => {
    const answer = await fetch(where, { method: how, headers: { 'content-type': 'application/json' }, body: JSON.stringify(what) });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  }, [method, path, content]);
}

/** Clicks what sends a form and waits for the page that answers. */
async function press(page, button) {
  await Promise.all([page.waitForEvent('load'), button.click()]);
}

for (const { name, size, language, tail, ...device } of DEVICES) {
  describe(name, () => {
    const words = WORDS[language];
    const begin = async login => {
      const story = new Story(browser, server, { size, language });
      const visitor = story.visitor.bind(story);
      story.visitor = (rest = {}) => visitor({ ...device, ...rest });
      return [story, await story.staff(login)];
    };

    test('a call that nobody answered is owed until somebody is done with it', async () => {
      const [story, agent] = await begin('agent');
      const { page } = agent;
      await page.goto('/desk/calls');
      await story.see(agent, 'calls');
      // Whoever is on the page sees each call as it comes; these came before it was opened.
      await page.goto('/desk');
      const masked = `138****00${tail}`;
      const tell = (id, event, phone) => send(page, 'POST', '/api/v1/calls', { id: `desks-${tail}-${id}`, event, phone });
      for (const [id, event, phone] of [['rings', 'ring', `138000000${tail + 1}`], ['owed', 'missed', `138000000${tail}`], ['withheld', 'missed', '']]) {
        assert.equal((await tell(id, event, phone)).status, 200, id);
      }
      await page.goto('/desk/calls');
      await story.see(agent, 'calls-owed');
      const owed = page.locator('main li').filter({ hasText: masked });
      assert.equal(await owed.count(), 1);
      // The number is not on the page before somebody takes the call.
      assert.ok(!(await page.content()).includes(`138000000${tail}`));

      await press(page, owed.locator('button[value=not_reached]'));
      assert.match(await owed.textContent(), new RegExp(words.tried));
      await story.see(agent, 'calls-not-reached');

      await press(page, owed.locator('button[value=open]'));
      assert.equal(await page.inputValue('input[name=phone]'), `+86138000000${tail}`);
      await story.see(agent, 'calls-opened');

      await page.goto('/desk/calls');
      await press(page, page.locator('main li').filter({ hasText: masked }).locator('button[value=done]'));
      await page.goto('/desk/calls');
      const list = await (await page.request.get('/api/v1/calls')).json();
      assert.ok(!list.waiting.some(call => call.phone === masked), 'the call that is done is still owed');
      await story.end();
    });

    test('whoever takes a report sees which case of the number is open, and what the order bought', async () => {
      const [story, agent] = await begin('agent');
      const { page } = agent;
      await page.goto('/desk/intake');
      await page.fill('input[name=phone]', '13800000005');
      await page.locator('input[name=phone]').blur();
      await page.waitForSelector('#known a[href^="/desk/cases/"]');
      await page.fill('input[name=order_number]', 'DEMO-1005');
      await page.locator('input[name=order_number]').blur();
      await page.waitForSelector('#known dl');
      await story.see(agent, 'intake-known');
      await story.end();
    });

    test('what technicians are owed: a month, a correction, a draft, and what was approved as a table', async () => {
      const [story, admin] = await begin('admin');
      const { page } = admin;
      await page.goto('/desk/settlement');
      await story.see(admin, 'settlement');
      await page.locator('details.fold > summary').first().click();
      await story.see(admin, 'settlement-tariff');
      const correct = page.locator('form[action="/desk/settlement/corrections"]');
      await correct.locator('select[name=technician]').selectOption({ index: 1 });
      await correct.locator('input[name=amount]').fill('much');
      await correct.locator('select[name=reason]').selectOption({ index: 1 });
      await press(page, correct.locator('button[type=submit]'));
      assert.ok(await correct.locator('[aria-invalid=true]').count());
      await story.see(admin, 'settlement-wrong');
      await correct.locator('input[name=amount]').fill(`${tail}.50`);
      await press(page, correct.locator('button[type=submit]'));

      const make = page.locator('form[action="/desk/settlement"][method=post]');
      await make.locator('select[name=technician]').selectOption({ index: 1 });
      await press(page, make.locator('button[type=submit]'));
      if (new URL(page.url()).pathname === '/desk/settlement') {
        await page.locator('main tr').filter({ has: page.locator('.badge.time') }).locator('a').click();
        await page.waitForURL('**/desk/settlement/*');
      }
      await story.see(admin, 'settlement-draft');
      assert.match(await page.locator('main').textContent(), new RegExp(`${tail}\\.50`));
      // A draft is nothing to pay by: there is no table of it yet.
      const table = `${new URL(page.url()).pathname}/lines.csv`;
      assert.equal((await page.request.get(table)).ok(), false);
      await press(page, page.locator('form[action$="/approve"] button'));
      await story.see(admin, 'settlement-approved');
      const lines = await page.request.get(table);
      assert.equal(lines.status(), 200);
      assert.match(await lines.text(), new RegExp(`"correction",.*,${tail}50\r\n`));
      await story.end();
    });

    test('a warranty that is not known is called unknown, and one that is known shows its history', async () => {
      const [story, agent] = await begin('agent');
      const { page } = agent;
      await page.goto('/desk/warranty');
      await story.see(agent, 'warranty');
      await page.fill('#w-serial', `NO-SUCH-${tail}`);
      await press(page, page.locator('form[role=search] button'));
      assert.match(await page.locator('main').textContent(), new RegExp(words.none));
      await story.see(agent, 'warranty-unknown');
      const table = await page.request.get('/desk/warranty/ledger.csv');
      assert.equal(table.status(), 200);
      assert.match(await table.text(), /^serial,kind,day,/);
      await story.end();
    });

    test('parts: what cannot be moved is said beside the field, what is moved counts once, what runs low is said', async () => {
      const [story, admin] = await begin('admin');
      const { page } = admin;
      await page.goto('/desk/parts');
      await story.see(admin, 'parts');
      const before = await (await page.request.get('/api/v1/stock')).json();
      const move = page.locator('form[action="/desk/parts"]');
      await move.locator('select[name=act]').selectOption('receive');
      await move.locator('select[name=outlet]').selectOption('OUT-1');
      await move.locator('input[name=part]').fill('valve');
      await move.locator('input[name=count]').fill('many');
      await press(page, move.locator('button[type=submit]'));
      assert.equal(await move.locator('input[name=count]').getAttribute('aria-invalid'), 'true');
      // What was chosen and typed is kept.
      const outlet = move.locator('select[name=outlet]');
      assert.deepEqual([await outlet.inputValue(), await move.locator('input[name=part]').inputValue()], ['OUT-1', 'valve']);
      await story.see(admin, 'parts-refused');
      assert.deepEqual(await (await page.request.get('/api/v1/stock')).json(), before);

      const part = `valve-${tail}`;
      await move.locator('input[name=part]').fill(part);
      await move.locator('input[name=count]').fill('3');
      await press(page, move.locator('button[type=submit]'));
      const order = page.locator('form[action="/desk/parts/reorder"]');
      await order.locator('select[name=outlet]').selectOption('OUT-1');
      await order.locator('input[name=part]').fill(part);
      await order.locator('input[name=reorder_at]').fill('5');
      await press(page, order.locator('button[type=submit]'));
      const rows = page.locator('main tbody tr').filter({ hasText: part });
      assert.match(await rows.first().textContent(), new RegExp(words.low));
      await move.locator('select[name=act]').selectOption('hand_out');
      await move.locator('select[name=outlet]').selectOption('OUT-1');
      await move.locator('input[name=part]').fill(part);
      await move.locator('input[name=count]').fill('2');
      await move.locator('select[name=technician]').selectOption({ index: 1 });
      await press(page, move.locator('button[type=submit]'));
      await story.see(admin, 'parts-moved');
      const stock = await (await page.request.get('/api/v1/stock')).json();
      const pieces = list => list.find(row => row.part === part)?.count;
      assert.deepEqual([pieces(stock.outlets), pieces(stock.vans)], [1, 2]);
      await story.end();
    });

    test('an organization is set up: what is missing, its settings with who changed them, and a token with an end', async () => {
      const [story, admin] = await begin('admin');
      const { page } = admin;
      await page.goto('/desk/setup');
      await story.see(admin, 'setup');
      const contact = page.locator('main li').first();
      await contact.locator('a.btn').click();
      await page.waitForURL('**/desk/settings');
      await story.see(admin, 'settings');
      const part = which => page.locator('form[action="/desk/settings"]').filter({ has: page.locator(`input[name=part][value=${which}]`) });
      await part('hotline').locator('input[name=hotline]').fill('a number');
      await press(page, part('hotline').locator('button[type=submit]'));
      assert.equal(await part('hotline').locator('input[name=hotline]').getAttribute('aria-invalid'), 'true');
      await story.see(admin, 'settings-wrong');
      await part('hotline').locator('input[name=hotline]').fill('0571-0000 0000');
      await press(page, part('hotline').locator('button[type=submit]'));
      await part('quiet').locator('input[name=quiet][value=own]').check();
      await part('quiet').locator('input[name=from]').fill('22:00');
      await part('quiet').locator('input[name=until]').fill('08:00');
      await press(page, part('quiet').locator('button[type=submit]'));
      assert.equal(await part('quiet').locator('input[name=until]').inputValue(), '08:00');
      assert.equal(await page.locator('main aside ol li').first().locator('b').textContent(), words.quiet);
      await page.goto('/desk/setup');
      assert.ok(await contact.locator('.badge.go').count(), 'the number is there');

      await page.goto('/desk/tokens');
      await story.see(admin, 'tokens');
      await story.end();
    });

    test('whoever chose a language has it after signing in, and signs out from any page', async () => {
      const [story, technician] = await begin('tech1');
      const { page } = technician;
      await page.goto('/desk/own');
      await story.see(technician, 'own');
      const other = language === 'en' ? 'zh' : 'en', spoken = other === 'en' ? 'en' : 'zh-CN';
      await page.locator(`input[name=lang][value=${other}]`).check();
      await press(page, page.locator('form[action="/desk/own"] button[type=submit]'));
      assert.equal(await page.locator('html').getAttribute('lang'), spoken);
      // A browser that asks for another language, on another machine.
      const elsewhere = await story.staff('tech1');
      await elsewhere.page.goto('/desk/jobs');
      assert.equal(await elsewhere.page.locator('html').getAttribute('lang'), spoken);
      const out = elsewhere.page.locator('header form[action="/logout"] button');
      const { width, height } = await out.boundingBox();
      assert.ok(width >= 44 && height >= 44, `${width} × ${height}`);
      await story.see({ ...elsewhere, language: spoken }, 'jobs-in-own-language');
      await press(elsewhere.page, out);
      assert.match(elsewhere.page.url(), /\/login/);
      // Left to the browser again, for whoever comes next in this demo.
      await page.goto('/desk/own');
      await page.locator('input[name=lang][value=browser]').check();
      await press(page, page.locator('form[action="/desk/own"] button[type=submit]'));
      assert.equal(await page.locator('html').getAttribute('lang'), language);
      await story.end();
    });

    test('health says what is fine, in words', async () => {
      const [story, admin] = await begin('admin');
      const { page } = admin;
      await page.goto('/desk/health');
      assert.match(await page.locator('main').textContent(), new RegExp(words.fine));
      await story.see(admin, 'health');
      for (const [login, path] of [['agent', '/desk/health'], ['technician', '/desk/settlement']]) {
        const other = await story.staff(login === 'technician' ? 'tech1' : login);
        assert.equal((await other.page.goto(path)).status(), 403, `${login} at ${path}`);
        await story.see(other, `refused-${login}`);
      }
      await story.end();
    });
  });
}
