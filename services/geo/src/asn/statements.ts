/** What a source says of an address that, as it knows, nobody announces. */
export const NOBODY = 0;
/** What a source says of an address that it does not have. */
export const NOTHING = -1;

/**
 * Which source decides, of what several say in order of priority: numbers of systems, NOBODY or NOTHING. It is the first of those
 * that say what most sources say. To say nothing counts as to say NOBODY, but nobody decides by saying nothing. The
 * answer is a place in the list, or -1 where the address has no system.
 */
export function decidingSource(statements: readonly number[]): number {
  let deciding = -1;
  let votesMost = 0;
  for (let i = 0; i < statements.length; i++) {
    if (statements[i] === NOTHING) continue;
    const votes = votesFor(statements, statements[i] as number);
    if (votes <= votesMost) continue;
    votesMost = votes;
    deciding = i;
  }
  if (deciding < 0 || statements[deciding] === NOBODY) return -1;
  return votesFor(statements, NOBODY) > votesMost ? -1 : deciding;
}

function votesFor(statements: readonly number[], statement: number): number {
  let votes = 0;
  for (const said of statements) {
    if (said === statement || (statement === NOBODY && said === NOTHING)) votes++;
  }
  return votes;
}
