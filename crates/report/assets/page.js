// One range input drives one CSS variable: the place of the slider, the strength of the heat map.
document.documentElement.classList.add('js');
document.querySelectorAll('input[data-var]').forEach(range => {
  const box = range.closest('[data-vars]');
  const set = () => box.style.setProperty(range.dataset.var, range.value + (range.dataset.unit || ''));
  range.addEventListener('input', set);
  set();
});
// Numbers are printed, too.
addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(d => { d.open = true; }));
