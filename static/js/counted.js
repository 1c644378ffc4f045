// A list with ticks: every [data-count] of a <form data-counts> says how many [data-counted] boxes are ticked.
// A text box with data-takes="id" ticks the box of its row as soon as something is typed. Without this the numbers are those of the server.
const forms = document.querySelectorAll('form[data-counts]');
function recount(form) {
  const ticked = form.querySelectorAll('[data-counted]:checked').length;
  form.querySelectorAll('[data-count]').forEach((place) => { place.textContent = String(ticked); });
}
forms.forEach((form) => {
  form.addEventListener('change', () => recount(form));
  form.addEventListener('input', (event) => {
    const box = event.target.dataset.takes && document.getElementById(event.target.dataset.takes);
    if (box) { box.checked = event.target.value.trim() !== ''; recount(form); }
  });
});
