// Autosave of <form data-draft-url="…">: 1.5 s after the last change, by POST (or data-draft-method). The footer says saving, saved or failed; what the
// server has not taken yet also rests in sessionStorage (never localStorage: the PC is shared) and is offered back after a crash.
const stateBox = document.querySelector('[data-save-state]');
const token = () => document.querySelector('meta[name="csrf-token"]')?.content || '';

function say(kind, extra = '') {
  if (!stateBox) return;
  stateBox.className = `save ${kind}`;
  stateBox.querySelector('svg')?.remove();
  stateBox.querySelector('[data-save-text]').textContent = `${stateBox.dataset[kind]}${extra}`;
  const retry = stateBox.querySelector('[data-save-retry]');
  retry.hidden = kind !== 'failed';
  retry.textContent = stateBox.dataset.retry;
}
function content(form) {
  return [...new FormData(form)].filter(([name, value]) => typeof value === 'string' && name !== 'csrfmiddlewaretoken' && !form.elements[name]?.matches?.('[type=password]'));
}
function fill(form, rows) {
  for (const [name, value] of rows) {
    const fields = form.querySelectorAll(`[name="${CSS.escape(name)}"]`);
    fields.forEach((field) => {
      if (['radio', 'checkbox'].includes(field.type)) field.checked = field.checked || field.value === value;
      else if (field.type !== 'file') field.value = value;
    });
  }
}
function watch(form) {
  const key = `draft:${form.dataset.draftUrl}`;
  let timer = 0;
  let again = 0;
  let dirty = false;
  async function save(leaving = false) {
    clearTimeout(timer);
    clearTimeout(again);
    const rows = content(form);
    say('saving');
    dirty = false;
    try {
      const answer = await fetch(form.dataset.draftUrl, {
        method: form.dataset.draftMethod || 'POST',
        headers: { 'X-CSRFToken': token(), 'X-Requested-With': 'fetch' },
        body: new URLSearchParams(rows),
        keepalive: leaving,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      if (!dirty) sessionStorage.removeItem(key);
      say('saved', ` ${new Date().toLocaleTimeString('vi-VN', { hour12: false, timeZone: 'Asia/Ho_Chi_Minh' })}`);
    } catch {
      dirty = true;
      say('failed');
      again = setTimeout(save, 5000);
    }
  }
  function changed() {
    dirty = true;
    sessionStorage.setItem(key, JSON.stringify(content(form)));
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  }
  form.addEventListener('input', changed);
  form.addEventListener('change', changed);
  form.addEventListener('submit', () => { clearTimeout(timer); clearTimeout(again); sessionStorage.removeItem(key); dirty = false; });
  addEventListener('pagehide', () => { if (dirty) save(true); });
  const retry = stateBox?.querySelector('[data-save-retry]');
  retry?.addEventListener('click', () => { if (retry.dataset.restore !== '1') save(); });
  const kept = sessionStorage.getItem(key);
  if (!kept || kept === JSON.stringify(content(form)) || !stateBox) return;
  stateBox.querySelector('[data-save-text]').textContent = stateBox.dataset.restore;
  retry.hidden = false;
  retry.textContent = stateBox.dataset.restoreAction;
  retry.dataset.restore = '1';
  retry.addEventListener('click', () => { delete retry.dataset.restore; fill(form, JSON.parse(kept)); save(); }, { once: true });
}
document.querySelectorAll('form[data-draft-url]').forEach(watch);
