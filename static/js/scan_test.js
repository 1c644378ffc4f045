// The scanner's test on the counter page: says what wedge.js read, and takes the scan so that nothing else acts on it.
const said = document.querySelector('[data-scan-said]');
const box = document.querySelector('[data-scan-test]');
document.addEventListener('mc:scan', (event) => {
  if (!said || document.activeElement !== box) return;
  event.preventDefault();
  const { kind, value } = event.detail;
  said.textContent = (said.dataset[kind] || '').replace('{value}', value || '');
  box.value = value || '';
});
