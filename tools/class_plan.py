"""Write the plan of votes from assets/class_plans.yaml into INSTRUCTORS.md.

usage: python tools/class_plan.py
"""

from pathlib import Path

from igf1lab.classroom.questions import plans, questions
from igf1lab.lesson.quiz_bank import bank

INSTRUCTORS = Path(__file__).resolve().parent.parent / "INSTRUCTORS.md"
BEGIN, END = "<!-- votes:begin -->", "<!-- votes:end -->"
MOST_WORDS = 22


def _short(text: str) -> str:
    words = text.split()
    return " ".join(words[:MOST_WORDS]) + (" …" if len(words) > MOST_WORDS else "")


def table() -> str:
    """Return the plan as a Markdown table."""
    lines = [
        "| lesson | question | most right | divided | few right |",
        "| --- | --- | --- | --- | --- |",
    ]
    for lesson, planned in plans().items():
        predictions = {spec.id for spec in bank(lesson).predictions}
        for entry in planned:
            kind = "prediction" if entry["question"] in predictions else "quiz"
            stem = _short(questions()[entry["question"]].stem)
            said = " | ".join(entry[name] for name in ("right", "split", "few"))
            lines.append(f"| {int(lesson[:2])} | {stem} ({kind} `{entry['question']}`) | {said} |")
    return "\n".join(lines)


def main() -> None:
    """Write the table between its marks."""
    text = INSTRUCTORS.read_text("utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    INSTRUCTORS.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
