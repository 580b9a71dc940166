# A torrent, a tracker and a libtorrent peer for the benchmark of moving data (Specs/Performance.md).
#
#   SwarmPeer.py torrent PATH FILE PORT [HOST]
#                                          writes FILE, a torrent of PATH with a tracker at PORT
#   SwarmPeer.py track PORT PEER [HOST...] answers everybody with the peer at port PEER of each host
#   SwarmPeer.py seed FILE FOLDER PORT     a libtorrent peer that has everything
#   SwarmPeer.py fetch FILE FOLDER PORT    one that fetches everything from the peer at PORT
#   SwarmPeer.py syncthing FILE PLACE PORT PORT    two homes of syncthing, PLACE/a and PLACE/b, that share
#                                          FILE and speak with each other alone
#   SwarmPeer.py await PLACE NAME BYTES    runs the second until it has FILE
#   SwarmPeer.py swarm FILE FOLDER HOST seed|DONE [HOST...]
#                                          one of several, on port 6881 each: has everything, or makes
#                                          the file DONE when it has, and goes on
import hashlib, os, shutil, subprocess, sys, time

def bencode(value):
    if isinstance(value, int): return b"i%de" % value
    if isinstance(value, str): value = value.encode()
    if isinstance(value, bytes): return b"%d:%s" % (len(value), value)
    if isinstance(value, list): return b"l" + b"".join(map(bencode, value)) + b"e"
    return b"d" + b"".join(bencode(k) + bencode(value[k]) for k in sorted(value)) + b"e"

def torrent(path, out, port, host="127.0.0.1"):
    path = os.path.abspath(path)
    if os.path.isdir(path):
        names = sorted(os.path.relpath(os.path.join(d, n), path) for d, _, f in os.walk(path) for n in f)
    else:
        names = None
    sizes = [os.path.getsize(os.path.join(path, n)) for n in names] if names else [os.path.getsize(path)]
    length = 1 << 20
    pieces, hash, held = [], hashlib.sha1(), 0
    for name in names or [None]:
        with open(os.path.join(path, name) if name else path, "rb") as file:
            while part := file.read(length - held):
                hash.update(part)
                held += len(part)
                if held == length:
                    pieces.append(hash.digest())
                    hash, held = hashlib.sha1(), 0
    if held: pieces.append(hash.digest())
    info = {"name": os.path.basename(path), "piece length": length, "pieces": b"".join(pieces)}
    if names:
        info["files"] = [{"path": n.split(os.sep), "length": s} for n, s in zip(names, sizes)]
    else:
        info["length"] = sizes[0]
    with open(out, "wb") as file:
        file.write(bencode({"announce": f"http://{host}:{port}/announce", "info": info}))

def track(port, peer, *hosts):
    from http.server import BaseHTTPRequestHandler, HTTPServer
    peers = b"".join(bytes(map(int, host.split("."))) + int(peer).to_bytes(2, "big") for host in hosts or ["127.0.0.1"])
    answer = bencode({"interval": 5, "peers": peers})
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)
        def log_message(self, *_): pass
    HTTPServer(("0.0.0.0" if hosts else "127.0.0.1", int(port)), Handler).serve_forever()

def session(interface):
    import libtorrent
    return libtorrent.session({
        "listen_interfaces": interface, "enable_dht": False, "enable_lsd": False,
        "enable_upnp": False, "enable_natpmp": False, "allow_multiple_connections_per_ip": True,
        # Over TCP, which is faster here than its own transport.
        "enable_outgoing_utp": False, "enable_incoming_utp": False,
    })

def add(to, file, folder, seeds):
    import libtorrent
    flags = libtorrent.torrent_flags.seed_mode if seeds else libtorrent.torrent_flags.default_flags
    handle = to.add_torrent({
        "ti": libtorrent.torrent_info(file), "save_path": folder, "flags": flags})
    handle.resume()
    return handle

def peer(file, folder, port, seeds):
    own = session(f"127.0.0.1:{port if seeds else 0}")
    handle = add(own, file, folder, seeds)
    if seeds:
        while True: time.sleep(1)
    while not handle.status().is_seeding:
        if handle.status().num_peers == 0: handle.connect_peer(("127.0.0.1", int(port)))
        time.sleep(0.02)

def syncthing(path, place, *ports):
    from xml.etree import ElementTree
    os.makedirs(f"{place}/source/.stfolder")
    os.makedirs(f"{place}/out/.stfolder")
    shutil.copyfile(path, f"{place}/source/{os.path.basename(path)}")
    homes = [f"{place}/a", f"{place}/b"]
    for home in homes:
        subprocess.run(["syncthing", "generate", "--no-default-folder", f"--home={home}"],
                       check=True, stdout=subprocess.DEVNULL)
    trees = [ElementTree.parse(f"{home}/config.xml") for home in homes]
    devices = [tree.getroot().find("device").get("id") for tree in trees]
    off = ["globalAnnounceEnabled", "localAnnounceEnabled", "relaysEnabled", "natEnabled", "startBrowser",
           "crashReportingEnabled", "setLowPriority"]
    for number, (home, tree) in enumerate(zip(homes, trees)):
        root = tree.getroot()
        root.find("gui").set("enabled", "false")
        options = root.find("options")
        for name in off: options.find(name).text = "false"
        options.find("listenAddress").text = f"tcp://127.0.0.1:{ports[number]}"
        options.find("autoUpgradeIntervalH").text = "0"
        options.find("urAccepted").text = "-1"
        options.find("reconnectionIntervalS").text = "1"
        folder = root.find("defaults/folder")
        for child in list(folder.findall("device")): folder.remove(child)
        shared = ElementTree.fromstring(ElementTree.tostring(folder))
        shared.attrib.update(id="bench", path=f"{place}/{['source', 'out'][number]}", fsWatcherEnabled="false")
        other = ElementTree.fromstring(ElementTree.tostring(root.find("device")))
        other.attrib.update(id=devices[1 - number], name="other")
        other.find("address").text = f"tcp://127.0.0.1:{ports[1 - number]}"
        for device in devices: ElementTree.SubElement(shared, "device", id=device)
        root.insert(0, shared)
        root.insert(1, other)
        tree.write(f"{home}/config.xml")

def await_file(place, name, size):
    words = ["syncthing", "serve", "--no-browser", "--no-restart", f"--home={place}/b"]
    # Without the process that would only watch over it.
    child = subprocess.Popen(words, env={**os.environ, "STMONITORED": "yes"}, stdout=subprocess.DEVNULL)
    path = f"{place}/out/{name}"
    # It gets its name when it is whole, verified and synced.
    while not (os.path.exists(path) and os.path.getsize(path) == int(size)):
        if child.poll() is not None: sys.exit(1)
        time.sleep(0.02)
    child.terminate()
    child.wait()

def swarm(file, folder, host, done, *others):
    own = session(f"{host}:6881")
    handle = add(own, file, folder, done == "seed")
    while not handle.status().is_seeding or done == "seed":
        if handle.status().num_peers < len(others):
            for other in others: handle.connect_peer((other, 6881))
            time.sleep(0.3)
        time.sleep(0.02)
    open(done, "w").close()
    while True: time.sleep(1)

mode, *rest = sys.argv[1:]
if mode == "torrent": torrent(*rest)
elif mode == "track": track(*rest)
elif mode == "seed": peer(*rest, True)
elif mode == "fetch": peer(*rest, False)
elif mode == "syncthing": syncthing(*rest)
elif mode == "await": await_file(*rest)
elif mode == "swarm": swarm(*rest)
elif mode == "check": import libtorrent
