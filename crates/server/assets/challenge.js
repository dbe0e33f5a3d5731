// A photo or a short clip on request is taken on the page where there is a camera. What is sent says how it came: by the camera, or
// from files.
document.querySelectorAll('form[data-capture]').forEach(form => {
  const { open, still, film } = window.Camera, of = name => form.querySelector(`[data-camera${name}]`);
  const box = of(''), video = box.querySelector('video'), start = of('-start'), take = of('-take'), roll = of('-film'), time = of('-time'), said = of('-said');
  const input = form.querySelector('input[type=file]'), how = form.elements.capture, send = form.querySelector('[type=submit]'), words = roll.textContent;
  if (!navigator.mediaDevices?.getUserMedia) return;
  box.hidden = false; video.hidden = true;
  let stream = null, taking = false, filming = null;
  let asked = 0;
  const off = () => { stream?.getTracks().forEach(t => t.stop()); stream = video.srcObject = null; video.hidden = take.hidden = roll.hidden = true; start.hidden = start.disabled = false; };
  // What is filmed is written first. A camera that the browser still asks about is not opened any more.
  const stop = () => { asked += 1; if (filming) filming.ended.then(off); else off(); filming?.stop(); };
  const own = () => (how.value === 'camera' ? [...input.files] : []);
  const add = file => {
    const all = new DataTransfer();
    [...own(), file].forEach(f => all.items.add(f));
    taking = true; input.files = all.files; input.dispatchEvent(new Event('change')); taking = false;
    how.value = 'camera'; said.textContent = said.dataset.taken;
  };
  start.addEventListener('click', async () => {
    const mine = ++asked;
    start.disabled = true;
    try {
      const camera = await open();
      if (mine !== asked) { camera.getTracks().forEach(t => t.stop()); return; }
      stream = video.srcObject = camera;
      await video.play();
    } catch { if (mine === asked) { off(); said.textContent = said.dataset.none; } return; }
    if (mine !== asked) return;
    video.hidden = take.hidden = roll.hidden = false; start.hidden = true; take.focus();
  });
  take.addEventListener('click', () => still(video, .92).then(b => { if (b) add(new File([b], `camera-${own().length + 1}.jpg`, { type: 'image/jpeg' })); }));
  roll.addEventListener('click', async () => {
    if (filming) { filming.stop(); return; }
    const ms = +roll.dataset.seconds * 1000, files = +roll.dataset.files - own().length;
    if (!stream?.active || files < 1) return;
    // What is not written yet cannot be sent.
    send.disabled = true; time.hidden = false; roll.textContent = roll.dataset.stop; said.textContent = roll.dataset.filming;
    try {
      filming = film(video, stream, { ms, part: ms, files, bytes: +roll.dataset.bytes }, add, seconds => { time.textContent = `${seconds} s`; });
      await filming.ended;
    } catch { said.textContent = said.dataset.none; }
    filming = null; send.disabled = false; time.hidden = true; roll.textContent = words;
  });
  input.addEventListener('change', e => { if (!taking && e.detail !== 'removed') how.value = 'album'; });
  addEventListener('pagehide', () => { stop(); off(); }); form.addEventListener('submit', stop);
  document.addEventListener('visibilitychange', () => { if (document.hidden && stream) stop(); });
});
