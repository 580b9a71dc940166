"""The local network: asks who is there, and is found (Specs/Discovery.md, "Local network")."""
import socket
import struct

from discovery import answer, query, read_packet

GROUP, PORT = "224.0.0.251", 5353


def group_socket():
    """On port 5353 with others, of the group on loopback."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind(("", PORT))
    loopback = socket.inet_aton("127.0.0.1")
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 struct.pack("=4s4s", socket.inet_aton(GROUP), loopback))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, loopback)
    s.settimeout(0.2)
    return s


def local_network(stories):
    """cleo is found by asking, and dials the client when it says that it is there."""
    try:
        line = group_socket()
    except OSError as error:
        return f"skipped: no multicast on loopback ({error})"
    program = stories.program
    program.run("cleo", "init")
    program.run("cleo", "join", stories.ticket)
    listening = program.up("cleo", "--listen", "127.0.0.1:0")
    peer, net, connection = stories.meet(stories.ticket)
    stories.agree(peer, net, connection)
    peer.close()
    peer.listen()
    with line:
        found = []
        for _ in range(40):
            line.sendto(query(), (GROUP, PORT))
            try:
                packet, _ = line.recvfrom(2000)
            except TimeoutError:
                continue
            found += [p for p in read_packet(packet)[1] if p[1]]
            if any(set(addresses) & set(listening["addresses"]) for _, addresses in found):
                break
        else:
            raise AssertionError(f"cleo did not answer: {found}")
        port = int(peer.addresses[0].rpartition(":")[2])
        line.sendto(answer(peer.key, port, ["127.0.0.1"]), (GROUP, PORT))
    assert peer.run(30, lambda: peer.told("opened")), "cleo did not dial"
    peer.close()
