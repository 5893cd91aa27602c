import type { Target } from "../measure.ts";

/** A target that is closed after use. */
export interface ClosableTarget extends Target {
  close(): Promise<void>;
}
