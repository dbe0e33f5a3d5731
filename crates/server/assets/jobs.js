// A technician's day without a network. What is done is written down on the phone first, with a key made once and the time of
// the phone, and sent in order when there is a network. What is refused stays until its person says what becomes of it.
(() => {
  const box = document.getElementById('queue');
  if (!box || !window.indexedDB || !window.isSecureContext || !window.Offline) return;
  const { kept, say, key, el, time, button, full, bookOf, alone, post, keepPages, RETRY_MS, SHOWN_MS } = window.Offline;
  const { account, number = '' } = box.dataset, here = box.dataset.case;
  const HANDED_MS = 120000, JOBS_MAX = 12;
  const NAMES = {
    accept_offer: ['接单', 'Accepted'], decline_offer: ['不接', 'Declined'],
    set_out: ['出发', 'Set out'], arrive: ['到达', 'Arrived'], start_work: ['开始维修', 'Work started'], diagnose: ['检测', 'Diagnosis'],
    add_photos: ['照片', 'Photos'], quote: ['报价', 'Quote'], finish: ['完工', 'Work done'], count_parts: ['配件', 'Parts'],
    await_parts: ['等配件', 'Waiting for parts'], parts_arrived: ['配件到了', 'Parts are here'], customer_absent: ['没见到人', 'Nobody there'], record_payment: ['收款', 'Payment'], say: ['留言', 'Note'],
  };
  // What may come after a step; the server decides when it is sent.
  const NEXT = {
    set_out: ['arrive'], arrive: ['add_photos', 'diagnose'], diagnose: ['add_photos', 'start_work', 'quote'], start_work: ['add_photos', 'finish'],
    parts_arrived: ['start_work'], quote: ['add_photos'], finish: ['count_parts'], await_parts: [], customer_absent: [], count_parts: ['count_parts'],
  };
  // What becomes of an answer to an offer: until it arrives, and when it comes too late.
  const ANSWERED = {
    accept_offer: ['已在这部手机上接单，有网后送到；送到之前，别人可能先接走。', 'You accepted on this phone. It is sent once there is a network; until then somebody else may still take the job.'],
    decline_offer: ['已在这部手机上写明不接，有网后送到。', 'You declined on this phone. It is sent once there is a network.'],
  };
  const LATE = {
    accept_offer: ['您接单时没有网络，送到时这一单已经不等答复了：过了时间，或者别人先接了。这一单没有派给您，请不要上门。', 'You accepted without a network. When it arrived the offer was no longer open: its time was over, or somebody else was first. The job is not yours; please do not go.'],
    decline_offer: ['送到时这一单已经不等答复了，您不用再做什么。', 'When it arrived the offer was no longer open. There is nothing left for you to do.'],
  };
  const name = action => say(...(NAMES[action] || [action, action]));

  // ---- the book of acts ----
  const book = bookOf('aftercare-jobs', ['acts']);
  const put = act => book('readwrite', acts => acts.put(act));
  // What was settled in another window meanwhile stays settled.
  const still = act => book('readwrite', acts => { const ask = acts.get(act.n); ask.onsuccess = () => { if (ask.result) acts.put(act); }; return ask; });
  const drop = act => book('readwrite', acts => acts.delete(act.n));
  const mine = async () => (await book('readonly', acts => acts.getAll())).filter(act => act.account === account);
  const open_ = acts => acts.filter(act => act.state !== 'sent');

  const written = (form, state) => {
    const fields = [], files = [];
    for (const [field, value] of new FormData(form)) {
      if (value instanceof File) { if (value.size) files.push([field, value]); } else fields.push([field, value]);
    }
    const of = field => fields.find(([known]) => known === field)?.[1] || '';
    return { account, case: here, number, action: of('action'), order: of('work_order'), url: form.getAttribute('action'), fields, files, form_id: of('form_id'), acted_at: Date.now(), state, why: null };
  };
  const rekey = act => { act.form_id = key(); act.fields = act.fields.map(([field, value]) => [field, field === 'form_id' ? act.form_id : value]); return act; };

  // ---- sending ----
  async function send(act) {
    const body = new FormData();
    act.fields.forEach(([field, value]) => body.append(field, value));
    act.files.forEach(([field, file]) => body.append(field, file, file.name));
    const { state, why } = await post(act.url, account, body, act.acted_at);
    if (state === 'sent') return { ...act, state, why, sent_at: Date.now(), fields: [], files: [] };
    if (why?.rule === 'acted_at_bounds' && act.acted_at) return send({ ...act, acted_at: 0 });
    return { ...act, state, why };
  }
  let timer = 0;
  async function flush() {
    clearTimeout(timer);
    if (!navigator.onLine) return render();
    await alone('aftercare-jobs', async () => {
      const stuck = new Set();
      for (const act of open_(await mine())) {
        if (act.state === 'handed') continue;
        // What was done after it on the same job goes on once it is settled.
        if (act.state === 'refused' || stuck.has(act.case)) { stuck.add(act.case); continue; }
        await still({ ...act, state: 'sending' }); await render();
        const after = await send(act);
        await still(after); await render();
        if (after.state === 'refused') stuck.add(act.case);
        else if (after.state !== 'sent') break;
      }
    });
    if (open_(await mine()).some(act => act.state === 'waiting')) timer = setTimeout(flush, RETRY_MS);
    return render();
  }

  // ---- what the person sees ----
  const STATES = { waiting: ['等网络', 'waiting'], handed: ['正在送', 'sending'], sending: ['正在送', 'sending'], sent: ['已送达', 'sent'], refused: ['没有被接受', 'refused'] };
  const LABELS = { fault_code: ['故障码', 'Code'], note: ['说明', 'Note'], reason: ['原因', 'Reason'], text: ['内容', 'Text'], outcome: ['结果', 'Outcome'], actions: ['处理', 'Action'], parts: ['配件', 'Parts'], amount_yuan: ['金额（元）', 'Yuan'] };
  const own = act => [
    ...act.fields.filter(([field, value]) => value && (LABELS[field] || /^line_/.test(field))).map(([field, value]) => `${say(...(LABELS[field] || ['报价', 'Quote']))}: ${value}`),
    ...act.files.map(([, file]) => file.name),
  ];
  // How the job stands now, beside what was done here: neither is written over the other.
  async function beside(act) {
    try {
      const answer = await fetch(`/desk/jobs/${act.case}`, { headers: { Accept: 'text/html' } });
      if (!answer.ok) throw new Error('unread');
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      return [page.querySelector('h1')?.textContent || '', ...[...page.querySelectorAll('.tl li')].slice(-3).map(row => row.textContent.replace(/\s+/g, ' ').trim())];
    } catch { return [say('现在读不到这个工单。', 'This job cannot be read right now.')]; }
  }
  // An answer that came too late: the job may be theirs all the same, accepted on another phone.
  async function standing(act) {
    const answer = await fetch(`/desk/jobs/${act.case}`, { headers: { Accept: 'text/html' } }).catch(() => null);
    if (answer?.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (page.querySelector(`[data-order="${act.order}"] template[data-ahead]`)) return say('这一单已经在您名下。', 'The job is yours already.');
    } else if (answer?.status !== 404) return say(act.why.zh, act.why.en);
    return say(...LATE[act.action]);
  }
  const again = async act => { await put({ ...(act.why?.rule === 'idempotency_key_reused' ? rekey(act) : act), state: 'waiting', why: null }); await flush(); };
  // The words of a refused act are kept in the case as a note, its photos as photos: nobody's work is lost or written over.
  const asNote = async act => {
    const next = act.fields.find(([field]) => field === 'next')?.[1] || '/desk/jobs', words = [`${name(act.action)} ${time(act.acted_at || Date.now())}`, ...own(act)].join('\n').slice(0, 4000);
    const fresh = (action, more, files, n) => { const form_id = key(); return { account, case: act.case, number: act.number, url: act.url, order: act.order, acted_at: act.acted_at, files, form_id, action, state: 'waiting', why: null, ...n, fields: [['action', action], ...more, ['next', next], ['form_id', form_id]] }; };
    const note = fresh('say', [['text', words]], [], { n: act.n });
    // One transaction: the refused act turns into the note, and its photos stand behind it.
    await book('readwrite', acts => { acts.put(note); if (act.files.length) acts.add(fresh('add_photos', [['work_order', act.order]], act.files, {})); });
    await flush();
  };
  const discard = async act => { if (confirm(say('这件事还没有送到，去掉就没有了。确定去掉？', 'This was not sent and will be gone. Remove it?'))) { await drop(act); await flush(); } };

  function row(act) {
    const state = el('span', { className: `badge ${act.state === 'refused' ? 'stop' : act.state === 'sent' ? 'go' : 'time'}`, textContent: say(...STATES[act.state]) });
    const it = el('li', { className: 'stack-s' }, el('div', { className: 'row between' }, el('span', { className: 'grow', textContent: `${name(act.action)} · ${act.number} · ${time(act.acted_at || act.sent_at || Date.now())}` }), state));
    it.dataset.state = act.state;
    if (act.state === 'refused' && LATE[act.action] && ['offer_not_open', 'not_found'].includes(act.why.rule)) {
      const words = el('p', { className: 's prose', textContent: say(act.why.zh, act.why.en) });
      standing(act).then(text => { words.textContent = text; }).catch(() => {});
      it.append(words, el('div', { className: 'row' }, button(say('知道了', 'All right'), async () => { await drop(act); await flush(); })));
      return it;
    }
    if (act.why) it.append(el('p', { className: 's prose', textContent: say(act.why.zh, act.why.en) }));
    if (act.state !== 'refused') return it;
    const now = el('ul', { className: 's' }), pair = el('div', { className: 'cols cols-2' },
      el('div', {}, el('b', { className: 's', textContent: say('您做的', 'What you did') }), el('ul', { className: 's' }, ...own(act).map(text => el('li', { textContent: text })))),
      el('div', {}, el('b', { className: 's', textContent: say('工单现在', 'The job now') }), now));
    beside(act).then(lines => now.replaceChildren(...lines.map(text => el('li', { textContent: text }))));
    const does = [button(say('再送一次', 'Send again'), () => again(act))];
    if (!['say', 'add_photos', 'accept_offer', 'decline_offer'].includes(act.action)) does.push(button(say('留作留言', 'Keep as a note'), () => asNote(act)));
    does.push(button(say('去掉', 'Remove'), () => discard(act)));
    it.append(pair, el('div', { className: 'row' }, ...does));
    return it;
  }
  let shown = '', unsent = 0;
  async function render() {
    const acts = await mine(), waiting = open_(acts);
    unsent = waiting.filter(act => act.case === here && act.state !== 'handed').length;
    const text = JSON.stringify([navigator.onLine, acts.map(act => [act.n, act.state, act.why])]);
    if (text === shown) return;
    shown = text;
    box.hidden = !acts.length && !kept;
    const lead = !waiting.length && acts.length ? say('都已送达。', 'Everything is sent.') : waiting.length ? say(`还有 ${waiting.length} 件没送到，存在这部手机上。`, `${waiting.length} not sent yet; kept on this phone.`) : '';
    const parts = [el('h2', { textContent: box.getAttribute('aria-label') }), el('p', { className: 's', textContent: lead })];
    parts[1].setAttribute('role', 'status');
    if (kept) parts.push(el('p', { className: 's mut', textContent: say(`没有网络，这一页是 ${time(kept)} 存下的。`, `Without a network: this page was kept at ${time(kept)}.`) }));
    if (acts.length) parts.push(el('ul', { className: 'stack-s' }, ...acts.map(row)));
    if (!waiting.length && (kept || ahead.length) && navigator.onLine) parts.push(el('a', { className: 'btn small', href: location.pathname, textContent: say('看最新的', 'Show the latest') }));
    box.replaceChildren(...parts);
    steps(waiting);
  }

  // ---- the steps that come next on this phone ----
  const ahead = [];
  function steps(waiting) {
    document.querySelectorAll('[data-order]').forEach(section => {
      const offer = section.querySelector('.offer'), answer = waiting.filter(act => act.order === section.dataset.order && ANSWERED[act.action] && act.state !== 'refused').at(-1);
      if (offer) {
        offer.hidden = !!answer;
        section.querySelectorAll('[data-answered]').forEach(old => old.remove());
        if (answer) {
          const note = el('p', { className: 'note time' }, el('span', { textContent: say(...ANSWERED[answer.action]) }));
          note.dataset.answered = ''; offer.after(note); ahead.push(answer.n);
        }
      }
      const acts = waiting.filter(act => act.order === section.dataset.order && NEXT[act.action] && act.action !== 'add_photos'), last = acts.at(-1), model = section.querySelector('template[data-ahead]');
      if (!last || !model || section.dataset.after === String(last.n)) return;
      section.dataset.after = String(last.n);
      const copy = model.content.cloneNode(true), can = [...NEXT[last.action]];
      if (last.action === 'arrive' && !['repair', 'inspect'].includes(model.dataset.kind)) can.push('start_work', 'quote');
      copy.querySelectorAll('[data-step]').forEach(form => { if (!can.includes(form.dataset.step)) form.remove(); });
      if (last.action === 'quote') copy.firstElementChild.append(el('p', { className: 's prose', textContent: say('报价要客户同意后才能开工；有网后送到客户那里。', 'The customer agrees to the price before the work; it goes to them once there is a network.') }));
      section.querySelectorAll('[data-ahead-shown]').forEach(old => old.remove());
      section.querySelectorAll('form:not([data-step])').forEach(form => { (form.closest('details') || form).hidden = true; });
      copy.firstElementChild.dataset.aheadShown = '';
      signs(copy);
      section.append(copy); ahead.push(last.n);
    });
  }

  // ---- where a customer signs ----
  // Ink on white, whatever the theme: it is read years later, on paper.
  function signs(within) {
    within.querySelectorAll('[data-sign]').forEach(place => {
      const board = place.querySelector('canvas'), pen = board.getContext('2d'), said = place.querySelector('[data-sign-said]'), form = place.closest('form');
      const file = el('input', { type: 'file', name: 'photos.customer_signature', hidden: true, tabIndex: -1, ariaLabel: place.querySelector('span').textContent });
      const clear = () => { pen.fillStyle = '#fff'; pen.fillRect(0, 0, board.width, board.height); file.value = ''; file.remove(); said.textContent = ''; };
      const at = e => { const box = board.getBoundingClientRect(); return [(e.clientX - box.left) / box.width * board.width, (e.clientY - box.top) / box.height * board.height]; };
      let down = false;
      place.hidden = false; clear();
      Object.assign(pen, { lineWidth: 3, lineCap: 'round', lineJoin: 'round', strokeStyle: '#111' });
      board.addEventListener('pointerdown', e => { down = true; board.setPointerCapture(e.pointerId); pen.beginPath(); pen.moveTo(...at(e)); e.preventDefault(); });
      board.addEventListener('pointermove', e => { if (down) { pen.lineTo(...at(e)); pen.stroke(); } });
      const up = () => {
        if (!down) return;
        down = false;
        board.toBlob(drawn => {
          if (!drawn) return;
          const all = new DataTransfer(); all.items.add(new File([drawn], 'signature.png', { type: 'image/png' }));
          file.files = all.files; place.append(file); said.textContent = said.dataset.done;
        }, 'image/png');
      };
      ['pointerup', 'pointercancel'].forEach(on => board.addEventListener(on, up));
      place.querySelector('[data-sign-clear]').addEventListener('click', clear);
      form.addEventListener('reset', clear);
    });
  }

  // ---- forms ----
  document.addEventListener('submit', e => {
    const form = e.target, action = form.elements?.namedItem?.('action')?.value;
    if (!here || !/^\/desk\/cases\/[^/]+\/act$/.test(form.getAttribute('action') || '') || !NAMES[action]) return;
    if (navigator.onLine && !kept && !unsent && !form.closest('[data-ahead-shown]')) {
      // The browser sends it itself; should it fail on the way, it is here, and the key makes it one act.
      const act = written(form, 'handed');
      try { sessionStorage.setItem('jobs-handed', act.form_id); } catch { /* then it is sent again, and is the same act */ }
      put(act).catch(() => {});
      return;
    }
    e.preventDefault(); e.stopImmediatePropagation();
    if (form.dataset.busy) return;
    form.dataset.busy = '1';
    unsent += 1;
    put(rekey(written(form, 'waiting'))).then(async () => {
      navigator.storage?.persist?.().catch(() => {});
      form.reset(); await render(); box.scrollIntoView({ block: 'nearest' }); await flush();
    }).catch(full).finally(() => { delete form.dataset.busy; });
  }, true);

  // What the browser sent itself came, or came back with what is wrong in it, or is sent again.
  async function begin() {
    let handed = null;
    try { handed = sessionStorage.getItem('jobs-handed'); sessionStorage.removeItem('jobs-handed'); } catch { /* as above */ }
    const answered = !kept && (document.querySelector('.toast:not([data-live]), main [role=alert]') || location.pathname.endsWith('/act'));
    for (const act of await book('readonly', acts => acts.getAll())) {
      if (act.account !== account) continue;
      if (act.state === 'handed' && act.form_id === handed && answered) await drop(act);
      else if (act.state === 'sending' || act.state === 'handed' && (act.form_id === handed || Date.now() - act.acted_at > HANDED_MS)) await put({ ...act, state: 'waiting' });
      else if (act.state === 'sent' && Date.now() - act.sent_at > SHOWN_MS) await drop(act);
    }
    await render(); await flush();
  }

  addEventListener('online', () => flush().catch(() => {}));
  addEventListener('offline', () => render().catch(() => {}));
  document.addEventListener('visibilitychange', () => { if (!document.hidden) flush().catch(() => {}); });
  signs(document);
  begin().catch(() => {});
  // The day, to be read without a network.
  keepPages('/desk/jobs', JOBS_MAX).catch(() => {});
})();
