// Ctrl-C: the first asks the work to stop where the store is sound, the second ends it at once
// (Specs/CommandLine.md, "Interruption").

import Glibc
import Synchronization

public enum Interruption {
  private static let signals = Atomic<Int>(0)

  /// Whether the work should stop at its next sound place.
  public static var isRequested: Bool { signals.load(ordering: .relaxed) > 0 }

  /// From here on SIGINT, SIGTERM and SIGHUP only raise the flag; a second one ends the process the
  /// way the shell expects. SIGPIPE becomes an error that `Output` handles.
  public static func install() {
    signal(SIGPIPE, SIG_IGN)
    // Touches the flag, so that the handler never has to initialise it.
    _ = isRequested
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { number in
      if Interruption.signals.add(1, ordering: .relaxed).newValue > 1 {
        signal(number, SIG_DFL)
        raise(number)
      }
    }
    // Whoever started this program may have had them blocked, as threads of a pool have.
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      unsafe sigaction(number, &action, nil)
      unsafe sigaddset(&mask, number)
    }
    unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
  }

  /// For tests, and for a command that has dealt with the request.
  public static func clear() { signals.store(0, ordering: .relaxed) }
}
