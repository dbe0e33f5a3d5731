// The dispatcher's board: visits are moved by arrow keys, mouse or finger. What would come of it is asked of the server and shown
// before anything moves; the form on that page is the move itself, so that all of it goes without this script too.
(() => {
  const box = document.querySelector('[data-board]');
  if (!box) return;
  const table = box.querySelector('table'), rows = [...table.querySelectorAll('tbody tr')], QUARTERS = 48, QUARTER = 9e5;
  const says = Object.assign(document.createElement('p'), { className: 'sr' });
  says.setAttribute('role', 'status'); says.setAttribute('aria-live', 'assertive'); box.after(says);
  const ghost = Object.assign(document.createElement('span'), { className: 'ghost', hidden: true });
  box.append(ghost);
  // Times are China's, as the server writes them: counted without the zone of this machine.
  const opens = Date.parse(box.dataset.board + 'Z');
  const time = column => new Date(opens + column * QUARTER).toISOString().slice(0, 16);
  const place = (row, column) => box.dataset.said.replace('%n', rows[row].dataset.name).replace('%t', time(column).slice(11));
  let held = null, asking = null, grid = null;

  // Where everything lies in the box, read once for each visit that is taken up: hundreds of rows are not laid out again for every
  // movement. The names stay where they are when the hours scroll: columns are counted from where the row itself begins.
  const measure = () => {
    const all = box.getBoundingClientRect(), names = rows[0].firstElementChild.getBoundingClientRect().width;
    const cells = rows.map(row => row.getBoundingClientRect()), x = box.scrollLeft - all.left, y = box.scrollTop - all.top;
    return {
      names, head: cells[0].top + y, left: cells[0].left + x + names, quarter: (cells[0].width - names) / QUARTERS,
      tops: cells.map(cell => cell.top + y), heights: cells.map(cell => cell.height), bottoms: cells.map(cell => cell.bottom + y),
    };
  };
  addEventListener('resize', () => { grid = null; });
  const show = () => {
    grid ??= measure();
    ghost.hidden = false;
    ghost.textContent = time(held.column).slice(11);
    ghost.style.setProperty('transform', `translate(${grid.left + held.column * grid.quarter}px, ${grid.tops[held.row]}px)`);
    ghost.style.setProperty('width', grid.quarter * held.width + 'px');
    ghost.style.setProperty('height', grid.heights[held.row] + 'px');
  };
  const moveTo = (row, column) => {
    const to = [Math.max(0, Math.min(rows.length - 1, row)), Math.max(0, Math.min(QUARTERS - 1, column))];
    if (to[0] === held.row && to[1] === held.column) return;
    [held.row, held.column] = to; held.moved = to.some((at, n) => at !== held.from[n]);
    show(); says.textContent = place(held.row, held.column);
  };
  const take = job => {
    const cell = job.closest('td'), row = rows.indexOf(job.closest('tr')), column = Math.min(QUARTERS - 1, +job.dataset.at);
    held = { job, row, column, from: [row, column], width: cell.colSpan, moved: false };
    grid = null;
    job.classList.add('held');
  };
  const leave = word => {
    held?.job.classList.remove('held'); held = null; ghost.hidden = true;
    if (word) says.textContent = box.dataset.left;
  };

  // What would come of it, in a dialog; where that does not go, on its own page.
  const ask = async () => {
    const { job, row, column, from } = held, form = new URLSearchParams({ work_order: job.dataset.move, technician: rows[row].dataset.technician, day: box.dataset.day });
    // Only the technician changes: the time is left as it is.
    if (column !== from[1]) form.set('from', time(column));
    const page = '/desk/dispatch/move?' + form;
    leave(); asking = job;
    let told = null;
    try {
      const answer = await fetch(page, { headers: { Accept: 'text/html' } });
      if (answer.ok && !answer.redirected) told = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('what-if');
    } catch { /* the page itself says what is wrong */ }
    // Whatever was asked last is shown, and nothing over it.
    if (asking !== job) return;
    asking = null;
    if (document.querySelector('dialog[open]')) return;
    if (!told || !window.HTMLDialogElement) { location.href = page; return; }
    const dialog = document.createElement('dialog');
    dialog.setAttribute('aria-labelledby', 'what-h'); dialog.append(told);
    dialog.addEventListener('click', e => { if (e.target.closest('[data-cancel]')) { e.preventDefault(); dialog.close(); } });
    dialog.addEventListener('close', () => { dialog.remove(); job.focus(); says.textContent = box.dataset.left; });
    document.body.append(dialog); dialog.showModal(); dialog.querySelector('h2').focus();
  };

  // Keys: arrows move, Enter asks, Escape leaves it where it was. Without a move Enter opens the case, as the link that it is.
  const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  box.addEventListener('keydown', e => {
    const job = e.target.closest('[data-move]');
    if (!job || e.ctrlKey || e.metaKey || e.altKey) return;
    if (by[e.key]) {
      e.preventDefault();
      if (held?.job !== job) { leave(); take(job); }
      moveTo(held.row + by[e.key][0], held.column + by[e.key][1]);
      // The rows do not all fit in the box: where it would go is in sight.
      if (!ghost.hidden) ghost.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    } else if (e.key === 'Enter' && (held?.moved || asking === job)) {
      e.preventDefault(); if (held?.moved) ask();
    } else if (e.key === 'Escape' && held && !held.drag) {
      e.preventDefault(); leave(true);
    }
  });
  // Mouse and finger: whatever is dragged follows by quarter hours and technicians, and is dropped where it would go. A finger that
  // moves at once scrolls, as everywhere; one that rests first takes the visit along.
  const EDGE = 48, SLACK = 6, REST_MS = 350, STEP = 12;
  let start = null, frame = 0;
  const forget = () => { clearTimeout(start?.rest); cancelAnimationFrame(frame); frame = 0; start = null; };
  // Once a picture, however often the pointer reports; at an edge the box scrolls as long as the pointer stays there.
  const follow = () => {
    frame = 0;
    if (!held?.drag || !start || start.left) return;
    grid ??= measure();
    const all = box.getBoundingClientRect(), { toX, toY } = start;
    const by = (at, from, to) => (at > to - EDGE ? STEP : at < from + EDGE ? -STEP : 0);
    const top = Math.max(all.top, 0) + grid.head, bottom = Math.min(all.bottom, innerHeight);
    const x = box.scrollLeft, y = box.scrollTop;
    box.scrollLeft += by(toX, all.left + grid.names, all.right); box.scrollTop += by(toY, top, bottom);
    const inX = toX - all.left + box.scrollLeft, inY = toY - all.top + box.scrollTop, row = grid.bottoms.findIndex(end => inY < end);
    moveTo(row < 0 ? rows.length - 1 : row, Math.round((inX - start.grab - grid.left) / grid.quarter));
    if (box.scrollLeft !== x || box.scrollTop !== y) frame = requestAnimationFrame(follow);
  };
  const begin = () => { leave(); take(start.job); held.drag = true; start.rest = 0; start.job.setPointerCapture(start.id); show(); };
  box.addEventListener('dragstart', e => e.preventDefault());
  box.addEventListener('contextmenu', e => { if (held?.drag) e.preventDefault(); });
  box.addEventListener('touchmove', e => { if (held?.drag) e.preventDefault(); }, { passive: false });
  box.addEventListener('pointerdown', e => {
    const job = e.target.closest('[data-move]');
    if (!job || e.button || held?.drag) return;
    forget();
    start = { job, id: e.pointerId, x: e.clientX, y: e.clientY, grab: e.clientX - job.getBoundingClientRect().left, rest: 0, left: false, toX: e.clientX, toY: e.clientY };
    if (e.pointerType === 'touch') start.rest = setTimeout(begin, REST_MS);
  });
  box.addEventListener('pointermove', e => {
    if (start?.id !== e.pointerId || start.left) return;
    if (!held?.drag) {
      if (Math.hypot(e.clientX - start.x, e.clientY - start.y) < SLACK) return;
      // It scrolls, or the button was let go outside.
      if (start.rest || !e.buttons) { forget(); return; }
      begin();
    }
    Object.assign(start, { toX: e.clientX, toY: e.clientY });
    frame ||= requestAnimationFrame(follow);
  });
  const drop = e => {
    if (start?.id !== e.pointerId) return;
    const wasLeft = start.left;
    // It is dropped where the pointer is, whether or not a picture was drawn since.
    if (frame) { cancelAnimationFrame(frame); follow(); }
    forget();
    if (!held?.drag && !wasLeft) return;
    // The link under it is not followed.
    const still = click => { click.preventDefault(); click.stopPropagation(); };
    box.addEventListener('click', still, true); setTimeout(() => box.removeEventListener('click', still, true));
    if (wasLeft) return;
    if (e.type === 'pointerup' && held.moved) ask(); else leave(true);
  };
  box.addEventListener('pointerup', drop); box.addEventListener('pointercancel', drop);
  // The button is still held then: nothing follows it any more.
  document.addEventListener('keydown', e => { if (e.key === 'Escape' && held?.drag) { e.preventDefault(); start.left = true; leave(true); } });
  box.addEventListener('focusout', e => { if (held && !held.drag && e.target === held.job) leave(); });
})();
