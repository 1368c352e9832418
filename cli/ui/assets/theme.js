/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// Before the first paint: the theme that was chosen here, else the system's; and that what needs a script will work.
{
  document.documentElement.classList.add('scripted');
  const chosen = localStorage.getItem('ecom-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
}
