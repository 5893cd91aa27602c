import type { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import type { Clock } from "@geomesh/runtime/clock";
import type { Log } from "@geomesh/runtime/log";
import type { GatewayEpoch } from "../ledger/gateway-epochs.ts";
import type { MeteringDatabase } from "../ledger/schema.ts";
import { type BlockOutcome, countBlock, countEarly } from "./count-block.ts";
import { USAGE_RECORDED } from "./events.ts";
import { loseGap, readForgotten } from "./forgotten-epochs.ts";
import { keepNewer } from "./newer-blocks.ts";
import { setAside } from "./poison-blocks.ts";
import { placementProblem } from "./usage-block.ts";

/**
 * What became of a message of the stream. A `misplaced` one has no place in the sequence of any gateway; one of an
 * `unknown_format` is kept for a newer metering.
 */
export type UsageOutcome = BlockOutcome | "misplaced" | "unknown_format";

/** What taking a message needs. */
export interface TakeDeps {
  readonly db: MeteringDatabase;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears each outcome after its commit. */
  onOutcome(outcome: UsageOutcome): void;
}

/** Takes the messages of the stream into the database, each of them whatever is in it. */
export interface Intake {
  /** Errors: those of the database; then the message must come again. */
  take(block: UsageRecorded, payload: Uint8Array): Promise<void>;
  /** The same for a message that does not decode. */
  takeUndecodable(payload: Uint8Array): Promise<void>;
  /** The same for any message. */
  takeEncoded(payload: Uint8Array): Promise<void>;
  /** Counts what waits behind gaps of forgotten epochs: what is missing is lost. Errors: those of the database. */
  closeForgottenGaps(): Promise<void>;
}

/** Makes an intake that knows one format of blocks. */
export function createIntake(
  { db, clock, log, onOutcome }: TakeDeps,
  { format }: { readonly format: number },
): Intake {
  async function take(block: UsageRecorded, payload: Uint8Array): Promise<void> {
    if (block.format !== format) return keepForNewer(block, payload);
    const misplaced = placementProblem(block);
    if (misplaced !== undefined) return setMisplacedAside(payload, misplaced);
    const arrived = { block, payload, wallMs: clock.wallMs() };
    for await (const outcome of countBlock(db, arrived)) report(block, outcome);
  }

  function report(
    { gatewayId, epoch, firstSequence }: GatewayEpoch & { firstSequence?: bigint },
    outcome: BlockOutcome,
  ): void {
    onOutcome(outcome);
    const from = { gatewayId, epoch: `${epoch}`, firstSequence: firstSequence?.toString() };
    if (outcome === "early") log.warn(from, "usage is missing before a block");
    if (outcome === "set_aside")
      log.error(from, "records that cannot be billed were set aside with their block");
  }

  async function keepForNewer(block: UsageRecorded, payload: Uint8Array): Promise<void> {
    await keepNewer(db, payload, block.format);
    onOutcome("unknown_format");
    const { gatewayId, epoch } = block;
    log.error(
      { gatewayId, epoch: `${epoch}`, format: block.format, known: format },
      "a block of an unknown format is kept and not counted: upgrade metering before the gateways",
    );
  }

  async function setMisplacedAside(payload: Uint8Array, problem: string): Promise<void> {
    await setAside(db, { payload, problem });
    onOutcome("misplaced");
    log.error({ problem }, "a block that belongs to no gateway was set aside");
  }

  const takeUndecodable = (payload: Uint8Array) => setMisplacedAside(payload, "it does not decode");

  async function closeForgottenGaps(): Promise<void> {
    for (const epoch of await readForgotten(db)) {
      for (;;) {
        const gap = await loseGap(db, epoch);
        for await (const outcome of countEarly(db, epoch, clock.wallMs())) report(epoch, outcome);
        if (gap === undefined) break;
        const of = { gatewayId: epoch.gatewayId, epoch: `${epoch.epoch}`, ...gap };
        log.error(of, "usage of a forgotten epoch is lost");
      }
    }
  }

  return {
    take,
    takeUndecodable,
    closeForgottenGaps,
    takeEncoded(payload) {
      const block = decode(payload);
      return block === undefined ? takeUndecodable(payload) : take(block, payload);
    },
  };
}

function decode(payload: Uint8Array): UsageRecorded | undefined {
  try {
    return USAGE_RECORDED.decode(payload);
  } catch {
    return undefined;
  }
}
