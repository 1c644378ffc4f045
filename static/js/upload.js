// Scans of the intake page. They arrive by the picker (F8), by drop, paste or the watched folder ("mc:files"), are sent two at a time while the clerk
// types on, and wait out a lost network; above 1 MB in pieces, so that a cut one goes on where it stopped. This list is the truth: after each swap of the page the rows are drawn from it again. A scan goes to the
// paper that has the focus, else to the first needed paper without one, else to the tray.
const words = document.getElementById('words').dataset;
const files = [];
const PARALLEL = 2;
const PIECE = 1024 * 1024;
const WAITS = [1, 2, 4, 8, 15];
let papersOf = null;
let sending = 0;
let aim = null;

const form = () => document.getElementById('receive');
const rows = () => [...document.querySelectorAll('[data-paper]')];
const say = (template, value) => template.replace('%s', value);
const isOpen = (row) => !row.querySelector('[data-reuse]:checked');
const fileOf = (code) => files.find((file) => file.paper === code);
const token = () => document.querySelector('meta[name="csrf-token"]').content;
function icon(name) {
  return document.querySelector(`[data-icon="${name}"] svg`).cloneNode(true);
}

function toast(text, action, undo) {
  const box = document.createElement('div');
  box.className = 'toast';
  const line = document.createElement('p');
  line.textContent = text;
  box.append(line);
  const leave = () => (box.matches(':hover, :focus-within') ? setTimeout(leave, 1000) : box.remove());
  if (undo) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = action;
    button.addEventListener('click', () => { undo(); box.remove(); });
    box.append(button);
  }
  document.getElementById('toasts').append(box);
  setTimeout(leave, 10000);
}
document.addEventListener('mc:toast', (event) => toast(event.detail));

// Where a scan goes.
function place(file, wanted) {
  const free = rows().filter((row) => isOpen(row) && !fileOf(row.dataset.paper));
  const isWanted = (row) => 'needed' in row.dataset || row.querySelector('[data-here]').checked;
  const target = free.find((row) => row.dataset.paper === wanted) || (wanted === 'tray' ? null : free.find(isWanted));
  file.paper = target ? target.dataset.paper : '';
  if (target) target.querySelector('[data-here]').checked = true;
}
function add(list, wanted) {
  for (const blob of list) {
    const file = { blob, name: blob.name || 'scan', state: 'queued', progress: 0, tries: 0, paper: '', loose: wanted === 'tray' };
    files.push(file);
    place(file, wanted);
    wanted = wanted === 'tray' ? wanted : undefined;
  }
  draw();
  pump();
}
function remove(file) {
  files.splice(files.indexOf(file), 1);
  file.run = null;
  file.xhr?.abort();
  draw();
  toast(say(words.removed, file.name), words.undo, () => {
    file.paper = fileOf(file.paper) ? '' : file.paper;
    files.push(file);
    if (file.state === 'sending') file.state = 'queued';
    draw();
    pump();
  });
}
function move(file, code) {
  const there = code && fileOf(code);
  if (there) there.paper = file.paper; // two papers change places
  file.paper = code;
  file.loose = !code;
  if (code) rows().find((row) => row.dataset.paper === code).querySelector('[data-here]').checked = true;
  draw();
  document.querySelector(`[data-file="${files.indexOf(file)}"] select`)?.focus();
}

// How a scan looks.
function textOf(file) {
  if (file.state === 'done') return file.words;
  if (file.state === 'sending') return say(words.sending, file.progress);
  if (file.state === 'refused') return file.error;
  return file.state === 'waiting' ? file.error || words.retrying : words.waiting;
}
function look(file) {
  if (file.state === 'refused') return ['late', 'triangle-alert'];
  if (file.state === 'done') return file.doubtful ? ['warn', 'triangle-alert'] : ['ok', 'check'];
  return file.state === 'waiting' ? ['warn', 'wifi-off'] : ['info', 'loader-circle'];
}
function option(value, text) {
  const item = document.createElement('option');
  item.value = value;
  item.textContent = text;
  return item;
}
function menu(file) {
  const select = document.createElement('select');
  select.className = 'file-menu';
  select.setAttribute('aria-label', say(words.menu, file.name));
  select.append(option('', words.choose));
  for (const row of rows()) {
    if (row.dataset.paper !== file.paper && isOpen(row)) select.append(option(`to:${row.dataset.paper}`, say(words.to, `${row.dataset.number} – ${row.dataset.name}`)));
  }
  if (file.paper) select.append(option('tray', words.toTray));
  if (file.state === 'waiting' || file.state === 'refused') select.append(option('again', words.again));
  select.append(option('remove', words.remove));
  select.addEventListener('change', (event) => {
    event.stopPropagation();
    const { value } = select;
    if (value === 'remove') remove(file);
    else if (value === 'tray') move(file, '');
    else if (value === 'again') { file.state = 'queued'; draw(); pump(); } else if (value) move(file, value.slice(3));
  });
  return select;
}
function chip(file) {
  const [kind, name] = look(file);
  const tag = document.createElement('span');
  tag.className = `tag file ${kind}`;
  tag.title = file.verdict ? `${file.name} – ${file.verdict}` : file.name;
  tag.dataset.file = files.indexOf(file);
  const text = document.createElement('span');
  text.textContent = textOf(file);
  file.label = text;
  tag.append(icon(name), text, menu(file));
  return tag;
}
function put(input, value) {
  if (!input || input.value === value) return false;
  input.value = value;
  return true;
}
function draw() {
  const list = document.getElementById('papers');
  if (!list) return;
  const focus = document.activeElement?.closest?.('[data-file]')?.dataset.file;
  const idOf = (file) => (file?.state === 'done' ? file.id : '');
  let changed = false;
  for (const row of rows()) {
    const file = fileOf(row.dataset.paper);
    row.querySelector('[data-files]').replaceChildren(...(file ? [chip(file)] : []));
    changed = put(row.querySelector('[data-paper-document]'), idOf(file)) || changed;
  }
  const tray = document.getElementById('tray');
  const loose = files.filter((file) => !file.paper);
  tray.hidden = !loose.length;
  tray.querySelector('[data-files]').replaceChildren(...loose.map(chip));
  changed = put(tray.querySelector('input'), loose.map(idOf).filter(Boolean).join(',')) || changed;
  if (focus !== undefined) document.querySelector(`[data-file="${focus}"] select`)?.focus();
  if (changed) list.dispatchEvent(new Event('change', { bubbles: true }));
}

// Sending.
function later(file, why = '') {
  file.state = 'waiting';
  file.error = why;
  file.timer = setTimeout(() => { if (file.state === 'waiting') { file.state = 'queued'; pump(); } }, WAITS[Math.min(file.tries, WAITS.length - 1)] * 1000);
  file.tries += 1;
}
function answerOf(xhr) {
  try { return JSON.parse(xhr.responseText) || {}; } catch { return {}; } // not ours: our own words say what to do
}
function settle(file, xhr) {
  if (new URL(xhr.responseURL || location.href, location.href).pathname.startsWith('/dang-nhap')) { later(file, words.signedOut); return; }
  const answer = answerOf(xhr);
  if (xhr.status === 0 || xhr.status === 429 || xhr.status >= 500) { later(file, answer.detail); return; }
  if (xhr.status >= 400) {
    file.state = 'refused';
    file.error = answer.detail || words.refused;
    return;
  }
  if (files.some((other) => other !== file && other.id === answer.id)) {
    files.splice(files.indexOf(file), 1);
    toast(say(words.duplicate, file.name));
    return;
  }
  Object.assign(file, { state: 'done', id: answer.id, words: answer.words, verdict: answer.verdict, doubtful: answer.is_doubtful });
}
function send(file) {
  const xhr = new XMLHttpRequest();
  const body = new FormData();
  body.append('idempotency_key', form().elements.idempotency_key.value);
  body.append('file', file.blob, file.name);
  Object.assign(file, { state: 'sending', progress: 0, xhr });
  sending += 1;
  xhr.open('POST', form().dataset.uploadUrl);
  xhr.setRequestHeader('X-CSRFToken', token());
  xhr.timeout = 120000;
  xhr.upload.addEventListener('progress', (event) => {
    file.progress = event.lengthComputable ? Math.floor((event.loaded / event.total) * 100) : 0;
    if (file.label) file.label.textContent = textOf(file);
  });
  xhr.addEventListener('loadend', () => {
    sending -= 1;
    file.xhr = null;
    if (files.includes(file)) settle(file, xhr);
    draw();
    pump();
  });
  xhr.send(body);
}
// In pieces. The number of an upload is kept for this window: after a reload, choosing the same file goes on where it stopped.
const keyOf = ({ blob, name }) => `mc.transfer.${name}.${blob.size}.${blob.lastModified || 0}`;
const isGone = (xhr) => xhr.status === 404 || xhr.status === 410;
function forget(file) {
  file.transfer = '';
  sessionStorage.removeItem(keyOf(file));
}
function ask(file, method, url, body = null, headers = {}, sent = 0) {
  return new Promise((answered) => {
    const xhr = new XMLHttpRequest();
    file.xhr = xhr;
    xhr.open(method, url);
    xhr.setRequestHeader('X-CSRFToken', token());
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.timeout = 120000;
    xhr.upload.addEventListener('progress', (event) => {
      file.progress = Math.min(99, Math.floor(((sent + event.loaded) / file.blob.size) * 100));
      if (file.label) file.label.textContent = textOf(file);
    });
    xhr.addEventListener('loadend', () => answered(xhr));
    xhr.send(body);
  });
}
function fields(values) {
  const body = new FormData();
  for (const [name, value] of Object.entries(values)) body.append(name, value);
  return body;
}
async function hashOf(blob) {
  if (!crypto.subtle) return '';
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
async function begun(file, start) {
  file.transfer ||= sessionStorage.getItem(keyOf(file)) || '';
  if (file.transfer) {
    const known = await ask(file, 'GET', `${start}${file.transfer}/`);
    if (!isGone(known)) return known;
    forget(file);
  }
  const { name, blob } = file;
  const xhr = await ask(file, 'POST', start, fields({ name, size: blob.size, sha256: await hashOf(blob), place: form().elements.idempotency_key.value }));
  file.transfer = answerOf(xhr).id || '';
  if (file.transfer) sessionStorage.setItem(keyOf(file), file.transfer);
  return xhr;
}
async function pieces(file, start, run) {
  let xhr = await begun(file, start);
  let { offset } = answerOf(xhr);
  if (offset === undefined) return xhr;
  const url = `${start}${file.transfer}/`;
  while (offset < file.blob.size && file.run === run) {
    const headers = { 'Content-Type': 'application/octet-stream', 'Upload-Offset': String(offset) };
    xhr = await ask(file, 'POST', url, file.blob.slice(offset, offset + PIECE), headers, offset);
    ({ offset } = answerOf(xhr));
    if (isGone(xhr)) forget(file);
    if (offset === undefined) return xhr;
  }
  if (file.run !== run) return xhr;
  xhr = await ask(file, 'POST', `${url}xong/`, fields({ place: form().elements.idempotency_key.value }));
  if (xhr.status && xhr.status < 500) forget(file);
  return xhr;
}
async function sendInPieces(file) {
  const run = {};
  Object.assign(file, { state: 'sending', progress: 0, run });
  sending += 1;
  const xhr = await pieces(file, form().dataset.transferUrl, run).catch(() => null);
  sending -= 1;
  if (file.run === run) {
    file.xhr = null;
    if (xhr) settle(file, xhr);
    else later(file);
  }
  draw();
  pump();
}
function pump() {
  const next = files.find((file) => file.state === 'queued');
  if (!next || sending >= PARALLEL || !form()) return;
  if (next.blob.size > PIECE) sendInPieces(next);
  else send(next);
  draw();
  pump();
}
addEventListener('online', () => {
  files.filter((file) => file.state === 'waiting').forEach((file) => { clearTimeout(file.timer); file.state = 'queued'; });
  pump();
});

// The server's rows after each swap: take over scans it knows, and give loose ones to the papers of a new list.
function sync() {
  if (!form()) return;
  for (const shown of document.querySelectorAll('#papers [data-document]')) {
    const { document: id, name, words: text, verdict } = shown.dataset;
    if (files.some((file) => file.id === id)) continue;
    const paper = shown.closest('[data-paper]')?.dataset.paper || '';
    files.push({ id, name, words: text, verdict, doubtful: 'doubtful' in shown.dataset, state: 'done', tries: 0, paper, loose: !paper });
  }
  const now = form().elements.papers_of?.value || '';
  const there = new Set(rows().map((row) => row.dataset.paper));
  if (papersOf !== null && now !== papersOf) files.forEach((file) => { file.paper = ''; });
  files.filter((file) => !there.has(file.paper)).forEach((file) => { file.paper = ''; });
  if (now !== papersOf) files.filter((file) => !file.paper && (!file.loose || papersOf !== null)).forEach((file) => place(file));
  papersOf = now;
  draw();
  pump();
}
document.addEventListener('htmx:afterSettle', sync);

// The ways in.
const rowAt = (target) => target?.closest?.('[data-paper]')?.dataset.paper;
document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-scan-files]')) return;
  aim = rowAt(document.activeElement);
  document.getElementById('scan-files').click();
});
document.addEventListener('change', (event) => {
  if (event.target.id !== 'scan-files') return;
  event.stopPropagation();
  const chosen = [...event.target.files];
  event.target.value = '';
  add(chosen, aim);
}, true);
// What a phone has sent is with the server already.
document.addEventListener('mc:scans', (event) => {
  for (const scan of event.detail.filter(({ id }) => !files.some((file) => file.id === id))) {
    const { id, name, words: text, verdict, is_doubtful: doubtful } = scan;
    const file = { id, name, words: text, verdict, doubtful, state: 'done', tries: 0, paper: '', loose: false };
    files.push(file);
    place(file);
  }
  draw();
});
document.addEventListener('mc:files', (event) => add(event.detail, rowAt(document.activeElement)));
document.addEventListener('paste', (event) => {
  const pasted = [...(event.clipboardData?.files || [])];
  if (!pasted.length) return;
  event.preventDefault();
  add(pasted, rowAt(event.target));
});
const zone = (event) => event.dataTransfer?.types.includes('Files') && event.target.closest?.('[data-drop]');
function mark(element) {
  document.querySelectorAll('.over').forEach((each) => each.classList.remove('over'));
  element?.classList.add('over');
}
document.addEventListener('dragover', (event) => {
  if (!zone(event)) return;
  event.preventDefault();
  mark(event.target.closest('[data-paper], [data-tray], [data-drop]'));
});
document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) mark(null); });
document.addEventListener('drop', (event) => {
  if (!zone(event)) return;
  event.preventDefault();
  mark(null);
  add([...event.dataTransfer.files], event.target.closest('[data-tray]') ? 'tray' : rowAt(event.target));
});
document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.ctrlKey || event.altKey || event.key.toLowerCase() !== 'r') return;
  if (event.target.matches('input:not([type=checkbox]), select, textarea') || sessionStorage.getItem('mc.charKeys') === 'off') return;
  const row = event.target.closest('[data-paper]');
  if (!row || !isOpen(row)) return;
  event.preventDefault();
  const old = fileOf(row.dataset.paper);
  if (old) remove(old);
  aim = row.dataset.paper;
  document.getElementById('scan-files').click();
});

// F9 never leaves a scan behind: a paper whose scan is still on its way, or was not taken, is named and gets the focus.
document.addEventListener('submit', (event) => {
  if (event.target.id !== 'receive' || event.submitter?.name) return;
  const late = files.find((file) => file.paper && file.state !== 'done');
  if (!late) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  toast(say(late.state === 'refused' ? words.notTaken : words.unfinished, late.name));
  document.querySelector(`[data-file="${files.indexOf(late)}"] select`)?.focus();
}, true);
addEventListener('beforeunload', (event) => { if (files.some((file) => file.state !== 'done' && file.state !== 'refused')) event.preventDefault(); });
sync();
