import { readFile } from "node:fs/promises";
import { AppError } from "../errors.ts";

/** Reads the file that a setting names. Errors: SETTING_INVALID, which says in one sentence which setting's file cannot be read, and why. */
export async function readSettingFile(setting: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `${setting}: ${file} cannot be read (${code})`;
    throw new AppError("SETTING_INVALID", { message, cause });
  }
}
