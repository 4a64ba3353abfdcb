// Numbers as learners type and read them: in one way in every box and sentence of the course.

const NUMBER_FIRST = /^([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?)\s*([^]*)$/;
const EITHER_COMMA = /^[+-]?[1-9]\d{0,2},\d{3}$/;
const MINUSES = /[\u2212\u2013\u2012\ufe63\uff0d]/g;

// What two ways of typing a unit share: both µ signs, u for µ, spaces, case.
const plainUnit = (unit) => unit.replace(/[\u00b5\u03bc]/g, "u").replace(/[\s·*]/g, "").toLowerCase();

const finite = (value) =>
  Number.isFinite(value) ? { value } : { problem: "Type one finite number, such as 1.5." };

// Reads what a learner types, "1,5", "−2" or "1.5e3 µg/L": { value } or { problem: a sentence }.
export function readNumber(answer, unit = "") {
  if (typeof answer === "number") return finite(answer);
  if (typeof answer !== "string") return { problem: "Type one number, such as 1.5." };
  const typed = answer.slice(0, 200).replace(MINUSES, "-").trim();
  const found = NUMBER_FIRST.exec(typed);
  if (!found) return { problem: "Type one number, such as 1.5, 1,5 or 1.5e3." };
  const [, digits, rest] = found;
  if (plainUnit(rest) && plainUnit(rest) !== plainUnit(unit)) {
    const wanted = unit ? `in ${unit}` : "without a unit";
    return { problem: `Type one number ${wanted}; “${rest}” was not understood.` };
  }
  if (EITHER_COMMA.test(digits)) {
    const both = `${digits.replace(",", "")} or ${digits.replace(",", ".")}`;
    return { problem: `Type ${both}; the comma can mean either.` };
  }
  return finite(Number(digits.replace(",", ".")));
}

// At most so many significant digits, as a learner reads it: 12340 is 1.234e+04.
export function significant(value, most) {
  if (value === 0) return "0";
  const [mantissa, power] = value.toExponential(most - 1).split("e").map(Number);
  if (power >= -4 && power < most) return String(Number(value.toPrecision(most)));
  const sign = power < 0 ? "-" : "+";
  return `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
}

export const numberText = (value, unit = "") =>
  `${significant(value, 4).replaceAll("-", "−")} ${unit}`.trim();
