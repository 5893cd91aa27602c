import type { ChildName, Children } from "./children.ts";

/** Processes end before those that they need. Each group has at most 3 s, so that all have ended within 10 s. */
const STOP_ORDER: readonly (readonly ChildName[])[] = [
  ["gateway"],
  ["geo", "auth", "metering"],
  ["nats", "postgres"],
];

const NEEDS_DATABASE: ReadonlySet<string> = new Set(["auth", "metering"]);

/**
 * Starts every process and resolves when all are ready. They start at once, since each waits by itself for what it needs, except
 * those whose database `onPostgres` creates. Errors: StartError of the first that cannot be started; the others keep running.
 */
export async function startChildren(
  children: Children,
  onPostgres: () => Promise<void>,
): Promise<void> {
  const { postgres, ...others } = Object.fromEntries(children);
  const databases = postgres?.start().then(onPostgres);
  const starts = Object.values(others).map(async (child) => {
    if (NEEDS_DATABASE.has(child.name)) await databases;
    await child.start();
  });
  await Promise.all([databases, ...starts]);
}

/** Stops every process, each before those that it needs. */
export async function closeChildren(children: Children): Promise<void> {
  for (const group of STOP_ORDER) {
    await Promise.all(group.map((name) => children.get(name)?.close()));
  }
}
