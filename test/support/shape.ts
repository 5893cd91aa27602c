/** Stands in an example for keys that it leaves out: `{"ip_address": "81.2.69.142", "…": "…"}`. */
const MORE = "…";

/**
 * Where an answer has another shape than the example of it in a document: other keys, or values of another type. `null` in
 * either is of every type; values are not compared. Empty where the shapes are equal.
 */
export function shapeProblems(example: unknown, answer: unknown, at = "$"): string[] {
  if (example === null || answer === null) return [];
  if (Array.isArray(example)) return arrayProblems(example, answer, at);
  if (typeof example !== typeof answer || Array.isArray(answer)) {
    return [`${at} is ${typeOf(answer)}, not ${typeOf(example)}`];
  }
  if (typeof example !== "object") return [];
  const [documented, answered] = [example, answer] as [Record<string, unknown>, object];
  const entries = new Map(Object.entries(answered));
  const isPart = MORE in documented;
  const keys = Object.keys(documented).filter((key) => key !== MORE);
  return [
    ...keys.filter((key) => !entries.has(key)).map((key) => `${at}.${key} is not answered`),
    ...[...entries.keys()]
      .filter((key) => !isPart && !(key in documented))
      .map((key) => `${at}.${key} is not documented`),
    ...keys
      .filter((key) => entries.has(key))
      .flatMap((key) => shapeProblems(documented[key], entries.get(key), `${at}.${key}`)),
  ];
}

/** Arrays of one length are compared by place; else every element answered must be like one of the example. */
function arrayProblems(example: readonly unknown[], answer: unknown, at: string): string[] {
  if (!Array.isArray(answer)) return [`${at} is ${typeOf(answer)}, not an array`];
  if (example.length > 0 && answer.length === 0) return [`${at} is answered empty`];
  if (example.length === answer.length) {
    return example.flatMap((each, index) => shapeProblems(each, answer[index], `${at}[${index}]`));
  }
  return answer.flatMap((each, index) => {
    const problems = example.map((model) => shapeProblems(model, each, `${at}[${index}]`));
    return problems.some((found) => found.length === 0) ? [] : (problems[0] ?? []);
  });
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? "an array" : `of type ${typeof value}`;
}
