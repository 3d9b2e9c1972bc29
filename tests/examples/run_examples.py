"""Runs every example that the command's help and the documents show, shortened, and fails for one that does not end as it is shown to end,
or that trains and ends no better than chance.

    run_examples.py KNOLL SOURCES [NAME]     NAME: only pages whose name contains it

A page is the help of a subcommand, README.md or a file of docs/. Its examples are lines that begin with "  knoll" (help), lines behind
"$ " (console blocks) and lines of sh blocks with a call of knoll. A page has a folder of its own, where its lines run in their order, with
what docs/losses.md says of making arrays known to all of them.

The lines run in bash. There `knoll` is this script again (as `knoll`), which shortens each call and then makes it:
  - train and compare take --data shapes in place of files, the sizes and epochs of SHORT where no smaller ones are given, one seed;
    a resumed run is left as it is, for it has its options from its folder;
  - bench measures for a hundredth of a second, one workload where none is named; gradcheck looks at one op where none is named;
  - arrays that an example leaves to the reader (logits, targets, a direction, a gradient to judge) are made.
A for loop takes its first value alone. A call that was made before on any page, but for where its results go, is not made again. Lines with
signals or limits of processes, and what follows them in their block, are left to tests/apps/survival; grids that look for settings
(--validate) are left out, since their poorest settings are meant to be poor.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

# Options of a shortened run, by task.
SHORT = {
    "": {"--train-size": "600", "--test-size": "200", "--epochs": "2"},
    "imbalanced": {"--train-size": "3000", "--test-size": "300", "--epochs": "3"},
    "noisy-labels": {"--train-size": "1500", "--test-size": "200", "--epochs": "2", "--clean": "100"},
    "label-proportions": {"--train-size": "1024", "--test-size": "200", "--epochs": "4", "--bag": "16", "--ema": "0"},
    "adapt": {"--train-size": "1000", "--test-size": "100", "--epochs": "2"},
    "metric": {"--train-size": "600", "--test-size": "200", "--epochs": "2"},
    "active": {"--train-size": "1000", "--test-size": "200", "--epochs": "2", "--budget": "200", "--candidates": "300", "--draws": "640"},
    "influence": {"--train-size": "20", "--test-size": "20", "--epochs": "1"},
    "learned-loss": {"--train-size": "400", "--test-size": "400", "--epochs": "1", "--pairs": "1", "--steps": "5"},
}
# What guessing gives, in percent: accuracy of ten drawn shapes; of several labels, about 2.3 of 40.
CHANCE = {"accuracy": 10, "mean_accuracy": 10, "balanced_accuracy": 10, "seen_accuracy": 20, "unseen_accuracy": 20, "mAP": 6, "MAP@R": 20, "AUC": 50}
LEFT_TO_OTHERS = re.compile(r"\bkill\b|\bulimit\b|\bsleep\b")
CALL = re.compile(r"(?:^|[\s;(|&])(?:build/)?knoll\s+[a-z-]")


def option(words, name):
    for i, word in enumerate(words):
        if word == name and i + 1 < len(words):
            return words[i + 1]
        if word.startswith(name + "="):
            return word[len(name) + 1:]
    return None


def without(words, name):
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word == name:
            skip = True
        elif not word.startswith(name + "="):
            kept.append(word)
    return kept


def shortened_training(words):
    if option(words, "--resume") or len(words) < 2 or words[1].startswith("-") or "--help" in words:
        return words
    short = dict(SHORT[""] if words[1] not in SHORT else SHORT[words[1]])
    if (option(words, "--data") or "files").startswith(("files", "cifar", "arff:")):
        short["--data"] = "shapes"
        words = without(words, "--data-dir")
    if option(words, "--seeds"):
        short["--seeds"] = "1"
    if option(words, "--rounds"):
        short.pop("--epochs", None)
    for name, value in short.items():
        given = option(words, name)
        if given and given.isdigit() and value.isdigit() and int(given) <= int(value):
            continue
        words = without(words, name) + [name, value]
    return words


def shortened(words):
    if words and words[0] in ("train", "compare"):
        return shortened_training(words)
    if words and words[0] == "bench" and "--help" not in words:
        named = [w for w in words[1:] if not w.startswith("-")]
        return without(words, "--seconds") + ([] if named else ["mlp"]) + ["--seconds", "0.01"]
    if words == ["gradcheck"]:
        return ["gradcheck", "hill"]
    return words


def write_npy(path, rows, columns, number):
    header = "{'descr': '|i1', 'fortran_order': False, 'shape': (%d, %d), }" % (rows, columns)
    header += " " * (127 - 10 - len(header)) + "\n"
    values = bytes(number(r, c) & 255 for r in range(rows) for c in range(columns))
    Path(path).write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + values)


def make_arrays(real, words):
    """Those that the reader would have."""
    made = {"--logits": lambda r, c: (r + 2 * c) % 5 - 2, "--targets": lambda r, c: (r + c) % 2, "--tangent": lambda r, c: 1}
    for name, number in made.items():
        path = option(words, name)
        if path and not os.path.exists(path):
            write_npy(path, 3, 4, number)
    gradient = option(words, "--grad")
    if words[0] != "check" or not gradient:
        return
    made_here = Path(gradient + ".made")  # for the loss of an earlier example
    if made_here.exists() or not os.path.exists(gradient):
        subprocess.run([real, "loss"] + without(words[1:], "--tolerance"), stdout=subprocess.DEVNULL, check=False)
        made_here.touch()


def knoll(words):
    """One call of an example: shortens it, makes it, and notes how it went."""
    real, notes, done = (os.environ["KNOLL_EXAMPLES_" + name] for name in ("REAL", "NOTES", "DONE"))
    words = shortened(words)
    if words and words[0] in ("loss", "check"):
        make_arrays(real, words)
    key = " ".join(without(without(without(words, "--out"), "--json"), "--seeds"))
    is_training = words and words[0] in ("train", "compare") and "--help" not in words
    if is_training and not option(words, "--resume") and key in Path(done).read_text().split("\n") and "/stop" not in str(option(words, "--out")):
        return 0
    results = f"{notes}.json"
    command = [real] + words
    if is_training and not option(words, "--json"):
        command += ["--json", results]
    run = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    sys.stderr.write(run.stderr)
    note = {"words": words, "status": run.returncode, "error": run.stderr.strip()}
    written = option(words, "--json") or results
    if is_training and run.returncode == 0 and os.path.exists(written):
        note["summary"] = json.loads(Path(written).read_text())["summary"]
        with open(done, "a", encoding="utf-8") as file:
            file.write(key + "\n")
    with open(notes, "a", encoding="utf-8") as file:
        file.write(json.dumps(note) + "\n")
    return run.returncode


def first_value_alone(line):
    return re.sub(r"\bfor (\w+) in (\S+)[^;]*;", r"for \1 in \2;", line)


def joined_lines(text):
    return text.replace("\\\n", " ").split("\n")


def examples_of_help(text):
    """(line, expected status) of a page of help."""
    return [(re.split(r"\s{3,}", line.strip())[0], 0) for line in text.split("\n") if line.startswith("  knoll ") and "SUBCOMMAND" not in line]


def expected_status(output):
    if re.search(r"^knoll: (?!interrupted)", output, re.M):
        return 2
    return 1 if re.search(r"\bdeparts\b", output) else 0


def examples_of_document(text):
    found = []
    for kind, block in re.findall(r"^```(sh|console)\n(.*?)^```", text, re.M | re.S):
        if kind == "console":
            for shown in re.split(r"^\$ ", block, flags=re.M)[1:]:
                line, _, output = shown.partition("\n")
                if LEFT_TO_OTHERS.search(line):
                    break
                if CALL.search(line) or line.startswith("npy "):
                    found.append((line, expected_status(output)))
        else:
            found += [(line, 0) for line in joined_lines(block) if CALL.search(line) and "--validate" not in line and not LEFT_TO_OTHERS.search(line)]
    return found


def beats_chance(note):
    for entry in note.get("summary", []):
        for name in CHANCE:
            if name in entry["metrics"]:
                score = entry["metrics"][name]["mean"]
                if not score > CHANCE[name]:
                    return f"{entry['loss']} has {name} {score:.2f}, no better than chance, {CHANCE[name]}"
                break
    return ""


def run_page(real, page, examples, arrays, done):
    """Complaints of a page's examples."""
    complaints = []
    with tempfile.TemporaryDirectory(prefix="knoll-examples-") as folder:
        folder = Path(folder)
        work = folder / "work"
        (work / "build").mkdir(parents=True)
        (work / "docs/images").mkdir(parents=True)
        wrapper = f"#!/bin/sh\nexec {sys.executable} '{Path(__file__).resolve()}' --call \"$@\"\n"
        for path in (folder / "knoll", work / "build/knoll"):
            path.write_text(wrapper)
            path.chmod(0o755)
        notes = folder / "notes"
        environment = dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}", KNOLL_EXAMPLES_REAL=real, KNOLL_EXAMPLES_NOTES=str(notes),
                           KNOLL_EXAMPLES_DONE=str(done))
        functions = re.search(r"^npy\(\) \{.*?^\}", arrays, re.M | re.S).group(0)
        subprocess.run(["bash", "-c", arrays], cwd=work, env=environment, check=True)
        for line, status in examples:
            notes.write_text("")
            run = subprocess.run(["bash", "-c", functions + "\n" + first_value_alone(line)], cwd=work, env=environment, capture_output=True, text=True,
                                 check=False)
            calls = [json.loads(note) for note in notes.read_text().splitlines()]
            ends = {status, -signal.SIGPIPE} if "|" in line else {status}  # head may have read enough
            failed = [call for call in calls if call["status"] not in ends]
            for call in failed:
                complaints.append(f"{page}: {line}\n    ended with {call['status']}, not {status}: {call['error'] or run.stderr}")
            if status == 0 and not calls and run.returncode != 0:
                complaints.append(f"{page}: {line}\n    {run.stderr.strip()}")
            complaints += [f"{page}: {line}\n    {said}" for said in map(beats_chance, calls) if said and not failed]
    return complaints


def pages(real, sources):
    names = [None] + re.findall(r"^  ([a-z]+) {2,}", subprocess.run([real, "--help"], capture_output=True, text=True, check=True).stdout.split("Subcommands:")[1],
                                re.M)
    for name in names:
        words = [real] + ([name] if name else []) + ["--help"]
        yield "knoll " + " ".join(words[1:]), examples_of_help(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    for path in [sources / "README.md", *sorted((sources / "docs").glob("**/*.md"))]:
        yield str(path.relative_to(sources)), examples_of_document(path.read_text(encoding="utf-8"))


def main():
    if sys.argv[1] == "--call":
        return knoll(sys.argv[2:])
    real, sources = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    arrays = re.search(r"```sh\n(# npy FILE.*?)```", (sources / "docs/losses.md").read_text(encoding="utf-8"), re.S).group(1)
    complaints, count = [], 0
    with tempfile.NamedTemporaryFile() as done:
        for page, examples in pages(real, sources):
            if wanted in page and examples:
                found = run_page(real, page, examples, arrays, done.name)
                count += len(examples)
                complaints += found
                print("\n".join([f"{page}: {len(examples)} examples", *found]), flush=True)
    print(f"{count} examples, {len(complaints)} complaints")
    return 1 if complaints or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
