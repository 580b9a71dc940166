#!/usr/bin/env python3
"""Makes the list of SPDX's licences that the program knows, and expressions that another
implementation (PyPI's `packaging`) reads or refuses.

  ../../Sources/Claims/Licences/LicenseList.swift
  expressions.jsonl     [expression, its canonical text or null]
"""
import json, os, random
from packaging.licenses import InvalidLicenseExpression, _spdx, canonicalize_license_expression

HERE = os.path.dirname(os.path.abspath(__file__))
SWIFT = os.path.join(HERE, "../../Sources/Claims/Licences/LicenseList.swift")


def wrapped(names):
    lines, line = [], "   "
    for name in names:
        if len(line) + 1 + len(name) > 96:
            lines.append(line + " \\")
            line = "   "
        line += " " + name
    return "\n".join(lines + [line])


def make_list():
    licences = sorted((entry["id"] for entry in _spdx.LICENSES.values()), key=str.lower)
    exceptions = sorted((entry["id"] for entry in _spdx.EXCEPTIONS.values()), key=str.lower)
    with open(SWIFT, "w") as file:
        file.write(f'''// The identifiers of SPDX {_spdx.VERSION} (https://spdx.org/licenses), deprecated ones too; made by
// Fixtures/licences/make.py. Specs/Claims.md, "Licences".

enum LicenseList {{
  static let licenses = """
{wrapped(licences)}
    """

  static let exceptions = """
{wrapped(exceptions)}
    """
}}
''')


def canonical(text):
    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return None


def make_expressions():
    rng = random.Random(1)
    rows = ["MIT", "mit", " MIT ", "Apache-2.0 OR MIT", "apache-2.0 or mit", "GPL-2.0-or-later WITH Classpath-exception-2.0",
            "(MIT AND (Apache-2.0+ OR LicenseRef-Mine))", "LicenseRef-my.own-1", "MIT OR", "OR MIT", "MIT MIT", "", "()",
            "(MIT", "MIT)", "MIT WITH MIT", "MIT WITH", "Apache", "CC-BY", "LicenseRef-a_b", "MIT,Apache-2.0",
            "MIT/Apache-2.0", "WITH", "CC0-1.0", "EUPL-1.2+", "NOASSERTION", "MIT AND (BSD-3-Clause)"]
    pieces = ["MIT", "Apache-2.0", "bsd-3-clause", "GPL-2.0-or-later", "LicenseRef-X", "AND", "OR", "and", "WITH",
              "Classpath-exception-2.0", "(", ")", "CC-BY-4.0", "Nonsense"]

    def expression(depth):
        kind = rng.randrange(6)
        if kind == 0 and depth < 4:
            return "(" + expression(depth + 1) + ")"
        if kind < 3 and depth < 4:
            return expression(depth + 1) + rng.choice([" AND ", " or ", " OR "]) + expression(depth + 1)
        name = rng.choice(pieces[:5] + ["cc-by-4.0", "LGPL-2.1+"])
        return name + (" WITH LLVM-exception" if kind == 3 and "Ref" not in name else "")

    for _ in range(150):
        rows.append(expression(0))
    for _ in range(100):
        rows.append(" ".join(rng.choice(pieces) for _ in range(rng.randrange(1, 8))))
    with open(os.path.join(HERE, "expressions.jsonl"), "w") as file:
        for row in rows:
            file.write(json.dumps([row, canonical(row)]) + "\n")


make_list()
make_expressions()
