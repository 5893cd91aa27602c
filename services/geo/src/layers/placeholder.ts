/** In any case of letters. */
const PLACEHOLDER = /^(?:-+|\?+|unknown|n\/a)$/i;
const PLACEHOLDER_LENGTH_MAX = 7;
/** Every name of a dataset is looked at: most are told by their first letter. */
const FIRST_LETTERS = "-?uUnN";

/** True for what publishers write for a text that they do not know, such as `-` and `Unknown`. */
export function isPlaceholder(text: string): boolean {
  return (
    text.length <= PLACEHOLDER_LENGTH_MAX &&
    FIRST_LETTERS.includes(text.charAt(0)) &&
    PLACEHOLDER.test(text)
  );
}
