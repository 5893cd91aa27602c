import type { ChildName, Children } from "./children.ts";

/** Those who need others end before them. Each group has at most 3 s, so that all have ended within 10 s. */
const stopOrder: readonly (readonly ChildName[])[] = [
  ["gateway"],
  ["geo", "auth", "metering"],
  ["nats", "postgres"],
];

/**
 * Starts every process at once and resolves when all are ready: each waits by itself for what it needs.
 * `onPostgres` runs when PostgreSQL answers. Rejects at the first that cannot be started; the others go on.
 */
export async function startChildren(
  children: Children,
  onPostgres: () => Promise<void>,
): Promise<void> {
  await Promise.all(
    [...children].map(async ([name, child]) => {
      await child.start();
      if (name === "postgres") await onPostgres();
    }),
  );
}

/** Ends every process in reverse order of need. */
export async function closeChildren(children: Children): Promise<void> {
  for (const group of stopOrder) {
    await Promise.all(group.map((name) => children.get(name)?.close()));
  }
}
