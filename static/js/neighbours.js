// A dossier opened from a list: Esc goes back to its row, unless something is open or being typed.
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
  if (document.querySelector('dialog[open], details.menu[open], details.me[open], [aria-expanded=true]')) return;
  if (event.target.matches?.('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]')) { event.target.blur(); return; }
  const back = document.querySelector('[data-back-to-list]');
  if (back) { event.preventDefault(); back.click(); }
});
