// A visitor's number: asks every 15 s whether anything changed (ETag), swaps #ticket, keeps the title, rings when two are left. Works without; the page then reloads by itself.
const EVERY = 15000;
const address = location.pathname;
const ringBox = document.querySelector('[data-ring-box]');
const ring = document.querySelector('[data-ring]');
let etag = document.getElementById('ticket').dataset.etag;
let timer = 0;
let lastGood = performance.now();
let rings = false;
let told = '';
let sound = null;
const turn = () => document.getElementById('ticket');
const announceOf = (node) => (node.dataset.state === 'called' ? 'called' : node.dataset.soon ? 'soon' : '');

function beep() {
  navigator.vibrate?.([300, 150, 300]);
  if (!sound) return;
  [0, 0.35].forEach((delay, index) => {
    const note = sound.createOscillator();
    const volume = sound.createGain();
    note.frequency.value = index ? 622 : 784;
    volume.gain.setValueAtTime(0.3, sound.currentTime + delay);
    volume.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + delay + 0.5);
    note.connect(volume).connect(sound.destination);
    note.start(sound.currentTime + delay);
    note.stop(sound.currentTime + delay + 0.5);
  });
}
function settle() {
  const now = announceOf(turn());
  if (rings && now && now !== told) { beep(); document.documentElement.dataset.rang = now; }
  told = now;
  if (ringBox) ringBox.hidden = turn().dataset.over === '1';
}
async function ask() {
  clearTimeout(timer);
  try {
    const answer = await fetch(address, { headers: { 'If-None-Match': etag }, cache: 'no-store', signal: AbortSignal.timeout?.(8000) });
    if (answer.status !== 200 && answer.status !== 304) throw new Error(String(answer.status));
    lastGood = performance.now();
    etag = answer.headers.get('ETag') || etag;
    if (answer.status === 200) {
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      // Nothing moves under a finger: while the question of a button is open, the page stays.
      if (!document.querySelector('dialog[open]')) { turn().replaceWith(document.adoptNode(page.getElementById('ticket'))); document.title = page.title; }
      settle();
    }
  } catch { /* the age of what is shown tells it */ }
  clearTimeout(timer);
  if (turn().dataset.over !== '1') timer = setTimeout(ask, EVERY);
}
setInterval(() => {
  const old = turn().querySelector('[data-old]');
  const age = Math.round((performance.now() - lastGood) / 1000);
  old.hidden = age < EVERY / 1000 + 10;
  if (!old.hidden) old.querySelector('[data-old-text]').textContent = old.dataset.text.replace('{n}', age);
}, 1000);
ring?.addEventListener('click', () => {
  rings = true;
  sound = sound || (window.AudioContext ? new AudioContext() : null);
  beep();
  ring.setAttribute('aria-pressed', 'true');
  ring.querySelector('span').textContent = ring.dataset.on;
});
document.addEventListener('visibilitychange', () => { if (!document.hidden && turn().dataset.over !== '1' && performance.now() - lastGood > EVERY) ask(); });
settle();
if (turn().dataset.over !== '1') timer = setTimeout(ask, EVERY);
