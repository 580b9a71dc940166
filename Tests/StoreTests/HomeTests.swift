// The home directory: places, locks, settings. Specs/Store.md, "Home".

import Glibc
import Testing

@testable import Store

@Suite struct HomeTests {
  @Test func `a home is absolute and has no slash at the end`() {
    #expect(Home("/a/b//").path == "/a/b")
    #expect(Home("x").path == "\(Home.workingDirectory())/x")
  }

  @Test func `directories are made for their owner only, again and again`() throws {
    let temporary = try TemporaryHome()
    let home = Home("\(temporary.path)/deep/er/home")
    try home.makeDirectories()
    try home.makeDirectories()
    var status = stat()
    #expect(unsafe stat(home.packsPath, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
    #expect(!home.exists)
  }

  @Test func `an exclusive lock keeps others out until it goes`() throws {
    let temporary = try TemporaryHome()
    let path = "\(temporary.path)/lock"
    do {
      let ada = try FileLock(path, .exclusive)
      let error = #expect(throws: DiskError.self) { try FileLock(path, .shared, wait: false) }
      #expect(error?.kind == .locked)
      extendLifetime(ada)
    }
    let first = try FileLock(path, .shared, wait: false)
    let second = try FileLock(path, .shared, wait: false)
    extendLifetime(first)
    extendLifetime(second)
  }

  @Test func `settings keep comments and order, and the last line with a name counts`() throws {
    var settings = Configuration(text: "# mine\nquota = 10 GB\nlisten=a\nlisten = b\n")
    #expect(settings["listen"] == "b")
    settings["listen"] = "c"
    settings["name"] = "ada"
    settings["none"] = nil
    #expect(settings.text == "# mine\nquota = 10 GB\nlisten = c\nname = ada\n")
    settings["quota"] = nil
    #expect(settings["quota"] == nil)
  }

  @Test func `settings are replaced as a whole`() throws {
    let temporary = try TemporaryHome()
    #expect(try temporary.home.configuration() == Configuration())
    try temporary.home.changeConfiguration { $0["quota"] = "5" }
    try temporary.home.changeConfiguration { $0["name"] = "ben" }
    #expect(try temporary.home.configuration().text == "quota = 5\nname = ben\n")
    #expect(names(in: temporary.path).filter { $0.hasSuffix(".new") }.isEmpty)
  }
}
