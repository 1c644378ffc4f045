// The live view of the queues: each row's public JSON every 5 s (no session, so that an open screen never keeps one alive), 304 when nothing changed.
const table = document.querySelector('[data-live]');
const list = document.querySelector('[data-counters]');
const badge = document.querySelector('[data-conn-badge]');
const EVERY = 5000;
const tags = new Map();
let offset = 0;
let lastGood = Date.now();

const clock = () => Date.now() + offset;
const hourMinute = (at, seconds) => new Date(at).toLocaleTimeString('vi-VN', { hour: '2-digit', minute: '2-digit', second: seconds ? '2-digit' : undefined, hour12: false, timeZone: 'Asia/Ho_Chi_Minh' });
const minutes = (seconds) => (seconds >= 60 ? table.dataset.minutes.replace('{n}', Math.floor(seconds / 60)) : table.dataset.under);
const write = (root, name, text) => { root.querySelector(`[data-${name}]`).textContent = text; };

function tick() {
  table.querySelectorAll('tbody tr').forEach((row) => {
    const { oldest, target } = row.dataset;
    const waited = oldest ? Math.max(0, (clock() - Date.parse(oldest)) / 1000) : 0;
    write(row, 'longest', oldest ? minutes(waited) : '–');
    const isLate = waited > Number(target);
    row.classList.toggle('late', isLate);
    row.querySelector('[data-over]').hidden = !isLate;
  });
  list?.querySelectorAll('li[data-state=paused]').forEach((item) => {
    if (item.dataset.at) item.querySelector('[data-long]').hidden = clock() - Date.parse(item.dataset.at) <= 20 * 60 * 1000;
  });
}
function showCounter(each) {
  const item = list.querySelector(`li[data-number="${each.number}"]`);
  if (!item) return;
  item.dataset.state = each.state;
  item.dataset.at = each.since || '';
  write(item, 'ticket', each.ticket || '');
  write(item, 'state-words', list.dataset[each.state]);
  write(item, 'since', each.since ? `${list.dataset.from} ${hourMinute(each.since)}` : '');
  item.querySelector('[data-state-tag]').className = `tag ${{ idle: 'ok', calling: 'info', serving: 'info', paused: 'pause' }[each.state] || ''}`;
  if (each.state !== 'paused') item.querySelector('[data-long]').hidden = true;
}
function show(row, state) {
  row.dataset.oldest = state.oldest_wait_from || '';
  write(row, 'waiting', state.waiting);
  write(row, 'open', state.counters.filter((each) => each.state !== 'closed').length);
  write(row, 'average', state.average_wait_s_today === null ? '–' : minutes(state.average_wait_s_today));
  if (list && 'current' in row.dataset) state.counters.forEach(showCounter);
}
async function ask(row) {
  const url = row.dataset.queueUrl;
  const answer = await fetch(url, { headers: tags.has(url) ? { 'If-None-Match': tags.get(url) } : {}, credentials: 'omit', cache: 'no-store' });
  if (answer.status !== 200 && answer.status !== 304) throw new Error(String(answer.status));
  const server = Date.parse(answer.headers.get('Date') || '');
  if (server && Math.abs(server + 500 - clock()) > 1500) offset = server + 500 - Date.now();
  if (answer.status === 200) { tags.set(url, answer.headers.get('ETag')); show(row, await answer.json()); }
}
async function turn() {
  try {
    await Promise.all([...table.querySelectorAll('tbody tr')].map(ask));
    lastGood = Date.now();
    badge.hidden = true;
    table.classList.remove('stale');
    document.querySelector('[data-read-at]').textContent = hourMinute(clock(), true);
  } catch {
    write(badge, 'since', hourMinute(lastGood + offset, true));
    badge.hidden = false;
    table.classList.add('stale');
  }
  tick();
  setTimeout(turn, EVERY);
}
if (table) { setInterval(tick, 1000); turn(); }
