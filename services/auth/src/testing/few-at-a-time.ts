const AT_A_TIME = 3;

/**
 * Makes so many things, three at a time, and resolves with them in order. Writes wait for each other in auth, which refuses
 * those that wait for seconds: on a busy machine, all at once would. Errors: the first of `make`.
 */
export async function fewAtATime<T>(
  count: number,
  make: (index: number) => Promise<T>,
): Promise<T[]> {
  const made: T[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next++;
      made[index] = await make(index);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  return made;
}
