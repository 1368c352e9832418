/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// What the pages do beyond reading: choosing a theme, looking for news, uploading a folder.
(() => {
  /** @template {HTMLElement} Kind @param {string} id @param {new () => Kind} kind @returns {Kind} */
  const byId = (id, kind) => {
    const found = document.getElementById(id);
    if (!(found instanceof kind)) throw new Error(`the page has no #${id}`);
    return found;
  };
  /** @param {string} tag @param {string} className @param {...(string | Node)} content */
  const make = (tag, className, ...content) => {
    const element = document.createElement(tag);
    element.className = className;
    element.append(...content);
    return element;
  };

  // Theme

  const dark = matchMedia('(prefers-color-scheme: dark)');
  const theme = /** @type {HTMLButtonElement} */ (make('button', 'theme'));
  theme.type = 'button';
  const isDark = () =>
    (document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light')) === 'dark';
  const label = () => {
    theme.replaceChildren(isDark() ? 'Light' : 'Dark', make('span', 'wide-only', ' theme'));
  };
  theme.addEventListener('click', () => {
    const chosen = isDark() ? 'light' : 'dark';
    document.documentElement.dataset.theme = chosen;
    localStorage.setItem('ecom-theme', chosen);
    label();
  });
  dark.addEventListener('change', label);
  label();
  byId('tools', HTMLElement).append(theme);

  // Commands, ready to paste

  document.addEventListener('click', async ({ target }) => {
    const button = target instanceof Element ? target.closest('button.copy') : null;
    const command = button?.previousElementSibling;
    if (!(button instanceof HTMLButtonElement) || !(command instanceof HTMLElement)) return;
    try {
      await navigator.clipboard.writeText(command.textContent ?? '');
      button.textContent = 'Copied';
    } catch {
      // Not allowed: what is selected can still be copied by hand.
      getSelection()?.selectAllChildren(command);
      button.textContent = 'Selected';
    }
    setTimeout(() => button.replaceChildren('Copy'), 1500);
  });

  // News: the page is asked for again, and its parts that changed are replaced

  /** @type {Map<string, string>} */
  const shown = new Map();
  /** @param {ParentNode} root @returns {HTMLElement[]} */
  const liveParts = (root) => Array.from(root.querySelectorAll('[data-live]'));
  for (const part of liveParts(document)) shown.set(part.id, part.innerHTML);

  /** @param {ParentNode} root */
  const announcement = (root) => root.querySelector('[data-announce]')?.getAttribute('data-announce') ?? '';
  let announced = announcement(document);

  /** @param {string} text */
  const take = (text) => {
    const news = new DOMParser().parseFromString(text, 'text/html');
    const said = announcement(news);
    for (const part of liveParts(news)) {
      const current = document.getElementById(part.id);
      if (current === null || shown.get(part.id) === part.innerHTML) continue;
      shown.set(part.id, part.innerHTML);
      const link = current.contains(document.activeElement)
        ? document.activeElement?.getAttribute('href')
        : null;
      current.replaceChildren(...part.childNodes);
      if (link) {
        const again = current.querySelector(`[href="${CSS.escape(link)}"]`);
        if (again instanceof HTMLElement) again.focus({ preventScroll: true });
      }
    }
    if (said !== announced) byId('announce', HTMLElement).textContent = said;
    announced = said;
    const { refresh } = news.body.dataset;
    if (refresh !== undefined) document.body.dataset.refresh = refresh;
  };

  const connection = byId('connection', HTMLElement);
  /** @param {string} text */
  const say = (text) => {
    if (connection.textContent !== text) connection.textContent = text;
  };
  const recovers = document.body.dataset.recovers !== undefined;
  const look = async () => {
    try {
      if (!document.hidden) {
        const answer = await fetch(location.href, { cache: 'no-cache' });
        if (recovers && answer.ok) return location.reload();
        if (answer.ok) take(await answer.text());
        const isGone = answer.status === 404;
        say(answer.ok || recovers ? '' : isGone ? 'This is no longer there' : 'The pipeline does not answer');
      }
    } catch {
      say('ecom ui has ended');
    }
    setTimeout(look, Number(document.body.dataset.refresh));
  };
  if (document.body.dataset.refresh !== undefined) setTimeout(look, Number(document.body.dataset.refresh));

  // Upload

  if (document.getElementById('upload') === null) return;
  const form = byId('upload', HTMLFormElement);
  const zone = byId('dropzone', HTMLElement);
  const folderInput = byId('folder', HTMLInputElement);
  const configInput = byId('config', HTMLInputElement);
  const dropInput = byId('drop', HTMLInputElement);
  const start = byId('start', HTMLButtonElement);
  const problem = byId('problem', HTMLElement);
  const list = byId('files', HTMLElement);
  const token = document.querySelector('meta[name="ecom-token"]')?.getAttribute('content') ?? '';
  const configName = 'experiment.yaml';

  /** @typedef {{ path: string, file: File }} Chosen */
  /** @typedef {{ kind: string, file: string, key: string, size: number }} Planned */
  /** @typedef {{ what: string, where?: string, remedy?: string }} Fault */

  /** @type {Chosen[]} */
  let chosen = [];
  let checks = 0;
  let busy = false;

  /** A problem with an answer to give. */
  class Problem extends Error {
    /** @param {Fault} fault */
    constructor(fault) {
      super(fault.what);
      this.fault = fault;
    }
  }

  /** @param {string} action @param {unknown} body */
  const post = (action, body) =>
    postTo(`/api/uploads/${encodeURIComponent(dropInput.value)}/${action}`, body);

  /** @param {string} address @param {unknown} body */
  const postTo = async (address, body) => {
    const answer = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-ecom-token': token },
      body: JSON.stringify(body),
    });
    const result = await answer.json();
    if (!answer.ok) throw new Problem(result.error);
    return result;
  };

  /** @param {unknown} error */
  const showProblem = (error) => {
    const { what, where, remedy } =
      error instanceof Problem
        ? error.fault
        : { what: 'ecom ui does not answer', where: undefined, remedy: 'Start it again: ./ecom ui' };
    const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
    problem.replaceChildren(
      make(
        'div',
        'notice bad',
        make(
          'div',
          '',
          make('strong', '', sentence),
          ...(where ? [make('small', '', where)] : []),
          ...(remedy ? [make('p', '', remedy)] : []),
        ),
      ),
    );
  };

  const folderName = () => {
    const first = chosen[0]?.path ?? '';
    return first.includes('/') ? (first.split('/')[0] ?? '') : '';
  };

  /** The chosen files, with the separate configuration in the place of the folder's. */
  const allFiles = () => {
    const separate = configInput.files?.[0];
    if (separate === undefined) return chosen;
    const path = [folderName(), configName].filter((part) => part !== '').join('/');
    return [...chosen.filter((one) => one.path !== path), { path, file: separate }];
  };

  /** @type {Promise<string | null>} Id of the conversion of the chosen folder's files that are no CSV. */
  let conversion = Promise.resolve(null);

  /** Hands over what has to be converted. @param {Chosen[]} files @returns {Promise<string | null>} */
  const convert = async (files) => {
    const folder = folderName();
    const within = new Map(
      files.map(({ path, file }) => [folder === '' ? path : path.slice(folder.length + 1), file]),
    );
    const { id, files: needed } = await postTo('/api/conversions', { paths: [...within.keys()] });
    for (const [index, name] of needed.entries()) {
      if (files === chosen) {
        list.replaceChildren(make('p', 'line', `Converting ${name}, ${index + 1} of ${needed.length} …`));
      }
      const answer = await fetch(`/api/conversions/${id}/file?file=${encodeURIComponent(name)}`, {
        method: 'PUT',
        headers: { 'x-ecom-token': token },
        body: within.get(name) ?? null,
      });
      if (!answer.ok) throw new Problem((await answer.json()).error);
    }
    return id;
  };

  const check = async () => {
    checks += 1;
    const mine = checks;
    start.disabled = true;
    if (chosen.length === 0) return;
    const files = allFiles();
    const folder = folderName();
    const configPath = [folder, configName].filter((part) => part !== '').join('/');
    const config = files.find(({ path }) => path === configPath);
    try {
      const id = await conversion;
      const {
        files: planned,
        ignored,
        converted,
      } = await post('check', {
        folder,
        files: files.map(({ path, file }) => ({ path, size: file.size })),
        config: config === undefined ? null : await config.file.text(),
        conversion: id,
      });
      if (mine !== checks) return;
      problem.replaceChildren();
      showFiles(planned, ignored, converted);
      start.disabled = false;
    } catch (error) {
      if (mine !== checks) return;
      showNames(files);
      showProblem(error);
    }
  };

  /** What the folder holds instead. @param {Chosen[]} files */
  const showNames = (files) => {
    const folder = folderName();
    const names = files.map(({ path }) => (folder === '' ? path : path.slice(folder.length + 1)));
    list.replaceChildren(make('p', 'line', `The folder holds: ${inWords(names)}`));
  };

  /** @param {string[]} names */
  const inWords = (names) =>
    names.slice(0, 8).join(', ') + (names.length > 8 ? ` and ${names.length - 8} more` : '');

  /** @type {Planned[]} */
  let plan = [];
  /** @type {HTMLProgressElement[]} */
  let bars = [];

  /** @param {number} bytes */
  const size = (bytes) => {
    const units = ['B', 'kB', 'MB', 'GB', 'TB'];
    const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
    return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)}\u00a0${units[power]}`;
  };

  /** @param {Planned[]} planned @param {string[]} ignored @param {string[]} converted */
  const showFiles = (planned, ignored, converted) => {
    plan = planned;
    bars = planned.map(({ file }) => {
      const bar = document.createElement('progress');
      bar.max = 1;
      bar.value = 0;
      bar.setAttribute('aria-label', `Upload of ${file}`);
      return bar;
    });
    const rows = planned.map(({ file, size: bytes }, index) =>
      make(
        'li',
        '',
        make('code', '', file),
        make('span', 'figure', size(bytes)),
        /** @type {Node} */ (bars[index]),
      ),
    );
    const total = planned.reduce((sum, one) => sum + one.size, 0);
    list.replaceChildren(
      make('p', 'line', `${planned.length} ${planned.length === 1 ? 'file' : 'files'}, ${size(total)}`),
      make('ul', 'planned', ...rows),
      ...converted.map((sentence) => make('p', 'fine', sentence)),
      ...(ignored.length > 0
        ? [make('p', 'fine', `Not part of a drop, so not uploaded: ${inWords(ignored)}`)]
        : []),
    );
  };

  /** @param {Planned} planned @param {File} file @param {HTMLProgressElement} bar */
  const send = ({ key }, file, bar) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(
        'PUT',
        `/api/uploads/${encodeURIComponent(dropInput.value)}/file?key=${encodeURIComponent(key)}`,
      );
      request.setRequestHeader('x-ecom-token', token);
      request.responseType = 'json';
      request.upload.addEventListener('progress', ({ loaded, total }) => {
        bar.value = total === 0 ? 1 : loaded / total;
      });
      request.addEventListener('error', () => reject(new Error('the connection broke')));
      request.addEventListener('load', () => {
        bar.value = 1;
        if (request.status === 200) resolve(request.response);
        else reject(new Problem(request.response?.error ?? { what: 'the file was not taken' }));
      });
      request.send(file);
    });

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (start.disabled || busy) return;
    busy = true;
    start.disabled = true;
    problem.replaceChildren();
    try {
      const files = allFiles();
      const id = await conversion;
      const stored = [];
      for (const [index, planned] of plan.entries()) {
        start.textContent = `Uploading ${index + 1} of ${plan.length} …`;
        const file = files.find(({ path }) => path === planned.file)?.file;
        const bar = bars[index];
        if (bar === undefined) continue;
        if (file !== undefined) stored.push(await send(planned, file, bar));
        else {
          const folder = folderName();
          const name = folder === '' ? planned.file : planned.file.slice(folder.length + 1);
          stored.push(await post('converted', { conversion: id, file: name, key: planned.key }));
          bar.value = 1;
        }
      }
      start.textContent = 'Starting the run …';
      const { runId } = await post('start', { files: stored, conversion: id });
      busy = false;
      location.assign(`/runs/${runId}`);
    } catch (error) {
      showProblem(error);
      start.textContent = 'Upload and run';
      start.disabled = false;
    } finally {
      busy = false;
    }
  });

  addEventListener('beforeunload', (event) => {
    if (busy) event.preventDefault();
  });

  /** @param {Chosen[]} files */
  const choose = (files) => {
    if (busy) return;
    // A folder may lie below what was dropped; hidden files are nobody's data, and what commands once converted
    // is converted anew.
    chosen = files.filter(
      ({ path }) => !path.split('/').some((part) => part.startsWith('.') || part === 'ecom-converted'),
    );
    if (chosen.length === 0) {
      list.replaceChildren();
      showProblem(new Problem({ what: 'the folder is empty' }));
      return;
    }
    conversion = convert(chosen);
    check();
  };

  folderInput.addEventListener('change', () =>
    choose(
      Array.from(folderInput.files ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file })),
    ),
  );
  configInput.addEventListener('change', check);
  dropInput.addEventListener('input', check);

  /** @param {FileSystemEntry} entry @param {string} parent @returns {Promise<Chosen[]>} */
  const filesOf = async (entry, parent) => {
    const path = parent === '' ? entry.name : `${parent}/${entry.name}`;
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) =>
        /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject),
      );
      return [{ path, file }];
    }
    const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
    /** @type {Chosen[]} */
    const found = [];
    for (;;) {
      // A reader gives its entries in batches, and an empty one at the end.
      /** @type {FileSystemEntry[]} */
      const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (batch.length === 0) return found;
      for (const inner of batch) found.push(...(await filesOf(inner, path)));
    }
  };

  for (const kind of ['dragenter', 'dragover']) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add('over');
    });
  }
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) zone.classList.remove('over');
  });
  document.addEventListener('drop', async (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    const entries = Array.from(event.dataTransfer?.items ?? []).flatMap(
      (item) => item.webkitGetAsEntry() ?? [],
    );
    const files = [];
    for (const entry of entries) files.push(...(await filesOf(entry, '')));
    choose(files);
  });
})();
