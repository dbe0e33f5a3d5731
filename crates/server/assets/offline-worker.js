// Keeps the pages of a place readable without a network, of one account at a time, until four in the morning or until nobody
// is signed in any more: the technician's list, its jobs, and the photos on them; the packer's list and parcels. Which of them,
// its scope says. It sends nothing and keeps no answers to forms, so nothing that was opened with a reason is ever here.
const SCOPE = new URL(registration.scope).pathname, PLACE = SCOPE.split('/').pop(), FILES = `${PLACE}-files`, PAGES = `${PLACE}:`;
const SLOW_MS = 8000, FILES_MAX = 40, PAGES_MAX = 160;
const PAGE = new RegExp(`^${SCOPE}(/[0-9a-f-]{36})?$`), PHOTO = /^\/photos\/[0-9a-f-]{36}$/;

addEventListener('install', () => skipWaiting());
addEventListener('activate', e => e.waitUntil(clients.claim()));

const pages = async () => (await caches.keys()).filter(name => name.startsWith(PAGES));
const wipe = async but => { for (const name of await pages()) if (name !== but) await caches.delete(name); };

// The end of a working day: the next four o'clock in the morning where the phone is.
const ends = kept => { const d = new Date(kept); if (d.getHours() >= 4) d.setDate(d.getDate() + 1); return d.setHours(4, 0, 0, 0); };

const bounded = async (cache, most) => { const all = await cache.keys(); for (const old of all.slice(0, Math.max(0, all.length - most))) await cache.delete(old); };

async function read(path) {
  for (const name of await pages()) {
    const cache = await caches.open(name), found = await cache.match(path);
    if (!found) continue;
    const kept = +found.headers.get('x-kept');
    if (Date.now() >= ends(kept) || Date.now() < kept - 36e5) { await cache.delete(path); continue; }
    if (!/^text\/html/.test(found.headers.get('content-type'))) return found;
    // The page says that it is a kept one, and its clocks go by the phone then.
    const text = (await found.text()).replace(/<html ([^>]*?) data-now="[^"]*"/, `<html $1 data-kept="${kept}"`);
    return new Response(text, { headers: found.headers });
  }
  return null;
}

async function keep(path, answer) {
  const account = answer.headers.get('aftercare-account');
  if (account) await wipe(PAGES + account);
  const name = account ? PAGES + account : (await pages())[0];
  if (!name) return;
  const headers = new Headers(answer.headers);
  headers.set('x-kept', Date.now()); ['set-cookie', 'content-encoding', 'content-length'].forEach(name => headers.delete(name));
  const cache = await caches.open(name);
  await cache.delete(path);
  await cache.put(path, new Response(await answer.blob(), { headers }));
  await bounded(cache, PAGES_MAX);
}

async function page(e, path) {
  const asked = fetch(e.request), kept = await read(path);
  let answer;
  try {
    answer = await (kept ? Promise.race([asked, new Promise((_, late) => setTimeout(late, SLOW_MS, new Error('slow')))]) : asked);
  } catch (error) {
    asked.catch(() => {});
    if (kept) return kept;
    throw error;
  }
  // Nobody is signed in any more, or it is somebody else's job now.
  if (answer.type === 'opaqueredirect' || answer.redirected || answer.status === 401) await wipe();
  else if (answer.status === 403 || answer.status === 404) for (const name of await pages()) await (await caches.open(name)).delete(path);
  else if (answer.ok) e.waitUntil(keep(path, answer.clone()).catch(() => {}));
  // A server that is down is no reason not to read.
  return answer.status >= 500 && kept ? kept : answer;
}

async function file(e, path) {
  const cache = await caches.open(FILES), found = await cache.match(path);
  if (found) return found;
  const answer = await fetch(e.request);
  if (answer.ok) e.waitUntil(cache.put(path, answer.clone()).then(() => bounded(cache, FILES_MAX)).catch(() => {}));
  return answer;
}

addEventListener('fetch', e => {
  const url = new URL(e.request.url);
  if (e.request.method !== 'GET' || url.origin !== location.origin || url.search) return;
  if (url.pathname.startsWith('/assets/')) e.respondWith(file(e, url.pathname));
  else if (PAGE.test(url.pathname) || PHOTO.test(url.pathname)) e.respondWith(page(e, url.pathname));
});
