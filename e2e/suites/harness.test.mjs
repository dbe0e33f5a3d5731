// The harness itself: it has to find what it is there to find.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Aloud } from '../harness/aria.mjs';
import { SIZES, launch, look, person } from '../harness/browser.mjs';
import { Sizes } from '../harness/sizes.mjs';

const page = (body, head = '') => `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>页</title>${head}</head><body><main>${body}</main></body></html>`;

const PAGES = {
  '/good': page('<h1>一页</h1><p>没有问题。</p>'),
  '/unlabelled': page('<h1>一页</h1><form><input name="phone"></form>'),
  '/wide': page('<h1>一页</h1><div class="wide">宽</div>', '<link rel="stylesheet" href="/wide.css">'),
  '/outside': page('<h1>一页</h1><img alt="" src="http://shop.example/a.png">'),
  '/policy': page('<h1>一页</h1><img alt="" src="http://shop.example/a.png">'),
  '/broken': page('<h1>一页</h1>', '<script src="/broken.js"></script>'),
  '/headless': page('<p>没有标题。</p>'),
  '/queue': page(`<h1>3 件</h1><ul><li><a href="/a">AC-7Q2F-9K3M 破损</a></li><li><a href="/b">AC-KQFT-WXYZ 破损</a></li></ul>
<details><summary>更多</summary><button>拒绝</button></details><table><thead><tr><th scope="col">时间</th></tr></thead><tbody><tr><td>11月28日</td></tr></tbody></table>`),
  '/queue-later': page(`<h1>1 件</h1><ul><li><a href="/c">AC-0000-0000 破损</a></li></ul>
<details open><summary>更多</summary><button>拒绝</button></details><table><thead><tr><th scope="col">时间</th></tr></thead><tbody><tr><td>12月1日</td></tr></tbody></table>`),
  '/queue-changed': page('<h1>1 件</h1><ul><li><a href="/c">AC-0000-0000 破损</a></li></ul><button disabled>拒绝</button>'),
};

let server;
let browser;
let url;

before(async () => {
  server = createServer((request, answer) => {
    if (request.url === '/wide.css') return answer.setHeader('content-type', 'text/css').end('.wide { width: 3000px }');
    if (request.url === '/broken.js') return answer.setHeader('content-type', 'text/javascript').end('nowhere.call()');
    if (request.url === '/failing') return answer.writeHead(500).end('failed');
    // Without the policy the request would leave; with it the browser refuses and says so.
    if (request.url !== '/outside') answer.setHeader('content-security-policy', "default-src 'self'");
    return answer.setHeader('content-type', 'text/html').end(PAGES[request.url] ?? '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${server.address().port}`;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
});

async function wrongOf(path, size = 'phone') {
  const visitor = await person(browser, { size, url });
  try {
    await visitor.page.goto(path);
    return await look(visitor, `harness${path.replace('/', '-')}`);
  } finally {
    await visitor.context.close();
  }
}

test('a sound page passes at every size', async () => {
  for (const size of Object.keys(SIZES)) assert.deepEqual(await wrongOf('/good', size), [], size);
});

test('a picture of every page is kept where a folder is named for them', async () => {
  const named = process.env.AFTERCARE_SHOTS;
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-shots-'));
  try {
    process.env.AFTERCARE_SHOTS = folder;
    assert.deepEqual(await wrongOf('/good', 'tablet'), []);
    const kept = await readdir(join(folder, 'harness', 'tablet-zh-CN'));
    assert.equal(kept.length, 1);
    assert.match(kept[0], /^\d{3}-harness-good\.png$/);
  } finally {
    if (named === undefined) delete process.env.AFTERCARE_SHOTS;
    else process.env.AFTERCARE_SHOTS = named;
    await rm(folder, { recursive: true, force: true });
  }
});

for (const [path, expected] of [
  ['/unlabelled', /axe label/],
  ['/wide', /scrolls sideways/],
  ['/outside', /a request to shop\.example/],
  ['/policy', /console: .*Content Security Policy/],
  ['/broken', /script: nowhere is not defined/],
  ['/headless', /0 h1/],
  ['/failing', /500 from \/failing/],
]) {
  test(`the fault of ${path} is found`, async () => {
    assert.match((await wrongOf(path)).join('\n'), expected);
  });
}

test('what is read aloud is the same whatever the day and the number of rows, and a change of the page is told', async () => {
  const mode = process.env.AFTERCARE_ARIA;
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-aria-'));
  const visitor = await person(browser, { size: 'desktop', url });
  const aloud = new Aloud(folder);
  const read = async path => {
    aloud.wrong = [];
    await visitor.page.goto(path);
    await aloud.read(visitor, 'queue');
    return aloud.wrong.join('\n');
  };
  try {
    delete process.env.AFTERCARE_ARIA;
    assert.match(await read('/queue'), /There is no e2e\/aria\/queue\.zh-CN\.txt\. Run `AFTERCARE_ARIA=write/);
    process.env.AFTERCARE_ARIA = 'write';
    assert.equal(await read('/queue'), '');
    delete process.env.AFTERCARE_ARIA;
    assert.equal(await read('/queue'), '');
    assert.equal(await read('/queue-later'), '');
    const said = await readFile(join(folder, 'queue.zh-CN.txt'), 'utf8');
    for (const line of ['heading 1 # 件', 'link # 破损', 'button 更多', 'button 拒绝', 'columnheader 时间']) assert.equal(said.split(line).length, 2, `${line} in\n${said}`);
    assert.doesNotMatch(said, /\d月|AC-/);
    const changed = await read('/queue-changed');
    assert.match(changed, /^- +columnheader 时间$/m);
    assert.match(changed, /^\+ +button 拒绝 \[disabled\]$/m);
    // A file of a page that nobody reads is told too.
    assert.deepEqual(await aloud.leftOver(), []);
    assert.deepEqual(await new Aloud(folder).leftOver(), ['queue.zh-CN.txt']);
  } finally {
    if (mode === undefined) delete process.env.AFTERCARE_ARIA;
    else process.env.AFTERCARE_ARIA = mode;
    await visitor.context.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test('sizes are told by kind of page, the heaviest first, and what is too much says so', () => {
  const sizes = new Sizes();
  sizes.add('/desk/cases/0192f3a0-1111-7000-8000-000000000001', { scripts: 2048, all: 4096, pictures: 0 });
  sizes.add('/desk/cases/0192f3a0-1111-7000-8000-000000000002', { scripts: 1024, all: 8192, pictures: 512 });
  sizes.add('/report', { scripts: 1024, all: 90 * 1024, pictures: 0 });
  assert.deepEqual(sizes.table().split('\n').slice(2), [
    '| `/report` | 1.0 KB | 90.0 KB (over) | 0.0 KB |',
    '| `/desk/cases/{}` | 2.0 KB | 8.0 KB | 0.5 KB |',
  ]);
});
