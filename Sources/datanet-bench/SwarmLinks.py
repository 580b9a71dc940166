# Peers on links with a rate, a delay and loss, each a process in a network namespace of its own:
# ours, libtorrent, aria2, syncthing (Specs/Performance.md, "Links"). Needs root.
#
#   SwarmLinks.py NET WORK NAME PROGRAM FILE FOLDER
#
# NET is the script that makes the namespaces, WORK one of the table below, NAME who is measured,
# PROGRAM datanet's, FILE what is moved, FOLDER a place for everybody's files. Prints
# "seconds CPU-seconds peak-bytes"; the CPU seconds are all peers' together.
import os, re, shutil, signal, socket, struct, subprocess, sys, time, urllib.request

net, work, name, program, file, folder = sys.argv[1:7]
here = os.path.dirname(os.path.abspath(__file__))
env = {**os.environ, "SWARM_PREFIX": "dnl", "SWARM_STATE": f"{folder}/net"}
# Peers, who has the file at first, the links, and those that differ.
works = {
    "one-to-four": (5, [1], "--rate 1gbit --rtt 20ms", []),
    "four-to-one": (5, [1, 2, 3, 4], "--rate 1gbit --rtt 20ms", ["1-4 --rate 100mbit"]),
    "lossy": (2, [1], "--rate 100mbit --rtt 50ms --loss 1", []),
}
count, seeds, links, changes = works[work]
fetchers = [i for i in range(1, count + 1) if i not in seeds]
size = os.path.getsize(file)
children, patience = {}, 240

def sh(*words, **more): return subprocess.run(words, check=True, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more).stdout
def swarm(*words): return sh("bash", net, *words)
def ip(i): return f"10.77.0.{i + 1}"

def start(i, *words, **more):
    """A process in namespace i."""
    out = open(f"{folder}/log{i}", "ab")
    path = f"{folder}/net/netns/dnl{i}"
    child = subprocess.Popen(["nsenter", f"--net={path}", *words], env={**env, **more}, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    children.setdefault(i, []).append(child)
    return child

def cpu():
    """What the peers that run have used: all threads, their own children too."""
    total = 0
    for list in children.values():
        for child in list:
            try: fields = open(f"/proc/{child.pid}/stat").read().rsplit(")", 1)[1].split()
            except OSError: continue
            total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")

def peak():
    most = 0
    for list in children.values():
        for child in list:
            try: text = open(f"/proc/{child.pid}/status").read()
            except OSError: continue
            found = re.search(r"VmHWM:\s+(\d+)", text)
            most = max(most, int(found[1]) * 1024 if found else 0)
    return most

def until(holds, seconds=patience):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end: raise SystemExit(f"{name} was not done after {seconds} s")
        time.sleep(0.02)

def listens(i, port):
    def probe():
        path = f"{folder}/net/netns/dnl{i}"
        return subprocess.run(["nsenter", f"--net={path}", sys.executable, "-c",
            f"import socket; socket.create_connection(('{ip(i)}',{port}),1)"], stderr=subprocess.DEVNULL).returncode == 0
    until(probe, 20)

def datanet():
    def run(i, *words): return sh(program, "-q", "--home", f"{folder}/home{i}", *words)
    run_up = lambda i: start(i, program, "--home", f"{folder}/home{i}", "up", "--verbose", "--no-discovery", "--listen", f"{ip(i)}:4180")
    run(1, "init"); run(1, "create", "bench"); run(1, "add", "bench", file)
    run_up(1); listens(1, 4180)
    ticket = next(w for w in sh(program, "--home", f"{folder}/home1", "ticket", "bench").split() if w.startswith("datanet:"))
    for i in range(2, count + 1): run(i, "init"); run(i, "join", ticket)
    if len(seeds) > 1:
        # Everybody else who has it got it as anybody does.
        for i in seeds[1:]: run_up(i)
        for i in seeds[1:]: run(i, "sync", "bench", "--once")
        for change in changes: swarm("set", *change.split())
    begun = cpu(), time.monotonic()
    for i in fetchers: run_up(i)
    for i in fetchers: until(lambda: os.path.exists(f"{folder}/home{i}/peer.socket"), 20)
    waits = [subprocess.Popen([program, "-q", "--home", f"{folder}/home{i}", "sync", "bench", "--once"]) for i in fetchers]
    for child in waits:
        if child.wait(patience): raise SystemExit("sync failed")
    return begun

def torrent():
    sh(sys.executable, f"{here}/SwarmPeer.py", "torrent", file, f"{folder}/t.torrent", "6969", ip(1))

def lay(i):
    os.makedirs(f"{folder}/{i}", exist_ok=True)
    if i in seeds: os.symlink(file, f"{folder}/{i}/{os.path.basename(file)}")

def libtorrent():
    torrent()
    for i in seeds: lay(i); start(i, sys.executable, f"{here}/SwarmPeer.py", "swarm", f"{folder}/t.torrent", f"{folder}/{i}", ip(i), "seed")
    for i in seeds: listens(i, 6881)
    begun = cpu(), time.monotonic()
    for i in fetchers:
        lay(i)
        start(i, sys.executable, f"{here}/SwarmPeer.py", "swarm", f"{folder}/t.torrent", f"{folder}/{i}", ip(i), f"{folder}/{i}/done", *[ip(j) for j in range(1, count + 1) if j != i])
    until(lambda: all(os.path.exists(f"{folder}/{i}/done") for i in fetchers))
    return begun

def aria2():
    torrent()
    words = ["aria2c", "-q", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--file-allocation=none",
        "--seed-ratio=0.0", "--listen-port=6881", "--bt-tracker-interval=1"]
    start(1, sys.executable, f"{here}/SwarmPeer.py", "track", "6969", "6881", *[ip(i) for i in range(1, count + 1)])
    listens(1, 6969)
    for i in seeds: lay(i); start(i, *words, "-V", f"--dir={folder}/{i}", f"{folder}/t.torrent")
    # They hash everything first, which is not moving.
    used = -1.0
    while cpu() > used: used = cpu(); time.sleep(1.5)
    begun = cpu(), time.monotonic()
    for i in fetchers:
        lay(i)
        with open(f"{folder}/{i}/tell", "w") as tell: tell.write(f"#!/bin/sh\ntouch {folder}/{i}/done\n")
        os.chmod(f"{folder}/{i}/tell", 0o755)
        start(i, *words, f"--on-bt-download-complete={folder}/{i}/tell", f"--dir={folder}/{i}", f"{folder}/t.torrent")
    until(lambda: all(os.path.exists(f"{folder}/{i}/done") for i in fetchers))
    return begun

def syncthing():
    ids = {}
    for i in range(1, count + 1):
        text = sh("syncthing", "generate", f"--home={folder}/st{i}", "--skip-port-probing")
        config = open(f"{folder}/st{i}/config.xml").read()
        ids[i] = re.search(r'<device id="([A-Z0-9-]+)"', config)[1]
    for i in range(1, count + 1):
        os.makedirs(f"{folder}/{i}")
        if i in seeds: os.link(file, f"{folder}/{i}/data") if os.stat(file).st_dev == os.stat(folder).st_dev else shutil.copy(file, f"{folder}/{i}/data")
        devices = "".join(f'<device id="{ids[j]}"></device>' for j in ids)
        peers = "".join(f'<device id="{ids[j]}" name="{j}"><address>tcp://{ip(j)}:22000</address></device>' for j in ids)
        open(f"{folder}/st{i}/config.xml", "w").write(
            f'<configuration version="35"><folder id="f" path="{folder}/{i}" type="sendreceive" rescanIntervalS="3600" fsWatcherEnabled="false">{devices}</folder>{peers}'
            f'<gui enabled="true"><address>127.0.0.1:8384</address><apikey>k</apikey></gui><options><listenAddress>tcp://{ip(i)}:22000</listenAddress>'
            '<globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled><relaysEnabled>false</relaysEnabled>'
            '<natEnabled>false</natEnabled><urAccepted>-1</urAccepted><crashReportingEnabled>false</crashReportingEnabled><autoUpgradeIntervalH>0</autoUpgradeIntervalH>'
            '<startBrowser>false</startBrowser><reconnectionIntervalS>2</reconnectionIntervalS></options></configuration>')
    up = lambda i: start(i, "syncthing", "serve", f"--home={folder}/st{i}", "--no-browser", "--no-restart", "--no-upgrade", "--skip-port-probing", STMONITORED="yes")
    for i in seeds: up(i)
    def idle(): return all("Completed initial scan" in open(f"{folder}/log{i}").read() for i in seeds)
    until(idle, 120)
    begun = cpu(), time.monotonic()
    for i in fetchers: up(i)
    until(lambda: all(os.path.exists(f"{folder}/{i}/data") and os.path.getsize(f"{folder}/{i}/data") == size for i in fetchers))
    return begun

os.makedirs(folder)
try:
    swarm("up", str(count), *links.split())
    # Ours fetches the seeds' copies over fast links first.
    if name != "datanet":
        for change in changes: swarm("set", *change.split())
    used, began = globals()[name]()
    print(time.monotonic() - began, max(0, cpu() - used), peak())
finally:
    for list in children.values():
        for child in list: child.terminate()
    for list in children.values():
        for child in list:
            try: child.wait(5)
            except subprocess.TimeoutExpired: child.kill(); child.wait()
    subprocess.run(["bash", net, "down"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not os.environ.get("KEEP"): shutil.rmtree(folder, ignore_errors=True)
