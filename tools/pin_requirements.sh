#!/bin/sh
# Writes requirements*.txt: one exact version of everything that pyproject.toml allows, the same on
# every platform and on Python 3.11 and later, so that all learners see the same numbers. The course
# itself is not among them: a hub image installs the file from anywhere, without the course beside it.
# Needs uv (https://docs.astral.sh/uv/) on the maintainer's machine only.
# usage: sh tools/pin_requirements.sh [--upgrade]     (without it, pins that still fit are kept)
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# pin FILE PURPOSE [uv options]
pin() {
    file=$1 purpose=$2
    shift 2
    if [ -f "$file" ]; then cp "$file" "$work/$file"; fi
    uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
        --fork-strategy fewest --no-header --no-annotate --no-emit-index-url \
        --no-emit-find-links --output-file "$work/$file" "$@" >/dev/null
    {
        echo "# $purpose"
        echo "# Exact versions from the ranges in pyproject.toml, written by tools/pin_requirements.sh:"
        echo "# change the ranges there and run it again; do not edit here."
        grep -v '^#' "$work/$file"
    } >"$file"
}

pin requirements.txt "What a learner needs; Binder installs this file." "$@"
pin requirements-instructor.txt "A learner's environment and the grading tools." \
    --constraint requirements.txt --extra instructor "$@"
pin requirements-web.txt "What builds the web edition." \
    --constraint requirements-instructor.txt --extra web "$@"
pin requirements-classroom.txt "What a class with live votes needs, on the lecturer's machine." \
    --constraint requirements-web.txt --extra classroom --extra web "$@"
pin requirements-test.txt "All that the test suite needs: learner's, instructor's and test tools." \
    --constraint requirements-instructor.txt --constraint requirements-classroom.txt \
    --extra instructor --extra test --extra web --extra classroom "$@"

# Pure wheels that Python in the browser needs, with the hashes of every file of that version.
uv pip compile igf1lab/web/live.in --quiet --no-deps --generate-hashes --constraint requirements.txt \
    --python-version 3.14 --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
    --output-file igf1lab/web/live.txt >/dev/null
