/* After-sales links for a shop's own pages: docs/WIDGET.md. It sets the address of links, and adds one where there is none. It sends
   and keeps nothing, sets no style and no handler, and works under `script-src` with this address alone. */
(() => {
  'use strict';
  const own = document.currentScript;
  if (!own) return;
  const home = new URL(own.src).origin;
  const pages = { report: '/report', claim: '/claim', follow: '/follow', genuine: '/genuine' };
  const fields = { product: 'product', order: 'order', lang: 'lang' };
  const words = { report: ['报修', 'Report a fault'], claim: ['申请售后', 'File a claim'], follow: ['查进度', 'Follow a case'], genuine: ['验真', 'Is it us?'] };
  const address = (page, data) => {
    const url = new URL(pages[page] || pages.report, home);
    for (const [name, field] of Object.entries(fields)) {
      const value = data[name] || own.dataset[name];
      if (value) url.searchParams.set(field, value.slice(0, 100));
    }
    return url.href;
  };
  const lead = link => {
    link.href = address(link.dataset.aftercare, link.dataset);
    link.target = '_blank';
    link.rel = 'noopener';
    if (!link.textContent.trim()) {
      const zh = (own.dataset.lang || document.documentElement.lang || 'zh').toLowerCase().startsWith('zh');
      link.textContent = (words[link.dataset.aftercare] || words.report)[zh ? 0 : 1];
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
