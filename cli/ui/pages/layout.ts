import { type Content, type Html, html } from '../../../layers/report/html/html.ts';
import { iconSheet } from '../../../layers/report/html/icons.ts';

export interface Page {
  readonly title: string;
  readonly current?: 'runs' | 'upload';
  /** After how many milliseconds the page looks for news; absent where there can be none. */
  readonly refresh?: number;
  /** Whether it stands in for a page that cannot be shown for now, and gives way to it. */
  readonly recovers?: boolean;
  readonly body: Content;
}

/** A whole page. `token` lets its script change something. */
export function layout({ title, current, refresh, recovers, body }: Page, token: string): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="ecom-token" content="${token}">
<title>${title} · ecom</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css">
<script src="/assets/theme.js"></script>
<script src="/assets/client.js" defer></script>
</head>
<body${refresh === undefined ? null : html` data-refresh="${refresh}"`}${recovers ? html` data-recovers` : null}>
<a class="skip" href="#main">Skip to the content</a>
${iconSheet}
<header class="page-head">
<p class="brand"><a href="/"><svg class="logo" viewBox="0 0 20 20" aria-hidden="true"><path d="M2 14l5-5 4 3 7-8"/><circle cx="18" cy="4" r="2"/></svg>ecom</a></p>
<nav class="site-nav" aria-label="Pages">${link('/', 'Runs', current === 'runs')}${link('/upload', 'Upload', current === 'upload')}</nav>
<div id="tools"><span class="pulse" id="connection" role="status"></span></div>
</header>
<main id="main" tabindex="-1" class="shell">
${body}
</main>
<p id="announce" class="visually-hidden" role="status"></p>
</body>
</html>
`;
}

function link(href: string, label: string, isCurrent: boolean): Html {
  return html`<a href="${href}"${isCurrent ? html` aria-current="page"` : null}>${label}</a>`;
}

/** A part of a page that the script replaces when it changes. */
export function live(id: string, content: Content): Html {
  return html`<div class="live" id="${id}" data-live>${content}</div>`;
}

export function card(title: Content, body: Content, id?: string): Html {
  return html`<section class="card"${id === undefined ? null : html` aria-labelledby="${id}"`}><h2${
    id === undefined ? null : html` id="${id}"`
  }>${title}</h2>
${body}</section>`;
}
