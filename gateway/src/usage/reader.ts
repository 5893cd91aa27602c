import { LOST_KIND } from "./encode-kind.ts";
import type { EpochDir, GatewayEpoch } from "./epochs.ts";
import type { Evidence } from "./evidence.ts";
import {
  alignFrame,
  type Columns,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  mendFrame,
  readFrameHeader,
  readFramePayload,
} from "./group-frame.ts";
import { listSegments, type SegmentFile } from "./segment.ts";
import { SegmentView } from "./segment-view.ts";
import { isTorn, isZero } from "./torn.ts";

/** Lost records are told in pieces of this size. */
const LOST_RECORDS_MAX = 8_192;

/** Records that follow each other. */
export interface Records extends Columns {
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/**
 * Reads the records of an epoch in order and without a gap: what is missing or damaged is told as records of the kind
 * LOST, and what is damaged is kept as evidence. Only the last frame of all can be torn: its records were never answered, so
 * they are not lost. The page cache holds what was written lately, so little is kept in memory. Errors: those of node:fs, here and below.
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
        const mended = header === undefined ? this.#mend(view) : undefined;
        if (mended !== undefined) return mended;
        const after = this.#leaveFrames(view, through === undefined);
        if (after === "goes on") continue;
        return this.#lose(after === undefined ? through : after - 1, through);
      }
      if (header.firstSequence > this.#nextSequence)
        return this.#lose(header.firstSequence - 1, through);
      if (header.lastSequence < this.#nextSequence) view.offset += header.bytes;
      else return this.#readFrame(view, header) ?? this.#leaveDamaged(view, header, through);
    }
  }

  /** The records of the frame at the offset, and moves past it. Undefined where it is damaged. */
  #readFrame(view: SegmentView, header: FrameHeader): Records | undefined {
    const { firstSequence, lastSequence, bytes } = header;
    let columns = readFramePayload(view.here(bytes), header);
    if (columns === undefined) {
      view.forget();
      columns = readFramePayload(view.here(bytes), header);
    }
    if (columns === undefined) return undefined;
    view.offset += bytes;
    return { firstSequence, lastSequence, ...columns };
  }

  /** The records of the frame at the offset whose header is damaged in one byte, and moves past it. */
  #mend(view: SegmentView): Records | undefined {
    if (isZero(view.here(FRAME_HEADER_BYTES))) return undefined;
    const frame = mendFrame(view.rest(), this.#nextSequence);
    if (frame === undefined || frame.firstSequence >= this.#limit) return undefined;
    this.#keep(view, view.rest().subarray(0, frame.bytes), false);
    view.offset += frame.bytes;
    return frame;
  }

  /** The records of a damaged frame as lost ones. Undefined where the frame is torn, which is the end. */
  #leaveDamaged(
    view: SegmentView,
    { lastSequence, bytes }: FrameHeader,
    through: number | undefined,
  ): Records | undefined {
    const rest = view.rest();
    const isEnd =
      through === undefined &&
      !listSegments(this.#epoch.dir).some((each) => each.firstSequence > view.firstSequence) &&
      findFrame(rest.subarray(bytes - FRAME_HEADER_BYTES), lastSequence, undefined) === undefined;
    const isTornEnd = isEnd && isTorn(rest, view.offset);
    this.#keep(view, rest.subarray(0, bytes), isTornEnd);
    return isTornEnd ? undefined : this.#lose(lastSequence, lastSequence);
  }

  /**
   * Goes on where no frame is: to the next one in the segment, or to the next segment. Returns where the records go on
   * after those that are missing; undefined where nothing follows.
   */
  #leaveFrames(view: SegmentView, mayBeTorn: boolean): "goes on" | number | undefined {
    const segments = listSegments(this.#epoch.dir);
    const nextAt = segments.findIndex((each) => each.firstSequence > view.firstSequence);
    const next = segments[nextAt];
    const rest = view.rest();
    if (next !== undefined && next.firstSequence <= this.#nextSequence) {
      this.#reportRest(view, rest, false);
      this.#open(segments, nextAt);
      return "goes on";
    }
    const at = findFrame(rest, this.#nextSequence, next?.firstSequence);
    const isEnd = at === undefined && next === undefined;
    this.#reportRest(view, rest.subarray(0, at), mayBeTorn && isEnd && isTorn(rest, view.offset));
    if (at === undefined) return next?.firstSequence;
    view.offset += at;
    view.forget();
    return "goes on";
  }

  /** Tells of bytes that are no frames; zeros are what was not written. */
  #reportRest(view: SegmentView, rest: Buffer, isTornEnd: boolean): void {
    const last = rest.findLastIndex((byte) => byte !== 0);
    if (last < 0 || isFrame(rest)) return;
    this.#keep(view, rest.subarray(0, Math.min(alignFrame(last + 1), rest.length)), isTornEnd);
  }

  #keep({ path, offset }: SegmentView, bytes: Uint8Array, isTornEnd: boolean): void {
    this.#evidence.keep(this.#epoch, { path, offset, bytes, isTorn: isTornEnd });
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
