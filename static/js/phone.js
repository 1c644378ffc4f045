// Photos of a phone on their way to the desk: one after the other, in pieces, waiting out a lost network. Without this script the plain form sends them.
const box = document.querySelector('[data-phone]');
const words = box.dataset;
const list = document.getElementById('sent-list');
const begin = words.phone;
const csrf = document.querySelector('meta[name="csrf-token"]').content;
const WAITS = [1, 2, 4, 8, 15];
const queue = [];
let isSending = false;

const icon = (name) => document.querySelector(`[data-icon="${name}"] svg`).cloneNode(true);
const say = (template, value) => template.replace('%s', value);
const pause = (ms) => new Promise((go) => { setTimeout(go, ms); });

function show(photo, kind, name, text) {
  photo.row.className = kind;
  photo.note.textContent = text;
  photo.row.firstElementChild.replaceWith(icon(name));
}
function row(file) {
  const item = document.createElement('li');
  const body = document.createElement('span');
  const title = document.createElement('b');
  const note = document.createElement('small');
  title.textContent = file.name;
  body.append(title, note);
  item.append(icon('loader-circle'), body);
  list.append(item);
  document.getElementById('sent').hidden = false;
  return { row: item, note };
}

// A refusal in words ends a photo; everything else (no network, a server that restarts) is tried again.
class Refused extends Error {}
async function ask(url, options = {}) {
  const answer = await fetch(url, { ...options, headers: { 'X-CSRFToken': csrf, ...options.headers } });
  const body = await answer.json().catch(() => ({}));
  if (answer.status === 409 && 'offset' in body) return body;
  if (answer.status === 429 || answer.status >= 500) throw new Error(answer.status === 429 ? '' : body.detail || '');
  if (!answer.ok) throw new Refused(body.detail || words.refused);
  return body;
}
function form(fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return { method: 'POST', body };
}
async function send(photo) {
  const { file } = photo;
  let standing = photo.url ? await ask(photo.url) : await ask(begin, form({ name: file.name, size: file.size }));
  photo.url ||= `${begin}${standing.id}/`;
  photo.chunk ||= standing.chunk;
  while (standing.offset < file.size) {
    show(photo, '', 'loader-circle', say(words.sending, Math.floor((standing.offset / file.size) * 100)));
    const body = file.slice(standing.offset, standing.offset + photo.chunk);
    standing = await ask(photo.url, { method: 'POST', body, headers: { 'Content-Type': 'application/octet-stream', 'Upload-Offset': String(standing.offset) } });
  }
  show(photo, '', 'loader-circle', words.judging);
  const done = await ask(`${photo.url}xong/`, form({}));
  if ('offset' in done) throw new Error(''); // bytes are missing: asked anew from where they end
  show(photo, done.is_doubtful ? 't-warn' : 't-ok', done.is_doubtful ? 'triangle-alert' : 'check', done.words);
}
async function pump() {
  if (isSending) return;
  isSending = true;
  while (queue.length) {
    const photo = queue[0];
    try {
      await send(photo);
      queue.shift();
    } catch (error) {
      if (error instanceof Refused) {
        show(photo, 't-late', 'triangle-alert', error.message);
        queue.shift();
      } else {
        // The words of a lost network are the browser's own, in another language.
        show(photo, 't-warn', 'wifi-off', (!(error instanceof TypeError) && error.message) || words.retrying);
        await pause(WAITS[Math.min(photo.tries, WAITS.length - 1)] * 1000);
        photo.tries += 1;
      }
    }
  }
  isSending = false;
}

document.addEventListener('change', (event) => {
  if (!event.target.matches('[data-phone-files]')) return;
  for (const file of event.target.files) {
    const photo = { file, tries: 0, ...row(file) };
    photo.note.textContent = words.waiting;
    queue.push(photo);
  }
  event.target.value = '';
  pump();
});
document.getElementById('phone-end').addEventListener('submit', (event) => {
  if (!queue.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.querySelector('[data-phone-note]').textContent = words.unfinished;
}, true);
addEventListener('beforeunload', (event) => { if (queue.length) event.preventDefault(); });
