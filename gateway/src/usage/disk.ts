import { fdatasync, ftruncateSync, writeSync } from "node:fs";
import { createSegment } from "./segment.ts";

/** What the spool does to the files that it writes records to. Tests hand in a disk that fails. Errors: those of node:fs. */
export interface Disk {
  /** Makes a file of so many zeros. */
  create(file: string, bytes: number): Promise<void>;
  /** Writes bytes at an offset; returns how many were written. */
  write(fd: number, bytes: Buffer, offset: number): number;
  /** Brings what was written to the disk, then calls `done` once, never within this call. */
  sync(fd: number, done: (error: Error | null) => void): void;
  /** Cuts a file. */
  truncate(fd: number, bytes: number): void;
}

/** The disk of the machine. */
export const SYSTEM_DISK: Disk = {
  create: createSegment,
  write: (fd, bytes, offset) => writeSync(fd, bytes, 0, bytes.length, offset),
  sync: fdatasync,
  truncate: ftruncateSync,
};
