/** HTML from untrusted text: everything a template is given is escaped unless a template made it. */

/** Text that is HTML already. Only `html` and `trusted` make it. */
export interface Markup {
  readonly markup: string;
}

export type Piece = string | number | Markup | readonly Markup[] | undefined;

/**
 * A template tag: strings and numbers are escaped, markup and lists of markup go in as they are, undefined is nothing.
 * Attribute values must be quoted. Sent to the page as source text, so it uses nothing from outside.
 */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  const textOf = (piece: Piece): string => {
    if (piece === undefined) return '';
    if (typeof piece === 'object')
      return 'markup' in piece ? piece.markup : piece.map((part) => part.markup).join('');
    return String(piece).replace(/[&<>"']/g, (character) => entities[character]);
  };
  let markup = strings[0];
  pieces.forEach((piece, i) => {
    markup += textOf(piece) + strings[i + 1];
  });
  return { markup };
}

/** Text of this package's own making: styles and scripts. */
export function trusted(markup: string): Markup {
  return { markup };
}

/** JSON that may stand inside a script element: no `<` in it, so no tag can end or begin there. */
export function jsonForHtml(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

const MAX_CHARACTERS = 80;

/** An id short enough to show. */
export function clip(id: string, maxCharacters = MAX_CHARACTERS): string {
  if (id === '') return '(empty id)';
  if (id.length <= maxCharacters) return id;
  const characters = Array.from(id.slice(0, 2 * maxCharacters + 2));
  return characters.length <= maxCharacters && id.length <= 2 * maxCharacters
    ? id
    : `${characters.slice(0, maxCharacters - 1).join('')}…`;
}
