// What the script of the pages does for whoever fills in a form: mistakes are led to, and words are not lost.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch, person } from '../harness/browser.mjs';

/** In the order of the pages. */
const SCRIPTS = ['/ahead.js', '/camera.js', '/challenge.js', '/parts.js', '/receipt.js', '/aftercare.js'];

const CASE = '/desk/inbox/1';

/** The fields by which a form says what it is about. */
const about = action => `<input type="hidden" name="action" value="${action}"><input type="hidden" name="claim" value="c1">
<input type="hidden" name="next" value="${CASE}">`;

const page = body => `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>页</title>
${SCRIPTS.map(path => `<script src="${path}" defer></script>`).join('')}</head><body><main><h1>一页</h1>${body}</main></body></html>`;

/** The page of a case with three forms; `mistake` is what came of the one that contests. */
const shown = (mistake = false) => page(`
${mistake ? '<div class="note stop" role="alert" tabindex="-1"><p>有 2 项需要修改。</p></div>' : ''}
<form method="post" action="/judge">${about('judge')}<button>采信</button></form>
<button type="button" class="js-only" data-act="phrase" data-for="s" value="照片 [E-01] 看得到破损。">照片看得到</button>
<details${mistake ? ' open' : ''}><summary>不同意</summary><form method="post" action="/contest">${about('contest')}
<fieldset${mistake ? ' aria-describedby="k-e"' : ''}><legend>方式</legend><label><input type="radio" name="kind" value="a"> 退货</label>
${mistake ? '<p class="err" id="k-e">请选择。</p>' : ''}</fieldset>
<div class="field"><label for="s">说明</label><textarea id="s" name="statement"${mistake ? ' aria-describedby="s-e"' : ''}></textarea>
${mistake ? '<p class="err" id="s-e">请填写。</p>' : ''}</div><button>不同意</button></form></details>
<form method="post" action="/logout"><button>退出</button></form>`);

/** A form with photos, of which two are still here. */
const WITH_PHOTOS = page(`<form method="post" action="/judge"><input type="checkbox" name="saved_photo" value="0" checked><input type="checkbox" name="saved_photo" value="1" checked>
<div class="field"><label for="p">照片</label><input id="p" name="photos" type="file" multiple data-bytes="1000" data-clip="5000" data-files="4" data-total="6000" data-large="太大" data-empty="是空的" data-many="太多" data-together="合计太大"><div data-thumbs></div></div>
<button>提交</button></form>`);

/** A form for everybody in two parts, the second with a choice, a text that has to be there, and a consent. */
const IN_PARTS = page(`<form method="post" action="/parts" data-keep data-upload data-sending="正在上传" data-checking="正在受理" data-failed="没有发出去" data-parts="第 [1] 步，共 [2] 步" data-next="下一步" data-change="修改"><fieldset data-step="什么问题"><legend>什么问题</legend>
<label>商品 <select name="product"><option value="">不在列表里</option><option value="p1">台灯</option></select></label><label>描述 <textarea name="description" required></textarea></label><label>照片 <input type="file" name="photos" multiple></label></fieldset>
<fieldset data-step="怎么联系您"><legend>怎么联系您</legend><label><input type="radio" name="kind" value="a" checked> 维修</label><label><input type="radio" name="kind" value="b"> 清洗</label>
<label>姓名 <input name="name" required></label><label><input type="checkbox" name="purposes" value="case" required> 同意</label></fieldset>
<div data-progress hidden><progress max="100"></progress><p role="status" data-says></p></div><div class="bar"><a href="/">返回</a><button class="btn go" type="submit">提交</button></div></form>`);

const hash = (...parts) => createHash('sha256').update(Buffer.concat(parts.map(part => Buffer.from(part)))).digest();
const leaf = entry => hash([0], entry);
const node = (left, right) => hash([1], left, right);

/** A log of five entries: the receipt of one, and the key. */
function receiptOf(index) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.concat([Buffer.from([1]), publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)]);
  const id = hash('log.example\n', raw).subarray(0, 4);
  const entries = [1, 2, 3, 4, 5].map(n => Buffer.alloc(32, n));
  const [a, b, c, d, e] = entries.map(leaf);
  const left = node(node(a, b), node(c, d));
  const paths = { 2: [d, node(a, b), e], 4: [left] };
  const state = `log.example\n5\n${node(left, e).toString('base64')}\n`;
  const signature = Buffer.concat([id, sign(null, Buffer.from(state), privateKey)]).toString('base64');
  const lines = ['c2sp.org/tlog-proof@v1', `extra ${entries[index].toString('base64')}`, `index ${index}`, ...paths[index].map(one => one.toString('base64'))];
  return { text: `${lines.join('\n')}\n\n${state}\n\u2014 log.example ${signature}\n`, key: `log.example+${id.toString('hex')}+${raw.toString('base64')}` };
}

/** The form of the page that checks receipts. */
const VERIFY = page(`<form data-verify data-held="对得上" data-wrong="对不上" data-others="不是它签的" data-unsigned="不会核对签名" data-none="不像"><input type="file"><textarea></textarea><input data-verify-key><p data-verify-said hidden></p></form>`);

/** The form that answers a request with the camera of the page. */
const CAPTURE = page(`<form method="post" action="/judge" data-capture><div data-camera hidden><video playsinline muted width="640" height="480" aria-label="画面"></video>
<button type="button" data-camera-start>打开</button><button type="button" data-camera-take hidden>拍下</button>
<button type="button" data-camera-film data-seconds="4" data-files="3" data-bytes="50000000" data-stop="停止" data-filming="正在录像" hidden>录像</button><span role="timer" data-camera-time hidden></span>
<p role="status" data-camera-said data-taken="已拍下" data-none="用不了"></p></div>
<label>照片 <input type="file" name="photos" multiple></label><button type="submit">提交</button><input type="hidden" name="capture" value="album"></form>`);

let server;
let browser;
let url;
/** Forms in parts that came, and pieces of photos that came ahead of them: what was told with each, and its bytes. */
const came = { forms: [], pieces: [] };

/** The fields of a multipart body, bytes as Latin-1. */
function fieldsOf(request, body) {
  const boundary = /boundary=(.*)$/.exec(request.headers['content-type'])?.[1];
  const parts = boundary ? body.toString('latin1').split(`--${boundary}`).slice(1, -1) : [];
  return parts.map(part => [/name="([^"]*)"/.exec(part)[1], part.slice(part.indexOf('\r\n\r\n') + 4, -2)]);
}

/** Takes a piece as the server does: one that does not go on where its photo ends changes nothing. */
function take(fields) {
  const { photo, from, piece } = Object.fromEntries(fields);
  const told = () => came.pieces.filter(one => one.photo === photo).reduce((sum, one) => sum + one.bytes, 0);
  if (Number(from) === told()) came.pieces.push({ photo, from: Number(from), bytes: piece.length });
  return { saved: 'kept', photos: [told()] };
}

before(async () => {
  const read = path => readFile(new URL(`../../crates/server/assets${path}`, import.meta.url));
  const scripts = new Map(await Promise.all(SCRIPTS.map(async path => [path, await read(path)])));
  const answered = async (request, answer) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const fields = fieldsOf(request, Buffer.concat(chunks));
    if (request.url === '/uploads') return answer.setHeader('content-type', 'application/json').end(JSON.stringify(take(fields)));
    if (request.url === '/parts' && request.method === 'POST') came.forms.push(fields);
    if (scripts.has(request.url)) return answer.setHeader('content-type', 'text/javascript').end(scripts.get(request.url));
    answer.setHeader('content-type', 'text/html');
    const taken = () => answer.writeHead(303, { location: CASE }).end();
    if (request.method === 'POST' && ['/judge', '/contest'].includes(request.url)) return taken();
    if (request.url === '/parts') return answer.end(request.method === 'POST' ? page('<p data-taken>已受理。</p>') : IN_PARTS);
    if (request.method === 'POST') return answer.writeHead(303, { location: '/login' }).end();
    if (request.url === '/login') return answer.end(page('<form method="post" action="/enter"><button>登录</button></form>'));
    if (request.url === '/photos') return answer.end(WITH_PHOTOS);
    if (request.url === '/verify') return answer.end(VERIFY);
    if (request.url === '/capture') return answer.end(CAPTURE);
    return answer.end(shown(request.url === '/mistake'));
  };
  // A request that broke off is answered by nobody.
  server = createServer((request, answer) => { answered(request, answer).catch(() => answer.destroy()); });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${server.address().port}`;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
});

async function visit(walk, size = 'desktop') {
  const visitor = await person(browser, { size, url });
  try {
    await walk(visitor.page);
    assert.deepEqual(visitor.faults, []);
  } finally {
    await visitor.context.close();
  }
}

/** Presses the button of the form that posts to `action`, and waits for what comes of it. */
async function send(at, action) {
  await Promise.all([at.waitForNavigation(), at.evaluate(to => document.querySelector(`form[action="${to}"] button`).click(), action)]);
}

const statement = at => at.locator('#s').inputValue();

test('mistakes are read first, and each leads to its field', () => visit(async at => {
  await at.goto('/mistake');
  assert.equal(await at.evaluate(() => document.activeElement.getAttribute('role')), 'alert');
  assert.deepEqual(await at.locator('[role=alert] a').allTextContents(), ['方式：请选择。', '说明：请填写。']);
  await at.locator('[role=alert] a').last().click();
  assert.equal(new URL(at.url()).hash, '#s');
}));

test('words outlive the answer to a neighboring form', () => visit(async at => {
  await at.goto(CASE);
  await at.locator('summary').click();
  await at.locator('#s').fill('打包时完好，有录像。');
  await send(at, '/judge');
  assert.equal(await statement(at), '打包时完好，有录像。');
  assert.ok(await at.locator('#s').isVisible(), 'the fold is open');
}));

test('a sentence that is often written goes to the end, with what differs ready to be written over', () => visit(async at => {
  await at.goto(CASE);
  await at.evaluate(() => document.querySelector('details').setAttribute('open', ''));
  await at.fill('#s', '结果：支持。\n');
  await at.click('[data-act=phrase]');
  await at.keyboard.type('E-07');
  assert.equal(await statement(at), '结果：支持。\n照片 E-07 看得到破损。');
}));

test('words that were taken are not offered again', () => visit(async at => {
  await at.goto(CASE);
  await at.locator('summary').click();
  await at.locator('#s').fill('打包时完好。');
  await send(at, '/contest');
  assert.equal(await statement(at), '');
}));

test('a session that ended loses no words, and signing out leaves none', () => visit(async at => {
  await at.goto(CASE);
  await at.locator('summary').click();
  await at.locator('#s').fill('打包时完好。');
  // The form goes to the sign-in page: nothing was taken.
  await at.evaluate(() => document.querySelector('form[action="/contest"]').setAttribute('action', '/over'));
  await send(at, '/over');
  assert.equal(new URL(at.url()).pathname, '/login');
  await at.goto(CASE);
  assert.equal(await statement(at), '打包时完好。');
  await send(at, '/logout');
  await at.goto(CASE);
  assert.equal(await statement(at), '');
}));

test('files that would be refused are told before they are sent', () => visit(async at => {
  await at.goto('/photos');
  const file = (name, size, mimeType = 'image/jpeg') => ({ name, mimeType, buffer: Buffer.alloc(size) });
  const said = files => at.locator('#p').setInputFiles(files).then(() => at.locator('#p').evaluate(input => input.validationMessage));
  assert.equal(await said([file('a.jpg', 900), file('b.mp4', 4_000, 'video/mp4')]), '');
  assert.equal(await said([file('a.jpg', 1_100)]), '太大');
  assert.equal(await said([file('a.mp4', 5_100, 'video/mp4')]), '太大');
  assert.equal(await said([file('a.jpg', 0)]), '是空的');
  assert.equal(await said([1, 2, 3].map(n => file(`${n}.jpg`, 10))), '太多', 'with those that are still here');
  assert.equal(await said([file('a.mp4', 4_000, 'video/mp4'), file('b.mp4', 4_000, 'video/mp4')]), '合计太大');
  // One that is not wanted any more is taken out again.
  await at.locator('input[name=saved_photo]').first().uncheck();
  assert.equal(await said([1, 2, 3].map(n => file(`${n}.jpg`, 10))), '');
}));

test('on a phone a long form is asked part by part, and leads back to each', () => visit(async at => {
  const seen = name => at.locator(`[name=${name}]`).first().isVisible();
  const next = at.locator('[data-onward]'), send = at.locator('[type=submit]');
  await at.goto('/parts');
  assert.deepEqual([await seen('description'), await seen('name'), await send.isVisible()], [true, false, false]);
  assert.equal(await at.locator('[role=status]').first().innerText(), '第 1 步，共 2 步');
  // What has to be there is asked for before the next part.
  await next.click();
  assert.equal(await seen('description'), true);
  await at.fill('[name=description]', '灯不亮。');
  await next.click();
  assert.deepEqual([await seen('description'), await seen('name'), await send.isVisible(), await next.isVisible()], [false, true, true, false]);
  assert.equal(await at.locator('[role=status]').first().innerText(), '第 2 步，共 2 步');
  // The row, the way back of the page and that of the browser lead to the part before.
  await at.locator('button.slim', { hasText: '什么问题' }).click();
  assert.equal(await seen('description'), true);
  await next.click();
  await at.locator('.bar a').click();
  assert.equal(await seen('description'), true);
  await next.click();
  await at.goBack();
  assert.equal(await seen('description'), true);
  await next.click();
  await at.fill('[name=name]', '林晓示');
  await at.check('[name=purposes]');
  await send.click();
  await at.waitForSelector('[data-taken]');
}, 'phone'));

test('on a wide screen all of a long form is there', () => visit(async at => {
  await at.goto('/parts');
  assert.equal(await at.locator('[name=description]').isVisible() && await at.locator('[name=name]').isVisible(), true);
  assert.equal(await at.locator('[data-onward]').count(), 0);
}));

test('a form for everybody keeps what was written until it was taken, and no consent', () => visit(async at => {
  const values = () => at.evaluate(() => {
    const { product, description, kind, name, purposes } = document.querySelector('form').elements;
    return [product.value, description.value, kind.value, name.value, purposes.checked];
  });
  await at.goto('/parts');
  await at.selectOption('[name=product]', 'p1');
  await at.fill('[name=description]', '灯不亮。');
  await at.check('[name=kind][value=b]');
  await at.fill('[name=name]', '林晓示');
  await at.check('[name=purposes]');
  await at.goto('/photos');
  await at.goto('/parts');
  assert.deepEqual(await values(), ['p1', '灯不亮。', 'b', '林晓示', false]);
  await at.check('[name=purposes]');
  await at.click('[type=submit]');
  await at.waitForSelector('[data-taken]');
  await at.goto('/parts');
  assert.deepEqual(await values(), ['', '', 'a', '', false]);
}));

test('a form that breaks off keeps its pictures, and goes once there is a network again', () => visit(async at => {
  await at.goto('/parts');
  await at.fill('[name=description]', '灯不亮。');
  await at.setInputFiles('[name=photos]', { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(2000, 7) });
  await at.fill('[name=name]', '林晓示');
  await at.check('[name=purposes]');
  await at.context().setOffline(true);
  await at.click('[type=submit]');
  await at.waitForSelector('[data-says]:text("没有发出去")');
  assert.deepEqual(await at.evaluate(() => [document.querySelector('[name=photos]').files.length, document.querySelector('[name=description]').value]), [1, '灯不亮。']);
  assert.equal(await at.locator('[type=submit]').isEnabled(), true);
  await at.context().setOffline(false);
  await at.waitForSelector('[data-taken]');
}));

test('after a break photos go ahead in pieces, none of which goes twice', () => visit(async at => {
  await at.goto('/parts');
  await at.fill('[name=description]', '灯不亮。');
  await at.setInputFiles('[name=photos]', { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(600_000, 7) });
  await at.fill('[name=name]', '林晓示');
  await at.check('[name=purposes]');
  came.forms = [];
  came.pieces = [];
  // The form breaks off, and then the second piece on its way there and the third on its way back.
  let forms = 0;
  let pieces = 0;
  await at.route('**/parts', route => (route.request().method() === 'POST' && (forms += 1) === 1 ? route.abort() : route.continue()));
  await at.route('**/uploads', async route => {
    pieces += 1;
    if (pieces === 2) return route.abort();
    if (pieces === 4) await route.fetch();
    return pieces === 4 ? route.abort() : route.continue();
  });
  for (let breaks = 1; breaks <= 3; breaks += 1) {
    await at.click('[type=submit]');
    await at.waitForSelector('[data-says]:text("没有发出去")');
    await at.waitForSelector('[type=submit]:enabled');
  }
  await at.click('[type=submit]');
  await at.waitForSelector('[data-taken]');
  assert.deepEqual(came.pieces.map(({ from, bytes }) => [from, bytes]), [[0, 262_144], [262_144, 262_144], [524_288, 75_712]]);
  assert.equal(came.forms.length, 1);
  const sent = came.forms[0];
  assert.deepEqual(sent.filter(([name]) => ['photos', 'saved', 'saved_photo'].includes(name)), [['saved', 'kept'], ['saved_photo', '0']]);
  assert.equal(Buffer.from(Object.fromEntries(sent).name, 'latin1').toString('utf8'), '林晓示');
}));

test('a receipt is checked in the browser, with the key of its reader', () => visit(async at => {
  await at.goto('/verify');
  const signs = await at.evaluate(() => crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']).then(() => true, () => false));
  const said = async (text, key) => {
    await at.locator('[data-verify-key]').fill(key);
    await at.locator('textarea').fill('');
    await at.waitForFunction(() => document.querySelector('[data-verify-said]').hidden);
    await at.locator('textarea').fill(text);
    await at.waitForFunction(() => !document.querySelector('[data-verify-said]').hidden);
    return at.locator('[data-verify-said]').textContent();
  };
  for (const index of [2, 4]) {
    const { text, key } = receiptOf(index);
    assert.equal(await said(text, key), signs ? '对得上' : '不会核对签名', `entry ${index}`);
    assert.equal(await said(text.replace(/\n/g, '\r\n'), key), signs ? '对得上' : '不会核对签名', 'as a form sends it');
    assert.equal(await said(text.replace(/^index .*$/m, 'index 1'), key), '对不上');
    assert.equal(await said(text.replace(/^extra .*$/m, `extra ${Buffer.alloc(32, 9).toString('base64')}`), key), '对不上');
    assert.equal(await said(text, receiptOf(index).key), '不是它签的');
    assert.equal(await said('收据', key), '不像');
  }
}));

test('an answer is filmed and photographed on the page, and says that it came from its camera', () => visit(async at => {
  await at.context().grantPermissions(['camera']);
  await at.goto('/capture');
  const state = () => at.evaluate(() => {
    const form = document.querySelector('form');
    return { files: [...form.elements.photos.files].map(file => [file.name, file.type, file.size > 0]), how: form.elements.capture.value };
  });
  await at.click('[data-camera-start]');
  await at.waitForSelector('[data-camera-film]:visible');
  // With the keyboard, and ended by its own bound.
  await at.focus('[data-camera-film]');
  await at.keyboard.press('Enter');
  await at.waitForSelector('[data-camera-said]:text("正在录像")');
  assert.equal(await at.locator('[type=submit]').isDisabled(), true, 'what is not written yet is not sent');
  assert.equal(await at.locator('[data-camera-film]').innerText(), '停止');
  await at.waitForFunction(() => !document.querySelector('[type=submit]').disabled);
  const filmed = await state();
  assert.equal(filmed.how, 'camera');
  assert.ok(filmed.files.length >= 1 && filmed.files.length <= 3, JSON.stringify(filmed));
  assert.ok(filmed.files.every(([name, type, whole]) => whole && (/\.mp4$/.test(name) ? type === 'video/mp4' : type === 'image/jpeg')), JSON.stringify(filmed));
  // Stills stay possible beside it.
  await at.click('[data-camera-take]');
  await at.waitForFunction(most => document.querySelector('[name=photos]').files.length > most, filmed.files.length);
  // A file that is chosen takes their place, and says so.
  await at.setInputFiles('[name=photos]', { name: 'old.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(100, 7) });
  assert.deepEqual(await state(), { files: [['old.jpg', 'image/jpeg', true]], how: 'album' });
  // Whoever looks at something else is not filmed, and opens the camera again.
  await at.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  assert.equal(await at.evaluate(() => document.querySelector('[data-camera] video').srcObject), null);
  assert.equal(await at.locator('[data-camera-take]').isVisible(), false);
  await at.click('[data-camera-start]');
  await at.waitForSelector('[data-camera-take]:visible');
}));
