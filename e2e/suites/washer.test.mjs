// A washer that leaks: from the ring of the telephone to the call that asks whether all is well, and from there to the exchange
// that opens by itself once the same part has failed again. The caller and the technician have phones, the agent has a desk.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { launch } from '../harness/browser.mjs';
import { Story, formOf, photo, scanned, send, until } from '../harness/people.mjs';
import { binary, startDemo } from '../harness/server.mjs';
import { wordsIn } from '../harness/words.mjs';

const says = wordsIn('zh-CN');

const PHONE = '13800000071', MASKED = '138****0071';
const ORDER = 'WASH-3001', SERIAL = 'WM-2026-0071';
const HOTLINE = '0571-0000 0000';
/** The technician as the register lists them. */
const CARD = { name: '李师傅', staff: 'A018', brand: '示例电器' };
const PUMP = '排水泵';

const run = promisify(execFile);
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

/** A day in China, some days from now. */
function day(days) {
  return new Date(Date.now() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
}

/** Asks the API as the page's own site would, and insists on a success. */
async function ask(page, method, path, content, type = 'application/json') {
  const answer = await answered(page, method, path, content, type);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function answered(page, method, path, content, type = 'application/json') {
  return page.evaluate(async ([how, where, what, kind]) => {
    const body = what === null ? undefined : kind === 'text/csv' ? what : JSON.stringify(what);
    const answer = await fetch(where, { method: how, headers: { 'content-type': kind }, body });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  }, [method, path, content ?? null, type]);
}

/** Everything that these words say stands on the page, opened or not. */
async function shows({ page }, ...texts) {
  const told = (await page.locator('main').textContent()).replace(/\s+/g, ' ');
  for (const text of texts) assert.ok(told.includes(text), `“${text}” is not on ${new URL(page.url()).pathname}: ${told}`);
}

/** One repair of a page, to which `send` and `formOf` can be kept. */
function repairOf(page, id) {
  return {
    locator: (selector, rest) => page.locator(`#repair-${id}`).locator(selector, rest),
    waitForLoadState: state => page.waitForLoadState(state),
  };
}

/** Does what leads to another page, and waits for it. */
async function turn(page, act) {
  await Promise.all([page.waitForEvent('load'), act()]);
}

const offering = action => `input[name=action][value=${action}]`;

/** What a shop enters before it sells washers, and the token of its call center. */
async function shopFor(admin) {
  const { page } = admin;
  const tables = {
    products: '编号,名称,类目,技能,保修天数\nWASH-01,示例洗衣机,洗衣机,washer,365\n',
    prices: '编号,项目,技能,金额\nWASH-VISIT,洗衣机上门检测,washer,30.00\nWASH-HOSE,洗衣机进水管,washer,35.00\nWASH-CLAMP,洗衣机管卡,washer,12.00\n',
    technicians: '登录名,姓名,网点编号,技能,覆盖区县,纬度,经度,最远米数\ntech2,李师傅（示例）,OUT-1,lamp;tableware;washer,杭州市,30.262000,120.181000,30000\n',
    orders: `订单号,平台,付款时间,签收时间,商品编号,数量,实付,序列号,买家,买家电话\n${ORDER},示例商城,${day(-40)} 10:00,${day(-38)} 10:00,WASH-01,1,2199.00,${SERIAL},周晓洗,${PHONE}\n`,
  };
  for (const [what, table] of Object.entries(tables)) {
    const report = await ask(page, 'POST', `/api/v1/imports/${what}`, table, 'text/csv');
    assert.deepEqual(report.errors, [], what);
  }
  await ask(page, 'PUT', '/api/v1/settings/hotline', HOTLINE);
  const accounts = await ask(page, 'GET', '/api/v1/users');
  const user = accounts.find(account => account.login === 'shop-erp').id;
  const { token } = await ask(page, 'POST', '/api/v1/tokens', { user, scopes: ['cases:write'], days: 1 });

  // The technician agreed to be listed, and by whom that was verified stands beside it.
  await page.goto('/desk/register');
  const form = page.locator('form[action="/desk/register"]');
  await form.locator('input[name=kind][value=technician]').check();
  await form.locator('input[name=number]').fill(CARD.staff);
  await form.locator('input[name=label]').fill(CARD.brand);
  await form.locator('input[name=until]').fill(day(300));
  const technician = await form.locator('select[name=technician] option', { hasText: '李师傅' }).getAttribute('value');
  await form.locator('select[name=technician]').selectOption(technician);
  await form.locator('input[name=shown]').fill(CARD.name);
  await form.locator('input[name=agreed]').check();
  await turn(page, () => form.locator('button.go').click());
  await shows(admin, CARD.name, CARD.staff, says('register-stands'));
  return token;
}

/** What the call center tells of the call; it has no page and no session. */
async function tell(token, event) {
  const answer = await fetch(`${server.url}/api/v1/calls`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'washer-1', event, phone: PHONE }),
  });
  assert.equal(answer.status, 200, event);
  const text = await answer.text();
  assert.ok(!text.includes(PHONE), 'the number is masked');
  return JSON.parse(text);
}

/** From the ring to the code that is read out. */
async function takenByPhone(story, agent, token) {
  const { page, context } = agent;
  const listening = page.waitForResponse(answer => answer.url().endsWith('/api/v1/changes'));
  await page.goto('/desk/calls');
  await listening;
  const told = await tell(token, 'ring');
  assert.deepEqual([told.state, told.phone], ['ringing', MASKED]);
  // The number pops up by itself, masked, with the name under which the caller is known.
  const rings = page.locator('main section', { has: page.getByRole('heading', { name: says('calls-ringing') }) }).locator('li', { hasText: MASKED });
  await rings.waitFor();
  assert.match(await rings.innerText(), /周\*\*/);
  assert.ok(!(await page.content()).includes(PHONE));
  await story.see(agent, 'ring');

  // One key takes the call: the number is open now, and that stands in the log.
  await turn(page, () => page.keyboard.press('o'));
  assert.equal(await page.inputValue('input[name=phone]'), `+86${PHONE}`);
  await shows(agent, says('calls-opened'));
  await tell(token, 'answered');
  await page.fill('input[name=order_number]', ORDER);
  await page.locator('input[name=order_number]').blur();
  await page.waitForSelector('#known dl');
  const known = await page.locator('#known').innerText();
  assert.ok(known.includes(SERIAL) && known.includes(says('known-warranty', { time: '' }).trim()), known);

  // Warranty by the serial number, and prices, to be read to the caller before anything is agreed.
  const beside = { ...agent, page: await context.newPage() };
  await beside.page.goto(`/desk/warranty?serial=${SERIAL}`);
  await shows(beside, says('covered-yes'), says('ledger-sold'), says('ground-warranty'));
  await story.see(beside, 'warranty-told');
  await beside.page.goto('/desk/prices');
  await shows(beside, '洗衣机上门检测', '¥30.00', '洗衣机进水管', '¥35.00');
  await beside.page.close();

  const product = await page.locator('select[name=product] option', { hasText: '示例洗衣机' }).getAttribute('value');
  await page.selectOption('select[name=product]', product);
  await page.fill('textarea[name=description]', '洗衣机底下漏水。');
  await page.fill('input[name=address]', '杭州西湖区示例路 71 号');
  await page.locator('input[name=address]').blur();
  const slots = page.locator('select[name=slot]');
  await slots.waitFor();
  await slots.selectOption('0');
  const slot = { text: (await slots.locator('option:checked').textContent()).trim(), from: await page.inputValue('input[name=from]') };
  assert.match(slot.from, /^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
  await page.fill('input[name=name]', '周晓洗');
  await page.check('input[name=purposes][value=handle_the_case]');
  await story.see(agent, 'intake-of-a-call');
  await turn(page, () => page.locator('form[action="/desk/intake"] button.go').click());
  await shows(agent, says('intake-done'), says('intake-read-out'));
  await tell(token, 'ended');
  const list = await ask(page, 'GET', '/api/v1/calls');
  assert.ok(![...list.ringing, ...list.waiting].some(call => call.phone === MASKED), 'nothing is owed: a report came of it');

  const done = page.locator('section.card', { has: page.locator('.code') });
  const number = done.locator('a[href^="/desk/cases/"]');
  return {
    slot,
    case: (await number.getAttribute('href')).split('/').at(-1),
    number: await number.innerText(),
    link: /\/c\/[\w-]+/.exec(await done.innerText())[0],
    code: await done.locator('.code').getAttribute('aria-label'),
  };
}

/** The claimant asks on the page of the case, and the agent who takes the conversation answers. */
async function talked(story, caller, agent, told) {
  await send(caller.page, 'say', { text: '要不要先把水关掉？' });
  await shows(caller, '要不要先把水关掉？');
  await agent.page.goto('/desk/conversations');
  const row = agent.page.locator('main section', { has: agent.page.getByRole('heading', { name: says('talk-free') }) }).locator('li', { hasText: told.number });
  assert.ok((await row.innerText()).includes(says('talk-messages', { count: 1 })));
  await story.see(agent, 'conversation-waits');
  await turn(agent.page, () => row.locator('button[value=take]').click());
  await shows(agent, '要不要先把水关掉？', says('talk-yours'));
  await send(agent.page, 'say', { text: '请先关上水龙头，拔掉插头。' });
  await shows(agent, says('talk-nothing'));
  await caller.page.reload();
  await shows(caller, '请先关上水龙头，拔掉插头。', says('who-agent'));
}

/** Whoever comes is checked before the door is opened: on the page, and by the program without any network. */
async function checked(story, caller, told) {
  const link = caller.page.getByRole('link', { name: says('card-check', { name: CARD.name }) });
  await shows(caller, says('card-comes', CARD));
  // The code on the technician's phone leads where the caller's own page leads.
  const address = new URL(await link.getAttribute('href'), server.url).href;
  assert.equal(told.scanned, address);
  await caller.page.goto(told.scanned);
  await shows(caller, says('genuine-listed'), says('genuine-listed-card'), CARD.name, CARD.staff, CARD.brand, told.number);
  await story.see(caller, 'card-checked');

  await caller.page.goto('/verify');
  const key = await caller.page.inputValue('[data-verify-key]');
  const read = text => run(binary(), ['card', 'read', text, '--key', key, '--json']);
  const card = JSON.parse((await read(address)).stdout);
  assert.deepEqual([card.name, card.staff, card.order, card.from.slice(0, 16)], [CARD.name, CARD.staff, told.number, told.slot.from]);
  const at = address.indexOf('card=') + 40;
  const altered = address.slice(0, at) + (address[at] === 'A' ? 'B' : 'A') + address.slice(at + 1);
  await assert.rejects(read(altered), 'an altered card is refused');
  // What was altered is not listed either, and nobody is called false.
  await caller.page.goto(altered);
  await shows(caller, says('genuine-not-listed'));
  await caller.page.goto(`${told.link}/case`);
}

/** The customer signs on the technician's phone. */
async function signs(page) {
  const place = page.locator(`form:has(${offering('finish')}) [data-sign]`);
  await place.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await place.locator('canvas').boundingBox();
  const to = (across, down) => page.mouse.move(x + width * across, y + height * down, { steps: 4 });
  await to(0.2, 0.6);
  await page.mouse.down();
  for (const [across, down] of [[0.4, 0.3], [0.6, 0.7], [0.8, 0.4]]) await to(across, down);
  await page.mouse.up();
  await place.locator('[data-sign-said]', { hasText: says('sign-done') }).waitFor();
}

/** Fills in the rows of a quote: with a code of the price book, or with words and an amount. */
async function quotes(page, rows) {
  const form = await formOf(page, 'quote');
  for (const [at, row] of rows.entries()) {
    if (typeof row === 'string') await form.locator(`[name=line_code_${at}]`).selectOption(row);
    else {
      await form.locator(`[name=line_label_${at}]`).fill(row[0]);
      await form.locator(`[name=line_amount_${at}]`).fill(row[1]);
    }
  }
  await turn(page, () => form.locator('button[type=submit]').click());
}

/** The repair that was offered to the technician of this page, once it is. */
async function offered(page, id) {
  for (let tries = 0; tries < 60; tries += 1) {
    const detail = await ask(page, 'GET', `/api/v1/cases/${id}`);
    for (const order of detail.work_orders) {
      const open = order.offers.find(offer => offer.answer === 'open');
      if (open) return { order: order.id, offer: open.id };
    }
    await page.waitForTimeout(250);
  }
  return assert.fail('nobody was asked');
}

/** The visit that makes good what did not hold: the page adds nothing to what was walked before, so that it goes by the API. */
async function madeGood(page, id, replaced) {
  const { order, offer } = await offered(page, id);
  const from = Date.now() + 3_600_000;
  for (const action of [
    { action: 'accept_offer', offer },
    { action: 'schedule', from, until: from + 7_200_000 },
    { action: 'set_out' },
    { action: 'arrive' },
    { action: 'diagnose', fault_code: 'LEAK-01', note: '还是排水泵漏水。' },
    { action: 'start_work' },
    { action: 'finish', outcome: 'fixed', note: '换了排水泵。' },
    { action: 'count_parts', parts: [`${PUMP} x 1`], serial: '', replaced: [replaced] },
  ]) await ask(page, 'POST', `/api/v1/cases/${id}/actions`, { ...action, work_order: order });
  return order;
}

test('a leaking washer, from the ring to the call that closes it, and the exchange that opens by itself', async () => {
  const phones = new Story(browser, server, { size: 'phone' });
  const desk = new Story(browser, server, { size: 'desktop' });
  const token = await shopFor(await desk.staff('admin'));
  const agent = await desk.staff('agent');
  const told = await takenByPhone(desk, agent, token);

  // The caller opens the case with the code that was read out. Prices stand there before any work, and the number of the desk.
  const caller = await phones.visitor();
  await caller.page.goto(told.link);
  await caller.page.fill('input[name=code]', told.code);
  await turn(caller.page, () => caller.page.click('form button[type=submit]'));
  await shows(caller, told.number, '洗衣机底下漏水。', says('window-wish'), says('prices-here'), '洗衣机上门检测', '¥30.00', MASKED);
  assert.ok(!(await caller.page.content()).includes(PHONE));
  assert.equal(await caller.page.locator('footer a[href^="tel:"]').innerText(), HOTLINE);
  await phones.see(caller, 'caller-case');
  await talked(desk, caller, agent, told);

  // The technician accepts, and by that the time that the caller chose is agreed.
  const technician = await phones.staff('tech2');
  const job = `/desk/jobs/${told.case}`;
  await technician.page.goto('/desk/jobs');
  await until(technician.page, `main a[href="${job}"]`);
  await turn(technician.page, () => technician.page.click(`main a[href="${job}"]`));
  await shows(technician, says('offer-agrees'));
  await send(technician.page, 'accept_offer');
  await shows(technician, says('state-scheduled'), says('card-hint'), CARD.name, CARD.staff);
  told.scanned = await scanned(browser, technician.page.getByRole('img', { name: says('card'), exact: true }));
  await phones.see(technician, 'card-to-show');
  await caller.page.reload();
  await shows(caller, says('state-scheduled'), says('window'));
  await checked(phones, caller, told);

  // At the door, the item as it was met, what is wrong, and what it costs.
  await send(technician.page, 'set_out');
  await send(technician.page, 'arrive');
  await caller.page.reload();
  await shows(caller, says('state-arrived'));
  await send(technician.page, 'add_photos', { photos: await photo(browser, 701) });
  await send(technician.page, 'diagnose', { fault_code: 'LEAK-01', note: '排水泵漏水，进水管老化。' });
  await quotes(technician.page, [[`${PUMP}（保修期内）`, '0'], 'WASH-HOSE']);
  await caller.page.reload();
  await shows(caller, says('state-quote_pending'), says('quote-promise'), PUMP, '洗衣机进水管', '¥35.00');
  await phones.see(caller, 'first-price');
  await send(caller.page, 'answer_quote', { read: true }, 'button[name=consent][value=true]');
  await shows(caller, says('quote-agreed'));

  // The price changes before the work begins: what was agreed is not enough any more, whoever asks in whatever way.
  await technician.page.reload();
  await quotes(technician.page, [[`${PUMP}（保修期内）`, '0'], 'WASH-HOSE', 'WASH-CLAMP']);
  await shows(technician, says('quote-waiting'));
  assert.equal(await technician.page.locator(offering('start_work')).count(), 0);
  const [{ id: first }] = (await ask(technician.page, 'GET', `/api/v1/cases/${told.case}`)).work_orders;
  const early = await answered(technician.page, 'POST', `/api/v1/cases/${told.case}/actions`, { action: 'start_work', work_order: first });
  assert.deepEqual([early.status >= 400, early.body.rule], [true, 'consent_first']);
  await phones.see(technician, 'changed-price-waits');
  await caller.page.reload();
  await shows(caller, says('state-quote_pending'), '洗衣机管卡', '¥12.00', '¥47.00');
  // Nobody agrees without having read the new one: the box starts unticked again.
  assert.equal(await caller.page.isChecked('input[name=read]'), false);
  await phones.see(caller, 'changed-price');
  await send(caller.page, 'answer_quote', { read: true }, 'button[name=consent][value=true]');
  await shows(caller, says('state-consented'), says('quote-agreed'));

  // The work, its photos, the customer's signature, and the serial numbers of what went and what came.
  await technician.page.reload();
  await send(technician.page, 'start_work');
  await formOf(technician.page, 'finish');
  await signs(technician.page);
  await send(technician.page, 'finish', { outcome: 'fixed', note: '换排水泵和进水管，试机不漏。', photos: await photo(browser, 702) });
  await shows(technician, says('state-done'));
  await send(technician.page, 'count_parts', { parts: `${PUMP} x 1`, replaced: `${PUMP}: PUMP-A1 > PUMP-B2` });
  await phones.see(technician, 'parts-counted');
  await agent.page.goto(`/desk/warranty?serial=${SERIAL}`);
  await shows(agent, says('ledger-repaired'), `${says('warranty-replaced')} ${PUMP}: PUMP-A1 > PUMP-B2`);
  await desk.see(agent, 'ledger');

  await caller.page.reload();
  await shows(caller, says('state-done'), says('evidence-before_work_photo'), says('evidence-after_work_photo'), says('evidence-customer_signature'));
  assert.equal(await caller.page.locator(`#repair-${first} figure.shot`).count(), 3, 'before, after, and the signature');
  await phones.see(caller, 'done');

  // The call that asks whether all is well: the number opens with its reason, and what the caller says is written down for them.
  await agent.page.goto(`/desk/cases/${told.case}`);
  await agent.page.locator('#person details > summary').click();
  await agent.page.check('#person input[name=fields][value=phone]');
  await agent.page.fill('#person input[name=reason]', '回访');
  await turn(agent.page, () => agent.page.locator('#person form button[type=submit]').click());
  assert.ok((await agent.page.locator('#person [role=status]').innerText()).includes(PHONE));
  await agent.page.goto(`/desk/cases/${told.case}`);
  await send(agent.page, 'say', { text: '回访：客户说不漏了，没有别的问题。' });
  await send(agent.page, 'rate_work', { satisfaction: 'satisfied' });
  await send(agent.page, 'confirm_work');
  // Nothing more is to do: the case is closed, and the warranty of the work has begun.
  assert.equal(await agent.page.locator('h1').innerText(), `${says('state-under_warranty')} · ${says('closed')}`);
  await desk.see(agent, 'followed-up');
  await caller.page.reload();
  await shows(caller, says('state-under_warranty'), says('warranty-until'), `${says('rated')} ${says('satisfaction-satisfied')}`, '回访：客户说不漏了，没有别的问题。');

  // It leaks again: whoever has the link says so, and the case is open again. One failure offers nothing yet.
  await send(repairOf(caller.page, first), 'request_rework', { text: '又漏水了。' });
  assert.equal(await caller.page.locator(offering('take_statutory_claim')).count(), 0);
  const second = await madeGood(technician.page, told.case, `${PUMP}: PUMP-B2 > PUMP-C3`);
  // The same part failed: the claim is on offer by itself, with its reason, before anybody asked.
  await until(caller.page, `#repair-${second} ${offering('take_statutory_claim')}`);
  await shows(caller, says('statutory'), says('statutory-same_part_twice'));
  await phones.see(caller, 'exchange-offered');
  await send(repairOf(caller.page, second), 'confirm_work');
  await send(repairOf(caller.page, second), 'request_rework', { text: '第三次漏水。' });
  const third = await madeGood(technician.page, told.case, `${PUMP}: PUMP-C3 > PUMP-D4`);
  await until(caller.page, `#repair-${third} ${offering('take_statutory_claim')}`);
  await agent.page.goto(`/desk/warranty?serial=${SERIAL}`);
  await shows(agent, says('warranty-failed'), says('remedy-exchange'), says('ground-failed_repairs'), 'PUMP-C3 > PUMP-D4');
  await desk.see(agent, 'ledger-of-failures');

  // One tap files it, and people decide it.
  await send(repairOf(caller.page, third), 'take_statutory_claim', { ask_kind: 'exchange', statement: '同一个排水泵换了三次，请换货。' });
  await shows(caller, `${says('reason-statutory')} · ${says('ask-exchange')}`, '同一个排水泵换了三次，请换货。');
  await phones.see(caller, 'exchange-claimed');
  await phones.end();
  await desk.end();
});
