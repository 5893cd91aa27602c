import { AcquireLeaseRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { AppError } from "@geomesh/runtime/errors";
import type { Ledger } from "./ledger.ts";
import { block, lostBlock, TEST_NONCE, TEST_PERIOD, type UsageRecord, usage } from "./usage.ts";

interface Lease {
  readonly number: bigint;
  known: bigint;
  spent: bigint;
  /** When the gateway stops to spend from it, by the ledger's clock. */
  expiresAtMs: number;
}
interface Epoch {
  readonly number: bigint;
  records: UsageRecord[];
  sent: number;
  /** True once it gets no more leases, whoever closed it. */
  isClosed: boolean;
}

/** Share of a lease's life that gateways use. */
const USABLE = 0.8;
/** What the next start of a gateway knows of the nonce of the one before it. */
const NO_NONCE = Buffer.alloc(0);
const COPY_NONCE = Buffer.alloc(16, 2);

/** Units that a request needs, all or none, and those that are wanted in all. */
export interface UnitsAsked {
  readonly needed: bigint;
  readonly wanted: bigint;
}

/** Calls the ledger as a gateway does: in the worst order that gateways may use, with true numbers. */
export class ModelGateway {
  readonly #ledger: Ledger;
  readonly #gatewayId: string;
  readonly #epochs: Epoch[] = [newEpoch(1n)];
  readonly #leases = new Map<string, Lease>();
  readonly #sent: (() => Promise<unknown>)[] = [];
  #leaseNumbers = 0n;
  #gone = false;

  constructor(ledger: Ledger, gatewayId: string) {
    this.#ledger = ledger;
    this.#gatewayId = gatewayId;
  }

  get gatewayId(): string {
    return this.#gatewayId;
  }

  get #epoch(): Epoch {
    return this.#epochs.at(-1) as Epoch;
  }

  /** The units that it spent, of which it has the records. */
  spent(accountId: string): number {
    return this.#epochs
      .flatMap((epoch) => epoch.records)
      .reduce((sum, record) => sum + (record.accountId === accountId ? record.units : 0), 0);
  }

  async acquire(
    accountId: string,
    { needed, wanted }: UnitsAsked,
    { isLost }: { isLost: boolean },
  ) {
    if (this.#epoch.isClosed) return;
    const lease = this.#leaseFor(accountId);
    const gatewayEpoch = { gatewayId: this.#gatewayId, epoch: this.#epoch.number };
    await this.#ledger.openEpoch({ ...gatewayEpoch, nonce: TEST_NONCE });
    const request = AcquireLeaseRequest.fromPartial({
      ...gatewayEpoch,
      nonce: TEST_NONCE,
      leaseNumber: lease.number,
      accountId,
      periodStartTime: TEST_PERIOD,
      unitsKnown: lease.known,
      unitsNeeded: needed,
      unitsWanted: wanted,
    });
    this.#sent.push(() => this.#ledger.acquire(request));
    const sentAtMs = this.#ledger.clock.wallMs();
    const { unitsGranted, lifetimeMs } = await this.#ledger.acquire(request);
    if (isLost) return;
    const isRefused = needed > 0n && unitsGranted === lease.known;
    if (!isRefused) lease.expiresAtMs = sentAtMs + lifetimeMs * USABLE;
    lease.known = unitsGranted;
  }

  /** Asks for a month that is not, as a gateway with a wrong clock does. */
  async acquireForWrongMonth(accountId: string) {
    const request = AcquireLeaseRequest.fromPartial({
      ...{ gatewayId: this.#gatewayId, epoch: this.#epoch.number, nonce: TEST_NONCE },
      ...{ leaseNumber: 1_000_000n, accountId, unitsWanted: 5n },
      periodStartTime: new Date("2026-04-01T00:00:00Z"),
    });
    await expectRefusal(this.#ledger.acquire(request), ["PERIOD_NOT_CURRENT"]);
  }

  /** A copy of its directory asks, releases, and closes its epoch where it was when it was copied. */
  async actAsCopy(accountId: string, records: number) {
    const epoch = this.#epoch;
    const from = { gatewayId: this.#gatewayId, epoch: epoch.number };
    await this.#ledger.openEpoch({ ...from, nonce: TEST_NONCE });
    await expectRefusal(this.#ledger.openEpoch({ ...from, nonce: COPY_NONCE }), ["EPOCH_TAKEN"]);
    const request = AcquireLeaseRequest.fromPartial({
      ...{ ...from, nonce: COPY_NONCE, leaseNumber: 1n, accountId, unitsWanted: 5n },
      periodStartTime: TEST_PERIOD,
    });
    await expectRefusal(this.#ledger.acquire(request), ["EPOCH_TAKEN"]);
    const lastSequence = BigInt(records % (epoch.records.length + 1));
    const release = { ...from, nonce: COPY_NONCE, lastSequence };
    await expectRefusal(this.#ledger.release({ ...release, leaseNumber: 1n }), ["EPOCH_TAKEN"]);
    await this.#ledger.release({ ...release, leaseNumber: 0n });
    epoch.isClosed = true;
  }

  /** Publishes what it answered by now, as a gateway does within a moment. */
  async publishAll() {
    for (const epoch of this.#epochs) {
      await this.#send(epoch, epoch.sent, epoch.records.length);
      epoch.sent = epoch.records.length;
    }
  }

  /** Is gone for good, with all usage that it had not sent; an operator frees what it holds. */
  async perish() {
    const gatewayId = this.#gatewayId;
    this.#leases.clear();
    this.#sent.length = 0;
    this.#gone = true;
    for (const { number } of this.#epochs) {
      await this.#ledger.forgetEpoch({ gatewayId, epoch: number }).catch((error: unknown) => {
        if (!(error instanceof AppError && error.reason === "EPOCH_NOT_FOUND")) throw error;
      });
    }
    for (const epoch of this.#epochs) {
      epoch.records = epoch.records.slice(0, await this.#closeGaps(epoch));
    }
  }

  /** What never came before blocks that wait is lost, so that they are counted. Answers the last record that is counted. */
  async #closeGaps({ number, records }: Epoch): Promise<number> {
    const from = { gatewayId: this.#gatewayId, epoch: number };
    for (;;) {
      const { watermarks } = await this.#ledger.listWatermarks(from);
      const counted = Number(watermarks.find(({ epoch }) => epoch === number)?.sequence ?? 0n);
      const waiting = this.#ledger.db.selectFrom("early_blocks").select("first_sequence");
      const next = await waiting
        .where("gateway_id", "=", from.gatewayId)
        .where("epoch", "=", number)
        .orderBy("first_sequence")
        .executeTakeFirst();
      if (next === undefined) return counted;
      const missing = Number(next.first_sequence) - counted - 1;
      for (const record of records.slice(counted, counted + missing)) record.units = 0;
      await this.#ledger.count(lostBlock(BigInt(counted + 1), missing, from));
    }
  }

  /** Spends units, or fewer when its lease holds fewer; none once it has expired. */
  spend(accountId: string, unitsAsked: number): void {
    const lease = this.#leases.get(accountId);
    if (lease !== undefined && this.#ledger.clock.wallMs() >= lease.expiresAtMs) return;
    const units = Math.min(unitsAsked, Number((lease?.known ?? 0n) - (lease?.spent ?? 0n)));
    if (lease === undefined || units === 0) return;
    lease.spent += BigInt(units);
    this.#epoch.records.push(usage({ accountId, units, leaseNumber: lease.number }));
  }

  /** Sends the next block of the oldest epoch that has unsent records. */
  async publish(count: number) {
    const epoch = this.#epochs.find(({ sent, records }) => sent < records.length);
    if (epoch === undefined) return;
    await this.#send(epoch, epoch.sent, count);
    epoch.sent = Math.min(epoch.sent + count, epoch.records.length);
  }

  /** Sends a block of any epoch, which may be old, overlapping or ahead. */
  async replay(from: number, count: number) {
    const epoch = this.#epochs[from % this.#epochs.length] as Epoch;
    if (epoch.records.length > 0) await this.#send(epoch, from % epoch.records.length, count);
  }

  async release(accountId: string) {
    const lease = this.#leases.get(accountId);
    if (lease === undefined) return;
    this.#leases.delete(accountId);
    await this.#release(this.#epoch, lease.number, TEST_NONCE);
  }

  /** Forgets its leases and starts again, as after `kill -9`: only the spool of the old epoch is left. */
  async crash() {
    const over = this.#epoch;
    this.#leases.clear();
    this.#epochs.push(newEpoch(over.number + 1n));
    await this.#release(over, 0n, NO_NONCE);
  }

  /** Ends as on SIGTERM: publishes what is left, closes its epoch, and starts again. */
  async leave() {
    const over = this.#epoch;
    await this.publishAll();
    this.#leases.clear();
    this.#epochs.push(newEpoch(over.number + 1n));
    await this.#release(over, 0n, TEST_NONCE);
  }

  /** Sends an old request again, as a network may. */
  async repeat(from: number) {
    const request = this.#sent[from % Math.max(1, this.#sent.length)];
    await request?.().catch((error: unknown) => {
      if (!(error instanceof AppError && error.kind === "failed_precondition")) throw error;
    });
  }

  /** Sends all usage of all epochs, and releases all leases; those of a crash return once they have expired. */
  async settleAll() {
    if (this.#gone) return;
    await this.crash();
    for (const epoch of this.#epochs) await this.#send(epoch, 0, epoch.records.length);
  }

  #leaseFor(accountId: string): Lease {
    const known = this.#leases.get(accountId);
    if (known !== undefined) return known;
    this.#leaseNumbers += 1n;
    const lease = { number: this.#leaseNumbers, known: 0n, spent: 0n, expiresAtMs: 0 };
    this.#leases.set(accountId, lease);
    return lease;
  }

  async #release(epoch: Epoch, leaseNumber: bigint, nonce: Buffer) {
    if (leaseNumber === 0n) epoch.isClosed = true;
    const release = () =>
      this.#ledger.release({
        gatewayId: this.#gatewayId,
        epoch: epoch.number,
        leaseNumber,
        lastSequence,
        nonce,
      });
    const lastSequence = BigInt(epoch.records.length);
    this.#sent.push(release);
    await release();
  }

  async #send(epoch: Epoch, start: number, count: number) {
    const records = epoch.records.slice(start, start + count);
    if (records.length === 0) return;
    const from = { gatewayId: this.#gatewayId, epoch: epoch.number };
    await this.#ledger.count(block(BigInt(start + 1), records, from));
  }
}

const newEpoch = (number: bigint): Epoch => ({ number, records: [], sent: 0, isClosed: false });

async function expectRefusal(call: Promise<unknown>, reasons: readonly string[]): Promise<void> {
  const error = await call.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (error instanceof AppError && reasons.includes(error.reason)) return;
  throw new Error(`expected a refusal by ${reasons.join(" or ")}`, { cause: error });
}
