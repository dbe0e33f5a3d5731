// On a phone a long form is asked part by part, and what was answered shrinks to a row that leads back to it. All of it is there
// without a script, on a wider screen, and where something is to be mended.
document.querySelectorAll('form[data-parts]').forEach(form => {
  const wrong = document.querySelector('main [role=alert][tabindex]');
  const parts = [...form.querySelectorAll('[data-step]')], bar = form.querySelector('.bar'), send = bar.querySelector('[type=submit]'), d = form.dataset;
  if (wrong || parts.length < 2 || !matchMedia('(max-width:40rem)').matches) return;
  const make = (tag, rest, ...inner) => { const el = Object.assign(document.createElement(tag), rest); el.append(...inner); return el; };
  const next = make('button', { type: 'button', className: 'btn go' }, d.next), where = make('p', { className: 's mut' });
  where.setAttribute('role', 'status'); next.dataset.onward = ''; send.before(next); parts[0].before(where);
  const rows = parts.map(part => { const row = make('button', { type: 'button', className: 'card slim' }, make('b', { className: 'grow' }, part.dataset.step), make('span', {}, d.change)); where.before(row); part.tabIndex = -1; return row; });
  let at = 0;
  const show = n => {
    at = n; parts.forEach((part, i) => { part.hidden = i !== n; rows[i].hidden = i >= n; });
    next.hidden = n === parts.length - 1; send.hidden = send.disabled = !next.hidden;
    where.textContent = d.parts.replace('[1]', n + 1).replace('[2]', parts.length);
  };
  const go = n => { show(n); parts[n].focus({ preventScroll: true }); form.scrollIntoView({ block: 'start' }); };
  const onward = () => {
    const lacks = [...parts[at].querySelectorAll('input,select,textarea')].find(f => !f.checkValidity());
    if (lacks) { lacks.reportValidity(); return; }
    history.pushState({ part: at + 1 }, ''); go(at + 1);
  };
  next.addEventListener('click', onward);
  rows.forEach((row, n) => row.addEventListener('click', () => { history.pushState({ part: n }, ''); go(n); }));
  // The way back of the browser and of the page leads to the part before.
  addEventListener('popstate', e => { if (e.state && 'part' in e.state) go(e.state.part); });
  bar.querySelector('a')?.addEventListener('click', e => { if (at) { e.preventDefault(); history.pushState({ part: at - 1 }, ''); go(at - 1); } });
  form.addEventListener('keydown', e => { if (e.key === 'Enter' && e.target.matches('input') && !next.hidden) { e.preventDefault(); onward(); } });
  history.replaceState({ part: 0 }, ''); show(0);
});
