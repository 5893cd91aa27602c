import { LOST_KIND } from "./encode-kind.ts";
import type { EpochDir, GatewayEpoch } from "./epochs.ts";
import type { Evidence } from "./evidence.ts";
import {
  alignFrame,
  type Columns,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  readFrameHeader,
  readFramePayload,
} from "./group-frame.ts";
import { listSegments, type SegmentFile } from "./segment.ts";
import { SegmentView } from "./segment-view.ts";

/** Lost records are told in pieces of this size. */
const LOST_RECORDS_MAX = 8_192;

/** Records that follow each other. */
export interface Records extends Columns {
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/**
 * Reads the records of an epoch in order and without a gap: what is missing or damaged is told as records of the kind
 * LOST, and what is damaged is kept as evidence. The page cache holds what was written lately, so little is kept in memory. Errors: those of node:fs, here and below.
 */
export class Reader {
  readonly #epoch: GatewayEpoch & EpochDir;
  readonly #evidence: Pick<Evidence, "keep" | "lose">;
  #view: SegmentView | undefined;
  /** Frames with this sequence or a later one are void in the open segment. */
  #limit = Number.POSITIVE_INFINITY;
  #nextSequence: number;
  /** The records that hold the next one. */
  #records: Records | undefined;

  /** Begins with the oldest segment that is left. */
  constructor(epoch: GatewayEpoch & EpochDir, evidence: Pick<Evidence, "keep" | "lose">) {
    this.#epoch = epoch;
    this.#evidence = evidence;
    this.#nextSequence = listSegments(epoch.dir)[0]?.firstSequence ?? 1;
  }

  /** The sequence of the first record that is not taken. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Where the last whole frame ends that was read. */
  get position(): { readonly path: string; readonly offset: number } | undefined {
    return this.#view && { path: this.#view.path, offset: this.#view.offset };
  }

  /**
   * The records that hold the next one, of which some may be taken already or be beyond `through`. All records up to
   * `through` were written: what is not there is lost. Without it, the end of what is there is the end. Undefined at the end.
   */
  read(through?: number): Records | undefined {
    if (through !== undefined && this.#nextSequence > through) return undefined;
    this.#records ??= this.#readNext(through);
    return this.#records;
  }

  /** Takes records up to a sequence that the last `read` returned. */
  take(lastSequence: number): void {
    this.#nextSequence = lastSequence + 1;
    if (this.#records !== undefined && lastSequence >= this.#records.lastSequence)
      this.#records = undefined;
  }

  /** Moves back or forward to a sequence. */
  seek(sequence: number): void {
    this.close();
    this.#nextSequence = sequence;
  }

  /** Closes the file that is open; reading on opens it again. */
  close(): void {
    this.#view?.close();
    this.#view = undefined;
    this.#records = undefined;
  }

  #readNext(through: number | undefined): Records | undefined {
    for (;;) {
      const view = this.#view ?? this.#openSegment();
      if (view === undefined) return this.#lose(through, through);
      const header = view.header();
      if (header === undefined || header.firstSequence >= this.#limit) {
        const after = this.#leaveFrames(view);
        if (after === "goes on") continue;
        return this.#lose(after === undefined ? through : after - 1, through);
      }
      if (header.firstSequence > this.#nextSequence)
        return this.#lose(header.firstSequence - 1, through);
      const records = this.#readFrame(view, header);
      if (records !== undefined) return records;
    }
  }

  /** The records of the frame at the offset, and moves past it. Undefined where all of them are taken. */
  #readFrame(view: SegmentView, header: FrameHeader): Records | undefined {
    const { firstSequence, lastSequence, bytes } = header;
    if (lastSequence < this.#nextSequence) {
      view.offset += bytes;
      return undefined;
    }
    let columns = readFramePayload(view.here(bytes), header);
    if (columns === undefined) {
      view.forget();
      columns = readFramePayload(view.here(bytes), header);
    }
    if (columns !== undefined) {
      view.offset += bytes;
      return { firstSequence, lastSequence, ...columns };
    }
    const damaged = Buffer.from(view.here(bytes));
    this.#evidence.keep(this.#epoch, { path: view.path, offset: view.offset, bytes: damaged });
    return this.#lose(lastSequence, lastSequence);
  }

  /**
   * Goes on where no frame is: to the next one in the segment, or to the next segment. Returns where the records go on
   * after those that are missing; undefined where nothing follows.
   */
  #leaveFrames(view: SegmentView): "goes on" | number | undefined {
    const segments = listSegments(this.#epoch.dir);
    const nextAt = segments.findIndex((each) => each.firstSequence > view.firstSequence);
    const next = segments[nextAt];
    if (next !== undefined && next.firstSequence <= this.#nextSequence) {
      this.#reportRest(view, view.rest());
      this.#open(segments, nextAt);
      return "goes on";
    }
    const rest = view.rest();
    const at = findFrame(rest, this.#nextSequence, next?.firstSequence);
    this.#reportRest(view, rest.subarray(0, at));
    if (at === undefined) return next?.firstSequence;
    view.offset += at;
    view.forget();
    return "goes on";
  }

  /** Tells of bytes that are no frames; zeros are what was not written. */
  #reportRest(view: SegmentView, rest: Buffer): void {
    const last = rest.findLastIndex((byte) => byte !== 0);
    if (last < 0 || isFrame(rest)) return;
    const bytes = rest.subarray(0, Math.min(alignFrame(last + 1), rest.length));
    this.#evidence.keep(this.#epoch, { path: view.path, offset: view.offset, bytes });
  }

  /** The next records as lost ones, up to a sequence but not beyond `through`. Undefined where there is no end. */
  #lose(lastSequence: number | undefined, through: number | undefined): Records | undefined {
    if (lastSequence === undefined) return undefined;
    const firstSequence = this.#nextSequence;
    const pieceEnd = firstSequence + LOST_RECORDS_MAX - 1;
    const last = Math.min(lastSequence, through ?? lastSequence, pieceEnd);
    this.#evidence.lose(this.#epoch, firstSequence, last);
    const indexes = new Uint32Array(last - firstSequence + 1);
    return { firstSequence, lastSequence: last, kinds: [LOST_KIND], indexes };
  }

  /** Opens the segment that holds the next record or, where it was deleted, the first after it. */
  #openSegment(): SegmentView | undefined {
    const segments = listSegments(this.#epoch.dir);
    const holding = segments.findLastIndex((each) => each.firstSequence <= this.#nextSequence);
    return segments.length === 0 ? undefined : this.#open(segments, Math.max(holding, 0));
  }

  #open(segments: readonly SegmentFile[], at: number): SegmentView {
    this.#view?.close();
    this.#view = new SegmentView(segments[at] as SegmentFile);
    this.#limit = segments[at + 1]?.firstSequence ?? Number.POSITIVE_INFINITY;
    return this.#view;
  }
}

/** Where a later frame begins that holds records from a sequence on, and none from `limit` on. Undefined where none does. */
function findFrame(rest: Buffer, sequence: number, limit: number | undefined): number | undefined {
  for (let at = FRAME_HEADER_BYTES; at < rest.length; at += FRAME_HEADER_BYTES) {
    const header = readFrameHeader(rest, at);
    if (header === undefined || header.lastSequence < sequence) continue;
    if (limit === undefined || header.firstSequence < limit) return at;
  }
  return undefined;
}

const isFrame = (bytes: Buffer) => readFrameHeader(bytes, 0) !== undefined;
