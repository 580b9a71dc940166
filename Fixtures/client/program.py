"""The real program beside the client: commands, and a peer that runs."""
import json
import os
import subprocess
import time


class Program:
    def __init__(self, path, folder):
        self.path, self.folder, self.running = os.path.abspath(path), folder, {}
        self.environment = {**os.environ, "HOME": folder, "SWIFT_BACKTRACE": "enable=no"}

    def start(self, home, *words, **settings):
        return subprocess.Popen([self.path, "--home", home, *words], cwd=self.folder,
                                env=self.environment, text=True, stdin=subprocess.DEVNULL, **settings)

    def run(self, home, *words, status=0):
        process = self.start(home, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, errors = process.communicate(timeout=120)
        assert process.returncode == status, f"{words} ended with {process.returncode}: {errors}"
        return out

    def json(self, home, *words):
        return json.loads(self.run(home, *words, "--json"))

    def up(self, home, *words):
        """Starts a peer and waits until it listens."""
        name = os.path.join(self.folder, home + ".events")
        with open(name, "w") as out:
            self.running[home] = self.start(
                home, "up", "--json", "--listen", "127.0.0.1:0", *(words or ["--no-discovery"]),
                stdout=out, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 30
        while not self.events(home):
            assert time.monotonic() < deadline and self.running[home].poll() is None, open(name).read()
            time.sleep(0.05)
        return self.events(home)[0]

    def events(self, home, event=None):
        with open(os.path.join(self.folder, home + ".events")) as file:
            lines = [json.loads(line) for line in file.read().split("\n")[:-1] if line[:1] == "{"]
        return [line for line in lines if event in (None, line["event"])]

    def down(self):
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        self.running = {}

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()
