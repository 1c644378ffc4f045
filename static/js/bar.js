// The ticket bar (templates/desk/bar.html). poll.js follows the queue's JSON; here the clocks run on the server's time, the numbers follow, and the
// bar is asked for anew only when this counter's state in the JSON is another than the one shown (second tab, take-over). F2 acts once a press.
const host = document.getElementById('ticket-host');
const root = document.documentElement;
const bar = () => document.getElementById('ticket-bar');
const part = (name) => bar()?.querySelector(`[data-${name}]`);
let oldest = null;

const clock = () => Date.now() + Number(root.dataset.clockOffset || 0);
function two(number) { return String(number).padStart(2, '0'); }
function clockWords(seconds) {
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(Math.floor(seconds % 60))}`;
  return hours ? `${hours}:${rest}` : rest;
}
function minutes(seconds) {
  const { minutes: many, under } = bar().dataset;
  return seconds >= 60 ? many.replace('{n}', Math.floor(seconds / 60)) : under;
}
function write(name, text) { const place = part(name); if (place && place.textContent !== text) place.textContent = text; }
function tick() {
  const box = bar();
  if (!box) return;
  const timer = part('timer');
  if (timer) {
    const seconds = Math.max(0, (clock() - Date.parse(timer.dataset.timer)) / 1000) + Number(box.dataset.base);
    write('timer', clockWords(seconds));
    if (box.dataset.state === 'serving') {
      const share = seconds / Number(box.dataset.target);
      box.classList.toggle('late', share >= 1);
      box.classList.toggle('warn', share >= 0.8 && share < 1);
      part('progress').setAttribute('width', Math.min(100, 100 * share).toFixed(1));
    }
  }
  const absent = part('absent-at');
  if (absent?.dataset.absentAt && clock() >= Date.parse(absent.dataset.absentAt)) absent.hidden = false;
  if (oldest) write('longest', minutes((clock() - oldest) / 1000));
}
function setFirstClock() {
  if (root.dataset.clockOffset === undefined && bar()) root.dataset.clockOffset = String(Date.parse(bar().dataset.now) - Date.now());
}
// hx-sync="this:abort" on the host: a key that is pressed meanwhile wins over this question.
function refetch() {
  if (bar() && !bar().querySelector('dialog[open]')) htmx.ajax('GET', bar().dataset.bar, { source: host, target: '#ticket-bar', swap: 'outerHTML' });
}
function follow(state) {
  const box = bar();
  if (!box) return;
  oldest = state.oldest_wait_from ? Date.parse(state.oldest_wait_from) : null;
  write('waiting', box.dataset.count.replace('{n}', state.waiting));
  part('longest-part').hidden = !oldest;
  tick();
  const mine = state.counters.find((each) => String(each.number) === box.dataset.counter);
  const number = /\d/.test(box.dataset.number) ? box.dataset.number : '';
  // `since` tells a take-over: the same state, begun by somebody else.
  if (mine && (mine.state !== box.dataset.state || (mine.ticket || '') !== number || mine.since !== box.dataset.since)) refetch();
}

if (host && bar()) {
  setFirstClock();
  setInterval(tick, 1000);
  tick();
  document.addEventListener('mc:queue', (event) => follow(event.detail.state));
  document.addEventListener('mc:bar', refetch);
  document.addEventListener('mc:stale', (event) => {
    const badge = part('conn-badge');
    if (!badge) return;
    badge.querySelector('[data-since]').textContent = new Date(event.detail.since).toLocaleTimeString('vi-VN', { hour12: false, timeZone: 'Asia/Ho_Chi_Minh' });
    badge.hidden = false;
    part('queue').classList.add('stale');
  });
  document.addEventListener('mc:fresh', () => { part('conn-badge').hidden = true; part('queue').classList.remove('stale'); refetch(); });
}
// A key that is held down or pressed twice is one press: the next state of the bar has another meaning.
document.addEventListener('keydown', (event) => {
  if (event.key !== 'F2' || !bar()) return;
  // When it was pressed, not when a busy page came to hear of it.
  const now = performance.timeOrigin + event.timeStamp;
  const last = Number(sessionStorage.getItem('mc.f2') || 0);
  if (event.repeat || Math.abs(now - last) < 350) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  sessionStorage.setItem('mc.f2', String(now));
}, true);
let hadFocus = false;
document.addEventListener('htmx:beforeSwap', (event) => {
  if (event.detail.target?.id !== 'ticket-bar') return;
  hadFocus = bar().contains(document.activeElement);
  // Refusals come with the words and the true state: they are shown in the bar, not in the banner.
  if ([400, 403, 404, 409, 422].includes(event.detail.xhr.status)) { event.detail.shouldSwap = true; event.detail.isError = false; }
});
document.addEventListener('htmx:afterSwap', () => {
  tick();
  if (hadFocus) bar()?.querySelector('[data-key=F2]')?.focus();
  hadFocus = false;
  greet();
});

// Two tabs on one turn: the older tab answers, the newer one says so and may take the turn over.
const channel = 'BroadcastChannel' in window && host ? new BroadcastChannel('mc.turn') : null;
const turn = new URLSearchParams(location.search).get('so');
const me = crypto.getRandomValues(new Uint32Array(1))[0];
let word = '';
function greet() {
  const box = part('tabs');
  if (!box) return;
  box.hidden = !word;
  if (word) write('tabs-words', bar().dataset[word].replace('{n}', bar().dataset.number));
  part('tabs-take').hidden = word !== 'other';
}
if (channel && turn) {
  channel.onmessage = ({ data }) => {
    if (data.turn !== turn || data.from === me) return;
    if (data.kind === 'opened' && word !== 'moved') channel.postMessage({ kind: 'here', turn, from: me });
    else if (data.kind === 'here' && !word) { word = 'other'; greet(); }
    else if (data.kind === 'take') { word = 'moved'; greet(); }
  };
  channel.postMessage({ kind: 'opened', turn, from: me });
  document.addEventListener('click', (event) => {
    if (!event.target.closest('[data-tabs-take]')) return;
    word = '';
    greet();
    channel.postMessage({ kind: 'take', turn, from: me });
  });
}
