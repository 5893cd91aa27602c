import { type Clock, SYSTEM_CLOCK } from "@geomesh/runtime/clock";

/** A clock whose wall time stands still. */
export function clockAt(time: Date): Clock {
  return { ...SYSTEM_CLOCK, wallMs: () => time.getTime() };
}
