// Follows a payment: asks for its own page every five seconds and shows it anew when the state has changed. For half an hour, while the page is seen.
const shown = document.querySelector('[data-pay-state]');
const EVERY = 5000;
let left = 360;

async function turn() {
  left -= 1;
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout ? AbortSignal.timeout(4000) : undefined });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const now = page.querySelector('[data-pay-state]');
      if (now && now.dataset.payState !== shown.dataset.payState) {
        location.reload();
        return;
      }
    } catch {
      // The network comes back or the next turn fails too: the page stays as it is.
    }
  }
  if (left > 0) setTimeout(turn, EVERY);
}

if (shown && shown.dataset.payState.startsWith('pending')) setTimeout(turn, EVERY);
