// Suggestions of a paper: Enter accepts the one in focus, X dismisses it, the arrows move. All of it presses controls that are there anyway.
const guesses = [...document.querySelectorAll('[data-guess]')];
const field = (guess) => guess?.querySelector('input[name=value]');
const press = (guess, value) => guess.querySelector(`button[value=${value}]`)?.click();

// The list itself holds the keys, the fields only while they are written in: a field is opened by typing F2 or by the mouse.
guesses.forEach((guess) => {
  guess.tabIndex = 0;
  guess.setAttribute('aria-label', guess.querySelector('label')?.textContent || '');
  guess.setAttribute('role', 'group');
});
document.addEventListener('keydown', (event) => {
  const guess = event.target.closest?.('[data-guess]');
  if (!guess || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]')) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    const next = guesses[guesses.indexOf(guess) + step];
    if (next) { event.preventDefault(); next.focus(); }
    return;
  }
  if (event.target !== guess) return; // a field or a button keeps its own keys
  if (event.key === 'Enter') { event.preventDefault(); press(guess, 'nhan'); }
  if (event.key === 'F2') { event.preventDefault(); field(guess)?.select(); field(guess)?.focus(); }
  if (event.key.toLowerCase() === 'x' && sessionStorage.getItem('mc.charKeys') !== 'off') { event.preventDefault(); press(guess, 'bo'); }
});
const wrong = document.querySelector('[data-guess] [aria-invalid]');
if (wrong) wrong.focus(); else if (location.hash === '#goi-y') guesses[0]?.focus();
