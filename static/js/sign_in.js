// Sign-in: show the password, send the code when its sixth digit is typed. Comfort only: both pages work without it.
for (const button of document.querySelectorAll('[data-reveal]')) {
  const input = document.getElementById(button.dataset.reveal);
  const show = button.textContent;
  button.hidden = false;
  button.addEventListener('click', () => {
    const hidden = input.type === 'password';
    input.type = hidden ? 'text' : 'password';
    button.textContent = hidden ? button.dataset.hide : show;
    input.focus();
  });
}
const code = document.querySelector('[data-one-time-code]');
if (code) code.addEventListener('input', () => { if (/^\d{6}$/.test(code.value.trim())) code.form.requestSubmit(); });
