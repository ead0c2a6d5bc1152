#!/usr/bin/env python3
"""Mutation testing in one build: see conformance/POWER.md.

    conformance/power/mutants.py CRATE SEED COUNT      # draws so many mutants of a crate (formats, sql, tables) by a seed
    conformance/power/mutants.py CRATE again FILE      # those that a file names (their line numbers may have moved)
    conformance/power/mutants.py CRATE every N/FIRST   # a walk: every Nth, judged by the crate's own tests alone, not recorded

cargo-mutants makes the mutants. Each becomes a copy of its function's body, chosen by a variable of the environment, so that one
build holds them all, and each costs a run of those tests that enter the function:

    fn next(&self) -> u32 { match crate::chosen_mutant(7) { 7 => { self.0 - 1 } 8 => { 1 } _ => { self.0 + 1 } } }

What does not compile as a copy (the function is const, or gives an `impl Trait`) is built alone. The judges are the crate's own
tests and, for what these let pass, the generic oracles of conformance/tests/power.rs for 30 seconds. Works on a copy of HEAD in
$POWER_SCRATCH, as many at a time as $POWER_JOBS says, and appends to conformance/power/results/mutants.tsv.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRATCH = pathlib.Path(os.environ.get("POWER_SCRATCH") or pathlib.Path(tempfile.gettempdir(), "plumb-power")) / "mutants"
TREE = SCRATCH / "tree"
RESULTS = ROOT / "conformance/power/results/mutants.tsv"
# Functions with many copies have large frames.
SETTINGS = {"RUST_MIN_STACK": str(1 << 28), "INSTA_UPDATE": "no", "PLUMB_POWER_SECONDS": "30", "CARGO_INCREMENTAL": "0"}
ENVIRONMENT = os.environ | SETTINGS | {"CARGO_TARGET_DIR": str(SCRATCH / "target"), "CARGO_TERM_COLOR": "never"}
# A mutant that has not ended after so many seconds of CPU, or of any time, does not end.
LONGEST_CPU, LONGEST = 60, 120
CHOICE = """
pub(crate) fn chosen_mutant(function: usize) -> u32 {
    use std::{env, fs::File, io::Write, sync::LazyLock, sync::atomic};
    static CHOSEN: LazyLock<u32> = LazyLock::new(|| env::var("PLUMB_MUTANT").map_or(0, |n| n.parse().unwrap_or(0)));
    static SEEN: [atomic::AtomicBool; 100_000] = [const { atomic::AtomicBool::new(false) }; 100_000];
    static TRACE: LazyLock<Option<File>> =
        LazyLock::new(|| File::options().append(true).create(true).open(env::var("PLUMB_TRACE").ok()?).ok());
    if let Some(mut file) = TRACE.as_ref() && !SEEN[function].swap(true, atomic::Ordering::Relaxed) {
        let _ = file.write_all(format!("{function}\\n").as_bytes());
    }
    *CHOSEN
}
"""


def said(*command, **settings):
    return subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT, **settings).stdout


def cargo(crate, *arguments):
    """What cargo says as JSON, and whether it is content."""
    command = ["cargo", "--config", f"profile.dev.package.plumb-{crate}.debug=false", *arguments, "--message-format=json"]
    done = subprocess.run(command, check=False, cwd=TREE, env=ENVIRONMENT, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")], done.returncode == 0


def drawn(mutants, how, what):
    if how == "every":
        step, first = map(int, what.split("/"))
        return mutants[first::step]
    if how != "again":
        return random.Random(int(how)).sample(mutants, int(what))
    found = []
    for line in filter(None, pathlib.Path(what).read_text().splitlines()):
        bare = [re.sub(r":\d+:\d+:", ":", name) for name in (line, *(mutant["name"] for mutant in mutants))]
        same = [m for m in mutants if m["name"] == line] or [m for m, name in zip(mutants, bare[1:]) if name == bare[0]]
        if not same:
            sys.exit(f"there is no such mutant any more: {line}")
        found.append(same[0])
    return found


class Source:
    """A file, and what becomes of it."""

    def __init__(self, file):
        self.path = TREE / file
        self.text = self.path.read_text()
        self.starts = [0]
        for line in self.text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def offset(self, place):
        return self.starts[place["line"] - 1] + place["column"] - 1

    def body(self, function):
        """What is between the braces of a function."""
        start, end = self.offset(function["span"]["start"]), self.offset(function["span"]["end"])
        place, depth = re.compile(r"\bfn\s+\w+").search(self.text, start).end(), 0
        while self.text[place] != "{" or depth:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.text[place], 0)
            place += 1
        return place + 1, end - 1

    def mutated(self, mutant, start=0, end=None):
        """The text from start to end, with a mutant in it."""
        first, last = self.offset(mutant["span"]["start"]), self.offset(mutant["span"]["end"])
        return self.text[start:first] + " " + mutant["replacement"] + " " + self.text[last:end]

    def write(self, mutants):
        """Writes the file with copies. Each function's number, and (first line, last line, mutants), the innermost last."""
        functions, inserts = collections.defaultdict(list), []
        for number, mutant in mutants.items():
            functions[self.body(mutant["function"])].append(number)
        for (start, end), numbers in functions.items():
            copies = [f"{n} => {{ //< {n}\n{self.mutated(mutants[n], start, end)}\n}} //> {n}\n" for n in numbers]
            marks = "of " + ",".join(map(str, numbers))
            head = f" match crate::chosen_mutant({numbers[0]}) {{ //< {marks}\n"
            inserts += [(start, f"{head}{''.join(copies)}_ => {{ "), (end, f"\n}}}} //> {marks}\n")]
        text, last = "", 0
        for place, insert in sorted(inserts):
            text += self.text[last:place] + insert
            last = place
        text += self.text[last:]
        is_root = self.path.name == "lib.rs"
        self.path.write_text("#![allow(warnings)]\n" + text + CHOICE if is_root else text)
        ranges, begun = [], {}
        for line, content in enumerate(self.path.read_text().splitlines(), 1):
            if mark := re.search(r"//([<>]) ((?:of )?([\d,]+))$", content):
                if mark[1] == "<":
                    begun[mark[2]] = line
                else:
                    ranges.append((begun[mark[2]], line, [int(n) for n in mark[3].split(",")]))
        return {n: numbers[0] for numbers in functions.values() for n in numbers}, sorted(ranges)


def schemata(crate, mutants):
    """Puts all mutants into the tree that compile there. These, each with the number of its function."""
    inside = {number: mutant for number, mutant in mutants.items() if mutant["function"]}
    sources = {file: Source(file) for file in {f"engine/{crate}/src/lib.rs", *(m["file"] for m in mutants.values())}}
    while True:
        functions, ranges = {}, {}
        for file, source in sources.items():
            found, ranges[file] = source.write({n: m for n, m in inside.items() if m["file"] == file})
            functions |= found
        messages, content = cargo(crate, "check", "--package", f"plumb-{crate}", "--lib")
        if content:
            return functions
        wrong = set()
        for error in (m["message"] for m in messages if m["reason"] == "compiler-message" and m["message"]["level"] == "error"):
            places = [(span["file_name"], span["line_start"]) for span in error["spans"] if span["is_primary"]]
            here = [r for file, line in places for r in ranges.get(file, []) if r[0] <= line <= r[1]]
            if places and not here:
                sys.exit(f"an error outside of all mutants:\n{error['rendered']}")
            wrong.update(here[-1][2] if here else [])
        if not wrong & inside.keys():
            sys.exit(f"errors that are in no mutant: {messages[-5:]}")
        inside = {number: mutant for number, mutant in inside.items() if number not in wrong}


class Tests:
    """Binaries of tests, and which of their tests enter which function."""

    def __init__(self, crate, *arguments):
        messages, content = cargo(crate, "test", "--no-run", *arguments)
        built = [m for m in messages if m["reason"] == "compiler-artifact" and m["executable"] and m["profile"]["test"]]
        self.content = content
        self.binaries = [(test["executable"], pathlib.Path(test["manifest_path"]).parent) for test in built]
        self.entering = None

    def trace(self, pool):
        """Runs each test alone once. Those that fail without any mutant end the program."""

        def entered(test):
            (binary, folder), name = test
            trace = SCRATCH / "traces" / re.sub(r"\W", "_", f"{pathlib.Path(binary).name} {name}")
            if by := self.caught((binary, folder), [name], {"PLUMB_TRACE": str(trace)}):
                sys.exit(f"it fails without any mutant: {by}")
            return {int(line) for line in trace.read_text().split()} if trace.exists() else set()

        (SCRATCH / "traces").mkdir()
        tests = []
        for binary, folder in self.binaries:
            names = [line.removesuffix(": test") for line in said(binary, "--list", "--format", "terse").splitlines()]
            ignored = said(binary, "--list", "--format", "terse", "--ignored")
            tests += [((binary, folder), name) for name in names if f"{name}: test" not in ignored]
        self.entering = collections.defaultdict(lambda: collections.defaultdict(list))
        for (binary, name), functions in zip(tests, pool.map(entered, tests)):
            for function in functions:
                self.entering[function][binary].append(name)

    def judge(self, number, function=None):
        """By which test a mutant is caught, if by any."""
        chosen = {binary: [] for binary in self.binaries}
        if self.entering is not None and function is not None:
            chosen = self.entering[function]
        return next(filter(None, (self.caught(*run, {"PLUMB_MUTANT": str(number)}) for run in chosen.items())), None)

    def caught(self, binary, names, settings):
        """The first of these tests, or of all, that fails, or how they ended: by a crash, or not at all."""
        limits = ["prlimit", f"--cpu={LONGEST_CPU}", "--core=0", "timeout", "--signal=KILL", str(LONGEST)]
        command = [*limits, binary[0], *(["--exact", *names] if names else [])]
        outputs = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True, "errors": "replace"}
        run = subprocess.Popen(command, cwd=binary[1], env=ENVIRONMENT | settings, process_group=0, **outputs)
        failed = next((line for line in run.stdout if line.endswith(" ... FAILED\n")), None)
        if failed:
            os.killpg(run.pid, 9)
        return failed.split()[1] if failed else f"status {run.returncode}" if run.wait() else None


def main(crate, how, what):
    commit = said("git", "rev-parse", "--short", "HEAD", cwd=ROOT).strip()
    subprocess.run(["rm", "-rf", TREE, SCRATCH / "traces"], check=True)
    TREE.mkdir(parents=True)
    said("sh", "-c", f"git archive HEAD | tar -x -C '{TREE}'", cwd=ROOT)
    # The copies have no style.
    manifest = TREE / f"engine/{crate}/Cargo.toml"
    manifest.write_text(manifest.read_text().replace("[lints]\nworkspace = true\n", ""))
    listed = json.loads(said("cargo", "mutants", "--list", "--json", "--diff", "--package", f"plumb-{crate}", cwd=TREE))
    mutants = dict(enumerate(drawn(sorted(listed, key=lambda mutant: mutant["name"]), how, what), 1))
    own, generic = ("--package", f"plumb-{crate}"), ("--package", "plumb-conformance", "--test", "power")
    plain = {mutant["file"]: Source(mutant["file"]) for mutant in mutants.values()}
    inside = schemata(crate, mutants)
    print(f"{len(mutants)} mutants of plumb-{crate} at {commit}, {len(inside)} in one build", file=sys.stderr)
    jobs = concurrent.futures.ThreadPoolExecutor(int(os.environ.get("POWER_JOBS", "1")))

    def tell(number, verdict, by=None):
        line = "\t".join([commit, crate, how, verdict, mutants[number]["name"]])
        print(line, by or "", sep="\t", flush=True)
        if how != "every":
            with RESULTS.open("a") as results:
                results.write(line + "\n")

    def judge(functions, alone=False):
        """Judges mutants that are built: by their own crate's tests all, by the oracles those that are left."""
        tests = Tests(crate, *own)
        if not tests.content:
            return [tell(number, "does not compile") for number in functions] if alone else sys.exit("the copies do not build")
        if not alone:
            tests.trace(jobs)
        found = dict(zip(functions, jobs.map(lambda number: tests.judge(number, functions[number]), functions)))
        for number in filter(found.get, found):
            tell(number, "own tests", found[number])
        left = [number for number, by in found.items() if not by]
        if how == "every" or not left:
            return [tell(number, "missed by own tests") for number in left]
        oracles = Tests(crate, *generic)
        if not oracles.content or (not alone and (by := oracles.judge(0))):
            sys.exit(f"the oracles fail without any mutant: {by if oracles.content else 'they do not build'}")
        for number, by in zip(left, jobs.map(oracles.judge, left)):
            tell(number, "generic oracles" if by else "missed", by)

    judge(inside)
    for source in plain.values():
        source.path.write_text(source.text)
    for number in [] if how == "every" else mutants.keys() - inside.keys():
        source = plain[mutants[number]["file"]]
        source.path.write_text(source.mutated(mutants[number]))
        judge({number: None}, alone=True)
        source.path.write_text(source.text)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
