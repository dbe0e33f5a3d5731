// A receipt is checked here as well, with the key that its reader trusts: nobody has to take the server's word for it.
(() => {
  const verify = document.querySelector('[data-verify]');
  if (verify && window.crypto?.subtle) {
    const d = verify.dataset, said = verify.querySelector('[data-verify-said]'), trusted = verify.querySelector('[data-verify-key]'), paste = verify.querySelector('textarea'), file = verify.querySelector('input[type=file]');
    const bytes = t => Uint8Array.from(atob(t), c => c.charCodeAt(0)), same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
    const sha = async (...parts) => new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob(parts).arrayBuffer()));
    // RFC 6962 and C2SP: a leaf is 0 and the entry, a node 1 and its two children; the path leads from the leaf to the root.
    const checked = async (text, key) => {
      const [head, state, signed] = text.replaceAll('\r\n', '\n').trim().split('\n\n'), lines = head.split('\n'), [origin, size, root] = state.split('\n');
      if (lines[0] !== 'c2sp.org/tlog-proof@v1' || !lines[1].startsWith('extra ') || !lines[2].startsWith('index ')) return d.none;
      let hash = await sha(Uint8Array.of(0), bytes(lines[1].slice(6))), at = +lines[2].slice(6), last = +size - 1;
      if (!(at >= 0 && at <= last)) return d.wrong;
      for (const line of lines.slice(3)) {
        if (!last) return d.wrong;
        if (at % 2 || at === last) {
          hash = await sha(Uint8Array.of(1), bytes(line), hash);
          while (at && at % 2 === 0) { at /= 2; last = Math.floor(last / 2); }
        } else hash = await sha(Uint8Array.of(1), hash, bytes(line));
        at = Math.floor(at / 2); last = Math.floor(last / 2);
      }
      if (last || !same(hash, bytes(root))) return d.wrong;
      const cut = key.indexOf('+'), name = key.slice(0, cut), id = key.slice(cut + 1, cut + 9), pub = bytes(key.slice(cut + 10));
      const own = signed.split('\n').map(l => l.split(' ')).filter(l => l[0] === '\u2014' && l[1] === name && name === origin).map(l => bytes(l[2])).find(s => [...s.slice(0, 4)].map(b => b.toString(16).padStart(2, '0')).join('') === id);
      if (!own || pub[0] !== 1) return d.others;
      let check;
      try { check = await crypto.subtle.importKey('raw', pub.slice(1), 'Ed25519', false, ['verify']); } catch { return d.unsigned; }
      return await crypto.subtle.verify('Ed25519', check, own.slice(4), new TextEncoder().encode(state + '\n')) ? d.held : d.wrong;
    };
    let turn = 0;
    const look = async () => {
      const mine = ++turn, text = file.files[0] ? await file.files[0].text() : paste.value;
      const words = text.trim() ? await checked(text, trusted.value.trim()).catch(() => d.none) : '';
      if (mine === turn) { said.textContent = words; said.hidden = !words; }
    };
    [paste, file, trusted].forEach(el => el.addEventListener(el === file ? 'change' : 'input', look));
  }
})();
