import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { QuotaMode } from "@geomesh/proto/es/geomesh/common/v1/quota_mode_pb";
import type {
  AcquireLeaseRequest,
  AcquireLeaseResponse,
  OpenEpochRequest,
  OpenEpochResponse,
  ReleaseLeasesRequest,
} from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import type { QuotaDeps } from "../quota.ts";

/** What happens to a request: it is answered, or the request or its reply is lost. */
export type Fate = "answered" | "request lost" | "reply lost";

/** A model of metering that keeps units in escrow: a grant is durable, whether or not the gateway hears of it. */
export class MeteringModel {
  readonly asked: AcquireLeaseRequest[] = [];
  readonly released: ReleaseLeasesRequest[] = [];
  /** Nonces that the epoch was opened with, in order. */
  readonly opened: Uint8Array[] = [];
  /** What opening the epoch is refused with; undefined where it is not. */
  openRefusal: AppError | undefined;
  /** The other epoch that is open, and stands in the way; undefined where there is none. */
  holder: { epoch: bigint; heardTime: Timestamp } | undefined;
  /** Times that the epoch was asked for, also in vain. */
  openAsked = 0;
  /** Units granted by lease number. */
  readonly granted = new Map<bigint, bigint>();
  /** Units neither used nor leased by month. */
  readonly #left = new Map<bigint, bigint>();
  /** Units that were used of leases that are over, or elsewhere, by month. */
  readonly #used = new Map<bigint, bigint>();
  /** What its clock shows; undefined where it does not tell. */
  serverMs: (() => number) | undefined;
  lifetimeMs = 60_000;
  /** True where it grants whatever is asked for. */
  isSoft = false;
  /** Largest single grant. */
  grantMax = 1_000_000n;
  fate: () => Fate = () => "answered";
  /** While set, requests wait for it. */
  gate: Promise<void> | undefined;
  /** Leases that were given back. */
  readonly #over = new Set<bigint>();
  #quota: bigint;

  constructor(quota: bigint) {
    this.#quota = quota;
  }

  /** The plan is another one from now on: what is used and lent stays so. */
  setQuota(units: bigint): void {
    for (const [month, left] of this.#left) this.#left.set(month, left + units - this.#quota);
    this.#quota = units;
  }

  /** Takes back what was not used of a lease of that month. */
  giveBack(leaseNumber: bigint, monthStartMs: number, used: bigint): void {
    const month = BigInt(monthStartMs / 1000);
    const granted = this.granted.get(leaseNumber) ?? 0n;
    this.#over.add(leaseNumber);
    this.#used.set(month, (this.#used.get(month) ?? 0n) + used);
    this.#left.set(month, (this.#left.get(month) ?? this.#quota) + granted - used);
  }

  /** Other gateways borrow units of a month, or give them back, where they are negative. */
  lendElsewhere(monthStartMs: number, units: bigint): void {
    const month = BigInt(monthStartMs / 1000);
    this.#left.set(month, (this.#left.get(month) ?? this.#quota) - units);
  }

  /** Units of a month are used through another gateway. */
  useElsewhere(monthStartMs: number, units: bigint): void {
    this.lendElsewhere(monthStartMs, units);
    const month = BigInt(monthStartMs / 1000);
    this.#used.set(month, (this.#used.get(month) ?? 0n) + units);
  }

  get client(): QuotaDeps["leases"] {
    return {
      openEpoch: (request) => this.#open(request as OpenEpochRequest),
      acquireLease: (request) => this.#acquire(request as AcquireLeaseRequest),
      releaseLeases: (request) => this.#release(request as ReleaseLeasesRequest),
    };
  }

  async #open({ nonce, silentSinceTime }: OpenEpochRequest): Promise<OpenEpochResponse> {
    await this.gate;
    this.openAsked += 1;
    if (this.openRefusal !== undefined) throw this.openRefusal;
    const { holder } = this;
    if (holder !== undefined && silentSinceTime?.seconds !== holder.heardTime.seconds)
      return { serverTime: this.#serverTime, holder } as OpenEpochResponse;
    this.opened.push(nonce);
    return { serverTime: this.#serverTime } as OpenEpochResponse;
  }

  async #acquire(request: AcquireLeaseRequest): Promise<AcquireLeaseResponse> {
    this.asked.push(request);
    await this.gate;
    const fate = this.fate();
    if (fate === "request lost")
      throw new AppError("UPSTREAM_UNAVAILABLE", { message: "no answer" });
    const { leaseNumber, unitsKnown, unitsNeeded, unitsWanted, periodStartTime } = request;
    const month = periodStartTime?.seconds ?? 0n;
    const left = this.#left.get(month) ?? this.#quota;
    const before = this.granted.get(leaseNumber) ?? 0n;
    if (unitsKnown > before || this.#over.has(leaseNumber)) {
      throw new AppError("LEASE_UNKNOWN", { message: "no such lease" });
    }
    const more = before === unitsKnown ? this.#grant(unitsNeeded, unitsWanted, left) : 0n;
    this.granted.set(leaseNumber, before + more);
    this.#left.set(month, left - more);
    if (fate === "reply lost") throw new AppError("UPSTREAM_UNAVAILABLE", { message: "no answer" });
    return {
      unitsGranted: before + more,
      lifetimeMs: this.lifetimeMs,
      limit: this.#quota,
      quotaMode: this.isSoft ? QuotaMode.SOFT : QuotaMode.HARD,
      remaining: left > more ? left - more : 0n,
      usedElsewhere: this.#used.get(month) ?? 0n,
      serverTime: this.#serverTime,
    } as AcquireLeaseResponse;
  }

  async #release(request: ReleaseLeasesRequest) {
    if (this.fate() !== "answered")
      throw new AppError("UPSTREAM_UNAVAILABLE", { message: "no answer" });
    this.released.push(request);
    return {} as Awaited<ReturnType<QuotaDeps["leases"]["releaseLeases"]>>;
  }

  /** What is needed, or nothing; beyond that a quarter of what is left, one by one near the end. */
  #grant(needed: bigint, wanted: bigint, left: bigint): bigint {
    if (this.isSoft) return needed < wanted ? wanted : needed;
    if (needed > left) return 0n;
    const quarter = (left + 3n) / 4n;
    const more = [wanted, quarter, this.grantMax].reduce((least, each) =>
      each < least ? each : least,
    );
    return [needed, more].reduce((most, each) => (each > most ? each : most));
  }

  get #serverTime(): Timestamp | undefined {
    return this.serverMs && timestampFromMs(this.serverMs());
  }
}
