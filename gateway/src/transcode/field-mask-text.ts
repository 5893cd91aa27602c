/** A path in lowerCamelCase, as proto3 JSON writes it. A leading `-` leaves a field out in some APIs; `*` is every field. */
const CAMEL = /^-?(?:[A-Za-z][A-Za-z0-9]*|\*)(?:\.(?:[A-Za-z][A-Za-z0-9]*|\*))*$/;
/** A path in snake_case, as contracts name fields. */
const SNAKE = /^-?(?:[a-z_][a-z0-9_]*|\*)(?:\.(?:[a-z_][a-z0-9_]*|\*))*$/;

/**
 * Reads the text of a google.protobuf.FieldMask, such as `name,rate.perSecond` or `name,rate.per_second`: its paths in
 * snake_case; none for empty text. Undefined for a path that is neither, such as an empty one.
 */
export function readFieldMask(text: string): string[] | undefined {
  if (text === "") return [];
  const paths: string[] = [];
  for (const path of text.split(",")) {
    if (SNAKE.test(path)) paths.push(path);
    else if (CAMEL.test(path)) paths.push(path.replace(/[A-Z]/g, (at) => `_${at.toLowerCase()}`));
    else return undefined;
  }
  return paths;
}
