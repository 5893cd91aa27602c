/** In any case of letters. */
const PLACEHOLDER = /^(?:-+|\?+|unknown|n\/a)$/i;
const PLACEHOLDER_LENGTH_MAX = 7;

/** True for what publishers write for a text that they do not know, such as `-` and `Unknown`. */
export function isPlaceholder(text: string): boolean {
  return text.length <= PLACEHOLDER_LENGTH_MAX && PLACEHOLDER.test(text);
}
