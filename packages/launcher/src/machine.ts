/** What the launcher needs to know of where it runs; Node's `process` is one. */
export type Machine = Pick<NodeJS.Process, "execPath" | "platform" | "arch" | "getuid">;
