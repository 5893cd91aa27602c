import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import {
  type AcknowledgeChangesRequest,
  DirectoryServiceService,
  type KeyUse,
  type ReportKeyUseRequest,
  type WatchChangesRequest,
  type WatchChangesResponse,
} from "@geomesh/proto/grpc/geomesh/auth/v1/directory_service";
import { pause } from "@geomesh/runtime/async/pause";
import { AppError } from "@geomesh/runtime/errors";
import type { GrpcServer } from "@geomesh/runtime/grpc/server";
import { type CallContext, implement } from "@geomesh/runtime/grpc/server";
import { freePort } from "./free-port.ts";
import { startTestGrpcServer } from "./grpc-server.ts";

/** An account, a plan or a key in a change. */
export type DirectoryRecord = NonNullable<Change["record"]>;

/** How a stand-in answers; tests change it at any time. */
export interface StandInManners {
  /** Streams that are open send nothing more, not even beats, and never do again; new ones do. */
  mute(): void;
  /** Streams that are open do not learn of later changes but beat, as those of a replica that is behind. */
  leaveBehind(): void;
  /** Breaks the streams that are open. */
  cut(): void;
  /** While true, new streams send nothing. */
  isSilent: boolean;
  /** While true, new streams fail at once. */
  isBroken: boolean;
  /** While true, new streams end before the message that would be complete. */
  isCutShort: boolean;
  /** The wait before each message of changes, in milliseconds. */
  pageDelayMs: number;
}

/** Auth as a follower sees it, over a real socket and by the contract of DirectoryService. It holds changes in memory. */
export interface DirectoryStandIn extends StandInManners {
  readonly address: string;
  /** What the calls asked for, in order. */
  readonly asked: readonly WatchChangesRequest[];
  /** What followers said that they hold, in order. */
  readonly acknowledged: readonly AcknowledgeChangesRequest[];
  /** The uses of keys that were reported, in order. */
  readonly uses: readonly KeyUse[];
  readonly historyId: string;
  readonly newestRevision: bigint;
  /** Commits a record and sends it to whoever watches. */
  commit(record: DirectoryRecord): Change;
  /** Every record as it stands now. */
  records(): DirectoryRecord[];
  /** Goes back to what was held at a revision, as of another history. Commits that follow reach old revisions again. */
  restore(revision: bigint, historyId: string): void;
  start(): Promise<void>;
  /** Breaks all streams; `start` serves the same history at the same port. */
  stop(): Promise<void>;
}

export interface DirectoryStandInOptions {
  /** The time between two beats, in milliseconds; default 50. Auth itself takes a second. */
  readonly beatMs?: number;
  /** Changes in a message at most; default 2. */
  readonly changesAtOnceMax?: number;
  /** A Unix socket where it listens too, in a directory of mode 0700; default none. */
  readonly socketPath?: string;
}

interface History {
  readonly id: string;
  readonly changes: readonly Change[];
}

/** What is to happen to some streams. */
interface Fate {
  isMute: boolean;
  isCut: boolean;
  /** All that they ever see; undefined where they see what is committed. */
  seen: History | undefined;
}

const BEAT_MS = 50;
const CHANGES_AT_ONCE_MAX = 2;

/** Makes a stand-in that holds nothing and does not listen yet. */
export async function createDirectoryStandIn(
  options: DirectoryStandInOptions = {},
): Promise<DirectoryStandIn> {
  const port = await freePort();
  const standIn = new StandIn(`127.0.0.1:${port}`, options);
  let server: GrpcServer | undefined;
  return Object.assign(standIn, {
    async start() {
      const watchChanges = standIn.watch.bind(standIn);
      const handlers = {
        watchChanges,
        acknowledgeChanges: (request: AcknowledgeChangesRequest) => {
          standIn.acknowledged.push(request);
          return {};
        },
        reportKeyUse: ({ uses }: ReportKeyUseRequest) => {
          standIn.uses.push(...uses);
          return {};
        },
      };
      server = await startTestGrpcServer(implement(DirectoryServiceService, handlers), {
        port,
        socketPath: options.socketPath ?? "",
      });
    },
    async stop() {
      await server?.close(0);
    },
  });
}

class StandIn implements Omit<DirectoryStandIn, "start" | "stop"> {
  readonly address: string;
  readonly asked: WatchChangesRequest[] = [];
  readonly acknowledged: AcknowledgeChangesRequest[] = [];
  readonly uses: KeyUse[] = [];
  readonly #beatMs: number;
  readonly #changesAtOnceMax: number;
  #history: History = { id: "history-1", changes: [] };
  #changed = new AbortController();
  /** Of the streams that are open, since a test last decided on another. */
  #fate: Fate = { isMute: false, isCut: false, seen: undefined };
  isSilent = false;
  isBroken = false;
  isCutShort = false;
  pageDelayMs = 0;

  constructor(address: string, options: DirectoryStandInOptions) {
    this.address = address;
    this.#beatMs = options.beatMs ?? BEAT_MS;
    this.#changesAtOnceMax = options.changesAtOnceMax ?? CHANGES_AT_ONCE_MAX;
  }

  get historyId(): string {
    return this.#history.id;
  }

  get newestRevision(): bigint {
    return newestOf(this.#history);
  }

  commit(record: DirectoryRecord): Change {
    const { id, changes } = this.#history;
    const change = { revision: this.newestRevision + 1n, record };
    this.#history = { id, changes: [...changes, change] };
    this.#wake();
    return change;
  }

  records(): DirectoryRecord[] {
    return pageAfter(this.#history, 0n).flatMap(({ record }) => (record ? [record] : []));
  }

  restore(revision: bigint, historyId: string): void {
    const changes = this.#history.changes.filter((change) => change.revision <= revision);
    this.#history = { id: historyId, changes };
    this.#wake();
  }

  mute(): void {
    this.#decide({ isMute: true });
  }

  leaveBehind(): void {
    this.#decide({ seen: this.#history });
  }

  cut(): void {
    this.#decide({ isCut: true });
  }

  async *watch(
    request: WatchChangesRequest,
    { signal }: CallContext,
  ): AsyncGenerator<WatchChangesResponse> {
    this.asked.push(request);
    const fate = this.#fate;
    const { isCutShort, isSilent } = this;
    if (this.isBroken) throw new AppError("DATABASE_UNAVAILABLE");
    let [historyId, cursor] = [request.historyId, request.afterRevision];
    while (!signal.aborted) {
      if (fate.isCut) throw new AppError("DATABASE_UNAVAILABLE");
      if (fate.isMute || isSilent) {
        await this.#untilChanged(signal);
        continue;
      }
      const changed = this.#untilChanged(signal);
      const history = fate.seen ?? this.#history;
      const isReset = historyId !== "" && (history.id !== historyId || cursor > newestOf(history));
      if (isReset) cursor = 0n;
      historyId = history.id;
      const newer = pageAfter(history, cursor);
      const changes = newer.slice(0, this.#changesAtOnceMax);
      const isLast = changes.length === newer.length;
      if (isLast && isCutShort) return;
      if (changes.length > 0) await pause(this.pageDelayMs, signal);
      cursor = isLast ? newestOf(history) : (changes.at(-1)?.revision ?? cursor);
      const completeThroughRevision = isLast ? cursor : undefined;
      yield { historyId, isReset, changes, completeThroughRevision };
      if (isLast) await changed;
    }
  }

  /** Waits for a change or for the next beat. */
  #untilChanged(signal: AbortSignal): Promise<void> {
    return pause(this.#beatMs, AbortSignal.any([signal, this.#changed.signal]));
  }

  #decide(fate: Partial<Fate>): void {
    Object.assign(this.#fate, fate);
    this.#fate = { isMute: false, isCut: false, seen: undefined };
    this.#wake();
  }

  #wake(): void {
    this.#changed.abort();
    this.#changed = new AbortController();
  }
}

function newestOf({ changes }: History): bigint {
  return changes.at(-1)?.revision ?? 0n;
}

/** What is newer than a revision: each record once, as it stands now. */
function pageAfter({ changes }: History, revision: bigint): Change[] {
  const newest = new Map(changes.map((change) => [recordId(change), change]));
  return changes.filter(
    (change) => change.revision > revision && newest.get(recordId(change)) === change,
  );
}

function recordId({ record }: Change): string {
  switch (record?.$case) {
    case "account":
      return `account ${record.value.accountId}`;
    case "plan":
    case "deletedPlan":
      return `plan ${record.value.planId}`;
    default:
      return `key ${record?.value.key?.keyId}`;
  }
}
