/** What the launcher needs to know about its machine; Node's `process` is one. */
export type Machine = Pick<NodeJS.Process, "execPath" | "pid" | "platform" | "arch" | "getuid">;
