// The kiosk: screens without leaving the page, the slip printed by itself, home after 20 s, and numbers of a block kept for when the network is gone
// (desk/services/blocks.py). localStorage holds numbers, their tokens and times; nothing about a person but the class of priority chosen.
const root = document.querySelector('[data-kiosk]');
const HOME_AFTER = 20000;
const LOW = 5;
const words = root.dataset;
const $ = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const clock = () => Date.now() + Number(document.documentElement.dataset.clockOffset || 0);
const local = (options) => new Intl.DateTimeFormat('vi-VN', { timeZone: 'Asia/Ho_Chi_Minh', hourCycle: 'h23', ...options });
const hourMinute = local({ hour: '2-digit', minute: '2-digit' });
const weekday = local({ weekday: 'long' });
const date = local({ day: '2-digit', month: '2-digit', year: 'numeric' });
const today = () => new Date(clock() + 7 * 3600000).toISOString().slice(0, 10);
const token = $('meta[name="csrf-token"]').content;
const put = (node, text) => { if (node) node.textContent = text ?? ''; };
const unique = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const store = {
  name: (part) => `kiosk:${words.office}:${part}`,
  get(part, fallback) { try { return JSON.parse(localStorage.getItem(this.name(part))) ?? fallback; } catch { return fallback; } },
  set(part, value) { localStorage.setItem(this.name(part), JSON.stringify(value)); },
};
if (!store.get('device')) store.set('device', unique());

// Screens
let idle = 0;
let foreign = document.documentElement.lang !== 'vi';
function show(screen) {
  all('[data-screen]').forEach((section) => { section.hidden = section.dataset.screen !== screen; });
  $('.kiosk-hello h1').classList.toggle('vh', screen === 'done');
  if (screen === 'booked') $('#kiosk-code').value = '';
  if (screen === 'booked') $('#kiosk-code').focus();
  rest();
}
function goHome() {
  const switcher = $('button[name=language][value=vi]');
  if (foreign && switcher && navigator.onLine) { foreign = false; switcher.click(); return; }
  if ($('[data-screen=home]').hidden) show('home');
}
function rest(time = HOME_AFTER) {
  clearTimeout(idle);
  if (!$('[data-screen=home]').hidden && !foreign) return;
  idle = setTimeout(goHome, time);
}
['pointerdown', 'keydown'].forEach((type) => document.addEventListener(type, () => rest()));

// Numbers kept for later
function readBlocks() {
  const kept = store.get('blocks', {});
  return kept.day === today() ? kept.services : {};
}
async function post(url, body) {
  const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token }, body: JSON.stringify(body), signal: AbortSignal.timeout?.(8000) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
async function stockUp() {
  for (const link of all('[data-screen=home] [data-service]')) {
    const code = link.dataset.service;
    if ((readBlocks()[code]?.tickets.length || 0) >= LOW) continue;
    const block = await post(words.blocks, { service: code, device: store.get('device') });
    const used = new Set(store.get('queue', []).filter((each) => each.block === block.id).map((each) => each.serial));
    block.tickets = block.tickets.filter((each) => !used.has(each.serial));
    store.set('blocks', { day: today(), services: { ...readBlocks(), [code]: block } });
  }
  root.dataset.stocked = String(Object.keys(readBlocks()).length);
}
async function sendKept() {
  const kept = store.get('queue', []);
  if (!kept.length) return;
  const { results } = await post(words.offline, { tickets: kept });
  const settled = new Set(results.map((each) => `${each.block}:${each.serial}`));
  store.set('queue', store.get('queue', []).filter((each) => !settled.has(`${each.block}:${each.serial}`)));
}
let tending = false;
async function tend() {
  if (tending) return;
  tending = true;
  // Offline, or signed out: the next round tries again.
  try { await sendKept(); await stockUp(); } catch { /* kept as it is */ }
  root.dataset.kept = String(store.get('queue', []).length);
  tending = false;
}
function takeKept(service, priority) {
  const services = readBlocks();
  const block = services[service];
  const ticket = block?.tickets.shift();
  if (!ticket) return null;
  const at = clock();
  store.set('blocks', { day: today(), services });
  store.set('queue', [...store.get('queue', []), { block: block.id, serial: ticket.serial, priority, taken_at: new Date(at).toISOString() }]);
  root.dataset.kept = String(store.get('queue', []).length);
  const name = weekday.format(at);
  const taken = `Lấy số ${hourMinute.format(at)}, ${name.charAt(0).toUpperCase() + name.slice(1)} ${date.format(at)}`;
  return { number: ticket.number, service: block.name, issuing_org: block.office, detail: '', ahead: null, wait: '', taken, prepare: block.prepare, qr: ticket.qr };
}

// Taking a number
function give(slip, note) {
  for (const name of ['number', 'service', 'wait']) put($(`[data-done=${name}]`), slip[name]);
  put($('[data-done=ahead]'), slip.ahead === null ? '' : slip.ahead ? words.ahead.replace('{n}', slip.ahead) : words.next);
  const noteBox = $('[data-done=note]');
  noteBox.dataset.usual ??= noteBox.textContent;
  put(noteBox, note || noteBox.dataset.usual);
  $('[data-screen=done] svg.qr').setAttribute('viewBox', `0 0 ${slip.qr.size} ${slip.qr.size}`);
  $('[data-done-qr]').setAttribute('d', slip.qr.path);
  $('[data-no-paper-note]').hidden = true;
  const paper = $('[data-slip-paper]');
  for (const name of ['issuing_org', 'number', 'service', 'detail', 'wait', 'counters', 'taken', 'prepare']) put($(`[data-slip=${name}]`, paper), slip[name]);
  put($('[data-slip=ahead_words]', paper), slip.ahead === null ? 'Lấy số khi mạng gián đoạn' : slip.ahead ? `Trước ông/bà còn ${slip.ahead} lượt` : 'Ông/bà là lượt kế tiếp');
  $('.code svg', paper).setAttribute('viewBox', `0 0 ${slip.qr.size} ${slip.qr.size}`);
  $('[data-slip-qr]', paper).setAttribute('d', slip.qr.path);
  show('done');
  $('#kiosk-number').focus();
  // Silent with --kiosk-printing; after the paint, so that the number is seen even while a dialog waits.
  requestAnimationFrame(() => setTimeout(() => print(), 50));
}
function refuse(text) {
  put($('[data-refused]'), text);
  show('refused');
}
let busy = false;
async function take(values) {
  if (busy) return;
  busy = true;
  try {
    const answer = await fetch(words.action, {
      method: 'POST', body: new URLSearchParams(values), signal: AbortSignal.timeout?.(5000),
      headers: { 'X-CSRFToken': token, 'X-Requested-With': 'fetch', 'Idempotency-Key': unique() },
    });
    if (answer.status >= 500) throw new Error(String(answer.status));
    if (answer.redirected || answer.status === 403) location.reload();
    else if (answer.ok) give(await answer.json());
    else refuse((await answer.json()).detail || words.failed);
  } catch {
    const slip = values.service ? takeKept(values.service, values.priority) : null;
    if (slip) give(slip, words.cut);
    else refuse(values.service ? words.noneLeft : words.failed);
  } finally {
    busy = false;
  }
}

// Fingers and scanner
document.addEventListener('click', (event) => {
  const target = event.target.closest('[data-service], [data-open], [data-digit], [data-no-paper], [data-guide-play]');
  if (!target || !root.contains(target)) return;
  const { service, open, digit } = target.dataset;
  if (service !== undefined || open !== undefined) event.preventDefault();
  if (service !== undefined) {
    $('[data-screen=choose] [name=service]').value = service;
    put($('[data-chosen-prefix]'), target.dataset.prefix);
    put($('[data-chosen-name]'), target.dataset.name);
    put($('[data-chosen-range]'), $('[data-range]', target).textContent);
    show('choose');
  } else if (open !== undefined) { if (open === 'home') goHome(); else show(open); }
  else if (digit !== undefined) { const box = $('#kiosk-code'); box.value = digit ? box.value + digit : box.value.slice(0, -1); }
  else if ('noPaper' in target.dataset) { $('[data-no-paper-note]').hidden = false; rest(60000); }
  else $('[data-guide]').play().catch(() => {});
});
document.addEventListener('submit', (event) => {
  if (!event.target.matches('[data-take]')) return;
  event.preventDefault();
  const values = Object.fromEntries(new FormData(event.target, event.submitter));
  delete values.csrfmiddlewaretoken;
  if (event.target.checkValidity()) take(values);
});
let typed = '';
document.addEventListener('keydown', (event) => {
  if (event.target.matches('input')) return;
  if (/^[0-9]$/.test(event.key)) typed = (typed + event.key).slice(-24);
  else if (event.key === 'Enter' && typed.length === 24) { event.preventDefault(); take({ code: typed }); typed = ''; }
  else if (event.key.length === 1) typed = '';
});

// The live queue
function range({ low_s: low, high_s: high }) {
  if (low === null || high === null) return words.none;
  const from = Math.max(1, Math.floor(low / 60));
  const to = Math.max(from, Math.ceil(high / 60));
  return words.about.replace('{range}', from === to ? from : `${from}–${to}`);
}
document.addEventListener('mc:queue', ({ detail: { state } }) => {
  for (const service of state.services) put($(`[data-service="${CSS.escape(service.code)}"] [data-range]`), range(service));
});
document.addEventListener('mc:stale', () => { $('[data-stale]').hidden = false; });
document.addEventListener('mc:fresh', () => { $('[data-stale]').hidden = true; tend(); });
const tick = () => put($('[data-clock]'), hourMinute.format(clock()));
$('[data-guide-play]').hidden = false;
$('[data-pad]').hidden = false;
tick();
setInterval(tick, 1000);
tend();
setInterval(tend, 10000);
rest();
