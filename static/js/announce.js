// The Vietnamese call from recorded clips: chime, then the phrase twice with 0.8 s between; calls wait for each other and never overlap.
// Same table as desk/voice.py. On <… data-announce="/giong-noi/CLIP.mp3" data-announce-priority="U" data-announce-muted="11:30-13:30">.
// Browsers refuse sound until somebody presses something (or start with --autoplay-policy=no-user-gesture-required): then [data-sound] shows itself.
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const GAP = 0.04;
const PAUSE = 0.8;
// Older calls are not spoken: after a cut nobody wants ten stale ones in a row.
const FRESH = 60000;
const FRESH_AT_START = 3000;

export function counterClips(counter) {
  const tens = Math.floor(counter / 10);
  const ones = counter % 10;
  if (counter < 10 || counter > 99) return [...String(counter)].map((digit) => `so-${digit}`);
  const first = tens === 1 ? ['muoi'] : [`so-${tens}`, 'muoi-hang'];
  if (ones === 0) return first;
  if (ones === 1 && tens > 1) return [...first, 'mot-cuoi'];
  return [...first, ones === 5 ? 'lam' : `so-${ones}`];
}
export function ticketClips(number) {
  return [...number.toLowerCase()].flatMap((sign) => {
    if (/[0-9]/.test(sign)) return [`so-${sign}`];
    if (sign === 'đ') return ['chu-dd'];
    return LETTERS.includes(sign) ? [`chu-${sign}`] : [];
  });
}
export function callClips(number, counter, priorityPrefix = '') {
  const priority = priorityPrefix && number.startsWith(priorityPrefix) ? ['uu-tien'] : [];
  return ['moi-so', ...priority, ...ticketClips(number), 'den-quay-so', ...counterClips(counter)];
}
export function isMuted(periods, time) {
  return periods.split(',').map((period) => period.trim().split('-')).some(([from, to]) => from && to && (from <= to ? from <= time && time < to : time >= from || time < to));
}
const EVERY_CLIP = ['chuong', 'moi-so', 'den-quay-so', ...'0123456789'].map((name) => (name.length === 1 ? `so-${name}` : name));

function announcer(root) {
  const context = new AudioContext();
  const buffers = new Map();
  const waiting = [];
  const seen = new Set();
  const notice = document.querySelector('[data-sound]');
  let started = false;
  let speaking = false;
  const clock = () => Date.now() + Number(document.documentElement.dataset.clockOffset || 0);
  const wallTime = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Ho_Chi_Minh', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

  function load(name) {
    if (!buffers.has(name)) {
      const loaded = fetch(root.dataset.announce.replace('CLIP', name), { credentials: 'omit' })
        .then((answer) => { if (!answer.ok) throw new Error(name); return answer.arrayBuffer(); })
        .then((bytes) => context.decodeAudioData(bytes));
      loaded.catch(() => buffers.delete(name));
      buffers.set(name, loaded);
    }
    return buffers.get(name);
  }
  async function speak({ number, counter }) {
    const phrase = callClips(number, counter, root.dataset.announcePriority);
    const names = ['chuong', ...phrase, '', ...phrase];
    const clips = await Promise.all(names.map((name) => (name ? load(name) : null)));
    let at = context.currentTime + 0.05;
    let last = null;
    const begin = performance.now();
    for (const clip of clips) {
      if (!clip) { at += PAUSE; continue; }
      last = context.createBufferSource();
      last.buffer = clip;
      last.connect(context.destination);
      last.start(at);
      at += clip.duration + GAP;
    }
    await new Promise((done) => { last.onended = done; });
    document.dispatchEvent(new CustomEvent('mc:spoken', { detail: { number, counter, begin, end: performance.now() } }));
  }
  async function drain() {
    if (speaking) return;
    speaking = true;
    while (waiting.length) {
      const call = waiting.shift();
      // A clip that will not come must not silence the calls after it.
      if (context.state === 'running') await speak(call).catch(() => {});
    }
    speaking = false;
  }
  function show() { if (notice) notice.hidden = context.state === 'running'; }
  context.addEventListener('statechange', show);
  notice?.querySelector('button')?.addEventListener('click', () => context.resume());
  context.resume().catch(() => {});
  show();
  EVERY_CLIP.forEach((name) => load(name).catch(() => {}));
  document.addEventListener('mc:queue', ({ detail: { state } }) => {
    const fresh = started ? FRESH : FRESH_AT_START;
    started = true;
    for (const call of [...state.calls].reverse()) {
      const key = `${call.number}|${call.counter}|${call.called_at}|${call.calls}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (clock() - Date.parse(call.called_at) < fresh && !isMuted(root.dataset.announceMuted || '', wallTime.format(clock()))) waiting.push(call);
    }
    while (seen.size > 60) seen.delete(seen.values().next().value);
    drain();
  });
}
const root = document.querySelector('[data-announce]');
if (root) announcer(root);
