// Work on several threads whose results come back in the order of the questions.
// Specs/Store.md, "Threads".

/// Questions go in by `submit`, answers come out by `next`, in the same order. The thread that
/// submits helps when the others are behind, so all processors are busy and memory is bounded.
///
/// Safe to share: everything mutable is touched only under `condition`.
final class OrderedWork<Question: Sendable, Answer: Sendable>: @unchecked Sendable {
  private let work: @Sendable (Question) throws -> Answer
  /// Questions that may wait before `submit` answers one itself.
  private let mostWaiting: Int
  /// Questions that may be on their way before `submit` waits for the oldest: answers that are
  /// there already must not pile up behind one that is slow.
  private let mostUnderWay: Int
  private let condition = Condition()
  private var workers: [Worker] = []
  private var waiting: [(number: Int, question: Question)] = []
  private var answers: [Int: Result<Answer, any Error>] = [:]
  private var submitted = 0
  private var taken = 0
  private var isClosed = false

  init(
    threads: Int, mostWaiting: Int, _ work: @escaping @Sendable (Question) throws -> Answer
  ) {
    self.work = work
    self.mostWaiting = mostWaiting
    mostUnderWay = threads + mostWaiting + 4
    for _ in 0..<threads {
      // Without threads the submitter does everything: slower, and the same results.
      if let worker = Worker({ [self] in run() }) { workers.append(worker) }
    }
  }

  /// Asks; may answer an older question on this thread first.
  func submit(_ question: Question) {
    condition.lock()
    waiting.append((submitted, question))
    submitted += 1
    condition.wake()
    let helps = waiting.count > mostWaiting
    condition.unlock()
    if helps { _ = answerOne() }
    while true {
      condition.lock()
      guard submitted - taken > mostUnderWay, answers[taken] == nil else {
        condition.unlock()
        return
      }
      if waiting.isEmpty { condition.wait() }
      condition.unlock()
      _ = answerOne()
    }
  }

  /// The oldest answer that has not been taken, when it is there already.
  func nextReady() throws -> Answer? {
    condition.lock()
    defer { condition.unlock() }
    return try take()
  }

  /// The oldest answer that has not been taken, waited for; nil when there is no question left.
  func next() throws -> Answer? {
    while true {
      condition.lock()
      if taken == submitted {
        condition.unlock()
        return nil
      }
      if answers[taken] != nil {
        defer { condition.unlock() }
        return try take()
      }
      if waiting.isEmpty {
        condition.wait()
        condition.unlock()
      } else {
        condition.unlock()
        _ = answerOne()
      }
    }
  }

  /// Ends the threads after what they are doing; what waits is dropped.
  func close() {
    condition.lock()
    isClosed = true
    waiting = []
    condition.wake()
    condition.unlock()
    for worker in workers { worker.join() }
    workers = []
  }

  private func take() throws -> Answer? {
    guard let answer = answers.removeValue(forKey: taken) else { return nil }
    taken += 1
    return try answer.get()
  }

  private func answerOne() -> Bool {
    condition.lock()
    guard !waiting.isEmpty else {
      condition.unlock()
      return false
    }
    let (number, question) = waiting.removeFirst()
    condition.unlock()
    let answer = Result { try work(question) }
    condition.lock()
    answers[number] = answer
    condition.wake()
    condition.unlock()
    return true
  }

  private func run() {
    while true {
      if answerOne() { continue }
      condition.lock()
      if isClosed {
        condition.unlock()
        return
      }
      if waiting.isEmpty { condition.wait() }
      condition.unlock()
    }
  }
}
