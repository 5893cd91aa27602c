import { AcquireLeaseRequest } from "@geomesh/proto/grpc/geomesh/metering/v1/lease_service";
import { AppError } from "@geomesh/runtime/errors";
import type { Ledger } from "./ledger.ts";
import { block, TEST_NONCE, TEST_PERIOD, type UsageRecord, usage } from "./usage.ts";

interface Lease {
  readonly number: bigint;
  known: bigint;
  spent: bigint;
}
interface Epoch {
  readonly number: bigint;
  readonly records: UsageRecord[];
  sent: number;
}

/** Calls the ledger as a gateway does: in the worst order that gateways may use, with true numbers. */
export class ModelGateway {
  readonly #ledger: Ledger;
  readonly #gatewayId: string;
  readonly #epochs: Epoch[] = [{ number: 1n, records: [], sent: 0 }];
  readonly #leases = new Map<string, Lease>();
  readonly #sent: (() => Promise<unknown>)[] = [];
  #leaseNumbers = 0n;

  constructor(ledger: Ledger, gatewayId: string) {
    this.#ledger = ledger;
    this.#gatewayId = gatewayId;
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

  async acquire(accountId: string, unitsWanted: bigint, { isLost }: { isLost: boolean }) {
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
      unitsWanted,
    });
    this.#sent.push(() => this.#ledger.acquire(request));
    const answer = await this.#ledger.acquire(request);
    if (!isLost) lease.known = answer.unitsGranted;
  }

  /** Spends units, or fewer when its lease holds fewer. */
  spend(accountId: string, unitsAsked: number): void {
    const lease = this.#leases.get(accountId);
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
    await this.#release(this.#epoch, lease.number);
  }

  /** Forgets its leases and starts again, as after `kill -9`: only the spool of the old epoch is left. */
  async crash() {
    const over = this.#epoch;
    this.#leases.clear();
    this.#epochs.push({ number: over.number + 1n, records: [], sent: 0 });
    await this.#release(over, 0n);
  }

  /** Sends an old request again, as a network may. */
  async repeat(from: number) {
    const request = this.#sent[from % Math.max(1, this.#sent.length)];
    await request?.().catch((error: unknown) => {
      if (!(error instanceof AppError && error.kind === "failed_precondition")) throw error;
    });
  }

  /** Sends all usage of all epochs, and releases all leases. */
  async settleAll() {
    await this.crash();
    for (const epoch of this.#epochs) await this.#send(epoch, 0, epoch.records.length);
  }

  #leaseFor(accountId: string): Lease {
    const known = this.#leases.get(accountId);
    if (known !== undefined) return known;
    this.#leaseNumbers += 1n;
    const lease = { number: this.#leaseNumbers, known: 0n, spent: 0n };
    this.#leases.set(accountId, lease);
    return lease;
  }

  async #release(epoch: Epoch, leaseNumber: bigint) {
    const release = () =>
      this.#ledger.release({
        gatewayId: this.#gatewayId,
        epoch: epoch.number,
        leaseNumber,
        lastSequence,
        nonce: TEST_NONCE,
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
