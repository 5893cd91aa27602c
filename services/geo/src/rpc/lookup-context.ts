import { AppError, invalidArgument } from "@geomesh/runtime/errors";
import { AnswerWriter } from "../answer/answer-writer.ts";
import { ByteWriter } from "../answer/byte-writer.ts";
import type { LocationComposer } from "../answer/location-composer.ts";
import { type Language, requestLanguage } from "../layers/languages.ts";
import type { GeoDeps } from "./contract.ts";
import { LookupFrameReader } from "./lookup-frame-reader.ts";
import { languageMistakes } from "./read-wanted.ts";

/** What the RPCs that look up addresses share. A lookup never waits, so one scratch buffer and one reader serve all. */
export class LookupContext {
  readonly answers = new AnswerWriter();
  readonly frame = new LookupFrameReader();
  readonly #deps: GeoDeps;
  readonly #scratch = new ByteWriter();

  constructor(deps: GeoDeps) {
    this.#deps = deps;
  }

  /**
   * The serving composer, set to the current time. Call it once a request, so that no request mixes two builds; it counts
   * the addresses of the request. Errors: DATASET_MISSING while no dataset is serving.
   */
  composerFor(addresses: number): LocationComposer {
    const { live, clock, countAddresses } = this.#deps;
    const { composer } = live;
    if (composer === undefined) throw new AppError("DATASET_MISSING");
    countAddresses(addresses);
    composer.setTime(clock.wallMs());
    return composer;
  }

  /** An empty buffer for one answer. */
  scratch(): ByteWriter {
    this.#scratch.length = 0;
    return this.#scratch;
  }

  /** The language of a frame; an empty text is English. Errors: INVALID_ARGUMENT. */
  language(text: string): Language {
    const language = requestLanguage(text);
    if (language === undefined) throw invalidArgument(languageMistakes(text));
    return language;
  }
}
