// Every page: CSRF for htmx, error banner, focus on errors, confirmations, dialogs, toasts, auto-submit. All of it is comfort: pages work without it.
document.documentElement.classList.add('js');
const $ = (selector, root = document) => root.querySelector(selector);
const on = (type, handler, options) => document.addEventListener(type, handler, options);

on('htmx:configRequest', (event) => {
  const token = $('meta[name="csrf-token"]');
  if (token && event.detail.verb !== 'get') event.detail.headers['X-CSRFToken'] = token.content;
});

const banner = $('#error-banner');
function warn(kind) {
  if (!banner) return;
  $('[data-banner-text]', banner).textContent = banner.dataset[kind];
  banner.hidden = false;
}
on('htmx:responseError', (event) => warn(event.detail.xhr.status >= 500 ? 'server' : 'refused'));
on('htmx:sendError', () => warn('network'));
on('htmx:timeout', () => warn('network'));
on('htmx:afterRequest', (event) => { if (event.detail.successful && banner) banner.hidden = true; });

function focusErrors(root) {
  const box = $('[data-error-summary]', root);
  if (!box) return;
  const { prefix } = box.dataset;
  if (!document.title.startsWith(prefix)) document.title = `${prefix} ${document.title}`;
  box.focus();
}
on('htmx:afterSwap', (event) => { focusErrors(event.detail.target); arm(document); });

// data-confirm on a button: ask once, naming the effect; the button then acts as if pressed.
const ask = $('#confirm-dialog');
let asking = null;
on('click', (event) => {
  const button = event.target.closest('[data-confirm]');
  if (!button || !ask || button.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  asking = button;
  $('[data-confirm-text]', ask).textContent = button.dataset.confirm;
  ask.showModal();
  $('[data-confirm-yes]', ask).focus();
}, true);

on('click', (event) => {
  const target = event.target.closest('button, a');
  if (!target) return;
  const data = target.dataset;
  if ('confirmYes' in data && asking) {
    const button = asking;
    ask.close();
    button.dataset.confirmed = '1';
    button.click();
    delete button.dataset.confirmed;
  } else if (data.dialogOpen) {
    const box = document.getElementById(data.dialogOpen);
    if (box && !box.open) box.showModal();
  } else if ('dialogClose' in data) target.closest('dialog').close();
  else if ('reload' in data) location.reload();
  else if ('bannerClose' in data) banner.hidden = true;
  else if ('print' in data) print();
  else if ('back' in data) { event.preventDefault(); history.back(); }
});
on('click', (event) => {
  document.querySelectorAll('details.menu[open], details.me[open]').forEach((box) => { if (!box.contains(event.target)) box.open = false; });
});
on('keydown', (event) => {
  const open = event.key === 'Escape' && $('details.menu[open], details.me[open]');
  if (open) { open.open = false; $('summary', open).focus(); }
});

on('change', (event) => {
  if (event.target.matches('[data-autosubmit]')) event.target.form.requestSubmit();
});
// One press, one request: the button rests until an answer or 15 s. The server is idempotent all the same.
on('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post' || form.dataset.resubmit !== undefined) return;
  if (form.dataset.busy) { event.preventDefault(); return; }
  form.dataset.busy = '1';
  event.submitter?.classList.add('busy');
  setTimeout(() => { delete form.dataset.busy; event.submitter?.classList.remove('busy'); }, 15000);
});
on('htmx:afterRequest', (event) => { const form = event.target.closest?.('form'); if (form) delete form.dataset.busy; });
addEventListener('pageshow', () => document.querySelectorAll('form[data-busy]').forEach((form) => delete form.dataset.busy));

// Toasts leave after data-toast seconds, but never under the pointer or the focus.
function arm(root) {
  root.querySelectorAll('[data-toast]:not([data-armed])').forEach((toast) => {
    toast.dataset.armed = '1';
    const seconds = Number(toast.dataset.toast);
    if (!seconds) return;
    const leave = () => (toast.matches(':hover, :focus-within') ? setTimeout(leave, 1000) : toast.remove());
    setTimeout(leave, seconds * 1000);
  });
}
arm(document);
focusErrors(document);
