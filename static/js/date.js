// One text box for dates: 14102021, 141021, 14/10/21, 14-10 and "h" (hôm nay) become 14/10/2021 when the box is left. The server parses again.
export function readDate(text, today = new Date()) {
  const value = text.trim().toLowerCase();
  if (!value) return '';
  const show = (d, m, y) => {
    const date = new Date(y, m - 1, d);
    if (date.getFullYear() !== y || date.getMonth() !== m - 1 || date.getDate() !== d) return null;
    return `${String(d).padStart(2, '0')}/${String(m).padStart(2, '0')}/${y}`;
  };
  if (['h', 'hôm nay', 'hom nay'].includes(value.normalize('NFC'))) return show(today.getDate(), today.getMonth() + 1, today.getFullYear());
  const parts = /^\d{8}$|^\d{6}$|^\d{4}$/.test(value)
    ? [value.slice(0, 2), value.slice(2, 4), value.slice(4)]
    : value.split(/[\s./-]+/);
  if (parts.length < 2 || parts.length > 3 || parts.some((part) => part && !/^\d+$/.test(part))) return null;
  let year = parts[2] ? Number(parts[2]) : today.getFullYear();
  if (parts[2] && parts[2].length === 2) year += year > (today.getFullYear() % 100) + 10 ? 1900 : 2000;
  if (year < 1000) return null;
  return show(Number(parts[0]), Number(parts[1]), year);
}
document.addEventListener('change', (event) => {
  if (!event.target.matches?.('[data-date]')) return;
  const date = readDate(event.target.value);
  if (date) event.target.value = date;
});
