// Checks everything in a home: databases, blocks, claims, contributions. Specs/Store.md, "Check".

internal import Claims
internal import Content

extension Store {
  /// Looks at everything and repairs what other copies allow. What it cannot repair is named;
  /// the store goes on with the rest. `report`'s answer false stops the check.
  public func check(
    options: CheckOptions = CheckOptions(),
    report: @escaping (CheckProgress) -> Bool = { _ in true }
  ) throws -> CheckReport {
    let lock = blocks.isReadOnly ? nil : try blocks.lockCollection()
    defer { extendLifetime(lock) }
    let check = BlockCheck(blocks, options: options, report: report)
    var result = try check.check()
    for defect in try database.defects() {
      result.find(.database, "\(database.path): \(defect)")
    }
    for datanet in try claims.datanets() {
      try checkClaims(of: datanet, &result)
      try checkContributions(of: datanet, held: check.held, &result)
    }
    return result
  }

  /// The tables say what the pure merge makes of the same claims, signatures included.
  private func checkClaims(of datanet: CID, _ result: inout CheckReport) throws {
    let status = try claims.status(of: datanet)
    result.claims += status.totals.claims
    for defect in try claims.defects(of: datanet) {
      result.find(.claim, "Datanet \(datanet): \(defect)")
    }
  }

  private func checkContributions(
    of datanet: CID, held: Marks, _ result: inout CheckReport
  ) throws {
    for entry in try claims.entries(of: datanet, standing: .live) {
      let manifest = entry.publication.manifest
      result.contributions += 1
      do {
        guard try blocks.has(manifest) else {
          result.incompleteContributions += 1
          continue
        }
        if try ContributionReader(manifest, in: blocks).firstMissing(held: held) != nil {
          result.incompleteContributions += 1
        }
      } catch {
        result.find(.missingBlock, "contribution \(manifest): \(error)")
      }
    }
  }
}
