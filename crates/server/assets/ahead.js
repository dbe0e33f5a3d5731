// Once the network broke, the photos of a form go ahead of it in pieces, and what arrived is not sent again: each answer says how much of
// each photo is there. Where that is not to be had, they go with their form, as they do without this script.
(() => {
  const PIECE_BYTES = 256 << 10, ahead = new WeakMap();

  /** Sends what is not there yet, and says whether all of it is; a network that breaks is thrown. */
  const bring = async (here, tell) => {
    const all = here.files.reduce((sum, file) => sum + file.size, 0);
    for (const [photo, file] of here.files.entries()) {
      for (let from = here.photos[photo] || 0; from < file.size; from = here.photos[photo]) {
        const body = new FormData();
        for (const [name, value] of Object.entries({ saved: here.saved, photo, from })) body.append(name, value);
        body.append('piece', file.slice(from, from + PIECE_BYTES), 'piece');
        const answer = await fetch('/uploads', { method: 'POST', body, headers: { Accept: 'application/json' } });
        const told = answer.ok && /json/.test(answer.headers.get('Content-Type')) ? await answer.json() : {};
        if (!told.saved || !(told.photos[photo] > from)) return false;
        Object.assign(here, { saved: told.saved, photos: told.photos });
        tell(told.photos.reduce((sum, bytes) => sum + bytes, 0) / all * 100);
      }
    }
    // A file without bytes has no piece: it is the form's to bring, which is told that it is empty.
    return here.files.every(file => file.size);
  };

  // Before the page's own script sends a form that broke off.
  document.addEventListener('submit', async e => {
    const form = e.target, files = [...(form.querySelector('[type=file][name=photos]')?.files || [])];
    if (!form.matches('[data-upload]') || !('unsent' in form.dataset) || !files.length || form.querySelector('[name=saved]')) return;
    e.preventDefault(); e.stopPropagation(); delete form.dataset.unsent;
    let here = ahead.get(form);
    if (here?.files.length !== files.length || files.some((file, n) => file !== here.files[n])) ahead.set(form, here = { files, saved: '', photos: [] });
    const shown = form.querySelector('[data-progress]'), bar = shown.querySelector('progress'), says = shown.querySelector('[role=status]'), go = form.querySelector('[type=submit]');
    shown.hidden = bar.hidden = false; go.disabled = true; says.textContent = form.dataset.sending;
    try {
      here.goes = await bring(here, share => { bar.value = share; });
    } catch {
      form.dataset.unsent = ''; says.textContent = form.dataset.failed; go.disabled = false; bar.hidden = true;
      return;
    }
    if (!here.goes) ahead.delete(form);
    go.disabled = false; form.requestSubmit(); here.goes = false;
  }, true);

  // The form says by what its photos are found, instead of bringing them.
  document.addEventListener('formdata', e => {
    const here = ahead.get(e.target);
    if (!here?.goes) return;
    e.formData.delete('photos'); e.formData.append('saved', here.saved);
    here.files.forEach((_, photo) => e.formData.append('saved_photo', photo));
  });
})();
