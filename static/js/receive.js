// The intake page: cards and numbers into zone 1, F7, opening papers, and a network that goes and comes. The server judges; nothing here decides.
const words = document.getElementById('words').dataset;
const $ = (selector, root = document) => root.querySelector(selector);
const field = (name) => $(`#id_${name}`);
const say = (template, value) => template.replace('%s', value);

// Zone 1.
function note(text) {
  const box = $('#scan-note');
  if (!box) return;
  box.hidden = !text;
  box.textContent = text;
}
function setKind(kind) {
  const radio = $(`[name=kind][value=${kind}]`);
  if (radio) radio.checked = true;
}
function fillEmpty(name, value) {
  const box = field(name);
  if (box && value && !box.value) box.value = value;
}
function setNumber(number) {
  const box = field('identity_number');
  box.value = number;
  $('[name=nguoi]').value = '';
  box.dispatchEvent(new Event('input', { bubbles: true }));
  box.dispatchEvent(new Event('change', { bubbles: true }));
}
document.addEventListener('mc:scan', (event) => {
  const scan = event.detail;
  if (scan.kind === 'unreadable' || scan.kind === 'token') {
    event.preventDefault();
    note(scan.kind === 'token' ? words.token : say(words.badScan, scan.raw.slice(0, 24)));
    return;
  }
  note('');
  setKind(scan.kind === 'tax' ? 'organisation' : 'citizen');
  if (scan.kind !== 'card') return;
  event.preventDefault();
  fillEmpty('birth_on', scan.born);
  setNumber(scan.value);
  // A scanner that types garbles letters: name and address are shown, not taken.
  const unsure = scan.unsure.filter((part) => /[^\d\s]/.test(part)).join(' · ');
  if (unsure) note(say(words.onCard, unsure));
});
document.addEventListener('mc:card', ({ detail }) => {
  setKind('citizen');
  fillEmpty('name', detail.name);
  fillEmpty('birth_on', detail.birth);
  fillEmpty('address', detail.address);
  fillEmpty('gender', { Nam: 'male', Nữ: 'female' }[(detail.gender || '').normalize('NFC')]);
  setNumber(detail.number);
});
document.addEventListener('change', (event) => {
  if (event.target.id !== 'id_identity_number') return;
  const digits = event.target.value.replace(/[\s.-]/g, '');
  if (/^(\d{10}|\d{13})$/.test(digits)) setKind('organisation');
  else if (/^\d{12}$/.test(digits)) setKind('citizen');
}, true);

// Zone 2: papers already held, and the numbers that open a paper.
const switches = () => [...document.querySelectorAll('[data-reuse]')];
function nameReuse() {
  const all = switches();
  const text = $('[data-reuse-words]');
  if (text) text.textContent = say(all.every((box) => box.checked) ? words.undoAll : words.useAll, String(all.length));
}
document.addEventListener('click', (event) => {
  if (event.target.closest('[data-reuse-all]')) {
    const all = switches();
    const use = !all.every((box) => box.checked);
    all.forEach((box) => { box.checked = use; });
    all[0]?.dispatchEvent(new Event('change', { bubbles: true }));
    if (!use) $('.again select', all[0].closest('[data-paper]'))?.focus();
  }
  const opener = event.target.closest('[data-paper-open]');
  if (opener) {
    document.querySelectorAll('[data-paper][aria-current]').forEach((row) => row.removeAttribute('aria-current'));
    opener.closest('[data-paper]').setAttribute('aria-current', 'true');
    opener.focus();
    opener.scrollIntoView({ block: 'nearest' });
  }
});
document.addEventListener('change', (event) => { if (event.target.matches('[data-reuse]')) nameReuse(); });

// Answers arrive while the clerk types on: what was typed after the question was asked stays.
const asked = new WeakMap();
const typed = new Map();
document.addEventListener('input', ({ target }) => {
  if (!target.name || target.form?.id !== 'receive' || target.type === 'file') return;
  const isTick = target.type === 'checkbox' || target.type === 'radio';
  typed.set(`${target.name}=${isTick ? target.value : ''}`, { name: target.name, value: target.value, tick: isTick ? target.checked : null, at: performance.now() });
});
// A scanner's burst was no typing: its box has its old text back, once all who listen to the scan are done.
document.addEventListener('mc:scan', () => queueMicrotask(() => typed.forEach((entry, key) => {
  if (entry.tick !== null) return;
  entry.value = document.getElementsByName(entry.name)[0]?.value;
  if (!entry.value) typed.delete(key);
})));
document.addEventListener('htmx:beforeSend', (event) => asked.set(event.detail.xhr, performance.now()));
document.addEventListener('htmx:afterSwap', (event) => {
  const since = asked.get(event.detail.xhr) ?? Infinity;
  for (const { name, value, tick, at } of typed.values()) {
    if (at <= since) continue;
    for (const box of document.getElementsByName(name)) {
      if (tick === null) box.value = value;
      else if (box.value === value) box.checked = tick;
    }
  }
  nameReuse();
});

// The first thing that blocks gets the focus, opened if it lies in a fold; the summary, an alert, says them all.
function goTo(id) {
  const target = document.getElementById(id);
  if (!target) return;
  const fold = target.closest('details');
  if (fold) fold.open = true;
  target.focus();
}
document.addEventListener('htmx:afterSettle', () => {
  const first = $('#take [data-error-summary]:not([data-led]) a');
  if (!first) return;
  first.closest('[data-error-summary]').dataset.led = '';
  goTo(first.hash.slice(1));
});
document.addEventListener('click', (event) => {
  const link = event.target.closest('#checks a, [data-error-summary] a');
  if (link) { event.preventDefault(); goTo(link.hash.slice(1)); }
});

// A look-up that the network swallowed is asked again by itself; F9 never is.
const lost = new Map();
const isSignIn = (xhr) => new URL(xhr.responseURL || location.href, location.href).pathname.startsWith('/dang-nhap');
function lose(event) {
  const { elt } = event.detail;
  if (elt.id && elt.dataset.retryTrigger) lost.set(elt.id, elt.dataset.retryTrigger);
}
function askAgain() {
  if (!lost.size || !navigator.onLine) return;
  const again = [...lost];
  lost.clear();
  for (const [id, name] of again) {
    const element = document.getElementById(id);
    const from = name === 'mc:person' ? document.body : element;
    if (element) window.htmx.trigger(from, name);
  }
}
document.addEventListener('htmx:sendError', lose);
document.addEventListener('htmx:timeout', lose);
addEventListener('online', askAgain);
setInterval(askAgain, 3000);
document.addEventListener('htmx:beforeSwap', (event) => {
  if (!isSignIn(event.detail.xhr)) return;
  event.detail.shouldSwap = false;
  document.dispatchEvent(new CustomEvent('mc:toast', { detail: words.signedOut }));
});
nameReuse();
