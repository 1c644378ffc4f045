// Autosave of <form data-draft-url="…">: 1.5 s after the last change, by POST (or data-draft-method). The footer says saving, saved or failed; what the
// server has not taken yet also rests in sessionStorage (never localStorage: the PC is shared) and is offered back after a crash. The form may be
// swapped under way, so that it is looked up anew each time.
const stateBox = document.querySelector('[data-save-state]');
const find = () => document.querySelector('form[data-draft-url]');
const token = () => document.querySelector('meta[name="csrf-token"]')?.content || '';
const RETRY = 5000;
let timer = 0;
let again = 0;
let dirty = false;
let request = null;
let isSubmitting = false;

function say(kind, extra = '') {
  if (!stateBox) return;
  stateBox.className = `save ${kind}`;
  stateBox.querySelector('svg')?.remove();
  stateBox.querySelector('[data-save-text]').textContent = `${stateBox.dataset[kind]}${extra}`;
  const retry = stateBox.querySelector('[data-save-retry]');
  retry.hidden = kind !== 'failed';
  retry.textContent = stateBox.dataset.retry;
}
const content = (form) => [...new FormData(form)].filter(([name, value]) => typeof value === 'string' && name !== 'csrfmiddlewaretoken' && !form.elements[name]?.matches?.('[type=password]'));
const keyOf = (form) => `draft:${form.dataset.draftUrl}`;

async function send(form, rows, leaving) {
  request?.abort();
  request = new AbortController();
  const answer = await fetch(form.dataset.draftUrl, {
    method: form.dataset.draftMethod || 'POST',
    headers: { 'X-CSRFToken': token(), 'X-Requested-With': 'fetch' },
    body: new URLSearchParams(rows),
    keepalive: leaving,
    signal: leaving ? undefined : request.signal,
    redirect: 'error', // a session that has ended answers with the sign-in page
  });
  if (!answer.ok && answer.status !== 409) throw new Error(String(answer.status));
}
async function save(leaving = false) {
  const form = find();
  if (!form || isSubmitting) return;
  clearTimeout(timer);
  clearTimeout(again);
  say('saving');
  dirty = false;
  try {
    await send(form, content(form), leaving);
    if (!dirty) sessionStorage.removeItem(keyOf(form));
    say('saved', ` ${new Date().toLocaleTimeString('vi-VN', { hour12: false, timeZone: 'Asia/Ho_Chi_Minh' })}`);
  } catch (error) {
    if (error.name === 'AbortError') return;
    dirty = true;
    say('failed');
    again = setTimeout(save, RETRY);
  }
}
function changed() {
  const form = find();
  if (!form) return;
  dirty = true;
  sessionStorage.setItem(keyOf(form), JSON.stringify(content(form)));
  clearTimeout(timer);
  timer = setTimeout(save, 1500);
}
const isMine = (target) => target.closest?.('form[data-draft-url]');
document.addEventListener('input', (event) => { if (isMine(event.target)) changed(); });
document.addEventListener('change', (event) => { if (isMine(event.target)) changed(); });
// On its way to the judge: no autosave may follow a page that is taken in.
document.addEventListener('submit', (event) => {
  if (event.defaultPrevented && !event.target.matches('[hx-post]')) return;
  if (!isMine(event.target)) return;
  isSubmitting = true;
  clearTimeout(timer);
  clearTimeout(again);
  request?.abort();
});
function back() {
  if (!isSubmitting) return;
  isSubmitting = false;
  changed();
}
for (const name of ['htmx:sendError', 'htmx:timeout', 'htmx:responseError', 'htmx:afterSwap']) document.addEventListener(name, back);
addEventListener('pagehide', () => {
  const form = find();
  if (!form) return;
  if (isSubmitting) sessionStorage.removeItem(keyOf(form));
  else if (dirty) save(true);
});
addEventListener('online', () => { if (dirty) save(); });

async function restore(kept) {
  const form = find();
  const key = new Map(kept).get('idempotency_key');
  try {
    await send(form, kept, false);
    sessionStorage.removeItem(keyOf(form));
    dirty = false;
    location.assign(`${location.pathname}?nhap=${encodeURIComponent(key)}`);
  } catch {
    say('failed');
  }
}
const retry = stateBox?.querySelector('[data-save-retry]');
retry?.addEventListener('click', () => {
  const kept = retry.dataset.restore;
  if (kept) { delete retry.dataset.restore; restore(JSON.parse(kept)); } else save();
});
const first = find();
const kept = first && sessionStorage.getItem(keyOf(first));
if (kept && stateBox && kept !== JSON.stringify(content(first))) {
  stateBox.querySelector('[data-save-text]').textContent = stateBox.dataset.restore;
  retry.hidden = false;
  retry.textContent = stateBox.dataset.restoreAction;
  retry.dataset.restore = kept;
}
