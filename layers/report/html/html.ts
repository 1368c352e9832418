/** Markup that is safe to put into a page as it is. */
export class Html {
  constructor(readonly markup: string) {}
}

export type Content = Html | string | number | null | undefined | readonly Content[];

/** Markup with every value escaped; a value that is itself `Html`, or a list of it, goes in as it is. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let markup = strings[0] ?? '';
  values.forEach((value, index) => {
    if (strings[index]?.endsWith('=')) throw new Error(`an attribute without quotes: ${strings[index]}`);
    markup += render(value) + (strings[index + 1] ?? '');
  });
  return new Html(markup);
}

/** Markup that this project made, not data. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function render(value: Content): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(render).join('');
  return escapeMarkup(printable(String(value)));
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Control characters as their pictures (U+2400), and halves of surrogate pairs as U+FFFD: a page can hold the rest. */
export function printable(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
      .replace(/[\u0000-\u0008\u000b-\u001f]/g, (control) =>
        String.fromCharCode(0x2400 + control.charCodeAt(0)),
      )
      .replaceAll('\u007f', '\u2421')
      .replace(/\p{Surrogate}/gu, '\ufffd')
  );
}
