// How far a trust map lies from the course's verdicts: pure functions of records.
//
// A mark is as many steps wrong as it lies from the step of the course's verdict. The yardstick is
// the best constant answer, the one mark that a reader who knows nothing would do best to give to
// every claim: 0 is no better than that, 100 is the course's own map. "I don't know" counts as
// that constant, so it neither gains nor loses.

export const UNKNOWN = "unknown";
export const trustContext = (when) => `trust/${when}`;

// The marks of one map, by claim: before, the first one recorded counts; after, the last one.
export function marksOf(records, when) {
  const marks = new Map();
  for (const each of records) {
    if (each.kind !== "trust" || each.context !== trustContext(when)) continue;
    if (when !== "before" || !marks.has(each.item)) marks.set(each.item, each.answer);
  }
  return marks;
}

const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// The constant answer that lies nearest to the course, over the claims that were marked.
export function bestConstant(verdicts, scale) {
  const off = (step) => average(verdicts.map((verdict) => Math.abs(step - verdict)));
  const step = scale.map((_, i) => i).reduce((best, i) => (off(i) < off(best) ? i : best), 0);
  return { key: scale[step], off: off(step) };
}

// { off, skill, unknown, of, constant } of a map. `verdicts` maps claims to steps, `scale` is their
// order. Marks on claims that the course no longer has are left out.
export function trustScore(marks, verdicts, scale) {
  const known = [...marks].filter(([claim]) => Object.hasOwn(verdicts, claim));
  if (!known.length) return null;
  const place = (key) => scale.indexOf(key);
  const constant = bestConstant(known.map(([claim]) => place(verdicts[claim])), scale);
  const off = known.map(([claim, mark]) =>
    Math.abs(place(mark === UNKNOWN ? constant.key : mark) - place(verdicts[claim])));
  const unknown = known.filter(([, mark]) => mark === UNKNOWN).length;
  return { off: average(off), skill: Math.round(100 * (1 - average(off) / constant.off)), unknown, of: known.length, constant };
}

// Which claims moved nearer to the course's verdict, which away, which stayed; a first opinion
// where there was none counts by where it lands: on the verdict or next to it is nearer.
export function moved(before, after, verdicts, scale) {
  const groups = { nearer: [], away: [], same: [] };
  for (const [claim, mark] of after) {
    if (!before.has(claim) || !Object.hasOwn(verdicts, claim)) continue;
    const goal = scale.indexOf(verdicts[claim]);
    const far = (key) => (key === UNKNOWN ? 1.5 : Math.abs(scale.indexOf(key) - goal));
    const [was, is] = [far(before.get(claim)), far(mark)];
    groups[is < was ? "nearer" : is > was ? "away" : "same"].push(claim);
  }
  return groups;
}

// How many of a test's items were right at the first try of the first round: { right, of } or null.
export function pairsOf(records, context) {
  const first = new Map();
  for (const each of records) {
    if (each.kind === "quiz" && each.context === context && !first.has(each.item)) first.set(each.item, each);
  }
  return first.size ? { right: [...first.values()].filter((each) => each.correct).length, of: first.size } : null;
}
