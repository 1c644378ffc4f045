// The Ctrl+K palette (components/palette.html): a combobox in a native <dialog>. GET find?q=… with HX-Request answers
// [data-palette-found] with the options and a note. Every [data-palette-opener] opens it; without JavaScript that is a plain search box.
const box = document.getElementById('palette');

function build() {
  const form = box.querySelector('form');
  const input = box.querySelector('[role=combobox]');
  const list = box.querySelector('[role=listbox]');
  const told = box.querySelector('[data-palette-told]');
  const said = box.querySelector('[data-palette-said]');
  let timer = 0;
  let request = null;
  let searched = null;
  let active = -1;
  const options = () => [...list.querySelectorAll('[role=option]')];

  function mark(index) {
    const all = options();
    if (!all.length) return;
    active = (index + all.length) % all.length;
    all.forEach((option, i) => option.setAttribute('aria-selected', String(i === active)));
    input.setAttribute('aria-activedescendant', all[active].id);
    all[active].scrollIntoView({ block: 'nearest' });
  }
  function show(found) {
    list.replaceChildren(...(found?.querySelector('[data-palette-options]').children ?? []));
    told.replaceChildren(...(found?.querySelector('[data-palette-note]').children ?? []));
    list.hidden = !list.children.length;
    told.hidden = !told.children.length;
    input.setAttribute('aria-expanded', String(!list.hidden));
    input.removeAttribute('aria-activedescendant');
    said.textContent = found?.dataset.said ?? '';
    active = -1;
    list.scrollTop = 0;
    mark(0);
  }
  function fail() {
    show(null);
    const words = document.createElement('p');
    words.textContent = said.textContent = box.dataset.failed;
    told.append(words);
    told.hidden = false;
    searched = null;
  }
  // Resolves to whether these results are on the screen: a newer search makes an older one give way.
  async function search() {
    clearTimeout(timer);
    request?.abort();
    const mine = new AbortController();
    request = mine;
    const text = input.value.trim();
    const url = new URL(form.action);
    url.searchParams.set('q', text);
    try {
      const answer = await fetch(url, { signal: mine.signal, headers: { 'HX-Request': 'true' } });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (mine !== request) return false;
      const found = page.querySelector('[data-palette-found]');
      // A session that has ended answers with the sign-in page: go there, and come back to the results.
      if (!found && answer.redirected) { location.assign(url); return false; }
      if (!found) { fail(); return false; }
      searched = text;
      show(found);
      return true;
    } catch {
      if (mine === request) fail();
      return false;
    }
  }
  function go(option, event) {
    if (!option) return;
    if (event?.ctrlKey || event?.metaKey) open(option.dataset.href, '_blank', 'noopener');
    else location.assign(option.dataset.href);
  }
  // A scanner's Enter, and a quick hand's, come before the pause is over: what was typed is searched first.
  async function enter(event) {
    if (input.value.trim() === searched || await search()) go(options()[Math.max(active, 0)], event);
  }
  function begin(text = '') {
    if (!box.open) {
      if (document.querySelector('dialog[open]')) return;
      box.showModal();
    }
    input.value = text;
    input.focus();
    show(null);
    search();
  }

  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(search, 150); });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); mark(active + step); }
    if (event.key === 'Enter') { event.preventDefault(); enter(event); }
  });
  form.addEventListener('submit', (event) => { event.preventDefault(); enter(event); });
  list.addEventListener('pointerdown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => go(event.target.closest('[role=option]'), event));
  box.addEventListener('click', (event) => { if (event.target === box) box.close(); });
  box.addEventListener('close', () => { clearTimeout(timer); request?.abort(); request = null; });

  addEventListener('keydown', (event) => {
    if (event.isComposing || !event.ctrlKey || event.altKey || event.shiftKey || event.key.toLowerCase() !== 'k') return;
    event.preventDefault();
    begin();
  }, true);
  document.querySelectorAll('[data-palette-opener]').forEach((opener) => {
    opener.setAttribute('aria-haspopup', 'dialog');
    const take = () => { const text = opener.value; opener.value = ''; begin(text); };
    opener.addEventListener('click', take);
    opener.addEventListener('input', (event) => { if (!event.isComposing) take(); });
    opener.addEventListener('compositionend', take);
    opener.form.addEventListener('submit', (event) => { event.preventDefault(); take(); });
  });
}
if (box) build();
