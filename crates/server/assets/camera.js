// What a page films by itself. Nothing is sent from here: each file comes out as soon as it is whole. A browser that writes MP4
// with H.264 films in parts, so that little is lost with a page; any other takes a picture every two seconds.
window.Camera = (() => {
  const TYPES = ['video/mp4;codecs=avc1.42E01F', 'video/mp4;codecs=avc1', 'video/mp4;codecs=avc3'], BITS = 1500000, STILL_MS = 2000;
  const type = () => window.MediaRecorder && TYPES.find(one => MediaRecorder.isTypeSupported(one));
  const open = () => navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } } });
  const still = (video, quality) => new Promise(done => {
    const c = Object.assign(document.createElement('canvas'), { width: video.videoWidth, height: video.videoHeight });
    c.getContext('2d').drawImage(video, 0, 0);
    c.toBlob(done, 'image/jpeg', quality);
  });
  // Films until `stop`, or until `most.ms`, `most.bytes` or `most.files` are reached; `take` gets each file, `tick` the seconds.
  // `ended` comes after the last file.
  function film(video, stream, most, take, tick) {
    const mp4 = type(), begun = Date.now(), since = () => Date.now() - begun;
    let files = 0, bytes = 0, over = false, part = null, timer = 0, clock = 0, busy = Promise.resolve(), finish;
    const ended = new Promise(done => { finish = done; });
    const isOver = () => over || !stream.active || files >= most.files || bytes >= most.bytes || since() >= most.ms;
    const last = () => { clearInterval(clock); finish(); };
    const keep = (blob, ending) => {
      if (!blob?.size) return;
      files += 1; bytes += blob.size;
      // Whoever takes it says what is wrong with it; the end comes all the same.
      try { take(new File([blob], `camera-${begun}-${files}.${ending}`, { type: blob.type.split(';')[0] })); } catch (wrong) { over = true; console.error(wrong); }
    };
    const record = () => {
      const bits = [];
      let size = 0;
      part = new MediaRecorder(stream, { mimeType: mp4, videoBitsPerSecond: BITS });
      part.ondataavailable = e => { bits.push(e.data); size += e.data.size; if (bytes + size >= most.bytes) rest(); };
      // A camera that is gone takes no next part; whoever waits for the end does not wait for ever.
      part.onstop = () => { clearTimeout(timer); keep(new Blob(bits, { type: mp4 }), 'mp4'); if (isOver()) last(); else try { record(); } catch { last(); } };
      part.start(1000);
      timer = setTimeout(rest, Math.max(0, Math.min(most.part, most.ms - since())));
    };
    const shoot = () => {
      busy = still(video, .8).then(blob => keep(blob, 'jpg'), () => { over = true; });
      timer = setTimeout(() => busy.then(() => { if (isOver()) stop(); else shoot(); }), STILL_MS);
    };
    const rest = () => { if (part.state !== 'inactive') part.stop(); };
    const stop = () => { over = true; clearTimeout(timer); if (part) rest(); else busy.then(last); return ended; };
    if (mp4) record(); else shoot();
    tick(0);
    clock = setInterval(() => tick(Math.floor(since() / 1000)), 1000);
    return { stop, ended };
  }
  return { type, open, still, film };
})();
