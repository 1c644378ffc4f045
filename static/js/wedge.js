// Barcode scanners that type: a burst of keys (8 or more, on average under 35 ms apart) ended by Enter or Tab. The burst is swallowed, the field it
// fell into gets its old text back, and an event "mc:scan" {kind, value, raw} goes to the page. Only digits survive Unikey, so only digits are trusted.
const MIN = 8;
const GAP = 35;
const SLOW = 45;
let burst = null;

export function route(raw) {
  const parts = raw.split('|');
  if (parts.length > 1) {
    const dates = parts.filter((part) => /^\d{8}$/.test(part)).map((d) => `${d.slice(0, 2)}/${d.slice(2, 4)}/${d.slice(4)}`);
    const number = parts.map((part) => part.trim()).find((part) => /^\d{12}$/.test(part));
    return number ? { kind: 'card', value: number, born: dates[0] || '', issued: dates[1] || '', unsure: parts, raw } : null;
  }
  const token = raw.match(/\d{24}/);
  if (token) return { kind: 'token', value: token[0], raw };
  const digits = raw.replace(/[-\s]/g, '');
  if (/^\d{12}$/.test(digits)) return { kind: 'cccd', value: digits, raw };
  if (/^\d{10}(\d{3})?$/.test(digits)) return { kind: 'tax', value: digits, raw };
  return null;
}
function start(target, now) {
  const field = target.matches?.('input, textarea') ? target : null;
  return { text: '', first: now, last: now, field, before: field ? field.value : '', typed: 0 };
}
function restore(done) {
  if (done.field) done.field.value = done.before;
}
function deliver(scan) {
  const free = document.dispatchEvent(new CustomEvent('mc:scan', { detail: scan, cancelable: true }));
  const kind = scan.kind === 'card' ? 'cccd' : scan.kind;
  const target = free && document.querySelector(`[data-scan~="${kind}"], [data-scan="any"]`);
  if (!target) return;
  target.value = scan.value;
  target.dispatchEvent(new Event('input', { bubbles: true }));
  target.dispatchEvent(new Event('change', { bubbles: true }));
  if ('scanSubmit' in target.dataset) target.form?.requestSubmit();
}
document.addEventListener('keydown', (event) => {
  const now = event.timeStamp;
  if (event.key === 'Enter' || event.key === 'Tab') {
    const done = burst;
    burst = null;
    if (!done || done.text.length < MIN || (done.last - done.first) / (done.text.length - 1) >= GAP || now - done.last > 200) return;
    const scan = route(done.text);
    if (!scan) {
      // Half a code: only a page that says so takes it; elsewhere fast typing stays what it is.
      const broken = new CustomEvent('mc:scan', { detail: { kind: 'unreadable', raw: done.text }, cancelable: true });
      if (!/\||\d{6}/.test(done.text) || done.field?.type === 'search' || document.dispatchEvent(broken)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      restore(done);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    restore(done);
    deliver(scan);
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey || event.key === 'Shift') return;
  const key = { text: event.key.length === 1 ? event.key : '', at: now, before: event.target.value ?? '' };
  if (!burst || now - burst.last > 200) burst = start(event.target, now);
  else if (burst.typed >= 0) {
    // A person who was typing until the beam fired is no part of the burst, nor is her text: three slow keys in front are hers.
    if (now - burst.last > SLOW) burst.typed += 1;
    else burst = burst.typed < 3 ? { ...burst, typed: -1 } : { ...burst, text: burst.key.text, first: burst.key.at, before: burst.key.before, typed: -1 };
  }
  burst.key = key;
  burst.last = now;
  if (event.key === 'Backspace') burst.text = burst.text.slice(0, -1); // an input method taking back what it changed
  else if (event.key.length === 1) burst.text += event.key;
  else if (!event.isComposing && event.key !== 'Process') burst = null;
}, true);
