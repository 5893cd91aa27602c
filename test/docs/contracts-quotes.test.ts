import { AccessSchema } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { expect, test } from "vitest";
import { readGuide } from "../support/guide.ts";
import { codeBlocks, codesIn, tableRows } from "../support/markdown.ts";
import { allMethods } from "../support/walk/policy.ts";

const GUIDE = readGuide("docs/contracts.md");

test("what the guide quotes of a contract stands there", () => {
  const contract = readGuide("proto/geomesh/auth/v1/auth_service.proto");
  const quotes = codeBlocks(GUIDE).filter(({ language }) => language === "proto");
  expect(quotes).toHaveLength(2);
  for (const { code, line } of quotes) expect(contract.includes(code), `line ${line}`).toBe(true);
});

test("the guide lists every service", () => {
  const listed = tableRows(GUIDE, "Services").flatMap(([name = ""]) => codesIn(name));
  const services = new Set(allMethods().map(({ parent }) => parent.typeName));
  expect(listed.toSorted()).toEqual([...services].toSorted());
});

test("the guide explains every part of the policy", () => {
  const listed = tableRows(GUIDE, "Policy").flatMap(([option = ""]) => codesIn(option));
  expect(listed.toSorted()).toEqual(AccessSchema.fields.map(({ name }) => name).toSorted());
});
