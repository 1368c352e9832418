'use strict';
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  // Theme
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const theme = make('button', { type: 'button', className: 'theme' });
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light')) === 'dark';
  const label = () => { theme.textContent = isDark() ? 'Light theme' : 'Dark theme'; };
  theme.addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    label();
  });
  dark.addEventListener('change', label);
  label();
  document.getElementById('tools').append(theme);

  // Sorting, within each group of rows
  const collator = new Intl.Collator('en', { numeric: true });
  const compare = (a, b) => {
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? collator.compare(a, b) : x - y;
  };
  for (const table of all('table[data-sortable]')) {
    const heads = all('thead th', table);
    heads.forEach((head, index) => {
      if (head.dataset.sort === undefined) return;
      const button = make('button', { type: 'button', className: 'sort' });
      button.append(...head.querySelector('.head').childNodes);
      head.querySelector('.head').append(button);
      button.addEventListener('click', () => {
        const descending = head.getAttribute('aria-sort') === 'ascending';
        for (const other of heads) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
        for (const body of table.tBodies) {
          const rows = all('tr:not(.group)', body);
          const value = (row) => row.cells[index]?.dataset.value;
          const known = rows.filter((row) => value(row) !== undefined);
          known.sort((a, b) => compare(value(a), value(b)) * (descending ? -1 : 1));
          body.append(...known, ...rows.filter((row) => value(row) === undefined));
        }
      });
    });
  }

  // Filters
  for (const table of all('table[data-filter]')) {
    const field = make('input', { type: 'search', autocomplete: 'off', spellcheck: false });
    const found = make('span', { className: 'found' });
    found.setAttribute('role', 'status');
    const box = make('label', { className: 'filter' });
    box.append(make('span', { textContent: table.dataset.filter }), field, found);
    table.before(box);
    field.addEventListener('input', () => {
      const wanted = field.value.trim().toLowerCase();
      let shown = 0;
      for (const body of table.tBodies) {
        const rows = all('tr:not(.group)', body);
        for (const row of rows) {
          row.hidden = !row.textContent.toLowerCase().includes(wanted);
          if (!row.hidden) shown += 1;
        }
        body.hidden = rows.every((row) => row.hidden);
      }
      found.textContent = wanted === '' ? '' : shown + (shown === 1 ? ' row' : ' rows');
    });
  }

  // Explanations of headings, by pointer and by keyboard
  const tip = make('div', { className: 'tip', id: 'tip', hidden: true });
  tip.setAttribute('role', 'tooltip');
  document.body.append(tip);
  const hide = () => { tip.hidden = true; };
  for (const head of all('[data-tip]')) {
    const target = head.querySelector('button') ?? head.querySelector('.head');
    if (target.tagName !== 'BUTTON') target.tabIndex = 0;
    target.classList.add('explained');
    target.setAttribute('aria-describedby', 'tip');
    const show = () => {
      tip.textContent = head.dataset.tip;
      tip.hidden = false;
      const at = target.getBoundingClientRect();
      const left = Math.min(at.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
      const above = at.top - tip.offsetHeight - 6;
      tip.style.left = Math.max(8, left) + scrollX + 'px';
      tip.style.top = (above > 0 ? above : at.bottom + 6) + scrollY + 'px';
    };
    for (const event of ['pointerenter', 'focus']) target.addEventListener(event, show);
    for (const event of ['pointerleave', 'blur']) target.addEventListener(event, hide);
  }
  addEventListener('keydown', (event) => { if (event.key === 'Escape') hide(); });

  // Paper has no folds
  addEventListener('beforeprint', () => {
    for (const fold of all('details:not([open], .numbers)')) { fold.open = true; fold.dataset.folded = ''; }
  });
  addEventListener('afterprint', () => {
    for (const fold of all('details[data-folded]')) { fold.open = false; delete fold.dataset.folded; }
  });
})();
