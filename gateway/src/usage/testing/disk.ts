import { type Disk, SYSTEM_DISK } from "../disk.ts";

/** A disk that does what the test says, and what the machine's does while it says nothing. */
export class TestDisk implements Disk {
  /** The error of the next write, and of all after it. */
  writeError: Error | undefined;
  /** The error of making a file, while it is set. */
  createError: Error | undefined;
  /** No write takes more bytes. */
  writtenBytesMax = Number.POSITIVE_INFINITY;
  /** Whether files are cut. */
  isCutting = true;
  /** While set, syncs wait for `finishSync`. */
  isHolding = false;
  /** Syncs under way, and the most that ever were. */
  underWay = 0;
  underWayMax = 0;
  readonly #held: ((error: Error | null) => void)[] = [];

  async create(file: string, bytes: number): Promise<void> {
    if (this.createError !== undefined) throw this.createError;
    await SYSTEM_DISK.create(file, bytes);
  }

  write(fd: number, bytes: Buffer, offset: number): number {
    if (this.writeError !== undefined) throw this.writeError;
    return SYSTEM_DISK.write(fd, bytes.subarray(0, this.writtenBytesMax), offset);
  }

  sync(fd: number, done: (error: Error | null) => void): void {
    this.underWay += 1;
    this.underWayMax = Math.max(this.underWayMax, this.underWay);
    const finish = (error: Error | null) => {
      this.underWay -= 1;
      done(error);
    };
    if (this.isHolding) this.#held.push(finish);
    else SYSTEM_DISK.sync(fd, finish);
  }

  truncate(fd: number, bytes: number): void {
    if (this.isCutting) SYSTEM_DISK.truncate(fd, bytes);
  }

  /** Ends the oldest sync that is held, with an error or without. */
  finishSync(error: Error | null = null): void {
    this.#held.shift()?.(error);
  }
}
