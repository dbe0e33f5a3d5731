// What pages share that go on without a network (jobs.js, packing.js): a book on this device that is written before anything is
// sent, one sender at a time, what an answer means, and the pages that the worker keeps to be read.
window.Offline = (() => {
  const root = document.documentElement, kept = +root.dataset.kept || 0, zh = root.lang.startsWith('zh');
  const say = (z, e) => (zh ? z : e);
  const key = () => crypto.randomUUID().replaceAll('-', '');
  const el = (tag, more = {}, ...inside) => { const it = Object.assign(document.createElement(tag), more); it.append(...inside); return it; };
  const time = ms => new Date(ms).toLocaleTimeString(root.lang, { hour: '2-digit', minute: '2-digit' });
  const button = (text, does) => { const b = el('button', { type: 'button', className: 'btn small', textContent: text }); b.addEventListener('click', () => { b.disabled = true; Promise.resolve(does()).finally(() => { b.disabled = false; }); }); return b; };
  const full = () => alert(say('这部手机存不下了，这件事没有记下。请腾出空间后再试。', 'This phone could not store it, so it was not written down. Please free some space and try again.'));

  // A book with these lists; each use answers once it is on the disk, not before.
  const bookOf = (name, lists) => {
    const open = new Promise((done, failed) => {
      const ask = indexedDB.open(name, 1);
      ask.onupgradeneeded = () => lists.forEach(list => ask.result.createObjectStore(list, { keyPath: 'n', autoIncrement: true }));
      ask.onsuccess = () => done(ask.result); ask.onerror = () => failed(ask.error);
    });
    return async (mode, work) => {
      const db = await open;
      return new Promise((done, failed) => {
        const unit = db.transaction(lists, mode, { durability: 'strict' }), ask = work(...lists.map(list => unit.objectStore(list)));
        unit.oncomplete = () => done(ask?.result); unit.onerror = unit.onabort = () => failed(unit.error);
      });
    };
  };

  // One window sends, whatever is open beside it.
  const alone = (name, work) => navigator.locks.request(name, { ifAvailable: true }, lock => lock && work());

  // Sends something and says what became of it: `sent` with the answer, `waiting` to be sent again, or `refused` with the reason.
  // The time of the phone travels beside it, and whose it is: it is not sent in the name of another.
  async function post(url, account, body, acted_at, signal) {
    const headers = { Accept: 'application/json', 'Aftercare-Account': account };
    if (acted_at) headers['Acted-At'] = String(acted_at);
    const later = (z, e) => ({ state: 'waiting', why: z ? { zh: z, en: e } : null });
    let answer;
    try { answer = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal }); } catch { return later(); }
    if (answer.ok) return { state: 'sent', why: null, told: await answer.json().catch(() => null) };
    if (answer.type === 'opaqueredirect' || answer.status === 401) return later('请重新登录，登录后会接着送。', 'Please sign in again; sending goes on then.');
    if (answer.status >= 500 || [408, 425, 429].includes(answer.status)) return later('服务器现在忙，稍后会再送。', 'The server is busy; it is sent again later.');
    const told = await answer.json().catch(() => null);
    return { state: 'refused', why: { rule: told?.rule || String(answer.status), zh: told?.detail_zh || `${answer.status}`, en: told?.detail || `${answer.status}` } };
  }

  // Has the worker of `scope` keep this page, those it links to, and what they load; `most` links at once.
  async function keepPages(scope, most) {
    if (!navigator.serviceWorker) return;
    await navigator.serviceWorker.register(`${scope}/worker.js`, { scope });
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) await new Promise(done => navigator.serviceWorker.addEventListener('controllerchange', done, { once: true }));
    if (kept || !navigator.onLine) return;
    const links = [...document.querySelectorAll(`main a[href^="${scope}/"]`)].map(a => a.getAttribute('href')), own = new RegExp(`^${scope}(/[0-9a-f-]{36})?$`).test(location.pathname) ? [location.pathname] : [];
    const files = [...document.querySelectorAll('link[rel=stylesheet],link[rel=icon],script[src]')].map(it => it.getAttribute('href') || it.getAttribute('src'));
    for (const path of files) await fetch(path).catch(() => {});
    for (const path of new Set([...own, scope, ...links.slice(0, most)])) {
      // The list is opened often; a page that is kept is read anew when somebody opens it.
      if (links.includes(path) && await caches.match(path)) continue;
      const answer = await fetch(path, { headers: { Accept: 'text/html' } }).catch(() => null);
      if (!answer?.ok) continue;
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      for (const img of page.querySelectorAll('main img[src^="/photos/"]')) await fetch(img.getAttribute('src')).catch(() => {});
    }
    root.dataset.day = 'kept';
  }
  return { root, kept, say, key, el, time, button, full, bookOf, alone, post, keepPages, RETRY_MS: 30000, SHOWN_MS: 864e5 };
})();
