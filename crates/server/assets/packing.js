// Parcels without a network. A picture is on this phone, with its hash and the phone's time, before anything else happens; a
// parcel is begun, filled and ended here the same with and without a network, and travels picture by picture, so that a bad
// network goes on where it broke off. What is refused stays until its person says what becomes of it.
(() => {
  const box = document.getElementById('parcels');
  if (!box || !window.indexedDB || !window.isSecureContext || !window.Offline) return;
  const { kept, say, key, el, time, button, full, bookOf, alone, post, keepPages, RETRY_MS, SHOWN_MS } = window.Offline;
  const { account, record = '', order = '' } = box.dataset;
  const PATH = '/desk/packing', BEGIN_MS = 8000, LEAVE_MS = 3000, FACTS = ['waybill', 'weight', 'serials', 'counts'];
  const model = document.querySelector('template[data-parcel]');

  // ---- the book ----
  const book = bookOf('aftercare-packing', ['parcels', 'pieces']);
  const all = async () => {
    const found = await book('readonly', parcels => parcels.getAll());
    return found.filter(parcel => parcel.account === account);
  };
  const piecesOf = async parcel => (await book('readonly', (_, pieces) => pieces.getAll())).filter(piece => piece.parcel === parcel.key);
  // Only what changed is written, so that the sender and the packer never write over each other.
  const patch = (parcel, change) => book('readwrite', parcels => {
    const ask = parcels.get(parcel.n);
    ask.onsuccess = () => { if (ask.result) parcels.put({ ...ask.result, ...change }); };
    return ask;
  });
  const removed = parcel => book('readwrite', (parcels, pieces) => {
    const ask = pieces.getAll();
    ask.onsuccess = () => ask.result.filter(piece => piece.parcel === parcel.key).forEach(piece => pieces.delete(piece.n));
    parcels.delete(parcel.n);
    return ask;
  });
  const begun = async more => {
    const parcel = { account, key: key(), order: '', id: '', offline: true, begun_at: Date.now(), ended_at: 0, facts: null, done_at: 0, stuck: false, why: null, ...more };
    return { ...parcel, n: await book('readwrite', parcels => parcels.add(parcel)) };
  };
  const hashOf = async file => [...new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))].map(byte => byte.toString(16).padStart(2, '0')).join('');

  // ---- sending ----
  let timer = 0, sending = 0, run = null;
  // What came of a request: gone on with, stopped until there is a network, or left to its person.
  async function settled(parcel, said) {
    if (said.state === 'sent') { if (parcel.why) await patch(parcel, { why: null }); return true; }
    await patch(parcel, { why: said.why, stuck: said.state === 'refused' });
    return false;
  }
  const bodyOf = fields => { const body = new FormData(); fields.forEach(([name, ...value]) => body.append(name, ...value)); return body; };
  const isOpen = parcel => !parcel.done_at && !parcel.stuck;
  // Gives whether there is a network to go on with.
  async function carry(first) {
    for (;;) {
      const parcel = await book('readonly', parcels => parcels.get(first.n));
      if (!parcel || !isOpen(parcel)) return true;
      const pieces = await piecesOf(parcel), next = pieces.find(piece => !piece.sent_at);
      const ask = async fields => { sending = parcel.n; await render(); return post(parcel.id ? `${PATH}/${parcel.id}` : PATH, account, bodyOf(fields), !parcel.id ? parcel.begun_at : next ? next.taken_at : parcel.ended_at); };
      if (!parcel.id) {
        // Nothing to send yet: a parcel begun by mistake leaves no record.
        if (!pieces.length) return true;
        const said = await ask([['order_number', parcel.order], ['offline', 'yes'], ['form_id', parcel.key]]);
        if (said.state === 'sent' && !said.told?.id) return false;
        if (!await settled(parcel, said)) return said.state === 'refused';
        await patch(parcel, { id: said.told.id });
      } else if (next) {
        const said = await ask([['do', 'add'], ['photos', next.file, next.name], ['sha256', next.sha256]]);
        if (!await settled(parcel, said)) return said.state === 'refused';
        await book('readwrite', (_, list) => list.put({ ...next, sent_at: Date.now() }));
        await render();
      } else if (parcel.ended_at) {
        const facts = FACTS.map(name => [name, parcel.facts?.[name] || '']), hashes = pieces.map(piece => ['sha256', piece.sha256]);
        const said = await ask([['do', 'end'], ...facts, ...hashes]);
        if (!await settled(parcel, said)) return said.state === 'refused';
        // The server has it all: only now do the pictures leave this phone.
        await book('readwrite', (parcels, list) => {
          pieces.forEach(piece => list.delete(piece.n));
          return parcels.put({ ...parcel, facts: null, draft: null, why: null, count: pieces.length, done_at: Date.now(), server_at: said.told?.ended_at || Date.now() });
        });
        return true;
      } else return true;
    }
  }
  async function flush() {
    clearTimeout(timer);
    if (navigator.onLine) {
      await alone('aftercare-packing', async () => {
        for (const parcel of (await all()).filter(isOpen)) {
          const goes = await carry(parcel);
          sending = 0; await render();
          if (!goes) break;
        }
      });
    }
    if ((await all()).some(isOpen)) timer = setTimeout(go, RETRY_MS);
    return render();
  }
  // One after the other: what was written down while the last run went is found by the next.
  function go() {
    run = (run || Promise.resolve()).then(flush).catch(() => {});
    return run;
  }

  // ---- the parcel in hand ----
  let current = null;
  const form = () => document.querySelector('form[data-parcel-form]');
  async function inHand() {
    if (current) current = await book('readonly', parcels => parcels.get(current.n));
    if (current?.ended_at || current?.done_at) current = null;
    if (!current && record) current = (await all()).filter(parcel => parcel.id === record && !parcel.ended_at).at(-1) || null;
    return current;
  }
  // The record that this page shows gets its place in the book with the first thing that is done to it.
  const ensured = async () => await inHand() || (current = await begun({ id: record, order, offline: false }));
  const told = (where, text) => { const at = where.querySelector('[data-parcel-said]'); if (at) at.textContent = text; };

  async function add(files) {
    const parcel = await ensured(), known = new Set((await piecesOf(parcel)).map(piece => piece.sha256)), fresh = [];
    for (const file of files) {
      const sha256 = await hashOf(file);
      if (!known.has(sha256)) fresh.push({ parcel: parcel.key, name: file.name, file, bytes: file.size, sha256, taken_at: Date.now(), sent_at: 0 });
      known.add(sha256);
    }
    await book('readwrite', (_, pieces) => { let ask; fresh.forEach(piece => { ask = pieces.add(piece); }); return ask; });
    navigator.storage?.persist?.().catch(() => {});
    await render();
    go();
  }
  const written = from => Object.fromEntries(FACTS.map(name => [name, from.elements[name]?.value || '']));
  async function end(from) {
    // What was taken last is still being written down.
    await cut(); await taking;
    const parcel = await ensured();
    if (!(await piecesOf(parcel)).length && !+from.dataset.pieces) { told(from, say('请先拍至少一张。', 'Take at least one picture first.')); return; }
    await patch(parcel, { facts: written(from), draft: null, ended_at: Date.now(), stuck: false, why: null });
    current = null;
    from.reset();
    await render();
    const sent = go();
    if (!record) { document.querySelector(`form[action="${PATH}"] [name=order_number]`)?.focus(); return; }
    // The next parcel waits; what is not sent yet goes on there.
    await Promise.race([sent, new Promise(done => setTimeout(done, LEAVE_MS))]);
    location.href = PATH;
  }
  async function begin(from) {
    const number = from.elements.order_number.value.trim();
    if (!number) { from.submit(); return; }
    // What is filmed belongs to the parcel before.
    await cut(); await taking;
    if (navigator.onLine) {
      const said = await post(PATH, account, bodyOf([['order_number', number], ['form_id', key()]]), Date.now(), AbortSignal.timeout(BEGIN_MS));
      if (said.state === 'sent' && said.told?.id) { location.href = `${PATH}/${said.told.id}`; return; }
      // The server says on its own page what is wrong.
      if (said.state === 'refused') { from.submit(); return; }
    }
    current = await begun({ order: number });
    from.reset();
    await render();
    form()?.elements.photos.focus();
  }

  // ---- what the packer sees ----
  const STATES = { open: ['在打包', 'being packed', 'time'], waiting: ['等网络', 'waiting', 'time'], sending: ['正在送', 'sending', 'time'], sent: ['已送达', 'sent', 'go'], refused: ['没有被接受', 'refused', 'stop'] };
  const stateOf = parcel => (parcel.done_at ? 'sent' : parcel.stuck ? 'refused' : parcel.n === sending ? 'sending' : parcel.ended_at ? 'waiting' : 'open');
  const again = async (parcel, change = {}) => { await patch(parcel, { stuck: false, why: null, ...change }); await go(); };
  // What a record does not take any more becomes one of its own: without digits, since it was not begun at the server before.
  const anew = async (parcel, pieces) => {
    const fresh = key();
    await book('readwrite', (parcels, list) => {
      pieces.forEach(piece => list.put({ ...piece, parcel: fresh, sent_at: 0 }));
      return parcels.put({ ...parcel, key: fresh, id: '', offline: true, stuck: false, why: null });
    });
    await go();
  };
  const taken = async parcel => {
    await cut(); await taking;
    await patch(parcel, { ended_at: 0, stuck: false, why: null, draft: parcel.facts || parcel.draft || null });
    if (parcel.id && parcel.id !== record) { location.href = `${PATH}/${parcel.id}`; return; }
    current = parcel;
    form()?.remove();
    await render();
  };
  function row(parcel, pieces) {
    const state = stateOf(parcel), [zh, en, mark] = STATES[state], here = pieces.filter(piece => !piece.sent_at).length, count = parcel.done_at ? parcel.count : pieces.length;
    const times = parcel.ended_at ? say(`手机上 ${time(parcel.begun_at)} 开始，${time(parcel.ended_at)} 封箱`, `begun ${time(parcel.begun_at)}, closed ${time(parcel.ended_at)} by this phone`) : say(`手机上 ${time(parcel.begun_at)} 开始`, `begun ${time(parcel.begun_at)} by this phone`);
    const it = el('li', { className: 'stack-s' },
      el('div', { className: 'row between' }, el('span', { className: 'grow mono', textContent: parcel.order }), el('span', { className: `badge ${mark}`, textContent: say(zh, en) })),
      el('p', { className: 's mut', textContent: `${say(`${count} 份画面`, `${count} pictures`)}${here ? say(`，${here} 份还在手机上`, `, ${here} still on this phone`) : ''} · ${times}${parcel.done_at ? say(` · 服务器 ${time(parcel.server_at)} 收齐`, ` · complete at the server ${time(parcel.server_at)}`) : ''}` }));
    it.dataset.state = state;
    if (parcel.why) it.append(el('p', { className: 's prose', textContent: say(parcel.why.zh, parcel.why.en) }));
    if (parcel.offline && !parcel.done_at) it.append(el('p', { className: 's mut prose', textContent: say('没有网络时打包，画面里没有校验码：以后只能证明它们在送达服务器时已经存在，打包的时间是这部手机说的。', 'Packed without a network, so the pictures show no digits: later it can only be said that they were there when they reached the server; the time of packing is what this phone says.') }));
    if (state === 'open') {
      const does = parcel.n === current?.n ? [] : [button(say('继续打包', 'Go on'), () => taken(parcel))];
      if (!parcel.id) does.push(button(say('去掉', 'Remove'), () => discard(parcel)));
      if (does.length) it.append(el('div', { className: 'row' }, ...does));
    }
    if (state !== 'refused') return it;
    let number = null;
    if (!parcel.id) {
      number = el('input', { className: 'in', value: parcel.order, autocomplete: 'off' });
      it.append(el('label', { className: 'field' }, el('span', { textContent: say('订单号', 'Order number') }), number));
    }
    // A picture that is not taken can be left out; the others go.
    if (parcel.id && here) {
      const left = pieces.filter(piece => !piece.sent_at);
      it.append(el('ul', { className: 's' }, ...left.map(piece => el('li', { className: 'row between' }, el('span', { className: 'grow', textContent: piece.name }), button(say('不要这一份', 'Leave it out'), async () => {
        if (!confirm(say('这份画面还没有送到，去掉就没有了。确定去掉？', 'This picture was not sent and will be gone. Leave it out?'))) return;
        await book('readwrite', (_, list) => list.delete(piece.n)); await again(parcel);
      })))));
    }
    const does = [button(say('再送一次', 'Send again'), () => again(parcel, number ? { order: number.value.trim() } : {}))];
    if (parcel.ended_at) does.push(button(say('改填写的内容', 'Correct what is written'), () => taken(parcel)));
    if (parcel.id) does.push(button(say('另记一份', 'Make a record of its own'), () => anew(parcel, pieces)));
    does.push(button(say('去掉', 'Remove'), () => discard(parcel)));
    it.append(el('div', { className: 'row' }, ...does));
    return it;
  }
  async function discard(parcel) {
    if (!confirm(say('这个包裹的画面还没有送到，去掉就没有了。确定去掉？', 'The pictures of this parcel were not sent and will be gone. Remove it?'))) return;
    if (current?.n === parcel.n) { await cut(); await taking; }
    await removed(parcel);
    if (current?.n === parcel.n) { current = null; if (!record) form()?.remove(); }
    await render();
  }
  let shown = '';
  async function render() {
    const parcels = await all(), hand = await inHand(), pieces = await book('readonly', (_, list) => list.getAll());
    const of = parcel => pieces.filter(piece => piece.parcel === parcel.key), waiting = parcels.filter(parcel => !parcel.done_at);
    const text = JSON.stringify([navigator.onLine, sending, hand?.n, parcels, pieces.map(piece => [piece.n, piece.parcel, piece.sent_at])]);
    if (text === shown) return;
    shown = text;
    const parts = [el('h2', { textContent: box.getAttribute('aria-label') }), el('p', { className: 's', textContent: waiting.length ? say(`${waiting.length} 个包裹还没有全部送到，都存在这部手机上。`, `${waiting.length} parcels are not completely sent; they are kept on this phone.`) : say('都已送达。', 'Everything is sent.') })];
    parts[1].setAttribute('role', 'status');
    if (kept) parts.push(el('p', { className: 's mut', textContent: say(`没有网络，这一页是 ${time(kept)} 存下的。`, `Without a network: this page was kept at ${time(kept)}.`) }));
    if (parcels.length) parts.push(el('ul', { className: 'stack-s' }, ...parcels.map(parcel => row(parcel, of(parcel)))));
    box.hidden = !parcels.length && !kept;
    box.replaceChildren(...parts);
    show(hand, hand ? of(hand) : []);
  }
  // The form of the parcel in hand: the record's own, or one for a parcel that the server does not know yet.
  function show(hand, pieces) {
    if (hand && !record && (!form() || form().dataset.n !== String(hand.n))) {
      form()?.remove();
      const copy = model.content.cloneNode(true), fresh = copy.querySelector('form');
      fresh.dataset.n = String(hand.n);
      fresh.querySelector('[data-parcel-order]').textContent = hand.order;
      box.after(copy);
      fresh.dispatchEvent(new Event('scan', { bubbles: true }));
      filled(form(), hand.draft);
    } else if (!hand && !record) form()?.remove();
    const at = form();
    if (!at) return;
    if (record && hand && !at.dataset.n) { at.dataset.n = String(hand.n); filled(at, hand.draft); }
    ready(at).catch(() => {});
    const here = pieces.filter(piece => !piece.sent_at).length;
    if (pieces.length) told(at, say(`已记下 ${pieces.length} 份画面${here ? `，${here} 份存在手机上等着送` : '，都已送到'}。`, `${pieces.length} pictures are written down${here ? `; ${here} wait on this phone` : ', and all of them are sent'}.`));
  }
  const filled = (at, draft) => FACTS.forEach(name => { if (draft?.[name] && at.elements[name]) at.elements[name].value = draft[name]; });

  // ---- filming ----
  // From the beginning of a parcel to its end, without a tap, where this phone lets the page film. Each part is written down like
  // every picture as soon as it is whole. A record takes sixty files: some are left for pictures.
  const FILM = { ms: 120000, part: 30000, files: 40, bytes: 40 << 20 }, PIECES = 50, EACH = 'packing-film';
  let roll = null, filming = null, over = false;
  async function count(at) {
    const hand = await inHand();
    return (hand ? (await piecesOf(hand)).length : 0) + +(at.dataset.pieces || 0);
  }
  async function film(at) {
    const { Camera } = window, [go, time, said, video] = ['go', 'time', 'said', 'video'].map(name => at.querySelector(`[data-film-${name}]`));
    const on = shown => { video.hidden = time.hidden = !shown; go.textContent = shown ? go.dataset.stop : go.dataset.start; };
    let stream = null;
    over = false;
    try {
      const files = Math.min(FILM.files, PIECES - await count(at));
      if (files > 0) stream = await Camera.open();
      if (stream && !over) {
        video.srcObject = stream; on(true); await video.play();
        roll = Camera.film(video, stream, { ...FILM, files }, file => { taking = taking.then(() => add([file])).catch(() => { roll?.stop(); full(); }); }, seconds => { time.textContent = `${seconds} s`; });
        said.textContent = Camera.type() ? said.dataset.on : said.dataset.stills;
        if (over) roll.stop();
        await roll.ended; await taking;
        said.textContent = said.dataset.off;
      }
    } catch { said.textContent = said.dataset.none; }
    stream?.getTracks().forEach(track => track.stop());
    roll = null; on(false);
  }
  const rolling = at => { filming ||= film(at).finally(() => { filming = null; }); };
  // What is filmed is kept before anything else; a question of the browser is not waited for.
  const cut = async () => { over = true; if (roll) { roll.stop(); await filming; } };
  async function ready(at) {
    const box = at.querySelector('[data-film]');
    if (!box?.hidden || !navigator.mediaDevices?.getUserMedia) return;
    const each = box.querySelector('input');
    box.hidden = false;
    each.checked = localStorage.getItem(EACH) !== 'off';
    each.addEventListener('change', () => localStorage.setItem(EACH, each.checked ? 'on' : 'off'));
    box.querySelector('button').addEventListener('click', () => { if (filming) cut(); else rolling(at); });
    const allowed = await navigator.permissions?.query({ name: 'camera' });
    if (allowed?.state === 'granted' && each.checked && !await count(at)) rolling(at);
  }

  // ---- forms ----
  const once = (from, work) => {
    if (from.dataset.busy) return;
    from.dataset.busy = '1';
    work().catch(full).finally(() => { delete from.dataset.busy; });
  };
  document.addEventListener('submit', e => {
    const from = e.target, parcel = from.matches('[data-parcel-form]'), start = !parcel && from.getAttribute('action') === PATH;
    if (!parcel && !start) return;
    e.preventDefault(); e.stopImmediatePropagation();
    once(from, async () => {
      if (start) { await begin(from); return; }
      if (e.submitter?.value === 'end') await end(from);
      else if (!(await piecesOf(await ensured())).length) told(from, say('请先拍至少一张。', 'Take at least one picture first.'));
    });
  }, true);
  // A picture is kept the moment it is taken, and does not wait for a button.
  let taking = Promise.resolve();
  document.addEventListener('change', e => {
    const input = e.target;
    if (input.name !== 'photos' || !input.form?.matches('[data-parcel-form]') || !input.files.length) return;
    const files = [...input.files];
    taking = taking.then(() => add(files)).then(() => { input.value = ''; }).catch(full);
  });
  // So are words, that a reload must not take.
  let draft = 0;
  document.addEventListener('input', e => {
    const from = e.target.form;
    if (!from?.matches('[data-parcel-form]') || !FACTS.includes(e.target.name)) return;
    clearTimeout(draft);
    draft = setTimeout(() => ensured().then(parcel => patch(parcel, { draft: written(from) })).catch(() => {}), 200);
  });

  async function start() {
    for (const parcel of await all()) if (parcel.done_at && Date.now() - parcel.done_at > SHOWN_MS) await removed(parcel);
    if (!record) current = (await all()).filter(parcel => !parcel.ended_at && !parcel.done_at && !parcel.stuck && parcel.offline).at(-1) || null;
    await render(); await go();
  }
  addEventListener('online', () => go());
  addEventListener('offline', () => render().catch(() => {}));
  document.addEventListener('visibilitychange', () => { if (document.hidden) cut(); else go(); });
  start().catch(() => {});
  keepPages(PATH, 0).catch(() => {});
})();
