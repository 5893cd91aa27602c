import { Socket } from "node:net";
import { expect, test, vi } from "vitest";
import { Distributor, type HandedConnection } from "./distributor.ts";

/** A worker that keeps what it is handed and answers when the test says so. */
class Worker {
  readonly handed: { id: number; socket: Socket }[] = [];

  hand(id: number, { socket }: HandedConnection): void {
    this.handed.push({ id, socket });
  }

  get sockets(): Socket[] {
    return this.handed.map(({ socket }) => socket);
  }
}

const came = (socket = new Socket()): HandedConnection => ({ socket, door: "cleartext" });

function distributorOf(count: number) {
  const distributor = new Distributor();
  const workers = Array.from({ length: count }, () => new Worker());
  for (const worker of workers) distributor.open(worker);
  const take = (worker: Worker) => {
    for (const { id } of worker.handed) distributor.took(worker, id);
  };
  return { distributor, workers, take, all: () => workers.map(({ handed }) => handed.length) };
}

test("connections go to the workers in turn", () => {
  const { distributor, workers, take, all } = distributorOf(3);
  for (let n = 0; n < 30; n++) {
    distributor.give(came());
    workers.forEach(take);
  }
  expect(all()).toEqual([10, 10, 10]);
});

test("a worker that is slow to take its connection is passed over until it does", () => {
  const { distributor, workers, take, all } = distributorOf(2);
  const [, quick] = workers as [Worker, Worker];
  for (let n = 0; n < 10; n++) {
    distributor.give(came());
    take(quick);
  }
  expect(all()).toEqual([1, 9]);
  workers.forEach(take);
  for (let n = 0; n < 10; n++) {
    distributor.give(came());
    workers.forEach(take);
  }
  expect(all()).toEqual([6, 14]);
});

test("a connection stays open here until a worker took it", () => {
  const { distributor, workers, take } = distributorOf(1);
  const socket = new Socket();
  distributor.give(came(socket));
  expect(socket.destroyed).toBe(false);
  workers.forEach(take);
  expect(socket.destroyed).toBe(true);
});

test("what a worker returns goes to another, once", () => {
  const { distributor, workers } = distributorOf(2);
  const [leaving, staying] = workers as [Worker, Worker];
  const socket = new Socket();
  distributor.give(came(socket));
  distributor.shut(leaving);
  for (let n = 0; n < 2; n++) distributor.returned(leaving, 1);
  distributor.ended(leaving);
  expect(staying.sockets).toEqual([socket]);
  expect(socket.destroyed).toBe(false);
});

test("what was on its way to a worker that ended goes to another, and what it took does not", () => {
  const { distributor, workers } = distributorOf(2);
  const [ending, staying] = workers as [Worker, Worker];
  const sockets = Array.from({ length: 4 }, () => new Socket());
  for (const socket of sockets) distributor.give(came(socket));
  const [taken, underWay] = ending.handed as [{ id: number; socket: Socket }, { socket: Socket }];
  distributor.took(ending, taken.id);
  distributor.ended(ending);
  expect(staying.sockets).toHaveLength(3);
  expect(staying.sockets).toContain(underWay.socket);
});

test("while no worker takes any, connections wait for the next one", () => {
  const { distributor } = distributorOf(0);
  const sockets = Array.from({ length: 3 }, () => new Socket());
  for (const socket of sockets) distributor.give(came(socket));
  const worker = new Worker();
  distributor.open(worker);
  expect(worker.sockets).toEqual(sockets);
});

test("at most 1,000 connections wait, for at most 10 s", () => {
  vi.useFakeTimers();
  const { distributor } = distributorOf(0);
  const sockets = Array.from({ length: 1_001 }, () => new Socket());
  for (const socket of sockets) distributor.give(came(socket));
  const cut = () => sockets.filter(({ destroyed }) => destroyed).length;
  expect([cut(), sockets.at(-1)?.destroyed]).toEqual([1, true]);
  vi.advanceTimersByTime(9_999);
  expect(cut()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(cut()).toBe(1_001);
  vi.useRealTimers();
});

test("the end waits until the last connection was taken, and cuts what comes later", async () => {
  const { distributor, workers, take } = distributorOf(1);
  distributor.give(came());
  let isEmptied = false;
  const emptied = distributor.emptied(60_000).then(() => {
    isEmptied = true;
  });
  await Promise.resolve();
  expect(isEmptied).toBe(false);
  workers.forEach(take);
  await emptied;
  for (const worker of workers) distributor.ended(worker);
  distributor.close();
  const late = new Socket();
  distributor.give(came(late));
  expect(late.destroyed).toBe(true);
});
