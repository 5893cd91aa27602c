import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import type { AllowedGroups } from "@geomesh/terms/field-groups";
import type { CredentialPlaces } from "../../http/credential.ts";
import type { WriteError } from "../../http/fail.ts";
import type { LimitHeaders } from "../../operations/outcome.ts";
import type { Variables } from "../../transcode/router.ts";

/** An answer as it is sent; its body has one character a byte. */
export type Answer = ReturnType<WriteError>;

/** The API of another vendor over operations of this one: data for the front that serves all of them. */
export interface Facade {
  /** As settings name it. */
  readonly name: string;
  /** What its paths begin with where they are not those of the vendor; empty where they are. */
  readonly root: string;
  readonly routes: readonly FacadeRoute[];
  readonly places: CredentialPlaces;
  /** Writes an error as the vendor's clients expect it. */
  readonly writeError: WriteError;
}

/** One way to ask an operation. */
export interface FacadeRoute {
  /** A request by POST has a body, which is read whatever its type: the vendors' examples send JSON as a form. */
  readonly method: "GET" | "POST";
  /** A template of transcode, after the root; empty for the root itself. A slash at the end of a request's path does not count. */
  readonly path: string;
  readonly rpc: DescMethodUnary;
  /** Makes the question of a request. Errors: AppError, for which nothing is charged. */
  ask(request: FacadeRequest): Question;
}

/** A request to a façade, without its key. */
export interface FacadeRequest {
  readonly variables: Variables;
  /** Empty for GET. */
  readonly body: Uint8Array;
  /** The first value of a query parameter, whatever the others are. Errors: TranscodeError for invalid percent-encoding. */
  parameter(name: string): string | undefined;
  /** Which groups of keys of a location the plan of who asks allows; undefined for all. */
  readonly groups: AllowedGroups | undefined;
}

/** What an operation is asked, and how its response is written. */
export interface Question {
  readonly request: Message;
  /** Writes the serialized response. */
  answer(response: Uint8Array, limits: LimitHeaders): Answer;
  /** Writes an error that is no error of the façade, or undefined for all others. */
  readonly answerError?: (...error: Parameters<WriteError>) => Answer | undefined;
}
