// The people of the demo at their devices: signing in, filling in a form, sending an action, and photos that belong to nobody.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { look, person } from './browser.mjs';
import { signIn } from './walk.mjs';

/** The password of every account, as the demo printed it. */
export function passwordOf(output) {
  const found = /password: (\S+)/.exec(output);
  assert.ok(found, `The demo printed no password:\n${output}`);
  return found[1];
}

/**
 * A JPEG drawn from a seed: an item on a table, with grain as of a sensor. Two seeds are two different pictures. On top lie crabs,
 * eight at most, whose sexes `crabs` says in order, such as `mmff`.
 * @returns {Promise<{name: string, mimeType: string, buffer: Buffer}>}
 */
export async function photo(browser, seed, crabs = '') {
  const page = await browser.newPage();
  try {
    const base64 = await page.evaluate(([number, sexes]) => {
      let state = number * 2654435761 % 4294967296;
      const random = () => {
        state = (state * 1664525 + 1013904223) % 4294967296;
        return state / 4294967296;
      };
      const canvas = document.createElement('canvas');
      canvas.width = 800;
      canvas.height = 600;
      const pen = canvas.getContext('2d');
      const sky = pen.createLinearGradient(0, 0, 800 * random(), 600);
      sky.addColorStop(0, `hsl(${360 * random()} 30% 75%)`);
      sky.addColorStop(1, `hsl(${360 * random()} 40% 35%)`);
      pen.fillStyle = sky;
      pen.fillRect(0, 0, 800, 600);
      for (let stroke = 0; stroke < 60; stroke += 1) {
        pen.fillStyle = `hsl(${360 * random()} ${20 + 50 * random()}% ${20 + 60 * random()}% / 0.7)`;
        pen.beginPath();
        pen.ellipse(800 * random(), 600 * random(), 20 + 110 * random(), 15 + 80 * random(), 3 * random(), 0, 7);
        pen.fill();
      }
      for (const [at, sex] of [...sexes].entries()) {
        pen.save();
        pen.translate(100 + 200 * (at % 4), 160 + 280 * Math.floor(at / 4));
        pen.rotate(6 * random());
        pen.strokeStyle = '#5b2a14';
        pen.lineWidth = 8;
        for (let leg = 0; leg < 8; leg += 1) {
          const [side, down] = [leg % 2 ? 1 : -1, 24 * (Math.floor(leg / 2) - 1.5)];
          pen.beginPath();
          pen.moveTo(40 * side, down / 2);
          pen.lineTo(88 * side, down + 20 * random());
          pen.stroke();
        }
        pen.fillStyle = `hsl(${14 + 20 * random()} 55% 30%)`;
        pen.beginPath();
        pen.ellipse(0, 0, 60, 46, 0, 0, 7);
        pen.fill();
        // The flap tells the sexes apart: it is narrow, or round.
        pen.fillStyle = '#e9d3b0';
        pen.beginPath();
        pen.ellipse(0, 12, sex === 'm' ? 9 : 26, 26, 0, 0, 7);
        pen.fill();
        pen.restore();
      }
      const grain = pen.getImageData(0, 0, 800, 600);
      for (let at = 0; at < grain.data.length; at += 4) {
        const noise = 16 * (random() - 0.5);
        for (let channel = 0; channel < 3; channel += 1) grain.data[at + channel] += noise;
      }
      pen.putImageData(grain, 0, 0);
      return canvas.toDataURL('image/jpeg', 0.9).split(',')[1];
    }, [seed, crabs]);
    return { name: `photo-${seed}.jpg`, mimeType: 'image/jpeg', buffer: Buffer.from(base64, 'base64') };
  } finally {
    await page.close();
  }
}

/**
 * A picture of the page's own site as a file, and the same picture with a crack painted on and saved again.
 * @returns {Promise<{listing: {name: string, mimeType: string, buffer: Buffer}, forged: {name: string, mimeType: string, buffer: Buffer}}>}
 */
export async function painted(page, path, seed) {
  const [plain, cracked] = await page.evaluate(async ([from, number]) => {
    const bytes = await (await fetch(from)).blob();
    const picture = await createImageBitmap(bytes);
    const canvas = document.createElement('canvas');
    canvas.width = picture.width;
    canvas.height = picture.height;
    const pen = canvas.getContext('2d');
    pen.drawImage(picture, 0, 0);
    pen.strokeStyle = '#1d1712';
    pen.lineWidth = picture.width / 180;
    pen.lineJoin = 'bevel';
    pen.beginPath();
    let [x, y] = [picture.width * 0.45, picture.height * 0.4];
    pen.moveTo(x, y);
    for (let step = 0; step < 9; step += 1) {
      x += picture.width * 0.012 * (((number + step * 7) % 5) - 1.5);
      y += picture.height * 0.035;
      pen.lineTo(x, y);
    }
    pen.stroke();
    const read = blob => new Promise(done => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result.split(',')[1]);
      reader.readAsDataURL(blob);
    });
    const saved = await new Promise(done => { canvas.toBlob(done, 'image/jpeg', 0.85); });
    return [await read(bytes), await read(saved)];
  }, [path, seed]);
  const file = (name, base64) => ({ name, mimeType: 'image/jpeg', buffer: Buffer.from(base64, 'base64') });
  return { listing: file('listing.jpg', plain), forged: file('photo.jpg', cracked) };
}

/**
 * A clip (MP4, H.264, ten pictures a second) that shows a picture for two seconds, as a phone would write it.
 * @returns {Promise<{name: string, mimeType: string, buffer: Buffer}>}
 */
export async function clip(browser, picture) {
  const page = await browser.newPage();
  let coded;
  try {
    // Browsers code video only for pages of https; this one never leaves the browser.
    await page.route('https://localhost/', route => route.fulfill({ contentType: 'text/html', body: '' }));
    await page.goto('https://localhost/');
    coded = await page.evaluate(async source => {
      const shown = await createImageBitmap(await (await fetch(source)).blob());
      const [width, height] = [shown.width & ~15, shown.height & ~15];
      const base64 = bytes => btoa(Array.from(new Uint8Array(bytes), byte => String.fromCharCode(byte)).join(''));
      const pictures = [];
      let setup;
      const coder = new VideoEncoder({
        output(chunk, about) {
          const bytes = new Uint8Array(chunk.byteLength);
          chunk.copyTo(bytes);
          pictures.push({ isKey: chunk.type === 'key', bytes: base64(bytes) });
          setup ??= about.decoderConfig?.description && base64(about.decoderConfig.description);
        },
        error(error) { throw error; },
      });
      coder.configure({ codec: 'avc1.42E028', width, height, bitrate: 8_000_000, framerate: 10, avc: { format: 'avc' } });
      for (let index = 0; index < 20; index += 1) {
        const frame = new VideoFrame(shown, { timestamp: index * 100_000, visibleRect: { x: 0, y: 0, width, height } });
        coder.encode(frame, { keyFrame: index % 5 === 0 });
        frame.close();
      }
      await coder.flush();
      return { width, height, pictures, setup };
    }, `data:${picture.mimeType};base64,${picture.buffer.toString('base64')}`);
  } finally {
    await page.close();
  }
  const units = coded.pictures.map(one => Buffer.from(one.bytes, 'base64'));
  const numbers = (...values) => { const all = Buffer.alloc(4 * values.length); values.forEach((value, at) => all.writeUInt32BE(value, 4 * at)); return all; };
  const shorts = (...values) => Buffer.from(values.flatMap(value => [value >> 8, value & 255]));
  const box = (kind, ...parts) => { const content = Buffer.concat(parts); return Buffer.concat([numbers(content.length + 8), Buffer.from(kind, 'latin1'), content]); };
  const { width, height } = coded;
  const one = 0x10000;
  const matrix = numbers(one, 0, 0, 0, one, 0, 0, 0, 0x40000000);
  const start = box('ftyp', Buffer.from('isom\0\0\0\x01isomavc1', 'latin1'));
  const keys = coded.pictures.flatMap((picture, at) => (picture.isKey ? [at + 1] : []));
  const described = box('avc1', Buffer.alloc(6), shorts(1), Buffer.alloc(16), shorts(width, height), numbers(0x480000, 0x480000, 0), shorts(1), Buffer.alloc(32), shorts(24, 0xffff), box('avcC', Buffer.from(coded.setup, 'base64')));
  const table = box(
    'stbl',
    box('stsd', numbers(0, 1), described),
    box('stts', numbers(0, 1, units.length, 1)),
    box('stss', numbers(0, keys.length, ...keys)),
    box('stsc', numbers(0, 1, 1, units.length, 1)),
    box('stsz', numbers(0, 0, units.length, ...units.map(unit => unit.length))),
    box('stco', numbers(0, 1, start.length + 8)),
  );
  const media = box('mdia', box('mdhd', numbers(0, 0, 0, 10, units.length, 0x55c40000)), box('hdlr', numbers(0, 0), Buffer.from('vide'), Buffer.alloc(13)), box('minf', table));
  const header = box('tkhd', numbers(7, 0, 0, 1, 0, units.length, 0, 0, 0, 0), matrix, numbers(width << 16, height << 16));
  const movie = box('moov', box('mvhd', numbers(0, 0, 0, 10, units.length, one, 0x01000000, 0, 0), matrix, Buffer.alloc(24), numbers(2)), box('trak', header, media));
  return { name: 'clip.mp4', mimeType: 'video/mp4', buffer: Buffer.concat([start, box('mdat', ...units), movie]) };
}

/**
 * What a telephone reads that is held before a code on somebody's screen; null where there is none to be read.
 * @param {import('playwright-core').Locator} code
 */
export async function scanned(browser, code) {
  const base64 = (await code.screenshot()).toString('base64');
  const page = await browser.newPage();
  try {
    await page.addScriptTag({ path: createRequire(import.meta.url).resolve('jsqr') });
    return await page.evaluate(async source => {
      const picture = await createImageBitmap(await (await fetch(source)).blob());
      // The screen around the code is white.
      const canvas = document.createElement('canvas'), margin = 40;
      canvas.width = picture.width + 2 * margin;
      canvas.height = picture.height + 2 * margin;
      const pen = canvas.getContext('2d');
      pen.fillStyle = '#fff';
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(picture, margin, margin);
      const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
      return globalThis.jsQR(data, width, height)?.data ?? null;
    }, `data:image/png;base64,${base64}`);
  } finally {
    await page.close();
  }
}

/** Everything a story says about its pages: what `look` found wrong, gathered until the end. */
export class Story {
  constructor(browser, server, { size, language = 'zh-CN' }) {
    Object.assign(this, { browser, server, size, language, wrong: [] });
    this.password = passwordOf(server.output());
    this.open = [];
  }

  /** Somebody without an account, at a device of their own. */
  async visitor(rest = {}) {
    const visitor = await person(this.browser, { size: this.size, language: this.language, url: this.server.url, ...rest });
    this.open.push(visitor);
    return visitor;
  }

  /** A colleague who signed in. */
  async staff(login, rest = {}) {
    const colleague = await this.visitor(rest);
    await signIn(colleague.page, login, this.password);
    return colleague;
  }

  /** Looks at the page; what is wrong is told at the end, so that one fault does not hide the others. */
  async see(who, name) {
    this.wrong.push(...await look(who, name));
  }

  /** Ends the story: every page was sound, and every browser is closed. */
  async end() {
    for (const { context } of this.open) await context.close();
    assert.deepEqual(this.wrong, []);
  }
}

/** The technician who is asked for a repair now, on its page. */
export async function asked(technicians, number) {
  for (let tries = 0; tries < 40; tries += 1) {
    for (const technician of technicians) {
      const { page } = technician;
      await page.goto('/desk/jobs');
      const link = page.locator(`main li:has-text("${number}") h2 a`);
      if (!await link.count()) continue;
      await link.first().click();
      await page.waitForURL('**/desk/jobs/*');
      if (await page.locator('input[name=action][value=accept_offer]').count()) return technician;
    }
    await technicians[0].page.waitForTimeout(250);
  }
  return assert.fail(`nobody is asked for ${number}`);
}

/** Waits until the page says so: checks and offers happen in the background, within seconds. */
export async function until(page, selector) {
  for (let tries = 0; tries < 80; tries += 1) {
    if (await page.locator(selector).count()) return;
    await page.waitForTimeout(250);
    await page.reload();
  }
  assert.fail(`${selector} did not appear on ${new URL(page.url()).pathname}`);
}

/** The form that sends `action`; opened first where it is folded away. */
export async function formOf(page, action) {
  const form = page.locator(`form:has(input[name=action][value=${action}])`).first();
  await form.waitFor({ state: 'attached' });
  const folded = page.locator(`details:not([open]):has(input[name=action][value=${action}])`);
  if (await folded.count()) await folded.first().locator('> summary').click();
  return form;
}

/** Fills in the fields by name and sends the form of `action`; `button` picks one of several. */
export async function send(page, action, fields = {}, button = 'button[type=submit]') {
  const form = await formOf(page, action);
  for (const [name, value] of Object.entries(fields)) {
    const field = form.locator(`[name="${name}"]`);
    const kind = await field.first().getAttribute('type');
    const tag = await field.first().evaluate(element => element.tagName);
    if (kind === 'radio') await form.locator(`[name="${name}"][value="${value}"]`).check();
    else if (kind === 'checkbox') await (value === true ? field.first() : form.locator(`[name="${name}"][value="${value}"]`)).check();
    else if (kind === 'file') await field.setInputFiles(value);
    else if (tag === 'SELECT') await field.selectOption(value);
    else await field.first().fill(value);
  }
  await form.locator(button).first().click();
  await page.waitForLoadState('load');
}

/** Goes on to the next part of a long form, where it is asked part by part: on a phone. */
export async function onward(page) {
  const next = page.locator('[data-onward]');
  if (await next.isVisible()) await next.click();
}

/** Sends what cannot be taken back: it is asked about first, and sent by the page that asks. */
export async function sendTwice(page, action, fields = {}) {
  await send(page, action, fields);
  await send(page, action);
}
