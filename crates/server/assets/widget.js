/* After-sales links for a shop's own pages: docs/WIDGET.md. It sets the address of links, and adds one where there is none. It sends
   and keeps nothing, sets no style and no handler, and works under `script-src` with this address alone. */
(() => {
  'use strict';
  const own = document.currentScript;
  if (!own) return;
  const home = new URL(own.src).origin;
  const pages = ['report', 'claim', 'follow', 'genuine'];
  const words = { report: ['报修', 'Report a fault'], claim: ['申请售后', 'File a claim'], follow: ['查进度', 'Follow a case'], genuine: ['验真', 'Is it us?'] };
  const address = (page, data) => {
    const url = new URL('/' + page, home);
    for (const name of ['product', 'shop', 'order', 'lang']) {
      const value = data[name] || own.dataset[name];
      if (value) url.searchParams.set(name, value.slice(0, 100));
    }
    return url.href;
  };
  const lead = link => {
    const page = pages.includes(link.dataset.aftercare) ? link.dataset.aftercare : 'report';
    link.href = address(page, link.dataset);
    link.target = '_blank';
    link.rel = 'noopener';
    if (!link.textContent.trim()) {
      const zh = (own.dataset.lang || document.documentElement.lang || 'zh').toLowerCase().startsWith('zh');
      link.textContent = words[page][zh ? 0 : 1];
    }
  };
  const start = () => {
    const links = document.querySelectorAll('a[data-aftercare]');
    if (links.length) { links.forEach(lead); return; }
    const link = document.createElement('a');
    link.dataset.aftercare = own.dataset.page || 'report';
    lead(link);
    own.after(link);
  };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start); else start();
})();
