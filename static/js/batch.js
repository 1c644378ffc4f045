// The tray of scanned stacks: arrows walk the pages, Shift extends, Space ticks, A takes the run, Enter shows a page large, 1–9 put the chosen pages to a
// paper, [ and ] turn, Delete takes out, U undoes. The buttons do the work and need no script. A stack is sent in pieces that go on after a lost network.
const root = document.querySelector('[data-stacks]');
const form = root.querySelector('[data-tray]');
const leaves = form ? [...form.querySelectorAll('[data-leaf]')] : [];
const typing = (element) => element.matches?.('input:not([type=checkbox]), textarea, select');
let anchor = null;

function walkTo(index, { extend = false } = {}) {
  const leaf = leaves[Math.max(0, Math.min(index, leaves.length - 1))];
  if (!leaf) return;
  for (const each of leaves) each.tabIndex = each === leaf ? 0 : -1;
  leaf.focus();
  leaf.closest('.leaf').scrollIntoView({ block: 'nearest' });
  if (!extend) { anchor = leaves.indexOf(leaf); return; }
  const [from, to] = [anchor ?? 0, leaves.indexOf(leaf)].sort((a, b) => a - b);
  leaves.forEach((each, number) => { each.checked = number >= from && number <= to; });
  count();
}
function count() {
  const line = form?.querySelector('[data-chosen]');
  if (!line) return;
  const n = leaves.filter((leaf) => leaf.checked).length;
  line.textContent = n ? line.dataset.some.replace('#', String(n)) : line.dataset.none;
}
function below(index, step) {
  const box = (leaf) => leaf.closest('.leaf').getBoundingClientRect();
  const here = box(leaves[index]);
  const rows = leaves.map((leaf, number) => ({ number, at: box(leaf) })).filter(({ at }) => (step > 0 ? at.top > here.top + 8 : at.top < here.top - 8));
  if (!rows.length) return index;
  const next = rows.reduce((a, b) => (Math.abs(b.at.top - here.top) < Math.abs(a.at.top - here.top) ? b : a)).at.top;
  const row = rows.filter(({ at }) => Math.abs(at.top - next) < 8);
  return row.reduce((a, b) => (Math.abs(b.at.left - here.left) < Math.abs(a.at.left - here.left) ? b : a)).number;
}
function show(leaf) {
  const picture = document.querySelector('[data-large-page]');
  picture.src = leaf.dataset.large;
  picture.className = `turn-${leaf.dataset.turn}`;
  document.getElementById('large').showModal();
}
function takeRun(run) {
  const own = leaves.filter((leaf) => run.contains(leaf));
  const all = own.every((leaf) => leaf.checked);
  for (const leaf of own) leaf.checked = !all;
  count();
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || document.querySelector('dialog[open]')) return;
  const key = event.key.toLowerCase();
  const index = leaves.indexOf(event.target);
  if (key === 'u') document.querySelector('#toasts [data-toast] button')?.click();
  else if (!leaves.length) return;
  else if (key === 'delete') form.querySelector('[data-remove]').click();
  else if (index < 0) return;
  else if (key === 'arrowright' || key === 'arrowleft') walkTo(index + (key === 'arrowright' ? 1 : -1), { extend: event.shiftKey });
  else if (key === 'arrowdown' || key === 'arrowup') walkTo(below(index, key === 'arrowdown' ? 1 : -1), { extend: event.shiftKey });
  else if (key === 'enter') show(leaves[index]);
  else if (key === 'a') takeRun(leaves[index].closest('[data-run]'));
  else return;
  event.preventDefault();
});
if (form) {
  form.addEventListener('change', (event) => { anchor = leaves.indexOf(event.target); count(); });
  form.addEventListener('click', (event) => {
    const run = event.target.closest('[data-run-all]');
    if (run) takeRun(run.closest('[data-run]'));
    const leaf = event.target.closest('.leaf')?.querySelector('[data-leaf]');
    if (!leaf || !event.shiftKey || event.target === leaf) return;
    event.preventDefault();
    walkTo(leaves.indexOf(leaf), { extend: true });
  });
  form.addEventListener('dblclick', (event) => {
    const leaf = event.target.closest('.leaf')?.querySelector('[data-leaf]');
    if (leaf) show(leaf);
  });
  // With nothing ticked the page under the focus is meant.
  form.addEventListener('submit', (event) => {
    if (leaves.some((leaf) => leaf.checked)) { sessionStorage.setItem('mc.tray', String(leaves.findIndex((leaf) => leaf.checked))); return; }
    const here = leaves.find((leaf) => leaf.tabIndex === 0);
    if (here && event.submitter?.value !== 'theo-to') here.checked = true;
    sessionStorage.setItem('mc.tray', String(Math.max(0, leaves.indexOf(here))));
  });
  form.querySelectorAll('[data-run-all]').forEach((button) => { button.hidden = false; });
  leaves.forEach((leaf, number) => { leaf.tabIndex = number ? -1 : 0; });
  const left = sessionStorage.getItem('mc.tray');
  sessionStorage.removeItem('mc.tray');
  if (left !== null || root.querySelector('.into-papers')) walkTo(Number(left || 0));
  count();
}
const told = document.querySelector('[data-to-toasts]');
if (told) { document.getElementById('toasts').append(...told.children); told.remove(); }

// Sending: in pieces of what the server says; after a cut it asks how far the file is and goes on there.
const send = root.querySelector('[data-send]');
const picker = send.querySelector('input[type=file]');
const state = send.querySelector('[data-send-state]');
const WAITS = [1, 2, 4, 8, 15];
const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

async function ask(url, options = {}) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await fetch(url, { ...options, headers: { ...options.headers, 'X-CSRFToken': token } });
      if (answer.status < 500) return answer;
    } catch { /* the network is away: wait and try again */ }
    if (tries >= WAITS.length) throw new Error(root.dataset.failed);
    await pause(WAITS[tries]);
  }
}
async function told_of(answer) {
  const body = await answer.json();
  if (!answer.ok && answer.status !== 409) throw new Error(body.detail || root.dataset.failed);
  return body;
}
async function sendOne(file) {
  let standing = await told_of(await ask(root.dataset.begin, { method: 'POST', body: new URLSearchParams({ name: file.name, size: String(file.size), purpose: 'batch' }) }));
  const address = `${root.dataset.begin}${standing.id}/`;
  const { chunk } = standing;
  for (let at = standing.offset; at < file.size;) {
    state.textContent = `${root.dataset.sending.replace('%s', file.name)}: ${Math.round((100 * at) / file.size)} %`;
    const headers = { 'Upload-Offset': String(at), 'Content-Type': 'application/octet-stream' };
    standing = await told_of(await ask(address, { method: 'POST', headers, body: file.slice(at, at + chunk) }));
    at = standing.offset;
  }
  await told_of(await ask(`${address}xong/`, { method: 'POST', body: new URLSearchParams() }));
}
async function sendAll(files) {
  try {
    for (const file of files) await sendOne(file);
    location.reload();
  } catch (error) {
    state.textContent = error.message;
    state.classList.add('t-late');
  }
}
picker.addEventListener('change', () => sendAll([...picker.files]));
for (const kind of ['dragover', 'drop']) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    if (kind === 'drop') sendAll([...event.dataTransfer.files]);
  });
}
