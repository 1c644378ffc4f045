// The worklist: the row one came back to, ticks (Shift: a range; the whole page), and the counts, asked every 15 s while the page is looked at.
const EVERY = 15000;
const all = (selector) => [...document.querySelectorAll(selector)];

const link = location.hash.startsWith('#hs-') && document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (link) { link.focus(); link.scrollIntoView({ block: 'center' }); }

const form = document.querySelector('[data-bulk]');
if (form) {
  const boxes = () => all('input[name=hs]');
  const page = form.querySelector('[data-tick-page]');
  const whole = form.querySelector('[data-tick-list]');
  const told = form.querySelector('[data-bulk-count]');
  let last = null;
  const show = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    told.textContent = chosen && !whole.checked ? form.dataset.chosen.replace('{n}', chosen) : '';
    page.checked = chosen > 0 && chosen === boxes().length;
    page.indeterminate = chosen > 0 && !page.checked;
    boxes().forEach((box) => { box.closest('tr').setAttribute('aria-selected', String(box.checked)); });
  };
  document.addEventListener('click', (event) => {
    if (!event.target.matches('input[name=hs]')) return;
    const list = boxes();
    if (event.shiftKey && last && list.includes(last)) {
      const [from, to] = [list.indexOf(last), list.indexOf(event.target)].sort((a, b) => a - b);
      list.slice(from, to + 1).forEach((box) => { box.checked = event.target.checked; });
    }
    last = event.target;
    show();
  });
  page.addEventListener('change', () => { boxes().forEach((box) => { box.checked = page.checked; }); show(); });
  whole.addEventListener('change', show);
  addEventListener('pageshow', show);
}

const host = document.querySelector('[data-list-counts]');
const changed = document.querySelector('[data-list-changed]');
let tag = '';
function write(counts) {
  let isOther = false;
  all('[data-list-counts] .tabs a').forEach((link) => {
    const badge = link.querySelector('.n');
    const now = counts[new URL(link.href).searchParams.get('muc')];
    if (!badge || !now || badge.textContent === now) return;
    badge.textContent = now;
    if (link.hasAttribute('aria-current')) isOther = true;
  });
  all('[data-number]').forEach((link) => { const now = counts[link.dataset.number]; if (now) link.querySelector('b').textContent = now; });
  if (isOther) changed.hidden = false;
}
async function ask() {
  if (document.hidden) return;
  const answer = await fetch(host.dataset.listCounts, { headers: tag ? { 'If-None-Match': tag } : {}, cache: 'no-store', redirect: 'error' });
  if (answer.status !== 200) return;
  tag = answer.headers.get('ETag') || '';
  write((await answer.json()).counts);
}
function turn() { ask().catch(() => {}).finally(() => setTimeout(turn, EVERY)); }
if (host) setTimeout(turn, EVERY);
