// What other peers can make an exchange keep, each beside its limit (Specs/Exchange.md, "Limits").

extension Exchange {
  package var holdings: [(String, Int, Int)] {
    func most(_ count: (Link) -> Int) -> Int { links.map(count).max() ?? 0 }
    return [
      ("chunks wished by one peer", most { $0.wishes.count }, ExchangeLimits.queuedRequests),
      ("contributions sought by one peer", most { $0.seeks.count }, ExchangeLimits.seeks),
      (
        "early have-maps of one peer", most { $0.early.count }, ExchangeLimits.unknownContributions
      ),
      (
        "bytes of early have-maps of one peer",
        most { $0.early.reduce(0) { $0 + $1.runs.count } }, ExchangeLimits.unknownBytes
      ),
      (
        "bytes asked of one peer", most { $0.bytesUnderWay },
        // The last request may go over by a block.
        ExchangeLimits.largestWindow + (1 << 20)
      ),
      ("peers served", links.count(where: \.isServed), ExchangeLimits.slots),
    ]
  }
}
