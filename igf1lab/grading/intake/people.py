"""Whose a file is, as its path says; in doubt nobody's, with what to do.

A platform's own pattern comes first. Else a folder names a student, or it holds many whose names
stand in their files' names: what lies beside and below it tells which.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import PurePosixPath

# Canvas: lastfirst_[LATE_]12345_67890_name.ipynb, and with names hidden [LATE_]anon_a1B2c_67890_name.
# Moodle: First Last_12345_assignsubmission_file_, a folder, or the beginning of a file's name if
# submissions were downloaded without folders.
_CANVAS = r"(?P<name>.+?)_(?P<late>LATE_)?(?P<number>\d+)_(?!{set})(?P<file>\d+)_.*"
_HIDDEN = r"(?P<late>LATE_)?(?P<name>anon(?:ymous)?_(?P<number>[^_]+))_(?!{set})(?P<file>\d+)_.*"
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_file(?:_|$)", re.DOTALL)
# Blackboard: Title_login_attempt_2026-11-20-10-00-00[_name.ipynb]; ILIAS: Last_First_login_4711, a
# folder, with 20261120100000_name.ipynb in it; Brightspace: 12345-67890 - First Last - Nov 20, 2026
# 1000 AM, a folder. The time of the attempt grows, as Canvas' number does.
_BLACKBOARD = re.compile(r"(?P<head>.+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:[_.].*)?", re.DOTALL)
_ILIAS_FOLDER, _ILIAS_FILE = (
    re.compile(r"(?P<name>.+_.+)_(?P<number>\d+)"),
    re.compile(r"(20\d{12})_.*"),
)
_BRIGHTSPACE = re.compile(
    r"(?P<number>\d+)-\d+ ?- (?P<name>.+?) ?- (?:\w+\.? \d{1,2}|\d{1,2} \w+\.?),? \d{4}\b.*"
)
# Folders that nobody is called.
_MANY = re.compile(
    r"(\d+_)?(all|class|course|downloads?|exercises?|files?|handins?|homeworks?|inbox|notebooks?|students?"
    r"|submissions?|submitted|assignments?|sections?|groups?|weeks?|abgaben?|einreichungen|rendus"
    r"|submittedfiles|submissionattachments?(\(s\))?|attachments?|attempts?|versions?|studentwork|dropbox"
    r"|remises?|devoirs?|entregas?|trabajos|consegne|compiti|inleveringen|entregues|oddane)[\W\d_]*"
)
_HANDED_BACK = re.compile(r"\d_(corrections?|korrekturen|r(ue|ü)ckgaben?|feedback|returned.*)")
# What people add to a file's name that is no name.
_NO_NAME = re.compile(
    r"\d{1,2}|[a-z]?\d|v\d+|a|the|my|mein|copy|kopie|copie|copia|final\d*|finale|end|draft|entwurf|old|alt"
    r"|new|neu|latest|version|backup|exercises?|lessons?|homework|hausaufgabe|hw|assignment|solutions?"
    r"|solved|answers?|work|notebook|untitled\d*|unbenannt\d*|test|set|part|complete|done|fixed|corrected"
    r"|submissions?|submit|resubmit|late|attempt|try|second|first|20\d{12}"
)
_COPY_OF = re.compile(
    r"^(copy of|kopie von|copie de|copia d[ei]|c\u00f3pia de|kopia)\b[ _-]*", re.IGNORECASE
)
MOST_NAME = 1000  # characters of a file's or a folder's: disks take 255, a zip takes 65 000
_ASK = "call it NAME_{set}.ipynb, or put it into a folder named for the student, and ingest again"


@dataclass(frozen=True)
class Owner:
    """Whose file it is, as its name says.

    ``platform`` is canvas, canvas-anonymous, moodle, blackboard, ilias, brightspace or "".
    ``number`` is the platform's for the student: the same in all sets, but Moodle's participant
    number and Canvas' name for a hidden student are others for each assignment; "" if there is
    none. ``late`` and ``order`` are the file's: whether Canvas calls it late, and the platform's own
    numbers or time of it, which grow.
    """

    name: str
    platform: str = ""
    number: str = ""
    late: bool = field(default=False, compare=False)
    order: tuple[int, int] = field(default=(0, 0), compare=False)  # of Canvas: file number, -N

    def comes_after(self, other: "Owner") -> bool | None:
        """Whether its file is not older than another one's; None if the platform does not say."""
        if self.platform == other.platform and self.order[0] and other.order[0]:
            return self.order >= other.order
        return None


def letters(text: str) -> str:
    """Return the letters, signs on letters and digits of a text, without regard to case."""
    text = unicodedata.normalize("NFC", text).casefold()
    return "".join(c for c in text if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc"))


def whose(files: Iterable[str], name: str) -> dict[str, Owner | str]:
    """Return each file's owner, or in words why that is in doubt and what to do.

    Parameters
    ----------
    files : iterable of str
        Paths inside the folder or zip, all of them: each says something about the others.
    name : str
        The set.
    """
    found, plain = {}, {}
    for file in files:
        parts = PurePosixPath(file).parts
        moodle = next(filter(None, map(_MOODLE.match, parts)), None)
        if max(map(len, parts), default=0) > MOST_NAME:
            found[file] = "its name is too long to be anybody's; shorten it and ingest again"
        elif not parts:
            found[file] = "it has no name; give it one and ingest again"
        elif ".." in parts or parts[:1] == ("/",):
            found[file] = "its path leads out of the folder; put it into one and ingest again"
        elif any(map(_HANDED_BACK.fullmatch, map(str.casefold, parts[:-1]))):
            found[file] = "it lies where work is handed back; from there nothing is ingested"
        elif moodle:
            found[file] = Owner(moodle["name"], "moodle", moodle["number"])
        elif owner := _of_folder(parts):
            found[file] = owner
        else:
            plain[file] = (tuple(p for p in parts[:-1] if p not in (name, ".")), parts[-1])
    found |= _of_canvas(plain, name) | _of_blackboard(plain)
    level = {file: where for file, where in plain.items() if file not in found}
    claims = _sorted_out(level, name, ())
    return found | _settled(claims, found, name)


def _of_folder(parts):
    """Return whose file it is if ILIAS or Brightspace named the folder."""
    for part in parts[:-1]:
        if seen := _BRIGHTSPACE.fullmatch(part):
            return Owner(seen["name"], "brightspace", seen["number"])
    folder, file = (
        _ILIAS_FOLDER.fullmatch("".join(parts[-2:-1])),
        _ILIAS_FILE.fullmatch(parts[-1]),
    )
    if folder and file:
        return Owner(folder["name"], "ilias", folder["number"], order=(int(file[1]), 0))
    return None


def _of_blackboard(plain):
    """Return the owners that Blackboard's names tell; what all begin with is the title."""
    seen = {file: _BLACKBOARD.fullmatch(last) for file, (_, last) in plain.items()}
    seen = {file: match for file, match in seen.items() if match}
    heads = {tuple(match["head"].split("_")) for match in seen.values()}
    title = list(takewhile(lambda pieces: len(set(pieces)) == 1, zip(*heads, strict=False)))
    found = {}
    for file, match in seen.items():
        pieces = match["head"].split("_")
        login = "_".join(pieces[len(title) :] if len(heads) > 1 else []) or pieces[-1]
        when = int(match["when"].replace("-", ""))
        found[file] = Owner(login, "blackboard", order=(when, 0))
    return found


def _of_canvas(plain, name):
    """Return the owners that Canvas' names tell; a student may call a file like that, too."""
    by_folder = defaultdict(dict)
    for file, (folders, last) in plain.items():
        if owner := _canvas(last, name):
            by_folder[folders][file] = owner
    named = {file for theirs in by_folder.values() for file in theirs}
    mixed = any(folders for file, (folders, _) in plain.items() if file not in named)
    found = {}
    for folders, theirs in by_folder.items():
        several = len(set(theirs.values())) > 1 and not mixed
        own = folders and all(_alike(folders[-1], owner.name) for owner in theirs.values())
        if not folders or _is_many(folders[-1]) or several or own:
            found |= theirs
    return found


def _canvas(last, name):
    for pattern, platform in ((_HIDDEN, "canvas-anonymous"), (_CANVAS, "canvas")):
        pattern = pattern.replace("{set}", re.escape(name))
        if seen := re.fullmatch(pattern, last, re.IGNORECASE | re.DOTALL):
            again = re.search(r"-(\d{1,6})$", PurePosixPath(last).stem)
            order = (int(seen["file"][:18]), int(again[1]) if again else 0)
            return Owner(seen["name"], platform, seen["number"], bool(seen["late"]), order)
    return None


def _is_many(folder):
    return bool(_MANY.fullmatch(folder.casefold().replace("-", "").replace(" ", "")))


def _name_in(last, name):
    """Return (what a file's name says besides the set's, whether it has the set's)."""
    stem = re.sub(r"\.ipynb.*$|\.\w+$", "", last, flags=re.IGNORECASE | re.DOTALL)
    stem = re.sub(r"(?: ?\(\d+\)| - (?:Copy|Kopie)|-[Cc]opy\d*)+$", "", stem)
    stem = _COPY_OF.sub("", stem)
    before, _, after = re.sub(
        rf"[-_ ]*{re.escape(name)}[-_ ]*", "\0", stem, count=1, flags=re.IGNORECASE
    ).partition("\0")
    before = re.sub(r"[-_ ]+(copy of|kopie von|copie de)$", "", before, flags=re.IGNORECASE)
    # A copy's number and the like; but of two that say nothing neither is left out.
    if _says_no_name(after) and not _says_no_name(before):
        after = ""
    elif _says_no_name(before) and not _says_no_name(after):
        before = ""
    return f"{before} {after}".strip(), name.casefold() in stem.casefold()


def _says_no_name(text):
    words = re.split(r"[\W_]+", text.casefold())
    return all(_NO_NAME.fullmatch(word) for word in words if word)


def _sorted_out(level, name, above):
    """Return (owner's name or why not, the folder that the claim rests on) of each file.

    ``level`` has, by file, the folders that are still to be looked at, and the file's own name.
    """
    found, folders = {}, defaultdict(dict)
    for file, (inside, last) in level.items():
        if inside:
            folders[inside[0]][file] = (inside[1:], last)
        else:
            said = _name_in(last, name)[0]
            found[file] = (said, above) if said else (None, "it does not say whose it is")
    direct = bool(found)
    for folder in [folder for folder in folders if _is_many(folder)]:
        found |= _sorted_out(folders.pop(folder), name, (*above, folder))
    nameless = len(folders) > 1 and all(
        all(map(_is_many, below)) and _says_no_name(_name_in(last, name)[0])
        for inside in folders.values()
        for below, last in inside.values()
    )
    holds = {
        folder: any(not inside for inside, _ in level_.values())
        for folder, level_ in folders.items()
    }
    beside = set(folders)
    for folder, inside in folders.items():
        if direct or nameless or any(holds.values()):
            alone = len(folders) == 1 and not direct
            found |= _of_one(folder, inside, beside, alone, name, above)
        else:
            deeper = _sorted_out(inside, name, (*above, folder))
            people = {who for who, _ in deeper.values()}
            below = next(iter(inside.values()))[0][0]
            if len(folders) == len(people) == 1 and None not in people and not _is_many(below):
                deeper = dict.fromkeys(inside, (None, f"is it {folder}'s or {people.pop()}'s?"))
            found |= deeper
    return found


def _of_one(folder, inside, beside, alone, name, above):
    """Return the claims of a folder that is one student's, unless what is in it says otherwise."""
    here = [_name_in(last, name) for below, last in inside.values() if not below]
    below = {below[0] for below, _ in inside.values() if below and not _is_many(below[0])}
    names = {letters(said) for said, _ in here if not _says_no_name(said)}
    own = any(not said and in_set for said, in_set in here)  # only a folder says whose this is
    many = len(names) > 1 and not own and (alone or all(in_set for _, in_set in here))
    if many:
        return _sorted_out(inside, name, (*above, folder))
    stranger = alone and not own and names and not _alike(folder, *names)
    if (len(names) > 1 and not own) or stranger or (not here and len(below) > 1):
        who = ", ".join(sorted({said for said, _ in here if said} | below))
        says = f"the folder {folder} holds work under other names ({who})"
        return dict.fromkeys(inside, (None, says))
    return {
        file: (None, f"is it {folder}'s or {where[0]}'s?")
        if where and where[0] != folder and where[0] in beside
        else (folder, (*above, folder))
        for file, (where, _) in inside.items()
    }


def _alike(one, other):
    one, other = letters(one), letters(other)
    return one in other or other in one


def _settled(claims, found, name):
    """Return owners of what one folder alone claims for a name; refuse the others by name."""
    taken = {letters(owner.name): owner for owner in found.values() if isinstance(owner, Owner)}
    resting = defaultdict(set)
    for who, where in claims.values():
        if who is not None:
            resting[unicodedata.normalize("NFC", who)].add(where)
    settled, ask = {}, _ASK.replace("{set}", name)
    for file, (who, where) in claims.items():
        if who is None:
            settled[file] = f"{where}; {ask}"
            continue
        who = unicodedata.normalize("NFC", who)
        if len(resting[who]) > 1:
            places = ", ".join(sorted("/".join(place) or "no folder" for place in resting[who]))
            settled[file] = (
                f"two people may be called {who} ({places}); if they are two, rename one, if it "
                "is one, ingest one place after the other"
            )
        elif letters(who) in taken:
            platform = taken[letters(who)].platform.partition("-")[0].title()
            settled[file] = (
                f"{platform} has handed over work of {who}, too; is it the same person's, "
                "ingest this file by itself"
            )
        else:
            settled[file] = Owner(who)
    return settled
