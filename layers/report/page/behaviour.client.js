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

  // Values of charts: where one points or taps, and by the arrow keys
  const place = (box, x, text) => {
    tip.textContent = text;
    tip.hidden = false;
    const left = Math.min(x, document.documentElement.clientWidth - tip.offsetWidth - 8);
    const above = box.top - tip.offsetHeight - 6;
    tip.style.left = Math.max(8, left) + scrollX + 'px';
    tip.style.top = (above > 0 ? above : box.bottom + 6) + scrollY + 'px';
  };
  for (const chart of all('svg.chart[role=img]:has(.interval), svg.chart[data-values]')) {
    const title = chart.querySelector('title');
    const label = title.textContent;
    // The tooltip of the browser would lie over this one
    chart.setAttribute('aria-label', label);
    title.remove();
    chart.setAttribute('tabindex', '0');
    const values = (chart.dataset.values ?? '').split('\n').filter(Boolean).map((line) => {
      const space = line.indexOf(' ');
      return { x: Number(line.slice(0, space)), text: line.slice(space + 1) };
    });
    let at = values.length - 1;
    const scale = () => chart.getBoundingClientRect().width / chart.viewBox.baseVal.width;
    const show = () => {
      const box = chart.getBoundingClientRect();
      const value = values[at];
      if (value === undefined) place(box, box.left, label);
      else place(box, box.left + value.x * scale(), value.text);
    };
    const point = (event) => {
      const x = (event.clientX - chart.getBoundingClientRect().left) / scale();
      values.forEach((value, index) => {
        if (Math.abs(value.x - x) < Math.abs(values[at].x - x)) at = index;
      });
      show();
    };
    for (const event of ['pointerenter', 'pointermove', 'pointerdown']) chart.addEventListener(event, point);
    chart.addEventListener('focus', show);
    for (const event of ['pointerleave', 'blur']) chart.addEventListener(event, hide);
    chart.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step === undefined || values.length === 0) return;
      event.preventDefault();
      at = Math.min(values.length - 1, Math.max(0, at + step));
      show();
    });
  }

  // Whoever follows a link sees what it leads to
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target === null) return;
    for (let fold = target.closest('details'); fold !== null; fold = fold.parentElement.closest('details')) fold.open = true;
    const own = target.querySelector(':scope > details.fold, :scope > details.chapter') ?? (target.matches('details') ? target : null);
    if (own !== null) own.open = true;
    target.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
  if (location.hash !== '') reveal();

  // The section that one reads: marked in the contents, and named at the top where these are out of sight
  const links = all('nav a');
  const where = make('a', { className: 'current-section', href: '#contents' });
  document.querySelector('.page-head').after(where);
  const sections = links.map((link) => ({ link, target: document.getElementById(link.hash.slice(1)) })).filter(({ target }) => target !== null);
  const mark = () => {
    const shown = sections.filter(({ target }) => target.offsetParent !== null || target.getClientRects().length > 0);
    const begun = shown.filter(({ target }) => target.getBoundingClientRect().top <= 90);
    const atEnd = scrollY > 0 && innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    const { link } = (atEnd ? shown : begun).at(-1) ?? shown[0] ?? {};
    if (link === undefined || link.hasAttribute('aria-current')) return;
    for (const other of links) other.removeAttribute('aria-current');
    link.setAttribute('aria-current', 'location');
    const chapter = link.closest('ol ol')?.previousElementSibling;
    where.replaceChildren(
      make('span', { textContent: chapter === null || chapter === undefined ? 'Contents' : chapter.textContent }),
      make('strong', { textContent: link.textContent }),
    );
  };
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  };
  addEventListener('scroll', soon, { passive: true });
  addEventListener('resize', soon);
  document.addEventListener('toggle', soon, true);
  mark();

  // Paper has no folds; chapters that close each other would stay closed
  addEventListener('beforeprint', () => {
    for (const chapter of all('details[name]')) { chapter.dataset.name = chapter.getAttribute('name'); chapter.removeAttribute('name'); }
    for (const fold of all('details:not([open], .numbers)')) { fold.open = true; fold.dataset.folded = ''; }
  });
  addEventListener('afterprint', () => {
    for (const fold of all('details[data-folded]')) { fold.open = false; delete fold.dataset.folded; }
    for (const chapter of all('details[data-name]')) { chapter.setAttribute('name', chapter.dataset.name); delete chapter.dataset.name; }
  });
})();
