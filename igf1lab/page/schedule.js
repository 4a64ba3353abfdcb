// What is due for review. One claim is one card of FSRS; a day's answers about it are one review.
// A pure function of the records and of the time: nothing of the schedule is stored.

import { Rating, createEmptyCard, fsrs } from "./vendor/ts-fsrs.js";
import { PRE_TEST, scoreOf } from "./progress.js";

export const [LEAST_REVIEW, MOST_REVIEW] = [5, 10];
const DAY_MS = 86_400_000;
const scheduler = fsrs({ enable_fuzz: false, enable_short_term: false });

const ideaOf = (item) => item.claims[0]; // an item is about its first claim before all

// Each record with the time it counts for. A time to come is that of a clock set wrong: then the
// time of the record that came next stands in.
function dated(records, now) {
  let next = now;
  return records.map((record) => ({ record, time: Date.parse(record.time) })).reverse()
    .map(({ record, time }) => {
      if (time <= now) next = time;
      return { record, time: next };
    }).reverse();
}

// How a day went, for the scheduler and in words: the mean score of its last answers, and whether the
// learner was sure of them.
function howWent(day) {
  const last = [...new Map(day.map((record) => [record.item, record])).values()];
  const score = last.reduce((sum, record) => sum + scoreOf(record), 0) / last.length;
  if (score < 0.5) return [Rating.Again, "wrong"];
  if (score < 0.8) return [Rating.Hard, "right in part"];
  if (last.some((record) => record.confidence === "guess")) return [Rating.Hard, "right by a guess"];
  return [last.every((record) => record.confidence === "sure") ? Rating.Easy : Rating.Good, "right"];
}

// The card of each idea that was met: { idea, due (ms), known (0 to 1), days since, went (in words) }.
export function cardsOf(records, items, now = Date.now()) {
  const ideas = new Map(items.map((item) => [item.id, ideaOf(item)]));
  const days = new Map(); // idea -> Map(day -> records)
  const quiz = records.filter((each) => each.kind === "quiz" && each.context !== PRE_TEST && ideas.has(each.item));
  for (const { record, time } of dated(quiz, now)) {
    const idea = ideas.get(record.item);
    const day = Math.floor(time / DAY_MS);
    if (!days.has(idea)) days.set(idea, new Map());
    days.get(idea).set(day, [...(days.get(idea).get(day) ?? []), record]);
  }
  return [...days].map(([idea, unsorted]) => {
    const each = new Map([...unsorted].sort(([a], [b]) => a - b));
    let card = createEmptyCard(new Date(Math.min(...each.keys()) * DAY_MS));
    let [rating, went] = [];
    for (const [day, answers] of each) {
      [rating, went] = howWent(answers);
      card = scheduler.next(card, new Date(day * DAY_MS), rating).card;
    }
    const since = Math.floor(now / DAY_MS) - Math.max(...each.keys());
    return { idea, due: card.due.getTime(), known: scheduler.get_retrievability(card, new Date(now), false), since, went };
  }).sort((a, b) => a.due - b.due);
}

// The item that asks for an idea: another one than last time where the bank has it. First those
// never asked, then those asked longest ago; only of lessons that the learner has met.
function itemFor(idea, items, records) {
  const met = new Set(records.map((each) => each.lesson));
  const lastAsked = new Map(records.map((each, i) => [each.item, i]));
  const about = (test) => items.filter((item) => test(item) && met.has(item.lesson))
    .sort((a, b) => (lastAsked.get(a.id) ?? -1) - (lastAsked.get(b.id) ?? -1));
  const latest = Math.max(...about((item) => ideaOf(item) === idea).map((item) => lastAsked.get(item.id) ?? -1));
  const other = (item) => (lastAsked.get(item.id) ?? -1) !== latest || latest < 0;
  return about((item) => ideaOf(item) === idea).find(other) ??
    about((item) => item.claims.includes(idea)).find(other) ??
    about((item) => ideaOf(item) === idea)[0];
}

const inDays = (days) => (days <= 0 ? "today" : days === 1 ? "tomorrow" : `in ${days} days`);
const ago = (days) => (days <= 0 ? "today" : days === 1 ? "yesterday" : `${days} days ago`);

// A review now: { due: how many ideas are due, next: when the next one is, entries: [{ item, why }] }.
// Up to ten that are due; fewer than five are filled up with those due next.
export function reviewPlan(records, items, now = Date.now()) {
  const cards = cardsOf(records, items, now).filter((card) => card.since > 0 || card.due <= now);
  const due = cards.filter((card) => card.due <= now);
  const chosen = due.length >= LEAST_REVIEW ? due.slice(0, MOST_REVIEW) : cards.slice(0, LEAST_REVIEW);
  const days = (card) => Math.ceil((card.due - now) / DAY_MS);
  const taken = new Set();
  const entries = [];
  for (const card of chosen) {
    const item = itemFor(card.idea, items.filter((each) => !taken.has(each.id)), records);
    if (!item) continue;
    taken.add(item.id);
    const when = card.due <= now ? "due" : `due ${inDays(days(card))}`;
    entries.push({
      item, idea: card.idea,
      why: `last answered ${ago(card.since)}, then ${card.went}; ${when}. The chance that you still know it is about ${Math.round(card.known * 100)} %.`,
    });
  }
  const later = cardsOf(records, items, now).find((card) => card.due > now);
  return { due: due.length, next: later ? inDays(days(later)) : "", entries };
}
