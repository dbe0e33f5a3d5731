// The report of `aftercare inspect --report`: one file that is opened from a disk, looked at, moved by hand, and printed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { launch, look, person } from '../harness/browser.mjs';
import { painted, photo } from '../harness/people.mjs';
import { binary } from '../harness/server.mjs';

const run = promisify(execFile);

/** A name as phones and messengers give them: long, and without a place to break it. */
const LONG_NAME = `mmexport${'1794229441000'.repeat(8)}.jpg`;

let browser;
let folder;
let address;

before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), 'aftercare-report-'));
  const drawn = await photo(browser, 301);
  const page = await browser.newPage();
  const { listing, forged } = await painted(page, `data:image/jpeg;base64,${drawn.buffer.toString('base64')}`, 301);
  await page.close();
  const file = async (name, bytes) => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };
  const paths = {
    forged: await file(LONG_NAME, forged.buffer),
    honest: await file('honest.jpg', (await photo(browser, 302)).buffer),
    text: await file('note.jpg', 'not a picture'),
    listing: await file('listing.jpg', listing.buffer),
    report: join(folder, 'report.html'),
  };
  await run(binary(), ['inspect', paths.forged, paths.honest, paths.text, '--listing', paths.listing, '--report', paths.report]);
  // Only the report is left: what it shows has to be in it.
  for (const path of [paths.forged, paths.honest, paths.text, paths.listing]) await rm(path);
  address = pathToFileURL(paths.report).href;
});

after(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** The report at a device; `asked` has every address that the page asked for beside itself. */
async function opened(size, rest = {}) {
  const reader = await person(browser, { size, ...rest });
  const asked = [];
  reader.context.on('request', request => {
    const url = request.url();
    if (url !== address && !url.startsWith('data:')) asked.push(url);
  });
  // Without any network at all.
  await reader.context.setOffline(true);
  await reader.page.goto(address);
  const slider = reader.page.locator('.cmp').first();
  return {
    ...reader,
    asked,
    range: slider.locator('input[type=range]'),
    /** Where the knob is, in hundredths, as the picture is cut and not as the input says. */
    cut: async () => {
      const path = await slider.locator('.view img').nth(1).evaluate(image => getComputedStyle(image).clipPath);
      const found = /([\d.]+)%/.exec(path);
      assert.ok(found, `the upper picture is not cut: ${path}`);
      return Number(found[1]);
    },
  };
}

const near = (value, wanted) => Math.abs(value - wanted) <= 3;

/** Every picture of the page is there. */
async function allDecoded(page) {
  const broken = await page.locator('img').evaluateAll(async images => {
    const results = await Promise.all(images.map(image => image.decode().then(() => null, () => image.alt || image.className)));
    return results.filter(Boolean);
  });
  assert.deepEqual(broken, []);
}

for (const size of ['phone', 'desktop']) {
  describe(size, () => {
    test('the report is sound, shows every picture, and asks nobody for anything', async () => {
      for (const colorScheme of ['light', 'dark']) {
        const reader = await opened(size, { colorScheme });
        await allDecoded(reader.page);
        assert.deepEqual(await look(reader, `inspection-report-${colorScheme}`), []);
        assert.deepEqual(reader.asked, []);
        await reader.context.close();
      }
    });

    test('the slider follows the mouse, a finger and the keyboard', async () => {
      const reader = await opened(size);
      const { page, range, cut } = reader;
      await range.scrollIntoViewIfNeeded();
      const box = await range.boundingBox();
      const place = share => [box.x + box.width * share, box.y + box.height / 2];
      await page.mouse.move(...place(0.5));
      await page.mouse.down();
      await page.mouse.move(...place(0.25), { steps: 5 });
      await page.mouse.up();
      assert.ok(near(await cut(), 25), `dragged to a quarter, it is at ${await cut()}`);
      await range.press('ArrowRight');
      assert.ok(await cut() > 25 - 3);
      await range.press('Home');
      assert.equal(await cut(), 0);
      await range.press('ArrowRight');
      assert.equal(await cut(), 1);
      await range.press('End');
      assert.equal(await cut(), 100);
      if (size === 'phone') {
        await page.touchscreen.tap(...place(0.7));
        assert.ok(near(await cut(), 70), `tapped at 70, it is at ${await cut()}`);
        // A finger that moves along the picture; the page itself stays where it is.
        const finger = await reader.context.newCDPSession(page);
        const touch = async (type, share) => {
          const [x, y] = place(share);
          await finger.send('Input.dispatchTouchEvent', { type, touchPoints: share === undefined ? [] : [{ x, y }] });
        };
        await touch('touchStart', 0.7);
        for (const share of [0.6, 0.5, 0.4, 0.3]) await touch('touchMove', share);
        await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
        assert.ok(near(await cut(), 30), `moved to 30, it is at ${await cut()}`);
        assert.equal(await page.evaluate(() => scrollX), 0);
      }
      await reader.context.close();
    });

    test('several photos are listed first, and each line leads to its photo', async () => {
      const reader = await opened(size);
      const lines = reader.page.locator('.overview li');
      assert.equal(await lines.count(), 3);
      assert.match(await lines.nth(2).textContent(), /note\.jpg.*请人工查看/);
      await lines.nth(2).locator('a').click();
      assert.equal(new URL(reader.page.url()).hash, '#photo-3');
      assert.match(await reader.page.locator('#photo-3').textContent(), /没有检查/);
      await reader.context.close();
    });

    test('the overlay lies on the photo, and can be made weaker and put away', async () => {
      const reader = await opened(size);
      const box = reader.page.locator('.heatbox').first();
      const heat = box.locator('img.heat');
      const frames = box.locator('.boxes');
      await heat.scrollIntoViewIfNeeded();
      assert.ok(await frames.locator('rect').count());
      const [below, above] = [await box.locator('.view img').first().boundingBox(), await heat.boundingBox()];
      for (const side of ['x', 'y', 'width', 'height']) assert.ok(Math.abs(below[side] - above[side]) < 1, side);
      const opacity = () => heat.evaluate(image => Number(getComputedStyle(image).opacity));
      const before = await opacity();
      assert.ok(before > 0.3, `opacity ${before}`);
      await box.locator('input[type=range]').press('Home');
      assert.ok(await opacity() < before);
      await box.locator('input[type=checkbox]').uncheck();
      assert.equal(await heat.isVisible(), false);
      assert.equal(await frames.isVisible(), false);
      await box.locator('input[type=checkbox]').check();
      assert.equal(await heat.isVisible(), true);
      await reader.context.close();
    });

    test('on paper both pictures stand side by side, with the overlay and the numbers', async () => {
      for (const javaScriptEnabled of [true, false]) {
        const reader = await opened(size, { javaScriptEnabled });
        await reader.page.emulateMedia({ media: 'print', colorScheme: 'light' });
        const view = reader.page.locator('.cmp').first();
        const [left, right] = await Promise.all([0, 1].map(at => view.locator('.view img').nth(at).boundingBox()));
        assert.ok(left.x + left.width <= right.x + 1, 'the pictures lie on each other');
        for (const side of [left, right]) assert.ok(side.width > 100 && side.height > 75, JSON.stringify(side));
        assert.equal(await view.locator('.view img').nth(1).evaluate(image => getComputedStyle(image).clipPath), 'none');
        assert.equal(await reader.page.locator('.heatbox img.heat').first().isVisible(), true);
        for (const part of ['.knob', '.cmp input', '.switch input']) {
          assert.equal(await reader.page.locator(part).first().isVisible(), false, part);
        }
        // What is folded away on a screen is read on paper.
        assert.ok((await reader.page.locator('.finding dl').first().boundingBox())?.height > 0);
        const styled = (selector, pseudo, property) => reader.page.locator(selector).first()
          .evaluate((element, [of, name]) => getComputedStyle(element, of)[name], [pseudo, property]);
        assert.match(await styled('.finding dt', '::after', 'content'), /:/, 'a number runs into its name');
        // Browsers leave backgrounds out: without its own a name on a picture and the scale of the colors vanish.
        for (const part of ['.tag', '.ramp']) assert.equal(await styled(part, null, 'printColorAdjust'), 'exact', part);
        await reader.context.close();
      }
    });
  });
}

test('without a script both pictures can be compared all the same', async () => {
  const reader = await opened('phone', { javaScriptEnabled: false });
  const view = reader.page.locator('.cmp').first();
  const [left, right] = await Promise.all([0, 1].map(at => view.locator('.view img').nth(at).boundingBox()));
  assert.ok(left.x + left.width <= right.x + 1, 'the pictures lie on each other');
  // Nothing that does nothing is shown.
  for (const control of await reader.page.locator('main input').all()) {
    if (await control.getAttribute('type') === 'range') assert.equal(await control.isVisible(), false);
  }
  await reader.context.close();
});

test('printed, each photo begins a page, and its pictures stand on one', async () => {
  const reader = await opened('desktop');
  const paper = await reader.page.pdf({ preferCSSPageSize: true });
  const pages = paper.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  assert.ok(pages >= 4 && pages <= 7, `${pages} pages`);
  await reader.page.setViewportSize({ width: 688, height: 1016 });
  await reader.page.emulateMedia({ media: 'print' });
  // 269 mm of an A4 page are left between its margins, 1017 CSS pixels.
  const begins = (await reader.page.locator('.photo').first().boundingBox()).y;
  const heat = await reader.page.locator('.heatbox').first().boundingBox();
  assert.ok(heat.y + heat.height - begins < 1016, `the overlay ends ${heat.y + heat.height - begins} px below the top of its page`);
  assert.equal(await reader.page.locator('.photo').first().evaluate(photo => getComputedStyle(photo).breakBefore), 'page');
  await reader.context.close();
});
