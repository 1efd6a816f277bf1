"""A bill of materials, in CycloneDX's format, of the packages in a `package-lock.json`: `web_sbom.py FILE`.

`npm sbom` refuses locks in which optional packages for other platforms disagree on versions.
"""

import base64
import json
import sys
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ALGORITHMS = {"sha512": HashAlgorithm.SHA_512, "sha1": HashAlgorithm.SHA_1}


def bill(lock: Path) -> Bom:
    """Return the packages of a lock; those that only the build needs are excluded from what runs."""
    components = []
    for path, package in json.loads(lock.read_text(encoding="utf-8"))["packages"].items():
        name = path.rpartition("node_modules/")[2]
        if not name or package.get("link"):
            continue
        namespace, _, short = name.rpartition("/")
        digests = [digest.partition("-") for digest in package.get("integrity", "").split()]
        needed = not package.get("dev") and not package.get("optional")
        components.append(
            Component(
                name=short,
                group=namespace or None,
                version=package["version"],
                purl=PackageURL("npm", namespace or None, short, package["version"]),
                bom_ref=path,
                scope=ComponentScope.REQUIRED if needed else ComponentScope.EXCLUDED,
                hashes=[
                    HashType(alg=ALGORITHMS[kind], content=base64.b64decode(digest).hex())
                    for kind, _, digest in digests
                    if kind in ALGORITHMS
                ],
            )
        )
    return Bom(components=components)


if __name__ == "__main__":
    sys.stdout.write(JsonV1Dot6(bill(Path(sys.argv[1]))).output_as_string(indent=2) + "\n")
