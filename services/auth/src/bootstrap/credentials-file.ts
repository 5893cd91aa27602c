import { readFile } from "node:fs/promises";
import { AppError } from "@geomesh/runtime/errors";
import { replaceFile } from "@geomesh/runtime/files/replace-file";
import { apiKeyMode, isWellFormedApiKey } from "@geomesh/terms/api-key";
import { isAccountId } from "../store/ids.ts";

/** The bootstrap file: what auth generated at its first start, beside the members that others add. */
export interface CredentialsFile {
  account_id?: string;
  demo_key?: string;
  admin_key?: string;
  [other: string]: unknown;
}

/**
 * Reads the bootstrap file; an empty object when there is none.
 * Errors: BOOTSTRAP_FILE_INVALID with a sentence that does not repeat the content.
 */
export async function readCredentialsFile(path: string): Promise<CredentialsFile> {
  const text = await readIfExists(path);
  if (text === undefined) return {};
  const content = parse(path, text);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw fileProblem(path, "does not hold a JSON object");
  }
  const file = content as CredentialsFile;
  requireMember(path, "account_id", file.account_id, isAccountId);
  requireMember(path, "demo_key", file.demo_key, isLiveKey);
  requireMember(path, "admin_key", file.admin_key, isLiveKey);
  return file;
}

/**
 * Replaces the bootstrap file in one step, readable by its owner only, and returns when it is on disk.
 * Errors: BOOTSTRAP_FILE_INVALID.
 */
export async function writeCredentialsFile(path: string, content: CredentialsFile): Promise<void> {
  try {
    await replaceFile(path, `${JSON.stringify(content, null, 2)}\n`);
  } catch (error) {
    throw fileProblem(path, `cannot be written: ${codeOf(error)}`);
  }
}

async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw fileProblem(path, `cannot be read: ${codeOf(error)}`);
  }
}

// JSON.parse quotes its input in its error, and the input holds secrets: that error is dropped.
function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw fileProblem(path, "is not valid JSON");
  }
}

function requireMember(
  path: string,
  name: string,
  value: unknown,
  isValid: (text: string) => boolean,
): void {
  if (value === undefined || (typeof value === "string" && isValid(value))) return;
  throw fileProblem(path, `has a malformed ${name}`);
}

/** The keys hold scopes that test keys may not hold. */
function isLiveKey(text: string): boolean {
  return isWellFormedApiKey(text) && apiKeyMode(text) === "live";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function fileProblem(path: string, problem: string): AppError {
  const sentence = `The bootstrap file ${path} ${problem}.`;
  return new AppError("BOOTSTRAP_FILE_INVALID", { message: sentence });
}
