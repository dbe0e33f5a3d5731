// Claims from their first page to their last: the buyer at a phone, the shop and the reviewers at their desks.
//
// All of them happen in one demo whose clock only moves on, so that they stand in the order in which they need it. Each has orders and
// photos of its own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { aboutMe, comeBack, decide, fileClaim, follow, numberOn, offering, openIn } from '../harness/claims.mjs';
import { aftercare, download, holds, unzip } from '../harness/files.mjs';
import { Story, asked, clip, formOf, onward, photo, send, sendTwice, until } from '../harness/people.mjs';
import { startDemo } from '../harness/server.mjs';
import { hides, said, tells, wordsIn } from '../harness/words.mjs';

const HOUR_MS = 3_600_000;
/** A little more than the time for an appeal, and than what a merchant has to answer. */
const APPEAL_HOURS = 7 * 24 + 1;
const SILENCE_HOURS = 49;
/** Longest wait until the clock was moved on: everything that runs out on the way happens. */
const MOVE_MS = 180_000;
const SAMPLES = new URL('../../crates/app/src/platforms/samples/', import.meta.url);
/** Nobody accuses anybody with these. */
const ACCUSING = /forg|fake|fraud|tamper|cheat|suspicio|intercept|made up|was edited|used before/i;

/** What the shop sells beside the goods of the demo; the demo's technicians repair the washing machine. */
const PRODUCTS = [
  'code,name,category,skill,warranty_days,perishable',
  'CRAB-8,示例大闸蟹（四公四母）,生鲜,,0,true',
  'WASHER-1,示例洗衣机,洗衣机,lamp,365,false',
];
const ORDER_COLUMNS = 'number,platform,paid_at,delivered_at,product_code,quantity,paid,serial,buyer_name,buyer_phone';

let browser;
let server;
/** By how many hours the clock of the demo was moved on so far. */
let ahead = 0;

/** The time of the demo, some hours from now, as China writes it: with a space in files, with a `T` in forms. */
const at = (hours, between = ' ') => new Date(Date.now() + (ahead + hours + 8) * HOUR_MS).toISOString().slice(0, 16).replace('T', between);

/** Presses what sends a form, and waits for the page that answers. */
async function press(page, selector) {
  await Promise.all([page.waitForEvent('load'), page.locator(selector).first().click()]);
}

/** The shop brings a file of products or orders. */
async function bringFile({ page }, kind, rows) {
  await page.goto('/desk/catalogue');
  await page.check(`input[name=kind][value=${kind}]`);
  await page.setInputFiles('#f-file', { name: `${kind}.csv`, mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) });
  await press(page, 'form[action="/desk/catalogue/import"] button[type=submit]');
  assert.match(await said(page), /已导入，共 \d|Imported rows: \d/);
}

const bringOrder = (who, ...cells) => bringFile(who, 'orders', [ORDER_COLUMNS, cells.join(',')]);

/** Hours pass at once. Nobody is signed in afterwards: every one of these waits is longer than a day's work. */
async function pass(story, hours) {
  const { page } = await story.staff('admin');
  await page.goto('/desk/sandbox');
  await page.fill('input[name=hours]', String(hours));
  await page.locator('form[action="/desk/sandbox"] button[type=submit]').click({ timeout: MOVE_MS, noWaitAfter: true });
  await page.waitForURL('**/login**', { timeout: MOVE_MS });
  ahead += hours;
}

/** A story in a language: the buyer is at a phone, everybody else at a desk. */
async function begin(language) {
  const story = new Story(browser, server, { size: 'desktop', language });
  return { story, t: wordsIn(language), buyer: await story.visitor({ size: 'phone' }) };
}

/** The same JPEG with an AI-content label in a comment of the file. */
function labeled({ buffer, ...rest }, label) {
  const text = Buffer.from(JSON.stringify({ AIGC: label }));
  const marker = Buffer.from([0xff, 0xfe, (text.length + 2) >> 8, (text.length + 2) & 255]);
  return { ...rest, buffer: Buffer.concat([buffer.subarray(0, 2), marker, text, buffer.subarray(2)]) };
}

/** A recorded answer of a platform, with some of its texts changed: as text, for its numbers are larger than a script's. */
function sample(platform, changes = []) {
  let text = readFileSync(new URL(`${platform}.json`, SAMPLES), 'utf8');
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), `the sample of ${platform} has no ${from}`);
    text = text.replace(from, to);
  }
  return text;
}

/** A parcel is packed before a camera: a picture, what was counted, and its weight. It is not filmed: what the browser's camera shows differs. */
async function pack(page, order, picture, counts) {
  await page.addInitScript(() => localStorage.setItem('packing-film', 'off'));
  await page.goto('/desk/packing');
  await page.fill('form[action="/desk/packing"]:not([data-parcel-form]) [name=order_number]', order);
  await page.click('form[action="/desk/packing"]:not([data-parcel-form]) button.go[type=submit]');
  await page.waitForURL(/\/desk\/packing\/[0-9a-f-]{36}$/);
  const form = page.locator('[data-parcel-form]');
  await form.locator('[name=photos]').setInputFiles(picture);
  await form.locator('[data-parcel-said]', { hasText: '都已送到' }).waitFor();
  await form.locator('details > summary').click();
  await form.locator('[name=counts]').fill(counts);
  await form.locator('[name=weight]').fill('1.6 kg');
  await form.locator('button[value=end]').click();
  await page.waitForURL('**/desk/packing');
}

/** Both sides say that they have nothing to add. */
async function bothAreDone(merchant, buyer) {
  await sendTwice(merchant.page, 'close_round');
  await buyer.page.reload();
  await sendTwice(buyer.page, 'close_round');
}

before(async () => {
  server = await startDemo();
  browser = await launch();
  const story = new Story(browser, server, { size: 'desktop' });
  const merchant = await story.staff('merchant');
  await bringFile(merchant, 'products', PRODUCTS);
  await story.end();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

describe('claims', () => {
  test('an honest claim about fresh goods: answered within two hours, paid at once, and nothing on any page speaks against anybody', async () => {
    const { story, t, buyer } = await begin('en');
    const merchant = await story.staff('merchant');
    await bringOrder(merchant, 'CRAB-1002', '示例商城', at(-30), at(-1), 'CRAB-8', 1, '195.00', '', '吴样例', '13800000042');
    const accusesNobody = async page => {
      assert.equal(await page.locator('.str, .over, .note.stop').count(), 0, 'a finding with a weight');
      const all = await said(page);
      assert.ok(!all.includes(t('consistency')) && !ACCUSING.test(all), all);
    };
    const photos = [await photo(browser, 310, 'mmmmffff'), await photo(browser, 311, 'mf')];
    await fileClaim(story, buyer, {
      order: 'CRAB-1002', reason: 'spoiled', amount: '195', statement: 'Two of them were dead when the box was opened.', picture: photos, name: '吴样例', phone: '13800000042',
    });
    await accusesNobody(buyer.page);
    await follow(story, buyer);
    await until(buyer.page, `h1:has-text("${t('state-merchant_window')}")`);
    await tells(
      buyer.page, t('now-merchant_window'), t('then-merchant_answer'), t('goes-by'),
      'the merchant or a reviewer may grant a refund without return.', 'pack:default/perishable',
    );
    // What spoils does not wait for two days.
    const clock = buyer.page.locator('.clock[data-due]').first();
    const [due, from] = await Promise.all(['data-due', 'data-from'].map(name => clock.getAttribute(name)));
    assert.equal(new Date(due) - new Date(from), 2 * HOUR_MS);
    await accusesNobody(buyer.page);
    await story.see(buyer, 'fresh-waits');
    const number = await numberOn(buyer.page);

    await openIn(merchant, '/desk/inbox', number);
    // The question that a merchant may ask of any photo stands on the page of every claim; nobody asked it.
    await tells(merchant.page, t('answer'), t('question-hint'));
    await accusesNobody(merchant.page);
    await story.see(merchant, 'fresh-in-the-inbox');
    await send(merchant.page, 'agree');
    await tells(merchant.page, t('sure-what-agree'));
    await send(merchant.page, 'agree');
    await until(merchant.page, `h1:has-text("${t('state-closed')}")`);
    await accusesNobody(merchant.page);
    await buyer.page.reload();
    await tells(buyer.page, '¥195.00 was paid back to where it came from.', t('now-closed'), t('answer-agreed'));
    await accusesNobody(buyer.page);
    await story.see(buyer, 'fresh-paid');
    // Once, as the provider says as well.
    await merchant.page.goto('/desk/payments');
    const row = merchant.page.locator(`main tr:has-text("${number}")`);
    assert.equal(await row.count(), 1);
    assert.match(await row.textContent(), new RegExp(t('paystate-agrees')));
    await story.see(merchant, 'fresh-in-the-books');
    await story.end();
  });

  test('a photo whose label names who generated it: neutral until a person sets it aside, then a notice is drafted, for a person to send', async () => {
    const { story, t, buyer } = await begin('en');
    const label = { Label: '1', ContentProducer: 'EXAMPLE-GENERATOR-01', ProduceID: 'example-content-0001' };
    const photos = [labeled(await photo(browser, 320), label), await photo(browser, 321)];
    await fileClaim(story, buyer, {
      order: 'DEMO-2001', amount: '68', statement: 'It arrived with a crack.', picture: photos, name: '陈试用', phone: '13800000043',
    });
    await follow(story, buyer);
    await until(buyer.page, `h1:has-text("${t('state-merchant_window')}")`);
    const number = await numberOn(buyer.page);
    // What the file says of itself is told to everybody as that.
    await tells(buyer.page, t('marks-hint'), t('mark-ai_label'), label.ContentProducer, label.ProduceID);
    await story.see(buyer, 'label-for-the-buyer');

    const merchant = await story.staff('merchant');
    const id = await openIn(merchant, '/desk/inbox', number);
    await tells(merchant.page, t('mark-ai_label'), label.ContentProducer, t('question-hint'));
    await send(merchant.page, 'question_evidence');
    await tells(merchant.page, t('questioned-wait', { numbers: 'E-01' }));
    await buyer.page.reload();
    await tells(buyer.page, t('questioned-buyer', { numbers: 'E-01' }));
    await send(merchant.page, 'contest', { statement: 'The first photo is labeled as generated; please look at it.' });
    await bothAreDone(merchant, buyer);

    const reviewer = await story.staff('reviewer');
    await openIn(reviewer, '/desk/review', number);
    await tells(reviewer.page, t('questioned-review', { numbers: 'E-01' }));
    // A label alone is nobody's business outside.
    const notice = `a[href^="/desk/cases/${id}/notice/"]`;
    const papers = async who => {
      await who.page.goto(`/desk/cases/${id}`);
      return who.page.locator(`#papers ${notice}`);
    };
    assert.equal(await (await papers(reviewer)).count(), 0);
    await reviewer.page.goto(`/desk/review/${id}`);
    await send(reviewer.page, 'judge_evidence', {}, 'button[name=accepted][value=false]');
    await tells(reviewer.page, t('evidence-excluded'));
    await story.see(reviewer, 'label-set-aside');

    const draft = await papers(reviewer);
    assert.equal(await draft.count(), 1);
    assert.equal(await draft.textContent(), t('maker-notice-open', { number: 'E-01' }));
    await draft.click();
    await reviewer.page.waitForURL('**/notice/**');
    await tells(
      reviewer.page, t('maker-notice'), t('maker-notice-hint'), t('maker-notice-to', { name: label.ContentProducer }), t('maker-notice-careful'),
      t('maker-notice-ask-content', { content: label.ProduceID }), t('maker-notice-law'), t('maker-notice-copy'),
      t('maker-regulator'), t('maker-regulator-to'), t('maker-regulator-careful'), t('maker-regulator-enclosed'),
    );
    // Nothing on it sends it, and neither of the two papers names the buyer.
    assert.equal(await reviewer.page.locator('main form').count(), 0);
    await hides(reviewer.page, '陈试用', '13800000043');
    await story.see(reviewer, 'label-notice');
    await reviewer.page.emulateMedia({ media: 'print' });
    assert.equal(await reviewer.page.locator(`main .no-print:visible`).count(), 0, 'the remark for whoever sends it is printed');
    await reviewer.page.emulateMedia({ media: null });

    // Of the claim it decides nothing: the other photo stands.
    await reviewer.page.goto(`/desk/review/${id}`);
    await decide(reviewer.page, 'decide', 'law:consumer/24', {
      grant: 'true', resolution_kind: 'return', resolution_amount: '68', reasons: 'Photo E-02 shows the crack; E-01 is not used. Return and refund.',
    });
    await buyer.page.reload();
    await tells(buyer.page, t('outcome-granted'), 'Photo E-02 shows the crack; E-01 is not used.');
    await hides(buyer.page, '/notice/', t('maker-notice'));
    await story.see(buyer, 'label-decided');
    await story.end();
  });

  test('a platform that waits less long than the shop: its case is brought, answered within its limits, and what it decided is recorded', async () => {
    const { story, t } = await begin('zh-CN');
    const merchant = await story.staff('merchant');
    const { page } = merchant;
    const seconds = hours => Math.floor(Date.now() / 1000) + (ahead + hours) * 3600;
    for (const [number, product] of [['A1', 'MUG-01'], ['40000000001', 'MUG-01'], ['6900000000000000001', 'CRAB-8']]) {
      await bringOrder(merchant, number, '示例平台', at(-48), at(-24), product, 1, '68.00', '', '', '');
    }
    const bringCase = async (object, photos = []) => {
      await page.goto('/desk/platform');
      await page.fill('textarea[name=object]', object);
      await page.setInputFiles('form[action="/desk/platform"] input[name=photos]', photos);
      await press(page, 'form[action="/desk/platform"] button[type=submit]');
      const link = page.locator('main .note[role=status] a[href^="/desk/inbox/"]');
      assert.equal(await link.count(), 1, await said(page));
      return link;
    };
    /** The part of a sentence before what the page fills in. */
    const before = key => t(key, { number: '#' }).split('#')[0];

    const open = sample('wechat');
    const link = await bringCase(open, await photo(browser, 330));
    await tells(page, before('platform-opened'), t('platform-fields-hint'), 'after_sale_order.deadline', t('use-mapped'), t('use-dropped'));
    await hides(page, 'o-example-buyer', '13800000009');
    await story.see(merchant, 'platform-brought');
    await link.click();
    await page.waitForURL('**/desk/inbox/*');
    const path = new URL(page.url()).pathname;
    const id = path.split('/').at(-1);
    await until(page, `h1:has-text("${t('state-merchant_window')}")`);
    const number = await numberOn(page);
    // Our own rule would give 48 hours; the platform waits for twenty.
    const left = async () => (new Date(await page.locator('.clock[data-due]').first().getAttribute('data-due')) - Date.now()) / HOUR_MS - ahead;
    await tells(page, t('platform-decides'), '2000000000100001', t('platform-due'), t('clock-by-platform'));
    const hours = await left();
    assert.ok(hours > 19 && hours <= 20, `${hours} hours are left`);
    await story.see(merchant, 'platform-case');

    await send(page, 'contest', { statement: '打包视频里杯口完整。'.repeat(30), 'photos.packing_photo': await photo(browser, 331) });
    await page.locator('main a[href$="/platform-answer"]').click();
    await page.waitForURL('**/platform-answer');
    const body = async () => JSON.parse(await page.locator('main pre').textContent());
    const answer = await body();
    assert.equal(answer.after_sale_order_id, '2000000000100001');
    assert.equal([...answer.reject_reason].length, 200);
    await tells(
      page, '/channels/ec/aftersale/rejectapply', t('platform-limit', { count: 200 }), t('platform-left-out', { count: 100 }), t('platform-unverified'),
      t('platform-answer-hint'), 'E-02',
    );
    await story.see(merchant, 'platform-answer');

    // The platform's dispute has a number, and waits for an hour.
    await bringCase(sample('wechat', [['"MERCHANT_PROCESSING"', '"MERCHANT_REJECT_REFUND"'], ['"complaint_id": ""', '"complaint_id": "c-1"'], ['72000', '3600']]));
    await tells(page, before('platform-changed'));
    await page.goto(path);
    await page.locator('main a[href$="kind=appeal"]').click();
    await page.waitForURL('**kind=appeal');
    assert.equal((await body()).complaint_id, 'c-1');
    await story.see(merchant, 'platform-appeal');

    // Nobody here decides it: the platform does, and a person writes down what.
    const reviewer = await story.staff('reviewer');
    await reviewer.page.goto(`/desk/review/${id}`);
    assert.equal(await reviewer.page.locator(offering('decide')).count(), 0);
    await bringCase(sample('wechat', [['"MERCHANT_PROCESSING"', '"MERCHANT_REFUND_SUCCESS"'], ['72000', '0']]));
    await page.goto(path);
    await tells(page, t('platform-suggested', { outcome: t('platform-outcome-granted') }));
    const outcome = 'form[action$="/platform-outcome"]';
    await page.check(`${outcome} input[name=outcome][value=granted]`);
    await page.check(`${outcome} input[name=resolution_kind][value=refund]`);
    await page.fill(`${outcome} input[name=resolution_amount]`, '68');
    await story.see(merchant, 'platform-outcome');
    await press(page, `${outcome} button[type=submit]`);
    await tells(page, t('state-closed'), t('platform-granted'), '已登记平台的结果');
    assert.equal(await page.locator(outcome).count(), 0);
    await story.see(merchant, 'platform-over');
    // It pays; from here nothing is paid.
    await page.goto('/desk/payments');
    assert.equal(await page.locator(`main tr:has-text("${number}")`).count(), 0);

    // The forms of the two other platforms, each with its own deadline and its own call.
    for (const [object, waits, call, reference] of [
      [sample('taobao', [['2026-11-03 08:00:00', `${at(10)}:00`]]), 10, 'taobao.refund.refuse', '30000000001'],
      [sample('douyin', [['1793610000', String(seconds(1.5))]]), 1.5, '/afterSale/operate', '7000000000000000001'],
    ]) {
      await (await bringCase(object)).click();
      await page.waitForURL('**/desk/inbox/*');
      await tells(page, reference, t('clock-by-platform'));
      assert.ok(Math.abs(await left() - waits) < 0.1, `${await left()} hours are left, not ${waits}`);
      await send(page, 'contest', { statement: '打包记录里商品完好。' });
      await page.locator('main a[href$="/platform-answer"]').click();
      await page.waitForURL('**/platform-answer');
      await tells(page, call, reference, '打包记录里商品完好。');
    }
    await story.end();
  });

  test('the dead crabs: two clips contradict each other and the packing list, a person decides, and the papers for the police hold offline', async () => {
    const { story, t, buyer } = await begin('zh-CN');
    // Four of each sex are packed before a camera, and the parcel is a day on its way.
    const packer = await story.staff('merchant');
    const order = ['CRAB-1001', '示例商城', at(-6)];
    const item = ['CRAB-8', 1, '195.00', '', '周示范', '13800000041'];
    await bringOrder(packer, ...order, '', ...item);
    await pack(packer.page, 'CRAB-1001', await photo(browser, 340, 'mmmmffff'), '公蟹 4\n母蟹 4');
    await pass(story, 24);
    const merchant = await story.staff('merchant');
    await bringOrder(merchant, ...order, at(-13 / 60), ...item);

    const clips = [await clip(browser, await photo(browser, 341, 'mmffff')), await clip(browser, await photo(browser, 342, 'mmmfff'))];
    await fileClaim(story, buyer, {
      order: 'CRAB-1001', reason: 'spoiled', amount: '195', statement: '收到的螃蟹都死了，见两段视频。', picture: clips, name: '周示范', phone: '13800000041',
    });
    await follow(story, buyer);
    await until(buyer.page, `h1:has-text("${t('state-merchant_window')}")`);
    const number = await numberOn(buyer.page);
    await story.see(buyer, 'crabs-filed');

    // What can be counted on each clip is written down by people, and held against what was packed.
    const id = await openIn(merchant, '/desk/inbox', number);
    await tells(merchant.page, t('packed'), t('packed-pieces', { count: 1 }), t('packed-intact'), '公蟹 4, 母蟹 4');
    for (const [index, counts] of ['公蟹 2\n母蟹 4', '公蟹 3\n母蟹 3'].entries()) {
      await send(merchant.page, 'read_evidence', { evidence: { index }, counts });
    }
    const contradictions = [
      'E-01 上数到公蟹 2、母蟹 4，E-02 上数到公蟹 3、母蟹 3。两份材料应是同一批商品，请当场逐个指认再拍一次。',
      'E-01 上数到公蟹 2、母蟹 4，打包记录 P-1 写的是公蟹 4、母蟹 4。',
      'E-02 上数到公蟹 3、母蟹 3，打包记录 P-1 写的是公蟹 4、母蟹 4。',
    ];
    await tells(merchant.page, t('consistency'), t('consistency-hint'), ...contradictions);
    await story.see(merchant, 'crabs-contradict');
    await send(merchant.page, 'contest', { statement: '发货时公蟹 4 只、母蟹 4 只。请用手指逐个指着再拍一次。' });
    // The buyer reads the same sentences: questions, and no word about a person.
    await buyer.page.reload();
    await tells(buyer.page, t('consistency'), t('consistency-hint'), ...contradictions, t('challenge-way-out'));
    assert.doesNotMatch(await said(buyer.page), /骗|造假|伪造/);
    await story.see(buyer, 'crabs-for-the-buyer');
    await bothAreDone(merchant, buyer);

    const reviewer = await story.staff('reviewer');
    await openIn(reviewer, '/desk/review', number);
    await tells(reviewer.page, ...contradictions);
    await story.see(reviewer, 'crabs-review');
    const pieces = (await formOf(reviewer.page, 'decide')).locator('input[name=evidence]');
    for (const index of [0, 1]) await pieces.nth(index).check();
    const reasons = 'E-01 与 E-02 里公蟹、母蟹的只数不同，也都与打包记录 P-1 不同，现有视频不能说明收到的这批商品，不支持凭它仅退款。';
    await decide(reviewer.page, 'decide', 'pack:default/evidence', { grant: 'false', reasons });
    await buyer.page.reload();
    await tells(buyer.page, t('state-decided'), t('outcome-rejected'), reasons, t('appeal'), t('decision-evidence'), 'E-01, E-02');
    await story.see(buyer, 'crabs-decided');

    // What it may amount to in law is advice about acts, by the law of their day, and a person signs it.
    const risk = await story.staff('risk');
    await risk.page.goto(`/desk/cases/${id}`);
    await risk.page.locator('main a', { hasText: t('qualify-heading') }).click();
    await risk.page.waitForURL('**/qualify?claim=*');
    await tells(risk.page, t('qualify-advice'), t('qualify-found-hint'));
    const today = at(0).slice(0, 10);
    const qualify = async facts => {
      for (const [name, value] of Object.entries(facts)) {
        const field = risk.page.locator(`[name="${name}"]`);
        if (await field.evaluate(element => element.tagName) === 'SELECT') await field.selectOption(value);
        else await field.fill(value);
      }
      await press(risk.page, 'button[name=do][value=show]');
      return risk.page.locator('#advice li', { has: risk.page.locator('h3', { hasText: '治安管理处罚' }) });
    };
    assert.equal(await risk.page.inputValue('[name=act_on_0]'), today);
    await risk.page.check('input[name=found][value=made_up]');
    // As the case was reported: an act of November 2025, decided in 2026. Both laws stand beside each other.
    await qualify({
      act_on_0: '2025-11-18', act_obtained_0: '195', act_sought_0: '195', act_dealt_0: 'no', province: '320000', known_on: '2025-11-20',
      reported_on: '2025-11-21', decision_on: '2026-02-10', repaid: 'yes', over_network: 'yes', between_businesses: 'no', age: 'adult',
    });
    await tells(risk.page, t('qualify-changes'), t('qualify-at-act'), t('qualify-at-decision'), 'law:public_security_2012/49', 'law:public_security_2025/58');
    await story.see(risk, 'crabs-both-laws');
    // This one: an act of today, by which nothing was obtained.
    const track = await qualify({ act_on_0: today, act_obtained_0: '0', known_on: today, reported_on: '', decision_on: today, repaid: '' });
    const told = await track.textContent();
    assert.match(told, /可以考虑.*law:public_security_2025\/58/s);
    assert.doesNotMatch(told, /law:public_security_2012/);
    assert.doesNotMatch(await said(risk.page), new RegExp(['骗' + '子', '诈骗' + '犯', '不诚信'].join('|')));
    await story.see(risk, 'crabs-tracks');
    await press(risk.page, 'button[name=do][value=sign]');
    await risk.page.goto(`/desk/cases/${id}`);
    await tells(risk.page, '法律定性意见已签署。');

    // The shop takes the papers for the police along: every file has its hash, and every step is in the log, without our server.
    await merchant.page.goto(`/desk/inbox/${id}`);
    await merchant.page.locator('#papers a[href$="/pack/police"]').click();
    await merchant.page.waitForURL('**/pack/police');
    const printed = [t('pack-title-police'), t('pack-lead-police'), t('pack-consistency'), ...contradictions, reasons, t('pack-sandbox'), t('pack-limit-person')];
    await tells(merchant.page, ...printed);
    await hides(merchant.page, '法律定性意见', '周示范', '13800000041');
    await story.see(merchant, 'crabs-papers');
    await merchant.page.goto(`/desk/inbox/${id}`);
    const papers = await download(merchant.page, merchant.page.locator('#papers a[href$="/pack/police/zip"]'));
    const files = unzip(papers.bytes);
    holds(files);
    const record = JSON.parse(files.get('case.json'));
    const [, key] = /--key (\S+)/.exec(files.get('README.txt').toString('utf8'));
    const bundle = join(dirname(server.data), 'crabs.zip');
    await aftercare('bundle', 'export', id, '--data', server.data, '--out', bundle);
    assert.match(await aftercare('bundle', 'verify', bundle, '--key', key), new RegExp(`verified \\d+ events of case ${id}`));
    // The receipt of the decision, as the buyer keeps it, proves the leaf that the papers print.
    const step = buyer.page.locator('.tl li', { hasText: '决定：不支持。' }).locator('a[download]').last();
    const receipt = await download(buyer.page, step);
    const proved = JSON.parse(await aftercare('receipt', 'verify', receipt.path, '--key', key, '--json'));
    assert.equal(proved.held, true);
    assert.equal(proved.leaf, record.leaves[proved.seq]);
    await story.end();
  });

  test('三包: the same machine is repaired twice in vain, both are counted, and the refund cites the law', async () => {
    const { story, t, buyer } = await begin('zh-CN');
    const [merchant, agent] = [await story.staff('merchant'), await story.staff('agent')];
    const technicians = [await story.staff('tech1', { size: 'phone' }), await story.staff('tech2', { size: 'phone' })];
    const delivered = at(-40 * 24);
    await bringOrder(merchant, 'WASH-1001', '示例商城', at(-42 * 24), delivered, 'WASHER-1', 1, '1999.00', 'SN-WASH-1001', '林晓示', '13800000044');

    const { page } = buyer;
    await page.goto('/report');
    const product = await page.locator('select[name=product] option', { hasText: '示例洗衣机' }).getAttribute('value');
    await page.selectOption('select[name=product]', product);
    await page.fill('textarea[name=description]', '脱水时不转。');
    await onward(page);
    await page.fill('input[name=address]', '浙江省杭州市西湖区样板路 18 号');
    await page.locator('input[name=address]').blur();
    await page.locator('[data-place-name]').waitFor();
    await page.locator('details:has(input[name=order_number]) > summary').click();
    await page.fill('input[name=order_number]', 'WASH-1001');
    await onward(page);
    await aboutMe(page, '林晓示', '13800000044');
    await page.click('form[action="/report"] button.go[type=submit]');
    await page.waitForSelector('.code');
    const back = await follow(story, buyer);
    const number = await numberOn(page);

    for (const times of [1, 2]) {
      const technician = await asked(technicians, number);
      await send(technician.page, 'accept_offer');
      await send(technician.page, 'schedule', { from: at(1, 'T'), until: at(3, 'T') });
      await send(technician.page, 'set_out');
      await send(technician.page, 'arrive');
      await send(technician.page, 'diagnose', { fault_code: 'MOTOR-01', note: '电机不转。' });
      // It is under warranty: nothing is to be consented to before the work.
      await send(technician.page, 'start_work');
      await send(technician.page, 'finish', { outcome: 'not_fixed', note: `第 ${times} 次更换后仍然不转。` });
      await page.reload();
      await tells(page, `质保期内第 ${times} 次没修好。`, t('outcome-not_fixed'));
      assert.equal(await page.locator(offering('take_statutory_claim')).count(), times - 1);
      await story.see(buyer, `washer-not-fixed-${times}`);
      if (times === 1) await send(page, 'request_rework', { text: '还是不转。' });
    }
    await tells(page, t('statutory'), t('statutory-second_failed_repair'));
    // The ledger of the machine counts the same, and says which article gives what.
    await agent.page.goto('/desk/warranty');
    await agent.page.fill('#w-serial', 'SN-WASH-1001');
    await press(agent.page, 'form[role=search] button');
    const failed = agent.page.locator(`main ol li:has-text("${t('warranty-failed')}")`);
    assert.equal(await failed.count(), 2);
    await tells(agent.page, t('goods-listed_1995'), `${t('remedy-exchange')} · ${t('ground-failed_repairs')}`, 'three_guarantees_1995/11');
    await story.see(agent, 'washer-ledger');

    await send(page, 'take_statutory_claim', { ask_kind: 'refund', ask_amount: '1999', statement: '修了两次都没修好，同型号已经停产，要求退货退款。' });
    await tells(page, t('reason-statutory'), t('state-merchant_window'));
    assert.equal(await page.locator(offering('take_statutory_claim')).count(), 0, 'what is claimed is offered once more');
    const id = await openIn(merchant, '/desk/inbox', number);
    await send(merchant.page, 'contest', { statement: '愿意再修一次，不同意退款。' });
    await bothAreDone(merchant, buyer);
    const reviewer = await story.staff('reviewer');
    await openIn(reviewer, '/desk/review', number);
    await story.see(reviewer, 'washer-review');
    await decide(reviewer.page, 'decide', 'law:consumer/24', {
      grant: 'true', resolution_kind: 'return', resolution_amount: '1999', reasons: '保修期内修了两次仍不能正常使用，同型号已停产，支持退货退款。',
      citation_rule: 'law:three_guarantees_1995/11', citation_version: at(0).slice(0, 10),
    });
    await page.reload();
    await tells(page, t('decision'), t('outcome-granted'), '第 11 条：保修期内修过两次仍不能正常使用的，可以换货。', 'law:three_guarantees_1995/11');
    await story.see(buyer, 'washer-decided');

    // Nobody appeals: the machine goes back, and the price to the buyer.
    await pass(story, APPEAL_HOURS);
    await comeBack(buyer, back);
    await tells(page, t('now-final'));
    await send(page, 'ship_return', { waybill: 'SF-DEMO-0044' });
    const shop = await story.staff('merchant');
    await shop.page.goto(`/desk/inbox/${id}`);
    await send(shop.page, 'receive_return', {}, 'button[name=as_described][value=true]');
    if (await shop.page.locator(offering('receive_return')).count()) await send(shop.page, 'receive_return');
    await until(page, `.tl li:has-text("已退款 ¥1999.00，原路退回。")`);
    await story.see(buyer, 'washer-paid');
    await story.end();
  });

  test('a silent merchant: the window runs out, nothing is paid, and a person decides', async () => {
    const { story, t, buyer } = await begin('en');
    await fileClaim(story, buyer, {
      order: 'DEMO-2002', amount: '68', statement: 'The rim is chipped.', picture: await photo(browser, 350), name: '吴晓例', phone: '13800000045',
    });
    const back = await follow(story, buyer);
    await until(buyer.page, `h1:has-text("${t('state-merchant_window')}")`);
    await tells(buyer.page, t('clock-merchant_answer'), t('then-merchant_answer'));
    const number = await numberOn(buyer.page);
    await story.see(buyer, 'silent-waits');
    await pass(story, SILENCE_HOURS);

    await comeBack(buyer, back);
    await tells(buyer.page, t('state-human_review'), t('now-human_review'), t('answer-silent'));
    assert.doesNotMatch(await said(buyer.page), /was paid back/);
    await story.see(buyer, 'silent-review');
    const merchant = await story.staff('merchant');
    await merchant.page.goto('/desk/inbox?part=running');
    await tells(merchant.page, number);
    const reviewer = await story.staff('reviewer');
    await openIn(reviewer, '/desk/review', number);
    // The words that reviewers often need are put in by a press, and fitted to the case.
    const form = await formOf(reviewer.page, 'decide');
    await form.locator(`button[data-act=phrase]:has-text("${t('phrase-silent')}")`).click();
    const phrase = t('phrase-text-silent');
    assert.equal(await form.locator('textarea[name=reasons]').inputValue(), phrase);
    const reasons = `${phrase.replace('[the merchant]', 'the merchant')} Photo E-01 shows the chipped rim.`;
    await decide(reviewer.page, 'decide', 'law:consumer/24', { grant: 'true', resolution_kind: 'return', resolution_amount: '68', reasons });
    await buyer.page.reload();
    await tells(buyer.page, t('state-decided'), t('outcome-granted'), reasons);
    await story.see(buyer, 'silent-decided');
    // Whoever was silent may still appeal.
    await openIn(merchant, '/desk/inbox', number);
    await tells(merchant.page, reasons, t('appeal-hint'));
    await story.see(merchant, 'silent-for-the-merchant');
    await story.end();
  });

  test('a contested refund that was paid and does not stand on appeal: what is owed back is written down, asked for by letter, and settled once', async () => {
    const { story, t, buyer } = await begin('en');
    let merchant = await story.staff('merchant');
    await bringOrder(merchant, 'CRAB-1003', '示例商城', at(-30), at(-1), 'CRAB-8', 1, '195.00', '', '郑试例', '13800000046');
    await fileClaim(story, buyer, {
      order: 'CRAB-1003', reason: 'spoiled', amount: '195', statement: 'All of them were dead.', picture: await photo(browser, 360, 'mmff'), name: '郑试例', phone: '13800000046',
    });
    const back = await follow(story, buyer);
    await until(buyer.page, `h1:has-text("${t('state-merchant_window')}")`);
    const number = await numberOn(buyer.page);
    const id = await openIn(merchant, '/desk/inbox', number);
    await send(merchant.page, 'contest', { statement: 'They were alive when they were packed.', 'photos.packing_photo': await photo(browser, 361, 'mmmmffff') });
    await bothAreDone(merchant, buyer);
    const first = await story.staff('reviewer');
    await openIn(first, '/desk/review', number);
    await decide(first.page, 'decide', 'pack:default/perishable', {
      grant: 'true', resolution_kind: 'refund', resolution_amount: '195', reasons: 'Photo E-01 shows dead crabs; fresh goods need not go back.',
    });
    await buyer.page.reload();
    await tells(buyer.page, t('state-decided'), t('outcome-granted'));

    // Nobody appeals in time, so that it is paid. Then the shop finds what the carrier weighed.
    await pass(story, APPEAL_HOURS);
    await comeBack(buyer, back);
    await until(buyer.page, '.tl li:has-text("¥195.00 was paid back")');
    await story.see(buyer, 'contested-paid');
    merchant = await story.staff('merchant');
    await merchant.page.goto(`/desk/inbox/${id}`);
    await send(merchant.page, 'contest_paid', { statement: 'The carrier weighed an empty box on its way back.', freight_yuan: '12' });
    await tells(merchant.page, t('state-second_review'));
    await buyer.page.reload();
    await tells(buyer.page, t('now-second_review'), '¥12.00');
    await sendTwice(buyer.page, 'close_round');
    const [again, second] = [await story.staff('reviewer'), await story.staff('reviewer2')];
    await again.page.goto(`/desk/review/${id}`);
    assert.equal(await again.page.locator(offering('decide_appeal')).count(), 0, 'who decided it first decides it again');
    await openIn(second, '/desk/review', number);
    await tells(second.page, t('decide-appeal'), t('decide-freight'));
    await story.see(second, 'contested-second');
    await decide(second.page, 'decide_appeal', 'pack:default/evidence', {
      grant: 'false', freight_yuan: '10', reasons: 'The weight on the label and the packing photo do not fit photo E-01.',
    });

    // Nothing is taken back by itself: it is written down for both sides.
    const owed = [t('recovery'), t('recovery-open'), `${t('recovery-price')}¥195.00`, `${t('recovery-freight')}¥10.00`, t('recovery-goods-buyer')];
    await buyer.page.reload();
    await tells(buyer.page, t('appeal-decision'), ...owed, t('recovery-buyer-hint'));
    await story.see(buyer, 'contested-owed');
    await merchant.page.reload();
    await tells(merchant.page, ...owed);
    await merchant.page.locator('main a', { hasText: t('letter-open') }).click();
    await merchant.page.waitForURL('**/recovery/**');
    await tells(
      merchant.page, t('letter-hint'), t('letter-ask'), `${t('letter-together')}¥205.00`, 'The weight on the label and the packing photo do not fit photo E-01.',
      t('letter-law'), 'law:civil_code/985', 'law:civil_code/122', t('letter-answer'),
    );
    await hides(merchant.page, '郑试例', '13800000046');
    await story.see(merchant, 'contested-letter');
    await merchant.page.goto(`/desk/inbox/${id}`);
    await send(merchant.page, 'settle_recovery', { how: 'repaid', amount_yuan: '205', reference: 'BANK-DEMO-0046' });
    await tells(merchant.page, t('recovered-repaid'), '¥205.00 was paid back; nothing more is owed.');
    assert.equal(await merchant.page.locator(offering('settle_recovery')).count(), 0);
    await story.see(merchant, 'contested-settled');
    // The refund was paid once, and no second one follows from any of this.
    await merchant.page.goto('/desk/payments');
    const row = merchant.page.locator(`main tr:has-text("${number}")`);
    assert.equal(await row.count(), 1);
    assert.match(await row.textContent(), new RegExp(t('paystate-agrees')));
    await story.end();
  });
});
