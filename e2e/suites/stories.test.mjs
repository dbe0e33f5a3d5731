// The stories of the demo, as their people live them in a browser: at a phone and at a desk, and the long ones at a tablet too.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from '../harness/browser.mjs';
import { aboutMe, fileClaim, follow, offering } from '../harness/claims.mjs';
import { Story, clip, formOf, onward, painted, photo, send, sendTwice, until } from '../harness/people.mjs';
import { startDemo } from '../harness/server.mjs';

/** Each device has orders and photos of its own, so that no story sees the other's; a tablet lives those that pass through every role. */
const DEVICES = [
  { size: 'phone', orders: { disputed: 'DEMO-2001', earlier: 'DEMO-2002', honest: 'DEMO-2003', forged: 'DEMO-2007' }, seed: 100 },
  { size: 'tablet', orders: { disputed: 'DEMO-2009', earlier: 'DEMO-2010', forged: 'DEMO-2011' }, seed: 300 },
  { size: 'desktop', orders: { disputed: 'DEMO-2005', earlier: 'DEMO-2004', honest: 'DEMO-2006', forged: 'DEMO-2008' }, seed: 200 },
];

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

/** The mug's listing photo as a file, and the same with a crack painted on. */
async function listingAndForged(page, seed) {
  const path = await page.evaluate(async () => {
    const cases = await (await fetch('/api/v1/cases?limit=200')).json();
    for (const row of cases.items) {
      const detail = await (await fetch(`/api/v1/cases/${row.id}`)).json();
      const line = detail.order?.lines.find(found => found.name.includes('马克杯') && found.listing_photos.length);
      if (line) return `/listing/${line.listing_photos[0]}`;
    }
    return null;
  });
  assert.ok(path, 'no listing photo of the mug');
  return painted(page, path, seed);
}

/** China's time in the form's own format, some hours from now. */
function inHours(hours) {
  return new Date(Date.now() + (hours + 8) * 3_600_000).toISOString().slice(0, 16);
}

for (const { size, orders, seed } of DEVICES) {
  describe(size, () => {
    test('a repair, from the report to the warranty', async () => {
      const story = new Story(browser, server, { size });
      const customer = await story.visitor();
      await customer.page.goto('/');
      await story.see(customer, 'landing');
      await customer.page.goto('/report');
      await story.see(customer, 'report');
      const lamp = await customer.page.locator('select[name=product] option', { hasText: '示例台灯' }).getAttribute('value');
      await customer.page.selectOption('select[name=product]', lamp);
      await customer.page.fill('textarea[name=description]', `台灯打开后闪几下就灭（${size}）。`);
      await onward(customer.page);
      // Two cities have a 西湖区: the page asks which, before anything is sent.
      await customer.page.fill('input[name=address]', '西湖区样板路 18 号');
      await customer.page.locator('input[name=address]').blur();
      await customer.page.waitForSelector('select[name=county]:not([disabled])');
      await story.see(customer, 'report-place');
      await customer.page.selectOption('select[name=county]', '330106');
      await onward(customer.page);
      await aboutMe(customer.page, '林晓示', '13800000011');
      await customer.page.click('form[action="/report"] button.go[type=submit]');
      await customer.page.waitForSelector('.code');
      await follow(story, customer);
      await story.see(customer, 'track-requested');
      // Personal data is masked, also for the person's own page.
      assert.ok(!(await customer.page.content()).includes('13800000011'));

      const first = await story.staff('tech1');
      const second = await story.staff('tech2');
      await first.page.goto('/desk/jobs');
      await story.see(first, 'jobs');
      const openNewest = async who => {
        await who.page.goto('/desk/jobs');
        await until(who.page, 'main a[href^="/desk/jobs/"]');
        const links = who.page.locator('main a[href^="/desk/jobs/"]');
        for (let at = 0; at < await links.count(); at += 1) {
          await links.nth(at).click();
          await who.page.waitForLoadState('load');
          if (await who.page.locator(offering('accept_offer')).count()) return;
          await who.page.goto('/desk/jobs');
        }
        assert.fail('no offer waits for this technician');
      };
      await openNewest(first);
      await story.see(first, 'offer');
      await send(first.page, 'decline_offer', { reason: '今天排满了' });
      // The next one is asked by itself.
      await second.page.waitForTimeout(1_500);
      await openNewest(second);
      // Other visits may stand before this one, depending on the hour.
      const job = new URL(second.page.url()).pathname;
      await send(second.page, 'accept_offer');
      await send(second.page, 'schedule', { from: inHours(1), until: inHours(3) });
      await story.see(second, 'scheduled');
      // The number opens only with a reason, and the page says where that stands in the log.
      await second.page.locator('details:has(input[name=reason]):has(input[name=fields]) > summary').first().click();
      await second.page.check('input[name=fields][value=phone]');
      await second.page.fill('form[action$="/reveal"] input[name=reason]', '确认上门时间');
      await second.page.click('form[action$="/reveal"] button[type=submit]');
      await second.page.waitForLoadState('load');
      assert.match(await second.page.content(), /13800000011/);
      await story.see(second, 'revealed');
      await second.page.goto(job);
      await send(second.page, 'set_out');
      await send(second.page, 'arrive');
      await send(second.page, 'diagnose', { fault_code: 'POWER-02', note: '电源板电容老化。' });
      await story.see(second, 'diagnosed');
      const quote = await formOf(second.page, 'quote');
      await quote.locator('select[name=line_code_0]').first().selectOption('LAMP-PSU');
      await quote.locator('button[type=submit]').first().click();
      await second.page.waitForLoadState('load');
      await story.see(second, 'quoted');

      await customer.page.reload();
      await story.see(customer, 'quote');
      // No consent without having read it: the box starts unticked.
      assert.equal(await customer.page.isChecked('input[name=read]'), false);
      await send(customer.page, 'answer_quote', { read: true }, 'button[name=consent][value=true]');
      await story.see(customer, 'consented');

      await second.page.reload();
      await send(second.page, 'start_work');
      await send(second.page, 'finish', { outcome: 'fixed', note: '更换电源板，试灯正常。', photos: await photo(browser, seed + 1) });
      await story.see(second, 'finished');
      await customer.page.reload();
      await send(customer.page, 'confirm_work');
      await story.see(customer, 'under-warranty');
      assert.ok(await customer.page.locator(offering('request_rework')).count());
      await story.end();
    });

    test('a claim whose photo was used before: heard, decided, appealed, decided by another', async () => {
      const story = new Story(browser, server, { size });
      const used = await photo(browser, seed + 2);
      const earlier = await story.visitor();
      await fileClaim(story, earlier, {
        order: orders.earlier, amount: '60', statement: '收到时有裂纹。', picture: used, name: '周示范', phone: '13800000012',
      });
      const buyer = await story.visitor();
      await fileClaim(story, buyer, {
        order: orders.disputed, amount: '68', statement: '收到就是裂的。', picture: used, name: '陈试用', phone: '13800000013',
      });
      await follow(story, buyer);
      await buyer.page.waitForTimeout(1_500);
      await buyer.page.reload();
      await story.see(buyer, 'track-claim');
      // Nobody is accused, and nobody sees a finding before a human looked.
      for (const words of ['同一个文件', '几乎相同', '造假', 'reused_photo']) {
        assert.ok(!(await buyer.page.content()).includes(words), words);
      }
      const number = await buyer.page.locator('.mono').first().textContent();

      const reviewer = await story.staff('reviewer');
      const open = async (who, list, name) => {
        await who.page.goto(list);
        await until(who.page, `a:has-text("${number}")`);
        await story.see(who, name);
        await who.page.locator(`a:has-text("${number}")`).first().click();
        await who.page.waitForLoadState('load');
      };
      await open(reviewer, '/desk/review', 'review-queue');
      await story.see(reviewer, 'review-blind');
      assert.ok(!(await reviewer.page.content()).includes('同一个文件'));
      await send(reviewer.page, 'first_look', { look: 'cannot_tell', note: '裂纹走向看不清。' });
      await reviewer.page.waitForLoadState('load');
      await story.see(reviewer, 'review-open');
      assert.match(await reviewer.page.content(), /同一个文件/);
      await buyer.page.reload();
      assert.match(await buyer.page.content(), /同一个文件/);
      await story.see(buyer, 'findings-for-the-buyer');

      const merchant = await story.staff('merchant');
      await open(merchant, '/desk/inbox', 'inbox');
      assert.match(await merchant.page.content(), /同一个文件/);
      await story.see(merchant, 'inbox-case');
      await send(merchant.page, 'contest', { statement: '发货前拍过整杯照片，杯身完好。', photos: await photo(browser, seed + 3) });
      await story.see(merchant, 'contested');
      await sendTwice(merchant.page, 'close_round');
      await buyer.page.reload();
      await sendTwice(buyer.page, 'close_round');
      await story.see(buyer, 'round-closed');

      const decide = async (who, action, fields) => {
        const form = await formOf(who.page, action);
        await form.locator('input[name=citation]').first().check();
        await send(who.page, action, fields);
      };
      await open(reviewer, '/desk/review', 'review-queue-2');
      // The merchant's photo came after the first look: it gets one of its own before what was found about it opens.
      await story.see(reviewer, 'review-blind-later');
      assert.match(await reviewer.page.content(), /初看之后补充/);
      await send(reviewer.page, 'first_look', { look: 'cannot_tell', note: '商家的照片里杯身完好。' });
      await reviewer.page.waitForLoadState('load');
      await story.see(reviewer, 'decision-form');
      await decide(reviewer, 'decide', { grant: 'false', reasons: '现有照片与另一件申请的照片相同，不能说明这只杯子的情况。可以补拍申诉，也可以退货退款。' });
      await story.see(reviewer, 'decided');
      await buyer.page.reload();
      await story.see(buyer, 'decision-for-the-buyer');
      await send(buyer.page, 'appeal', { statement: '愿意把杯子寄回。' });
      await story.see(buyer, 'appealed');

      // The one who decided cannot decide again.
      await open(reviewer, '/desk/review', 'review-queue-3');
      assert.equal(await reviewer.page.locator(offering('decide_appeal')).count(), 0);
      // The merchant has a day to see the appeal, or says that there is nothing to add.
      await merchant.page.reload();
      await sendTwice(merchant.page, 'close_round');
      const second = await story.staff('reviewer2');
      await open(second, '/desk/review', 'second-queue');
      await decide(second, 'decide_appeal', {
        grant: 'true', resolution_kind: 'return', resolution_amount: '68', reasons: '买家愿意寄回，支持退货退款。',
      });
      await story.see(second, 'appeal-decided');
      await buyer.page.reload();
      await send(buyer.page, 'ship_return', { waybill: 'SF-DEMO-0001' });
      await open(merchant, '/desk/inbox', 'inbox-return');
      await send(merchant.page, 'receive_return', {}, 'button[value=true], button[type=submit]');
      await buyer.page.waitForTimeout(1_500);
      await buyer.page.reload();
      await story.see(buyer, 'paid');
      assert.match(await buyer.page.content(), /¥68\.00/);
      await story.end();
    });

    test('a photo made from the listing: held for a human, and shown where it was changed', async () => {
      const story = new Story(browser, server, { size });
      const reviewer = await story.staff('reviewer');
      const { listing, forged } = await listingAndForged(reviewer.page, seed);
      const buyer = await story.visitor();
      await fileClaim(story, buyer, {
        order: orders.forged, amount: '68', statement: '收到就是裂的。', picture: forged, name: '陈试用', phone: '13800000015',
      });
      await follow(story, buyer);
      const number = await buyer.page.locator('.mono').first().textContent();
      await reviewer.page.goto('/desk/review');
      await until(reviewer.page, `a:has-text("${number}")`);
      await reviewer.page.locator(`a:has-text("${number}")`).first().click();
      await reviewer.page.waitForLoadState('load');
      await until(reviewer.page, offering('first_look'));
      await story.see(reviewer, 'forged-blind');
      // Photo and listing lie under one slider, which the keyboard moves; of what was found there is nothing yet.
      await reviewer.page.keyboard.press('2');
      const slider = reviewer.page.locator('.cmp input[type=range]').first();
      await slider.focus();
      const at = Number(await slider.inputValue());
      await reviewer.page.keyboard.press('ArrowRight');
      assert.equal(Number(await slider.inputValue()), at + 1);
      await story.see(reviewer, 'forged-blind-slider');
      if (size === 'phone') {
        // What is asked stands right below the photos and what was said about them, before the order and what happened.
        const top = async selector => (await reviewer.page.locator(selector).first().boundingBox()).y;
        const asked = await top('form:has(input[name=action][value=first_look])');
        assert.ok(await top('.desk3 > .mid') < asked && asked < await top('.desk3 > :first-child'));
      }
      const source = await reviewer.page.locator('.cmp img').first().getAttribute('src');
      for (const drawn of ['heat-map', 'aligned']) {
        for (const who of [reviewer, buyer]) {
          const status = await who.page.evaluate(async path => (await fetch(path)).status, `${source}/${drawn}`);
          assert.equal(status, 404, `${drawn} before the first look`);
        }
      }
      for (const who of [reviewer, buyer]) {
        const html = await who.page.content();
        for (const words of ['heat-map', '改动的地方', '改出来的', 'intercept']) assert.ok(!html.includes(words), words);
      }

      await send(reviewer.page, 'first_look', { look: 'cannot_tell', note: '角度和主图一样。' });
      await reviewer.page.waitForLoadState('load');
      const seen = async who => {
        const heat = who.page.locator('.over img').nth(1);
        await heat.waitFor();
        assert.ok(await heat.evaluate(async image => { await image.decode(); return image.naturalWidth > 0; }));
        assert.ok(await who.page.locator('.marks rect').count());
        assert.match(await who.page.content(), /改出来的/);
      };
      await seen(reviewer);
      await story.see(reviewer, 'forged-open');
      await reviewer.page.keyboard.press('2');
      await story.see(reviewer, 'forged-open-slider');
      await buyer.page.reload();
      await seen(buyer);
      await story.see(buyer, 'forged-for-the-buyer');
      const merchant = await story.staff('merchant');
      await merchant.page.goto('/desk/inbox');
      await until(merchant.page, `a:has-text("${number}")`);
      await merchant.page.locator(`a:has-text("${number}")`).first().click();
      await merchant.page.waitForLoadState('load');
      await seen(merchant);
      await story.see(merchant, 'forged-for-the-merchant');

      // The same two pictures in the quick check, where nothing is stored.
      for (const [who, path] of [[merchant, '/desk/quick-check'], [await story.visitor(), '/tools/quick-check']]) {
        await who.page.goto(path);
        await story.see(who, 'quick-check');
        await who.page.setInputFiles('#q-photo', forged);
        await who.page.setInputFiles('#q-reference', listing);
        assert.equal(await who.page.locator('[data-thumbs] img').count(), 2);
        await who.page.click('#quick-form button[type=submit]');
        await who.page.waitForSelector('#quick-verdict');
        assert.match(await who.page.locator('#quick-verdict').textContent(), /由人来看/);
        assert.ok(await who.page.locator('.over img').nth(1).evaluate(image => image.src.startsWith('data:image/png')));
        await story.see(who, 'quick-check-report');
        // On paper too each picture stands under its own name: what it is compared with left, the photo right.
        await who.page.emulateMedia({ media: 'print' });
        const view = who.page.locator('.cmp .view').first();
        const [front, under] = await Promise.all([0, 1].map(at => view.locator('img').nth(at).boundingBox()));
        assert.ok(under.x + under.width <= front.x + 1, 'the pictures are swapped, or lie on each other');
        for (const hidden of ['.knob', 'input[type=range]', '[data-act=print]']) {
          assert.equal(await who.page.locator(`#quick-report ${hidden}`).first().isVisible(), false, hidden);
        }
        await who.page.emulateMedia({ media: null });
      }
      // The listing may be a clip: the answer says when it shows what the photo was made from.
      await merchant.page.goto('/desk/quick-check');
      await merchant.page.setInputFiles('#q-photo', forged);
      await merchant.page.setInputFiles('#q-reference', await clip(browser, listing));
      await merchant.page.click('#quick-form button[type=submit]');
      await merchant.page.waitForSelector('#quick-verdict');
      assert.match(await merchant.page.locator('#quick-report').textContent(), /由人来看|人来看一看/);
      assert.match(await merchant.page.locator('#quick-report').textContent(), /视频 0:0\d/);
      await story.see(merchant, 'quick-check-clip');
      await story.end();
    });

    if (size === 'tablet') return;

    test('a photo that says that AI changed it: in plain words, with its source, and nothing follows from it', async () => {
      for (const [language, words] of [
        ['zh-CN', ['AI 生成标识', 'JPEG 中的 XMP', 'GB 45438-2025', '文件内容与签名时一致', '未提供信任列表']],
        ['en', ['AI-content label', 'XMP in a JPEG', 'GB 45438-2025', 'the content is as it was when the manifest was signed', 'no list of trusted authorities']],
      ]) {
        const story = new Story(browser, server, { size, language });
        const reviewer = await story.staff('reviewer');
        const labeled = await reviewer.page.evaluate(async () => {
          const cases = await (await fetch('/api/v1/cases?limit=200')).json();
          for (const row of cases.items) {
            const detail = await (await fetch(`/api/v1/cases/${row.id}`)).json();
            const marks = detail.claims.flatMap(claim => claim.evidence).flatMap(photo => photo.marks ?? []);
            if (marks.some(mark => mark.kind === 'ai_label')) return { id: row.id, findings: detail.claims[0].findings };
          }
          return null;
        });
        assert.ok(labeled, 'no claim of the demo has a photo with an AI label');
        assert.ok(labeled.findings.every(found => !/label|AI/.test(found.code)));
        await reviewer.page.goto(`/desk/review/${labeled.id}`);
        await story.see(reviewer, `marks-${language}`);
        const merchant = await story.staff('merchant');
        await merchant.page.goto(`/desk/inbox/${labeled.id}`);
        await story.see(merchant, `marks-for-the-merchant-${language}`);
        for (const who of [reviewer, merchant]) {
          const told = await who.page.locator('main').innerText();
          for (const word of words) assert.ok(told.includes(word), `${word} is missing`);
          assert.doesNotMatch(told, /伪造|造假|forged|fake/i);
        }
        await story.end();
      }
    });

    test('the quick check without a script, in English, and what it says to a wrong file', async () => {
      const story = new Story(browser, server, { size, language: 'en' });
      const plain = await story.visitor({ javaScriptEnabled: false });
      await plain.page.goto('/tools/quick-check');
      await plain.page.setInputFiles('#q-photo', await photo(browser, seed + 8));
      await plain.page.click('#quick-form button[type=submit]');
      await plain.page.waitForSelector('#quick-verdict');
      assert.match(await plain.page.locator('#quick-report').textContent(), /a person still has to see/);
      const visitor = await story.visitor();
      await visitor.page.goto('/tools/quick-check');
      await visitor.page.setInputFiles('#q-photo', { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('not a picture') });
      await visitor.page.click('#quick-form button[type=submit]');
      await visitor.page.waitForSelector('#quick-verdict');
      assert.match(await visitor.page.locator('#quick-report').textContent(), /could not be read/);
      await story.see(visitor, 'quick-check-unread');
      // Too large or empty: told at once, beside the box, and nothing is sent.
      const sent = [];
      visitor.page.on('request', request => { if (request.method() === 'POST') sent.push(request.url()); });
      const large = Buffer.alloc(21 * 1024 * 1024);
      for (const [name, buffer, words] of [['large.jpg', large, /20 MB at most/], ['empty.jpg', Buffer.alloc(0), /empty/]]) {
        await visitor.page.setInputFiles('#q-photo', { name, mimeType: 'image/jpeg', buffer });
        await visitor.page.click('#quick-form button[type=submit]');
        assert.match(await visitor.page.locator('#q-photo').evaluate(input => input.validationMessage), words);
      }
      assert.deepEqual(sent, []);
      await story.end();
    });

    test('an honest claim is paid', async () => {
      const story = new Story(browser, server, { size });
      const buyer = await story.visitor();
      await fileClaim(story, buyer, {
        order: orders.honest, amount: '129', statement: '灯座边缘磕掉一块。', picture: await photo(browser, seed + 4), name: '吴样例', phone: '13800000014',
      });
      await follow(story, buyer);
      const number = await buyer.page.locator('.mono').first().textContent();
      const merchant = await story.staff('merchant');
      await merchant.page.goto('/desk/inbox');
      await until(merchant.page, `a:has-text("${number}")`);
      await merchant.page.locator(`a:has-text("${number}")`).first().click();
      await merchant.page.waitForLoadState('load');
      await sendTwice(merchant.page, 'agree');
      await buyer.page.waitForTimeout(1_500);
      await buyer.page.reload();
      await story.see(buyer, 'honest-paid');
      assert.match(await buyer.page.content(), /已退款 ¥129\.00/);
      await story.end();
    });

    test('the desks of everybody, in both languages', async () => {
      for (const language of ['zh-CN', 'en']) {
        const story = new Story(browser, server, { size, language });
        for (const [login, pages] of [
          ['agent', ['/desk', '/desk/intake', '/desk/cases']],
          ['dispatcher', ['/desk/dispatch']],
          ['merchant', ['/desk/inbox', '/desk/packing', '/desk/quick-check']],
          ['reviewer', ['/desk/review']],
          ['auditor', ['/desk/log']],
          ['admin', ['/desk/users', '/desk/health', '/desk/catalogue', '/desk/settings', '/desk/setup', '/desk/tokens', '/desk/own']],
        ]) {
          const colleague = await story.staff(login);
          for (const path of pages) {
            const answer = await colleague.page.goto(path);
            assert.equal(answer.status(), 200, `${login} at ${path}`);
            await story.see(colleague, `${login}${path.replaceAll('/', '-')}`);
          }
        }
        const visitor = await story.visitor();
        for (const path of ['/', '/report', '/claim', '/follow', '/verify', '/login', '/design', '/tools/quick-check']) {
          await visitor.page.goto(path);
          await story.see(visitor, `public${path.replaceAll('/', '-')}`);
        }
        const missing = await visitor.page.goto('/no-such-page');
        assert.equal(missing.status(), 404);
        await story.see(visitor, 'not-found');
        await story.end();
      }
    });
  });
}
