// Coverage-guided fuzzing of one decoder: `make fuzz` builds and runs this with libFuzzer.
//
//   datanet-fuzz                          names the decoders
//   datanet-fuzz DECODER FOLDER [options] fuzzes one; what it finds and the seeds lie in FOLDER;
//                                         options are libFuzzer's

import CFuzzer
import Fuzzing
import Glibc

/// The decoder that this process is about; set once, before the first input.
nonisolated(unsafe) private var chosen: Decoder?

private let arguments = CommandLine.arguments
guard arguments.count > 1, let decoder = decoders.first(where: { $0.name == arguments[1] }) else {
  print(decoders.map(\.name).joined(separator: "\n"))
  exit(arguments.count > 1 ? 2 : 0)
}
chosen = decoder

if arguments.count > 2 {
  for (index, seed) in decoder.seeds().enumerated() {
    guard let file = fopen("\(arguments[2])/seed-\(index)", "w") else { continue }
    fwrite(seed, 1, seed.count, file)
    fclose(file)
  }
}

// The fuzzer reads its own options from the rest.
private var words: [UnsafeMutablePointer<CChar>?] = ([arguments[0]] + arguments.dropFirst(2))
  .map { strdup($0) }
private var count = Int32(words.count)
words.append(nil)
let status = words.withUnsafeMutableBufferPointer { buffer in
  var base = buffer.baseAddress
  return LLVMFuzzerRunDriver(&count, &base) { data, size in
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    if let fault = chosen?.check(bytes) { fatalError(fault) }
    return 0
  }
}
exit(status)
