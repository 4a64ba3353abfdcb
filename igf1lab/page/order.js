// The order of records that come from more than one file.
//
// Within a file the order of arrival decides and no clock does: a clock that was once ahead would
// freeze an old answer. Between two files nothing but the clocks can tell. So what a restored file
// brings in goes among what was there before, by time; each side keeps its own order, and at equal
// times what was there counts as the later. Whatever arrives after a restore is later than both.

// The times that agree with the order of arrival, as many as can; any other is that of a clock set
// wrong, and so is one after `now`. The time before it stands in, for the first ones the time after.
export function agreedTimes(times, now) {
  const ends = []; // ends[n]: where the lowest end lies of n + 1 times that never fall
  const before = times.map(() => -1);
  times.forEach((time, i) => {
    if (!(time <= now)) return;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[ends[middle]] <= time) low = middle + 1; else high = middle;
    }
    before[i] = low ? ends[low - 1] : -1;
    ends[low] = i;
  });
  const agreeing = new Set();
  for (let i = ends.at(-1) ?? -1; i >= 0; i = before[i]) agreeing.add(i);
  let last = times.find((_, i) => agreeing.has(i)) ?? -Infinity;
  return times.map((time, i) => (last = agreeing.has(i) ? time : last));
}

const datesOf = (records, now) => agreedTimes(records.map((each) => Date.parse(each.time)), now);

function merged(there, brought, now) {
  const [mine, theirs] = [datesOf(there, now), datesOf(brought, now)];
  const all = [];
  let next = 0;
  there.forEach((record, i) => {
    while (next < brought.length && theirs[next] <= mine[i]) all.push(brought[next++]);
    all.push(record);
  });
  return [...all, ...brought.slice(next)];
}

// What a store holds, as it arrived -> the records in the order that counts. `restored` is the time
// of the restore that brought a record in; an answer given here has none.
export function inOrder(held) {
  let known = [];
  for (let i = 0; i < held.length;) {
    const { restored } = held[i];
    if (!restored) { known.push(held[i++]); continue; }
    const brought = [];
    for (; held[i]?.restored === restored; i++) {
      const { restored: _, ...each } = held[i];
      brought.push(each);
    }
    known = merged(known, brought, Date.parse(restored));
  }
  return known;
}
