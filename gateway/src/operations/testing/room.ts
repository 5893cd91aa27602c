import type { AppError } from "@geomesh/runtime/errors";
import type { Room } from "../admission.ts";

/** A room that is full when the test says so, and counts what is in it. */
export class RoomStandIn implements Room {
  /** Why nothing fits in any more. */
  full: AppError | undefined;
  addresses = 0;

  problem(): AppError | undefined {
    return this.full;
  }

  enter(_principal: unknown, addresses: number): void {
    this.addresses += addresses;
  }

  leave(_principal: unknown, addresses: number): void {
    this.addresses -= addresses;
  }
}
