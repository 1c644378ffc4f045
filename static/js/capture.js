// What the counter's devices bring besides the scanner that types: a card read by the camera, a folder into which the scanner's own software
// writes, and the photos of a phone. Each is shown only where the browser can do it.
const words = document.getElementById('words').dataset;
const toast = (text) => document.dispatchEvent(new CustomEvent('mc:toast', { detail: text }));

// The camera: a whole card is read exactly, so its name and address may be taken.
const dialog = document.getElementById('camera');
const view = document.getElementById('camera-view');
const canRead = 'BarcodeDetector' in window && navigator.mediaDevices?.getUserMedia;
const showCamera = () => { if (canRead) document.querySelectorAll('[data-camera-open]').forEach((button) => { button.hidden = false; }); };
let stream = null;

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  view.srcObject = null;
}
async function read(detector) {
  if (!stream) return;
  const found = await detector.detect(view).catch(() => []);
  const card = found.map((each) => each.rawValue).find((text) => /(^|\|)\d{12}(\||$)/.test(text));
  if (!card) { setTimeout(() => read(detector), 150); return; }
  dialog.close();
  const [number, , name, born, gender, address] = card.split('|');
  const birth = /^\d{8}$/.test(born || '') ? `${born.slice(0, 2)}/${born.slice(2, 4)}/${born.slice(4)}` : '';
  document.dispatchEvent(new CustomEvent('mc:card', { detail: { number, name, birth, gender, address } }));
}
async function open() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1920 } } });
  } catch {
    toast(words.cameraDenied);
    return;
  }
  view.srcObject = stream;
  dialog.showModal();
  await view.play();
  read(new window.BarcodeDetector({ formats: ['qr_code'] }));
}
dialog.addEventListener('close', stop);
document.addEventListener('click', (event) => { if (event.target.closest('[data-camera-open]')) open(); });

// The watched folder. Its handle lives in IndexedDB for the session, because every dossier is a page of its own; what was there before is left alone.
const canWatch = 'showDirectoryPicker' in window;
const seen = new Map();
let folder = null;
let timer = 0;

function store(act) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open('mc-desk', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore('kept');
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      const request = act(asked.result.transaction('kept', 'readwrite').objectStore('kept'));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    };
  });
}
const label = (text) => document.querySelectorAll('[data-folder-words]').forEach((element) => { element.textContent = text; });
async function look() {
  const fresh = [];
  const since = Number(sessionStorage.getItem('mc.folderSince'));
  try {
    for await (const entry of folder.values()) {
      if (entry.kind !== 'file' || !/\.(pdf|jpe?g|png|tiff?|heic|heif)$/i.test(entry.name)) continue;
      const file = await entry.getFile();
      const mark = `${file.size}:${file.lastModified}`;
      if (file.lastModified <= since || seen.get(entry.name) === `taken ${mark}`) continue;
      // Taken when two looks agree: a scanner writes for a while.
      if (seen.get(entry.name) === mark && file.size) { seen.set(entry.name, `taken ${mark}`); fresh.push(file); } else seen.set(entry.name, mark);
    }
  } catch {
    folder = null;
    toast(words.folderLost);
    return;
  }
  if (fresh.length) {
    fresh.sort((a, b) => a.lastModified - b.lastModified);
    sessionStorage.setItem('mc.folderSince', String(fresh[fresh.length - 1].lastModified));
    document.dispatchEvent(new CustomEvent('mc:files', { detail: fresh }));
  }
  timer = setTimeout(look, 1000);
}
function watch(handle) {
  folder = handle;
  if (!sessionStorage.getItem('mc.folderSince')) sessionStorage.setItem('mc.folderSince', String(Date.now()));
  clearTimeout(timer);
  label(words.folder.replace('%s', handle.name));
  look();
}
async function pick() {
  try {
    const kept = sessionStorage.getItem('mc.folderSince') && !folder ? await store((box) => box.get('folder')) : null;
    if (kept && await kept.requestPermission({ mode: 'read' }) === 'granted') { watch(kept); return; }
    const handle = await window.showDirectoryPicker({ id: 'mc-scan', mode: 'read' });
    await store((box) => box.put(handle, 'folder'));
    watch(handle);
  } catch { /* closed without a choice */ }
}
async function resume() {
  if (!canWatch) return;
  document.querySelectorAll('[data-folder-pick]').forEach((button) => { button.hidden = false; });
  if (folder) { label(words.folder.replace('%s', folder.name)); return; }
  const handle = sessionStorage.getItem('mc.folderSince') ? await store((box) => box.get('folder')).catch(() => null) : null;
  if (!handle) return;
  if (await handle.queryPermission({ mode: 'read' }) === 'granted') watch(handle);
  else label(words.folderAgain.replace('%s', handle.name));
}
document.addEventListener('click', (event) => { if (event.target.closest('[data-folder-pick]')) pick(); });
document.addEventListener('htmx:afterSettle', () => { showCamera(); if (canWatch) resume(); });
showCamera();
resume();

// The phone: a QR leads it to a page of its own; while this window stands open, what arrives there is asked for and handed to the list of scans.
const phone = document.getElementById('phone');
const phoneState = document.getElementById('phone-state');
const phoneList = document.getElementById('phone-files');
const LOOK = 2000;
let page = null;
let looking = 0;

async function call(url, place) {
  const body = new FormData();
  if (place) body.append('place', place);
  const headers = { 'X-CSRFToken': document.querySelector('meta[name="csrf-token"]').content };
  const answer = await fetch(url, { method: 'POST', body, headers, keepalive: true });
  const given = answer.status === 204 || answer.redirected ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok || answer.redirected) throw new Error(given.detail || '');
  return given;
}
function line(kind, text) {
  const item = document.createElement('li');
  item.className = kind;
  item.textContent = text;
  return item;
}
async function lookAtPhone() {
  const mine = page;
  const answer = await fetch(mine.files_url).catch(() => null);
  if (answer?.ok && !answer.redirected && page === mine) {
    const { is_open: isOpen, seconds_left: left, files, arriving } = await answer.json();
    const fresh = files.filter(({ id }) => !mine.known.has(id));
    fresh.forEach(({ id }) => mine.known.add(id));
    if (fresh.length) document.dispatchEvent(new CustomEvent('mc:scans', { detail: fresh }));
    phoneList.replaceChildren(
      ...files.map((file) => line(file.is_doubtful ? 't-warn' : 't-ok', `${file.name} – ${file.words}`)),
      ...arriving.map((file) => line('muted', `${file.name} – ${file.percent} %`)),
    );
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    const text = isOpen ? words.phoneLeft.replace('%s', time) : words.phoneOver;
    phoneState.textContent = files.length ? `${words.phoneCame.replace('%s', files.length)} ${text}` : text;
    phone.classList.toggle('over', !isOpen);
    if (!isOpen && !arriving.length) return;
  }
  if (page === mine) looking = setTimeout(lookAtPhone, LOOK);
}
async function openPhone() {
  try {
    const opened = await call(phone.dataset.openUrl, document.getElementById('receive').elements.idempotency_key.value);
    page = { ...opened, known: new Set() };
  } catch (error) {
    toast((!(error instanceof TypeError) && error.message) || words.phoneFailed);
    return;
  }
  document.getElementById('phone-qr').src = page.qr;
  document.getElementById('phone-link').textContent = page.url;
  phoneList.replaceChildren();
  phoneState.textContent = '';
  phone.classList.remove('over');
  if (!phone.open) phone.showModal();
  lookAtPhone();
}
phone.addEventListener('close', async () => {
  clearTimeout(looking);
  const mine = page;
  if (!mine) return;
  await lookAtPhone(); // what came in the last two seconds
  clearTimeout(looking);
  page = null;
  call(mine.close_url).catch(() => {}); // it ends by itself within ten minutes
});
document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-phone-open]')) return;
  clearTimeout(looking);
  openPhone();
});
