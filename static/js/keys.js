// The desk's keyboard. data-key="F9" (or "Ctrl+K", "Alt+1", "4") on a control: the key presses a button, follows a link, focuses a field.
// data-main-action answers F9 and Ctrl+Enter. data-enter-next: Enter goes to the next field. Unikey's Ctrl+Shift and Alt+Z are left alone.
const FIELDS = 'input:not([type=hidden]):not([disabled]):not([type=search]), select:not([disabled]), textarea:not([disabled])';
const visible = (element) => element.getClientRects().length > 0;
const scope = () => document.querySelector('dialog[open]') || document;
let charKeys = sessionStorage.getItem('mc.charKeys') !== 'off';

function pressed(event) {
  const name = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return `${event.ctrlKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${name}`;
}
function typing(element) {
  return element?.matches?.('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]');
}
function act(element) {
  if (element.matches('button, a, summary')) element.click();
  else { element.focus(); element.select?.(); }
}
function find(name) {
  return [...scope().querySelectorAll('[data-key]')].find((element) => element.dataset.key.toUpperCase() === name.toUpperCase() && visible(element));
}
function mainAction() {
  return [...scope().querySelectorAll('[data-main-action]')].find(visible);
}
function nextField(from) {
  const fields = [...from.closest('[data-enter-next]').querySelectorAll(`${FIELDS}, button`)].filter((el) => visible(el) && el.tabIndex >= 0);
  const radios = (el) => el.type === 'radio' && el.name === from.name;
  return fields.slice(fields.indexOf(from) + 1).find((el) => !radios(el) && !el.readOnly && (el.matches(FIELDS) || el.matches('[data-main-action]')));
}
function onEnter(event) {
  const from = event.target;
  if (!from.matches('input, select') || from.type === 'search' || from.type === 'file' || !from.closest('[data-enter-next]')) return;
  if (from.matches('[aria-expanded=true], [data-enter-submit]')) return;
  const next = nextField(from);
  if (!next) return;
  event.preventDefault();
  next.focus();
  if (next.matches('input') && typing(next)) next.select();
}
function showKeys() {
  const box = document.getElementById('keys-dialog');
  if (!box || box.open) return;
  const list = box.querySelector('[data-key-list]');
  list.querySelectorAll('[data-found]').forEach((element) => element.remove());
  document.querySelectorAll('[data-key]').forEach((element) => {
    if (!visible(element)) return;
    const term = document.createElement('dt');
    const words = document.createElement('dd');
    const key = document.createElement('kbd');
    key.textContent = element.dataset.key.replace('+', ' ');
    term.append(key);
    words.textContent = element.getAttribute('aria-label') || element.labels?.[0]?.textContent.trim()
      || element.textContent.replace(element.dataset.key, '').trim();
    term.dataset.found = words.dataset.found = '';
    list.append(term, words);
  });
  box.querySelector('[data-char-keys]').checked = charKeys;
  box.showModal();
}
document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.defaultPrevented || event.key === 'Process') return;
  const name = pressed(event);
  if (event.key === 'Enter') {
    if (event.ctrlKey) { const main = mainAction(); if (main) { event.preventDefault(); main.click(); } } else onEnter(event);
    return;
  }
  if (name === 'F9') {
    const target = find('F9') || mainAction();
    if (target) { event.preventDefault(); act(target); }
    return;
  }
  if (event.key === '?' && !typing(event.target)) { event.preventDefault(); showKeys(); return; }
  const single = event.key.length === 1 && !event.ctrlKey && !event.altKey;
  if (single && (!charKeys || typing(event.target) || !event.target.closest('[data-char-keys-here]'))) return;
  if (!single && !/^(F\d+|Ctrl\+.|Alt\+\d)$/.test(name)) return;
  const target = find(name);
  if (target) { event.preventDefault(); act(target); }
});
document.addEventListener('change', (event) => {
  if (!event.target.matches('[data-char-keys]')) return;
  charKeys = event.target.checked;
  sessionStorage.setItem('mc.charKeys', charKeys ? 'on' : 'off');
});
// Arrow keys walk the rows of a list or table marked data-rows; Space ticks, Enter is the link's own.
document.addEventListener('keydown', (event) => {
  const list = event.target.closest?.('[data-rows]');
  if (!list || !['ArrowDown', 'ArrowUp', ' '].includes(event.key) || typing(event.target)) return;
  const rows = [...list.querySelectorAll('tr, li')].filter((row) => row.querySelector('a, button'));
  const row = event.target.closest('tr, li');
  if (event.key === ' ') {
    const box = row?.querySelector('input[type=checkbox]');
    if (box && event.target !== box) { event.preventDefault(); box.click(); }
    return;
  }
  const next = rows[rows.indexOf(row) + (event.key === 'ArrowDown' ? 1 : -1)];
  if (next) { event.preventDefault(); next.querySelector('a, button').focus(); }
});
