// The page of one dossier. A marks the focused paper as passed, X as failed (any place in its row but a field); in the viewer
// PageUp/PageDown turn pages, + and - change the size, [ and ] turn the sheet. All of it presses controls that are there anyway.
const $ = (selector, root = document) => root.querySelector(selector);
const typing = (element) => element.matches('input:not([type=checkbox]):not([type=radio]), textarea, select');
const charKeys = () => sessionStorage.getItem('mc.charKeys') !== 'off';
const VIEW_KEYS = { PageDown: 'next', PageUp: 'previous', '+': 'closer', '=': 'closer', '-': 'farther', '[': 'left', ']': 'right' };

document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
  if ($('dialog[open]')) return;
  const row = event.target.closest('[data-verdicts] > li');
  if (row && event.key.length === 1 && charKeys()) {
    const wanted = { a: 'passed', x: 'failed' }[event.key.toLowerCase()];
    const button = wanted && $(`[data-verdict=${wanted}]`, row);
    if (button) { event.preventDefault(); button.click(); return; }
  }
  if (event.key.length === 1 && !charKeys()) return;
  const control = VIEW_KEYS[event.key] && $(`#xem [data-view=${VIEW_KEYS[event.key]}]`);
  if (control && (event.target.closest('#xem') || row)) { event.preventDefault(); control.click(); }
});

// The row of the paper under the viewer is the current one; the focus stays in the viewer when its page changed.
let pressed = '';
document.addEventListener('click', (event) => { pressed = event.target.closest('#xem [data-view]')?.dataset.view || ''; });
document.addEventListener('htmx:afterSwap', (event) => {
  const viewer = $('#viewer');
  const shown = $('[data-shown]', viewer)?.dataset.shown;
  document.querySelectorAll('[data-paper]').forEach((row) => {
    if (row.dataset.paper === shown) row.setAttribute('aria-current', 'true'); else row.removeAttribute('aria-current');
  });
  if (pressed && event.detail.target === viewer) ($(`[data-view=${pressed}]`, viewer) || $('.sheet', viewer))?.focus();
  pressed = '';
});
// "Thôi" shuts the form of a failed paper without leaving the page: the row is drawn again as it stands.
document.addEventListener('click', (event) => {
  const shut = event.target.closest('[data-shut]');
  if (!shut) return;
  event.preventDefault();
  location.assign(`${location.pathname}${shut.getAttribute('href').replace(/#.*/, '')}#${shut.closest('li').id}`);
});

// A picture that cannot be drawn says so in words.
function broken(image) {
  image.hidden = true;
  const words = image.parentElement.querySelector('[data-page-broken]');
  if (words) words.hidden = false;
}
document.addEventListener('error', (event) => { if (event.target.matches?.('[data-page-image]')) broken(event.target); }, true);
document.querySelectorAll('[data-page-image]').forEach((image) => { if (image.complete && !image.naturalWidth) broken(image); });

// The tab of the section in sight is the current one.
const tabs = [...document.querySelectorAll('[data-spy] a')];
const spy = new IntersectionObserver((entries) => {
  entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
    tabs.forEach((tab) => { if (tab.hash === `#${entry.target.id}`) tab.setAttribute('aria-current', 'true'); else tab.removeAttribute('aria-current'); });
  });
}, { rootMargin: '-30% 0px -60% 0px' });
tabs.forEach((tab) => { const place = $(tab.hash); if (place) spy.observe(place); });

// Messages of the applicant that have been in sight for two seconds are read.
const talk = $('[data-unread]');
if (talk) {
  let timer = 0;
  const seen = new IntersectionObserver(([entry]) => {
    clearTimeout(timer);
    if (!entry.isIntersecting) return;
    timer = setTimeout(() => {
      seen.disconnect();
      fetch(talk.dataset.unread, { method: 'POST', headers: { 'X-CSRFToken': $('meta[name=csrf-token]').content, 'HX-Request': 'true' } });
    }, 2000);
  }, { threshold: 0.3 });
  seen.observe(talk);
}
