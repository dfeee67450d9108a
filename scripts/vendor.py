"""Browser libraries are committed as files; static/vendor/vendor.json says which, and this keeps it true.

--check compares every file with its sha256, without a network. --update fetches each package with
`npm pack`, which verifies the registry's integrity hash, and writes files, licences and hashes anew:
to move to a new version, change it in vendor.json, run this, remove the old folder and mend its path
in the templates.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
MANIFEST = VENDOR / "vendor.json"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def folder_of(library: dict) -> Path:
    """The version is in the path, so a browser may keep a file for ever."""
    return VENDOR / f"{library['name']}-{library['version']}"


def complaints(libraries: list[dict]) -> list[str]:
    """What is wrong with the folder, in words; empty when it is exactly what the manifest says."""
    found = []
    expected = {MANIFEST}
    for library in libraries:
        for file in library["files"]:
            path = folder_of(library) / file["file"]
            expected.add(path)
            if not path.is_file():
                found.append(f"missing: {path.relative_to(VENDOR)}")
            elif sha256(path.read_bytes()) != file["sha256"]:
                found.append(f"changed: {path.relative_to(VENDOR)} is not what {library['npm']} published")
    present = {path for path in VENDOR.rglob("*") if path.is_file()}
    found += [f"unlisted: {path.relative_to(VENDOR)}" for path in sorted(present - expected)]
    return found


def fetch(library: dict, folder: Path) -> None:
    """Replace one library's files by those of the published package, and note their hashes."""
    spec = f"{library['npm']}@{library['version']}"
    packed = subprocess.run(
        ["npm", "pack", spec, "--json", "--pack-destination", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(folder / json.loads(packed.stdout)[0]["filename"]) as archive:
        for file in library["files"]:
            member = archive.extractfile(f"package/{file['from']}")
            if member is None:
                raise SystemExit(f"{spec} has no file {file['from']}")
            content = member.read()
            path = folder_of(library) / file["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            file["sha256"] = sha256(content)
    print(f"{spec}: {', '.join(file['file'] for file in library['files'])}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true", help="compare the files with the manifest, offline")
    action.add_argument("--update", action="store_true", help="fetch them again with npm pack")
    options = parser.parse_args()

    libraries = json.loads(MANIFEST.read_text())
    if options.update:
        with tempfile.TemporaryDirectory() as folder:
            for library in libraries:
                fetch(library, Path(folder))
        MANIFEST.write_text(json.dumps(libraries, indent=2) + "\n")
    wrong = complaints(libraries)
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
