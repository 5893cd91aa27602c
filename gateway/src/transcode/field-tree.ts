/** Some fields of a message by number: whole ones, and some fields of the messages in it. */
export type FieldTree = ReadonlyMap<number, FieldTree | "whole">;
