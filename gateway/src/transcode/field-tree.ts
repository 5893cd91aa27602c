/**
 * Some fields of a message by number: whole ones, and some fields of the messages in it. A list, a map, and a message whose JSON
 * has a form of its own (a wrapper, Timestamp, Any, Struct and so on) are whole, whatever is said of what is in them.
 */
export type FieldTree = ReadonlyMap<number, FieldTree | "whole">;
