// The hall's board: fills the slots that the server drew (templates/desk/board*.html) from each whole state of poll.js.
const root = document.querySelector('[data-board]');
const words = root.dataset;
const $ = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const put = (node, text) => { if (node && node.textContent !== String(text)) node.textContent = text; };
const clock = () => Date.now() + Number(document.documentElement.dataset.clockOffset || 0);
const local = (options) => new Intl.DateTimeFormat('vi-VN', { timeZone: 'Asia/Ho_Chi_Minh', hourCycle: 'h23', ...options });
const hourMinute = local({ hour: '2-digit', minute: '2-digit' });
const full = local({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayMonthYear = local({ day: '2-digit', month: '2-digit', year: 'numeric' });
const weekday = local({ weekday: 'long' });
const title = (text) => text.charAt(0).toUpperCase() + text.slice(1).replace(/ (\p{L})/u, (found) => found.toUpperCase());
const drawnOn = $('[data-day]').textContent.trim().slice(-10);
let state = null;
let shown = $('[data-call] .no')?.textContent.trim() ? $('[data-call]').dataset.key : '';

const keyOf = (call) => `${call.number}|${call.counter}|${call.called_at}|${call.calls}`;
function ago(at) {
  const minutes = Math.floor((clock() - Date.parse(at)) / 60000);
  return minutes < 1 ? words.justNow : words.ago.replace('{n}', minutes);
}
export function range(low, high, { about, none }) {
  if (low === null || high === null) return none;
  const from = Math.max(1, Math.floor(low / 60));
  const to = Math.max(from, Math.ceil(high / 60));
  return about.replace('{range}', from === to ? from : `${from}–${to}`);
}
function drawCalls() {
  const calls = state.calls.slice(0, 5);
  const called = new Set(state.serving.filter((each) => each.state === 'called').map((each) => each.number));
  all('[data-call]').forEach((row, index) => {
    const call = calls[index];
    row.classList.toggle('empty', !call);
    put($('.no', row), call ? call.number : index === 0 ? words.nobody : '');
    put($('.q b', row), call ? call.counter : '');
    if (index > 0) put($('.ago', row), call ? ago(call.called_at) : '');
    else put($('[data-call-label]', row), call && called.has(call.number) ? words.calling : words.called);
  });
  const key = calls.length ? keyOf(calls[0]) : '';
  if (key !== shown) {
    const row = $('[data-call]');
    if (key) { row.replaceWith(row.cloneNode(true)); put($('[data-call-said]'), words.say.replace('{number}', calls[0].number).replace('{counter}', calls[0].counter)); }
    shown = key;
  }
}
function drawWaits() {
  const rows = all('[data-service]');
  const services = state.services.slice(0, rows.length);
  if (services.length !== Math.min(state.services.length, rows.length) || rows.some((row, index) => row.dataset.service !== services[index]?.code)) { location.reload(); return; }
  rows.forEach((row, index) => {
    put($('.c', row), words.count.replace('{n}', services[index].waiting));
    put($('.t', row), range(services[index].low_s, services[index].high_s, words));
  });
  put($('[data-priority] .c'), words.count.replace('{n}', state.waiting_priority));
  put($('[data-priority] .t'), state.waiting_priority ? words.next : '');
  put($('[data-waiting]'), state.waiting);
  put($('[data-average]'), state.average_wait_s_today === null ? '–' : Math.round(state.average_wait_s_today / 60));
}
function tick() {
  const now = clock();
  put($('[data-clock]'), hourMinute.format(now));
  put($('[data-day]'), `${title(weekday.format(now))}, ${dayMonthYear.format(now)}`);
  if (state) drawCalls();
  // A new day has other hours, perhaps other services; one minute of patience, for the server's picture may be seconds old.
  const isNewDay = state && dayMonthYear.format(now) !== drawnOn && hourMinute.format(now) !== '00:00';
  if (isNewDay && !document.body.classList.contains('is-cut')) location.reload();
}
document.addEventListener('mc:queue', (event) => { state = event.detail.state; drawCalls(); drawWaits(); });
document.addEventListener('mc:stale', (event) => {
  document.body.classList.add('is-cut');
  put($('[data-stale-text]'), words.staleWords.replace('{time}', full.format(event.detail.since)));
  $('[data-stale]').hidden = false;
});
document.addEventListener('mc:fresh', () => { document.body.classList.remove('is-cut'); $('[data-stale]').hidden = true; });
tick();
setInterval(tick, 1000);
