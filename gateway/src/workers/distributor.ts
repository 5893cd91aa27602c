import type { Socket } from "node:net";
import type { Door } from "../http/connections.ts";

/** Connections that wait while no worker takes any; more are cut. */
const WAITING_MAX = 1_000;
const WAIT_MS_MAX = 10_000;

/** A connection from which nothing was read, and how it came. */
export interface HandedConnection {
  readonly socket: Socket;
  readonly door: Door;
}

/** Whoever connections are handed to. */
export interface Recipient {
  /** Hands over a copy of a connection. */
  hand(id: number, connection: HandedConnection): void;
}

/**
 * Hands connections to workers in turn, so that each has as many as the others; a worker that is slow to take them is
 * passed over. A connection stays here too until a worker says that it took it: one that a worker returns, or that was on
 * its way to a worker that ended, goes to another. While no worker takes any, up to 1,000 wait for up to 10 s.
 */
export class Distributor {
  readonly #open: Recipient[] = [];
  readonly #underWay = new Map<Recipient, Map<number, HandedConnection>>();
  readonly #waiting = new Map<HandedConnection, NodeJS.Timeout>();
  #id = 0;
  #isClosed = false;
  #whenEmpty: (() => void) | undefined;

  /** Gives a connection to a worker. */
  give(connection: HandedConnection): void {
    const { socket } = connection;
    // It may be reset while it is here, which only its reader needs to know.
    if (socket.listenerCount("error") === 0) socket.on("error", () => socket.destroy());
    const recipient = this.#next();
    if (recipient === undefined) {
      this.#wait(connection);
      return;
    }
    this.#id += 1;
    this.#underWay.get(recipient)?.set(this.#id, connection);
    recipient.hand(this.#id, connection);
  }

  /** The worker takes connections from now on. */
  open(recipient: Recipient): void {
    this.#open.push(recipient);
    this.#underWay.set(recipient, new Map());
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [connection, timer] of waiting) {
      clearTimeout(timer);
      this.give(connection);
    }
  }

  /** The worker takes no more connections. */
  shut(recipient: Recipient): void {
    const at = this.#open.indexOf(recipient);
    if (at >= 0) this.#open.splice(at, 1);
  }

  /** The connection is the worker's alone now. */
  took(recipient: Recipient, id: number): void {
    this.#leave(recipient, id)?.socket.destroy();
    if (this.#whenEmpty !== undefined && this.#held === 0) this.#whenEmpty();
  }

  /** The worker did not take the connection, and has read nothing from it. */
  returned(recipient: Recipient, id: number): void {
    const connection = this.#leave(recipient, id);
    if (connection !== undefined) this.give(connection);
  }

  /** The worker has ended. */
  ended(recipient: Recipient): void {
    this.shut(recipient);
    const connections = this.#underWay.get(recipient)?.values() ?? [];
    this.#underWay.delete(recipient);
    for (const connection of connections) this.give(connection);
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
    for (const [{ socket }, timer] of this.#waiting) {
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

  #leave(recipient: Recipient, id: number): HandedConnection | undefined {
    const connections = this.#underWay.get(recipient);
    const connection = connections?.get(id);
    connections?.delete(id);
    return connection;
  }

  #wait(connection: HandedConnection): void {
    const { socket } = connection;
    if (this.#isClosed || this.#waiting.size >= WAITING_MAX) return void socket.destroy();
    const late = () => {
      this.#waiting.delete(connection);
      socket.destroy();
    };
    this.#waiting.set(connection, setTimeout(late, WAIT_MS_MAX));
  }
}
