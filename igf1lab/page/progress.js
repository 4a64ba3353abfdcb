// What is made of a learner's records: the one arithmetic of progress, for JupyterLab and pages.
// Everything here is a pure function of a list of records in the order in which they arrived. No
// clock decides which answer is the last: a clock that was once ahead would freeze an old one.
//
// Mastery: of every item only the last answer counts; right at the first try is 1, right at the
// second ½, wrong 0. A claim's score is the mean over its items answered so far. It is firm from
// 0.8, but only once at least two items of its own lesson were answered. The pre-test is left out:
// it asks before anything was taught, and in silence.

import { CONFIDENCES } from "./judge.js";

export const EXPORT_FORMAT = "igf1lab-progress";
export const EXPORT_VERSION = 1;
export const EXPORT_NAME = "igf1-progress.json";
export const MAX_EXPORT_BYTES = 20_000_000;
export const NO_EXPORT = "This is not a progress file of this course; choose a file you downloaded here";
export const RECORD_KINDS = ["quiz", "prediction", "trust"]; // a new part adds its kind here
export const PRE_TEST = "pre_test";
export const POST_TEST = "post_test";
const LOOK_BACK = [1, 3, 5]; // lessons between learning and warm-up: spaced, and then wider spaced
const [FIRM, GROWING, ENOUGH_ITEMS] = [0.8, 0.5, 2];
const UNSEEN_SCORE = 0.75; // an item never met is asked after those that went wrong, before those known

export const LOOKS_OF_MASTERY = {
  "not met": { look: "unmet", symbol: "○" },
  shaky: { look: "shaky", symbol: "◔" },
  growing: { look: "growing", symbol: "◑" },
  firm: { look: "firm", symbol: "●" },
};
export const MASTERY_RULE = "Only your last answer to each item counts: right at once 1, at the second try ½, " +
  "wrong 0. A claim is shaky below 0.5 and growing below 0.8. It is firm from there, once you have " +
  "answered two items of its own lesson.";

// --- one record ----------------------------------------------------------------------------

const FIELDS = ["uid", "time", "kind", "lesson", "item", "context", "claims", "answer", "try_number",
  "correct", "misconceptions", "confidence"];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00$/;

export function newRecord(details) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return {
    uid: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    time: new Date().toISOString().replace("Z", "+00:00"),
    try_number: 1, correct: null, misconceptions: [], confidence: null,
    ...details,
  };
}

const isName = (value) => typeof value === "string" && value.length <= 200;
const areNames = (value) => Array.isArray(value) && value.length <= 50 && value.every(isName);

// Says what is wrong with a record of a file that anyone may have edited; empty when it is sound.
export function recordFault(data) {
  const object = data !== null && typeof data === "object" && !Array.isArray(data);
  if (!object || Object.keys(data).length !== FIELDS.length || !FIELDS.every((name) => Object.hasOwn(data, name))) {
    return "its fields are not those of a record";
  }
  if (![data.uid, data.time, data.lesson, data.item, data.context].every(isName)) return "a name is missing or too long";
  if (!/^[0-9a-f]{32}$/.test(data.uid)) return "its uid is not 32 hexadecimal digits";
  if (!TIME.test(data.time) || Number.isNaN(Date.parse(data.time))) return "its time is not in UTC";
  if (!RECORD_KINDS.includes(data.kind)) return "its kind is unknown";
  if (data.confidence !== null && !CONFIDENCES.includes(data.confidence)) return "its confidence is unknown";
  if (![null, true, false].includes(data.correct) || ![1, 2].includes(data.try_number)) {
    return "its result is not one that a quiz gives";
  }
  if ((JSON.stringify(data.answer) ?? "").length > 10_000) return "its answer is too long";
  if (!areNames(data.claims) || !areNames(data.misconceptions)) return "a list of names is missing or too long";
  return "";
}

export const scoreOf = (record) => (record.correct ? (record.try_number === 1 ? 1 : 0.5) : 0);

// --- taking it along -----------------------------------------------------------------------

export const writeExport = (records) =>
  JSON.stringify({ format: EXPORT_FORMAT, version: EXPORT_VERSION, records }, null, 1);

// The records of a downloaded file. Throws an Error with a sentence when it is not whole and sound.
export function readExport(text) {
  let data;
  try { data = JSON.parse(text); } catch { throw new Error(`${NO_EXPORT} (it is not readable JSON).`); }
  if (data?.format !== EXPORT_FORMAT) throw new Error(`${NO_EXPORT}.`);
  if (data.version !== EXPORT_VERSION) {
    const version = String(JSON.stringify(data.version)).slice(0, 20);
    throw new Error(`This progress file has version ${version}, this course reads version ` +
      `${EXPORT_VERSION}; update the course. Nothing was changed.`);
  }
  if (!Array.isArray(data.records)) throw new Error(`${NO_EXPORT}.`);
  data.records.forEach((record, i) => {
    const fault = recordFault(record);
    if (fault) throw new Error(`Record ${i + 1} of this file is damaged: ${fault}. Nothing was changed.`);
  });
  return data.records;
}

// --- what the records show -----------------------------------------------------------------

const asked = (records, kind) => records.filter((each) => each.kind === kind);
const grouped = (pairs) => {
  const groups = new Map();
  for (const [name, value] of pairs) groups.set(name, [...(groups.get(name) ?? []), value]);
  return groups;
};
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// The last record of each item, without those of the pre-test, by item in order of first answer.
export function lastAnswers(records, kind) {
  const taught = asked(records, kind).filter((each) => each.context !== PRE_TEST);
  return new Map(taught.map((each) => [each.item, each]));
}

// By item, the tries of its last round in one context: one or two of them.
export function roundsOf(records, context) {
  const last = new Map();
  for (const each of asked(records, "quiz")) {
    if (each.context !== context) continue;
    last.set(each.item, each.try_number === 1 ? [each] : [...(last.get(each.item) ?? []), each]);
  }
  return last;
}

// The mastery of each claim of the course: { score, items, word }. `claims` holds id and lesson.
export function masteryOf(records, claims) {
  const last = [...lastAnswers(records, "quiz").values()];
  const scores = grouped(last.flatMap((each) => each.claims.map((claim) => [claim, scoreOf(each)])));
  return new Map(claims.map(({ id, lesson }) => {
    const met = scores.get(id) ?? [];
    if (!met.length) return [id, { score: 0, items: 0, word: "not met" }];
    const score = mean(met);
    const own = last.filter((each) => each.lesson === lesson && each.claims.includes(id)).length;
    const word = score < GROWING ? "shaky" : score < FIRM || own < ENOUGH_ITEMS ? "growing" : "firm";
    return [id, { score, items: met.length, word }];
  }));
}

// The misconceptions that the last answers still show, with their items; the most frequent first.
export function misconceptionsHeld(records) {
  const wrong = [...lastAnswers(records, "quiz").values()].filter((each) => !each.correct);
  const held = grouped(wrong.flatMap((each) => each.misconceptions.map((name) => [name, each.item])));
  return [...held].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
}

// How often each confidence was right at the first try: { word, right, of } for those given.
export function calibrationOf(records) {
  return CONFIDENCES.map((word) => {
    const said = asked(records, "quiz").filter((each) => each.try_number === 1 && each.confidence === word);
    return { word, right: said.filter((each) => each.correct).length, of: said.length };
  }).filter((each) => each.of);
}

// --- warm-up -------------------------------------------------------------------------------

// The number a lesson's name starts with, or -1 for the pre- and post-test.
const lessonNumber = (lesson) => (/^\d\d_/.test(lesson) ? Number(lesson.slice(0, 2)) : -1);

export const warmUpContext = (lesson) => `${lesson}/warm-up`;

// The ids of up to three items from 1, 3 and 5 lessons back, weakest first. Only what was answered
// before this warm-up was begun decides, so that it can be shown again. `ties` holds a number for
// each item, drawn once when the course's page or widget was made.
export function warmUpChoice(lesson, items, ties, records) {
  const here = lessonNumber(lesson);
  const begun = records.findIndex((each) => each.context === warmUpContext(lesson));
  const before = asked(begun < 0 ? records : records.slice(0, begun), "quiz");
  const scores = new Map(before.map((each) => [each.item, scoreOf(each)]));
  const weaker = (a, b) =>
    (scores.get(a.id) ?? UNSEEN_SCORE) - (scores.get(b.id) ?? UNSEEN_SCORE) || ties[a.id] - ties[b.id];
  let left = items.filter((item) => lessonNumber(item.lesson) >= 0 && lessonNumber(item.lesson) < here);
  const chosen = [];
  for (const back of LOOK_BACK) {
    const far = (item) => Math.abs(lessonNumber(item.lesson) - (here - back));
    const [next] = [...left].sort((a, b) => far(a) - far(b) || weaker(a, b));
    if (next) chosen.push(next);
    left = left.filter((item) => item !== next);
  }
  return chosen.sort(weaker).map((item) => item.id);
}
