// Follows one office's queue: asks for its whole state every data-poll-every seconds, with If-None-Match, and tells the page by events on document:
// mc:queue {state} when it changed, mc:stale {since} after 5 s without a good answer, mc:fresh when answers come again. Never a delta: one answer heals everything.
// The server's clock (Date header) goes to <html data-clock-offset> in ms, because PCs of halls show any time. Used by <… data-poll="/api/v1/offices/X/queue/">.
const root = document.querySelector('[data-poll]');
const STALE_AFTER = 5000;
const BACK_OFF = [1000, 2000, 5000, 10000];

function follow({ url, every, withSession }) {
  let etag = '';
  let failures = 0;
  let lastGood = performance.now();
  let stale = false;
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const clock = () => Date.now() + Number(document.documentElement.dataset.clockOffset || 0);

  function setClock(header) {
    const server = Date.parse(header || '');
    // The header counts whole seconds, so only a real difference moves the clock.
    if (server && Math.abs(server + 500 - clock()) > 1500) document.documentElement.dataset.clockOffset = String(server + 500 - Date.now());
  }
  async function ask() {
    const answer = await fetch(url, {
      headers: etag ? { 'If-None-Match': etag } : {},
      credentials: withSession ? 'same-origin' : 'omit',
      cache: 'no-store',
      signal: AbortSignal.timeout ? AbortSignal.timeout(4000) : undefined,
    });
    if (answer.status !== 200 && answer.status !== 304) throw new Error(String(answer.status));
    setClock(answer.headers.get('Date'));
    const state = answer.status === 200 ? await answer.json() : null;
    etag = answer.headers.get('ETag') || etag;
    return state;
  }
  async function turn() {
    const begun = performance.now();
    let wait = every;
    try {
      const state = await ask();
      lastGood = performance.now();
      failures = 0;
      wait = Math.max(100, every - (lastGood - begun));
      if (stale) { stale = false; tell('mc:fresh', {}); }
      if (state) tell('mc:queue', { state });
    } catch {
      wait = Math.max(every, BACK_OFF[Math.min(failures, BACK_OFF.length - 1)]);
      failures += 1;
    }
    setTimeout(turn, wait);
  }
  setInterval(() => {
    const silent = performance.now() - lastGood;
    if (silent > STALE_AFTER && !stale) { stale = true; tell('mc:stale', { since: clock() - silent }); }
  }, 250);
  turn();
}
if (root) follow({ url: root.dataset.poll, every: 1000 * Number(root.dataset.pollEvery || 1), withSession: root.dataset.pollSession !== undefined });
