// Typeahead, ARIA 1.2 combobox. <div data-combo="/url"> around a text box, a hidden value and a listbox; see components/combo.html.
// data-pattern: search only when the text matches; data-quiet: say nothing when nothing is found, because any text may stay.
// GET url?q=… answers {"results": [{value, label, note}]} or <li role="option" data-value>.
function build(box) {
  const input = box.querySelector('[role=combobox]');
  const list = box.querySelector('[role=listbox]');
  const hidden = box.querySelector('[data-combo-value]');
  const status = box.querySelector('[data-combo-status]');
  let timer = 0;
  let request = null;
  let active = -1;
  const pattern = box.dataset.pattern ? new RegExp(box.dataset.pattern) : null;
  const options = () => [...list.querySelectorAll('[role=option]')];

  function open(yes) {
    list.hidden = !yes;
    input.setAttribute('aria-expanded', String(yes));
    if (!yes) { active = -1; input.removeAttribute('aria-activedescendant'); }
  }
  function mark(index) {
    const all = options();
    if (!all.length) return;
    active = (index + all.length) % all.length;
    all.forEach((option, i) => option.setAttribute('aria-selected', String(i === active)));
    input.setAttribute('aria-activedescendant', all[active].id);
    all[active].scrollIntoView({ block: 'nearest' });
  }
  function option({ value, label, note }) {
    const item = document.createElement('li');
    item.setAttribute('role', 'option');
    item.dataset.value = value;
    item.dataset.label = label;
    item.append(label);
    if (note) { const small = document.createElement('small'); small.textContent = note; item.append(small); }
    return item;
  }
  async function search() {
    request?.abort();
    request = new AbortController();
    const url = new URL(box.dataset.combo, location.href);
    url.searchParams.set('q', input.value.trim());
    try {
      const answer = await fetch(url, { signal: request.signal, headers: { Accept: 'application/json, text/html', 'X-Requested-With': 'fetch' } });
      if (!answer.ok) return;
      const json = answer.headers.get('content-type')?.includes('json');
      const items = json
        ? (await answer.json()).results.map(option)
        : [...new DOMParser().parseFromString(await answer.text(), 'text/html').querySelectorAll('[role=option]')];
      list.replaceChildren(...items);
      items.forEach((item, i) => { item.id = `${list.id}-${i}`; item.setAttribute('aria-selected', 'false'); });
      status.textContent = items.length ? `${items.length} ${box.dataset.count}` : box.dataset.none;
      if (!items.length && box.dataset.quiet) { open(false); return; }
      if (!items.length) { const none = option({ value: '', label: box.dataset.none }); none.className = 'none'; none.setAttribute('aria-disabled', 'true'); list.append(none); }
      open(true);
    } catch { /* aborted by the next key, or offline: the text stays and is posted as it is */ }
  }
  function choose(item) {
    if (!item || item.getAttribute('aria-disabled')) return;
    hidden.value = item.dataset.value;
    input.value = item.dataset.label || item.firstChild.textContent.trim();
    open(false);
    hidden.dispatchEvent(new Event('change', { bubbles: true }));
    box.dispatchEvent(new CustomEvent('mc:choose', { bubbles: true, detail: { value: hidden.value, label: input.value } }));
  }
  input.addEventListener('input', () => {
    hidden.value = '';
    clearTimeout(timer);
    const text = input.value.trim();
    if (text.length < Number(box.dataset.min) || (pattern && !pattern.test(text))) { request?.abort(); open(false); return; }
    timer = setTimeout(search, 150);
  });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    const shown = !list.hidden;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!shown) search(); else mark(active < 0 && event.key === 'ArrowUp' ? -1 : active + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter' && shown) {
      event.preventDefault();
      choose(options()[Math.max(active, 0)]);
    } else if (event.key === 'Escape' && shown) {
      event.preventDefault();
      event.stopPropagation();
      open(false);
    }
  });
  list.addEventListener('pointerdown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => choose(event.target.closest('[role=option]')));
  input.addEventListener('blur', () => open(false));
}
const all = (root) => root.querySelectorAll('[data-combo]:not([data-ready])').forEach((box) => { box.dataset.ready = '1'; build(box); });
all(document);
document.addEventListener('htmx:afterSwap', () => all(document));
