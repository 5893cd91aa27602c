/** A set-up step that cannot continue. The message is for the person at the terminal: what is missing and the way out. */
export class SetupError extends Error {}

/** Ctrl-C, or a signal to this process, ended a set-up step. */
export class Interrupted extends Error {}
