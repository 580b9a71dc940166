"""Writes fixtures: lines of `name: value`, bytes in hexadecimal. The pages show some of the lines."""
import os


def write(maker, name, lines):
    path = os.path.join(os.path.dirname(os.path.abspath(maker)), name)
    with open(path, "w") as file:
        for key, value in lines:
            file.write(f"{key}: {value if isinstance(value, str) else value.hex()}\n")
