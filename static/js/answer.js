// Papers that the applicant sends: choosing a file sends it, with its progress in words. Without this script the button does the same.
document.addEventListener('change', (event) => {
  const form = event.target.closest('[data-answer]');
  if (!form || !event.target.files?.length) return;
  const state = form.querySelector('[data-state]');
  const xhr = new XMLHttpRequest();
  const body = new FormData(form);
  const say = (words, isBad) => { state.textContent = words; state.classList.toggle('t-late', Boolean(isBad)); };
  xhr.open('POST', form.action);
  xhr.setRequestHeader('Accept', 'application/json');
  xhr.upload.addEventListener('progress', (progress) => {
    if (progress.lengthComputable) say(`${form.dataset.sending} ${Math.floor((progress.loaded / progress.total) * 100)} %`);
  });
  xhr.addEventListener('error', () => say(form.dataset.lost, true));
  xhr.addEventListener('load', () => {
    let answer = {};
    try { answer = JSON.parse(xhr.responseText); } catch { /* not ours: the words below say what to do */ }
    if (xhr.status === 200) location.reload();
    else say(answer.detail || form.dataset.lost, true);
    event.target.value = '';
  });
  xhr.send(body);
});
