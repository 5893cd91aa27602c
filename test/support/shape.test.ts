import { expect, test } from "vitest";
import { shapeProblems } from "./shape.ts";

test.each([
  { why: "values do not matter", example: { a: "x", b: [1] }, answer: { a: "y", b: [2] } },
  { why: "null is of every type", example: { a: null, b: {} }, answer: { a: "y", b: null } },
  { why: "an example may leave keys out", example: { a: 1, "…": "…" }, answer: { a: 2, b: 3 } },
  {
    why: "lists may be longer",
    example: [{ a: 1 }, { b: 1 }],
    answer: [{ b: 2 }, { b: 3 }, { a: 1 }],
  },
])("$why", ({ example, answer }) => {
  expect(shapeProblems(example, answer)).toEqual([]);
});

test.each([
  { why: "a key is missing", example: { a: 1 }, answer: {}, problem: "$.a is not answered" },
  { why: "a key is new", example: {}, answer: { a: 1 }, problem: "$.a is not documented" },
  {
    why: "a number is a text",
    example: { a: [{ b: 1 }] },
    answer: { a: [{ b: "1" }] },
    problem: "$.a[0].b is of type string, not of type number",
  },
  {
    why: "one of many differs",
    example: [{ a: 1 }],
    answer: [{ a: 1 }, { a: 1, c: 1 }],
    problem: "$[1].c is not documented",
  },
  { why: "a list is empty", example: [1], answer: [], problem: "$ is answered empty" },
  { why: "no list", example: [1], answer: { 0: 1 }, problem: "$ is of type object, not an array" },
  { why: "a list", example: {}, answer: [], problem: "$ is an array, not of type object" },
])("told where $why", ({ example, answer, problem }) => {
  expect(shapeProblems(example, answer)).toEqual([problem]);
});
