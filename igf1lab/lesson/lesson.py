"""The one object a lesson notebook talks to: :func:`open_lesson`."""

import re
from functools import cached_property
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import HTML, display
from matplotlib.figure import Figure

from igf1lab import evidence
from igf1lab.evidence import citations
from igf1lab.lesson import plate, style
from igf1lab.lesson.explorer import Explorer
from igf1lab.lesson.prediction import Prediction
from igf1lab.lesson.progress_view import ProgressPanel, Review, Status
from igf1lab.lesson.quiz import Quiz, WarmUp
from igf1lab.lesson.quiz_bank import bank
from igf1lab.lesson.trust import Gain, TrustMap

LESSONS = (
    "00_start_here",
    "01_gh_igf1_axis",
    "02_brain",
    "03_metabolism",
    "04_blood_vessels",
    "05_skin_and_ageing",
    "06_fibre_to_scfa",
    "07_mechanism_liver_stimulation",
    "08_mechanism_epigenetic_modulation",
    "09_mechanism_gh_synergy",
    "10_mechanism_microbial_colonisation",
    "11_whole_axis",
)


class Lesson:
    """A lesson's interactive parts, tables and references.

    Parameters
    ----------
    name : str
        Notebook name without ``.ipynb``.
    """

    def __init__(self, name: str):
        self.name = name
        self._shown: set[str] = set()  # keys cited by tables, panels and figures shown so far

    @cached_property
    def parts(self):
        """The module with this lesson's explorers, outcomes and data figures."""
        return import_module(f"igf1lab.lesson.parts.{self.name[3:]}")

    def _part(self, kind: str, name: str):
        table = getattr(self.parts, kind)
        if name not in table:
            raise KeyError(f"{self.name} has no {name!r} among its {kind}: {sorted(table)}")
        return table[name]

    def _claims(self) -> list:
        return [c for c in evidence.claims().values() if c.lesson == self.name]

    def claims(self) -> HTML:
        """What the article claims, verdicts hidden."""
        return self._html(evidence.render.claim_table(self._claims()))

    def verdicts(self) -> HTML:
        """Each claim of this lesson with its verdict, grade and evidence on both sides."""
        return self._html(evidence.render.verdict_panel(self._claims()))

    def warm_up(self) -> WarmUp:
        """Three items from earlier lessons, weakest first."""
        return WarmUp(self.name)

    def quiz(self, name: str | None = None) -> Quiz:
        """Return this lesson's quiz, or ``"pre_test"`` (judged in silence), ``"post_test"``, ``"rewrite"``."""
        name = name or self.name
        title = {
            "pre_test": "Eight questions before",
            "post_test": "Eight questions after",
            "rewrite": "Sentence by sentence",
        }.get(name, "Quiz")
        is_test = name in ("pre_test", "post_test")
        silent = name == "pre_test"
        items = bank(name).items
        return Quiz(items, title=title, context=name, feedback=not silent, unsure=is_test)

    def trust_map(self, when: str) -> TrustMap:
        """Ask for one mark on each claim, ``"before"`` or ``"after"`` the course."""
        return TrustMap(when)

    def gain(self) -> Gain:
        """Return the picture of what moved between the two trust maps."""
        return Gain()

    def scales(self) -> HTML:
        """What each verdict and each evidence grade means."""
        return self._html(evidence.render.scales())

    def predict(self, name: str) -> Prediction:
        """Ask for a prediction; what the model gives stays shut until it is recorded."""
        asked = Prediction(bank(self.name).prediction(name), self._part("OUTCOMES", name))
        self._note(asked.reveal)
        return asked

    def explorer(self, name: str, after: str | None = None) -> Explorer:
        """Return an explorer of this lesson; shut until the prediction ``after`` is recorded."""
        if after:
            bank(self.name).prediction(after)  # else it would stay shut for ever
        return Explorer(self._part("EXPLORERS", name)(), after)

    def data_figure(self, name: str) -> plate.Plate:
        """A figure of published numbers."""
        shown = self._part("FIGURES", name)()
        self._shown.update(shown.sources)
        return shown

    def drawing(self, name: str) -> plate.Drawing:
        """A drawing of ``assets/figures``."""
        return plate.drawing(name)

    def show(self, figure: Figure, alt: str, caption: str = "", sources=()) -> plate.Plate:
        """Show a figure drawn in the notebook, with its text alternative, and close it."""
        plt.close(figure)  # else the notebook shows it a second time, without words
        self._shown.update(sources)
        return plate.Plate(figure, alt, caption, tuple(sources))

    def table(self, dataset: str) -> HTML:
        """A dataset of ``assets/data`` as a table."""
        return self._html(evidence.render.dataset_table(evidence.dataset(dataset)))

    def parameters(self, model) -> HTML:
        """The numbers of a model with unit, standing and source."""
        return self._html(evidence.render.parameter_table(model.PARAMETERS))

    def progress(self):
        """Claim map, misconceptions still held, review, download and restore."""
        return ProgressPanel()

    def review(self) -> Review:
        """Five to ten questions on whatever is due, from any lesson met so far."""
        return Review()

    def references(self) -> HTML:
        """The references that the notebook links to, its claims and quiz rest on, and it has shown."""
        return self._html(evidence.render.reference_list(self.cited()))

    def cited(self) -> list[str]:
        """Keys cited in the notebook's text, quiz and verdicts, and by all shown so far, sorted."""
        keys = {key for claim in self._claims() for key in claim.citation_keys} | self._shown
        keys |= {k for item in bank(self.name).items for k in item.sources}
        for folder in (
            evidence.assets_dir().parent / "notebooks",
            Path(),
        ):  # checkout; in a browser
            notebook = folder / f"{self.name}.ipynb"
            if notebook.exists():
                keys |= set(citations.cited_keys(notebook.read_text("utf-8")))
        return sorted(keys)

    def _note(self, html: str) -> None:
        """Keep in mind what a piece of HTML cites, so that its links lead to the reference list."""
        self._shown.update(re.findall(r'href="#ig-ref-([\w-]+)"', html))

    def _html(self, body: str) -> HTML:
        self._note(body)
        return HTML(f"{style.theme_css()}<div class='ig-panel'>{body}</div>")


def open_lesson(name: str) -> Lesson:
    """Open a lesson, put the course's figure style in place and say how far the learner is.

    Parameters
    ----------
    name : str
        Notebook name without ``.ipynb``, for example ``"06_fibre_to_scfa"``.

    Raises
    ------
    ValueError
        If there is no such lesson; the message lists them.
    """
    if name not in LESSONS:
        raise ValueError(f"no lesson {name!r}; the lessons are {', '.join(LESSONS)}")
    style.use_course_style()
    if get_ipython() is not None:
        display(Status(f"Lesson {int(name[:2])} ready"))
    return Lesson(name)
