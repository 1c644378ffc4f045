// The leaders' list: arrows walk, S ticks and goes on, X goes to the reason for sending back. A row opens beside the list without losing the ticks.
const root = document.querySelector('[data-sign]');

if (root) {
  const rows = [...root.querySelectorAll('[data-row]')];
  const panel = root.querySelector('[data-panel]');
  const all = root.querySelector('[data-all]');
  const holder = root.querySelector('[data-approve]');
  const words = [...holder.querySelector('button').childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
    || holder.querySelector('button span');
  const box = (row) => row.querySelector('input[type=checkbox]');
  const link = (row) => row.querySelector('a');
  let here = Math.max(0, rows.findIndex((row) => row.classList.contains('on')));
  let asked = 0;

  function count() {
    const n = rows.filter((row) => box(row).checked).length;
    const text = n ? holder.dataset.some.replace('#', String(n)) : holder.dataset.none;
    if (words.nodeType === Node.TEXT_NODE) words.data = text;
    else words.textContent = text;
    all.checked = n === rows.length;
    all.indeterminate = n > 0 && n < rows.length;
  }

  async function open(index, { focus = true } = {}) {
    const row = rows[index];
    if (!row) return;
    here = index;
    for (const each of rows) {
      each.classList.toggle('on', each === row);
      if (each === row) link(each).setAttribute('aria-current', 'true');
      else link(each).removeAttribute('aria-current');
    }
    if (focus) link(row).focus();
    asked += 1;
    const mine = asked;
    try {
      const answer = await fetch(link(row).href, { headers: { Accept: 'text/html' } });
      const found = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-panel]');
      if (mine !== asked) return;
      if (!found) throw new Error('gone');
      panel.replaceChildren(...found.childNodes);
      // What this page showed and what stands now may differ: the tick speaks of what is read here.
      const now = panel.querySelector('input[name=mot]');
      if (now && now.value.split(' ')[0] === box(row).value.split(' ')[0]) box(row).value = now.value;
    } catch {
      if (mine === asked) location.assign(link(row).href);
    }
  }

  root.addEventListener('change', (event) => {
    if (event.target === all) for (const row of rows) box(row).checked = all.checked;
    count();
  });
  root.addEventListener('click', (event) => {
    const row = event.target.closest('[data-row] a')?.closest('[data-row]');
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(rows.indexOf(row));
  });
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest('textarea,select,input:not([type=checkbox]),dialog');
    if (typing) return;
    const key = event.key.toLowerCase();
    if (key === 'arrowdown' || key === 'arrowup') open(here + (key === 'arrowdown' ? 1 : -1));
    else if (key === 's') {
      box(rows[here]).checked = !box(rows[here]).checked;
      count();
      if (here + 1 < rows.length) open(here + 1);
    } else if (key === 'x') panel.querySelector('#back-reason')?.focus();
    else return;
    event.preventDefault();
  });
  count();
}
