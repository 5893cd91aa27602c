import type { Socket } from "node:net";

/** Connections that wait while no worker takes any; more are cut. */
const WAITING_MAX = 1_000;
const WAIT_MS_MAX = 10_000;

/** Whoever connections are handed to. */
export interface Recipient {
  /** Hands over a copy of a connection from which nothing was read. */
  hand(id: number, socket: Socket): void;
}

/**
 * Hands connections to workers in turn, so that each has as many as the others; a worker that is slow to take them is
 * passed over. A connection stays here too until a worker says that it took it: one that a worker returns, or that was on
 * its way to a worker that ended, goes to another. While no worker takes any, up to 1,000 wait for up to 10 s.
 */
export class Distributor {
  readonly #open: Recipient[] = [];
  readonly #underWay = new Map<Recipient, Map<number, Socket>>();
  readonly #waiting = new Map<Socket, NodeJS.Timeout>();
  #id = 0;
  #isClosed = false;
  #whenEmpty: (() => void) | undefined;

  /** Gives a connection to a worker. */
  give(socket: Socket): void {
    // It may be reset while it is here, which only its reader needs to know.
    if (socket.listenerCount("error") === 0) socket.on("error", () => socket.destroy());
    const recipient = this.#next();
    if (recipient === undefined) {
      this.#wait(socket);
      return;
    }
    this.#id += 1;
    this.#underWay.get(recipient)?.set(this.#id, socket);
    recipient.hand(this.#id, socket);
  }

  /** The worker takes connections from now on. */
  open(recipient: Recipient): void {
    this.#open.push(recipient);
    this.#underWay.set(recipient, new Map());
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [socket, timer] of waiting) {
      clearTimeout(timer);
      this.give(socket);
    }
  }

  /** The worker takes no more connections. */
  shut(recipient: Recipient): void {
    const at = this.#open.indexOf(recipient);
    if (at >= 0) this.#open.splice(at, 1);
  }

  /** The connection is the worker's alone now. */
  took(recipient: Recipient, id: number): void {
    this.#leave(recipient, id)?.destroy();
    if (this.#whenEmpty !== undefined && this.#held === 0) this.#whenEmpty();
  }

  /** The worker did not take the connection, and has read nothing from it. */
  returned(recipient: Recipient, id: number): void {
    const socket = this.#leave(recipient, id);
    if (socket !== undefined) this.give(socket);
  }

  /** The worker has ended. */
  ended(recipient: Recipient): void {
    this.shut(recipient);
    const sockets = this.#underWay.get(recipient)?.values() ?? [];
    this.#underWay.delete(recipient);
    for (const socket of sockets) this.give(socket);
  }

  /** Resolves once workers have taken all connections, or after `msMax` milliseconds. */
  async emptied(msMax: number): Promise<void> {
    if (this.#held === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenEmpty = resolve;
    const timer = setTimeout(resolve, msMax);
    await promise;
    clearTimeout(timer);
  }

  /** Cuts what waits, and what comes back from workers later. */
  close(): void {
    this.#isClosed = true;
    for (const [socket, timer] of this.#waiting) {
      clearTimeout(timer);
      socket.destroy();
    }
    this.#waiting.clear();
  }

  /** Of those with the fewest connections under way, the one that was not served for the longest time. */
  #next(): Recipient | undefined {
    const load = (recipient: Recipient) => this.#underWay.get(recipient)?.size ?? 0;
    const least = Math.min(...this.#open.map(load));
    const at = this.#open.findIndex((recipient) => load(recipient) === least);
    const [chosen] = at < 0 ? [] : this.#open.splice(at, 1);
    if (chosen !== undefined) this.#open.push(chosen);
    return chosen;
  }

  /** Connections that no worker took yet. */
  get #held(): number {
    const underWay = [...this.#underWay.values()].reduce((sum, { size }) => sum + size, 0);
    return this.#waiting.size + underWay;
  }

  #leave(recipient: Recipient, id: number): Socket | undefined {
    const sockets = this.#underWay.get(recipient);
    const socket = sockets?.get(id);
    sockets?.delete(id);
    return socket;
  }

  #wait(socket: Socket): void {
    if (this.#isClosed || this.#waiting.size >= WAITING_MAX) return void socket.destroy();
    const late = () => {
      this.#waiting.delete(socket);
      socket.destroy();
    };
    this.#waiting.set(socket, setTimeout(late, WAIT_MS_MAX));
  }
}
