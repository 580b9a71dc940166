// What is to happen when, in virtual time (Specs/Simulation.md, "Time").

/// A queue ordered by time, then by arrival.
package struct Agenda<Item> {
  private var heap: [(at: UInt64, order: UInt64, item: Item)] = []
  private var order: UInt64 = 0

  package init() {}

  package var nextTime: UInt64? { heap.first?.at }
  package var count: Int { heap.count }

  package mutating func add(_ item: Item, at time: UInt64) {
    heap.append((time, order, item))
    order += 1
    var child = heap.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    (heap[left].at, heap[left].order) < (heap[right].at, heap[right].order)
  }

  package mutating func take() -> (at: UInt64, item: Item)? {
    guard let first = heap.first else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      let (left, right) = (2 * parent + 1, 2 * parent + 2)
      var least = parent
      if left < heap.count, precedes(left, least) { least = left }
      if right < heap.count, precedes(right, least) { least = right }
      guard least != parent else { break }
      heap.swapAt(parent, least)
      parent = least
    }
    return (first.at, first.item)
  }
}
